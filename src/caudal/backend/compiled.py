"""The namespace B on XLA: the one door to JAX. What is not named here is jax.numpy's function of that name."""

import functools
import mmap

import jax
import jax.numpy as jnp
import jax.scipy.special
import numpy as np
from jax import lax
from jax.experimental.xla_metadata import set_xla_metadata

from . import disk_cache, memory, native, native_train
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
from .products import matmul, packed, product  # noqa: F401  # part of B

jax.config.update("jax_enable_x64", True)
jax.config.update(
    "jax_cpu_enable_async_dispatch", False
)  # a run waits for its steps anyway, and waking a thread takes longer than a small one
jax.config.update("jax_traceback_filtering", "off")  # or it adds a note of its own to a node's error
Failed = jax.errors.JaxRuntimeError

compiled = True
xp = jnp


def accelerators():
    """How many GPUs this process can use."""
    return sum(device.platform == "gpu" for device in jax.local_devices())


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
    return lax.scan(step, carry, along, reverse=reverse)


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
    """Traces `function` and computes nothing; arguments are arrays, or have a shape and a dtype."""
    return jax.eval_shape(function, *args)


# --- what the run floor needs of JAX -----------------------------------------------------------------


def most_gathered():
    """How many arrays `gather` may join: XLA's own compiling takes longer than it saves with many (7.8 s with 210)."""
    return 500 if native.ready() else 48


def gather(arrays):
    """The elements of arrays of one dtype, one array after the other."""
    return native_train.gather(arrays) if native.ready() else jnp.concatenate([x.reshape(-1) for x in arrays])


def scatter(flat, shapes):
    """The arrays of these shapes that `gather` joined."""
    if native.ready():
        return native_train.scatter(flat, shapes)
    ends = np.cumsum([0, *(int(np.prod(shape)) for shape in shapes)]).tolist()
    return [flat[a:b].reshape(shape) for a, b, shape in zip(ends, ends[1:], shapes, strict=False)]


def jit(function, donate, small=False, short=False, convolves=False, loops=False, tiny=False):
    """`function` compiled.

    Args:
      function: of arrays and nests of arrays.
      donate: positions of arguments whose buffers may be reused.
      small: whether it does so little that threads would cost more than they save.
      short: whether it has few operations.
      convolves: whether there are convolutions in it.
      loops: whether there are loops in it.
      tiny: whether it is to be one kernel, as is best where XLA would take longer to go from kernel to kernel than in them.
    """
    _prepare()
    options = {}
    if jax.default_backend() == "cpu":
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
    return jax.jit(function, donate_argnums=donate, compiler_options=options)


def one_kernel(function):
    """The same function, as a call that XLA makes one kernel of: an Iris step takes half of the time, in a loop a third; an LSTM's gates,
    which are ten kernels else, a third."""
    if jax.default_backend() != "cpu":
        return function

    def call(*args):
        with native.left_alone(), set_xla_metadata(inlineable="false", xla_cpu_small_call="true"):
            return jax.jit(function)(*args)

    return call


@functools.cache
def _prepare():
    """Has freed memory kept for the next step, and compiled programs on disk, so that the next process need not compile them."""
    memory.keep_freed()
    if jax.config.jax_compilation_cache_dir is None and (folder := disk_cache.folder()) is not None:
        jax.config.update("jax_compilation_cache_dir", folder)
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def trace(function, *args, tiny=False):
    """Traces `function`: gives one that does the same for such arguments, without running its Python again."""
    traced = jax.jit(function, inline=True)
    with native.left_alone(tiny):
        jax.eval_shape(traced, *args)
    return traced


def on_device(x):
    """A copy of a NumPy array that is the device's own, so that its buffer may be given away."""
    return jax.device_put(x, may_alias=False)


def is_array(x):
    """Whether `x` is an array on a device."""
    return isinstance(x, jax.Array)


def beside(call, *args):
    """Bytes that a function that `jit` gave, and that ran with such arguments, takes beside them: its results and what it holds meanwhile."""
    size = call.lower(*args).compile().memory_analysis()
    return size.temp_size_in_bytes + size.output_size_in_bytes - size.alias_size_in_bytes if size is not None else 0


def check_room(size):
    """Looks whether there are `size` bytes of memory: a run that finds too little has given its buffers away by then.

    Raises:
      Failed: there aren't.
    """
    if not _has_room(size):
        raise Failed(f"RESOURCE_EXHAUSTED: Out of memory allocating {size} bytes.")


def _has_room(size):
    if jax.default_backend() != "cpu":
        known = jax.local_devices()[0].memory_stats() or {}
        return size <= known.get("bytes_limit", np.inf) - known.get("bytes_in_use", 0)
    try:
        mmap.mmap(-1, size, **_PRIVATE).close()
    except OSError:
        return False
    return True


_PRIVATE = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_PRIVATE") else {}


def wait(x):
    """Waits until `x` is computed."""
    return jax.block_until_ready(x)
