"""Variables beside a variable: momenta, averages. They are named `<variable>/<slot>`."""

from ..build import initializers
from ..build.scopes import get_variable, variable_scope
from ..build.variables import Variable
from ..graph.graph import default_graph
from ..ground.shapes import TensorShape
from ..ops.fill import zeros
from ..ops.shape import shape

__all__ = ["create_slot", "create_slot_with_initializer", "create_zeros_slot"]


def _make(primary, value, scope, validate_shape, dims, dtype):
    """A variable of the scope's name, behind a handle if the primary is."""
    return get_variable(
        scope,
        initializer=value,
        trainable=False,
        use_resource=hasattr(primary, "handle"),
        shape=dims,
        dtype=dtype,
        validate_shape=validate_shape,
    )


def create_slot(primary, val, name, colocate_with_primary=True):
    """A slot that starts as `val`."""
    validate = val.get_shape().is_fully_defined()
    plain = primary.op._name if not hasattr(primary, "handle") else primary.handle.op._name
    with variable_scope(None, plain + "/" + name):
        return _beside(primary, colocate_with_primary, lambda: _make(primary, val, "", validate, None, None))


def create_slot_with_initializer(primary, initializer, shape, dtype, name, colocate_with_primary=True):
    """A slot of a shape and dtype that starts as an initializer makes it."""
    validate = TensorShape(shape).is_fully_defined()
    plain = primary.op._name if not hasattr(primary, "handle") else primary.handle.op._name
    with variable_scope(None, plain + "/" + name):
        return _beside(primary, colocate_with_primary, lambda: _make(primary, initializer, "", validate, shape, dtype))


def _beside(primary, colocate, make):
    if not colocate:
        return make()
    with default_graph().colocate_with(primary._ref() if isinstance(primary, Variable) else primary):
        return make()


def create_zeros_slot(primary, name, dtype=None, colocate_with_primary=True):
    """A slot of zeros in the shape of the variable."""
    kind = primary.dtype.base_dtype if dtype is None else dtype
    dims = primary.get_shape()
    if dims.is_fully_defined():
        return create_slot_with_initializer(
            primary, initializers.Zeros(), dims, kind, name, colocate_with_primary=colocate_with_primary
        )
    source = primary.initialized_value() if isinstance(primary, Variable) else primary
    return create_slot(primary, zeros(shape(source), dtype=kind), name, colocate_with_primary=colocate_with_primary)
