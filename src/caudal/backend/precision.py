"""The precision of products of matrices and of convolutions: float32, or factors rounded to bfloat16 with sums in float32.

Rounding halves what a product reads, and processors that multiply bfloat16 numbers do several at once.
"""

import contextlib
import pathlib
import threading

import numpy as np

from ..ground.late import Late
from . import device

__all__ = ["FACTORS", "choose", "chosen", "has_bfloat16", "is_low", "rounded", "slope", "using"]

jax, jnp, lax, core = map(Late, ("jax", "jax.numpy", "jax.lax", "jax.extend.core"))
FACTORS = ("float32", "bfloat16")
_asked = ["float32"]
_thread = threading.local()
_FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}  # as Linux names them on x86 and on Arm


def choose(kind):
    """Sets what sessions that are made from now on take."""
    _asked[0] = kind


def chosen():
    """What a session that is made now takes, one of `FACTORS`."""
    return _asked[0]


@contextlib.contextmanager
def using(kind):
    """Under it, this thread traces products of such factors."""
    before = getattr(_thread, "kind", "float32")
    _thread.kind = kind
    try:
        yield
    finally:
        _thread.kind = before


def is_low(*arrays):
    """Whether a product of these arrays is one of rounded factors: float32 alone is ever rounded."""
    return getattr(_thread, "kind", "float32") == "bfloat16" and all(x.dtype == np.float32 for x in arrays)


def rounded(x):
    """`x` as bfloat16."""
    return lax.convert_element_type(x, jnp.bfloat16)


def slope(function, shape, dy):
    """The slope of a linear function by its float32 argument; convolutions in it take their factors rounded."""
    transposed = jax.linear_transpose(function, jax.ShapeDtypeStruct(shape, np.float32))
    closed = jax.make_jaxpr(transposed)(jax.ShapeDtypeStruct(dy.shape, dy.dtype))
    env = dict(zip(closed.jaxpr.constvars, closed.consts, strict=True)) | {closed.jaxpr.invars[0]: dy}
    read = lambda v: v.val if isinstance(v, core.Literal) else env[v]  # noqa: E731
    for eqn in closed.jaxpr.eqns:
        values, params = list(map(read, eqn.invars)), eqn.params
        if eqn.primitive is lax.conv_general_dilated_p:
            values, params = list(map(rounded, values)), params | {"preferred_element_type": np.dtype(np.float32)}
        made = eqn.primitive.bind(*values, **params)
        env.update(zip(eqn.outvars, made if eqn.primitive.multiple_results else [made], strict=True))
    return read(closed.jaxpr.outvars[0])


def has_bfloat16():
    """Whether the device multiplies bfloat16 numbers itself, as far as can be told."""
    if device.platform() != "cpu":
        return True
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:
        return False
    return any(not _FLAGS.isdisjoint(line.partition(":")[2].split()) for line in lines if line.startswith(("flags", "Features")))
