"""Activations, softmax, cross-entropies, dropout's kin: what neural networks do between products."""

import numpy as np

from ..backend import losses
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.graph import default_graph
from ..graph.notes import refusal
from ..graph.opdef import gradient
from ..graph.scopes import control_dependencies, name_scope
from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import InferError, InvalidArgumentError, need
from .asserts import assert_equal
from .basic import same
from .elementwise import NODES, PLAIN, cast, multiply, sigmoid, softplus_node
from .elementwise import abs as abs_
from .fill import ones_like, range_, zeros, zeros_like
from .join import concat
from .matmul import matmul
from .reduce import reduce_sum
from .shape import expand_dims, rank, reshape, shape, squeeze, tile, transpose
from .slicing import slice_, stop_gradient, where

__all__ = ["relu", "softmax"]


def _sloped(x, dy):
    return [shapes.merge(x.dims, dy.dims)]


_SIMPLE = [
    ("Relu", lambda B, x: B.maximum(x, np.zeros((), x.dtype)), "ReluGrad", lambda B, dy, y: dy * (y > 0), "features"),
    ("Relu6", lambda B, x: B.clip(x, 0, 6), "Relu6Grad", lambda B, dy, y: dy * ((y > 0) & (y < 6)), "features"),
    ("Elu", lambda B, x: B.where(x < 0, B.expm1(x), x), "EluGrad", lambda B, dy, y: B.where(y < 0, (y + 1) * dy, dy), "features"),
    ("Softsign", lambda B, x: x / (1 + B.abs(x)), "SoftsignGrad", lambda B, dy, x: dy / (1 + B.abs(x)) ** 2, "features"),
]
_ALPHA, _SCALE = 1.7580993408473768599402175208123, 1.0507009873554804934193349852946
_SIMPLE.append(
    (
        "Selu",
        lambda B, x: B.where(x < 0, _ALPHA * B.expm1(x), _SCALE * x).astype(x.dtype),
        "SeluGrad",
        lambda B, dy, y: B.where(y < 0, dy * (y + _ALPHA), dy * _SCALE).astype(y.dtype),
        "features",
    )
)
for _kind, _lower, _grad_kind, _grad_lower, _ in _SIMPLE:
    NODES[_kind], NODES[_grad_kind] = (
        define(_kind, infer=same, lower=_lower),
        define(_grad_kind, infer=_sloped, lower=_grad_lower),
    )
gradient("Relu", lambda op, dy: [NODES["ReluGrad"](dy, op.outputs[0])])
gradient("Relu6", lambda op, dy: [NODES["Relu6Grad"](dy, op.outputs[0])])
gradient("Elu", lambda op, dy: [NODES["EluGrad"](dy, op.outputs[0])])
gradient("Selu", lambda op, dy: [NODES["SeluGrad"](dy, op.outputs[0])])
gradient("Softsign", lambda op, dy: [NODES["SoftsignGrad"](dy, op.inputs[0])])


def _second(kind):
    return lambda op, dy: [NODES[kind](dy, op.inputs[1]), zeros_like_of(op.inputs[1])]


def zeros_like_of(x):
    """Zeros shaped as `x`."""
    return zeros(shape(x), x._dtype)


def _second_exponential(kind):
    def rule(op, dy):
        before, y = op.inputs
        first = NODES[kind](dy, y)
        return [first, where(y < 0.0, dy * before, zeros_like(y))]

    return rule


gradient("ReluGrad", _second("ReluGrad"))
gradient("EluGrad", _second_exponential("EluGrad"))
gradient("SeluGrad", _second_exponential("SeluGrad"))
gradient("Relu6Grad", _second("Relu6Grad"))


def _feature(kind, *names):
    node = NODES[kind]

    def call(features, name=None):
        return node(features, name=name)

    call.__name__ = call.__qualname__ = names[0].split(".")[-1]
    call.__doc__ = f"{kind} of each element of `features`; `name` is the node's name."
    return export(*names)(call)


relu = _feature("Relu", "nn.relu")
elu = _feature("Elu", "nn.elu")
selu = _feature("Selu", "nn.selu")
softsign = _feature("Softsign", "nn.softsign", "math.softsign")


@export("nn.softplus", "math.softplus")
def softplus(features, name=None):
    """log(exp(x) + 1) of each element."""
    return softplus_node(features, name=name)


softplus_grad_node = define("SoftplusGrad", infer=_sloped, lower=lambda B, dy, x: dy / (B.exp(-x) + 1))
gradient("Softplus", lambda op, dy: [dy * sigmoid(op.inputs[0])])


def _softplus_grad(op, dy):
    dy_in, x = op.inputs
    with control_dependencies([dy]):
        ddy = softplus_grad_node(dy, x)
        d2x = multiply(dy, dy_in) / (PLAIN["Exp"](-x) + 2.0 + PLAIN["Exp"](x))
        return [ddy, d2x]


gradient("SoftplusGrad", _softplus_grad)


@export("nn.relu6")
def relu6(features, name=None):
    """min(max(x, 0), 6) of each element."""
    with name_scope(name, "Relu6", [features]) as scope:
        return NODES["Relu6"](convert_to_tensor(features, name="features"), name=scope)


@export("nn.leaky_relu")
def leaky_relu(features, alpha=0.2, name=None):
    """x where it is above 0, `alpha` times x elsewhere."""
    with name_scope(name, "LeakyRelu", [features, alpha]) as scope:
        features = convert_to_tensor(features, name="features")
        if features._dtype.is_integer:
            features = cast(features, dtypes.float32)
        return leaky_node(features, alpha=alpha, name=scope)


leaky_node = define("LeakyRelu", infer=same, lower=lambda B, x, *, alpha: B.where(x > 0, x, x * np.asarray(alpha, x.dtype)))
leaky_grad_node = define(
    "LeakyReluGrad", infer=_sloped, lower=lambda B, dy, x, *, alpha: B.where(x > 0, dy, dy * np.asarray(alpha, x.dtype))
)
gradient("LeakyRelu", lambda op, dy: [leaky_grad_node(dy, op.inputs[0], alpha=op.attrs["alpha"])])
gradient(
    "LeakyReluGrad", lambda op, dy: [leaky_grad_node(dy, op.inputs[1], alpha=op.attrs["alpha"]), zeros_like_of(op.inputs[1])]
)


@export("nn.crelu")
def crelu(features, name=None, axis=-1):
    """ReLU of x and of -x, one after the other along `axis`."""
    with name_scope(name, "CRelu", [features]) as scope:
        features = convert_to_tensor(features, name="features")
        return relu(concat([features, -features], axis, name=scope))


@export("nn.relu_layer")
def relu_layer(x, weights, biases, name=None):
    """relu(x weights + biases)."""
    with name_scope(name, "relu_layer", [x, weights, biases]) as scope:
        x, weights, biases = (convert_to_tensor(v, name=n) for v, n in ((x, "x"), (weights, "weights"), (biases, "biases")))
        return relu(bias_add(matmul(x, weights), biases), name=scope)


@export("nn.xw_plus_b")
def xw_plus_b(x, weights, biases, name=None):
    """x weights + biases."""
    with name_scope(name, "xw_plus_b", [x, weights, biases]) as scope:
        x, weights, biases = (convert_to_tensor(v, name=n) for v, n in ((x, "x"), (weights, "weights"), (biases, "biases")))
        return bias_add(matmul(x, weights), biases, name=scope)


# --- bias ---------------------------------------------------------------------------------------------


def _first(data_format):
    return data_format == b"NCHW"


def _infer_bias(x, b, *, data_format):
    if x.dims is None:
        return [None]
    shapes.with_rank_at_least(x.dims, 3 if _first(data_format) else 2)
    if b.dims is not None:
        shapes.with_rank(b.dims, 1)
        at = 1 if _first(data_format) else len(x.dims) - 1
        both = shapes.merge_dim(x.dims[at], b.dims[0])
        return [(*x.dims[:at], both, *x.dims[at + 1 :])]
    return [x.dims]


def _lower_bias(B, x, b, *, data_format, op):
    if x.ndim < 2:
        raise InvalidArgumentError(None, op, f"Input tensor must be at least 2D: {shapes.text(x.shape)}")
    if b.ndim != 1:
        raise InvalidArgumentError(None, op, f"Biases must be 1D: {shapes.text(b.shape)}")
    if b.shape[0] != x.shape[1 if _first(data_format) else -1]:
        words = "Must provide as many biases as the {} dimension of the input tensor: {} vs. {}"
        place = "channel" if _first(data_format) else "last"
        raise InvalidArgumentError(None, op, words.format(place, shapes.text(b.shape), shapes.text(x.shape)))
    return x + (b.reshape((-1,) + (1,) * (x.ndim - 2)) if _first(data_format) else b)


bias_node = define("BiasAdd", infer=_infer_bias, lower=_lower_bias)
define(
    "BiasAddV1",
    infer=lambda x, b: [x.dims],
    lower=lambda B, x, b: x + b,
    grad=lambda op, dy: [dy, reduce_sum(dy, range_(rank(dy) - 1))],
)


def _lower_bias_grad(B, dy, *, data_format):
    return B.sum(dy, axis=(0, *range(2, dy.ndim))) if _first(data_format) else B.channel_sums(dy)


def _infer_bias_grad(dy, *, data_format):
    return [(None if dy.dims is None else dy.dims[1 if _first(data_format) else -1],)]


bias_grad_node = define("BiasAddGrad", infer=_infer_bias_grad, lower=_lower_bias_grad)
gradient("BiasAdd", lambda op, dy: [dy, bias_grad_node(dy, data_format=op.attrs["data_format"])])


def _bias_grad_grad(op, dy):
    dims, bias_shape = shape(op.inputs[0]), shape(dy)
    if _first(op.attrs["data_format"]):
        expanded = concat([ones_like(dims[:1]), bias_shape, ones_like(dims[2:])], 0)
        tiles = concat([dims[:1], [1], dims[2:]], 0)
    else:
        expanded = concat([ones_like(dims[:-1]), bias_shape], 0)
        tiles = concat([dims[:-1], [1]], 0)
    return [tile(reshape(dy, expanded), tiles)]


gradient("BiasAddGrad", _bias_grad_grad)


@export("nn.bias_add")
def bias_add(value, bias, data_format=None, name=None):
    """`value` plus a vector along its channels.

    Args:
      value: `[..., channels]`, or `[batch, channels, ...]`.
      bias: `[channels]`.
      data_format: "NHWC" or "NCHW" (or a spelling for another rank).
      name: the node's name.

    Raises:
      ValueError: another format.
    """
    with name_scope(name, "BiasAdd", [value, bias]) as scope:
        if data_format is not None:
            if data_format.startswith("NC"):
                data_format = "NCHW"
            elif data_format.startswith("N") and data_format.endswith("C"):
                data_format = "NHWC"
            else:
                raise ValueError("data_format must be of the form `N...C` or `NC...`")
        value = convert_to_tensor(value, name="input")
        bias = convert_to_tensor(bias, dtype=value._dtype.base_dtype, name="bias")
        return bias_node(value, bias, data_format=data_format, name=scope)


# --- softmax --------------------------------------------------------------------------------------------


def _softmax(B, x):
    e = B.exp(x - B.max(x, axis=-1, keepdims=True)) if 0 not in x.shape else x
    return e / B.sum(e, axis=-1, keepdims=True)


def _infer_softmax(x):
    shapes.with_rank_at_least(x.dims, 1)
    return [x.dims]


def _of_rows(compute):
    def lower(B, x, *, op):
        if not x.ndim:
            raise InvalidArgumentError(None, op, "logits must have >= 1 dimension, got []")
        return compute(B, x)

    return lower


softmax_node = define("Softmax", infer=_infer_softmax, lower=_of_rows(_softmax))
log_softmax_node = define("LogSoftmax", infer=_infer_softmax, lower=_of_rows(losses.log_softmax))


def _softmax_grad(op, dy):
    y = op.outputs[0]
    return [(dy - reduce_sum(dy * y, -1, keepdims=True)) * y]


def _log_softmax_grad(op, dy):
    y = PLAIN["Exp"](op.outputs[0])
    return [dy - reduce_sum(dy, -1, keepdims=True) * y]


gradient("Softmax", _softmax_grad)
gradient("LogSoftmax", _log_softmax_grad)


def _flattened(x):
    """`x` as a matrix of its last dimension."""
    n = rank(x)
    last = slice_(shape(x), [NODES["Sub"](n, 1)], [1])
    made = reshape(x, concat([[-1], last], 0))
    dims = x.dims
    if dims is not None and None not in dims:
        count = int(np.prod(dims[:-1], dtype=np.int64))
        made.set_shape([count, dims[-1]])
    return made


def _over_last(node, x, dim, name):
    """Softmax over any dimension, as TF makes it: moved to the end and back."""

    def swapped(x, at, last, name):
        order = concat([range_(at), [last], range_(at + 1, last), [at]], 0)
        return transpose(x, order, **({} if name is None else {"name": name}))

    x = convert_to_tensor(x)
    n = x.rank
    if dim == -1 or (n is not None and dim == n - 1):
        return node(x, name=name)
    if n is not None and not -n <= dim < n:
        raise InvalidArgumentError(
            None,
            None,
            "Dimension (%d) must be in the range [%d, %d) where %d is the number of dimensions in the input." % (dim, -n, n, n),
        )
    ranks = rank(x)
    at = dim + ranks if dim < 0 else dim
    total = rank(x)
    at = at % n
    made = node(swapped(x, at, NODES["Sub"](total, 1), None))
    made = swapped(made, at, NODES["Sub"](total, 1), name)
    made.set_shape(x.get_shape())
    return made


def _axis(axis, dim):
    if dim is not None:
        need(axis is None, "Cannot specify both 'dim' and 'axis'")
        axis = dim
    return -1 if axis is None else axis


@export("nn.softmax", "math.softmax")
def softmax(logits, axis=None, name=None, dim=None):
    """exp(x) over its sum along a dimension.

    Args:
      logits: a float tensor.
      axis: the dimension; the last by default.
      name: the node's name.
      dim: the older name of `axis`.
    """
    return _over_last(softmax_node, logits, _axis(axis, dim), name)


@export("nn.log_softmax", "math.log_softmax")
def log_softmax(logits, axis=None, name=None, dim=None):
    """The logarithm of `softmax`; the arguments are its."""
    return _over_last(log_softmax_node, logits, _axis(axis, dim), name)


# --- cross-entropies -------------------------------------------------------------------------------------


def _infer_xent(logits, labels):
    dims = shapes.broadcast(logits.dims, labels.dims)
    if dims is not None and len(dims) != 2:
        raise InferError(f"Shape must be rank 2 but is rank {len(dims)}")
    dims = dims or (None, None)
    return [(dims[0],), dims]


def _lower_xent(B, logits, labels, *, op):
    try:
        dims = shapes.broadcast(logits.shape, labels.shape)
    except InferError:
        words = f"logits_size={shapes.text(logits.shape)} labels_size={shapes.text(labels.shape)}"
        raise InvalidArgumentError(None, op, f"logits and labels must be broadcastable: {words}") from None
    if len(dims) != 2:
        raise InvalidArgumentError(
            None,
            op,
            "logits and labels must be either 2-dimensional, or broadcasted to be 2-dimensional",
        )
    return B.cross_entropy(logits, labels)


xent_node = define("SoftmaxCrossEntropyWithLogits", infer=_infer_xent, lower=_lower_xent)


def _times_row(row, matrix):
    """Each row of a matrix times a number of a vector."""
    return expand_dims(row, -1) * matrix


def _is_zero(dy):
    """Whether a slope is zeros by its making, as that of an output which nobody used."""
    return dy is None or dy.op.type in ("ZerosLike", "Zeros") or (dy.op.type == "Const" and not np.any(dy.op.attrs["value"]))


def _xent_grad(op, dy, d2y):
    slope = op.outputs[1]
    out = _times_row(dy, slope)
    logits = op.inputs[0]
    if d2y is not None and not _is_zero(d2y):
        soft = softmax(logits)
        inner = matmul(expand_dims(d2y, 1), expand_dims(soft, 2))
        out = out + (d2y - squeeze(inner, 1)) * soft
    return [out, _times_row(dy, -log_softmax(logits))]


gradient("SoftmaxCrossEntropyWithLogits", _xent_grad)


def _moved_last(x, axis, n):
    return transpose(x, concat([range_(axis), range_(axis + 1, n), [axis]], 0))


def softmax_cross_entropy_helper(labels, logits, axis=-1, name=None, scope_name="softmax_cross_entropy_with_logits"):
    """The cross entropy of each row, with slopes for both."""
    with name_scope(name, scope_name, [logits, labels]) as scope:
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        precise = cast(logits, dtypes.float32) if logits._dtype in (dtypes.float16, dtypes.bfloat16) else logits
        labels = cast(labels, precise._dtype)
        n = rank(precise)
        dims = logits.get_shape()
        moved_logits, moved_labels = precise, labels
        if axis != -1:
            moved_logits, moved_labels = _moved_last(precise, axis, n), _moved_last(labels, axis, n)
        input_shape = shape(moved_logits)
        flat_logits, flat_labels = _flattened(moved_logits), _flattened(moved_labels)
        cost, _ = xent_node(flat_logits, flat_labels, name=scope)
        out_shape = slice_(input_shape, [0], [NODES["Sub"](n, 1)])
        cost = reshape(cost, out_shape)
        if dims.dims is not None:
            sizes = dims.as_list()
            del sizes[axis]
            cost.set_shape(sizes)
        return (
            cast(cost, dtypes.float16)
            if logits._dtype is dtypes.float16
            else cast(cost, logits._dtype)
            if logits._dtype is dtypes.bfloat16
            else cost
        )


@export("nn.softmax_cross_entropy_with_logits_v2", "compat.v1.nn.softmax_cross_entropy_with_logits_v2")
def softmax_cross_entropy_with_logits_v2(labels, logits, axis=None, name=None, dim=None):
    """Cross entropy of each row of probabilities `labels` with `logits`, in nats, with slopes for both.

    Args:
      labels: `[..., classes]`, probabilities.
      logits: the same shape, log-probabilities up to a constant a row.
      axis: the dimension of the classes; the last by default.
      name: the scope's name.
      dim: the older name of `axis`.

    Returns:
      A tensor shaped as `labels` without its classes.
    """
    return softmax_cross_entropy_helper(labels, logits, _axis(axis, dim), name)


def _ensure(name, sentinel, labels, logits):
    need(
        sentinel is None,
        f"Only call `{name}` with named arguments (labels=..., logits=..., ...)",
    )
    need(labels is not None and logits is not None, "Both labels and logits must be provided.")


@export("nn.softmax_cross_entropy_with_logits")
def softmax_cross_entropy_with_logits(_sentinel=None, labels=None, logits=None, dim=-1, name=None, axis=None):
    """`softmax_cross_entropy_with_logits_v2`, with no slope for the labels; by named arguments only."""
    axis = dim if axis is None else axis
    _ensure("softmax_cross_entropy_with_logits", _sentinel, labels, logits)
    with name_scope(name, "softmax_cross_entropy_with_logits_sg", [logits, labels]) as scope:
        labels = stop_gradient(labels, name="labels_stop_gradient")
        return softmax_cross_entropy_helper(labels, logits, axis, scope)


def _infer_sparse(logits, labels):
    dims = shapes.with_rank(logits.dims, 2)
    n = shapes.merge_dim(dims[0], shapes.with_rank(labels.dims, 1)[0])
    return [(n,), (n, dims[1])]


def _lower_sparse(B, logits, labels, *, op):
    classes = logits.shape[1]
    if not B.compiled:
        bad = (labels < 0) | (labels >= classes)
        if bad.any():
            raise InvalidArgumentError(
                None,
                op,
                f"Received a label value of {labels[bad][0]} which is outside the valid range of [0, {classes}).  "
                f"Label values: {' '.join(map(str, labels))}",
            )
    return B.cross_entropy(logits, labels)


sparse_xent_node = define("SparseSoftmaxCrossEntropyWithLogits", infer=_infer_sparse, lower=_lower_sparse)
prevent_gradient_node = define("PreventGradient", infer=same, lower=lambda B, x: x)


def _prevented(op, dy):
    raise LookupError(f"Gradient explicitly disabled. Reason: {op.attrs['message']!r}")


gradient("PreventGradient", _prevented)
_NO_SECOND = (
    "Currently there is no way to take the second derivative of sparse_softmax_cross_entropy_with_logits due to the fused "
    "implementation's interaction with tf.gradients()"
)


def _sparse_grad(op, dy, _):
    slope = prevent_gradient_node(op.outputs[1], message=_NO_SECOND)
    return [_times_row(dy, slope), None]


gradient("SparseSoftmaxCrossEntropyWithLogits", _sparse_grad)


def _misfit(words, labels, logits, fix):
    kind = "SparseSoftmaxCrossEntropyWithLogits"
    return refusal(words, default_graph().get_name_scope(), kind, fix, logits=logits, labels=labels)


@export("nn.sparse_softmax_cross_entropy_with_logits", "compat.v1.nn.sparse_softmax_cross_entropy_with_logits")
def sparse_softmax_cross_entropy_with_logits(_sentinel=None, labels=None, logits=None, name=None):
    """Cross entropy of each row of `logits` with its true class, in nats.

    Args:
      labels: int32 or int64 `[batch...]`, each in `[0, classes)`.
      logits: float `[batch..., classes]`, log-probabilities up to a constant a row.
      name: the scope's name.

    Returns:
      A tensor shaped as `labels`, dtype of `logits`, in nats.

    Raises:
      ValueError: the ranks or shapes disagree.

    Source: Bishop, PRML (2006), eq. 4.108.
    """
    _ensure("sparse_softmax_cross_entropy_with_logits", _sentinel, labels, logits)
    with name_scope(name, "SparseSoftmaxCrossEntropyWithLogits", [labels, logits]):
        labels = convert_to_tensor(labels)
        logits = convert_to_tensor(logits)
        precise = cast(logits, dtypes.float32) if logits._dtype is dtypes.float16 else logits
        labels_shape = shape(labels)
        static_shape = labels.get_shape()
        known = shapes.known(labels.dims) and logits.dims is not None and shapes.known(logits.dims[:-1])
        need(logits.rank != 0, f"Logits cannot be scalars - received shape {logits.get_shape()}.")
        if logits.rank is not None and labels.rank is not None:
            if labels.rank != logits.rank - 1:
                words = f"Rank of labels (received {labels.rank}) should equal rank of logits minus 1 (received {logits.rank})."
                fix = "one-hot labels go with tf.nn.softmax_cross_entropy_with_logits"
                raise _misfit(f"Rank mismatch: {words}", labels, logits, fix)
        if known and labels.dims != logits.dims[:-1]:
            words = (
                f"Shape mismatch: The shape of labels (received {static_shape}) should equal the shape of logits except for the "
                f"last dimension (received {logits.get_shape()})."
            )
            raise _misfit(words, labels, logits, "give one class number for each row of the logits")
        if logits.rank == 2:
            cost, _ = sparse_xent_node(precise, labels, name=name)
            return cast(cost, dtypes.float16) if logits._dtype is dtypes.float16 else cost
        checks = [] if known else [assert_equal(shape(labels), shape(logits)[:-1])]
        with control_dependencies(checks):
            classes = shape(logits)[rank(logits) - 1]
            flat = reshape(precise, [-1, classes])
            labels = reshape(labels, [-1])
            cost, _ = sparse_xent_node(flat, labels, name=name)
            cost = reshape(cost, labels_shape)
            cost.set_shape(static_shape)
            return cast(cost, dtypes.float16) if logits._dtype is dtypes.float16 else cost


@export("nn.sigmoid_cross_entropy_with_logits")
def sigmoid_cross_entropy_with_logits(_sentinel=None, labels=None, logits=None, name=None):
    """Cross entropy of independent yes-or-no `labels` with `logits`, in nats: max(x, 0) - x z + log(1 + exp(-|x|)).

    Raises:
      ValueError: the shapes disagree, or arguments without names.
    """
    _ensure("sigmoid_cross_entropy_with_logits", _sentinel, labels, logits)
    with name_scope(name, "logistic_loss", [logits, labels]) as scope:
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        try:
            labels.get_shape().merge_with(logits.get_shape())
        except ValueError:
            raise ValueError(
                f"logits and labels must have the same shape ({logits.get_shape()} vs {labels.get_shape()})"
            ) from None
        nothing = zeros_like(logits, dtype=logits._dtype)
        positive = logits >= nothing
        relu_logits = where(positive, logits, nothing)
        neg_abs = where(positive, -logits, logits)
        return NODES["Add"](relu_logits - logits * labels, PLAIN["Log1p"](PLAIN["Exp"](neg_abs)), name=scope)


@export("nn.weighted_cross_entropy_with_logits")
def weighted_cross_entropy_with_logits(labels=None, logits=None, pos_weight=None, name=None, targets=None):
    """`sigmoid_cross_entropy_with_logits` with positive labels weighted by `pos_weight`."""
    labels = targets if labels is None else labels
    with name_scope(name, "logistic_loss", [logits, labels]) as scope:
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        try:
            labels.get_shape().merge_with(logits.get_shape())
        except ValueError:
            raise ValueError(
                f"logits and labels must have the same shape ({logits.get_shape()} vs {labels.get_shape()})"
            ) from None
        weight = 1 + (pos_weight - 1) * labels
        return NODES["Add"](
            (1 - labels) * logits, weight * (PLAIN["Log1p"](PLAIN["Exp"](-abs_(logits))) + relu(-logits)), name=scope
        )


# --- norms and others --------------------------------------------------------------------------------------


l2_node = define(
    "L2Loss", infer=lambda t: [()], lower=lambda B, t: B.half_squares([t])[0], grad=lambda op, dy: [op.inputs[0] * dy]
)


@export("nn.l2_loss")
def l2_loss(t, name=None):
    """Half the sum of squares."""
    return l2_node(t, name=name)


@export("nn.log_poisson_loss")
def log_poisson_loss(targets, log_input, compute_full_loss=False, name=None):
    """exp(c) - z c, the negative log-likelihood of Poisson counts z with log-rate c; with Stirling's term if asked."""
    with name_scope(name, "log_poisson_loss", [log_input, targets]):
        log_input = convert_to_tensor(log_input, name="log_input")
        targets = convert_to_tensor(targets, name="targets")
        result = PLAIN["Exp"](log_input) - log_input * targets
        if compute_full_loss:
            point_five, two_pi = (convert_to_tensor(v, dtype=targets._dtype) for v in (0.5, 2 * np.pi))
            stirling = targets * PLAIN["Log"](targets) - targets + point_five * PLAIN["Log"](two_pi * targets)
            none, ones = zeros_like(targets, dtype=targets._dtype), ones_like(targets, dtype=targets._dtype)
            inside = PLAIN["LogicalAnd"](targets >= none, targets <= ones)
            result += where(inside, none, stirling)
        return result
