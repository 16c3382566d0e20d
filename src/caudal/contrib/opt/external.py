"""Optimizers outside the graph, which ask it for a loss and slopes as functions of one vector: SciPy's."""

from collections.abc import Callable

import numpy as np

from ...build.gradients import gradients
from ...build.variables import trainable_variables
from ...ground.api import export
from ...ground.errors import need
from ...ground.late import Late
from ...ops.basic import placeholder
from ...ops.fill import zeros_like
from ...ops.join import concat
from ...ops.shape import reshape
from ...platform import logging
from ...run.session import get_default_session

__all__ = ["ExternalOptimizerInterface", "ScipyOptimizerInterface"]

_optimize = Late("scipy.optimize")


def _shape(var):
    return tuple(var.get_shape().as_list())


def _pack(tensors):
    """All the tensors' values in one vector; None of none."""
    flat = [reshape(t, [-1]) for t in tensors]
    return concat(flat, 0) if len(flat) > 1 else flat[0] if flat else None


def _slopes(tensor, variables):
    found = zip(gradients(tensor, variables), variables, strict=True)
    return [zeros_like(var) if slope is None else slope for slope, var in found]


def _bounds(variables, bounds):
    """A pair (least, most) for each number of the vector."""
    free = (-np.inf, np.inf)
    rows = [[np.broadcast_to(side, _shape(v)).ravel() for side in bounds.get(v, free)] for v in variables]
    least, most = (np.concatenate(side) for side in zip(*rows, strict=True))
    return list(zip(least, most, strict=True))


def _slices(variables):
    """Where each variable lies in the vector."""
    ends = np.cumsum([0, *(int(np.prod(_shape(v))) for v in variables)])
    return [slice(int(a), int(b)) for a, b in zip(ends[:-1], ends[1:], strict=True)]


@export("contrib.opt.ExternalOptimizerInterface")
class ExternalOptimizerInterface:
    """What an optimizer outside the graph needs of it; a subclass has the method `_minimize`.

    Variables are given their values when the optimizer ends; until then its vector is fed in their place.

    Args:
      loss: a scalar.
      var_list: the variables; all trainable ones by default.
      equalities: tensors that are to be 0.
      inequalities: tensors that are not to be below 0.
      var_to_bounds: a dict from a variable to its (least, most), numbers or arrays that broadcast to its shape.
      **optimizer_kwargs: for the optimizer.
    """

    def __init__(self, loss, var_list=None, equalities=None, inequalities=None, var_to_bounds=None, **optimizer_kwargs):
        self._loss, self._equalities, self._inequalities = loss, equalities or [], inequalities or []
        self._vars = trainable_variables() if var_list is None else list(var_list)
        self._packed_bounds = None if var_to_bounds is None else _bounds(self._vars, var_to_bounds)
        self._update_placeholders = [placeholder(var.dtype.base_dtype) for var in self._vars]
        pairs = zip(self._vars, self._update_placeholders, strict=True)
        self._var_updates = [var.assign(reshape(value, _shape(var))) for var, value in pairs]
        slopes, *others = [_slopes(t, self._vars) for t in (loss, *self._equalities, *self._inequalities)]
        self.optimizer_kwargs = optimizer_kwargs
        self._packed_var, self._packed_loss_grad, *packed = [_pack(ts) for ts in (self._vars, slopes, *others)]
        self._packed_equality_grads = packed[: len(self._equalities)]
        self._packed_inequality_grads = packed[len(self._equalities) :]
        self._packing_slices = _slices(self._vars)

    def minimize(self, session=None, feed_dict=None, fetches=None, step_callback=None, loss_callback=None, **run_kwargs):
        """Lets the optimizer work, then gives the variables their values.

        Args:
          session: the default one if not given.
          feed_dict: what is fed each time that the loss is asked for.
          fetches: a list of what `loss_callback` gets.
          step_callback: called with the vector after each of the optimizer's steps.
          loss_callback: called with the values of `fetches` each time that the loss is asked for.
          **run_kwargs: for the run that assigns.
        """
        session = session or get_default_session()
        feed_dict, fetches = feed_dict or {}, fetches or []
        evaluate = [session, feed_dict, fetches]
        found = self._minimize(
            initial_val=session.run(self._packed_var),
            loss_grad_func=self._function([self._loss, self._packed_loss_grad], *evaluate, loss_callback),
            equality_funcs=[self._function([t], *evaluate) for t in self._equalities],
            equality_grad_funcs=[self._function([t], *evaluate) for t in self._packed_equality_grads],
            inequality_funcs=[self._function([t], *evaluate) for t in self._inequalities],
            inequality_grad_funcs=[self._function([t], *evaluate) for t in self._packed_inequality_grads],
            packed_bounds=self._packed_bounds,
            step_callback=step_callback or (lambda _: None),
            optimizer_kwargs=self.optimizer_kwargs,
        )
        values = [found[part] for part in self._packing_slices]
        session.run(self._var_updates, dict(zip(self._update_placeholders, values, strict=True)), **run_kwargs)

    def _minimize(
        self,
        initial_val,
        loss_grad_func,
        equality_funcs,
        equality_grad_funcs,
        inequality_funcs,
        inequality_grad_funcs,
        packed_bounds,
        step_callback,
        optimizer_kwargs,
    ):
        """The vector at which the loss is least: a subclass finds it.

        Args:
          initial_val: the vector to begin at.
          loss_grad_func: a function from a vector to [loss, slopes].
          equality_funcs, inequality_funcs: functions from a vector to a list of one value.
          equality_grad_funcs, inequality_grad_funcs: their slopes.
          packed_bounds: a list of (least, most) for each number, or None.
          step_callback: to be called with the vector after each step.
          optimizer_kwargs: what the constructor was given.
        """
        raise NotImplementedError("To use ExternalOptimizerInterface, subclass from it and implement the _minimize() method.")

    def _function(self, tensors, session, feed_dict, fetches, callback=None):
        """A function from the vector to the values of `tensors`."""

        def evaluate(x):
            parts = zip(self._vars, self._packing_slices, strict=True)
            feeds = {var: x[part].reshape(_shape(var)) for var, part in parts}
            values = session.run(tensors + fetches, feed_dict={**feeds, **feed_dict})
            if isinstance(callback, Callable):
                callback(*values[len(tensors) :])
            return values[: len(tensors)]

        return evaluate


@export("contrib.opt.ScipyOptimizerInterface")
class ScipyOptimizerInterface(ExternalOptimizerInterface):
    """`scipy.optimize.minimize` over a graph's variables; L-BFGS-B if no `method` is given.

    Args:
      loss: a scalar.
      var_list: the variables; all trainable ones by default.
      equalities: tensors that are to be 0 (for the method SLSQP).
      inequalities: tensors that are not to be below 0 (likewise).
      var_to_bounds: a dict from a variable to its (least, most), numbers or arrays that broadcast to its shape.
      **optimizer_kwargs: `method`, `options`, `tol` and what else SciPy's function takes.

    Source: Byrd, Lu, Nocedal and Zhu, A Limited Memory Algorithm for Bound Constrained Optimization (1995).
    """

    _DEFAULT_METHOD = "L-BFGS-B"

    def _minimize(
        self,
        initial_val,
        loss_grad_func,
        equality_funcs,
        equality_grad_funcs,
        inequality_funcs,
        inequality_grad_funcs,
        packed_bounds,
        step_callback,
        optimizer_kwargs,
    ):
        def loss_and_slopes(x):  # in float64: some of SciPy's methods take nothing else
            loss, slopes = loss_grad_func(x)
            return np.float64(loss), slopes.astype(np.float64)

        asked = dict(optimizer_kwargs)
        ours = {
            "jac": True,
            "callback": step_callback,
            "method": asked.pop("method", self._DEFAULT_METHOD),
            "constraints": [
                *_constraints("eq", equality_funcs, equality_grad_funcs),
                *_constraints("ineq", inequality_funcs, inequality_grad_funcs),
            ],
            "bounds": packed_bounds,
        }
        _check(ours, asked)
        result = _optimize.minimize(loss_and_slopes, initial_val.astype(np.float64), **ours, **asked)
        _tell(result)
        return result["x"]


def _constraints(kind, functions, slopes):
    return [{"type": kind, "fun": f, "jac": df} for f, df in zip(functions, slopes, strict=True)]


def _check(ours, asked):
    need("bounds" not in asked, "Bounds must be set using the var_to_bounds argument")
    for key in ours:
        need(key not in asked, f"Optimizer keyword arg '{key}' is set automatically and cannot be injected manually")


def _tell(result):
    """Logs how SciPy's work ended."""
    lines = {"Message": result.message, "Objective function value": f"{result.fun:f}"}
    for key, what in (("nit", "Number of iterations"), ("nfev", "Number of functions evaluations")):
        if key in result:
            lines[what] = result[key]
    logging.info("\n".join(["Optimization terminated with:", *(f"  {key}: {value}" for key, value in lines.items())]))
