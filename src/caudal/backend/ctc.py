"""Connectionist temporal classification on NumPy: the loss and its slope, the best path, and beam search.

Source: Graves et al. (2006), Connectionist temporal classification; equations are those of Graves' thesis (2008), ch. 7.
"""

import heapq
import itertools
import math

import numpy as np

__all__ = ["beam_search", "best_path", "loss"]

_NONE = -np.inf  # the log of an impossible event


def loss(logits, labels, blank, merge):
    """(negative log-likelihood, slope by the logits) of one sequence.

    Args:
      logits: float64 `[time, classes]`.
      labels: ints, without blanks.
      blank: the class that says nothing.
      merge: whether a class that comes several times in a row counts once.
    """
    log = _log_softmax(logits)
    states = np.full(2 * len(labels) + 1, blank)  # a blank before each label, and one at the end
    states[1::2] = labels
    seen = log[:, states]
    stay, jump = _moves(states, blank, merge)
    alpha, beta = _forward(seen, stay, jump), _backward(seen, stay, jump)
    both = alpha + beta
    total = np.logaddexp.reduce(both[0])
    soft = np.exp(log)
    if total == _NONE:
        return np.inf, soft  # no path fits, and TF leaves it so
    by_class = np.full(log.shape, _NONE)
    for column, state in enumerate(states):
        by_class[:, state] = np.logaddexp(by_class[:, state], both[:, column])
    return -total, soft - np.exp(by_class - total)


def _log_softmax(x):
    shifted = x - x.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def _moves(states, blank, merge):
    """(0 where a state may last, 0 where it may follow the last but one; else minus infinity)."""
    is_blank = states == blank
    stay = np.where(is_blank | merge, 0.0, _NONE)
    jump = np.full(len(states), _NONE)
    fine = ~is_blank[2:]
    if merge:
        fine &= states[2:] != states[:-2]
    jump[2:][fine] = 0.0
    return stay, jump


def _forward(seen, stay, jump):
    """log alpha `[time, states]`, eq. 7.9: how likely the past is, and to be in each state."""
    alpha = np.full(seen.shape, _NONE)
    alpha[0, :2] = seen[0, :2]
    for t in range(1, len(seen)):
        before = alpha[t - 1]
        into = before + stay
        into[1:] = np.logaddexp(into[1:], before[:-1])
        into[2:] = np.logaddexp(into[2:], before[:-2] + jump[2:])
        alpha[t] = into + seen[t]
    return alpha


def _backward(seen, stay, jump):
    """log beta `[time, states]`, eq. 7.15: how likely the future is from each state."""
    beta = np.full(seen.shape, _NONE)
    beta[-1, -2:] = 0.0
    for t in range(len(seen) - 2, -1, -1):
        after = beta[t + 1] + seen[t + 1]
        out = after + stay
        out[:-1] = np.logaddexp(out[:-1], after[1:])
        out[:-2] = np.logaddexp(out[:-2], after[2:] + jump[2:])
        beta[t] = out
    return beta


def best_path(logits, merge):
    """(classes without blanks, minus the sum of the greatest logits) of one sequence; the last class is the blank."""
    best = logits.argmax(axis=-1)
    keep = best != logits.shape[-1] - 1
    if merge:
        keep[1:] &= best[1:] != best[:-1]
    total = np.float32(0)
    for value in logits.max(axis=-1):
        total -= value
    return best[keep].tolist(), total


# --- beam search --------------------------------------------------------------------------------------------


def _add(a, b):
    """log(exp(a) + exp(b))."""
    if a == _NONE or b == _NONE:
        return max(a, b)
    return max(a, b) + math.log1p(math.exp(-abs(a - b)))


class _Beam:
    """A beginning of the answer, as a leaf of the tree of all of them, with its logs of probabilities."""

    __slots__ = ("below", "blank", "label", "last", "old", "old_blank", "parent", "total")

    def __init__(self, parent, last):
        self.parent, self.last, self.below = parent, last, {}
        self.total = self.label = self.blank = self.old = self.old_blank = _NONE

    def forget(self):
        self.total = self.label = self.blank = _NONE

    def classes(self, merge):
        """The classes from the beginning on."""
        out, beam, previous = [], self, -1
        while beam.parent is not None:
            if not merge or beam.last != previous:
                out.append(beam.last)
            previous, beam = beam.last, beam.parent
        return out[::-1]


class _Best:
    """The `width` best beams, worst at hand."""

    def __init__(self, width):
        self.width, self.heap, self.ticket = width, [], itertools.count()

    def admits(self, total):
        return total > _NONE and (len(self.heap) < self.width or total > self.heap[0][0])

    def push(self, beam):
        entry = (beam.total, -next(self.ticket), beam)
        if len(self.heap) < self.width:
            heapq.heappush(self.heap, entry)
        elif beam.total > self.heap[0][0]:
            heapq.heapreplace(self.heap, entry)[2].forget()

    def ordered(self):
        return [beam for _, _, beam in sorted(self.heap, key=lambda entry: entry[:2], reverse=True)]


def beam_search(logits, width, paths, merge):
    """([classes], [log-probability]) of the likeliest answers to one sequence; the last class is the blank.

    Args:
      logits: `[time, classes]`.
      width: how many beginnings are kept at each step.
      paths: how many answers are wanted.
      merge: whether a class that comes several times in a row is given once.

    Raises:
      ValueError: fewer answers were kept than wanted.
    """
    root = _Beam(None, -1)
    root.total = root.blank = 0.0
    best = _Best(width)
    best.push(root)
    for row in _log_softmax(logits.astype(np.float64)).tolist():
        best = _step(best, row)
    if paths > width:
        raise ValueError("requested more paths than the beam width.")
    if paths > len(best.heap):
        raise ValueError("Less leaves in the beam search than requested.")
    chosen = best.ordered()[:paths]
    return [beam.classes(merge) for beam in chosen], [beam.total for beam in chosen]


def _step(best, row):
    """The best beams after one more time step, whose log-probabilities are `row`."""
    beams, after = best.ordered(), _Best(best.width)
    for beam in beams:
        beam.old, beam.old_blank = beam.total, beam.blank
    for beam in beams:
        _last(beam, row)
        after.push(beam)
    for beam in beams:
        if after.admits(beam.old):
            _grow(beam, row, after)
    return after


def _last(beam, row):
    """The same classes, a step later."""
    if beam.parent is not None:
        if beam.parent.total > _NONE:
            before = beam.parent.old_blank if beam.last == beam.parent.last else beam.parent.old
            beam.label = _add(beam.label, before)
        beam.label += row[beam.last]
    beam.blank = beam.old + row[-1]
    beam.total = _add(beam.blank, beam.label)


def _grow(beam, row, after):
    """One class more."""
    for label, logit in enumerate(row[:-1]):
        child = beam.below.get(label)
        if child is None:
            child = beam.below[label] = _Beam(beam, label)
        if child.total > _NONE:
            continue
        total = logit + (beam.old_blank if label == beam.last else beam.old)
        if after.admits(total):
            child.blank, child.label, child.total = _NONE, total, total
            after.push(child)
        else:
            child.forget()
            child.old = child.old_blank = _NONE
