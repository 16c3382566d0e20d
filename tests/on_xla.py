"""What the tests of native kernels share: a function run on XLA, and arrays held to each other."""

import jax
import numpy as np
from hypothesis import strategies as st

import caudal.backend.compiled  # noqa: F401  # sets up JAX, which is used here directly

SEEDS = st.integers(0, 2**20).map(np.random.RandomState)


def twice(function, *arrays):
    """What a function of arrays gives on XLA, the same bits twice."""
    program = jax.jit(function)
    one, two = (jax.tree.leaves(jax.tree.map(np.asarray, program(*arrays))) for _ in range(2))
    jax.tree.map(np.testing.assert_array_equal, one, two)
    return one


def near(found, wanted, tolerance=2e-5):
    """Holds an array to another, within a part of each number or of the greatest."""
    np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance * max(1, np.abs(wanted).max(initial=0)))
