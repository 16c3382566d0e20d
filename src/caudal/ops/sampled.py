"""Losses over a few sampled classes of many: noise-contrastive estimation and sampled softmax. candidate_samplers.py draws."""

import numpy as np

from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.scopes import name_scope
from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import InvalidArgumentError
from .activations import (
    sigmoid_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits_v2,
    sparse_softmax_cross_entropy_with_logits,
)
from .candidate_samplers import log_uniform_candidate_sampler
from .elementwise import NODES, PLAIN, cast
from .embedding import embedding_lookup
from .fill import ones, ones_like, zeros_like
from .join import concat, stack
from .matmul import matmul
from .random import seeds_of
from .reduce import argmax
from .shape import expand_dims, reshape, shape
from .slicing import slice_, stop_gradient
from .sparse_dense import sparse_to_dense

__all__ = ["compute_accidental_hits", "nce_loss", "sampled_softmax_loss", "sampled_sparse_softmax_loss"]


def _infer_hits(true_classes, sampled, *, num_true):
    shapes.with_rank(true_classes.dims, 2)
    shapes.with_rank(sampled.dims, 1)
    return [(None,), (None,), (None,)]


def _lower_hits(B, true, sampled, *, num_true, op):
    true, sampled = np.asarray(true), np.asarray(sampled)
    if true.ndim != 2 or true.shape[1] != num_true:
        raise InvalidArgumentError(None, op, "true_candidates must be a batch_size * num_true matrix")
    if sampled.ndim != 1:
        raise InvalidArgumentError(
            None, op, "sampled_candidates must be a vector, which is typically an output from CandidateSampler"
        )
    place = {c: k for k, c in enumerate(sampled.tolist())}
    hits = [(row, place[c]) for row, classes in enumerate(true.tolist()) for c in classes if c in place]
    rows, columns = (np.array([hit[k] for hit in hits], kind) for k, kind in ((0, np.int32), (1, np.int64)))
    return rows, columns, np.full(len(hits), np.finfo(np.float32).min, np.float32)


_hits = define("ComputeAccidentalHits", infer=_infer_hits, lower=_lower_hits, host=True, dynamic=True, grad=None)


@export("nn.compute_accidental_hits")
def compute_accidental_hits(true_classes, sampled_candidates, num_true, seed=None, name=None):
    """Where a drawn class is one of a row's true classes.

    Args:
      true_classes: int64 `[batch, num_true]`.
      sampled_candidates: int64 `[num_sampled]`.
      num_true: how many true classes a row has.
      seed: the op's seed, which nothing depends on.
      name: the node's name.

    Returns:
      (rows int32 `[n]`, positions among the drawn ones int64 `[n]`, weights float32 `[n]`: the least float, which
      takes the class out when it is added to its logit).
    """
    return _hits(true_classes, sampled_candidates, num_true=num_true, name=name, **seeds_of(seed))


def _sum_rows(x):
    """The sum of each row, as a product with ones."""
    summed = matmul(x, ones(stack([shape(x)[1], 1]), x.dtype))
    return reshape(summed, [-1])


def _parts_of(weights):
    if hasattr(weights, "_variable_list"):
        return list(weights)
    return weights if isinstance(weights, list) else [weights]


def _rows_of(table, ids, labels, strategy):
    """(rows of the true classes, rows of the drawn ones) of a table of vectors."""
    rows = embedding_lookup(table, ids, partition_strategy=strategy)
    true = slice_(rows, [0, 0], stack([shape(labels)[0], -1]))
    return true, slice_(rows, stack([shape(labels)[0], 0]), [-1, -1])


def _biases_of(table, ids, labels, strategy):
    rows = embedding_lookup(table, ids, partition_strategy=strategy)
    return slice_(rows, [0], shape(labels)), slice_(rows, shape(labels), [-1])


def _dots(inputs, rows, num_true):
    """Each input times each of its true classes' vectors, `[batch, num_true]`."""
    width = shape(rows)[1:2]
    each = concat([[-1, num_true], width], 0)
    products = NODES["Mul"](expand_dims(inputs, 1), reshape(rows, each))
    return reshape(_sum_rows(reshape(products, concat([[-1], width], 0))), [-1, num_true])


def _without_hits(logits, labels, sampled, num_true, num_sampled):
    rows, places, weights = compute_accidental_hits(labels, sampled, num_true=num_true)
    at = [reshape(rows, [-1, 1]), reshape(cast(places, dtypes.int32), [-1, 1])]
    at = concat(at, 1, "sparse_indices")
    whole = concat([shape(labels)[:1], expand_dims(num_sampled, 0)], 0)
    if logits.dtype != weights.dtype:
        weights = cast(weights, logits.dtype)
    return logits + sparse_to_dense(at, whole, weights, default_value=0.0, validate_indices=False)


def _sampled_logits(
    weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values, remove_hits, strategy, name, seed=None
):
    """(logits, labels) `[batch, num_true + num_sampled]`, the true classes first; log expected counts are taken off."""
    weights = _parts_of(weights)
    with name_scope(name, "compute_sampled_logits", [*weights, biases, inputs, labels]):
        labels = convert_to_tensor(labels)
        labels = cast(labels, dtypes.int64)
        flat = reshape(labels, [-1])
        if sampled_values is None:
            sampled_values = log_uniform_candidate_sampler(labels, num_true, num_sampled, True, num_classes, seed=seed)
        sampled, true_count, sampled_count = (stop_gradient(s) for s in sampled_values)
        sampled = cast(sampled, dtypes.int64)
        ids = concat([flat, sampled], 0)
        true_rows, sampled_rows = _rows_of(weights, ids, flat, strategy)
        sampled_logits = matmul(inputs, sampled_rows, transpose_b=True)
        true_bias, sampled_bias = _biases_of(biases, ids, flat, strategy)
        true_logits = _dots(inputs, true_rows, num_true)
        true_logits += reshape(true_bias, [-1, num_true])
        sampled_logits += sampled_bias
        if remove_hits:
            sampled_logits = _without_hits(sampled_logits, labels, sampled, num_true, num_sampled)
        true_logits -= PLAIN["Log"](true_count)
        sampled_logits -= PLAIN["Log"](sampled_count)
        logits = concat([true_logits, sampled_logits], 1)
        return logits, concat([ones_like(true_logits) / num_true, zeros_like(sampled_logits)], 1)


@export("nn.nce_loss")
def nce_loss(
    weights,
    biases,
    labels,
    inputs,
    num_sampled,
    num_classes,
    num_true=1,
    sampled_values=None,
    remove_accidental_hits=False,
    partition_strategy="mod",
    name="nce_loss",
):
    """The loss of telling true classes from drawn ones, each on its own: noise-contrastive estimation.

    Args:
      weights: `[num_classes, dim]`, or a list of parts of it: a vector for each class.
      biases: `[num_classes]`.
      labels: int64 `[batch, num_true]`.
      inputs: `[batch, dim]`.
      num_sampled: how many classes are drawn.
      num_classes: how many there are.
      num_true: how many true classes a row has.
      sampled_values: what a sampler gives; `log_uniform_candidate_sampler`'s if None.
      remove_accidental_hits: whether drawn classes that are true ones are left out.
      partition_strategy: "mod" or "div", how rows lie in the parts.
      name: the scope's name.

    Returns:
      `[batch]`, in nats, summed over the classes.

    Source: Gutmann and Hyvärinen (2010), Noise-contrastive estimation.
    """
    logits, labels = _sampled_logits(
        weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values, remove_accidental_hits,
        partition_strategy, name,
    )  # fmt: skip
    return _sum_rows(sigmoid_cross_entropy_with_logits(labels=labels, logits=logits, name="sampled_losses"))


@export("nn.sampled_softmax_loss")
def sampled_softmax_loss(
    weights,
    biases,
    labels,
    inputs,
    num_sampled,
    num_classes,
    num_true=1,
    sampled_values=None,
    remove_accidental_hits=True,
    partition_strategy="mod",
    name="sampled_softmax_loss",
    seed=None,
):
    """The cross entropy of the true classes among them and a few drawn ones.

    Args:
      weights: `[num_classes, dim]`, or a list of parts of it: a vector for each class.
      biases: `[num_classes]`.
      labels: int64 `[batch, num_true]`.
      inputs: `[batch, dim]`.
      num_sampled: how many classes are drawn.
      num_classes: how many there are.
      num_true: how many true classes a row has.
      sampled_values: what a sampler gives; `log_uniform_candidate_sampler`'s if None.
      remove_accidental_hits: whether drawn classes that are true ones are left out.
      partition_strategy: "mod" or "div", how rows lie in the parts.
      name: the scope's name.
      seed: the sampler's seed.

    Returns:
      `[batch]`, in nats.

    Source: Jean et al. (2015), On using very large target vocabulary, sec. 3.
    """
    logits, labels = _sampled_logits(
        weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values, remove_accidental_hits,
        partition_strategy, name, seed,
    )  # fmt: skip
    labels = stop_gradient(labels, name="labels_stop_gradient")
    return softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits)


@export("contrib.nn.sampled_sparse_softmax_loss")
def sampled_sparse_softmax_loss(
    weights,
    biases,
    labels,
    inputs,
    num_sampled,
    num_classes,
    sampled_values=None,
    remove_accidental_hits=True,
    partition_strategy="mod",
    name="sampled_sparse_softmax_loss",
):
    """`sampled_softmax_loss` for one true class a row, by the sparse cross entropy; arguments are the same."""
    logits, labels = _sampled_logits(
        weights, biases, labels, inputs, num_sampled, num_classes, 1, sampled_values, remove_accidental_hits,
        partition_strategy, name,
    )  # fmt: skip
    labels = reshape(argmax(labels, axis=1), [-1])
    return sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
