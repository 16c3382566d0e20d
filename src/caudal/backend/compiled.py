"""The namespace B on XLA, by JAX, which traces and compiles it. What is not named here is jax.numpy's function of that name."""

import functools
import itertools
import re

import jax
import jax.numpy as jnp
import jax.scipy.special
import numpy as np
from jax import lax
from jax.experimental.xla_metadata import set_xla_metadata

from . import device, logs, native, native_train
from .compiled_losses import channel_sums, cross_entropy, half_squares  # noqa: F401  # part of B
from .compiled_norms import batch_norm, batch_norm_grad  # noqa: F401  # part of B
from .compiled_windows import (  # noqa: F401  # part of B
    avg_pool,
    avg_pool_grad,
    conv,
    conv_bias,
    conv_filter_grad,
    conv_input_grad,
    max_pool,
    max_pool_grad,
    max_pool_pick,
    max_pool_relu_grad,
    relu_bias_grad,
)
from .places import add_at, max_at, min_at, multiply_at, set_at, take_clipped  # noqa: F401  # part of B
from .products import dense, matmul, packed, product  # noqa: F401  # part of B

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_traceback_filtering", "off")  # or it adds a note of its own to a node's error
device.lend()
logs.settle()

compiled = True
xp = jnp


def __getattr__(name):
    return getattr(jnp, name)


def cast(x, kind):
    """`x` as elements of the NumPy dtype `kind`; floats to integers go towards zero, as C does."""
    if jnp.iscomplexobj(x) and not np.issubdtype(kind, np.complexfloating):
        x = x.real
    return lax.convert_element_type(x, kind) if x.dtype != kind else x


class Unknown(Exception):
    """A rule asked for a value that is only known when the program runs."""


def known(x):
    """The value of `x` as a NumPy array.

    Raises:
      Unknown: it is decided by the run.
    """
    if isinstance(x, jax.core.Tracer):
        raise Unknown
    return np.asarray(x)


def is_known(x):
    """Whether the value is decided before the run."""
    return not isinstance(x, jax.core.Tracer)


def piece(x, start, size, axis):
    """`size` elements of `x` along `axis`, from `start` on."""
    return lax.dynamic_slice_in_dim(x, start, size, axis)


def within(x, low, high, axis):
    """`x[low:high]` along `axis`; the bounds are plain numbers."""
    return x if (low, high) == (0, x.shape[axis]) else lax.slice_in_dim(x, low, high, axis=axis)


def take_one(x, k, axis):
    """`x[k]` along `axis`, which the result lacks; `k` may be decided by the run."""
    return lax.dynamic_index_in_dim(x, k, axis, keepdims=False)


def over(function, axes, size):
    """`function` of parts of arrays along their `axes`, each of that size: gives the results of all parts, stacked."""
    return jax.vmap(function, in_axes=tuple(axes), axis_size=size)


def barrier(x):
    """`x`; the compiler may not merge what is before it with what is after it."""
    return lax.optimization_barrier(x)


def _direct(quick, general):
    """`quick` of lax for two arrays alike, `general` of jax.numpy for all else: the first traces much faster."""

    @functools.wraps(general)
    def call(x, y):
        if getattr(x, "dtype", None) == getattr(y, "dtype", 0):
            if x.shape == y.shape:
                return quick(x, y)
            if not x.shape:
                return quick(lax.broadcast(x, y.shape), y)
            if not y.shape:
                return quick(x, lax.broadcast(y, x.shape))
        return general(x, y)

    return call


add, subtract, multiply = (
    _direct(getattr(lax, a), getattr(jnp, b)) for a, b in (("add", "add"), ("sub", "subtract"), ("mul", "multiply"))
)
maximum, minimum = _direct(lax.max, jnp.maximum), _direct(lax.min, jnp.minimum)
tanh, exp, log, sqrt = lax.tanh, lax.exp, lax.log, lax.sqrt


rsqrt, sigmoid = lax.rsqrt, lax.logistic
erf, erfc, lgamma, digamma, i0e, i1e = lax.erf, lax.erfc, lax.lgamma, lax.digamma, lax.bessel_i0e, lax.bessel_i1e
betainc = jax.scipy.special.betainc


def _together(function):
    """A function of lax for two arrays that broadcast."""
    return lambda x, y: function(*jnp.broadcast_arrays(x, y))


gammainc, gammaincc, gammainc_slope = _together(lax.igamma), _together(lax.igammac), _together(lax.igamma_grad_a)
gamma_slope, polygamma, zeta = _together(lax.random_gamma_grad), _together(lax.polygamma), _together(lax.zeta)


def cumulative_logaddexp(x, axis):
    """log(cumsum(exp(x))) along an axis."""
    return lax.cumlogsumexp(x, axis=axis)


def triangular_solve(matrix, rhs, lower, adjoint):
    """The solutions of systems whose matrices are triangles; the other halves are not looked at."""
    return lax.linalg.triangular_solve(matrix, rhs, left_side=True, lower=lower, transpose_a=adjoint, conjugate_a=adjoint)


def scan(step, carry, along, reverse=False):
    """`step(carry, parts)` gives (the next carry, a nest of results), for the first parts of the arrays in `along`,
    then the second ones, ...; gives (the last carry, the results stacked). With `reverse` it begins at the end."""
    if not native.ready():
        return lax.scan(step, carry, along, reverse=reverse)
    times = jax.tree.leaves(along)[0].shape[0]
    step = jax.jit(step, inline=True)  # traced once
    _, results = jax.eval_shape(step, carry, jax.tree.map(lambda x: blank(x.shape[1:], x.dtype), along))
    leaves, nest = jax.tree.flatten(results)
    blanks = [unset((times, *x.shape), x.dtype) for x in leaves]

    def body(state):
        i, carry, made = state
        k = times - 1 - i if reverse else i
        carry, results = step(carry, jax.tree.map(lambda x: row(x, k), along))
        return i + 1, carry, jax.tree.map(lambda all_, one: with_row(all_, k, one), made, results)

    _, carry, made = lax.while_loop(lambda state: state[0] < times, body, (np.int32(0), carry, nest.unflatten(blanks)))
    return carry, made


def unset(shape, kind):
    """An array that holds anything, for a loop to fill; no two are the same one to XLA, which would then copy it."""
    return native.call("blank", blank(shape, kind), number=np.int64(next(_unset)))


_unset = itertools.count()


def pointwise(program, dims, *arrays):
    """What a program of pointwise.py gives, by the native kernel.

    Args:
      program: the `Program`.
      dims: shapes of the results.
      arrays: its arguments.
    """
    aliases = {k + program.indexed: k for k in range(program.shared)}
    return native.call("pointwise", [blank(d, np.float32) for d in dims], *arrays, aliases=aliases, code=program.code)


def row(x, index):
    """`x[index]` for an index that only the run knows, and that is not beyond `x`."""
    return lax.dynamic_index_in_dim(x, index, keepdims=False)


def with_row(x, index, value):
    """A copy of `x` with `value` at `index`."""
    return lax.dynamic_update_index_in_dim(x, jnp.asarray(value, x.dtype), index, 0)


def put(x, part, start):
    """A copy of `x` with `part` in it from `start` on, an index for each axis."""
    return lax.dynamic_update_slice(x, part, [jnp.asarray(k, jnp.int32) for k in start])


def cond(pred, on_true, on_false):
    """What one of two functions of nothing gives."""
    return lax.cond(pred, on_true, on_false)


def while_loop(goes_on, body, start):
    """The values after `body`, again and again while `goes_on` is true; both take the values apart."""
    return lax.while_loop(lambda values: goes_on(*values), lambda values: body(*values), start)


def blank(shape, kind):
    """What is known of an array before the run: its shape and dtype."""
    return jax.ShapeDtypeStruct(shape, kind)


def shapes(function, *args):
    """Traces `function` and computes nothing; arguments are nests of what has a shape and a dtype."""
    return jax.eval_shape(function, *_blanks(args))


def _blanks(args):
    return jax.tree.map(lambda x: blank(x.shape, x.dtype), args)


# --- what the run floor needs of JAX -----------------------------------------------------------------


def gather(arrays):
    """The elements of arrays of one dtype, one array after the other."""
    return native_train.gather(arrays) if native.ready() else jnp.concatenate([x.reshape(-1) for x in arrays])


def scatter(flat, shapes):
    """The arrays of these shapes that `gather` joined."""
    if native.ready():
        return native_train.scatter(flat, shapes)
    ends = np.cumsum([0, *(int(np.prod(shape)) for shape in shapes)]).tolist()
    return [flat[a:b].reshape(shape) for a, b, shape in zip(ends, ends[1:], shapes, strict=False)]


def program(function, args, donate=(), small=False, short=False, convolves=False, loops=False, tiny=False):
    """`function` compiled: a `device.Program` that takes its arrays one after the other, and gives its results so.

    Args:
      function: of arrays and nests of arrays.
      args: its arguments, with a `device.Spec` for each array.
      donate: positions of arguments whose buffers may be reused.
      small: whether it does so little that threads would cost more than they save.
      short: whether it has few operations.
      convolves: whether there are convolutions in it.
      loops: whether there are loops in it.
      tiny: whether it is to be one kernel, as is best where XLA would take longer to go from kernel to kernel than in them.
    """
    options = {}
    if device.platform() == "cpu":
        # LLVM's first level makes vectors of loops too: large nets compile in 0.6 to 0.9 of the time, and run as fast
        options["xla_backend_optimization_level"] = 1
        if small or loops:  # one op after another: 34 dense layers compile in 0.35 of the time
            options["xla_cpu_scheduler_type"] = "CPU_SCHEDULER_TYPE_MEMORY_OPTIMIZED"
        if small:  # one thread, and plain loops for products: an Iris step takes 0.8 of the time
            options["xla_cpu_multi_thread_eigen"] = False
        general = small and not (
            tiny or loops or convolves
        )  # XLA's own choice: a net of four layers compiles in 0.2 to 0.4 of the time
        if (short or loops) and not general:  # the older emitters: Iris compiles in 0.65 of the time, lenet and LSTM in 0.75
            options["xla_cpu_use_fusion_emitters"] = False
        if (small or convolves or loops) and not general:  # without YNNPACK tfnet and vishnet take 0.7 of the time, an NTM 0.85
            options["xla_cpu_experimental_ynn_fusion_type"] = ""
    function = one_kernel(function) if tiny else function
    lowered = jax.jit(function, donate_argnums=donate).lower(*_blanks(args))
    gives = [device.Spec(x.shape, x.dtype) for x in jax.tree.leaves(lowered.out_info)]
    calls = {name for name in _CALLS.findall(lowered.as_text()) if not name.startswith(_KNOWN)}
    return device.compiled(lowered.compile(compiler_options=options), jax.tree.leaves(args), gives, calls)


_CALLS = re.compile(r"custom_call @([\w.$]+)")
_KNOWN = ("caudal_", "mhlo.", "chlo.")  # our own kernels, and ops of XLA


def one_kernel(function):
    """The same function, as a call that XLA makes one kernel of: an Iris step takes half of the time, in a loop a third; an LSTM's gates,
    which are ten kernels else, a third."""
    if device.platform() != "cpu":
        return function

    def call(*args):
        with native.left_alone(), set_xla_metadata(inlineable="false", xla_cpu_small_call="true"):
            return jax.jit(function)(*args)

    return call


def trace(function, *args, tiny=False):
    """Traces `function` for nests of `device.Spec`s: gives one that does the same for such arguments, without running its Python again."""
    traced = jax.jit(function, inline=True)
    with native.left_alone(tiny):
        jax.eval_shape(traced, *_blanks(args))
    return traced
