"""Measures one network in this process: `python one.py caudal|tensorflow NET [SECONDS]`, and prints a line of JSON."""

import json
import sys
import time

_START = time.perf_counter()


def module(name):
    """The module that is measured."""
    if name == "caudal":
        import caudal

        return caudal
    import tensorflow.compat.v1 as tf

    tf.disable_v2_behavior()
    return tf


def median(values):
    """The middle one."""
    return sorted(values)[len(values) // 2]


def timed(call, seconds):
    """The median time of a call in seconds, over as many as fit."""
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return median(times)


def main(name, net, seconds=3.0):
    """Builds, starts and steps the network."""
    tf = module(name)
    from nets import NETS

    out = {"import_s": time.perf_counter() - _START}
    start = time.perf_counter()
    train, loss, feed = NETS[net](tf)
    out["nodes"], out["build_s"] = len(tf.get_default_graph().get_operations()), time.perf_counter() - start
    session = tf.Session()
    start = time.perf_counter()
    session.run(tf.global_variables_initializer())
    out["init_s"] = time.perf_counter() - start
    start = time.perf_counter()
    out["loss"] = float(session.run([loss, train], feed())[0])
    out["first_step_s"] = time.perf_counter() - start
    out["start_s"] = time.perf_counter() - _START
    out["step_ms"] = 1e3 * timed(lambda: session.run([loss, train], feed()), float(seconds))
    idle = tf.no_op()
    out["no_op_us"] = 1e6 * timed(lambda: session.run(idle), 0.3)
    out["last_loss"] = float(session.run(loss, feed()))
    print(json.dumps(out))


if __name__ == "__main__":
    main(*sys.argv[1:])
