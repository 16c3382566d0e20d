"""Linear algebra made of other nodes, some of it with branches and loops: norms, least squares, pseudo-inverse, exponential."""

import numpy as np

from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.graph import Tensor
from ..graph.scopes import control_dependencies, name_scope
from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import need
from ..ops.asserts import assert_rank_at_least
from ..ops.basic import constant, identity
from ..ops.elementwise import NODES, PLAIN, abs, cast, conj, pow, sqrt
from ..ops.fill import range_
from ..ops.join import concat
from ..ops.linalg import cholesky, cholesky_solve, matrix_solve, svd
from ..ops.matmul import matmul
from ..ops.matrices import eye, matrix_transpose
from ..ops.reduce import both, reduce_max, reduce_sum
from ..ops.shape import expand_dims, rank, reshape, shape, size, squeeze, transpose
from ..ops.slicing import where, where_v2
from ..ops.stitch import set_diff
from .cond import cond
from .functional import map_fn
from .while_loop import while_loop

__all__ = ["expm", "matrix_solve_ls", "norm", "pinv"]


# --- norms --------------------------------------------------------------------------------------------

_MATRIX_NORMS = ["euclidean", "fro", 1, 2, np.inf]
_VECTOR_NORMS = ["euclidean", 1, 2, np.inf]


def _check_norm(order, axis):
    """The axes as a tuple (None: all of them), and whether it is the norm of a matrix."""
    words = "'axis' must be None, an integer, or a tuple of 2 unique integers"
    if isinstance(axis, (tuple, list)) and len(axis) == 2:
        axis = tuple(axis)
        need(all(isinstance(a, (int, np.integer)) for a in axis) and axis[0] != axis[1], words)
        need(order in _MATRIX_NORMS, f"'ord' must be a supported matrix norm in {_MATRIX_NORMS}, got {order}")
        return axis, True
    need(axis is None or isinstance(axis, (int, np.integer)), words)
    known = order in _VECTOR_NORMS or (np.isreal(order) and order > 0)
    need(known, f"'ord' must be a supported vector norm, got {order}")
    return None if axis is None else (axis,), False


@export("norm", "linalg.norm")
def norm(tensor, ord="euclidean", axis=None, keepdims=None, name=None, keep_dims=None):
    """The norm of vectors or matrices.

    Args:
      tensor: of a float or complex dtype.
      ord: "euclidean" ("fro" for matrices), 1, 2, infinity, or for vectors any number above 0.
      axis: an int for vectors, two for matrices; None for all elements as one vector.
      keepdims: whether the dimensions stay, with size 1.
      name: the scope's name.
      keep_dims: the older name of `keepdims`.

    Raises:
      ValueError: another `ord` or `axis`.
    """
    _, keep = both(None, None, keepdims, keep_dims)
    axis, of_matrix = _check_norm(ord, axis)
    with name_scope(name, "norm", [tensor]):
        tensor = convert_to_tensor(tensor)
        if of_matrix and ord == 2:
            result = _spectral(tensor, axis)
        elif ord in ("fro", "euclidean", 2):
            result = sqrt(reduce_sum(tensor * conj(tensor), axis, keepdims=True))
        else:
            result = _other_norm(abs(tensor), ord, axis, of_matrix)
        return result if keep else squeeze(result, axis)


def _other_norm(size, order, axis, of_matrix):
    first = None if axis is None else axis[0]
    if order == 1:
        total = reduce_sum(size, first, keepdims=True)
        return reduce_max(total, axis[-1], keepdims=True) if of_matrix else total
    if order == np.inf:
        size = reduce_sum(size, axis[1], keepdims=True) if of_matrix else size
        return reduce_max(size, first, keepdims=True)
    return pow(reduce_sum(pow(size, order), axis, keepdims=True), 1.0 / order)


def _spectral(tensor, axis):
    """The greatest singular values of the matrices along two axes, which are brought to the end and back."""
    n = rank(tensor)
    at = map_fn(lambda k: cond(k >= 0, lambda: k, lambda: k + n), convert_to_tensor(axis))
    every = range_(n)
    order = concat([set_diff(every, at)[0], at], axis=0)
    back = map_fn(lambda k: cast(squeeze(where(NODES["Equal"](order, k))), dtype=dtypes.int32), every)
    values = svd_node(transpose(tensor, perm=order), compute_uv=False)[0]
    greatest = expand_dims(reduce_max(abs(values), axis=-1, keepdims=True), axis=-1)
    return transpose(greatest, perm=back)


svd_node = define("Svd")


@export("linalg.normalize")
def normalize(tensor, ord="euclidean", axis=None, name=None):
    """(`tensor` over its norm, the norm); the arguments are those of `norm`."""
    with name_scope(name, "normalize", [tensor]):
        tensor = convert_to_tensor(tensor)
        length = cast(norm(tensor, ord, axis, keepdims=True), tensor._dtype)
        return tensor / length, length


# --- least squares ------------------------------------------------------------------------------------


def _lower_ls(B, matrix, rhs, l2, *, fast):
    flip = lambda x: B.conj(B.swapaxes(x, -1, -2))  # noqa: E731
    if not fast:
        return B.matmul(B.linalg.pinv(matrix), rhs)
    high, turned = matrix.shape[-2] >= matrix.shape[-1], flip(matrix)
    gram = turned @ matrix if high else matrix @ turned
    gram = gram + l2.astype(matrix.dtype) * np.eye(gram.shape[-1], dtype=matrix.dtype)
    return B.linalg.solve(gram, turned @ rhs) if high else turned @ B.linalg.solve(gram, rhs)


def _infer_ls(matrix, rhs, l2):
    a, b = shapes.with_rank_at_least(matrix.dims, 2), shapes.with_rank_at_least(rhs.dims, 2)
    shapes.with_rank(l2.dims, 0)
    if a is None or b is None:
        return [None]
    shapes.merge_dim(a[-2], b[-2])
    return [(*shapes.merge(a[:-2], b[:-2]), a[-1], b[-1])]


def _ls_slope(op, dy):
    """Source: the normal equations, differentiated."""
    if not op.attrs["fast"]:
        raise ValueError("Gradient not defined for fast=False")
    a, b, l2 = op.inputs
    l2 = cast(l2, a._dtype.base_dtype)
    return [*_by_height(a, lambda: _slope_high(a, b, op.outputs[0], l2, dy), lambda: _slope_wide(a, b, l2, dy)), None]


def _slope_high(a, b, x, l2, dy):
    z = cholesky_solve(_gram(a, l2, True), dy)
    product = matmul(x, z, adjoint_b=True)
    both_ways = product + matrix_transpose(product)
    return -matmul(a, both_ways) + matmul(b, z, adjoint_b=True), matmul(a, z)


def _slope_wide(a, b, l2, dy):
    factor = _gram(a, l2, False)
    by_b = cholesky_solve(factor, matmul(a, dy))
    inner = cholesky_solve(factor, b)
    first = -matmul(by_b, matmul(inner, a, adjoint_a=True))
    rest = dy - matmul(a, by_b, adjoint_a=True)
    return first + matmul(inner, rest, adjoint_b=True), by_b


ls_node = define("MatrixSolveLs", infer=_infer_ls, lower=_lower_ls, grad=_ls_slope)


def _by_height(matrix, high, wide):
    """`high()` for a matrix with at least as many rows as columns, else `wide()`; a branch if that is not known."""
    last = None if matrix.dims is None else matrix.dims[-2:]
    if shapes.known(last):
        return high() if last[0] >= last[1] else wide()
    sizes = shape(matrix)[-2:]
    return cond(sizes[-2] >= sizes[-1], high, wide)


def _gram(matrix, l2, first):
    """The Cholesky factor of A* A (`first`) or A A*, with `l2` added to its diagonal."""
    gram = matmul(matrix, matrix, adjoint_a=first, adjoint_b=not first)
    if isinstance(l2, Tensor) or l2 != 0:
        sizes = shape(matrix)
        batch = sizes[:-2]
        small = sizes[-1] if first else sizes[-2]
        one = eye(small, batch_shape=batch, dtype=matrix._dtype)
        n = matrix.shape[-1 if first else -2]
        one.set_shape(matrix.shape[:-2].concatenate([n, n]))
        gram += l2 * one
    return cholesky(gram)


_CACHE = 256_000  # bytes of matrices above which 1.15 lets one kernel solve many small systems


def _composed(fast, matrix):
    if not fast:
        return False
    dims = matrix.dims
    if not shapes.known(dims):
        return True
    many = int(np.prod(dims[:-2])) > min(dims[-2:])
    return not (many and int(np.prod(dims)) * matrix._dtype.size > _CACHE)


@export("matrix_solve_ls", "linalg.lstsq")
def matrix_solve_ls(matrix, rhs, l2_regularizer=0.0, fast=True, name=None):
    """The x for which |`matrix` x - `rhs`|^2 + l2 |x|^2 is least.

    Args:
      matrix: `[..., m, n]`.
      rhs: `[..., m, k]`.
      l2_regularizer: float64 scalar.
      fast: by Cholesky of the normal equations; otherwise slower, also for matrices without full rank, without l2.
      name: the node's or scope's name.

    Returns:
      `[..., n, k]`.
    """
    matrix, rhs = convert_to_tensor(matrix, name="matrix"), convert_to_tensor(rhs, name="rhs")
    if not _composed(fast, matrix):
        return ls_node(matrix, rhs, l2_regularizer, fast=fast, name=name)
    with name_scope(name, "matrix_solve_ls", [matrix, rhs, l2_regularizer]):
        return _by_height(
            matrix,
            lambda: cholesky_solve(_gram(matrix, l2_regularizer, True), matmul(matrix, rhs, adjoint_a=True)),
            lambda: matmul(matrix, cholesky_solve(_gram(matrix, l2_regularizer, False), rhs), adjoint_a=True),
        )


# --- by singular values -------------------------------------------------------------------------------


def _checked(a, validate):
    """`a`, a float matrix; with `validate` its rank is looked at when it runs."""
    need(a._dtype.is_floating, f"Input `a` must have `float`-like `dtype` (saw {a._dtype.name}).", kind=TypeError)
    words = "Input `a` must have at least 2 dimensions"
    if a.rank is not None:
        need(a.rank >= 2, f"{words} (saw: {a.rank}).")
    elif validate:
        with control_dependencies([assert_rank_at_least(a, rank=2, message=f"{words}.")]):
            return identity(a)
    return a


@export("linalg.matrix_rank")
def matrix_rank(a, tol=None, validate_args=False, name=None):
    """How many singular values of matrices are above `tol`.

    Args:
      a: float `[..., m, n]`.
      tol: the bound; max(m, n) times the greatest singular value times the dtype's precision by default.
      validate_args: whether to check the rank when it runs.
      name: the scope's name.

    Returns:
      int32 `[...]`.
    """
    with name_scope(name or "matrix_rank"):
        a = _checked(convert_to_tensor(a, dtype_hint=dtypes.float32, name="a"), validate_args)
        values = svd(a, compute_uv=False)
        if tol is None:
            last = None if a.dims is None else a.dims[-2:]
            longest = np.max(last) if shapes.known(last) else reduce_max(shape(a)[-2:])
            least = np.finfo(a.dtype.as_numpy_dtype).eps
            tol = least * cast(longest, a._dtype) * reduce_max(values, axis=-1, keepdims=True)
        return reduce_sum(cast(values > tol, dtypes.int32), axis=-1)


def _cut(a):
    """Below which part of the greatest a singular value counts as zero."""
    kind = a.dtype.as_numpy_dtype
    whole = shape(a) if a.dims is None else None
    rows, columns = (shape(a)[k] if whole is not None or a.dims[k] is None else a.dims[k] for k in (-2, -1))
    if isinstance(rows, int) and isinstance(columns, int):
        longest = float(max(rows, columns))
    else:
        longest = cast(PLAIN["Maximum"](rows, columns), a._dtype)
    return 10.0 * longest * np.finfo(kind).eps


@export("linalg.pinv")
def pinv(a, rcond=None, validate_args=False, name=None):
    """The Moore-Penrose pseudo-inverses of matrices `[..., m, n]`, as `[..., n, m]`.

    Args:
      a: the matrices, of a float dtype.
      rcond: singular values below this times the greatest count as zero.
      validate_args: whether to check the rank when it runs.
      name: the scope's name.
    """
    with name_scope(name or "pinv"):
        a = _checked(convert_to_tensor(a, name="a"), validate_args)
        kind = a.dtype.as_numpy_dtype
        rcond = convert_to_tensor(_cut(a) if rcond is None else rcond, dtype=a._dtype, name="rcond")
        s, u, v = svd(a, full_matrices=False, compute_uv=True)
        limit = rcond * reduce_max(s, axis=-1)
        s = where_v2(s > expand_dims(limit, -1), s, np.array(np.inf, kind))
        made = matmul(v / expand_dims(s, -2), u, adjoint_b=True)
        if a.dims is not None:
            made.set_shape((*a.dims[:-2], a.dims[-1], a.dims[-2]))
        return made


# --- the exponential ----------------------------------------------------------------------------------

_PADE = {  # coefficients of the approximants, by degree
    3: [120.0, 60.0, 12.0],
    5: [30240.0, 15120.0, 3360.0, 420.0, 30.0],
    7: [17297280.0, 8648640.0, 1995840.0, 277200.0, 25200.0, 1512.0, 56.0],
    9: [17643225600.0, 8821612800.0, 2075673600.0, 302702400.0, 30270240.0, 2162160.0, 110880.0, 3960.0, 90.0],
    13: [
        64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0, 129060195264000.0, 10559470521600.0,
        670442572800.0, 33522128640.0, 1323241920.0, 40840800.0, 960960.0, 16380.0, 182.0,
    ],
}  # fmt: skip
_SINGLE = (3.925724783138660, {3: 4.258730016922831e-001, 5: 1.880152677804762e000, 7: None})
_DOUBLE = (
    5.371920351148152,
    {3: 1.495585217958292e-002, 5: 2.539398330063230e-001, 7: 9.504178996162932e-001, 9: 2.097847961257068e000, 13: None},
)


def _start_pade(matrix, degree):
    """(coefficients, identity, even powers of the matrix)."""
    b = [constant(c, matrix._dtype) for c in _PADE[degree]]
    one = eye(shape(matrix)[-2], batch_shape=shape(matrix)[:-2], dtype=matrix._dtype)
    square = matmul(matrix, matrix)
    powers = [one, square]
    for _ in range(min(degree, 7) // 2 - 1 + (degree == 9)):
        powers.append(matmul(powers[-1], square))
    return b, powers


def _weighted(b, powers, first):
    """b[first] + b[first + 2] A^2 + ..., the highest power first; a last one without a coefficient counts once."""
    weights = b[first::2]
    top = len(powers) - 1
    total = weights[top] * powers[top] if top < len(weights) else powers[top]
    for k in range(top - 1, -1, -1):
        total = total + weights[k] * powers[k]
    return total


def _pade(matrix, degree):
    """(odd part, even part) of the approximant's numerator."""
    b, powers = _start_pade(matrix, degree)
    if degree == 13:
        return _pade13(matrix, b, powers)
    odd = _weighted(b, powers, 1)
    u = matmul(matrix, odd)
    return u, _weighted(b, powers, 0)


def _pade13(matrix, b, powers):
    one, a2, a4, a6 = powers
    odd = matmul(a6, a6 + b[11] * a4 + b[9] * a2) + b[7] * a6 + b[5] * a4 + b[3] * a2 + b[1] * one
    u = matmul(matrix, odd)
    even = b[12] * a6 + b[10] * a4 + b[8] * a2
    return u, matmul(a6, even) + b[6] * a6 + b[4] * a4 + b[2] * a2 + b[0] * one


def _choose(length, limits, made):
    """The first of `made` whose limit the norm is below."""
    if len(made) == 1:
        return made[0]
    below = PLAIN["Less"](length, constant(limits[0], length._dtype))
    return where(below, made[0], _choose(length, limits[1:], made[1:]))


@export("linalg.expm")
def expm(input, name=None):
    """The exponentials of square matrices `[..., n, n]`, by scaling, Padé approximation and squaring.

    Raises:
      ValueError: the dtype is no float or complex one.

    Source: Higham, "The scaling and squaring method for the matrix exponential revisited" (2005).
    """
    with name_scope(name, "matrix_exponential", [input]):
        matrix = convert_to_tensor(input, name="input")
        if matrix.dims is not None and matrix.dims[-2:] == (0, 0):
            return matrix
        batch = matrix.shape[:-2]
        batch = batch if batch.is_fully_defined() else shape(matrix)[:-2]
        matrix = reshape(matrix, concat(([-1], shape(matrix)[-2:]), axis=0))
        result = _exponentials(matrix)
        if not matrix.shape.is_fully_defined():
            return reshape(result, concat((batch, shape(result)[-2:]), axis=0))
        return reshape(result, batch.concatenate(result.shape[-2:]))


def _exponentials(matrix):
    """Those of `[n, m, m]`: chosen by norm, then squared as often as each was halved."""
    length = reduce_max(reduce_sum(abs(matrix), axis=size(shape(matrix)) - 2), axis=-1)
    single = matrix._dtype in (dtypes.float16, dtypes.float32, dtypes.complex64)
    known = single or matrix._dtype in (dtypes.float64, dtypes.complex128)
    need(known, f"tf.linalg.expm does not support matrices of type {matrix.dtype}")
    most, limits = _SINGLE if single else _DOUBLE
    const = lambda x: constant(x, length._dtype)  # noqa: E731
    log = PLAIN["Log"]
    times = PLAIN["Maximum"](PLAIN["Floor"](log(length / const(most)) / log(const(2.0))), 0)
    *small, last = limits
    parts = [_pade(matrix, degree) for degree in small]
    halved = pow(constant(2.0, matrix._dtype), cast(times, matrix._dtype))[..., None, None]
    parts.append(_pade(matrix / halved, last))
    bounds = list(limits.values())[:-1]
    u, v = (_choose(length, bounds, [p[k] for p in parts]) for k in (0, 1))
    top = u + v
    result = matrix_solve(-u + v, top)
    most_times = reduce_max(times)
    return while_loop(
        lambda k, r: PLAIN["Less"](k, most_times),
        lambda k, r: (k + 1, where(PLAIN["Less"](k, times), matmul(r, r), r)),
        [const(0.0), result],
    )[1]
