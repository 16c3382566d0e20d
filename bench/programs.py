"""What is measured beside networks: runs of little, graphs of many nodes, imports, and what the machine reaches. one.py calls these."""

import concurrent.futures
import importlib
import importlib.metadata
import os
import pathlib

import numpy as np
from nets_tf import module
from one import clocked, peak, timed

__all__ = ["calls", "graph", "imports", "loop", "machine", "size"]


def calls(peer, _, seconds):
    """Microseconds of a run: of a no_op, with a small and a large feed, and of an addition that is fetched."""
    tf = module(peer)
    small, large = tf.placeholder("float32", [10]), tf.placeholder("float32", [4096, 4096])
    idle, more = tf.no_op(), small + 1.0
    few, many = np.ones(10, "f"), np.ones((4096, 4096), "f")
    session = tf.Session()
    runs = {
        "no_op": lambda: session.run(idle),
        "small feed": lambda: session.run(idle, {small: few}),
        "feed of 64 MB": lambda: session.run(idle, {large: many}),
        "addition fetched": lambda: session.run(more, {small: few}),
    }
    return {name: 1e6 * timed(run, seconds / 4, 20)[0] for name, run in runs.items()}


def graph(peer, nodes, _):
    """Seconds and memory for a graph of so many nodes, elementwise ops in a row, each fifth with two constants; after a small step has run."""
    tf = module(peer)
    weight = tf.Variable(np.ones((64, 64), "f"))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(tf.square(tf.matmul(weight, weight))))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train)
    before, x = peak(), tf.placeholder("float32", [8])

    def build():
        y = x
        for _ in range(int(nodes) // 5):
            y = tf.nn.relu(tf.add(tf.multiply(y, 0.5), 0.25))
        return y

    y, built = clocked(build)
    session = tf.Session()
    _, first = clocked(lambda: session.run(y, {x: np.ones(8, "f")}))
    return {"build_s": built, "plan_s": first, "both_s": built + first, "memory_mb": peak(), "more_mb": peak() - before}


def imports(peer, _, __):
    """Seconds of an import in a fresh process."""
    names = {"caudal": "caudal", "tensorflow": "tensorflow.compat.v1", "jax": "jax"}
    _, took = clocked(lambda: importlib.import_module(names.get(peer, "torch")))
    return {"import_s": took}


def loop(peer, work, seconds):
    """Milliseconds a step of many steps from data that is at hand: Caudal's compiled loop, or a loop of runs."""
    from nets_tf import Net

    tf = module(peer)
    net = Net(tf, work)
    net.begin()
    net.step()
    if peer != "caudal":
        return {"step_ms": 1e3 * timed(net.step, seconds)[0], "memory_mb": peak()}
    steps = tf.loop.Steps(net.session, net.train, dict(zip(net.feeds, net.arrays, strict=True)), fetches=net.loss)
    order = np.tile(np.arange(len(net.arrays[0])), (1000 if work == "iris" else 50, 1))
    steps.run(order)
    return {"step_ms": 1e3 * timed(lambda: steps.run(order), seconds, 2)[0] / len(order), "memory_mb": peak()}


# --- the machine ------------------------------------------------------------------------------------------


def machine(peer, _, seconds):
    """GFLOP/s of a large product and GB/s of a copy, the best of a few."""
    rates = _torch_rates if peer.startswith("torch") else _numpy_rates
    return rates(seconds)


_SIDE, _BYTES = 2048, 1 << 28


def _numpy_rates(seconds):
    a, source = np.ones((_SIDE, _SIDE), "f"), np.ones(_BYTES, np.uint8)
    target, cores = np.zeros_like(source), os.cpu_count() or 1
    pairs = list(zip(np.array_split(target, cores), np.array_split(source, cores), strict=True))
    with concurrent.futures.ThreadPoolExecutor(cores) as pool:
        copy = lambda: list(pool.map(lambda pair: np.copyto(*pair), pairs))
        return _rates(lambda: a @ a, copy, seconds)


def _torch_rates(seconds):
    torch = importlib.import_module("torch")
    a, source = torch.ones(_SIDE, _SIDE), torch.ones(_BYTES, dtype=torch.uint8)
    target = torch.zeros_like(source)
    return _rates(lambda: a @ a, lambda: target.copy_(source), seconds)


def _rates(product, copy, seconds):
    gemm, copied = timed(product, seconds / 2)[1], timed(copy, seconds / 2)[1]
    return {"gflops": 2e-9 * _SIDE**3 / gemm, "gb_per_s": 2e-9 * _BYTES / copied}


# --- installed size -----------------------------------------------------------------------------------------


def size(peer, _, __):
    """MB of a distribution and of all that it needs, without extras, as they lie in site-packages."""
    names = {"caudal": "caudal", "tensorflow": "tensorflow-cpu", "jax": "jax"}
    seen, todo = {}, [names.get(peer, "torch")]
    while todo:
        name = todo.pop().lower().replace("_", "-")
        if name not in seen:
            seen[name], needs = _distribution(name)
            todo += needs
    return {"size_mb": sum(seen.values()), "packages": len(seen)}


def _distribution(name):
    """(MB, names of what it needs) of a distribution."""
    from packaging.requirements import Requirement

    found = importlib.metadata.distribution(name)
    files = [pathlib.Path(str(found.locate_file(f))) for f in found.files or ()]
    if name == "caudal":
        files += pathlib.Path(importlib.import_module("caudal").__file__ or "").parent.rglob("*.*")
    needs = [Requirement(text) for text in found.requires or ()]
    return sum(f.stat().st_size for f in set(files) if f.is_file()) / 1e6, [
        r.name for r in needs if r.marker is None or r.marker.evaluate({"extra": ""})
    ]
