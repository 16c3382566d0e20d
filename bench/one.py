"""Measures one thing in this process and prints a line of JSON: `python one.py KIND PEER WHAT SECONDS`.

KIND is `net` (WHAT: a work of works.py), `check` (its first losses, from given weights), `loop` (a compiled loop over its steps), `calls` (runs of
little), `graph` (WHAT: how many nodes), `imports`, `size`, or `machine` (what it reaches). PEER is caudal, caudal-bfloat16, tensorflow, jax, or torch-VARIANT.
"""

import json
import sys
import time

_START = time.perf_counter()

import importlib  # noqa: E402
import resource  # noqa: E402


def peak():
    """The most memory that this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(call, seconds, least=5):
    """(median, least) time of a call in seconds, over as many as fit."""
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < least:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return sorted(times)[len(times) // 2], min(times)


def clocked(call):
    """(what a call gives, its time in seconds)."""
    start = time.perf_counter()
    made = call()
    return made, time.perf_counter() - start


def maker(peer):
    """A function of (work, keep) that builds a network of the peer, which is imported now."""
    if peer.startswith("torch-"):
        nets = importlib.import_module("nets_torch")
        return lambda work, keep=True: nets.Net(work, peer.removeprefix("torch-"), keep)
    if peer == "jax":
        return importlib.import_module("nets_jax").Net
    nets = importlib.import_module("nets_tf")
    tf = nets.module(peer)
    return lambda work, keep=True: nets.Net(tf, work, keep)


def net(peer, work, seconds):
    """Builds, starts and steps a network."""
    make, out = maker(peer), {}
    out["import_s"] = time.perf_counter() - _START
    made, out["build_s"] = clocked(lambda: make(work))
    _, out["init_s"] = clocked(made.begin)
    _, out["first_step_s"] = clocked(made.step)
    out["start_s"] = time.perf_counter() - _START
    out["parameters"] = made.parameters()
    if hasattr(made, "nodes"):
        out["nodes"] = made.nodes()
    median, least = timed(made.step, seconds)
    return {**out, "step_ms": 1e3 * median, "step_least_ms": 1e3 * least, "memory_mb": peak()}


def check(peer, work, _):
    """The losses of three steps from given weights, without dropout and with fixed noise."""
    import numpy as np
    from works import WORKS

    made = maker(peer)(work, False)
    made.begin()
    made.load(WORKS[work].weights())
    extra = made.penalty if hasattr(made, "penalty") else lambda: 0.0
    if WORKS[work].optimizer is None:
        return {"losses": np.abs(made.step()).mean(0).tolist(), "parameters": made.parameters()}
    return {"losses": [extra() + float(made.step()) for _ in range(3)], "parameters": made.parameters()}


KINDS = {"net": net, "check": check}


def main(kind, peer, what="-", seconds="2"):
    """Measures."""
    if kind not in KINDS:
        KINDS[kind] = getattr(importlib.import_module("programs"), kind)
    print(json.dumps(KINDS[kind](peer, what, float(seconds))))


if __name__ == "__main__":
    main(*sys.argv[1:])
