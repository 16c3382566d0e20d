"""Notes to an error, for people: the node that failed, the user's line that made it, its inputs and theirs, what to try."""

from ..ground import source
from ..ground.errors import advise

__all__ = ["about", "by_node", "initialize", "locate", "locate_inputs", "refusal"]

_MOST = 6  # inputs that are shown: an error has to fit a screen

_BROADCAST = "shapes are compared from their last dimensions on: tf.reshape or tf.expand_dims makes them fit"
_FIXES = {  # op type -> what most often helps where its inputs don't fit, or its values are refused
    "BiasAdd": "give the bias as many elements as its input has channels",
    "BatchMatMul": "adj_x=True or adj_y=True turns the matrices of one of them",
    "BatchMatMulV2": "adj_x=True or adj_y=True turns the matrices of one of them",
    "CheckNumerics": "a smaller learning rate, tf.clip_by_value before a logarithm, or tf.add_check_numerics_ops() for the first such node",
    "ConcatV2": "all dimensions but that of `axis` have to agree; tf.stack makes a new one",
    "Conv2D": "the filter's shape is [height, width, channels of the input, channels that come out]",
    "GatherV2": "indices have to be at least 0 and less than the size of that dimension",
    "MatMul": "transpose_a=True or transpose_b=True turns one of them",
    "Pack": "tf.concat joins tensors of several sizes along one dimension",
    "Reshape": "one size may be -1: what the others leave",
} | dict.fromkeys(
    "Add AddV2 Sub Mul Div RealDiv FloorDiv Maximum Minimum Pow SquaredDifference Less LessEqual Greater GreaterEqual".split(),
    _BROADCAST,
)


def about(tensor, width=40):
    """A tensor in words: `'fc2/BiasAdd:0' float32[32, 10], made at mnist.py:52  net = …`."""
    dims = "" if tensor.dims is None else "[" + ", ".join("?" if d is None else str(d) for d in tensor.dims) + "]"
    kind = tensor._dtype.base_dtype.name
    return f"'{tensor.name}' {kind}{dims}, made at {source.show(tensor.op.place, width)}"


def locate(error, op, fix=None):
    """`error` with notes that name an operation, its inputs, the lines that made them, and what to try.

    An error that has notes already keeps just these: they were made nearer to its cause.
    """
    if getattr(error, "__notes__", None):
        return error
    error.add_note(f"  Node '{op._name}' ({op.type}), made at {source.show(op.place)}")
    locate_inputs(error, op._def, op._inputs)
    return advise(error, fix or _FIXES.get(op.type))


def initialize(op):
    """What to try where the variable that `op` keeps has no value yet."""
    op = getattr(op, "source", op)
    local = any(getattr(v, "op", None) is op for v in op.graph.get_collection("local_variables"))
    call = "tf.local_variables_initializer()" if local else "tf.global_variables_initializer()"
    return f"sess.run({call}) before this run; make that op after the last variable"


def refusal(what, name, kind, fix=None, **tensors):
    """A ValueError for a node of type `kind` that is not made, with its inputs by the arguments' names.

    Args:
      what: TF1's words.
      name: of the node, or of the scope that it was to be made in.
      kind: the op type.
      fix: what to try.
      **tensors: the inputs.
    """
    error = ValueError(what)
    error.add_note(f"  Node '{name}' ({kind}), made at {source.show(source.here())}")
    for label, tensor in tensors.items():
        error.add_note(f"    {label}: {about(tensor)}")
    return advise(error, fix)


def by_node(error, name, definition, values, fix=None):
    """`locate` for a node that was never made: of type `definition`, in the user's line under way."""
    if getattr(error, "__notes__", None):
        return error
    error.add_note(f"  Node '{name}' ({definition.name}), made at {source.show(source.here())}")
    locate_inputs(error, definition, values)
    return advise(error, fix)


def locate_inputs(error, definition, values):
    """A note for each of the first inputs; what is no tensor yet is left out."""
    labelled = _labelled(definition, values)
    for label, tensor in labelled[:_MOST]:
        error.add_note(f"    {label}: {about(tensor)}")
    if len(labelled) > _MOST:
        error.add_note(f"    and {len(labelled) - _MOST} more inputs")


def _labelled(definition, values):
    """(the argument's name, tensor) for each tensor; values come one for each argument, or all lists laid flat."""
    args = definition.inputs
    if len(args) == len(values):
        groups = zip(args, values, strict=True)
    elif len(args) == 1:
        groups = [(args[0], list(values))]
    else:
        groups = _grouped(args, list(values))
    out = []
    for arg, value in groups:
        if isinstance(value, (list, tuple)):
            out += [(f"{arg.name}[{k}]", one) for k, one in enumerate(value)]
        else:
            out.append((arg.name, value))
    return [(label, one) for label, one in out if hasattr(one, "_value_index")]


def _grouped(args, values):
    """Flat inputs by argument, where just one of the arguments is a list."""
    lists = sum(a.is_list for a in args)
    if lists != 1:
        return [(_Unnamed(k), value) for k, value in enumerate(values)]
    extra, out, k = len(values) - len(args) + 1, [], 0
    for arg in args:
        n = extra if arg.is_list else 1
        out.append((arg, values[k : k + n] if arg.is_list else values[k]))
        k += n
    return out


class _Unnamed:
    """Stands for the argument of an input where several are lists."""

    def __init__(self, k):
        self.name = f"input {k}"
