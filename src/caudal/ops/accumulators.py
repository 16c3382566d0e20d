"""Accumulators: gradients of several workers, added up until there are enough of them; stale ones are left out."""

import numpy as np

from ..graph.composite import IndexedSlices
from ..graph.convert import convert
from ..graph.define import define
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import InvalidArgumentError
from ..ground.shapes import TensorShape, text, unknown_shape
from .elementwise import cast

__all__ = ["ConditionalAccumulator", "ConditionalAccumulatorBase", "SparseConditionalAccumulator"]


# --- at run time ----------------------------------------------------------------------------------------


class _Accumulator:
    """Dense gradients: their sum and number, and the step that they have to be of."""

    def __init__(self, halt, op):
        self.halt, self.condition = halt, halt.condition()
        self.shape, self.mean = op.attrs["shape"], op.attrs["reduction_type"] == b"MEAN"
        self.step = self.count = 0
        self.clear()

    def clear(self):
        """Begins a new sum."""
        self.sum = None

    def add(self, step, *gradient):
        """Takes a gradient, unless it is of an older step."""
        with self.condition:
            if step < self.step:
                return
            self.take_in(*gradient)
            self.count += 1
            self.condition.notify_all()

    def take_in(self, gradient):
        """Adds to the sum."""
        self._check(gradient.shape)
        self.sum = gradient.copy() if self.sum is None else self.sum + gradient

    def _check(self, seen):
        want = self.shape
        if want is not None and (len(want) != len(seen) or any(a not in (None, b) for a, b in zip(want, seen, strict=True))):
            raise InvalidArgumentError(None, None, f"Shape mismatch: expected {text(want)}, got {text(seen)}")

    def take(self, n):
        """The mean or sum of at least n gradients, as soon as there are so many; the step goes on by one."""
        if n <= 0:
            raise InvalidArgumentError(None, None, f"Argument num_required must be positive, got {n}")
        with self.condition:
            while self.count < n:
                self.halt.wait(self.condition, "TakeGrad operation was cancelled")
            out = self.result()
            self.clear()
            self.count = 0
            self.step += 1
            return out

    def result(self):
        """What `take` gives."""
        return (self.sum / self.sum.dtype.type(self.count)).astype(self.sum.dtype) if self.mean else self.sum

    def set_step(self, step):
        """Says which step gradients have to be of; it only grows."""
        with self.condition:
            self.step = max(self.step, int(step))


class _Sparse(_Accumulator):
    """Rows of gradients, by their indices; a row's mean is over those that had it."""

    def clear(self):
        """Begins a new sum."""
        self.rows, self.dims = {}, None

    def take_in(self, indices, values, shape, known):
        """Adds rows."""
        if len(indices) != len(values):
            raise InvalidArgumentError(
                None, None, f"Number of rows of indices ({len(indices)}) and of values ({len(values)}) must agree"
            )
        if known and self.dims is None:
            self.dims = np.asarray(shape, np.int64)
        for index, row in zip(indices.tolist(), values, strict=True):
            total, n = self.rows.get(index, (0, 0))
            self.rows[index] = total + row, n + 1

    def result(self):
        """Indices in order, rows, shape."""
        order = sorted(self.rows)
        rows = [self.rows[k][0] / self.rows[k][1] if self.mean else self.rows[k][0] for k in order]
        values = np.stack(rows) if rows else np.zeros((0, *(d or 0 for d in (self.shape or (0,))[1:])))
        if self.dims is not None and len(self.dims):
            dims = self.dims
        else:
            dims = [d if d is not None else -1 for d in self.shape] if self.shape is not None else [-1, *values.shape[1:]]
        return np.array(order, np.int64), values, np.array(dims, np.int64)


def _maker(kind):
    return lambda B, *, state, op: state.once(lambda halt: kind(halt, op))


def _nothing(call):
    def lower(B, *args):
        call(*args)
        return ()

    return lower


_SHARED = {
    "ApplyGradient": {
        "infer": lambda *_: [],
        "lower": _nothing(lambda accumulator, step, gradient: accumulator.add(int(step), np.asarray(gradient))),
    },
    "NumAccumulated": {"infer": lambda _: [()], "lower": lambda B, accumulator: np.int32(accumulator.count)},
    "SetGlobalStep": {"infer": lambda *_: [], "lower": _nothing(lambda accumulator, step: accumulator.set_step(step))},
    "TakeGradient": {"infer": lambda *_: [None], "lower": lambda B, accumulator, n: accumulator.take(int(n))},
}
for _prefix in ("Accumulator", "ResourceAccumulator"):
    for _kind, _rules in _SHARED.items():
        define(_prefix + _kind, host=True, grad=None, **_rules)
define("ConditionalAccumulator", infer=lambda: [(2,)], lower=_maker(_Accumulator), host=True, grad=None)
_dense_node = define("ResourceConditionalAccumulator", infer=lambda: [(2,)], lower=_maker(_Accumulator), host=True, grad=None)
_sparse_node = define("SparseConditionalAccumulator", infer=lambda: [(2,)], lower=_maker(_Sparse), host=True, grad=None)
_apply_node, _count_node, _step_node, _take_node = (define("ResourceAccumulator" + k) for k in _SHARED)
_old_count_node, _old_step_node = define("AccumulatorNumAccumulated"), define("AccumulatorSetGlobalStep")


def _apply_sparse(B, accumulator, step, indices, values, shape, *, has_known_shape):
    accumulator.add(int(step), np.asarray(indices), np.asarray(values), shape, has_known_shape)
    return ()


def _take_sparse(B, accumulator, n, *, dtype):
    indices, values, dims = accumulator.take(int(n))
    return indices, values.astype(dtype.np), dims


_apply_sparse_node = define("SparseAccumulatorApplyGradient", infer=lambda *_: [], lower=_apply_sparse, host=True, grad=None)
_take_sparse_node = define(
    "SparseAccumulatorTakeGradient", infer=lambda *_: [None, None, None], lower=_take_sparse, host=True, grad=None
)


# --- as users see them ----------------------------------------------------------------------------------


@export("ConditionalAccumulatorBase")
class ConditionalAccumulatorBase:
    """What accumulators share.

    Args:
      dtype: the gradients' dtype.
      shape: their shape, or None.
      accumulator_ref: the handle.
    """

    _nodes = (_old_count_node, _old_step_node)

    def __init__(self, dtype, shape, accumulator_ref):
        self._dtype = dtypes.as_dtype(dtype)
        self._shape = unknown_shape() if shape is None else TensorShape(shape)
        self._accumulator_ref = accumulator_ref
        self._name = accumulator_ref.op.name.split("/")[-1]

    @property
    def accumulator_ref(self):
        """The handle."""
        return self._accumulator_ref

    @property
    def name(self):
        """The name of the handle's op."""
        return self._name

    @property
    def dtype(self):
        """The gradients' dtype."""
        return self._dtype

    def num_accumulated(self, name=None):
        """How many gradients it has taken since the last `take_grad`, an int32 scalar."""
        return self._nodes[0](self._accumulator_ref, name=f"{self._name}_NumAccumulated" if name is None else name)

    def set_global_step(self, new_global_step, name=None):
        """The op that says of which step gradients have to be, at least; an int64 scalar."""
        return self._nodes[1](self._accumulator_ref, _step(new_global_step), name=name)


def _step(value):
    return cast(convert(value), dtypes.int64)


def _dims(shape):
    return None if shape is None else TensorShape(shape)._tuple


@export("ConditionalAccumulator")
class ConditionalAccumulator(ConditionalAccumulatorBase):
    """Adds up gradients until `take_grad` finds enough of them; those of an older step are left out.

    Args:
      dtype: their dtype.
      shape: their shape.
      shared_name: the name by which several are one.
      name: the op's name.
      reduction_type: "MEAN" or "SUM".
    """

    _nodes = (_count_node, _step_node)

    def __init__(self, dtype, shape=None, shared_name=None, name="conditional_accumulator", reduction_type="MEAN"):
        ref = _dense_node(dtype=dtype, shape=_dims(shape), shared_name=shared_name, name=name, reduction_type=reduction_type)
        super().__init__(dtype, shape, ref)

    def apply_grad(self, grad, local_step=0, name=None):
        """The op that adds a gradient of the step `local_step`.

        Raises:
          ValueError: another shape than the accumulator's.
        """
        grad = convert(grad, self._dtype)
        grad.get_shape().assert_is_compatible_with(self._shape)
        return _apply_node(self._accumulator_ref, _step(local_step), grad, name=name)

    def take_grad(self, num_required, name=None):
        """The mean (or sum) of the gradients, as soon as there are `num_required`; a run of it waits for them."""
        out = _take_node(self._accumulator_ref, num_required, dtype=self._dtype, name=name)
        out.set_shape(self._shape)
        return out


@export("SparseConditionalAccumulator", "sparse.SparseConditionalAccumulator")
class SparseConditionalAccumulator(ConditionalAccumulatorBase):
    """A `ConditionalAccumulator` of IndexedSlices; the arguments are the same."""

    def __init__(self, dtype, shape=None, shared_name=None, name="sparse_conditional_accumulator", reduction_type="MEAN"):
        ref = _sparse_node(dtype=dtype, shape=_dims(shape), shared_name=shared_name, name=name, reduction_type=reduction_type)
        super().__init__(dtype, shape, ref)

    def apply_indexed_slices_grad(self, grad, local_step=0, name=None):
        """The op that adds IndexedSlices."""
        return self.apply_grad(grad.indices, grad.values, grad.dense_shape, local_step, name)

    def apply_grad(self, grad_indices, grad_values, grad_shape=None, local_step=0, name=None):
        """The op that adds rows `grad_values` at `grad_indices` (int64 `[n]`) of a tensor of `grad_shape`."""
        return _apply_sparse_node(
            self._accumulator_ref,
            _step(local_step),
            cast(grad_indices, dtypes.int64),
            grad_values,
            cast([] if grad_shape is None else grad_shape, dtypes.int64),
            has_known_shape=grad_shape is not None,
            name=name,
        )

    def take_grad(self, num_required, name=None):
        """(indices, values, shape) of the mean (or sum), as soon as there are `num_required` gradients."""
        return _take_sparse_node(self._accumulator_ref, num_required, dtype=self._dtype, name=name)

    def take_indexed_slices_grad(self, num_required, name=None):
        """The same as IndexedSlices."""
        indices, values, dims = self.take_grad(num_required, name)
        return IndexedSlices(values=values, indices=indices, dense_shape=dims)
