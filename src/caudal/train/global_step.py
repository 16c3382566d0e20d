"""The variable that counts steps."""

from ..build.cond import cond
from ..build.initializers import Zeros
from ..build.scopes import get_variable
from ..build.synchronization import VariableAggregation
from ..build.variables import Variable
from ..graph.graph import GraphKeys, Tensor, default_graph
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ops.state import is_variable_initialized

__all__ = ["create_global_step", "get_global_step", "get_or_create_global_step", "global_step_read"]

_READ = "global_step_read_op_cache"


@export("train.global_step")
def global_step(sess, global_step_tensor):
    """The value of the step counter in a session, an int."""
    return int(sess.run(global_step_tensor))


@export("train.get_global_step")
def get_global_step(graph=None):
    """The step counter of a graph, or None.

    Raises:
      TypeError: it is no integer scalar.
    """
    graph = graph or default_graph()
    found = graph.get_collection(GraphKeys.GLOBAL_STEP)
    if len(found) == 1:
        tensor = found[0]
    elif not found:
        try:
            tensor = graph.get_tensor_by_name("global_step:0")
        except KeyError:
            return None
    else:
        return None
    assert_global_step(tensor)
    return tensor


@export("train.create_global_step")
def create_global_step(graph=None):
    """Makes the step counter of a graph, an int64 scalar.

    Raises:
      ValueError: there is one already.
    """
    graph = graph or default_graph()
    need(get_global_step(graph) is None, '"global_step" already exists.')
    with graph.as_default(), graph.name_scope(None):
        return get_variable(
            GraphKeys.GLOBAL_STEP,
            shape=[],
            dtype=dtypes.int64,
            initializer=Zeros(),
            trainable=False,
            collections=[GraphKeys.GLOBAL_VARIABLES, GraphKeys.GLOBAL_STEP],
            aggregation=VariableAggregation.ONLY_FIRST_REPLICA,
        )


@export("train.get_or_create_global_step")
def get_or_create_global_step(graph=None):
    """The step counter of a graph, made if it isn't there."""
    graph = graph or default_graph()
    found = get_global_step(graph)
    return create_global_step(graph) if found is None else found


@export("train.assert_global_step")
def assert_global_step(global_step_tensor):
    """Raises TypeError unless the tensor or variable is an integer scalar."""
    if not (isinstance(global_step_tensor, Tensor) or hasattr(global_step_tensor, "_as_graph_element")):
        raise TypeError(f'Existing "global_step" must be a Variable or Tensor: {global_step_tensor}.')
    if not global_step_tensor.dtype.base_dtype.is_integer:
        raise TypeError(f'Existing "global_step" does not have integer type: {global_step_tensor.dtype}')
    if global_step_tensor.get_shape().ndims != 0 and global_step_tensor.get_shape().is_fully_defined():
        raise TypeError(f'Existing "global_step" is not scalar: {global_step_tensor.get_shape()}')


def global_step_read(graph=None):
    """A tensor of the step counter, made once a graph, that hooks read before each run; None if there is no counter.

    Raises:
      RuntimeError: there are several.
    """
    graph = graph or default_graph()
    found = graph.get_collection(_READ)
    need(len(found) <= 1, f"There are multiple items in collection {_READ}. There should be only one.", kind=RuntimeError)
    if found:
        return found[0]
    step = get_global_step(graph)
    if step is None:
        return None
    with graph.as_default(), graph.name_scope(None), graph.name_scope(step.op.name + "/"):
        value = step
        if isinstance(step, Variable):
            value = cond(is_variable_initialized(step), step.read_value, lambda: step.initial_value)
        read = value + 0
        graph.add_to_collection(_READ, read)
    return read
