"""Import without the garbage collector looking through all modules again and again: what they make stays. A sixth of the time to import."""

import gc

__all__ = ["done"]

_usual = gc.get_threshold()
gc.set_threshold(1_000_000)  # new objects before it looks: more than all modules make


def done():
    """Keeps what there is out of the collector's sight, and lets it look after what comes."""
    gc.freeze()
    gc.set_threshold(*_usual)
