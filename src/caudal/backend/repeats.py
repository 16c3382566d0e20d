"""Many steps as one function, and batches taken from arrays that stay on the device."""

import jax.numpy as jnp
from jax import lax

__all__ = ["repeated", "rows_of"]


def repeated(step, batched):
    """A function that makes many steps.

    Args:
      step: function of (inputs, state, kept) that gives (outputs, next state).
      batched: for each input of the step, whether it is rows of an array, others in each step.

    Returns:
      A function of (inputs, rows, state, kept, times, every, made): arrays, or where `batched` arrays to take rows from; int `[n, batch]`, a
      step's rows; the state; what steps only read; two numbers; and for each output an array `[m, ...]`. It makes `times` times `every` steps
      (at most n; `times` at most m), and gives (the next state, `made` with the outputs of each last of `every` steps).
    """

    def one(k, inputs, rows, state, kept):
        index = lax.dynamic_index_in_dim(rows, k, keepdims=False)
        taken = [_rows(x, index) if rowwise else x for x, rowwise in zip(inputs, batched, strict=True)]
        return step(lax.optimization_barrier(taken), state, kept)

    def run(inputs, rows, state, kept, times, every, made):
        def block(g, carry):
            state, made = carry

            def body(k, carry):
                outs, new = one(k, inputs, rows, carry[0], kept)
                return new, outs

            blank = [jnp.zeros(x.shape[1:], x.dtype) for x in made]
            state, outs = lax.fori_loop(g * every, (g + 1) * every, body, (state, blank))
            return state, [lax.dynamic_update_index_in_dim(x, out, g, 0) for x, out in zip(made, outs, strict=True)]

        return lax.fori_loop(0, times, block, (state, made))

    return run


def _rows(x, rows):
    return jnp.take(x, rows, axis=0, mode="clip")


def rows_of(arrays, rows):
    """Those rows of each of some arrays; who asks has seen to it that there are such rows."""
    return [_rows(x, rows) for x in arrays]
