"""Which seeds an op has: TF 1.x's rules."""

__all__ = ["resolve"]

_DEFAULT = 87654321  # the graph's, where only the op has one
_MOST = 2**31 - 1


def resolve(graph_seed, op_seed, last_id):
    """(seed, seed2) of an op made after `last_id` nodes; (None, None) if neither graph nor op has one."""
    if graph_seed is not None:
        pair = graph_seed, last_id if op_seed is None else op_seed
    elif op_seed is not None:
        pair = _DEFAULT, op_seed
    else:
        return None, None
    pair = tuple(_truncate(s) for s in pair)
    return (0, _MOST) if pair == (0, 0) else pair


def _truncate(seed):
    return seed % _MOST
