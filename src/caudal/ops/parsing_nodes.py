"""The nodes that parse Examples: parsing_kernels.py does the work, parsing.py has the functions."""

import numpy as np

from ..formats.examples import example_of_json
from ..graph.define import define
from ..ground.errors import InvalidArgumentError
from ..ground.shapes import with_rank
from .basic import same
from .parsing_kernels import Dense, batch_of_examples, one_example, one_sequence, sequences
from .text import each

__all__ = ["json_node", "parse_example_node", "parse_sequence_node", "parse_single_node", "parse_single_sequence_node"]


def _texts(values):
    """Bytes, alone or in arrays, as text."""
    return [(v if isinstance(v, bytes) else np.asarray(v).item()).decode() for v in values]


def _pairs(keys, kinds):
    return list(zip(keys, kinds, strict=True))


def _dense(keys, kinds, shapes, defaults):
    return [Dense(*parts) for parts in zip(keys, kinds, shapes, defaults, strict=True)]


def _flat(lists):
    return tuple(x for one in lists for x in one)


# --- ParseExample ---------------------------------------------------------------------------------------


def _infer_example(serialized, names, *rest, op):
    with_rank(serialized.dims, 1)
    attrs = op.attrs
    return _example_shapes(attrs["Nsparse"], attrs["dense_shapes"], None if serialized.dims is None else serialized.dims[0])


def _example_shapes(count, shapes, batch):
    sparse = [(None, 2)] * count + [(None,)] * count + [(2,)] * count
    return sparse + [(batch, *dims) for dims in shapes]


def _lower_example(B, serialized, names, *rest, op):
    attrs = op.attrs
    n, m = attrs["Nsparse"], attrs["Ndense"]
    sparse, dense, defaults = _texts(rest[:n]), _texts(rest[n : n + m]), rest[n + m :]
    wanted = _dense(dense, attrs["Tdense"], attrs["dense_shapes"], defaults)
    return _flat(batch_of_examples(list(serialized), list(names), _pairs(sparse, attrs["sparse_types"]), wanted))


parse_example_node = define("ParseExample", infer=_infer_example, lower=_lower_example, host=True, grad=None)


# --- ParseSingleExample ---------------------------------------------------------------------------------


def _infer_single(serialized, *_, num_sparse, dense_shapes):
    with_rank(serialized.dims, 0)
    return [(None, 1)] * num_sparse + [(None,)] * num_sparse + [(1,)] * num_sparse + list(dense_shapes)


def _lower_single(B, serialized, *defaults, op):
    attrs = op.attrs
    data = serialized if isinstance(serialized, bytes) else np.asarray(serialized).item()
    dense = _dense(_texts(attrs["dense_keys"]), attrs["Tdense"], attrs["dense_shapes"], defaults)
    return _flat(one_example(data, _pairs(_texts(attrs["sparse_keys"]), attrs["sparse_types"]), dense))


parse_single_node = define("ParseSingleExample", infer=_infer_single, lower=_lower_single, host=True, grad=None)


# --- SequenceExamples -----------------------------------------------------------------------------------


def _infer_single_sequence(serialized, *_, op):
    with_rank(serialized.dims, 0)
    attrs = op.attrs
    n, m = attrs["Ncontext_sparse"], attrs["Nfeature_list_sparse"]
    lists = [(None, *dims) for dims in attrs["feature_list_dense_shapes"]]
    context = [(None, 1)] * n + [(None,)] * n + [(1,)] * n + list(attrs["context_dense_shapes"])
    return context + [(None, 2)] * m + [(None,)] * m + [(2,)] * m + lists


def _cut(values, *counts):
    out, k = [], 0
    for n in counts:
        out.append(values[k : k + n])
        k += n
    return out


def _lower_single_sequence(B, serialized, may_miss, *rest, op):
    a = op.attrs
    counts = a["Ncontext_sparse"], a["Ncontext_dense"], a["Nfeature_list_sparse"], a["Nfeature_list_dense"]
    cs, cd, ls, ld, defaults, (name,) = _cut(rest, *counts, a["Ncontext_dense"], 1)
    data = serialized if isinstance(serialized, bytes) else np.asarray(serialized).item()
    return _flat(
        one_sequence(
            data,
            *_texts([name]),
            _pairs(_texts(cs), a["context_sparse_types"]),
            _dense(_texts(cd), a["Tcontext_dense"], a["context_dense_shapes"], defaults),
            _pairs(_texts(ls), a["feature_list_sparse_types"]),
            _dense(_texts(ld), a["feature_list_dense_types"], a["feature_list_dense_shapes"], [np.zeros(0)] * len(ld)),
            set(_texts(may_miss)),
        )
    )


parse_single_sequence_node = define(
    "ParseSingleSequenceExample", infer=_infer_single_sequence, lower=_lower_single_sequence, host=True, grad=None
)


def _infer_sequences(serialized, *_, op):
    with_rank(serialized.dims, 1)
    attrs, batch = op.attrs, None if serialized.dims is None else serialized.dims[0]
    n, m = attrs["Ncontext_sparse"], attrs["Nfeature_list_sparse"]
    lists = [(batch, None, *dims) for dims in attrs["feature_list_dense_shapes"]]
    cubes = [(None, 3)] * m + [(None,)] * m + [(3,)] * m
    return _example_shapes(n, attrs["context_dense_shapes"], batch) + cubes + lists + [(batch,)] * len(lists)


def _lower_sequences(B, serialized, names, *defaults, op):
    a = op.attrs
    lists = _texts(a["feature_list_dense_keys"])
    return _flat(
        sequences(
            list(serialized),
            list(names),
            _pairs(_texts(a["context_sparse_keys"]), a["context_sparse_types"]),
            _dense(_texts(a["context_dense_keys"]), a["Tcontext_dense"], a["context_dense_shapes"], defaults),
            _pairs(_texts(a["feature_list_sparse_keys"]), a["feature_list_sparse_types"]),
            _dense(lists, a["feature_list_dense_types"], a["feature_list_dense_shapes"], [np.zeros(0)] * len(lists)),
            set(_texts(a["feature_list_dense_missing_assumed_empty"])),
        )
    )


parse_sequence_node = define("ParseSequenceExample", infer=_infer_sequences, lower=_lower_sequences, host=True, grad=None)


# --- JSON -----------------------------------------------------------------------------------------------


def _of_json(text):
    made = example_of_json(text)
    if made is None:
        raise InvalidArgumentError(None, None, f"Error while parsing JSON: {text.decode('utf-8', 'replace')}")
    return made


json_node = define("DecodeJSONExample", infer=same, lower=lambda B, x: each(_of_json, x), host=True, grad=None)
