"""What a step must take at least on this machine: its arithmetic at the rate of a large product, its bytes at the rate of a copy."""

from works import WORKS

__all__ = ["floor", "rates"]


def rates(records):
    """(GFLOP/s, GB/s): the best that anyone reached in this run; None without a measurement."""
    found = [r["figures"] for r in records if r["kind"] == "machine" and "figures" in r]
    return (max(f["gflops"] for f in found), max(f["gb_per_s"] for f in found)) if found else None


def floor(work, reached):
    """(milliseconds of its arithmetic, of its bytes) of a step; the floor is the greater, since both may go on at once."""
    gflops, gb_per_s = reached
    return WORKS[work].flops() / gflops / 1e6, WORKS[work].bytes() / gb_per_s / 1e6
