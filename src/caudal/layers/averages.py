"""The updates of batch normalisation's moving statistics, and batch renormalisation, which corrects by them."""

from ..build.cond import smart_cond
from ..build.initializers import Zeros
from ..graph.convert import convert_to_tensor
from ..graph.graph import default_graph
from ..graph.scopes import control_dependencies, name_scope
from ..ops.basic import constant, identity
from ..ops.elementwise import PLAIN, cast, sqrt, square
from ..ops.fill import ones_like, zeros_like
from ..ops.state import assign_sub

__all__ = ["Renorm", "assign_moving_average"]


def assign_moving_average(variable, value, momentum):
    """variable <- variable - (variable - value) (1 - momentum)."""
    graph = default_graph()
    with name_scope("AssignMovingAvg") as scope:
        with graph.colocate_with(variable._ref()):
            decay = convert_to_tensor(1.0 - momentum, name="decay")
            if decay._dtype is not variable.dtype.base_dtype:
                decay = cast(decay, variable.dtype.base_dtype)
            delta = (variable - cast(value, variable.dtype.base_dtype)) * decay
            if hasattr(variable, "handle"):
                return variable.assign_sub(delta, name=scope).op
            return assign_sub(variable, delta, name=scope)


def _read(updated, variable):
    """The value of a variable after its update."""
    if not hasattr(variable, "handle"):
        return updated
    with control_dependencies([updated]):
        return variable.read_value()


class Renorm:
    """The statistics of batch renormalisation: running means of mean and standard deviation, each with the weight that it has.

    Args:
      layer: whose variables they are.
      shape: of the statistics.
      kind: their dtype.

    Source: Ioffe (2017).
    """

    def __init__(self, layer, shape, kind):
        self.layer = layer
        with default_graph().colocate_with(layer.moving_mean._ref()):
            self.mean, self.mean_weight = self._variables("renorm_mean", shape, kind)
        with default_graph().colocate_with(layer.moving_variance._ref()):
            self.stddev, self.stddev_weight = self._variables("renorm_stddev", shape, kind)

    def _variables(self, name, shape, kind):
        def make(name, shape):
            return self.layer.add_weight(name=name, shape=shape, dtype=kind, initializer=Zeros(), trainable=False)

        return make(name, shape), make(name + "_weight", ())

    def corrected(self, mean, variance, training):
        """(r, d, mean, variance): what normalised values are multiplied by, what is added, and the statistics to average.

        Args:
          mean, variance: the batch's.
          training: a bool or a tensor.
        """
        layer = self.layer
        stddev = sqrt(variance + layer.epsilon)
        mixed_mean = self.mean + (1.0 - self.mean_weight) * mean
        mixed_stddev = self.stddev + (1.0 - self.stddev_weight) * stddev
        r, d = stddev / mixed_stddev, (mean - mixed_mean) / mixed_stddev
        with control_dependencies([r, d]):  # they use the statistics from before this batch
            mean, stddev = identity(mean), identity(stddev)
        r, d = self._clipped(r, d)
        r = smart_cond(training, lambda: r, lambda: ones_like(r))
        d = smart_cond(training, lambda: d, lambda: zeros_like(d))
        new_mean = self._updated(self.mean, self.mean_weight, mean, training)
        new_stddev = self._updated(self.stddev, self.stddev_weight, stddev, training)
        return r, d, new_mean, square(new_stddev) - layer.epsilon

    def _clipped(self, r, d):
        low, high, far = (self.layer.renorm_clipping.get(key) for key in ("rmin", "rmax", "dmax"))
        if low is not None:
            r = PLAIN["Maximum"](r, low)
        if high is not None:
            r = PLAIN["Minimum"](r, high)
        if far is not None:
            d = PLAIN["Minimum"](PLAIN["Maximum"](d, -far), far)
        return r, d

    def _updated(self, variable, weight, value, training):
        """The mean of the values so far, after this one."""
        value = identity(value)

        def update():
            with control_dependencies([value]):
                one = constant(1.0, dtype=weight.dtype.base_dtype)
            new = assign_moving_average(variable, value, self.layer.renorm_momentum)
            new_weight = assign_moving_average(weight, one, self.layer.renorm_momentum)
            return _read(new, variable) / _read(new_weight, weight)

        return smart_cond(training, update, lambda: identity(variable))
