"""The MNIST study: networks on growing training sets, tested beside the figures of 2017."""

import dataclasses
import os

from .curves import learning_curve, training_curves
from .report import RECORDED, mnist_table, save
from .tuner import Point, seed_of, train

__all__ = ["POINTS", "check", "run", "steps_of"]

_BATCH = 50
_TRAINED = {
    "batch": _BATCH,
    "optimizer": "adam",
    "rate": 1e-3,
    "falling": True,
}  # the study doesn't name its optimizer: this is our choice
POINTS = {  # the lambda and rho that the study found
    "lenet": Point("lenet", l2=4e-4, **_TRAINED),
    "tfnet": Point("tfnet", l2=5e-5, keep_prob=0.75, **_TRAINED),
    "vishnet": Point("vishnet", l2=3e-7, keep_prob=0.4, **_TRAINED),
}


def check(nets, sizes, data):
    """Refuses what can't be computed, before anything is.

    Raises:
      ValueError: a network that there isn't, or a size larger than the data.
    """
    for net in nets:
        if net not in POINTS:
            raise ValueError(f"there is no network {net!r}; there are {', '.join(POINTS)}")
    most = len(data.everything_seen)
    for size in sizes:
        if not _BATCH <= size <= most:
            raise ValueError(f"a size of {size:,} isn't in [{_BATCH}, {most:,}], the examples of {data.name}")


def steps_of(size, epochs):
    """Steps of 50 in `epochs` over `size` examples, at least one: 50 epochs are `size` steps."""
    return max(1, round(size * epochs / _BATCH))


def run(data, out, nets, sizes, epochs, repeats, progress):
    """Trains every network on every size, `repeats` times, and writes pictures and results.json into `out`.

    Args:
      data: a `Dataset`; a size above its training part takes the validation part too, and then validates nothing.
      out: an existing folder.
      progress: called after every step.

    Returns:
      (table, paths of what was written).
    """
    trials = {}
    for net in nets:
        for size in sizes:
            steps = steps_of(size, epochs)
            point = dataclasses.replace(POINTS[net], steps=steps, every=max(1, steps // 10))
            seeds = [seed_of("mnist", net, size, repeat) for repeat in range(repeats)]
            trials[net, size] = [train(point, _part(data, size, seed), seed, lambda _: progress()) for seed in seeds]
    return _report(data, out, trials, epochs, repeats)


def _part(data, size, seed):
    """`data` with `size` examples to train, drawn by `seed`."""
    if size <= len(data.train):
        return dataclasses.replace(data, train=data.train.drawn(size, seed))
    return dataclasses.replace(data, train=data.everything_seen.drawn(size, seed), validation=data.validation[:0])


def _report(data, out, trials, epochs, repeats):
    learning, curves, numbers = (os.path.join(out, name) for name in ("learning.png", "curves.png", "results.json"))
    note = f"{data.stand_in or data.source}\n{epochs:g} epochs, batches of {_BATCH}, Adam, alpha from 0.001 to 0; trials each: {repeats}"
    rows = {net: {size: [t.test for t in found] for (n, size), found in trials.items() if n == net} for net, _ in trials}
    learning_curve(rows, RECORDED, "Test accuracy over training-set size", learning, note)
    training_curves({f"{net}, {size:,}": found for (net, size), found in trials.items()}, "Training", curves, note=note)
    flat = [{"network": net, "size": size, "trials": found} for (net, size), found in trials.items()]
    what = {"study": "mnist", "data": data.name, "source": data.source, "stand_in": data.stand_in, "epochs": epochs}
    save(numbers, **what, recorded=RECORDED, cells=flat)
    title = f"{data.name}: trained here, beside 2017" + (f"\n{data.stand_in}" if data.stand_in else "")
    return mnist_table(trials, title, epochs), [learning, curves, numbers]
