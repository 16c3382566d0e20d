"""How many processors this process may use."""

import os

__all__ = ["threads"]


def threads():
    """How many processors this process may use; XLA starts as many threads."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
