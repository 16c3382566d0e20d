"""Bad rows: what 1.15.5 said to such inputs, as `tests/tf115/errors.json` has it, but for the node's name."""

import numpy as np

from .row import Hole, bad, classes, ints, normal

f32, i32, i64 = np.float32, np.int32, np.int64


def told(op, inputs, words, shapes, /, seen="", **attrs):
    """A bad row that a shape rule refuses."""
    bad(op, inputs, "ValueError", f"{words} for 'node' (op: '{op}') with input shapes: {shapes}{seen}.", **attrs)


def late(op, inputs, words, /, **attrs):
    """A bad row that is refused in a run."""
    bad(op, inputs, "InvalidArgumentError", words, **attrs)


def hidden(x):
    """An input of which nothing is known before the run."""
    return Hole(None, x)


_CONV = {"strides": [1, 1, 1, 1], "padding": "VALID"}
for _op in ("Add", "AddV2", "Sub", "Mul", "RealDiv", "Maximum", "Pow", "SquaredDifference", "Less"):
    told(_op, [normal(2, 3), normal(2, 2)], "Dimensions must be equal, but are 3 and 2", "[2,3], [2,2]")
    late(_op, [hidden(normal(2, 3)), hidden(normal(2, 2))], "Incompatible shapes: [2,3] vs. [2,2]")
    bad(
        _op,
        [normal(2), ints(2)],
        "TypeError",
        f"Input 'y' of '{_op}' Op has type int32 that does not match type float32 of argument 'x'.",
    )
bad(
    "Sqrt",
    [ints(2)],
    "TypeError",
    "Value passed to parameter 'x' has DataType int32 not in list of allowed values: bfloat16, float16, float32, float64, "
    "complex64, complex128",
)
late("FloorDiv", [ints(2), Hole((2,), np.zeros(2, i32))], "Integer division by zero")
bad(
    "AddN",
    [[normal(2, 3), normal(3, 2)]],
    "ValueError",
    "Dimension 0 in both shapes must be equal, but are 2 and 3. Shapes are [2,3] and [3,2].",
)
told("MatMul", [normal(2, 3), normal(2, 4)], "Dimensions must be equal, but are 3 and 2", "[2,3], [2,4]")
told("MatMul", [normal(2, 3), normal(3)], "Shape must be rank 2 but is rank 1", "[2,3], [3]")
late("MatMul", [hidden(normal(2, 3)), hidden(normal(2, 4))], "Matrix size-incompatible: In[0]: [2,3], In[1]: [2,4]")
late(
    "Cholesky",
    [-np.eye(2, dtype=f32)],
    "Cholesky decomposition was not successful. The input might not be valid.",
)
told(
    "Sum",
    [normal(2, 3), 2],
    "Invalid reduction dimension 2 for input with 2 dimensions.",
    "[2,3], []",
    " and with computed input tensors: input[1] = <2>",
)
told(
    "Reshape",
    [normal(2, 3), np.array([4, 2], i32)],
    "Cannot reshape a tensor with 6 elements to shape [4,2] (8 elements)",
    "[2,3], [2]",
    " and with input tensors computed as partial shapes: input[1] = [4,2]",
)
told("ConcatV2", [[normal(2, 3), normal(2)], 0], "Shape must be rank 2 but is rank 1", "[2,3], [2], []")
told(
    "StridedSlice",
    [normal(3), np.array([3], i32), np.array([4], i32), np.array([1], i32)],
    "slice index 3 of dimension 0 out of bounds.",
    "[3], [1], [1], [1]",
    " and with computed input tensors: input[1] = <3>, input[2] = <4>, input[3] = <1>",
    shrink_axis_mask=1,
)
told("Tile", [normal(2, 3), np.array([2], i32)], "Shape must be rank 2 but is rank 1", "[2,3], [1]")
told(
    "GatherV2",
    [normal(3, 2), np.array([0], i32), 2],
    "Shape must be at least rank 3 but is rank 2",
    "[3,2], [1], []",
    " and with computed input tensors: input[2] = <2>",
)
late("GatherV2", [normal(3, 2), classes(2, below=1) + i32(5), 0], "indices[0] = 5 is not in [0, 3)")
bad(
    "Pack",
    [[normal(2), ints(2)]],
    "TypeError",
    "Tensors in list passed to 'values' of 'Pack' Op have types [float32, int32] that don't all match.",
)
told("BiasAdd", [normal(2, 3), normal(4)], "Dimensions must be equal, but are 3 and 4", "[2,3], [4]")
told("BiasAdd", [normal(3), normal(3)], "Shape must be at least rank 2 but is rank 1", "[3], [3]")
told("Softmax", [f32(1)], "Shape must be at least rank 1 but is rank 0", "[]")
told(
    "SoftmaxCrossEntropyWithLogits",
    [normal(2, 4), normal(2, 3)],
    "Dimensions must be equal, but are 4 and 3",
    "[2,4], [2,3]",
)
told(
    "Conv2D",
    [normal(1, 5, 5, 3), normal(3, 3, 1, 8)],
    "Depth of output (8) is not a multiple of the number of groups (3)",
    "[1,5,5,3], [3,3,1,8]",
    **_CONV,
)
told(
    "Conv2D",
    [normal(1, 2, 2, 3), normal(3, 3, 3, 8)],
    "Negative dimension size caused by subtracting 3 from 2",
    "[1,2,2,3], [3,3,3,8]",
    **_CONV,
)
late(
    "Conv2D",
    [hidden(normal(1, 5, 5, 3)), hidden(normal(3, 3, 2, 4))],
    "input depth must be evenly divisible by filter depth: 3 vs 2",
    **_CONV,
)
bad(
    "Conv2D",
    [normal(1, 5, 5, 3), normal(3, 3, 3, 8)],
    "ValueError",
    "Attr 'padding' of 'Conv2D' Op passed string 'FULL' not in: \"SAME\", \"VALID\", \"EXPLICIT\".",
    strides=[1, 1, 1, 1],
    padding="FULL",
)
told(
    "MaxPool",
    [normal(2, 4, 4)],
    "Shape must be rank 4 but is rank 3",
    "[2,4,4]",
    ksize=[1, 2, 2, 1],
    strides=[1, 2, 2, 1],
    padding="SAME",
)
told("DepthToSpace", [normal(1, 2, 2, 3)], "Dimension size must be evenly divisible by 4 but is 3", "[1,2,2,3]", block_size=2)
late("Bucketize", [np.ones(3, f32)], "Expected sorted boundaries", boundaries=[1.0, 0.0])
late("CheckNumerics", [np.array([1.0, np.nan], f32)], "here : Tensor had NaN values", message="here")
