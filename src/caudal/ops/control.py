"""What only says "after": group, tuple, with_dependencies, and identities that keep a reference."""

from ..graph.composite import IndexedSlices, SparseTensor, convert_or_composite, is_composite
from ..graph.convert import convert
from ..graph.define import define
from ..graph.graph import Operation, Tensor, default_graph
from ..graph.scopes import name_scope
from ..ground import nest
from ..ground.api import export
from .basic import identity, no_op, same

__all__ = ["as_tensor_or_composite", "group", "keep", "tuple_", "with_dependencies"]

ref_identity = define("RefIdentity", infer=same, lower=lambda B, x: x, grad=lambda op, dy: [dy])


def as_tensor_or_composite(value, dtype=None, name=None):
    """`value` as a tensor (a variable as its reference); SparseTensors and IndexedSlices as they are."""
    if is_composite(value):
        return convert_or_composite(value, dtype)
    return convert(value, dtype, name, None, as_ref=True)


def keep(x, name=None):
    """`x` as the output of a node of its own; of a reference still a reference, of a composite one for each part."""
    x = as_tensor_or_composite(x)
    if isinstance(x, IndexedSlices):
        shape = None if x.dense_shape is None else keep(x.dense_shape)
        return IndexedSlices(keep(x.values, name), keep(x.indices), shape)
    if isinstance(x, SparseTensor):
        return SparseTensor(keep(x.indices), keep(x.values, name), keep(x.dense_shape))
    return ref_identity(x, name=name) if x._dtype._is_ref_dtype else identity(x, name=name)


def _no_op_after(deps, device, name=None):
    graph = default_graph()
    with graph.control_dependencies(deps):
        if not device:
            return no_op(name=name)
        with graph.device(device):
            return no_op(name=name)


@export("group")
def group(*inputs, **kwargs):
    """An operation that runs when all `inputs` have.

    Args:
      *inputs: operations, tensors, nests of them.
      **kwargs: `name`, the operation's name.

    Raises:
      TypeError: something that is neither; ValueError: another keyword.
    """
    name = kwargs.pop("name", None)
    if kwargs:
        raise ValueError("Unknown keyword arguments: " + ", ".join(kwargs.keys()))
    with name_scope(name, "group_deps", inputs) as scope:
        if not inputs:
            return no_op(name=scope)
        by_device = {}
        for one in nest.flatten(inputs):
            if not hasattr(one, "device"):
                raise TypeError(f"Expected tf.Tensor or tf.Operation, got {one!r} of type {type(one).__name__}")
            by_device.setdefault(one.device, []).append(one)
        if len(by_device) == 1:
            ((device, deps),) = by_device.items()
            return _no_op_after(deps, device, name=scope)
        alone = [_no_op_after(by_device[d], d) for d in sorted(by_device)]
        with default_graph().control_dependencies(alone):
            return no_op(name=scope)


def with_dependencies(dependencies, output, name=None):
    """`output`, computed after `dependencies`."""
    with name_scope(name, "control_dependency", [*dependencies, output]) as scope:
        graph = default_graph()
        with graph.colocate_with(output), graph.control_dependencies(dependencies):
            output = convert_or_composite(output)
            if isinstance(output, IndexedSlices):
                return IndexedSlices(keep(output.values, scope), output.indices, output.dense_shape)
            return keep(output, scope)


@export("tuple")
def tuple_(tensors, name=None, control_inputs=None):
    """`tensors`, each available only when all are.

    Args:
      tensors: tensors, IndexedSlices or None.
      name: the scope's name.
      control_inputs: more ops to wait for.

    Returns:
      A list of the same length.

    Raises:
      ValueError: no tensor among them; TypeError: `control_inputs` holds something else.
    """
    with name_scope(name, "tuple", [t for t in tensors if t is not None]):
        tensors = [t if t is None or isinstance(t, Operation) else as_tensor_or_composite(t) for t in tensors]
        gating = [t if isinstance(t, Operation) else t.op for t in tensors if t is not None]
        for c in control_inputs or ():
            if isinstance(c, Tensor):
                c = c.op
            elif not isinstance(c, Operation):
                raise TypeError(f"Control input must be Operation or Tensor: {c}")
            gating.append(c)
        gating = sorted(set(gating), key=lambda op: op._id)
        if not gating:
            raise ValueError(f"Must have at least one Tensor: {tensors}")
        gate = group(*gating)
        return [t if t is None or isinstance(t, Operation) else with_dependencies([gate], t) for t in tensors]
