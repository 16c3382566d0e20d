"""Samplers of a few of many classes, for losses that cannot look at all: nodes that give classes and expected counts."""

import numpy as np

from ..backend import philox, samplers
from ..graph.define import define
from ..ground import shapes
from ..ground.api import export
from ..ground.errors import InvalidArgumentError
from .random import begin, seeds_of

__all__ = ["log_uniform_candidate_sampler", "uniform_candidate_sampler"]


def _infer(true_classes, *, num_sampled, num_true):
    dims = shapes.with_rank(true_classes.dims, 2)
    return [(num_sampled,), (dims[0], num_true), (num_sampled,)]


def _check(op, true, num_true):
    if true.ndim != 2:
        raise InvalidArgumentError(None, op, "true_classes must be a matrix")
    if true.shape[1] != num_true:
        raise InvalidArgumentError(
            None, op, f"true_classes must have num_true columns, expected: {true.shape[1]} was: {num_true}"
        )


def _lower(make):
    def lower(B, true, *, num_true, num_sampled, unique, state, op):
        true = np.asarray(true)
        _check(op, true, num_true)
        sampler = make(op.attrs)
        if unique and num_sampled > sampler.most:
            raise InvalidArgumentError(None, op, "Sampler's range is too small.")
        if (true < 0).any() or (true >= sampler.most).any():
            raise InvalidArgumentError(None, op, "`true_candidate` out of range")
        *out, after = samplers.sample(sampler, state.get(lambda: begin(op)), true, num_sampled, unique)
        state.write(after)
        return tuple(out)

    return lower


def _lower_learned(B, true, *, num_true, num_sampled, unique, range_max, state, op):
    """The state is the stream, then how often each class was seen, and one more."""
    true = np.asarray(true)
    _check(op, true, num_true)
    held = state.get(lambda: _begin_learned(op))
    counts = held[3:].astype(np.int64)
    if unique and num_sampled > range_max:
        raise InvalidArgumentError(None, op, "Sampler's range is too small.")
    *out, after = samplers.sample(samplers.Counted(counts), held[:3], true, num_sampled, unique)
    np.add.at(counts, true.reshape(-1), 1)
    state.write(np.concatenate([after, counts.astype(np.uint64)]))
    return tuple(out)


def _begin_learned(op):
    return np.concatenate([philox.begin(op.attrs["seed"], op.attrs["seed2"]), np.ones(op.attrs["range_max"], np.uint64)])


def _lower_all(B, true, *, num_true, num_sampled, op):
    true = np.asarray(true)
    _check(op, true, num_true)
    return np.arange(num_sampled), np.ones(true.shape, np.float32), np.ones(num_sampled, np.float32)


def _fixed(attrs):
    weights = list(attrs["unigrams"])
    if attrs["vocab_file"]:
        with open(attrs["vocab_file"], encoding="utf-8") as file:
            weights = [float(line.rsplit(",", 1)[-1]) for line in file if line.strip()]
    return samplers.FixedUnigram(weights, attrs["distortion"], attrs["num_reserved_ids"], attrs["shard"], attrs["num_shards"])


def _define(kind, lower, begin=begin):
    return define(kind, infer=_infer, lower=lower, host=True, begin=begin, grad=None, steady=(0,))


_uniform = _define("UniformCandidateSampler", _lower(lambda attrs: samplers.Uniform(attrs["range_max"])))
_log_uniform = _define("LogUniformCandidateSampler", _lower(lambda attrs: samplers.LogUniform(attrs["range_max"])))
_fixed_unigram = _define("FixedUnigramCandidateSampler", _lower(_fixed))
_learned = _define("LearnedUnigramCandidateSampler", _lower_learned, _begin_learned)
_all = _define("AllCandidateSampler", _lower_all)
_ARGS = """

    Args:
      true_classes: int64 `[batch, num_true]`.
      num_true: how many true classes a sample has.
      num_sampled: how many classes to draw.
      unique: whether each is drawn once at most.
      {more}seed: the op's seed.
      name: the node's name.

    Returns:
      (classes drawn, int64 `[num_sampled]`; how often each true class is to be expected, float32 `[batch, num_true]`; and
      each class drawn, float32 `[num_sampled]`).
    """


def _export(name, call, what, more="range_max: how many classes there are.\n      "):
    call.__name__ = call.__qualname__ = name
    call.__doc__ = what + _ARGS.format(more=more)
    return export(f"nn.{name}", f"random.{name}")(call)


def _public(name, node, what):
    def call(true_classes, num_true, num_sampled, unique, range_max, seed=None, name=None):
        return node(
            true_classes,
            num_true=num_true,
            num_sampled=num_sampled,
            unique=unique,
            range_max=range_max,
            name=name,
            **seeds_of(seed),
        )

    return _export(name, call, what)


uniform_candidate_sampler = _public("uniform_candidate_sampler", _uniform, "Classes that are all equally likely.")
log_uniform_candidate_sampler = _public(
    "log_uniform_candidate_sampler", _log_uniform, "Classes by Zipf's law, about: the first is the most likely."
)
learned_unigram_candidate_sampler = _public(
    "learned_unigram_candidate_sampler", _learned, "Classes as often as they have been true so far, in this session."
)


def _fixed_unigram_candidate_sampler(
    true_classes, num_true, num_sampled, unique, range_max, vocab_file="", distortion=1.0, num_reserved_ids=0, num_shards=1,
    shard=0,     unigrams=(), seed=None, name=None,
):  # fmt: skip
    return _fixed_unigram(
        true_classes, num_true=num_true, num_sampled=num_sampled, unique=unique, range_max=range_max, vocab_file=vocab_file,
        distortion=distortion, num_reserved_ids=num_reserved_ids, num_shards=num_shards, shard=shard, unigrams=unigrams,
        name=name,         **seeds_of(seed),
    )  # fmt: skip


def _all_candidate_sampler(true_classes, num_true, num_sampled, unique, seed=None, name=None):
    return _all(true_classes, num_true=num_true, num_sampled=num_sampled, unique=unique, name=name, **seeds_of(seed))


fixed_unigram_candidate_sampler = _export(
    "fixed_unigram_candidate_sampler",
    _fixed_unigram_candidate_sampler,
    "Classes as likely as given frequencies.",
    """range_max: how many classes there are.
      vocab_file: a file with a frequency at the end of each line, after a comma.
      distortion: the power to which frequencies are raised.
      num_reserved_ids: how many first classes are never drawn.
      num_shards: in how many parts the classes are cut; shard: which of them is drawn from.
      unigrams: the frequencies, in place of a file.
      """,
)
all_candidate_sampler = _export("all_candidate_sampler", _all_candidate_sampler, "All classes, once.", "")
