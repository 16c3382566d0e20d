"""Decorators of tests that TensorFlow runs twice, with a graph and eagerly: here with a graph, as there is nothing else."""

import functools
import unittest

__all__ = ["run_all_in_graph_and_eager_modes", "run_in_graph_and_eager_modes"]


def run_in_graph_and_eager_modes(func=None, config=None, use_gpu=True, reset_test=True, assert_no_eager_garbage=False):
    """Decorator: the test runs within a session of its own graph; eager execution is not made.

    Args:
      func: the test's method; without it, a decorator is given.
      config: the session's.
      use_gpu: whether a GPU may be used.
      reset_test, assert_no_eager_garbage: accepted; they are for the second run.

    Raises:
      ValueError: what is decorated is a class.
    """
    if func is None:
        return functools.partial(run_in_graph_and_eager_modes, config=config, use_gpu=use_gpu)
    if isinstance(func, type):
        raise ValueError(
            "`run_in_graph_and_eager_modes` only supports test methods. Did you mean to use `run_all_in_graph_and_eager_modes`?"
        )

    @functools.wraps(func)
    def decorated(self, *args, **kwargs):
        try:
            with self.test_session(use_gpu=use_gpu, config=config):
                func(self, *args, **kwargs)
        except unittest.SkipTest:
            pass

    return decorated


def run_all_in_graph_and_eager_modes(cls):
    """Decorator: `run_in_graph_and_eager_modes` for each test of a class."""
    for name in [n for n in dir(cls) if n.startswith("test") and n not in ("test_session", "testSkipEager")]:
        if callable(getattr(cls, name)):
            setattr(cls, name, run_in_graph_and_eager_modes(getattr(cls, name)))
    return cls
