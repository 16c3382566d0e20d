"""Python's search for circles of dead objects, put off while many objects are made that stay."""

import contextlib
import gc

__all__ = ["put_off"]


@contextlib.contextmanager
def put_off():
    """Has Python not look for garbage: planning makes few dead objects, and each look goes through all living ones (0.4 of planning's time)."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
