"""Ops that only say "after": `group`, `tuple`, `with_dependencies`; and identities that keep a reference."""

from ..graph.composite import IndexedSlices, SparseTensor, convert_or_composite, is_composite
from ..graph.convert import convert
from ..graph.define import define
from ..graph.graph import Operation, Tensor, default_graph
from ..graph.scopes import colocate_with, control_dependencies, device, name_scope
from ..ground import nest
from ..ground.api import export
from .basic import identity, no_op, same

__all__ = ["as_tensor_or_composite", "group", "keep", "tuple", "with_dependencies"]

ref_identity = define("RefIdentity", infer=same, lower=lambda B, x: x, grad=lambda op, dy: [dy])


def as_tensor_or_composite(value, dtype=None, name=None):
    """`value` as a tensor (a variable as its reference); SparseTensors and IndexedSlices as they are."""
    if is_composite(value):
        return convert_or_composite(value, dtype)
    return convert(value, dtype, name, None, as_ref=True)


def keep(x, name=None):
    """`x` as the output of a node of its own; of a reference still a reference, of a composite one for each part."""
    x = as_tensor_or_composite(x)
    if is_composite(x):
        return nest.map_structure(keep, x, expand_composites=True)
    return ref_identity(x, name=name) if x._dtype._is_ref_dtype else identity(x, name=name)


def with_dependencies(dependencies, output_tensor, name=None):
    """`output_tensor`, once all of `dependencies` have run.

    Args:
      dependencies: operations or tensors.
      output_tensor: a tensor or `IndexedSlices`.
      name: the node's name.
    """
    with (
        name_scope(name, "control_dependency", [*dependencies, output_tensor]) as name,
        colocate_with(output_tensor.op if isinstance(output_tensor, IndexedSlices) else output_tensor),
        control_dependencies(dependencies),
    ):
        output_tensor = convert_or_composite(output_tensor)
        if isinstance(output_tensor, IndexedSlices):
            values = keep(output_tensor.values, name)
            return IndexedSlices(values, output_tensor.indices, output_tensor.dense_shape)
        return keep(output_tensor, name)


@export("group")
def group(*inputs, **kwargs):
    """An operation that is done when all of `inputs` are.

    Args:
      *inputs: operations, tensors or variables, or nests of them.
      **kwargs: `name`, the node's name.

    Returns:
      An `Operation`: one NoOp, or where the inputs are on several devices one for each and one over these.

    Raises:
      TypeError: an input of another kind; ValueError: another keyword.
    """
    name = kwargs.pop("name", None)
    if kwargs:
        raise ValueError("Unknown keyword arguments: " + ", ".join(kwargs))
    with name_scope(name, "group_deps", inputs) as name:
        if not inputs:
            return no_op(name=name)
        by_device = {}
        for one in nest.flatten(inputs, expand_composites=True):
            if not hasattr(one, "device"):
                raise TypeError(f"Expected tf.group() expected Tensor arguments not '{one}' with type '{type(one)}'")
            by_device.setdefault(one.device, []).append(one)
        if len(by_device) == 1:
            return _after(*by_device.popitem(), name)
        gates = [_after(where, by_device[where]) for where in sorted(by_device, key=lambda d: d or "")]
        with control_dependencies(gates):
            return no_op(name=name)


def _after(where, needs, name=None):
    with control_dependencies(needs):
        if where is None:
            return no_op(name=name)
        with device(where):
            return no_op(name=name)


@export("tuple")
def tuple(tensors, name=None, control_inputs=None):  # noqa: A001  # TF's name
    """The same tensors, each of which is there only when all are.

    Args:
      tensors: a list of tensors, `IndexedSlices`, operations or None.
      name: the name of the scope.
      control_inputs: operations or tensors that have to be done too.

    Returns:
      A list like `tensors`.

    Raises:
      ValueError: nothing but None in `tensors`; TypeError: a control input of another kind.
    """
    with name_scope(name, "tuple", tensors):
        tensors = [t if _passes(t) else convert(t) for t in tensors]
        gates = [t if isinstance(t, Operation) else t.op for t in tensors if t is not None]
        for one in control_inputs or ():
            if not isinstance(one, (Tensor, Operation)):
                raise TypeError(f"Control input must be Operation or Tensor: {one}")
            gates.append(one.op if isinstance(one, Tensor) else one)
        if not gates:
            raise ValueError(f"Must have at least one Tensor: {tensors}")
        gate = group(*sorted(set(gates), key=lambda op: op._id))
        return [_gated(t, gate) for t in tensors]


def _passes(value):
    return value is None or isinstance(value, (Tensor, Operation, IndexedSlices, SparseTensor))


def _gated(value, gate):
    if value is None:
        return None
    if isinstance(value, Operation):
        with default_graph().control_dependencies([gate]):
            return group(value)
    return with_dependencies([gate], value)
