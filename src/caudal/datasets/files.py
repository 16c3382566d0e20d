"""Data sets out of files: lines, records, tables."""

import contextlib

import numpy as np

from ..formats.records import read_records
from ..formats.text_files import fixed_records, lines
from ..graph import loaded
from ..graph.convert import convert, convert_to_tensor
from ..graph.graph import Tensor
from ..graph.type_spec import TensorSpec
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import InvalidArgumentError, UnknownError
from ..ground.late import Late
from ..ops.csv import _lower as parsed
from ..ops.shape import reshape
from .columns import as_array, texts
from .dataset import Dataset, DatasetV1Adapter, int64
from .elements import of_iterable, text
from .iterators import flat_attributes
from .nests import map_structure
from .nodes import dataset_node

__all__ = ["CsvDataset", "FixedLengthRecordDataset", "TFRecordDataset", "TextLineDataset"]

_BUFFER = 256 * 1024

sqlite3 = Late("sqlite3")


def _kind(compression):
    name = as_array(compression).item().decode()
    if name not in ("", "ZLIB", "GZIP"):
        raise InvalidArgumentError(None, None, f"Unsupported compression_type: {name}.")
    return name


def _of_files(read):
    """A lowering that yields the records of several files, by `read(path, compression, numbers)`."""

    def lower(B, names, *rest, op):
        loaded.guard(op)
        paths = texts(names)
        return of_iterable(lambda context: ((r,) for p in paths for r in read(p, *rest)))

    return lower


def _fixed(path, header, size, footer, _buffer, compression=b""):
    return fixed_records(path, int(size), int(header), int(footer), compression=_kind(compression), exact=True)


def _records(path, compression, _buffer):
    name = as_array(compression).item().decode()
    return read_records(path, name if name in ("ZLIB", "GZIP") else "")


_lines_node = dataset_node("TextLineDataset", _of_files(lambda path, kind, _: lines(path, _kind(kind))))
_fixed_node = dataset_node("FixedLengthRecordDatasetV2", _of_files(_fixed))
dataset_node("FixedLengthRecordDataset", _of_files(_fixed))
_records_node = dataset_node("TFRecordDataset", _of_files(_records))
_STRING = TensorSpec([], dtypes.string)


def _number(value, default, name):
    return int64(default if value is None else value, name)


def _name(value):
    return convert("" if value is None else value, dtypes.string, "compression_type")


@export("data.TextLineDataset")
class TextLineDataset(DatasetV1Adapter):
    """The lines of files, without their ends.

    Args:
      filenames: string scalar or `[n]`.
      compression_type: "", "ZLIB" or "GZIP".
      buffer_size: accepted.
      num_parallel_reads: how many files are read in turn.
    """

    def __init__(self, filenames, compression_type=None, buffer_size=None, num_parallel_reads=None):
        def make(names):
            kind, buffer = _name(compression_type), _number(buffer_size, _BUFFER, "buffer_size")
            return _lines_node(names, kind, buffer)

        _begin(self, make, filenames, num_parallel_reads)


@export("data.FixedLengthRecordDataset")
class FixedLengthRecordDataset(DatasetV1Adapter):
    """Records of one length out of files.

    Args:
      filenames: string scalar or `[n]`.
      record_bytes: the length of a record, bytes.
      header_bytes, footer_bytes: what is left out at both ends of each file, bytes.
      buffer_size: accepted.
      compression_type: "", "ZLIB" or "GZIP".
      num_parallel_reads: how many files are read in turn.
    """

    def __init__(
        self,
        filenames,
        record_bytes,
        header_bytes=None,
        footer_bytes=None,
        buffer_size=None,
        compression_type=None,
        num_parallel_reads=None,
    ):
        def make(names):
            size = int64(record_bytes, "record_bytes")
            header, footer = _number(header_bytes, 0, "header_bytes"), _number(footer_bytes, 0, "footer_bytes")
            buffer, kind = _number(buffer_size, _BUFFER, "buffer_size"), _name(compression_type)
            return _fixed_node(names, header, size, footer, buffer, kind)

        _begin(self, make, filenames, num_parallel_reads)


@export("data.TFRecordDataset")
class TFRecordDataset(DatasetV1Adapter):
    """The records of TFRecord files.

    Args:
      filenames: string scalar or `[n]`, or a data set of names.
      compression_type: "", "ZLIB" or "GZIP".
      buffer_size: accepted.
      num_parallel_reads: how many files are read in turn.
    """

    def __init__(self, filenames, compression_type=None, buffer_size=None, num_parallel_reads=None):
        def make(names):
            kind, buffer = _name(compression_type), _number(buffer_size, _BUFFER, "buffer_size")
            return _records_node(names, kind, buffer)

        _begin(self, make, filenames, num_parallel_reads)


def _begin(self, make, filenames, parallel):
    """A data set of files, each read by the node that `make` adds: one after another, or several in turn.

    Raises:
      TypeError: names that are no strings.
    """
    if not isinstance(filenames, Dataset):
        names = convert(filenames, dtypes.string)
        filenames = Dataset.from_tensor_slices(reshape(names, [-1], name="flat_filenames"))
    elif filenames.output_types != dtypes.string:
        raise TypeError("`filenames` must be a `tf.data.Dataset` of `tf.string` elements.")
    elif not filenames.output_shapes.is_compatible_with([]):
        raise ValueError("`filenames` must be a `tf.data.Dataset` of scalar `tf.string` elements.")
    inner = lambda name: DatasetV1Adapter(make(name), _STRING)
    if parallel is None:
        made = filenames.flat_map(inner)
    else:
        made = filenames.interleave(inner, cycle_length=parallel, num_parallel_calls=parallel)
    DatasetV1Adapter.__init__(self, made._variant_tensor, made.element_spec, (made,))


# --- tables ---------------------------------------------------------------------------------------------


def _rows(path, kind, header):
    """The rows of a table; one whose quotes are open goes on in the next line."""
    held, skip = b"", bool(header)
    for line in lines(path, kind):
        held = held + b"\n" + line if held else line
        if held.count(b'"') % 2:
            continue
        row, held = held, b""
        if skip:
            skip = False
        elif row:
            yield row


def _lower_csv(B, names, compression, buffer, header, delim, quotes, na, columns, *defaults, op):
    loaded.guard(op)
    paths, kind = texts(names), _kind(compression)
    attributes = {
        "field_delim": as_array(delim).item(),
        "use_quote_delim": bool(quotes),
        "na_value": as_array(na).item(),
        "select_cols": [int(c) for c in columns],
        "OUT_TYPE": op.attrs["output_types"],
    }

    def make(context):
        for path in paths:
            for row in _rows(path, kind, header):
                yield tuple(parsed(B, text(row), *defaults, op=op, **attributes))

    return of_iterable(make)


_csv_node = dataset_node("CSVDataset", _lower_csv)


@export("data.experimental.CsvDataset", "contrib.data.CsvDataset")
class CsvDataset(DatasetV1Adapter):
    """The rows of tables, comma separated, each column a scalar.

    Args:
      filenames: string scalar or `[n]`.
      record_defaults: for each column its dtype, or a `[1]` tensor of what it is where it is empty.
      compression_type: "", "ZLIB" or "GZIP".
      buffer_size: accepted.
      header: whether each file's first row is left out.
      field_delim: what stands between columns.
      use_quote_delim: whether '"' may stand round a field.
      na_value: what says that a field is missing.
      select_cols: the numbers of the columns that are wanted, in order.
    """

    def __init__(
        self,
        filenames,
        record_defaults,
        compression_type=None,
        buffer_size=None,
        header=False,
        field_delim=",",
        use_quote_delim=True,
        na_value="",
        select_cols=None,
    ):
        names = convert(filenames, dtypes.string, "filenames")
        kind = _name(compression_type)
        defaults = [_default(d) for d in record_defaults]
        buffer = _number(buffer_size, 4 * 1024 * 1024, "buffer_size")
        header = convert(header, dtypes.bool, "header")
        delim = convert(field_delim, dtypes.string, "field_delim")
        quotes = convert(use_quote_delim, dtypes.bool, "use_quote_delim")
        na = convert(na_value, dtypes.string, "na_value")
        columns = convert([] if select_cols is None else select_cols, dtypes.int64, "select_cols")
        specs = tuple(TensorSpec([], d.dtype) for d in defaults)
        shapes = [() for _ in defaults]
        made = _csv_node(names, kind, buffer, header, delim, quotes, na, columns, defaults, output_shapes=shapes)
        DatasetV1Adapter.__init__(self, made, specs)


def _default(value):
    """A column's default as a tensor; an empty one for a dtype alone: then it has to be there."""
    if isinstance(value, Tensor):
        return value
    try:
        kind = dtypes.as_dtype(value)
    except TypeError:
        return convert_to_tensor(value)
    return convert_to_tensor(np.zeros(0, kind.np) if kind is not dtypes.string else [], kind)


# --- data bases -----------------------------------------------------------------------------------------

_READ = "mode=ro"


def _lower_sql(B, driver, source, query, *, op):
    loaded.guard(op)
    driver, source, query = (as_array(v).item().decode() for v in (driver, source, query))
    if driver != "sqlite":
        raise InvalidArgumentError(
            None,
            None,
            f"The database type, {driver}, is not supported by SqlDataset. The set of supported databases is: {{'sqlite'}}.",
        )
    kinds = op.attrs["output_types"]

    def make(context):
        with contextlib.closing(sqlite3.connect(f"file:{source}?{_READ}", uri=True)) as base:
            try:
                for row in base.execute(query):
                    yield tuple(_cell(value, kind) for value, kind in zip(row, kinds, strict=True))
            except sqlite3.Error as error:
                raise UnknownError(None, None, str(error)) from None
            except ValueError:
                words = f"The number of columns in query ({len(row)}) must match the number of elements in output_types ({len(kinds)})."
                raise InvalidArgumentError(None, None, words) from None

    return of_iterable(make)


def _cell(value, kind):
    """A column's value as a component."""
    if kind is dtypes.string:
        return text(value if isinstance(value, bytes) else ("" if value is None else str(value)).encode())
    return np.asarray(0 if value is None else value).astype(kind.np)


_sql_node = dataset_node("SqlDataset", _lower_sql)


@export("data.experimental.SqlDataset", "contrib.data.SqlDataset")
class SqlDataset(DatasetV1Adapter):
    """The rows that a query finds in a data base.

    Args:
      driver_name: "sqlite".
      data_source_name: the data base's file.
      query: the query.
      output_types: the dtype of each column.
    """

    def __init__(self, driver_name, data_source_name, query, output_types):
        specs = map_structure(lambda kind: TensorSpec([], kind), output_types)
        parts = [
            convert(value, dtypes.string, name)
            for value, name in ((driver_name, "driver_name"), (data_source_name, "data_source_name"), (query, "query"))
        ]
        DatasetV1Adapter.__init__(self, _sql_node(*parts, **flat_attributes(specs)), specs)
