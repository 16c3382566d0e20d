"""crop_and_resize: boxes cut out of pictures and brought to one size, with the slopes of pictures and boxes."""

import numpy as np

from ..graph import static
from ..graph.define import define
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import InferError, InvalidArgumentError, need
from ..ground.shapes import merge_dim, with_rank
from ..ops.shape import shape

__all__ = ["crop_and_resize"]


def _line(B, first, last, size, count):
    """Where each of `count` outputs of each box lies along a side of `size`, `[boxes, count]`."""
    if count == 1:
        return 0.5 * (first + last)[:, None] * (size - 1)
    step = (last - first) * (size - 1) / (count - 1)
    return first[:, None] * (size - 1) + B.arange(count, dtype=np.float32) * step[:, None]


class _Taps:
    """The pixels that each output lies between, and how far from the first."""

    def __init__(self, B, boxes, owners, height, width, crop):
        rows = _line(B, boxes[:, 0], boxes[:, 2], height, crop[0])
        columns = _line(B, boxes[:, 1], boxes[:, 3], width, crop[1])
        inside_rows, inside_columns = (rows >= 0) & (rows <= height - 1), (columns >= 0) & (columns <= width - 1)
        self.inside = (inside_rows[:, :, None] & inside_columns[:, None, :])[..., None]
        self.owner = owners[:, None, None]
        self.top, self.bottom, self.down, self.row = self._side(B, rows, height)
        self.left, self.right, self.across, self.column = self._side(B, columns, width)
        self.down, self.across = self.down[:, :, None, None], self.across[:, None, :, None]

    @staticmethod
    def _side(B, place, size):
        clip = lambda v: B.clip(v, 0, size - 1).astype(np.int32)  # noqa: E731
        low = B.floor(place)
        return clip(low), clip(B.ceil(place)), (place - low).astype(np.float32), clip(B.floor(place + 0.5))

    def at(self, rows, columns):
        """The index of pixels in a batch of pictures."""
        return self.owner, rows[:, :, None], columns[:, None, :]

    def corners(self):
        """The four pixels around an output, with their weights."""
        down, across = self.down, self.across
        return (
            (self.at(self.top, self.left), (1 - down) * (1 - across)),
            (self.at(self.top, self.right), (1 - down) * across),
            (self.at(self.bottom, self.left), down * (1 - across)),
            (self.at(self.bottom, self.right), down * across),
        )


def _lower(B, image, boxes, owners, crop, *, method, extrapolation_value, op):
    if not B.compiled and np.any((owners < 0) | (owners >= image.shape[0])):
        raise InvalidArgumentError(None, op, "box_index has values outside [0, batch_size)")
    taps = _Taps(B, boxes, owners, image.shape[1], image.shape[2], [int(c) for c in crop])
    image = B.cast(image, np.float32)
    if method == b"nearest":
        made = image[taps.at(taps.row, taps.column)]
    else:
        made = sum(image[where] * weight for where, weight in taps.corners())
    return B.where(taps.inside, made, B.asarray(np.float32(extrapolation_value)))


def _lower_image_slope(B, dy, boxes, owners, sizes, *, T, method):
    sizes = tuple(int(d) for d in sizes)
    taps = _Taps(B, boxes, owners, sizes[1], sizes[2], dy.shape[1:3])
    dy = B.where(taps.inside, dy, B.zeros_like(dy))
    out = B.zeros(sizes, np.float32)
    corners = [(taps.at(taps.row, taps.column), 1)] if method == b"nearest" else taps.corners()
    for where, weight in corners:
        out = B.add_at(out, where, dy * weight)
    return B.cast(out, T.np)


def _along(B, slope, size, count):
    """The slopes of a box's first and last edge from those of its outputs' places, `[boxes, count]`."""
    if count == 1:
        both = B.sum(slope, axis=1) * 0.5 * (size - 1)
        return both, both
    part = B.arange(count, dtype=np.float32) * np.float32((size - 1) / (count - 1))
    return B.sum(slope * (size - 1 - part), axis=1), B.sum(slope * part, axis=1)


def _lower_boxes_slope(B, dy, image, boxes, owners):
    _, height, width, _ = image.shape
    taps = _Taps(B, boxes, owners, height, width, dy.shape[1:3])
    image = B.cast(image, np.float32)
    (nw, ne, sw, se) = (image[where] for where, _ in taps.corners())
    dy = B.where(taps.inside, dy, B.zeros_like(dy))
    down = B.sum(((1 - taps.across) * (sw - nw) + taps.across * (se - ne)) * dy, axis=3)
    across = B.sum(((1 - taps.down) * (ne - nw) + taps.down * (se - sw)) * dy, axis=3)
    top, bottom = _along(B, B.sum(down, axis=2), height, dy.shape[1])
    left, right = _along(B, B.sum(across, axis=1), width, dy.shape[2])
    return B.stack([top, left, bottom, right], axis=1)


def _infer(image, boxes, owners, crop):
    dims, boxes, owners = with_rank(image.dims, 4), with_rank(boxes.dims, 2), with_rank(owners.dims, 1)
    if boxes[1] not in (4, None):
        raise InferError(f"Dimension must be 4 but is {boxes[1]}")
    count = merge_dim(boxes[0], owners[0])
    known = static.value(crop)
    return [(count, *((None, None) if known is None else (int(d) for d in known)), dims[3])]


def _slope(op, dy):
    image, boxes, owners, _ = op.inputs
    known = image.get_shape()
    sizes = known.as_list() if known.is_fully_defined() else shape(image)
    of_image = None
    if image._dtype in (dtypes.float16, dtypes.float32, dtypes.float64):
        of_image = image_slope_node(dy, boxes, owners, sizes, T=image._dtype, method=op.attrs["method"])
    return [of_image, boxes_slope_node(dy, image, boxes, owners), None, None]


node = define("CropAndResize", infer=_infer, lower=_lower, static=(3,), grad=_slope)
image_slope_node = define(
    "CropAndResizeGradImage",
    infer=lambda dy, boxes, owners, sizes: [static.partial_shape(sizes)],
    lower=_lower_image_slope,
    static=(3,),
)
boxes_slope_node = define("CropAndResizeGradBoxes", infer=lambda dy, image, boxes, owners: [boxes.dims], lower=_lower_boxes_slope)


@export("image.crop_and_resize")
def crop_and_resize(
    image, boxes, box_ind=None, crop_size=None, method="bilinear", extrapolation_value=0, name=None, box_indices=None
):
    """Boxes cut out of pictures, each resized to `crop_size`.

    Args:
      image: `[batch, height, width, channels]`.
      boxes: float32 `[boxes, 4]`: y1, x1, y2, x2, counted in [0, 1] from the first pixel to the last.
      box_ind: int32 `[boxes]`, the picture that each box lies on.
      crop_size: int32 `[2]`, height and width.
      method: "bilinear" or "nearest".
      extrapolation_value: what stands outside of the picture.
      name: the node's name.
      box_indices: the newer name of `box_ind`.

    Returns:
      float32 `[boxes, height, width, channels]`.
    """
    need(box_ind is None or box_indices is None, "Cannot specify both 'box_ind' and 'box_indices'")
    owners = box_ind if box_indices is None else box_indices
    return node(image, boxes, owners, crop_size, method=method, extrapolation_value=extrapolation_value, name=name)
