"""The ops, a file a family, plain ones first: one import line each."""

from . import basic, shape, fill, join, slicing, elementwise, reduce, matmul, segment  # noqa: F401, I001
from . import operators, control, random, random_more, stateless, state, conv, pool  # noqa: F401, I001
from . import math, special, matrices, linalg, stitch, array_grads, math_grads  # noqa: F401, I001
from . import check, asserts, activations, clip, nn_functions, convolution, products, rnn_blocks, training  # noqa: F401, I001
from . import assert_shapes, candidate_samplers, counting, einsum, fake_quant, fourier, moments  # noqa: F401, I001
from . import csv, printing, py_func, regex, string_codes, string_hash, string_numbers, string_split, strings  # noqa: F401, I001
from . import roll, segment_grads, sparse_dense, sparse_reduce, sparse_segment, tridiagonal  # noqa: F401, I001
from . import sets, guards, bitcast, repeat, sorting, unravel, batch_gather, scatter, predicates  # noqa: F401, I001
from . import queues, readers, files, parsing, parsing_sequences  # noqa: F401, I001
from . import accumulators, staging  # noqa: F401, I001
from . import space_batch, depthwise, transposed, pooling, lrn, embedding  # noqa: F401, I001
from . import summaries, tables  # noqa: F401, I001
from . import ctc, fractional, morphology, sampled  # noqa: F401, I001
from . import (
    sparse_cross,
    sparse_ids,
    sparse_math,
    sparse_order,
    sparse_parts,
    sparse_placeholder,
    sparse_products,
    sparse_rows,
    sparse_serialize,
    edit_distance,
    embedding_safe,
)  # noqa: F401, I001
from . import static_value, timestamp, batch_scatter, quantized  # noqa: F401, I001
