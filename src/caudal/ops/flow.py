"""The nodes of control flow: Switch and Merge, and Enter, NextIteration, Exit, LoopCond of a frame.

What they mean is the executor's affair (run/flow.py): they have no lowering. Their gradients are in
build/control_flow_grad.py, what users call in build/cond.py and build/while_loop.py.
"""

from ..graph.composite import IndexedSlices, is_composite
from ..graph.convert import convert
from ..graph.define import define
from ..graph.graph import Tensor
from ..graph.scopes import colocate_with, name_scope
from ..ground import nest
from ..ground.errors import InferError
from .basic import same
from .control import as_tensor_or_composite
from .slices import as_slices_list

__all__ = ["control_trigger", "enter", "exit", "loop_cond", "merge", "next_iteration", "switch", "switch_as_it_is"]


def _scalar(dims):
    if dims is not None and len(dims):
        raise InferError(f"Shape must be rank 0 but is rank {len(dims)}")


def _switch(data, pred):
    _scalar(pred.dims)
    return [data.dims, data.dims]


def _merge(*inputs):
    """What all inputs have in common; None where their ranks differ."""
    dims = inputs[0].dims
    for one in inputs[1:]:
        if dims is None or one.dims is None or len(one.dims) != len(dims):
            return [None, ()]
        dims = tuple(a if a == b else None for a, b in zip(dims, one.dims, strict=True))
    return [dims, ()]


def _loop_cond(x):
    _scalar(x.dims)
    return [()]


switch_node = define("Switch", infer=_switch, control=True)
ref_switch = define("RefSwitch", infer=_switch, control=True)
merge_node = define("Merge", infer=_merge, control=True)
ref_merge = define("RefMerge", infer=_merge, control=True)
enter_node = define("Enter", infer=lambda data, *, is_constant: [data.dims if is_constant else None], control=True)
ref_enter = define("RefEnter", infer=same, control=True)
exit_node = define("Exit", infer=same, control=True)
ref_exit = define("RefExit", infer=same, control=True)
next_node = define("NextIteration", infer=same, control=True)
ref_next = define("RefNextIteration", infer=same, control=True)
loop_cond = define("LoopCond", infer=_loop_cond, control=True, grad=lambda op, dy: [None])
control_trigger = define("ControlTrigger", infer=lambda: [], control=True, grad=None)


def _either(plain, ref, x, **named):
    """`ref(x)` where `x` is a reference, else `plain(x)`; of a composite for each part."""
    x = as_tensor_or_composite(x)
    if is_composite(x):
        return nest.map_structure(lambda part: _either(plain, ref, part), x, expand_composites=True)
    return (ref if x._dtype._is_ref_dtype else plain)(x, **named)


def next_iteration(x, name=None):
    """`x`, for the next iteration of its loop."""
    return _either(next_node, ref_next, x, name=name)


def exit(x, name=None):  # noqa: A001  # TF's name
    """`x`, outside of its loop."""
    return _either(exit_node, ref_exit, x, name=name)


def enter(x, frame_name, is_constant=False, parallel_iterations=10, use_input_shape=True, name=None):
    """`x`, inside of the loop `frame_name`.

    Args:
      x: a tensor or composite.
      frame_name: the loop's name.
      is_constant: it is the same in every iteration.
      parallel_iterations: how many iterations TF may have under way at once.
      use_input_shape: the shape inside is that outside.
      name: the node's name.
    """
    x = as_tensor_or_composite(x)
    settings = {"frame_name": frame_name, "is_constant": is_constant, "parallel_iterations": parallel_iterations}
    if is_composite(x):
        return nest.map_structure(
            lambda part: enter(part, **settings, use_input_shape=use_input_shape), x, expand_composites=True
        )
    made = (ref_enter if x._dtype._is_ref_dtype else enter_node)(x, name=name, **settings)
    if use_input_shape:
        made.set_shape(x.get_shape())
    return made


def switch(data, pred, dtype=None, name=None):
    """(`data` where `pred` is false, `data` where it is true); the other one is dead.

    Args:
      data: a tensor, or a composite, of which each part is switched.
      pred: a bool scalar.
      dtype: of `data`.
      name: the node's name.
    """
    with name_scope(name, "Switch", [data, pred]) as name:
        data = as_tensor_or_composite(data, dtype, "data")
        pred = convert(pred, None, "pred")
        if isinstance(data, Tensor):
            return switch_node(data, pred, name=name)
        parts = [switch_node(t, pred) for t in nest.flatten(data, expand_composites=True)]
        return [nest.pack_sequence_as(data, side, expand_composites=True) for side in zip(*parts, strict=True)]


def switch_as_it_is(data, pred, name="Switch"):
    """`switch` on the device of `data`, which stays a reference if it is one."""
    data = as_tensor_or_composite(data)
    with colocate_with(data, ignore_existing=True):
        if isinstance(data, Tensor) and data._dtype._is_ref_dtype:
            return ref_switch(data, pred, name=name)
        return switch(data, pred, name=name)


def merge(inputs, name=None):
    """(the one of `inputs` that is not dead, its number).

    Args:
      inputs: tensors or composites; tensors beside IndexedSlices become such.
      name: the node's name.

    Raises:
      ValueError: one of them is None.
    """
    if any(one is None for one in inputs):
        raise ValueError(f"At least one of the merge inputs is None: {inputs}")
    with name_scope(name, "Merge", inputs) as name:
        inputs = [as_tensor_or_composite(one) for one in inputs]
        if all(isinstance(one, Tensor) for one in inputs):
            refs = all(one._dtype._is_ref_dtype for one in inputs)
            return (ref_merge if refs else merge_node)(inputs, name=name)
        if any(isinstance(one, IndexedSlices) for one in inputs):
            inputs = as_slices_list(inputs)
        for one in inputs[1:]:
            nest.assert_same_structure(inputs[0], one, expand_composites=True)
        flat = [nest.flatten(one, expand_composites=True) for one in inputs]
        made = [merge_node(list(parts)) for parts in zip(*flat, strict=True)]
        return nest.pack_sequence_as(inputs[0], [m[0] for m in made], expand_composites=True), made[0][1]
