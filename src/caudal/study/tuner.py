"""One network, one point, one seed: trained, stopped early, scored. architectures.py has the networks, curves.py the plots."""

import dataclasses
import hashlib
import time

import numpy as np

import caudal as tf
from caudal.contrib import slim
from caudal.data.split import batches

from .architectures import NETWORKS

__all__ = ["Curve", "Point", "Trial", "seed_of", "stopping_point", "train"]

_CHUNK = 1000  # examples scored at once
_OPTIMIZERS = {"sgd": tf.train.GradientDescentOptimizer, "adam": tf.train.AdamOptimizer}


@dataclasses.dataclass(frozen=True)
class Point:
    """What is trained, and how.

    Args:
      network: a name in `NETWORKS`.
      l2: lambda, at least 0; the cost gets lambda/2 times each weight's square.
      keep_prob: rho, the share of units that dropout keeps, in (0, 1].
      optimizer: "sgd" or "adam".
      rate: alpha, the learning rate, above 0.
      falling: whether alpha falls in a straight line to 0 over the steps, instead of staying as it is.
      batch: examples a step; None takes all at once.
      steps: how often the weights change.
      every: steps between two looks at the whole training and validation parts.
      watch_test: whether these looks score the test part too.
    """

    network: str
    l2: float = 0.0
    keep_prob: float = 1.0
    optimizer: str = "adam"
    rate: float = 1e-3
    falling: bool = False
    batch: int | None = 50
    steps: int = 1000
    every: int = 100
    watch_test: bool = False

    def __post_init__(self):
        for name, right in (
            ("network", self.network in NETWORKS),
            ("l2", self.l2 >= 0),
            ("keep_prob", 0 < self.keep_prob <= 1),
            ("optimizer", self.optimizer in _OPTIMIZERS),
            ("rate", self.rate > 0),
            ("steps", self.steps >= 1),
            ("every", self.every >= 1),
        ):
            if not right:
                raise ValueError(f"{name} can't be {getattr(self, name)!r}")


@dataclasses.dataclass(frozen=True)
class Curve:
    """Cost (cross-entropy in nats, without L2) and accuracy (in [0, 1]) after each of `steps`; float64 `[looks]` each."""

    steps: list
    cost: list
    accuracy: list


@dataclasses.dataclass(frozen=True)
class Trial:
    """What one training gave.

    Args:
      training, validation: a `Curve` each; `validation` is None where these examples were trained on.
      testing: a `Curve`, or None; chooses nothing, and is there so that a stop on the way can be scored.
      test: accuracy on the test part, after the last step.
      seconds_per_step: of training alone, the median.
    """

    point: Point
    seed: int
    training: Curve
    validation: Curve | None
    testing: Curve | None
    test: float
    seconds_per_step: float


def seed_of(*what):
    """A seed in [1, 2**31) from what is computed (study, point, repeat), never from the order of computing."""
    return int.from_bytes(hashlib.sha256(repr(what).encode()).digest()[:4], "big") % (2**31 - 1) + 1


def stopping_point(costs, patience):
    """Where early stopping ends, and which look it keeps.

    Args:
      costs: the validation cost at each look.
      patience: how many looks without a new least cost it bears.

    Returns:
      (last look, look with the least cost), indices into `costs`.
    """
    best = 0
    for i, cost in enumerate(costs):
        if cost < costs[best]:
            best = i
        elif i - best >= patience:
            return i, best
    return len(costs) - 1, best


class _Program:
    """The graph of one trial, and its session."""

    def __init__(self, point, shape, classes, seed):
        self.graph = tf.Graph()
        with self.graph.as_default():
            tf.set_random_seed(seed)
            self.x = tf.placeholder(tf.float32, [None, *shape], name="x")
            self.y = tf.placeholder(tf.int64, [None], name="y")
            self.keep_prob = tf.placeholder_with_default(1.0, [], name="keep_prob")
            regularizer = slim.l2_regularizer(point.l2) if point.l2 else None
            with slim.arg_scope([slim.conv2d, slim.fully_connected], weights_regularizer=regularizer):
                logits = NETWORKS[point.network](self.x, classes, self.keep_prob)
            self.cost = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=self.y, logits=logits), name="cost")
            self.right = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 1), self.y), tf.float32), name="accuracy")
            self.loss = tf.add_n([self.cost, *tf.losses.get_regularization_losses()], name="loss")
            done = tf.train.get_or_create_global_step()
            rate = tf.train.polynomial_decay(point.rate, done, point.steps, 0.0) if point.falling else point.rate
            self.step = _OPTIMIZERS[point.optimizer](rate).minimize(self.loss, global_step=done)
            self.session = tf.Session()
            self.session.run(tf.global_variables_initializer())

    def train(self, examples, keep_prob):
        """One step; its loss is fetched, so that the step is done when this returns."""
        self.session.run([self.step, self.loss], {self.x: examples.x, self.y: examples.y, self.keep_prob: keep_prob})

    def score(self, examples):
        """(cost, accuracy) over `examples`, without dropout; in chunks, so that memory is bounded."""
        parts = [examples[i : i + _CHUNK] for i in range(0, len(examples), _CHUNK)]
        found = [self.session.run([self.cost, self.right], {self.x: part.x, self.y: part.y}) for part in parts]
        return np.average(np.float64(found), axis=0, weights=[len(part) for part in parts])


def train(point, data, seed, progress=None):
    """Trains one network on `data.train`, and looks at it on its way.

    Args:
      point: a `Point`.
      data: a `Dataset`; where its validation part is empty, nothing is validated.
      seed: of the weights, the dropout and the order of the examples.
      progress: called after every step, as `progress(steps done)`.

    Returns:
      a `Trial`.
    """
    program = _Program(point, data.train.x.shape[1:], data.classes, seed)
    parts = data.train, data.validation, data.test if point.watch_test else ()
    with program.session:
        looks, times = [], []
        for step, batch in enumerate(_batches(point, data.train, seed), 1):
            start = time.perf_counter()
            program.train(batch, point.keep_prob)
            times.append(time.perf_counter() - start)
            if step % point.every == 0 or step == point.steps:
                looks.append((step, *(program.score(part) if len(part) else None for part in parts)))
            if progress:
                progress(step)
        return _trial(point, seed, looks, program.score(data.test)[1], float(np.median(times)))


def _batches(point, examples, seed):
    if point.batch is None:
        return (examples for _ in range(point.steps))
    return batches(examples, point.batch, point.steps, seed)


def _trial(point, seed, looks, test, seconds):
    steps, *scored = zip(*looks, strict=True)
    curves = [_curve(steps, scores) if scores[0] is not None else None for scores in scored]
    return Trial(point, seed, *curves, float(test), seconds)


def _curve(steps, scores):
    cost, accuracy = np.transpose(scores)
    return Curve(list(steps), cost.tolist(), accuracy.tolist())
