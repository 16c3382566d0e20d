"""Lines of comma-separated values as columns: `decode_csv`."""

import numpy as np

from ..graph.define import define
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import InferError
from .string_numbers import number_of
from .text import refuse, strings

__all__ = ["decode_csv"]


def _infer(records, *defaults):
    for default in defaults:
        if default.dims is not None and len(default.dims) > 1:
            raise InferError(f"Shape must be at most rank 1 but is rank {len(default.dims)}")
        if default.dims and default.dims[0] is not None and default.dims[0] > 1:
            raise InferError("Shape of a default must be a length-0 or length-1 vector, or a scalar.")
    return [records.dims] * len(defaults)


_ENDS = b"\n\r"


class _Line:
    """One record, read field by field.

    Args:
      op: the node, for errors.
      text: the record.
      mark: the byte between fields.
      quotes: whether a field may stand in double quotes.
    """

    def __init__(self, op, text, mark, quotes):
        self.op, self.text, self.mark, self.quotes = op, text, mark, quotes

    def fields(self):
        """All fields."""
        text, at, out = self.text, 0, []
        if not text:
            return [b""]
        while at < len(text):
            if text[at] in _ENDS:
                at += 1
                continue
            field, at = self._quoted(at) if self.quotes and text[at] == ord('"') else self._bare(at)
            out.append(field)
            at += 1
        return out + [b""] if text[-1:] == self.mark else out

    def _bare(self, at):
        end = at
        text = self.text
        while end < len(text) and text[end : end + 1] != self.mark:
            if self.quotes and text[end] == ord('"') or text[end] in _ENDS:
                refuse(self.op, "Unquoted fields cannot have quotes/CRLFs inside")
            end += 1
            if text[end:] in (b"\n", b"\r", b"\r\n"):
                return text[at:end], len(text)
        return text[at:end], end

    def _quoted(self, at):
        text, out, at = self.text, bytearray(), at + 1
        while at < len(text):
            if text[at] != ord('"'):
                out.append(text[at])
                at += 1
            elif text[at + 1 : at + 2] == b'"':
                out.append(text[at])
                at += 2
            elif text[at + 1 : at + 2] in (self.mark, b"", b"\n", b"\r"):
                return bytes(out), at + 1
            else:
                break
        refuse(self.op, "Quoted field has to end with quote followed by delim or end")


def _field(op, word, default, kind, k, n, missing):
    """The value of field `k` of record `n`."""
    if not word or word == missing:
        if not default.size:
            refuse(op, f"Field {k} is required but missing in record {n}!")
        return default.reshape(-1)[0]
    if kind is dtypes.string:
        return word
    number = number_of(word, kind)
    if number is None:
        refuse(op, f"Field {k} in record {n} is not a valid {_NAMES[kind.name]}: {word.decode('latin1')}")
    return number


_NAMES = {"float32": "float", "float64": "double", "int32": "int32", "int64": "int64"}


def _lower(B, records, *defaults, OUT_TYPE, field_delim, use_quote_delim, na_value, select_cols, op):  # noqa: N803
    if len(field_delim) != 1:
        refuse(op, "field_delim should be only 1 char")
    records = np.asarray(records, object)
    defaults = [np.asarray(d) for d in defaults]
    columns = [[] for _ in defaults]
    for n, text in enumerate(records.reshape(-1).tolist()):
        fields = _Line(op, text, field_delim, use_quote_delim).fields()
        chosen = [fields[k] for k in select_cols if k < len(fields)] if select_cols else fields
        if len(chosen) != len(columns):
            refuse(op, f"Expect {len(columns)} fields but have {len(chosen)} in record {n}")
        for k, word in enumerate(chosen):
            columns[k].append(_field(op, word, defaults[k], OUT_TYPE[k], k, n, na_value))
    return [
        strings(column, records.shape) if kind is dtypes.string else np.array(column, kind.np).reshape(records.shape)
        for column, kind in zip(columns, OUT_TYPE, strict=True)
    ]


_node = define("DecodeCSV", infer=_infer, lower=_lower, host=True, grad=None)


@export("decode_csv", "io.decode_csv")
def decode_csv(records, record_defaults, field_delim=",", use_quote_delim=True, name=None, na_value="", select_cols=None):
    """The columns of records of comma-separated values.

    Args:
      records: strings, a record each.
      record_defaults: for each column a vector with the value that stands for an empty field, which tells the dtype
        too; an empty one if the field has to be there.
      field_delim: the sign between fields.
      use_quote_delim: whether a field may stand in double quotes, with any sign inside.
      name: the node's name.
      na_value: another text that says that a field is empty.
      select_cols: the numbers of the columns that are wanted, ascending; all if None.

    Returns:
      A list of tensors shaped as `records`, one for each column.

    Raises:
      ValueError: `select_cols` doesn't ascend, or has another length; (in run) InvalidArgumentError: records that don't fit.
    """
    if select_cols is not None and any(a >= b for a, b in zip(select_cols, select_cols[1:], strict=False)):
        raise ValueError("select_cols is not strictly increasing.")
    if select_cols is not None and select_cols and select_cols[0] < 0:
        raise ValueError("select_cols contains negative values.")
    if select_cols is not None and len(select_cols) != len(record_defaults):
        raise ValueError("Length of select_cols and record_defaults do not match.")
    return _node(
        records,
        record_defaults,
        field_delim=field_delim,
        use_quote_delim=use_quote_delim,
        na_value=na_value,
        select_cols=select_cols,
        name=name,
    )
