"""tf.summary.scalar, histogram, image, audio, text, tensor_summary; merge and merge_all."""

from google.protobuf import json_format

from ..formats.proto import TensorProto
from ..formats.proto.summary_pb2 import SummaryDescription, SummaryMetadata
from ..graph.convert import convert_to_tensor
from ..graph.graph import GraphKeys, default_graph
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ops.summaries import audio_node, histogram_node, image_node, merge_node, scalar_node, tensor_node
from .names import clean_tag, collect, summary_scope

__all__ = ["audio", "histogram", "image", "merge", "merge_all", "scalar", "tensor_summary", "text"]

_SUMMARIES = (GraphKeys.SUMMARIES,)
_RED = TensorProto(dtype=4, tensor_shape={"dim": [{"size": 4}]}, int_val=[255, 0, 0, 255])  # uint8


@export("summary.scalar")
def scalar(name, tensor, collections=None, family=None):
    """A summary of a number.

    Args:
      name: of the node, and the tag.
      tensor: a real scalar.
      collections: keys of collections that it is added to; SUMMARIES by default.
      family: what goes before the tag.

    Returns:
      A string scalar: a `Summary` message.

    Raises:
      tf.errors.InvalidArgumentError: in a run, if it is no scalar.
    """
    with summary_scope(name, family, values=[tensor]) as (tag, scope):
        made = scalar_node(tag, tensor, name=scope)
        collect(made, collections, _SUMMARIES)
    return made


@export("summary.histogram")
def histogram(name, values, collections=None, family=None):
    """A summary of the distribution of real numbers.

    Args:
      name, collections, family: as for `scalar`.
      values: real, of any shape; finite.

    Returns:
      A string scalar: a `Summary` message.
    """
    with summary_scope(name, family, values=[values], default_name="HistogramSummary") as (tag, scope):
        made = histogram_node(tag, values, name=scope)
        collect(made, collections, _SUMMARIES)
    return made


@export("summary.image")
def image(name, tensor, max_outputs=3, collections=None, family=None):
    """A summary of pictures.

    Args:
      name, collections, family: as for `scalar`.
      tensor: uint8 or float `[batch, height, width, channels]` with 1, 3 or 4 channels. Floats are scaled so that the
        greatest is 255; if some are negative, so that 0 is 128.
      max_outputs: how many of the batch, at least 1.

    Returns:
      A string scalar: a `Summary` message.
    """
    with summary_scope(name, family, values=[tensor]) as (tag, scope):
        made = image_node(tag, tensor, max_images=max_outputs, bad_color=_RED, name=scope)
        collect(made, collections, _SUMMARIES)
    return made


@export("summary.audio")
def audio(name, tensor, sample_rate, max_outputs=3, collections=None, family=None):
    """A summary of sounds.

    Args:
      name, collections, family: as for `scalar`.
      tensor: float32 `[batch, frames, channels]` or `[batch, frames]` in [-1, 1].
      sample_rate: frames a second, hertz.
      max_outputs: how many of the batch, at least 1.

    Returns:
      A string scalar: a `Summary` message.
    """
    with summary_scope(name, family, values=[tensor]) as (tag, scope):
        rate = convert_to_tensor(sample_rate, dtype=dtypes.float32, name="sample_rate")
        made = audio_node(tag, tensor, rate, max_outputs=max_outputs, name=scope)
        collect(made, collections, _SUMMARIES)
    return made


@export("summary.tensor_summary")
def tensor_summary(
    name, tensor, summary_description=None, collections=None, summary_metadata=None, family=None, display_name=None
):
    """A summary of any tensor.

    Args:
      name, collections, family: as for `scalar`.
      tensor: of any dtype and shape.
      summary_description: text.
      summary_metadata: a `SummaryMetadata`: which plugin shows it.
      display_name: the name to be shown.

    Returns:
      A string scalar: a `Summary` message.
    """
    metadata = SummaryMetadata() if summary_metadata is None else summary_metadata
    if summary_description is not None:
        metadata.summary_description = summary_description
    if display_name is not None:
        metadata.display_name = display_name
    packed = metadata.SerializeToString()
    with summary_scope(name, family, values=[tensor]) as (tag, scope):
        made = tensor_node(tag, tensor, packed, name=scope)
        collect(made, collections, _SUMMARIES)
    return made


@export("summary.text")
def text(name, tensor, collections=None):
    """A summary of text, which may be Markdown.

    Args:
      name, collections: as for `scalar`.
      tensor: strings; a matrix is shown as a table.

    Returns:
      A string scalar: a `Summary` message.

    Raises:
      ValueError: no strings.
    """
    need(tensor.dtype == dtypes.string, f"Expected tensor {tensor.name} to have dtype string, got {tensor.dtype}")
    metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="text"))
    return tensor_summary(name=name, tensor=tensor, summary_metadata=metadata, collections=collections)


@export("summary.merge")
def merge(inputs, collections=None, name=None):
    """Several summaries as one.

    Args:
      inputs: a list of string tensors: `Summary` messages.
      collections: keys of collections that it is added to; none by default.
      name: of the node.

    Returns:
      A string scalar.

    Raises:
      tf.errors.InvalidArgumentError: in a run, if two have one tag.
    """
    name = clean_tag(name)
    with name_scope(name, "Merge", inputs):
        made = merge_node(inputs, name=name)
        collect(made, collections, ())
    return made


@export("summary.merge_all")
def merge_all(key=GraphKeys.SUMMARIES, scope=None, name=None):
    """All summaries of a graph as one.

    Args:
      key: of the collection that holds them.
      scope: what their names have to begin with.
      name: of the node.

    Returns:
      A string scalar; None if there are no summaries.
    """
    found = default_graph().get_collection(key, scope)
    return merge(found, name=name) if found else None


@export("summary.get_summary_description")
def get_summary_description(node_def):
    """The `SummaryDescription` of a `TensorSummary` node.

    Raises:
      ValueError: another node.
    """
    need(node_def.op == "TensorSummary", f"Can't get_summary_description on {node_def.op}")
    return json_format.Parse(node_def.attr["description"].s.decode(), SummaryDescription())
