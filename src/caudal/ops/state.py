"""Variables' own ops: what keeps a value, reads it, assigns to it, adds to parts of it."""

from types import SimpleNamespace

import numpy as np

from ..graph.convert import convert
from ..graph.define import define
from ..graph.notes import initialize, locate
from ..ground import shapes
from ..ground.api import export
from ..ground.errors import FailedPreconditionError, InvalidArgumentError, OutOfRangeError, require
from .scatter import check_static
from .slicing import assign_at, check_indices, infer_gather_nd, lower_gather_nd

__all__ = ["assign", "assign_add", "assign_sub"]


def _cell(B, *, state):
    return state


variable_node = define("VariableV2", infer=lambda *, shape: [shape], lower=_cell, grad=None)
define("Variable", infer=lambda *, shape: [shape], lower=_cell, grad=None)
handle_node = define("VarHandleOp", infer=lambda: [()], lower=_cell, grad=None)


# --- reference variables ----------------------------------------------------------------------------


def _infer_assign(ref, value, *, validate_shape):
    return [shapes.merge(ref.dims, value.dims) if validate_shape else value.dims]


def _lower_assign(B, ref, value, *, validate_shape, op):
    want = op.inputs[0].dims
    if validate_shape and want is not None and tuple(want) != tuple(value.shape) and None not in want:
        raise InvalidArgumentError(
            None,
            op,
            f"Assign requires shapes of both tensors to match. lhs shape= {shapes.text(want)} rhs shape= {shapes.text(value.shape)}",
        )
    ref.write(value)
    return ref


assign_node = define("Assign", infer=_infer_assign, lower=_lower_assign, grad=None)


def _infer_update(ref, value):
    return [shapes.merge(ref.dims, value.dims)]


def _update(compute):
    def lower(B, ref, value, *, op):
        x = ref.read()
        if x.shape != value.shape:
            raise InvalidArgumentError(None, op, "Parameters and update must be the same size")
        ref.write(compute(B, x, value))
        return ref

    return lower


assign_add_node = define("AssignAdd", infer=_infer_update, lower=_update(lambda B, x, y: x + y), grad=None)
assign_sub_node = define("AssignSub", infer=_infer_update, lower=_update(lambda B, x, y: x - y), grad=None)


@export("assign")
def assign(ref, value, validate_shape=None, use_locking=None, name=None):
    """Gives a variable a new value.

    Args:
      ref: a variable.
      value: a tensor of its shape and dtype.
      validate_shape: whether the shape has to be the variable's.
      use_locking: accepted; assignments never mix.
      name: the node's name.

    Returns:
      The variable with its new value, for ops that want it.
    """
    if ref.dtype._is_ref_dtype:
        return assign_node(
            _ref(ref), value, use_locking=True if use_locking is None else use_locking, name=name, validate_shape=validate_shape
        )
    return ref.assign(value, name=name)


@export("assign_add")
def assign_add(ref, value, use_locking=None, name=None):
    """Adds `value` to a variable; the arguments are those of `assign`."""
    if ref.dtype._is_ref_dtype:
        return assign_add_node(_ref(ref), value, use_locking=use_locking, name=name)
    return ref.assign_add(value)


@export("assign_sub")
def assign_sub(ref, value, use_locking=None, name=None):
    """Takes `value` from a variable; the arguments are those of `assign`."""
    if ref.dtype._is_ref_dtype:
        return assign_sub_node(_ref(ref), value, use_locking=use_locking, name=name)
    return ref.assign_sub(value)


def _ref(variable):
    return convert(variable, as_ref=True)


is_initialized_node = define(
    "IsVariableInitialized", infer=lambda ref: [()], lower=lambda B, ref: np.asarray(ref.peek() is not None), grad=None, host=True
)


def is_variable_initialized(ref, name=None):
    """Whether a variable has a value, a bool scalar."""
    if ref.dtype._is_ref_dtype:
        return is_initialized_node(_ref(ref), name=name)
    return ref.is_initialized(name=name)


@export("is_variable_initialized")
def is_initialized(variable):
    """Whether a variable has a value.

    Args:
      variable: a variable.

    Returns:
      bool scalar.
    """
    return is_variable_initialized(variable)


def _count(B, ref, *, limit, op):
    value = ref.read()
    if value >= limit:
        raise OutOfRangeError(None, op, f"Reached limit of {limit}")
    ref.write(value + np.asarray(1, value.dtype))
    return value


count_node = define("CountUpTo", infer=lambda ref: [()], lower=_count, host=True, grad=None)


@export("count_up_to")
def count_up_to(ref, limit, name=None):
    """Adds 1 to a variable, and gives what it was; OutOfRangeError once it is `limit`."""
    if ref.dtype._is_ref_dtype:
        return count_node(_ref(ref), limit=limit, name=name)
    return resource_count_node(ref.handle, limit=limit, T=ref.dtype, name=name)


resource_count_node = define("ResourceCountUpTo", infer=lambda ref: [()], lower=_count, host=True)


# --- scatter: updates of rows ------------------------------------------------------------------------

_WAYS = {
    "Update": "set_at",
    "Add": "add_at",
    "Sub": "add_at",
    "Mul": "multiply_at",
    "Div": "multiply_at",
    "Min": "min_at",
    "Max": "max_at",
}


def _change(kind, B, x, index, updates):
    if kind == "Sub":
        updates = -updates
    if kind == "Div":
        return B.divide_at(x, index, updates) if np.issubdtype(x.dtype, np.integer) else B.multiply_at(x, index, 1 / updates)
    return getattr(B, _WAYS[kind])(x, index, updates)


def _infer_scatter(ref, indices, updates):
    if ref.dims is not None and indices.dims is not None and updates.dims is not None and updates.dims != ():
        shapes.merge(updates.dims, (*indices.dims, *ref.dims[1:]))
    return [ref.dims]


def _scatter(kind):
    def lower(B, ref, indices, updates, *, op):
        x = ref.read()
        check_indices(B, indices, x.shape[0], op)
        want = (*indices.shape, *x.shape[1:])
        require(
            updates.shape in ((), want),
            op,
            "Must have updates.shape = indices.shape + params.shape[1:] or updates.shape = [], got updates.shape "
            f"{shapes.text(updates.shape)}, indices.shape {shapes.text(indices.shape)}, params.shape {shapes.text(x.shape)}",
        )
        rows = B.broadcast_to(updates, want)
        ref.write(_change(kind, B, x, indices, rows).astype(x.dtype))
        return ref

    return lower


def _scatter_nd(kind):
    def lower(B, ref, indices, updates):
        x = ref.read()
        ref.write(_change(kind, B, x, tuple(B.moveaxis(indices, -1, 0)), updates).astype(x.dtype))
        return ref

    return lower


def _resource_scatter_nd(kind):
    def lower(B, handle, indices, updates, *, op):
        x = _read(B, handle, op=op)
        handle.write(_change(kind, B, x, tuple(B.moveaxis(indices, -1, 0)), updates).astype(x.dtype))
        return ()

    return lower


def _infer_scatter_nd(ref, indices, updates):
    check_static(indices, updates, ref.dims, "input.shape")
    return [ref.dims]


SCATTER, SCATTER_ND, RESOURCE_SCATTER, RESOURCE_SCATTER_ND = {}, {}, {}, {}
for _kind in _WAYS:
    SCATTER[_kind] = define("Scatter" + _kind, infer=_infer_scatter, lower=_scatter(_kind), grad=None)
    RESOURCE_SCATTER[_kind] = define("ResourceScatter" + _kind, infer=lambda *_: [], grad=None)
for _kind in ("Update", "Add", "Sub"):
    RESOURCE_SCATTER_ND[_kind] = define(
        "ResourceScatterNd" + _kind, infer=lambda *_: [], lower=_resource_scatter_nd(_kind), grad=None
    )
    SCATTER_ND[_kind] = define("ScatterNd" + _kind, infer=_infer_scatter_nd, lower=_scatter_nd(_kind), grad=None)


def _resource_scatter(kind):
    inner = _scatter(kind)

    def lower(B, ref, indices, updates, *, op):
        inner(B, ref, indices, updates, op=op)
        return ()

    return lower


for _kind in _WAYS:
    define("ResourceScatter" + _kind, lower=_resource_scatter(_kind))


def _public_scatter(kind, name, what):
    node = SCATTER[kind]

    def call(ref, indices, updates, use_locking=None, name=None):
        if ref.dtype._is_ref_dtype:
            return node(_ref(ref), indices, updates, use_locking=use_locking, name=name)
        return ref._lazy_read(RESOURCE_SCATTER[kind](ref.handle, indices, convert(updates, ref.dtype), name=name))

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"""{what} the rows `indices` (int) of a variable with `updates`, `indices.shape + ref.shape[1:]`."""
    call.__defaults__ = (kind == "Update", None)
    return export(name)(call)


_SCATTER_WORDS = {
    "Update": "Replaces",
    "Add": "Increases",
    "Sub": "Decreases",
    "Mul": "Multiplies",
    "Div": "Divides",
    "Min": "Takes the lesser of",
    "Max": "Takes the greater of",
}
scatter_functions = {k: _public_scatter(k, "scatter_" + k.lower(), what) for k, what in _SCATTER_WORDS.items()}


def _public_scatter_nd(kind, what):
    def call(ref, indices, updates, use_locking=None, name=None):
        if ref.dtype._is_ref_dtype:
            return SCATTER_ND[kind](_ref(ref), indices, updates, use_locking=use_locking, name=name)
        return ref._lazy_read(RESOURCE_SCATTER_ND[kind](ref.handle, indices, convert(updates, ref.dtype), name=name))

    call.__name__ = call.__qualname__ = f"scatter_nd_{kind.lower()}"
    call.__doc__ = f"{what} the parts of a variable that the rows of `indices` (int `[..., n]`) name with `updates`."
    call.__defaults__ = (kind == "Update", None)
    return export(call.__name__)(call)


_SCATTER_ND_WORDS = {"Update": "Replaces", "Add": "Increases", "Sub": "Decreases"}
scatter_nd_functions = {k: _public_scatter_nd(k, what) for k, what in _SCATTER_ND_WORDS.items()}


# --- resource variables -----------------------------------------------------------------------------


def _infer_handle(handle):
    op = handle.op
    while hasattr(op, "_captured"):  # in a function's body: the variable outside
        op = op._captured.op
    return [op.attrs.get("shape")] if op.type == "VarHandleOp" else [None]


def _read(B, handle, *, op):
    value = handle.peek()
    if value is None:
        name = handle.key
        error = FailedPreconditionError(
            None,
            op,
            f"Error while reading resource variable {name} from Container: localhost. This could mean that the variable was "
            f"uninitialized. Not found: Container localhost does not exist. (Could not find resource: localhost/{name})",
        )
        raise locate(error, getattr(handle.op, "source", handle.op), initialize(handle.op))
    return value


read_node = define("ReadVariableOp", infer=_infer_handle, lower=_read, grad=lambda op, dy: [dy])
is_set_node = define(
    "VarIsInitializedOp", infer=lambda handle: [()], lower=lambda B, h: np.asarray(h.peek() is not None), host=True, grad=None
)
shape_of_variable = define(
    "VariableShape",
    infer=lambda h: [(None if h.op.attrs.get("shape") is None else len(h.op.attrs["shape"]),)],
    lower=lambda B, h, *, op: np.array(_read(B, h, op=op).shape, op.attrs["out_type"].np),
    grad=None,
)


def _assign_resource(B, handle, value):
    handle.write(value)
    return ()


def _infer_assign_resource(handle, value):
    want = handle.op.attrs.get("shape") if handle.op.type == "VarHandleOp" else None
    if want is not None and value.dims is not None:
        shapes.merge(want, value.dims)
    return []


def _change_resource(compute):
    def lower(B, handle, value, *, op):
        handle.write(compute(_read(B, handle, op=op), value))
        return ()

    return lower


assign_resource_node = define("AssignVariableOp", infer=_infer_assign_resource, lower=_assign_resource, grad=None)
assign_add_resource_node = define(
    "AssignAddVariableOp", infer=_infer_assign_resource, lower=_change_resource(lambda x, y: x + y), grad=None
)
assign_sub_resource_node = define(
    "AssignSubVariableOp", infer=_infer_assign_resource, lower=_change_resource(lambda x, y: x - y), grad=None
)


def _infer_resource_gather(handle, indices):
    dims = handle.op.attrs.get("shape") if handle.op.type == "VarHandleOp" else None
    if dims is None or indices.dims is None:
        return [None]
    return [(*indices.dims, *dims[1:])]


def _resource_gather(B, handle, indices, *, op):
    x = _read(B, handle, op=op)
    check_indices(B, indices, x.shape[0], op)
    return B.take(x, indices, axis=0)


resource_gather_node = define("ResourceGather", infer=_infer_resource_gather, lower=_resource_gather)


def _infer_resource_gather_nd(handle, indices):
    return infer_gather_nd(SimpleNamespace(dims=_infer_handle(handle)[0]), indices)


resource_gather_nd_node = define(
    "ResourceGatherNd",
    infer=_infer_resource_gather_nd,
    lower=lambda B, handle, indices, *, op: lower_gather_nd(B, _read(B, handle, op=op), indices, op=op),
)


# --- slices of a variable ---------------------------------------------------------------------------


def _slice_assign(
    B, ref, begin, end, strides, value, *, begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask, op
):
    masks = (begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask)
    ref.write(assign_at(B, ref.read(), begin, end, strides, value, masks, op))
    return ref


def _resource_slice_assign(
    B, handle, begin, end, strides, value, *, begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask, op
):
    masks = (begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask)
    handle.write(assign_at(B, _read(B, handle, op=op), begin, end, strides, value, masks, op))
    return ()


sliced_assign_node = define(
    "StridedSliceAssign", infer=lambda ref, *_: [ref.dims], lower=_slice_assign, grad=None, static=(1, 2, 3)
)
resource_sliced_assign_node = define(
    "ResourceStridedSliceAssign", infer=lambda *_: [], lower=_resource_slice_assign, grad=None, static=(1, 2, 3)
)
