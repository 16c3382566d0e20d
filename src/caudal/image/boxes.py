"""Boxes on pictures: the best of those that overlap, drawn ones, and random ones that keep an object in sight."""

import numpy as np

from ..backend import philox
from ..graph import static
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.scopes import name_scope
from ..ground.api import export
from ..ground.errors import InvalidArgumentError
from ..ground.shapes import with_rank, with_rank_at_least
from ..ops.random import begin

__all__ = ["best_of", "draw_bounding_boxes", "non_max_suppression", "overlap_of", "sample_distorted_bounding_box"]


# --- the best of those that overlap -------------------------------------------------------------------


def overlap_of(boxes, k, others):
    """The intersection over union of box k with others."""
    low, high = np.minimum(boxes[:, :2], boxes[:, 2:]), np.maximum(boxes[:, :2], boxes[:, 2:])
    areas = np.prod(high - low, axis=1)
    both = np.prod(np.maximum(np.minimum(high[k], high[others]) - np.maximum(low[k], low[others]), 0), axis=1)
    union = areas[k] + areas[others] - both
    real = (areas[k] > 0) & (areas[others] > 0)
    return np.where(real, both / np.where(real, union, 1), 0)


def _chosen(scores, most, threshold, least, overlap):
    """Indices in the order of their scores, of which none overlaps one before it by more than the threshold."""
    order = [k for k in np.argsort(-scores, kind="stable") if scores[k] > least]
    kept = []
    for k in order:
        if len(kept) >= most:
            break
        if not kept or not np.any(overlap(k, kept) > threshold):
            kept.append(k)
    return np.array(kept, np.int32)


def best_of(boxes, scores, most, threshold, least):
    """Indices of the boxes that score highest, without those that overlap a better one too much."""
    boxes = boxes.astype(np.float32)
    return _chosen(scores, int(most), threshold, least, lambda k, others: overlap_of(boxes, k, others))


def _lower_suppression(B, *args):
    return best_of(*args)


def _lower_overlaps(B, overlaps, scores, most, threshold, least):
    return _chosen(scores, int(most), threshold, least, lambda k, others: overlaps[k, others])


def _lower_padded(B, boxes, scores, most, threshold, least, *, pad_to_max_output_size):
    kept = best_of(boxes, scores, most, threshold, least)
    count = np.int32(len(kept))
    return (np.pad(kept, (0, int(most) - len(kept))) if pad_to_max_output_size else kept), count


def _infer_suppression(boxes, scores, *_):
    with_rank(boxes.dims, 2), with_rank(scores.dims, 1)
    return [(None,)]


def _infer_padded(boxes, scores, most, *_, pad_to_max_output_size):
    _infer_suppression(boxes, scores)
    return [(static.number(most) if pad_to_max_output_size else None,), ()]


nms_node = define("NonMaxSuppressionV3", infer=_infer_suppression, lower=_lower_suppression, dynamic=True)
nms_padded_node = define("NonMaxSuppressionV4", infer=_infer_padded, lower=_lower_padded, dynamic=True)
nms_overlaps_node = define(
    "NonMaxSuppressionWithOverlaps", infer=_infer_suppression, lower=_lower_overlaps, dynamic=True, grad=None
)

_ARGUMENTS = """

    Args:
      {boxes}
      scores: float32 `[boxes]`.
      max_output_size: int32 scalar, how many at most.
      {threshold}: by how much, in [0, 1], two may overlap.
      score_threshold: boxes that don't score more are left out.{more}
      name: the scope's name.

    Returns:
      {returns}
    """
_BOXES = "boxes: float32 `[boxes, 4]`: y1, x1, y2, x2 of two opposite corners."


@export("image.non_max_suppression")
def non_max_suppression(boxes, scores, max_output_size, iou_threshold=0.5, score_threshold=float("-inf"), name=None):
    """The boxes that score highest, without those that overlap a better one too much."""
    with name_scope(name, "non_max_suppression"):
        iou_threshold = convert_to_tensor(iou_threshold, name="iou_threshold")
        score_threshold = convert_to_tensor(score_threshold, name="score_threshold")
        return nms_node(boxes, scores, max_output_size, iou_threshold, score_threshold)


@export("image.non_max_suppression_padded")
def non_max_suppression_padded(
    boxes, scores, max_output_size, iou_threshold=0.5, score_threshold=float("-inf"), pad_to_max_output_size=False, name=None
):
    """`non_max_suppression` with the number of boxes, filled up with zeros if wanted."""
    with name_scope(name, "non_max_suppression_padded"):
        iou_threshold = convert_to_tensor(iou_threshold, name="iou_threshold")
        score_threshold = convert_to_tensor(score_threshold, name="score_threshold")
        return nms_padded_node(
            boxes, scores, max_output_size, iou_threshold, score_threshold, pad_to_max_output_size=pad_to_max_output_size
        )


@export("image.non_max_suppression_overlaps")
def non_max_suppression_overlaps(
    overlaps, scores, max_output_size, overlap_threshold=0.5, score_threshold=float("-inf"), name=None
):
    """`non_max_suppression` for overlaps that are known."""
    with name_scope(name, "non_max_suppression_overlaps"):
        overlap_threshold = convert_to_tensor(overlap_threshold, name="overlap_threshold")
        return nms_overlaps_node(overlaps, scores, max_output_size, overlap_threshold, score_threshold)


non_max_suppression.__doc__ += _ARGUMENTS.format(
    boxes=_BOXES, threshold="iou_threshold", more="", returns="int32 `[chosen]`, indices."
)
non_max_suppression_padded.__doc__ += _ARGUMENTS.format(
    boxes=_BOXES,
    threshold="iou_threshold",
    more="\n      pad_to_max_output_size: whether to fill up.",
    returns="(int32 `[chosen]`, indices; int32 scalar, how many of them are valid).",
)
non_max_suppression_overlaps.__doc__ += _ARGUMENTS.format(
    boxes="overlaps: float32 `[boxes, boxes]`.", threshold="overlap_threshold", more="", returns="int32 `[chosen]`, indices."
)


# --- drawn --------------------------------------------------------------------------------------------

_COLORS = np.array(
    [
        (1, 1, 0, 1),
        (0, 0, 1, 1),
        (1, 0, 0, 1),
        (0, 1, 0, 1),
        (0.5, 0, 0.5, 1),
        (0.5, 0.5, 0, 1),
        (0.5, 0, 0, 1),
        (0, 0, 0.5, 1),
        (0, 1, 1, 1),
        (1, 0, 1, 1),
    ],
    np.float32,
)  # yellow, blue, red, lime, purple, olive, maroon, navy, aqua, fuchsia


def _draw(picture, box, color):
    height, width, _ = picture.shape
    top, left, bottom, right = (int(e * (side - 1)) for e, side in zip(box, (height, width) * 2, strict=True))
    if top > bottom or left > right or top >= height or bottom < 0 or left >= width or right < 0:
        return
    rows, columns = slice(max(top, 0), min(bottom, height - 1) + 1), slice(max(left, 0), min(right, width - 1) + 1)
    if top >= 0:
        picture[top, columns] = color
    if bottom < height:
        picture[bottom, columns] = color
    if left >= 0:
        picture[rows, left] = color
    if right < width:
        picture[rows, right] = color


def _lower_draw(B, images, boxes, colors=None):
    depth = images.shape[3]
    table = _COLORS if colors is None or not len(colors) else colors
    table = np.ones_like(table) if depth == 1 else table
    out = np.array(images)
    for picture, of_picture in zip(out, boxes, strict=True):
        for k, box in enumerate(of_picture):
            _draw(picture, box, table[k % len(table)][:depth])
    return out


def _infer_draw(images, *_):
    with_rank_at_least(images.dims, 3)
    return [images.dims]


draw_node = define("DrawBoundingBoxes", infer=_infer_draw, lower=_lower_draw, host=True, grad=None)
draw_colors_node = define("DrawBoundingBoxesV2", infer=_infer_draw, lower=_lower_draw, host=True)


@export("image.draw_bounding_boxes")
def draw_bounding_boxes(images, boxes, name=None, colors=None):
    """Pictures with boxes drawn on them.

    Args:
      images: float32 `[batch, height, width, channels]`, 1, 3 or 4 channels.
      boxes: float32 `[batch, boxes, 4]`: y1, x1, y2, x2, counted in [0, 1].
      name: the node's name.
      colors: float32 `[colors, channels]`, taken in turn; ten of TF's own by default.
    """
    if colors is None:
        return draw_node(images, boxes, name=name)
    return draw_colors_node(images, boxes, colors, name=name)


# --- at random ----------------------------------------------------------------------------------------


class _Words:
    """The uint32 words of a stream, one by one."""

    def __init__(self, stream, blocks):
        self._words = iter(philox.bits(np, stream, blocks).reshape(-1).tolist())

    def word(self):
        return next(self._words)

    def unit(self):
        """A float32 in [0, 1)."""
        return np.array((self.word() & 0x7FFFFF) | (127 << 23), np.uint32).view(np.float32)[()] - np.float32(1)

    def below(self, n):
        """An int in [0, n), each as likely."""
        if n & (n - 1) == 0:
            return self.word() & (n - 1)
        least = (0xFFFFFFFF % n) + 1
        word = self.word()
        while word < least:
            word = self.word()
        return word % n


def _nearest(x):
    return int(np.rint(np.float32(x)))


def _candidate(words, width, height, area_range, ratio):
    """A box (top, left, bottom, right) of that ratio whose area is in the range, or None."""
    least, most = (np.float32(part) * np.float32(width) * np.float32(height) for part in area_range)
    tall, tallest = (_nearest(np.sqrt(area / ratio)) for area in (least, most))
    if _nearest(tallest * ratio) > width:
        tallest = int((width + 0.5 - 1e-7) / ratio)
    tallest = min(tallest, height)
    tall = min(tall, tallest)
    if tall < tallest:
        tall += words.below(tallest - tall + 1)
    wide = _nearest(tall * ratio)
    if wide * tall < least:  # rounding may have made it too small, or too large
        tall += 1
        wide = _nearest(tall * ratio)
    if wide * tall > most:
        tall -= 1
        wide = _nearest(tall * ratio)
    if not (least <= wide * tall <= most and 0 < wide <= width and 0 < tall <= height):
        return None
    top = words.below(height - tall) if tall < height else 0
    left = words.below(width - wide) if wide < width else 0
    return top, left, top + tall, left + wide


def _covers(box, objects, least):
    """Whether the box holds enough of one of the objects."""

    def area(b):
        return max(b[2] - b[0], 0) * max(b[3] - b[1], 0)

    def shared(other):
        return area((max(box[0], other[0]), max(box[1], other[1]), min(box[2], other[2]), min(box[3], other[3])))

    return area(box) >= 1 and any(area(o) >= 1 and np.float32(shared(o)) / np.float32(area(o)) >= least for o in objects)


_NO_BOXES = (
    "No bounding boxes provided as input. One must enable use_image_if_no_bounding_boxes if you wish to not provide any "
    "bounding boxes."
)


def _lower_sample(B, size, boxes, covered, *, state, op, max_attempts, use_image_if_no_bounding_boxes):
    height, width = int(size[0]), int(size[1])
    objects = [tuple(int(e * s) for e, s in zip(b, (height, width) * 2, strict=True)) for b in boxes.reshape(-1, 4)]
    if not objects and not use_image_if_no_bounding_boxes:
        raise InvalidArgumentError(None, op, _NO_BOXES)
    stream = state.get(lambda: begin(op))
    state.write(philox.advanced(np, stream, max_attempts))
    words = _Words(stream, 16 * max_attempts)
    top, left, bottom, right = _sampled(words, width, height, objects or [(0, 0, height, width)], covered, op.attrs)
    edges = np.array([[[top / height, left / width, bottom / height, right / width]]], np.float32)
    return np.array([top, left, 0], size.dtype), np.array([bottom - top, right - left, -1], size.dtype), edges


def _sampled(words, width, height, objects, covered, settings):
    low, high = (np.float32(ratio) for ratio in settings["aspect_ratio_range"])
    for _ in range(settings["max_attempts"]):
        ratio = words.unit() * (high - low) + low
        box = _candidate(words, width, height, settings["area_range"], ratio)
        if box is not None and _covers(box, objects, covered):
            return box
    return 0, 0, height, width


sample_node = define(
    "SampleDistortedBoundingBoxV2",
    infer=lambda size, boxes, covered: [(3,), (3,), (1, 1, 4)],
    lower=_lower_sample,
    host=True,
    begin=begin,
    grad=None,
)


@export("image.sample_distorted_bounding_box")
def sample_distorted_bounding_box(
    image_size,
    bounding_boxes,
    seed=None,
    seed2=None,
    min_object_covered=0.1,
    aspect_ratio_range=None,
    area_range=None,
    max_attempts=None,
    use_image_if_no_bounding_boxes=None,
    name=None,
):
    """A random box of a picture in which enough of an object is seen.

    Args:
      image_size: int `[3]`: height, width, channels.
      bounding_boxes: float32 `[batch, boxes, 4]`, the objects: y1, x1, y2, x2, counted in [0, 1].
      seed, seed2: the op's seeds.
      min_object_covered: which part of one object has to be seen.
      aspect_ratio_range: the least and the greatest width over height; [0.75, 1.33] by default.
      area_range: the least and the greatest part of the picture; [0.05, 1] by default.
      max_attempts: after how many trials the whole picture is taken; 100 by default.
      use_image_if_no_bounding_boxes: whether the whole picture is the object if there is none.
      name: the scope's name.

    Returns:
      (begin, size, box): what `tf.slice` takes, and float32 `[1, 1, 4]` for `draw_bounding_boxes`.
    """
    with name_scope(name, "sample_distorted_bounding_box"):
        return sample_node(
            image_size,
            bounding_boxes,
            min_object_covered,
            seed=seed,
            seed2=seed2,
            aspect_ratio_range=aspect_ratio_range,
            area_range=area_range,
            max_attempts=max_attempts,
            use_image_if_no_bounding_boxes=use_image_if_no_bounding_boxes,
            name=name,
        )
