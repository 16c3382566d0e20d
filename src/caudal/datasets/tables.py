"""Data sets of whole files of examples or tables, read, mixed, put into batches and parsed at once."""

import collections
import csv

import numpy as np

from ..graph.convert import constant_node
from ..graph.graph import Tensor
from ..ground import dtypes
from ..ground.api import export
from ..platform.gfile import GFile, glob_
from .dataset import Dataset
from .experimental import AUTOTUNE, both, parallel_interleave, parse_example_dataset
from .experimental import ignore_errors as leave_out
from .files import CsvDataset, TFRecordDataset

__all__ = []


def _file_names(pattern, shuffle):
    """The names of the files that a pattern, or several, mean.

    Raises:
      ValueError: none.
    """
    if isinstance(pattern, list):
        if not pattern:
            raise ValueError("File pattern is empty.")
        names = [name for one in pattern for name in glob_(one)]
    else:
        names = list(glob_(pattern))
    if not names:
        raise ValueError(f"No files match {pattern}.")
    return names if shuffle else sorted(names)


def _mixed(dataset, epochs, shuffle, size, seed):
    """Elements mixed and repeated, as far as it is wanted."""
    if shuffle:
        dataset = dataset.shuffle(size, seed)
    return dataset if epochs == 1 else dataset.repeat(epochs)


def _names_of(pattern, shuffle, seed):
    names = _file_names(pattern, False)
    out = Dataset.from_tensor_slices(names)
    return names, out.shuffle(len(names), seed) if shuffle else out


# --- examples -------------------------------------------------------------------------------------------


@both("make_batched_features_dataset")
def make_batched_features_dataset(
    file_pattern,
    batch_size,
    features,
    reader=TFRecordDataset,
    label_key=None,
    reader_args=None,
    num_epochs=None,
    shuffle=True,
    shuffle_buffer_size=10000,
    shuffle_seed=None,
    prefetch_buffer_size=None,
    reader_num_threads=None,
    parser_num_threads=None,
    sloppy_ordering=False,
    drop_final_batch=False,
):
    """Batches of the features of files of Examples.

    Args:
      file_pattern: names or patterns of files.
      batch_size: how many Examples make a batch.
      features: name -> how it is parsed, as for `tf.parse_example`.
      reader: name of a file -> a data set of its records; reader_args: more arguments.
      label_key: the feature that is the label; the element is (features, label) then.
      num_epochs: how often each file is read; for ever if None.
      shuffle: whether files and records are mixed, with `shuffle_seed`, among `shuffle_buffer_size` records.
      prefetch_buffer_size, reader_num_threads, parser_num_threads, sloppy_ordering: how much at once.
      drop_final_batch: whether a smaller last batch is left out.

    Raises:
      ValueError: no files, or a label that is no feature.
    """
    if shuffle_buffer_size is None:
        shuffle_buffer_size = 10000
    _, out = _names_of(file_pattern, shuffle, shuffle_seed)
    read = lambda name: reader(name, *(reader_args or []))
    out = out.apply(parallel_interleave(read, cycle_length=reader_num_threads or 1, sloppy=sloppy_ordering))
    if out.output_types == (dtypes.string, dtypes.string):
        out = out.map(lambda _, value: value)
    out = _mixed(out, num_epochs, shuffle, shuffle_buffer_size, shuffle_seed)
    out = out.batch(batch_size, drop_remainder=drop_final_batch or num_epochs is None)
    out = out.apply(parse_example_dataset(features, num_parallel_calls=parser_num_threads or 2))
    if label_key:
        if label_key not in features:
            raise ValueError(f"The `label_key` provided ({label_key!r}) must be one of the `features` keys.")
        out = out.map(lambda x: (x, x.pop(label_key)))
    return out.prefetch(AUTOTUNE if prefetch_buffer_size is None else prefetch_buffer_size)


@export("contrib.data.read_batch_features")
def read_batch_features(
    file_pattern,
    batch_size,
    features,
    reader=TFRecordDataset,
    reader_args=None,
    randomize_input=True,
    num_epochs=None,
    capacity=10000,
):
    """The next batch of features, tensors; the arguments are `make_batched_features_dataset`'s."""
    out = make_batched_features_dataset(
        file_pattern,
        batch_size,
        features,
        reader=reader,
        reader_args=reader_args,
        shuffle=randomize_input,
        num_epochs=num_epochs,
        shuffle_buffer_size=capacity,
    )
    return out.make_one_shot_iterator().get_next()


# --- tables ---------------------------------------------------------------------------------------------


def _lines_of(name, delim, quotes):
    with GFile(name, "r") as file:
        yield from csv.reader(file, delimiter=delim, quoting=csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE)


def _column_names(names, delim, quotes):
    """The first row of the first file, which all others must have too.

    Raises:
      ValueError: they haven't.
    """
    first = next(_lines_of(names[0], delim, quotes), None)
    if first is None:
        raise ValueError("Received StopIteration when reading the header line of %s.  Empty file?" % names[0])
    for name in names[1:]:
        if next(_lines_of(name, delim, quotes), None) != first:
            raise ValueError("Files have different column names in the header row.")
    return first


def _is_int(text, kind):
    try:
        return np.iinfo(kind).min <= int(text) <= np.iinfo(kind).max
    except ValueError:
        return False


def _is_float(text, kind):
    try:
        return np.finfo(kind).min < float(text) < np.finfo(kind).max
    except ValueError:
        return False


_KINDS = (
    (dtypes.int32, lambda text: _is_int(text, np.int32)),
    (dtypes.int64, lambda text: _is_int(text, np.int64)),
    (dtypes.float32, lambda text: _is_float(text, np.float32)),
    (dtypes.float64, lambda text: _is_float(text, np.float64)),
    (dtypes.string, lambda text: True),
)


def _kind(text, missing, before):
    """The least dtype that a field and those before it may have."""
    if text in ("", missing):
        return before
    known = [k for k, _ in _KINDS]
    start = 0 if before is None else known.index(before)
    return next(kind for kind, fits in _KINDS[start:] if fits(text))


def _defaults(names, count, delim, quotes, missing, header, rows, columns):
    """What each column is where it is empty: 0 or '' of the dtype that the first rows have.

    Raises:
      ValueError: rows of several lengths.
    """
    columns = range(count) if columns is None else columns
    kinds = [None] * len(columns)
    seen = 0
    for name in names:
        lines = _lines_of(name, delim, quotes)
        if header:
            next(lines, None)
        for fields in lines:
            if rows is not None and seen >= rows:
                break
            if len(fields) != count:
                raise ValueError("Problem inferring types: CSV row has different number of fields than expected.")
            kinds = [_kind(fields[c], missing, k) for c, k in zip(columns, kinds, strict=True)]
            seen += 1
    kinds = [k or dtypes.string for k in kinds]
    return [constant_node(["" if k is dtypes.string else 0], k) for k in kinds]


def _indices(columns, names):
    """Columns, by number or name, as numbers in order.

    Raises:
      ValueError: one that there isn't, or twice.
    """
    numbers = {name: k for k, name in enumerate(names)}
    out = []
    for column in columns:
        if isinstance(column, int):
            if not 0 <= column < len(names):
                raise ValueError("Column index %d specified in select_columns out of valid range." % column)
            out.append(column)
        elif column in numbers:
            out.append(numbers[column])
        else:
            raise ValueError("Value '%s' specified in select_columns not of valid index or column name." % column)
    if len(set(out)) != len(out):
        raise ValueError("select_columns contains duplicate columns")
    return sorted(out)


def _default(value):
    if isinstance(value, Tensor) or isinstance(value, (list, np.ndarray)):
        return value
    try:
        return constant_node([], dtypes.as_dtype(value))
    except TypeError:
        return value


@both("make_csv_dataset")
def make_csv_dataset(
    file_pattern,
    batch_size,
    column_names=None,
    column_defaults=None,
    label_name=None,
    select_columns=None,
    field_delim=",",
    use_quote_delim=True,
    na_value="",
    header=True,
    num_epochs=None,
    shuffle=True,
    shuffle_buffer_size=10000,
    shuffle_seed=None,
    prefetch_buffer_size=None,
    num_parallel_reads=None,
    sloppy=False,
    num_rows_for_inference=100,
    compression_type=None,
    ignore_errors=False,
):
    """Batches of the columns of tables, by name.

    Args:
      file_pattern: names or patterns of files.
      batch_size: how many rows make a batch.
      column_names: the columns' names; those of the first row if None.
      column_defaults: for each column its dtype, or what it is where it is empty; told by the first rows if None.
      label_name: the column that is the label; the element is (columns, label) then.
      select_columns: numbers or names of the columns that are wanted.
      field_delim, use_quote_delim, na_value, header, compression_type: as for `CsvDataset`.
      num_epochs: how often each file is read; for ever if None.
      shuffle: whether files and rows are mixed, with `shuffle_seed`, among `shuffle_buffer_size` rows.
      prefetch_buffer_size, num_parallel_reads, sloppy: how much at once.
      num_rows_for_inference: how many rows tell the dtypes; all if None.
      ignore_errors: whether rows that cannot be read are left out.

    Raises:
      ValueError: no files; names that are missing, or there twice; a label that is no column.
    """
    names, out = _names_of(file_pattern, shuffle, shuffle_seed)
    if column_names is None:
        if not header:
            raise ValueError("Cannot infer column names without a header line.")
        column_names = _column_names(names, field_delim, use_quote_delim)
    if len(column_names) != len(set(column_names)):
        raise ValueError("Cannot have duplicate column names.")
    if select_columns is not None:
        select_columns = _indices(select_columns, column_names)
    if column_defaults is not None:
        column_defaults = [_default(d) for d in column_defaults]
    else:
        column_defaults = _defaults(
            names,
            len(column_names),
            field_delim,
            use_quote_delim,
            na_value,
            header,
            num_rows_for_inference,
            select_columns,
        )
    if select_columns is not None and len(column_defaults) != len(select_columns):
        raise ValueError("If specified, column_defaults and select_columns must have same length.")
    if select_columns is not None and len(column_names) > len(select_columns):
        column_names = [column_names[k] for k in select_columns]
    if label_name is not None and label_name not in column_names:
        raise ValueError("`label_name` provided must be one of the columns.")

    def rows(name):
        made = CsvDataset(
            name,
            record_defaults=column_defaults,
            select_cols=select_columns,
            field_delim=field_delim,
            use_quote_delim=use_quote_delim,
            na_value=na_value,
            header=header,
            compression_type=compression_type,
        )
        return made.apply(leave_out()) if ignore_errors else made

    def named(*columns):
        features = collections.OrderedDict(zip(column_names, columns, strict=True))
        if label_name is None:
            return features
        label = features.pop(label_name)
        return features, label

    out = out.apply(parallel_interleave(rows, cycle_length=num_parallel_reads or 1, sloppy=sloppy))
    out = _mixed(out, num_epochs, shuffle, shuffle_buffer_size, shuffle_seed)
    out = out.batch(batch_size, drop_remainder=num_epochs is None).map(named)
    return out.prefetch(AUTOTUNE if prefetch_buffer_size is None else prefetch_buffer_size)
