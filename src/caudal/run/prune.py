"""From fetches and feeds to the least list of ops that a run needs, in the order in which it runs them."""

import heapq

__all__ = ["in_order", "prune"]


def prune(targets, fed, done=frozenset()):
    """The ops that `targets` need, where the tensors `fed` are given and the ops `done` ran; control inputs before, then
    order of creation."""
    found, todo = set(), list(targets)
    while todo:
        op = todo.pop()
        if op in found or op in done:
            continue
        found.add(op)
        todo += [t.op for t in op._inputs if t not in fed and t.op not in found]
        todo += [c for c in op._controls if c not in found and not _is_fed(c, fed)]
    return in_order(sorted(found, key=_id), fed)


def _is_fed(op, fed):
    """Whether it is a placeholder whose value is given: then nothing waits for it."""
    return op._def.name in ("Placeholder", "PlaceholderV2") and op.outputs[0] in fed


def in_order(ops, fed):
    """Ops in the order in which they run; they come in order of creation."""
    if all(_in_order(op, fed) for op in ops):
        return ops
    return _topological(ops, fed)


def _id(op):
    return op._id


def _in_order(op, fed):
    """Whether all that an op needs was made before it; a loop's way back is no need of its Merge."""
    if op._def.name in ("Merge", "RefMerge"):
        return all(c._id < op._id for c in op._controls)
    return all(t.op._id < op._id or t in fed for t in op._inputs) and all(c._id < op._id for c in op._controls)


def _topological(ops, fed):
    """Order for a graph that was edited, or came from a file: needs first, then creation."""
    waiting, users, inside = {}, {}, set(ops)
    for op in ops:
        back = op._def.name in ("Merge", "RefMerge")
        needs = {
            t.op for t in op._inputs if t not in fed and not (back and t.op._def.name in ("NextIteration", "RefNextIteration"))
        }
        needs = (needs | set(op._controls)) & inside  # what ran in an earlier part of the run is not there
        waiting[op] = len(needs)
        for need in needs:
            users.setdefault(need, []).append(op)
    ready = [(op._id, op) for op in ops if waiting[op] == 0]
    heapq.heapify(ready)
    out = []
    while ready:
        _, op = heapq.heappop(ready)
        out.append(op)
        for user in users.get(op, ()):
            waiting[user] -= 1
            if waiting[user] == 0:
                heapq.heappush(ready, (user._id, user))
    if len(out) < len(ops):
        raise ValueError("The graph has a cycle through " + ", ".join(o._name for o in ops if waiting[o])[:200])
    return out
