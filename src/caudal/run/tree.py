"""Control flow as a tree: the items of a frame gathered into conds, each with the items of its two branches.

TF1's graph says only which tensors are dead when a branch is not taken. Each op's guard is found from that: the
conditions, outermost first, with the side on which it lives. Ops of one guard that nothing keeps apart are one branch.
"""

from .frames import ENTERS, EXITS, MERGES, NEXTS, SWITCHES, Frame

__all__ = ["PASSING", "Cond", "Loop", "Tangled", "canonical", "inside", "is_idle", "reads", "tree"]

PASSING = SWITCHES | ENTERS | frozenset({"Identity", "RefIdentity", "LoopCond"})


_NEVER = "never"  # the guard of what is dead in every run


class Tangled(Exception):
    """The graph's branches don't nest, or what they hold cannot be raised."""


class Cond:
    """Two branches.

    Attributes:
      pred: the tensor that decides.
      sides: the items of the branch for False and of that for True.
      merges: [(Merge, the number of its input from the side False, and True)].
      out: tensors of the sides that are used elsewhere than in the merges.
    """

    def __init__(self, pred, sides, merges, out):
        self.pred, self.sides, self.merges, self.out = pred, sides, merges, out


class Loop:
    """A frame whose parts are trees.

    Attributes:
      frame: the `Frame`.
      condition, body, after: lists of items.
    """

    def __init__(self, frame, condition, body, after):
        self.frame, self.condition, self.body, self.after = frame, condition, body, after


def canonical(tensor):
    """The tensor whose value another has, where ops only pass it on; not beyond a loop variable's Merge."""
    while tensor.op._def.name in PASSING and not reads(tensor.op):
        tensor = tensor.op._inputs[0]
    return tensor


def reads(op):
    """Whether an op that passes a value on reads a variable for it."""
    return op._def.name == "Identity" and op._inputs[0]._dtype._is_ref_dtype


def is_idle(op):
    """Whether an op does nothing itself: its outputs are found through it."""
    kind = op._def.name
    return kind in PASSING and not reads(op) or kind in ("Const", "NoOp", "ControlTrigger")


def inside(items):
    """All ops among items and in them."""
    for item in items:
        if isinstance(item, Loop):
            yield from item.frame.whole()
        elif isinstance(item, Cond):
            for side in item.sides:
                yield from inside(side)
            yield from (merge for merge, _, _ in item.merges)
        else:
            yield item


def tree(items, touches, around=()):
    """The tree of a frame's items.

    Args:
      items: ops and frames, in order.
      touches: op -> [(state, whether it writes)].
      around: the guard of the whole.

    Returns:
      (items with conds among them, tensor -> its guard where it has one).

    Raises:
      Tangled: branches don't nest.
    """
    made = _Level(items, touches, around)
    return made.items(), made.guards


def _loop(frame, touches, around):
    parts = [tree(part, touches, around)[0] for part in (frame.condition, frame.body, frame.after)]
    return Loop(frame, *parts)


class _Level:
    """The items of one frame, or of a part of one.

    Attributes:
      guards: tensor or op -> ((condition, side), ...), outermost first.
      keys: for each item its guard; for a Merge, with its condition and None as the last pair.
    """

    def __init__(self, items, touches, around):
        self.around = dict(around)
        self.all, self.guards, self.keys, self.merges, self.preds = [], {}, [], {}, {}
        for item in items:
            guard = None if _idle(item) else self._guard(item)
            if guard is not None and not (guard and not isinstance(item, Frame) and item._def.name == "Const"):
                self.all.append(item)  # a constant of a branch is there whichever is taken
                self.keys.append(guard)
        self.touches = touches
        self._find_order()

    def items(self):
        """The items, gathered."""
        frames = [(k, i) for k, i in enumerate(self.all) if isinstance(i, Frame)]
        self.loops = {k: _loop(i, self.touches, (*self.around.items(), *self.keys[k])) for k, i in frames}
        return self._gathered(range(len(self.all)), 0)

    # --- guards -----------------------------------------------------------------------------------

    def _guard(self, item):
        if isinstance(item, Frame):
            ops = set(item.whole())
            taken = [x for op in ops for x in (*op._inputs, *op._controls) if getattr(x, "op", x) not in ops]
            guard = self._joined(taken)
            self._note([x for op in item.of(EXITS) for x in (op, *op.outputs)], guard)
            return guard
        if item._def.name in MERGES:
            return self._of_merge(item)
        guard = self._joined([*item._inputs, *item._controls])
        if item._def.name not in SWITCHES:
            self._note([item, *item.outputs], guard)
            return guard
        pred = canonical(item._inputs[1])
        self.preds.setdefault(pred, item._inputs[1])
        self._note([item], guard)
        for side, tensor in enumerate(item.outputs):
            self.guards[tensor] = self._with(guard, pred, side)
        return guard

    def _with(self, guard, pred, side):
        known = (self.around | dict(guard)).get(pred)
        if known is None:
            return (*guard, (pred, side))
        return guard if known == side else _NEVER

    def _note(self, keys, guard):
        if guard:
            self.guards.update(dict.fromkeys(keys, guard))

    def _joined(self, taken):
        found = ()
        for one in taken:
            guard = self.guards.get(one, ())
            if guard is _NEVER:
                raise Tangled("a value of one branch is used in the other")
            longer, shorter = (guard, found) if len(guard) > len(found) else (found, guard)
            if longer[: len(shorter)] != shorter:
                raise Tangled("an op takes values of two branches")
            found = longer
        return found

    def _of_merge(self, op):
        if len(op._inputs) != 2:
            raise Tangled(f"a Merge of {len(op._inputs)} values")
        first, second = (self.guards.get(t, ()) for t in op._inputs)
        if (
            _NEVER in (first, second)
            or not first
            or len(first) != len(second)
            or first[:-1] != second[:-1]
            or first[-1][0] is not second[-1][0]
        ):
            raise Tangled("a Merge of values that are not of the two branches of one condition")
        if first[-1][1] == second[-1][1]:
            raise Tangled("a Merge of two values of one branch")
        guard, (pred, side) = first[:-1], first[-1]
        self._note([op, *op.outputs], guard)
        self.merges[op] = (op, side, 1 - side)
        return (*guard, (pred, None))

    # --- order ------------------------------------------------------------------------------------

    def _find_order(self):
        """For each item the items that come before it, and for each tensor the items that take it."""
        owner, self.users, self.before = {}, {}, []
        state = {}
        for k, item in enumerate(self.all):
            ops = item.whole() if isinstance(item, Frame) else [item]
            owner.update(dict.fromkeys(ops, k))
        for k, item in enumerate(self.all):
            before = set()
            for op in item.whole() if isinstance(item, Frame) else [item]:
                for tensor in op._inputs:
                    self.users.setdefault(tensor, set()).add(k)
                    before.add(owner.get(tensor.op, k))
                before.update(owner.get(c, k) for c in op._controls)
                for key, writes in self.touches.get(op, ()):
                    wrote, reads = state.setdefault(key, ([], []))
                    before.update(b for b in wrote if not self._exclude(b, k))
                    if writes:
                        before.update(b for b in reads if not self._exclude(b, k))
                        wrote[:], reads[:] = [k], []
                    else:
                        reads.append(k)
            self.before.append(before - {k})

    def _exclude(self, a, b):
        """Whether two items are never run in one run."""
        sides = dict(self.keys[a])
        return any(sides.get(pred, side) == 1 - side for pred, side in self.keys[b] if side is not None)

    # --- gathering --------------------------------------------------------------------------------

    def _gathered(self, numbers, depth):
        """Items whose guards agree in their first `depth` pairs, with the rest as conds."""
        out, left, done = [], list(numbers), set()
        own = set(left)
        needs = {k: self.before[k] & own for k in left}
        while left:
            waiting = []
            for k in left:
                if len(self.keys[k]) == depth and needs[k] <= done:
                    out.append(self.loops.get(k, self.all[k]))
                    done.add(k)
                else:
                    waiting.append(k)
            if not waiting:
                break
            first = next(k for k in waiting if len(self.keys[k]) > depth and needs[k] <= done)
            group = self._group(waiting, self.keys[first][depth][0], depth, needs, done)
            out.append(self._cond(group, depth))
            done |= group.keys()
            left = [k for k in waiting if k not in group]
        return out

    def _group(self, waiting, pred, depth, needs, done):
        """The items of one condition that need nothing but each other, in order."""
        group, ends = {}, set()
        for k in waiting:
            key = self.keys[k]
            if len(key) > depth and key[depth][0] is pred:
                before = needs[k] - done
                if before <= group.keys() and before.isdisjoint(ends):
                    group[k] = True
                    if key[depth][1] is None:
                        ends.add(k)
        return group

    def _cond(self, group, depth):
        pred = self.keys[next(iter(group))][depth][0]
        sides = [[k for k in group if self.keys[k][depth][1] == side] for side in (0, 1)]
        merges = [self.merges[self.all[k]] for k in group if self.keys[k][depth][1] is None]
        own = set(group)
        out = [t for side in sides for k in side for t in _outputs(self.all[k]) if self.users.get(t, own) - own]
        return Cond(self.preds[pred], [self._gathered(side, depth + 1) for side in sides], merges, out)


def _outputs(item):
    ops = item.of(EXITS) if isinstance(item, Frame) else [item]
    return [] if not isinstance(item, Frame) and item._def.name in SWITCHES else [t for op in ops for t in op.outputs]


def _idle(item):
    return not isinstance(item, Frame) and item._def.name in NEXTS | {"ControlTrigger"}
