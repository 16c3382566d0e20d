"""Connectionist temporal classification: the loss of unaligned label sequences, and the decoders. backend/ctc.py computes."""

import numpy as np

from ..backend import ctc
from ..graph.composite import SparseTensor
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.scopes import name_scope
from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import FailedPreconditionError, InvalidArgumentError, need
from .activations import prevent_gradient_node
from .batch_gather import gather_nd
from .elementwise import cast
from .fill import sequence_mask
from .join import concat
from .nn_functions import either
from .shape import expand_dims, shape, transpose
from .slicing import where

__all__ = ["ctc_beam_search_decoder", "ctc_greedy_decoder", "ctc_loss", "ctc_loss_v2"]


def _infer_loss(inputs, indices, values, lengths):
    dims = shapes.with_rank(inputs.dims, 3)
    at = shapes.with_rank(indices.dims, 2)
    shapes.merge_dim(at[0], shapes.with_rank(values.dims, 1)[0])
    rows = shapes.merge_dim(dims[1], shapes.with_rank(lengths.dims, 1)[0])
    return [(rows,), (dims[0], rows, dims[2])]


def _refuse(op, words):
    raise InvalidArgumentError(None, op, words)


def _check_loss(op, x, at, values, lengths):
    for right, words in (
        (x.ndim == 3, "inputs is not a 3-Tensor"),
        (lengths.ndim == 1, "sequence_length is not a vector"),
        (at.ndim == 2, "labels_indices is not a matrix"),
        (values.ndim == 1, "labels_values is not a vector"),
        (x.shape[0] != 0, "max_time is 0"),
    ):
        if not right:
            _refuse(op, words)
    rows = x.shape[1]
    if len(lengths) != rows:
        _refuse(op, f"len(sequence_length) != batch_size.  len(sequence_length):  {len(lengths)} batch_size: {rows}")
    if len(at) != len(values):
        _refuse(
            op,
            "labels_indices and labels_values must contain the same number of rows, but saw shapes: "
            f"{shapes.text(at.shape)} vs. {shapes.text(values.shape)}",
        )
    for row, length in enumerate(lengths.tolist()):
        if length < 0:
            _refuse(op, f"seq_len({row}) < 0")
        if length > x.shape[0]:
            _refuse(op, f"seq_len({row}) > num_time_steps")


def _listed(values):
    return ",".join(map(str, values))


def _targets(op, row, given, classes, collapse):
    """The labels of one row without what stands for nothing at their end."""
    if not given:
        _refuse(op, f"Labels length is zero in batch {row}")
    kept, ended = [], False
    for k, label in enumerate(given):
        if collapse and k and label == given[k - 1]:
            continue
        if label >= classes - 1:
            ended = True
        elif ended:
            _refuse(
                op,
                f"Saw a non-null label (index >= num_classes - 1) following a null label, batch: {row} num_classes: {classes} "
                f"labels: {_listed(given)} labels seen so far: {_listed(kept)}",
            )
        else:
            kept.append(label)
    if any(label < 0 for label in kept):
        _refuse(op, f"All labels must be nonnegative integers, batch: {row} labels: {_listed(kept)}")
    return kept


def _check_time(op, row, needed, have):
    if needed > have:
        _refuse(
            op,
            f"Not enough time for target transition sequence (required: {needed}, available: {have}){row}You can turn this "
            "error into a warning by using the flag ignore_longer_outputs_than_inputs",
        )


def _lower_loss(
    B,
    x,
    at,
    values,
    lengths,
    *,
    preprocess_collapse_repeated,
    ctc_merge_repeated,
    ignore_longer_outputs_than_inputs,
    op,
):
    x, at, values, lengths = (np.asarray(a) for a in (x, at, values, lengths))
    _check_loss(op, x, at, values, lengths)
    classes = x.shape[2]
    losses, slopes = np.zeros(x.shape[1], x.dtype), np.zeros(x.shape, x.dtype)
    given = [values[at[:, 0] == row].tolist() for row in range(x.shape[1])]
    targets = [_targets(op, row, labels, classes, preprocess_collapse_repeated) for row, labels in enumerate(given)]
    for row, (labels, target, length) in enumerate(zip(given, targets, lengths.tolist(), strict=True)):
        if not ignore_longer_outputs_than_inputs:
            _check_time(op, row, len(labels), length)
        if length == 0 or len(labels) > length:
            continue
        part = x[:length, row].astype(np.float64)
        losses[row], slopes[:length, row] = ctc.loss(part, target, classes - 1, ctc_merge_repeated)
    return losses, slopes


_NO_SECOND = (
    "Currently there is no way to take the second  derivative of ctc_loss due to the fused implementation's interaction "
    " with tf.gradients()"
)


def _slope(op, dy, _):
    slope = prevent_gradient_node(op.outputs[1], message=_NO_SECOND)
    return [expand_dims(dy, -1) * slope, None, None, None]


_loss = define("CTCLoss", infer=_infer_loss, lower=_lower_loss, host=True, grad=_slope)


@export("nn.ctc_loss")
def ctc_loss(
    labels,
    inputs=None,
    sequence_length=None,
    preprocess_collapse_repeated=False,
    ctc_merge_repeated=True,
    ignore_longer_outputs_than_inputs=False,
    time_major=True,
    logits=None,
):
    """How unlikely label sequences are whose alignment with the inputs is not known, in nats.

    Args:
      labels: an int32 SparseTensor `[batch, most labels]`; the last class is the blank.
      inputs: float `[time, batch, classes]`, log-probabilities up to a constant.
      sequence_length: int32 `[batch]`.
      preprocess_collapse_repeated: whether labels that come several times in a row are made one first.
      ctc_merge_repeated: whether classes that come several times in a row count once.
      ignore_longer_outputs_than_inputs: whether rows with more labels than time count 0; else they are refused.
      time_major: if False, `inputs` is `[batch, time, classes]`.
      logits: another name of `inputs`.

    Returns:
      `[batch]`.

    Raises:
      TypeError: labels that are no SparseTensor.

    Source: Graves et al. (2006), Connectionist temporal classification.
    """
    need(isinstance(labels, SparseTensor), "Expected labels (first argument) to be a SparseTensor", kind=TypeError)
    inputs = either("logits", logits, "inputs", inputs)
    if not time_major:
        inputs = transpose(inputs, [1, 0, 2])
    return _loss(
        inputs,
        labels.indices,
        labels.values,
        sequence_length,
        preprocess_collapse_repeated=preprocess_collapse_repeated,
        ctc_merge_repeated=ctc_merge_repeated,
        ignore_longer_outputs_than_inputs=ignore_longer_outputs_than_inputs,
    )[0]


def _classes(logits):
    known = convert_to_tensor(logits).get_shape()[2].value
    return shape(logits)[2] if known is None else known


def _blank_last(labels, logits, blank):
    """Labels and logits with the blank as the last class."""
    classes = _classes(logits)
    blank = blank + classes if blank < 0 else blank
    if isinstance(classes, int) and blank == classes - 1:
        return labels, logits
    logits = concat([logits[:, :, :blank], logits[:, :, blank + 1 :], logits[:, :, blank : blank + 1]], axis=2)
    values = where(labels.values < blank, labels.values, labels.values - 1)
    return SparseTensor(labels.indices, values, labels.dense_shape), logits


@export("nn.ctc_loss_v2")
def ctc_loss_v2(labels, logits, label_length, logit_length, logits_time_major=True, unique=None, blank_index=None, name=None):
    """`ctc_loss` for labels that are sparse, or dense with their lengths, and any class as the blank.

    Args:
      labels: an int32 SparseTensor, or int `[batch, most labels]`.
      logits: float `[time, batch, classes]`.
      label_length: int `[batch]`, for dense labels.
      logit_length: int `[batch]`.
      logits_time_major: if False, `logits` is `[batch, time, classes]`.
      unique: what `ctc_unique_labels` gives; it changes nothing in the result.
      blank_index: which class is the blank; counted from the end if negative. 0 by default for dense labels.
      name: the scope's name.

    Returns:
      `[batch]`, in nats.

    Raises:
      ValueError: sparse labels, and no `blank_index`.
    """
    if isinstance(labels, SparseTensor):
        need(blank_index is not None, "blank_index must be given when using SparseTensor labels.")
        labels, logits = _blank_last(labels, logits, blank_index)
        return ctc_loss(labels=labels, inputs=logits, sequence_length=logit_length, time_major=logits_time_major)
    with name_scope(name, "ctc_loss_dense", [logits, labels, label_length, logit_length]):
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        labels, logits = _blank_last(_sparse(labels, label_length), logits, blank_index or 0)
        return ctc_loss(labels=labels, inputs=logits, sequence_length=logit_length, time_major=logits_time_major)


def _sparse(labels, lengths):
    """Dense labels as a SparseTensor of those within the lengths."""
    at = where(sequence_mask(lengths, shape(labels)[1]))
    return SparseTensor(at, cast(gather_nd(labels, at), dtypes.int32), shape(labels, out_type=dtypes.int64))


# --- decoders -----------------------------------------------------------------------------------------------


def _batch(inputs, lengths):
    dims = shapes.with_rank(inputs.dims, 3)
    return shapes.merge_dim(dims[1], shapes.with_rank(lengths.dims, 1)[0])


def _check_decoder(op, x, lengths):
    if x.ndim != 3:
        _refuse(op, "inputs is not a 3-Tensor")
    if x.shape[0] == 0:
        _refuse(op, "max_time is 0")
    if lengths.ndim != 1:
        _refuse(op, "sequence_length is not a vector")
    if len(lengths) != x.shape[1]:
        words = f"len(sequence_length) != batch_size.  len(sequence_length):  {len(lengths)} batch_size: {x.shape[1]}"
        raise FailedPreconditionError(None, op, words)
    for row, length in enumerate(lengths.tolist()):
        if length > x.shape[0]:
            raise FailedPreconditionError(None, op, f"sequence_length({row}) <= {x.shape[0]}")


def _stored(rows):
    """(indices, values, shape) of lists of classes, one a row."""
    at = [(row, k) for row, classes in enumerate(rows) for k in range(len(classes))]
    values = [c for classes in rows for c in classes]
    dims = [len(rows), max((len(classes) for classes in rows), default=0)]
    return np.array(at, np.int64).reshape(-1, 2), np.array(values, np.int64), np.array(dims, np.int64)


def _lower_greedy(B, x, lengths, *, merge_repeated, op):
    x, lengths = np.asarray(x), np.asarray(lengths)
    _check_decoder(op, x, lengths)
    found = [ctc.best_path(x[:n, row], merge_repeated) if n > 0 else ([], 0) for row, n in enumerate(lengths.tolist())]
    return *_stored([classes for classes, _ in found]), np.array([[total] for _, total in found], x.dtype).reshape(-1, 1)


_greedy = define(
    "CTCGreedyDecoder",
    infer=lambda x, n: [(None, 2), (None,), (2,), (_batch(x, n), 1)],
    lower=_lower_greedy,
    host=True,
    dynamic=True,
    grad=None,
)


def _lower_beam(B, x, lengths, *, beam_width, top_paths, merge_repeated, op):
    x, lengths = np.asarray(x), np.asarray(lengths)
    _check_decoder(op, x, lengths)
    found = [
        ctc.beam_search(x[: max(n, 0), row], beam_width, top_paths, merge_repeated) for row, n in enumerate(lengths.tolist())
    ]
    stored = [_stored([paths[k] for paths, _ in found]) for k in range(top_paths)]
    logs = np.array([logs for _, logs in found], x.dtype).reshape(-1, top_paths)
    return *(part[k] for k in range(3) for part in stored), logs


def _infer_beam(x, lengths, *, top_paths):
    return [*[(None, 2)] * top_paths, *[(None,)] * top_paths, *[(2,)] * top_paths, (_batch(x, lengths), top_paths)]


_beam = define("CTCBeamSearchDecoder", infer=_infer_beam, lower=_lower_beam, host=True, dynamic=True, grad=None)


@export("nn.ctc_greedy_decoder")
def ctc_greedy_decoder(inputs, sequence_length, merge_repeated=True):
    """The likeliest class of each step, without blanks.

    Args:
      inputs: float `[time, batch, classes]`; the last class is the blank.
      sequence_length: int32 `[batch]`.
      merge_repeated: whether classes that come several times in a row are given once.

    Returns:
      ([an int64 SparseTensor `[batch, most labels]`], minus the sum of the greatest logits `[batch, 1]`).
    """
    *decoded, total = _greedy(inputs, sequence_length, merge_repeated=merge_repeated)
    return [SparseTensor(*decoded)], total


@export("nn.ctc_beam_search_decoder")
def ctc_beam_search_decoder(inputs, sequence_length, beam_width=100, top_paths=1, merge_repeated=True):
    """The likeliest label sequences, all alignments of each taken together.

    Args:
      inputs: float `[time, batch, classes]`; the last class is the blank.
      sequence_length: int32 `[batch]`.
      beam_width: how many beginnings are kept at each step.
      top_paths: how many sequences are wanted; at most `beam_width`.
      merge_repeated: whether labels that come several times in a row are given once.

    Returns:
      (`top_paths` int64 SparseTensors `[batch, most labels]`, their log-probabilities `[batch, top_paths]`).
    """
    indices, values, dims, logs = _beam(
        inputs, sequence_length, beam_width=beam_width, top_paths=top_paths, merge_repeated=merge_repeated
    )
    return [SparseTensor(*parts) for parts in zip(indices, values, dims, strict=True)], logs


@export("nn.ctc_beam_search_decoder_v2")
def ctc_beam_search_decoder_v2(inputs, sequence_length, beam_width=100, top_paths=1):
    """`ctc_beam_search_decoder` that gives the labels as they are."""
    return ctc_beam_search_decoder(inputs, sequence_length, beam_width, top_paths, merge_repeated=False)
