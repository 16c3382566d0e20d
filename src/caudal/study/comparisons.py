"""Which differs from which: networks at each size, settings from the first of them, points of a grid from the best. Holm's p over each."""

import collections
import dataclasses

from . import statistics

__all__ = ["Found", "by_cell", "networks", "settings", "stopping", "studies", "tested", "tied", "verdict"]


@dataclasses.dataclass(frozen=True)
class Found:
    """One question and its answer.

    Args:
      where: what both share: a size, or a measure.
      first, second: what is compared: first minus second.
      measure: "test accuracy" (in [0, 1]) or "validation cost" (nats).
      answer: a `statistics.Comparison`.
      p: the answer's p by Holm, among all questions that were asked with it; None if it wasn't tested.
    """

    where: object
    first: str
    second: str
    measure: str
    answer: statistics.Comparison
    p: float | None = None

    @property
    def sure(self):
        """Whether the difference is more than chance."""
        return self.p is not None and self.p < 1 - statistics.LEVEL


def verdict(found):
    """In words: which is higher, or that they can't be told apart."""
    if _same(found.answer):
        return "the same in every trial"
    if found.p is None:
        return "not tested: one trial each"
    if not found.sure:
        return "not distinguishable"
    return f"{found.first if found.answer.difference > 0 else found.second} higher"


def tested(trial):
    """The test accuracy that counts, in [0, 1]: of what early stopping keeps, if it ended the trial; else the end's."""
    return trial.stop.test if trial.stop and trial.stop.applied else trial.test


def by_cell(trials, *names):
    """Complete trials that have these attributes equal: a dict from the attributes (a tuple, if several) to trials, by repeat."""
    cells = collections.defaultdict(list)
    for trial in trials:
        if trial.complete:
            key = tuple(getattr(trial, name) for name in names)
            cells[key if len(names) > 1 else key[0]].append(trial)
    return {key: sorted(found, key=lambda trial: trial.repeat) for key, found in cells.items()}


def networks(record):
    """Every two networks at every size: `Found`s of test accuracy."""
    cells, found = by_cell(record.stage("learning"), "network", "size"), []
    nets = list(dict.fromkeys(net for net, _ in cells))
    for size in sorted({size for _, size in cells}):
        here = [net for net in nets if (net, size) in cells]
        for i, second in enumerate(here):
            for first in here[i + 1 :]:
                answer = _accuracies(cells[first, size], cells[second, size], record.data.test)
                found.append(Found(size, first, second, "test accuracy", answer))
    return _with_holm(found)


def settings(record):
    """Every other setting beside the first: `Found`s of test accuracy and of validation cost, at each trial's end."""
    cells, found = by_cell(record.stage("settings"), "network", "label"), []
    for net in dict.fromkeys(net for net, _ in cells):
        labels = [label for other, label in cells if other == net]
        for label in labels[1:]:
            first, second = _pairs(cells[net, label], cells[net, labels[0]])
            overlap = _overlap(second, record.data)
            for measure, value in (("test accuracy", tested), ("validation cost", _last_cost)):
                found += _question(net, label, labels[0], measure, value, first, second, overlap)
    return _with_holm(found)


def stopping(record):
    """With early stopping beside without, in each setting and network: `Found`s of test accuracy and of validation cost."""
    found = []
    for (net, label, size), trials in by_cell(
        [t for t in record.trials if t.stage != "grid"], "network", "label", "size"
    ).items():
        both = [trial for trial in trials if trial.stop and not trial.stop.applied and trial.stop.test is not None]
        overlap = _overlap(both, record.data) if both and both[0].stage == "settings" else 0.0
        for measure, then, end in _STOPPED:
            values = [(then(trial), end(trial)) for trial in both]
            if values and all(value is not None for pair in values for value in pair):
                answer = statistics.paired(*zip(*values, strict=True), overlap=overlap)
                name = label if both[0].stage == "settings" else f"{net}, {size:,}"
                found.append(Found(net, "stopped early", name, measure, answer))
    return _with_holm(found)


def studies(first, second):
    """Every cell that two studies share, in its stage's measure: (`Found`, trials of equal results) each.

    Trials of equal repeat and seed are pairs; where seeds differ, the cells are groups.
    """
    found, equal = [], []
    for name, shared in (("learning", ("network", "size")), ("settings", ("network", "label"))):
        ours, theirs = (by_cell(record.stage(name), *shared) for record in (first, second))
        for key in (key for key in ours if key in theirs):
            one, two = _pairs(ours[key], theirs[key])
            same_seeds = one and all(a.seed == b.seed for a, b in zip(one, two, strict=True))
            groups = (one, two) if same_seeds else (ours[key], theirs[key])
            scores = [[tested(trial) for trial in group] for group in groups]
            answer = statistics.paired(*scores) if same_seeds else statistics.welch(*scores)
            where = ", ".join(f"{part:,}" if isinstance(part, int) else part for part in key if part)
            found.append(Found(where, first.name, second.name, "test accuracy", answer))
            equal.append(sum(a.test == b.test and a.training == b.training for a, b in zip(one, two, strict=True)))
    return list(zip(_with_holm(found), equal, strict=True))


def _last_cost(trial):
    return trial.validation.cost[-1] if trial.validation else None


_STOPPED = (
    ("test accuracy", lambda trial: trial.stop.test, lambda trial: trial.test),
    ("validation cost", lambda trial: trial.validation.cost[trial.stop.look] if trial.validation else None, _last_cost),
)


def _question(where, first, second, measure, value, ours, theirs, overlap):
    """A `Found` in a list, or none where a trial has no such value."""
    ours, theirs = [value(trial) for trial in ours], [value(trial) for trial in theirs]
    if not ours or any(one is None for one in (*ours, *theirs)):
        return []
    return [Found(where, first, second, measure, statistics.paired(ours, theirs, overlap))]


def _pairs(first, second):
    """The trials of each whose repeat the other has too."""
    ours, theirs = {t.repeat: t for t in first}, {t.repeat: t for t in second}
    shared = sorted(ours.keys() & theirs.keys())
    return [ours[repeat] for repeat in shared], [theirs[repeat] for repeat in shared]


def _overlap(trials, data):
    """Test over training examples if every repeat splits the examples anew (all of them train); else 0."""
    return data.test / data.train if len({trial.data for trial in trials}) > 1 else 0.0


def _accuracies(first, second, n):
    """Two networks at a size: by their pairs; with one pair by the images that each misreads, as far as those are known."""
    first, second = _pairs(first, second)
    if not first:
        return statistics.Comparison(0, 0.0, None, None, None, "")
    if len(first) > 1:
        return statistics.paired([tested(t) for t in first], [tested(t) for t in second])
    wrong, other = _all_misread(first[0]), _all_misread(second[0])
    if wrong is None or other is None:
        return statistics.two_shares(tested(first[0]), tested(second[0]), n, n)
    return statistics.mcnemar(len(wrong - other), len(other - wrong), n)


def _all_misread(trial):
    """The indices of all test examples that a trial misread; None if only some were kept."""
    if trial.confusion is None:
        return None
    errors = sum(map(sum, trial.confusion)) - sum(row[i] for i, row in enumerate(trial.confusion))
    return {one.index for one in trial.misread} if len(trial.misread) == errors else None


def tied(scores, n):
    """Which scores on the same n examples the best can't be told from, by two shares and Holm: a list of booleans."""
    best = max(scores)
    ps = statistics.holm([None if score == best else statistics.two_shares(best, score, n, n).p for score in scores])
    return [p is None or p >= 1 - statistics.LEVEL for p in ps]


def _with_holm(found):
    ps = statistics.holm([None if _same(one.answer) else one.answer.p for one in found])
    return [dataclasses.replace(one, p=p) for one, p in zip(found, ps, strict=True)]


def _same(answer):
    """Whether no pair differs: then there is no question of chance."""
    return answer.n > 1 and answer.p == 1 and answer.low is None
