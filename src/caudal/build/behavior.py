"""The switches between TF 1's behaviour and TF 2's. Caudal is TF 1: what turns TF 2's off does nothing, what turns it on
is refused."""

from ..ground.api import export
from ..ground.errors import advise
from .variables import disable_resource_variables

__all__ = ["executing_eagerly"]


@export("executing_eagerly")
def executing_eagerly():
    """Whether ops run at once instead of being added to a graph: never."""
    return False


@export("control_flow_v2_enabled")
def control_flow_v2_enabled():
    """Whether cond and while_loop are made as functions, TF 2's way: never."""
    return False


def _refuse(name, what):
    def enable(*_, **__):
        error = NotImplementedError(f"tf.{name} is not made in Caudal: {what}.")
        raise advise(error, "leave the call out; graphs and sessions work without it")

    return enable


def enable_eager_execution(config=None, device_policy=None, execution_mode=None):
    """Refused: Caudal's ops are always added to a graph.

    Args:
      config: unused.
      device_policy: unused.
      execution_mode: unused.

    Raises:
      NotImplementedError: always.
    """
    _refuse("enable_eager_execution", "its ops are always added to a graph")()


export("enable_eager_execution", "compat.v1.enable_eager_execution")(enable_eager_execution)


@export("disable_eager_execution")
def disable_eager_execution():
    """Keeps ops being added to a graph, as they always are."""


@export("enable_v2_behavior")
def enable_v2_behavior():
    """Refused: Caudal is TF 1.

    Raises:
      NotImplementedError: always.
    """
    _refuse("enable_v2_behavior", "it is TensorFlow 1")()


@export("disable_v2_behavior")
def disable_v2_behavior():
    """Turns TF 2's behaviour off: variables without `use_resource` are no resources; all else is so already."""
    disable_resource_variables()


@export("enable_v2_tensorshape")
def enable_v2_tensorshape():
    """Refused: dimensions are always `Dimension` objects.

    Raises:
      NotImplementedError: always.
    """
    _refuse("enable_v2_tensorshape", "dimensions are always tf.Dimension objects")()


@export("disable_v2_tensorshape")
def disable_v2_tensorshape():
    """Keeps dimensions `Dimension` objects, as they always are."""


@export("enable_tensor_equality")
def enable_tensor_equality():
    """Refused: `==` always tells whether two tensors are the same object.

    Raises:
      NotImplementedError: always.
    """
    _refuse("enable_tensor_equality", "== always tells whether two tensors are the same object")()


@export("disable_tensor_equality")
def disable_tensor_equality():
    """Keeps `==` telling whether two tensors are the same object, as it always does."""


@export("enable_control_flow_v2")
def enable_control_flow_v2():
    """Refused: cond and while_loop always make Switch and Merge nodes.

    Raises:
      NotImplementedError: always.
    """
    _refuse("enable_control_flow_v2", "cond and while_loop always make Switch and Merge nodes")()


@export("disable_control_flow_v2")
def disable_control_flow_v2():
    """Keeps cond and while_loop making Switch and Merge nodes, as they always do."""
