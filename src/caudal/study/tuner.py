"""One network, one point, one seed: trained, looked at on its way, stopped early, tested. jobs.py says what is trained."""

import dataclasses
import inspect
import math
import time

import numpy as np

import caudal as tf
from caudal.contrib import slim
from caudal.data.split import batches

from .records import Curve, Misread, Stop

__all__ = ["OPTIMIZERS", "Outcome", "Point", "stopping_point", "train", "weigh"]

OPTIMIZERS = {"sgd": tf.train.GradientDescentOptimizer, "adam": tf.train.AdamOptimizer}
_CHUNK = 1000  # examples scored at once
_LOOKED_AT = 2000  # training examples that a look scores, at most: the first of those that train
_MISREAD = 500  # test examples that are kept, at most: all of them, where 19 of 20 are read; two networks are compared by them
_FIRST_LAYER = 20_000  # weights that are kept, at most


@dataclasses.dataclass(frozen=True)
class Point:
    """How a network is trained.

    Args:
      l2: lambda, at least 0; the cost gets lambda/2 times each weight's square.
      keep_prob: rho, the share of units that dropout keeps, in (0, 1].
      optimizer: "sgd" or "adam".
      rate: alpha, the learning rate, above 0.
      epsilon: Adam's, above 0; None for TF's 1e-8.
      falling: whether alpha falls in a straight line to 0 over the steps, instead of staying as it is.
      batch: examples a step; None takes all at once.
      steps: how often the weights change.
      every: steps between two looks at the training and validation parts.
      patience: looks without a new least validation cost that early stopping bears; None for none.
      stops: whether early stopping ends the training, or is only told beside it.
      watch_test: whether looks score the test part too; it chooses nothing.
      tested: whether the test part is scored at the end; never for a trial that chooses a point.
      more: arguments of the network's own, name to value.
    """

    l2: float = 0.0
    keep_prob: float = 1.0
    optimizer: str = "adam"
    rate: float = 1e-3
    epsilon: float | None = None
    falling: bool = False
    batch: int | None = 50
    steps: int = 1000
    every: int = 100
    patience: int | None = None
    stops: bool = True
    watch_test: bool = False
    tested: bool = True
    more: dict = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        for name, right in (
            ("l2", 0 <= self.l2 < math.inf),
            ("keep_prob", 0 < self.keep_prob <= 1),
            ("optimizer", self.optimizer in OPTIMIZERS),
            ("rate", 0 < self.rate < math.inf),
            ("epsilon", self.epsilon is None or (0 < self.epsilon < math.inf and self.optimizer == "adam")),
            ("batch", self.batch is None or self.batch >= 1),
            ("steps", self.steps >= 1),
            ("every", self.every >= 1),
            ("patience", self.patience is None or self.patience >= 1),
        ):
            if not right:
                raise ValueError(f"{name} can't be {getattr(self, name)!r}")


@dataclasses.dataclass
class Outcome:
    """What one training gave; its fields are `Trial`'s."""

    state: str = "complete"
    error: str | None = None
    training: Curve | None = None
    validation: Curve | None = None
    testing: Curve | None = None
    stop: Stop | None = None
    test: float | None = None
    confusion: list | None = None
    misread: list = dataclasses.field(default_factory=list)
    first_layer: list | None = None
    seconds_per_step: float | None = None


class _Diverged(Exception):
    """The cost is no longer finite."""


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

    def __init__(self, network, point, shape, classes, seed):
        self.graph = tf.Graph()
        with self.graph.as_default():
            tf.set_random_seed(seed)
            self.x = tf.placeholder(tf.float32, [None, *shape], name="x")
            self.y = tf.placeholder(tf.int64, [None], name="y")
            self.keep_prob = tf.placeholder_with_default(1.0, [], name="keep_prob")
            self.is_training = (
                tf.placeholder_with_default(False, [], name="is_training") if "is_training" in _takes(network) else None
            )
            logits = _insert(network, point, self.x, classes, keep_prob=self.keep_prob, is_training=self.is_training)
            self.costs = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=self.y, logits=logits)
            self.predicted = tf.argmax(logits, 1, name="predicted")
            self.loss = tf.add_n([tf.reduce_mean(self.costs), *tf.losses.get_regularization_losses()], name="loss")
            done = tf.train.get_or_create_global_step()
            rate = tf.train.polynomial_decay(point.rate, done, point.steps, 0.0) if point.falling else point.rate
            with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
                options = {} if point.epsilon is None else {"epsilon": point.epsilon}
                self.step = OPTIMIZERS[point.optimizer](rate, **options).minimize(self.loss, global_step=done)
            self.variables = tf.global_variables()
            self.session = tf.Session()
            self.session.run(tf.global_variables_initializer())
        self.fed = {self.keep_prob: point.keep_prob} | ({self.is_training: True} if self.is_training is not None else {})

    def train(self, examples):
        """One step, and its loss from before it."""
        return self.session.run([self.step, self.loss], {self.x: examples.x, self.y: examples.y, **self.fed})[1]

    def score(self, examples):
        """(costs float32 `[n]`, predicted classes int64 `[n]`), without dropout; in chunks, so that memory is bounded."""
        chunks = [examples[i : i + _CHUNK] for i in range(0, len(examples), _CHUNK)]
        found = [self.session.run([self.costs, self.predicted], {self.x: chunk.x, self.y: chunk.y}) for chunk in chunks]
        return [np.concatenate(part) for part in zip(*found, strict=True)]

    def values(self):
        """The values of all variables."""
        return self.session.run(self.variables)

    def restore(self, values):
        """Gives all variables the values that `values` gave."""
        for variable, value in zip(self.variables, values, strict=True):
            variable.load(value, self.session)

    def first_layer(self):
        """The first trainable variable that is a matrix or more, as nested lists; None if it is too large to keep."""
        layer = next((v for v in self.graph.get_collection("trainable_variables") if v.shape.ndims > 1), None)
        if layer is None or layer.shape.num_elements() > _FIRST_LAYER:
            return None
        return self.session.run(layer).tolist()


class _Looks:
    """Looks at the parts of the data while a network is trained; all parts are scored as one, which costs the fewest runs."""

    def __init__(self, program, point, data):
        parts = {"training": data.train[:_LOOKED_AT], "validation": data.validation}
        if point.watch_test:
            parts["testing"] = data.test
        self.parts = {name: part for name, part in parts.items() if len(part)}
        self.examples = sum(list(self.parts.values())[1:], next(iter(self.parts.values())))
        self.ends = np.cumsum([len(part) for part in self.parts.values()])
        self.program, self.point = program, point
        self.steps, self.found = [], {name: ([], []) for name in self.parts}
        self.kept = None  # the variables at the least validation cost

    def take(self, step):
        """Looks, after `step` steps; whether early stopping ends the training here.

        Raises:
          _Diverged: a cost isn't finite.
        """
        costs, predicted = self.program.score(self.examples)
        if not np.isfinite(costs.sum()):
            raise _Diverged(f"the cost was {costs.sum()} when it was looked at after step {step}")
        right = predicted == self.examples.y
        self.steps.append(step)
        for name, cost, hits in zip(self.parts, np.split(costs, self.ends[:-1]), np.split(right, self.ends[:-1]), strict=True):
            self.found[name][0].append(float(cost.mean(dtype=np.float64)))
            self.found[name][1].append(float(hits.mean()))
        return self._ended() if self.point.patience and self.point.stops else False

    def _ended(self):
        costs = self.found["validation"][0]
        end, best = stopping_point(costs, self.point.patience)
        if best == len(costs) - 1:
            self.kept = self.program.values()
        return end - best >= self.point.patience

    def curve(self, name):
        """A part's curve, or None."""
        return Curve(self.steps, *self.found[name]) if name in self.found and self.steps else None

    def stop(self, test):
        """Where early stopping ended, or would have; `test` is the accuracy of what was tested at the end."""
        if not self.point.patience or "validation" not in self.found:
            return None
        end, best = stopping_point(self.found["validation"][0], self.point.patience)
        if not self.point.stops and "testing" in self.found:
            test = self.found["testing"][1][best]
        return Stop(self.point.patience, self.steps[end], self.steps[best], best, test, self.point.stops)


def _takes(network):
    """The names of a network's arguments."""
    return inspect.signature(network).parameters


def _insert(network, point, x, classes, **tensors):
    """Inserts a network into the default graph, with L2 and what its signature names; gives its logits."""
    given = {name: tensor for name, tensor in tensors.items() if name in _takes(network)}
    regularizer = slim.l2_regularizer(point.l2) if point.l2 else None
    with slim.arg_scope([slim.conv2d, slim.fully_connected], weights_regularizer=regularizer):
        return network(x, classes, **given, **point.more)


def weigh(network, point, shape, classes):
    """Inserts a network into a graph of its own, to see that it can be, and counts its weights, without biases.

    Args:
      shape: of one example.

    Raises:
      ValueError: it gives something else than logits.
    """
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, *shape], name="x")
        is_training = tf.placeholder_with_default(False, [], name="is_training") if "is_training" in _takes(network) else None
        logits = _insert(network, point, x, classes, keep_prob=tf.placeholder_with_default(1.0, []), is_training=is_training)
        if not isinstance(logits, tf.Tensor) or logits.shape.ndims != 2 or logits.shape[1] != classes:
            raise ValueError(f"the network gives {logits}, not logits of shape [examples, {classes}]")
        if not tf.trainable_variables():
            raise ValueError("the network has no variables to train")
        return sum(v.shape.num_elements() for v in graph.get_collection("trainable_variables") if v.shape.ndims > 1)


def train(network, point, data, seed, progress=None):
    """Trains one network on `data.train`, and looks at it on its way.

    Args:
      network: a function of (inputs, classes), and `keep_prob` and `is_training` if it names them, that gives logits.
      point: a `Point`.
      data: a `Dataset`; where its validation part is empty, nothing is validated.
      seed: of the weights, the dropout and the order of the examples.
      progress: called after every step, as `progress(steps done)`.

    Returns:
      an `Outcome`, "complete" or "diverged".
    """
    program, outcome = _Program(network, point, data.train.x.shape[1:], data.classes, seed), Outcome()
    with program.session:
        looks = _Looks(program, point, data)
        try:
            outcome.seconds_per_step = _steps(program, point, data.train, seed, looks, progress)
            _finish(program, data.test, data.classes, looks, outcome)
        except _Diverged as error:
            outcome.state, outcome.error = "diverged", str(error)
    outcome.training, outcome.validation, outcome.testing = map(looks.curve, ("training", "validation", "testing"))
    return outcome


def _steps(program, point, examples, seed, looks, progress):
    """The loop over steps; gives the median of their seconds."""
    times = []
    for step, batch in enumerate(_batches(point, examples, seed), 1):
        start = time.perf_counter()
        loss = program.train(batch)
        times.append(time.perf_counter() - start)
        if not math.isfinite(loss):
            raise _Diverged(f"the cost was {loss} at step {step}")
        if progress:
            progress(step)
        if (step % point.every == 0 or step == point.steps) and looks.take(step):
            break
    return float(np.median(times))


def _batches(point, examples, seed):
    if point.batch is None:
        return (examples for _ in range(point.steps))
    return batches(examples, point.batch, point.steps, seed)


def _finish(program, test, classes, looks, outcome):
    """Tests what the training leaves, or what early stopping keeps of it."""
    if looks.kept is not None:
        program.restore(looks.kept)
    outcome.first_layer = program.first_layer()
    if looks.point.tested:
        predicted = program.score(test)[1]
        counts = np.bincount(test.y * classes + predicted, minlength=classes * classes)
        outcome.confusion = counts.reshape(classes, classes).tolist()
        outcome.test = float((predicted == test.y).mean())
        wrong = np.flatnonzero(predicted != test.y)[:_MISREAD]
        outcome.misread = [Misread(int(i), int(test.y[i]), int(predicted[i])) for i in wrong]
    outcome.stop = looks.stop(outcome.test)
