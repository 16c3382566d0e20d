"""What the ops that parse Examples do: features into tensors, with TF's refusals. parsing.py has the functions."""

import dataclasses

import numpy as np

from ..formats.examples import feature_value, features_of, parse
from ..ground.errors import InvalidArgumentError
from ..ground.shapes import text
from .basic import CPP_NAMES

__all__ = ["Dense", "batch_of_examples", "one_example", "one_sequence", "sequences"]


@dataclasses.dataclass
class Dense:
    """A feature that is to be a dense tensor: its name, dtype, shape, and value where it is missing."""

    key: str
    kind: object
    shape: tuple
    default: np.ndarray

    @property
    def ragged(self):
        """Whether the first dimension is as long as the values ask for."""
        return len(self.shape) > 0 and self.shape[0] is None

    @property
    def step(self):
        """How many values one row of a ragged feature has."""
        return int(np.prod(self.shape[1:], dtype=np.int64))

    @property
    def required(self):
        """Whether it has no value of its own where it is missing."""
        return not self.ragged and np.size(self.default) == 0 and 0 not in self.shape


def _name(kind):
    return CPP_NAMES.get(kind.name, kind.name)


def _refuse(words):
    raise InvalidArgumentError(None, None, words)


def _example(data, sequence=False):
    found = parse(data, sequence)
    if found is None:
        _refuse(f"Could not parse example input, value: '{data.decode('utf-8', 'replace')}'")
    return found


def _typed(found, key, kind, where):
    """The values of a feature, or None; refused if of another dtype."""
    seen, values = found.get(key, (None, None))
    if seen is not None and seen is not kind:
        _refuse(f"{where}.  Data types don't match. Data type: {_name(seen)} but expected type: {_name(kind)}")
    return values


def _empty(kind, shape):
    out = np.zeros(shape, kind.np)
    if out.dtype == object:
        out.fill(b"")
    return out


# --- Examples -------------------------------------------------------------------------------------------


def batch_of_examples(serialized, names, sparse, dense):
    """The tensors of a batch of Examples: sparse indices, values, shapes, dense values, each a list.

    Args:
      serialized: bytes `[n]`; names: bytes `[n]`, or none, for errors.
      sparse: (key, dtype) of each sparse feature; dense: `Dense` of each dense one.
    """
    found = [features_of(_example(data).features) for data in serialized]
    names = [n.decode() for n in names] if len(names) else ["<unknown>"] * len(found)
    places = list(enumerate(zip(names, found, strict=True)))
    columns = [[_typed(f, key, kind, f"Name: {n}, Key: {key}, Index: {k}") for k, (n, f) in places] for key, kind in sparse]
    parts = [sparse_column(column, kind) for column, (_, kind) in zip(columns, sparse, strict=True)]
    values = [_dense_column([(f"Name: {n}, Key: {d.key}, Index: {k}", n, f) for k, (n, f) in places], d) for d in dense]
    return [p[0] for p in parts], [p[1] for p in parts], [p[2] for p in parts], values


def sparse_column(column, kind):
    """Rows of values, some missing, as the parts of a sparse matrix."""
    rows = [_empty(kind, 0) if values is None else values for values in column]
    lengths = np.array([len(r) for r in rows], np.int64)
    first = np.repeat(np.arange(len(rows), dtype=np.int64), lengths)
    second = np.concatenate([np.arange(n, dtype=np.int64) for n in lengths] or [np.zeros(0, np.int64)])
    values = np.concatenate(rows) if rows else _empty(kind, 0)
    return np.stack([first, second], axis=1), values, np.array([len(rows), lengths.max(initial=0)], np.int64)


def _dense_column(places, d):
    rows = []
    for where, name, found in places:
        values = _typed(found, d.key, d.kind, where)
        if values is None and d.required:
            _refuse(f"Name: {name}, Feature: {d.key} (data type: {_name(d.kind)}) is required but could not be found.")
        rows.append(_dense_value(values, d, where))
    if d.ragged:
        return padded(rows, d)
    return np.stack(rows) if rows else _empty(d.kind, (0, *d.shape))


def _dense_value(values, d, where):
    if d.ragged:
        values = _empty(d.kind, 0) if values is None else values
        if len(values) % d.step:
            _refuse(
                f"{where}.  Number of {_name(d.kind)} values is not a multiple of stride length. "
                f"Saw {len(values)} values but output shape is: {text(d.shape)}"
            )
        return values.reshape(-1, *d.shape[1:])
    if values is None:
        return np.asarray(d.default, d.kind.np).reshape(d.shape)
    if len(values) != np.prod(d.shape, dtype=np.int64):
        _refuse(
            f"{where}.  Number of {_name(d.kind)} values != expected.  "
            f"Values size: {len(values)} but output shape: {text(d.shape)}"
        )
    return values.reshape(d.shape)


def padded(rows, d):
    """Rows of different lengths in one array, the rest as the default."""
    longest = max((len(r) for r in rows), default=0)
    fill = d.default.item() if np.size(d.default) == 1 else (b"" if d.kind.np.kind == "O" else 0)
    out = np.full((len(rows), longest, *d.shape[1:]), fill, d.kind.np)
    for row, values in zip(out, rows, strict=True):
        row[: len(values)] = values
    return out


def one_example(data, sparse, dense):
    """The tensors of one Example; as `batch_of_examples`, without the batch."""
    found = features_of(_example(data).features)
    columns = [_typed(found, key, kind, f"Key: {key}") for key, kind in sparse]
    columns = [_empty(kind, 0) if v is None else v for v, (_, kind) in zip(columns, sparse, strict=True)]
    indices = [np.arange(len(v), dtype=np.int64)[:, None] for v in columns]
    return indices, columns, [np.array([len(v)], np.int64) for v in columns], [_one_dense(found, d) for d in dense]


def _one_dense(found, d):
    values = _typed(found, d.key, d.kind, f"Key: {d.key}")
    if values is None and d.required:
        _refuse(f"Feature: {d.key} (data type: {_name(d.kind)}) is required but could not be found.")
    if values is not None:
        wrong = len(values) % d.step if d.ragged else len(values) != np.prod(d.shape, dtype=np.int64)
        if wrong:
            _refuse(f"Key: {d.key}.  Can't parse serialized Example.")
    return _dense_value(values, d, f"Key: {d.key}")


# --- SequenceExamples -----------------------------------------------------------------------------------


def one_sequence(data, name, context_sparse, context_dense, list_sparse, list_dense, may_miss):
    """The tensors of one SequenceExample: of its context, then of its feature lists (`[steps, ...]`)."""
    example = _example(data, sequence=True)
    context = features_of(example.context)
    for d in context_dense:
        if d.key not in context and d.required:
            _refuse(f"Name: {name}, Context feature '{d.key}' is required but could not be found.")
    where = f"Name: {name}, Context feature: "
    columns = [_typed(context, key, kind, where + key) for key, kind in context_sparse]
    columns = [_empty(kind, 0) if v is None else v for v, (_, kind) in zip(columns, context_sparse, strict=True)]
    dense = [_dense_value(_typed(context, d.key, d.kind, where + d.key), d, where + d.key) for d in context_dense]
    lists = example.feature_lists.feature_list
    parts = [sparse_column(_steps(lists, key, kind, name), kind) for key, kind in list_sparse]
    return (
        [np.arange(len(v), dtype=np.int64)[:, None] for v in columns],
        columns,
        [np.array([len(v)], np.int64) for v in columns],
        dense,
        [p[0] for p in parts],
        [p[1] for p in parts],
        [p[2] for p in parts],
        [_list_dense(lists, d, name, d.key in may_miss) for d in list_dense],
    )


def _steps(lists, key, kind, name):
    """The values of each step of a feature list."""
    if key not in lists:
        return []
    out = []
    for k, feature in enumerate(lists[key].feature):
        seen, values = feature_value(feature)
        if seen is not None and seen is not kind:
            shown = " ".join(str(feature).split())
            _refuse(
                f"Name: {name}, Feature list: {key}, Index: {k}.  Data types don't match. "
                f"Expected type: {_name(kind)}  Feature is: {shown}"
            )
        out.append(values)
    return out


def _list_dense(lists, d, name, may_miss):
    if d.key not in lists and not may_miss:
        _refuse(
            f"Name: {name}, Feature list '{d.key}' is required but could not be found.  Did you mean to include it in "
            "feature_list_dense_missing_assumed_empty or feature_list_dense_defaults?"
        )
    rows = []
    for k, values in enumerate(_steps(lists, d.key, d.kind, name)):
        values = _empty(d.kind, 0) if values is None else values
        if len(values) != np.prod(d.shape, dtype=np.int64):
            _refuse(
                f"Name: {name}, Key: {d.key}, Index: {k}.  Number of {_name(d.kind)} values != expected.  "
                f"values size: {len(values)} but output shape: {text(d.shape)}"
            )
        rows.append(values.reshape(d.shape))
    return np.stack(rows) if rows else _empty(d.kind, (0, *d.shape))


def sequences(serialized, names, context_sparse, context_dense, list_sparse, list_dense, may_miss):
    """The tensors of a batch of SequenceExamples, and how many steps each dense feature list has."""
    names = [n.decode() for n in names] if len(names) else ["<unknown>"] * len(serialized)
    singles = [
        one_sequence(data, name, [], context_dense, [], list_dense, may_miss)
        for data, name in zip(serialized, names, strict=True)
    ]
    examples = [_example(data, sequence=True) for data in serialized]
    contexts = [features_of(e.context) for e in examples]
    pairs = list(zip(names, contexts, strict=True))
    columns = [[_typed(c, key, kind, f"Name: {n}, Context feature: {key}") for n, c in pairs] for key, kind in context_sparse]
    parts = [sparse_column(column, kind) for column, (_, kind) in zip(columns, context_sparse, strict=True)]
    dense = [_stacked([s[3][k] for s in singles], d) for k, d in enumerate(context_dense)]
    lists = [e.feature_lists.feature_list for e in examples]
    cubes = [_cube([_steps(one, key, kind, n) for n, one in zip(names, lists, strict=True)], kind) for key, kind in list_sparse]
    rows = [[s[7][k] for s in singles] for k in range(len(list_dense))]
    return (
        [p[0] for p in parts],
        [p[1] for p in parts],
        [p[2] for p in parts],
        dense,
        [c[0] for c in cubes],
        [c[1] for c in cubes],
        [c[2] for c in cubes],
        [padded(r, dataclasses.replace(d, shape=(None, *d.shape))) for r, d in zip(rows, list_dense, strict=True)],
        [np.array([len(v) for v in r], np.int64) for r in rows],
    )


def _stacked(rows, d):
    return np.stack(rows) if rows else _empty(d.kind, (0, *d.shape))


def _cube(batch, kind):
    """Steps of values of each example as the parts of a sparse tensor of rank 3."""
    indices, values = [np.zeros((0, 3), np.int64)], [_empty(kind, 0)]
    longest = widest = 0
    for k, steps in enumerate(batch):
        pairs, found, shape = sparse_column(steps, kind)
        indices.append(np.concatenate([np.full((len(found), 1), k, np.int64), pairs], axis=1))
        values.append(found)
        longest, widest = max(longest, shape[0]), max(widest, shape[1])
    return np.concatenate(indices), np.concatenate(values), np.array([len(batch), longest, widest], np.int64)
