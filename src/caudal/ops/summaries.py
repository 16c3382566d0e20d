"""Summaries: ops that write what TensorBoard shows, a number, a histogram, pictures, sounds, any tensor, as `Summary` messages."""

import numpy as np
from google.protobuf.message import DecodeError

from ..formats import png_write, wav
from ..formats.histograms import histogram
from ..formats.node_def import shape_message
from ..formats.proto import TensorProto
from ..formats.proto.summary_pb2 import Summary, SummaryMetadata
from ..formats.tensor_proto import make_ndarray, to_proto
from ..graph.define import define
from ..ground import shapes
from ..ground.dtypes import string
from .text import refuse

__all__ = ["audio_node", "histogram_node", "image_node", "merge_node", "scalar_node", "tensor_node"]


def _summary(name, infer=lambda *_, **__: [()], lower=None):
    return define(name, infer=infer, lower=lower, host=True, grad=None)


def _packed(summary):
    return np.array(summary.SerializeToString(), object)


def _text(tag):
    return np.asarray(tag, object).item().decode()


def _scalar(B, tags, values, *, op):
    tags, values = np.asarray(tags, object), np.asarray(values)
    if tags.shape != values.shape:
        one = f" (tag '{tags.item().decode()}')" if tags.size == 1 else ""
        refuse(op, f"tags and values not the same shape: {shapes.text(tags.shape)} != {shapes.text(values.shape)}{one}")
    out = Summary()
    for tag, value in zip(tags.ravel(), values.ravel(), strict=True):
        out.value.add(tag=tag.decode(), simple_value=float(value))
    return _packed(out)


scalar_node = _summary("ScalarSummary", lower=_scalar)


def _histogram(B, tag, values, *, op):
    values = np.asarray(values).astype(np.float64)
    if np.isnan(values).any():
        refuse(op, f"Nan in summary histogram for: {op._name}")
    if np.isinf(values).any():
        refuse(op, f"Infinity in summary histogram for: {op._name}")
    out = Summary()
    out.value.add(tag=_text(tag), histo=histogram(values))
    return _packed(out)


histogram_node = _summary("HistogramSummary", lower=_histogram)


def _bytes_of(picture, bad_color):
    """Floats as uint8: from 0 to the greatest value, or from minus to plus the greatest; what is not finite in a colour of its own."""
    if picture.dtype == np.uint8:
        return picture
    picture = picture.astype(np.float64 if picture.dtype == np.float64 else np.float32)
    finite = np.isfinite(picture)
    low, high = (picture[finite].min(), picture[finite].max()) if finite.any() else (0.0, 0.0)
    least, kind = 1e-6, picture.dtype.type
    if low < 0:
        most, offset = max(abs(low), abs(high)), kind(128)
        scale = kind(0) if most < least else kind(127) / kind(most)
    else:
        offset, scale = kind(0), kind(0) if high < least else kind(255) / kind(high)
    good = finite.all(axis=-1)
    out = np.empty(picture.shape, np.uint8)
    out[good] = (picture[good] * scale + offset).astype(np.uint8)
    out[~good] = np.resize(bad_color, picture.shape[-1])
    return out


def _image(B, tag, tensor, *, max_images, bad_color, op):
    tensor = np.asarray(tensor)
    if np.ndim(tag):
        refuse(op, "Tags must be a scalar")
    if tensor.ndim != 4 or tensor.shape[-1] not in (1, 3, 4):
        refuse(op, f"Tensor must be 4-D with last dim 1, 3, or 4, not {shapes.text(tensor.shape)}")
    height, width, channels = tensor.shape[1:]
    color = make_ndarray(bad_color)
    out = Summary()
    for k, picture in enumerate(tensor[:max_images]):
        value = out.value.add(tag=f"{_text(tag)}/image" + (f"/{k}" if max_images > 1 else ""))
        value.image.height, value.image.width, value.image.colorspace = height, width, channels
        value.image.encoded_image_string = png_write.encode(_bytes_of(picture, color))
    return _packed(out)


image_node = _summary("ImageSummary", lower=_image)


def _sounds(tag, tensor, rate, max_outputs, op):
    tensor = np.asarray(tensor)
    if np.ndim(tag):
        refuse(op, "Tag must be a scalar")
    if tensor.ndim not in (2, 3):
        refuse(op, f"Tensor must be 3-D or 2-D, got: {shapes.text(tensor.shape)}")
    if np.ndim(rate):
        refuse(op, "sample_rate must be a scalar")
    if not rate > 0:
        refuse(op, "sample_rate must be positive")
    out = Summary()
    for k, samples in enumerate(tensor[:max_outputs]):
        samples = samples.reshape(len(samples), -1)
        value = out.value.add(tag=f"{_text(tag)}/audio" + (f"/{k}" if max_outputs > 1 else ""))
        value.audio.sample_rate, value.audio.num_channels = float(rate), samples.shape[1]
        value.audio.length_frames, value.audio.content_type = samples.shape[0], "audio/wav"
        value.audio.encoded_audio_string = wav.encode(samples, int(rate))
    return _packed(out)


audio_node = _summary("AudioSummaryV2", lower=lambda B, tag, x, rate, *, max_outputs, op: _sounds(tag, x, rate, max_outputs, op))
_summary("AudioSummary", lower=lambda B, tag, x, *, sample_rate, max_outputs, op: _sounds(tag, x, sample_rate, max_outputs, op))


def _content(tensor, kind):
    """A tensor in a message: numbers as bytes, strings in their field."""
    array = np.asarray(tensor)
    if kind is string:
        return to_proto(array, kind)
    return TensorProto(dtype=kind.as_datatype_enum, tensor_shape=shape_message(array.shape), tensor_content=array.tobytes())


def _tensor(B, tag, tensor, metadata, *, op):
    out = Summary()
    value = out.value.add(tag=_text(tag))
    value.tensor.CopyFrom(_content(tensor, op._inputs[1]._dtype.base_dtype))
    value.metadata.CopyFrom(SummaryMetadata.FromString(np.asarray(metadata, object).item()))
    return _packed(out)


tensor_node = _summary("TensorSummaryV2", lower=_tensor)


def _old_tensor(B, tensor, *, description, labels, display_name, op):
    out = Summary()
    value = out.value.add(node_name=op._name)
    value.tensor.CopyFrom(_content(tensor, op._inputs[0]._dtype.base_dtype))
    return _packed(out)


_summary("TensorSummary", lower=_old_tensor)


def _merge(B, *inputs, op):
    out, tags = Summary(), set()
    for one in (x for array in inputs for x in np.asarray(array, object).ravel()):
        try:
            part = Summary.FromString(one)
        except DecodeError:
            refuse(op, "Could not parse one of the summary inputs")
        for value in part.value:
            if value.tag in tags:
                refuse(op, f"Duplicate tag {value.tag} found in summary inputs")
            if value.tag:
                tags.add(value.tag)
            out.value.add().CopyFrom(value)
    return _packed(out)


merge_node = _summary("MergeSummary", lower=_merge)
