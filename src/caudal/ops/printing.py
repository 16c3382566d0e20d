"""Text of tensors while a run goes on: `tf.Print` in passing, `tf.print` by itself, `tf.strings.format` as a tensor."""

import os
import pprint
import random
import sys

import numpy as np

from ..graph import loaded
from ..graph.composite import SparseTensor
from ..graph.define import define
from ..graph.graph import Tensor
from ..ground import dtypes, nest, summarize
from ..ground.api import PUBLIC, export
from ..ground.errors import need
from .text import refuse, strings

__all__ = ["Print", "print_v2", "string_format"]


# --- tf.Print -------------------------------------------------------------------------------------------


def _lower_print(B, x, *data, message, first_n, summarize, state):
    if first_n >= 0:
        count = state.get(lambda: 0)
        if count >= first_n:
            return x
        state.write(count + 1)
    shown = "".join(f"[{_row(d, summarize)}]" for d in data)
    print(message.decode("utf-8", "replace") + shown, file=sys.stderr, flush=True)
    return x


_row = summarize.row

_print = define(
    "Print",
    infer=lambda x, *_: [x.dims],
    lower=_lower_print,
    host=True,
    grad=lambda op, *dys: [*dys] + [None] * (len(op._inputs) - 1),
)


@export("Print")
def Print(input_, data, message=None, first_n=None, summarize=None, name=None):  # noqa: N802  # TF's name
    """`input_`, handed on; `data` are printed to the error stream whenever it is computed.

    Args:
      input_: a tensor.
      data: a list of tensors to print.
      message: what is printed before them.
      first_n: how many times; always if None.
      summarize: how many elements of each; 3 if None, all if below 0.
      name: the node's name.

    Returns:
      A tensor like `input_`, with its gradient.
    """
    return _print(input_, data, message=message, first_n=first_n, summarize=summarize, name=name)


# --- tf.strings.format ------------------------------------------------------------------------------------


def _lower_format(B, *values, template, placeholder, summarize, op):
    parts = template.split(placeholder)
    if len(parts) != len(values) + 1:
        refuse(op, f"num placeholders in template and num inputs must match: {len(parts) - 1} vs. {len(values)}")
    shown = [_edges(v, summarize).encode("latin1") for v in values] + [b""]
    return strings([b"".join(word for pair in zip(parts, shown, strict=True) for word in pair)], ())


_edges = summarize.edges
_format = define("StringFormat", infer=lambda *_: [()], lower=_lower_format, host=True, grad=None)


@export("strings.format")
def string_format(template, inputs, placeholder="{}", summarize=3, name=None):
    """A text with tensors in it.

    Args:
      template: the text.
      inputs: a tensor or a list of tensors, one for each placeholder.
      placeholder: what stands in the text for a tensor.
      summarize: how many elements at each end of an axis; all if -1.
      name: the node's name.

    Returns:
      A string scalar.

    Raises:
      ValueError: not as many tensors as placeholders.
    """
    if isinstance(inputs, Tensor) or not isinstance(inputs, (list, tuple)):
        inputs = [inputs]
    count = template.count(placeholder)
    need(count == len(inputs), f"{count} placeholder(s) in template does not match {len(inputs)} tensor(s) provided as input")
    return _format(list(inputs), template=template, placeholder=placeholder, summarize=summarize, name=name)


# --- tf.print ---------------------------------------------------------------------------------------------


def _lower_print_v2(B, text, *, output_stream, end, op):
    text, stream = np.asarray(text, object)[()] + end, output_stream.decode()
    if stream.startswith("file://"):
        loaded.guard(op)
        with open(stream.removeprefix("file://"), "ab") as file:
            file.write(text)
        return ()
    out = sys.stdout if stream == "stdout" else sys.stderr
    out.write(text.decode("utf-8", "replace"))
    out.flush()
    return ()


_print_v2 = define("PrintV2", infer=lambda _: [], lower=_lower_print_v2, host=True, grad=None)

_LEVELS = {"info": "log(info)", "warning": "log(warning)", "error": "log(error)"}


def _stream_name(stream):
    """How the node says where the text goes."""
    if stream is sys.stdout:
        return "stdout"
    if stream is sys.stderr:
        return "stderr"
    for level, name in _LEVELS.items():
        if stream is PUBLIC.get(f"logging.{level}") or stream in (name, level):
            return name
    if isinstance(stream, str) and stream.startswith("file://"):
        return stream
    raise ValueError(
        f"Unsupported output stream, logging level, or file.{stream}. Supported streams are sys.stdout, sys.stderr, "
        "tf.logging.info, tf.logging.warning, tf.logging.error. File needs to be in the form of 'file://<filepath>'."
    )


def _fresh_placeholder(text):
    """A placeholder that the text doesn't hold."""
    mark, draw = "{}", random.Random(5)
    while mark in text:
        mark += str(draw.randint(0, 9))
    return mark


def _is_tensor(x):
    return isinstance(x, (Tensor, SparseTensor)) or hasattr(x, "_as_graph_element")


def _template(part, mark, tensors):
    """The text of one argument, with a mark for each tensor in it; the tensors are added to the list."""
    if isinstance(part, str):
        return part
    marks = []
    for leaf in nest.flatten(part) if not isinstance(part, SparseTensor) else [part]:
        if isinstance(leaf, SparseTensor):
            tensors += [leaf.indices, leaf.values, leaf.dense_shape]
            marks.append(f"SparseTensor(indices={mark}, values={mark}, shape={mark})")
        elif _is_tensor(leaf):
            tensors.append(leaf)
            marks.append(mark)
        else:
            marks.append(leaf)
    whole = marks[0] if isinstance(part, SparseTensor) else nest.pack_sequence_as(part, marks)
    return pprint.pformat(whole)


def _is_text(x):
    return isinstance(x, Tensor) and x.rank == 0 and x.dtype is dtypes.string


@export("print")
def print_v2(*inputs, **kwargs):
    """An operation that prints its arguments when it runs.

    Args:
      *inputs: tensors, Python values, nests of them; they are printed one after the other.
      output_stream: `sys.stderr` (the default), `sys.stdout`, `tf.logging.info`, `.warning`, `.error`, or 'file://...'.
      summarize: how many elements at each end of an axis; 3 by default, all if -1.
      sep: what stands between two arguments; ' ' by default.
      end: what stands at the end; a new line by default.
      name: the node's name.

    Returns:
      The operation; put it into `tf.control_dependencies`, or run it.

    Raises:
      ValueError: a stream or an argument that it doesn't know.
    """
    stream, name = kwargs.pop("output_stream", sys.stderr), kwargs.pop("name", None)
    most, sep, end = kwargs.pop("summarize", 3), kwargs.pop("sep", " "), kwargs.pop("end", os.linesep)
    need(not kwargs, f"Unrecognized keyword arguments for tf.print: {kwargs}")
    stream = _stream_name(stream)
    if len(inputs) == 1 and _is_text(inputs[0]):
        text = inputs[0]
    else:
        bare = " ".join(pprint.pformat(nest.map_structure(lambda x: "" if _is_tensor(x) else x, part)) for part in inputs)
        mark, tensors = _fresh_placeholder(bare), []
        template = sep.join(_template(part, mark, tensors) for part in inputs).replace(f"'{mark}'", mark)
        text = string_format(template, tensors, mark, most, None if not name else name + "_format")
    return _print_v2(text, output_stream=stream, end=end, name=name)
