"""Which convolutions the native kernels do by Winograd's minimal filtering (src/native/winograd.cc) and which directly.

It multiplies 4 times less for 3x3 and 6.25 times less for 5x5, in tiles of 4x4 results, and costs transforms of images, results and
filters, which pay where there are enough channels and tiles. Its results differ from direct ones by rounding: by about 1e-6 of the greatest
result for 3x3, 1e-5 for 5x5.
"""

import math
import os

__all__ = ["chosen"]

_OUT = 4  # results of a tile in each direction

# The costs of a transform, in multiplications of the direct kernel: of a channel of an image's tile and of a result's tile, and of a
# filter of one channel by one, for each of a tile's positions; what a product of matrices costs beside its multiplications, as rows.
_IMAGE, _RESULT, _FILTER, _ROWS = 20, 13, 33, 8
_GAIN = 1.1  # below it the exact way is taken


def chosen(batch, space, window, channels, outputs, strides):
    """Whether results `[batch, *space, outputs]` come faster this way from images of `channels` channels.

    Args:
      batch: of images.
      space: height and width of the results; for the slope by the input, which is a convolution of slopes, of the input.
      window: height and width of the filters.
      channels, outputs: those that are summed over, and those of the results.
      strides: of the convolution.

    Returns:
      False for other windows than 3x3 and 5x5, for strides, and if `CAUDAL_WINOGRAD` is 0.
    """
    fits = tuple(window) in ((3, 3), (5, 5)) and set(strides) == {1}
    return (
        fits
        and _allowed()
        and _direct(batch, space, window, channels, outputs) > _GAIN * _cost(batch, space, window, channels, outputs)
    )


def _allowed():
    return os.environ.get("CAUDAL_WINOGRAD") != "0"


def _direct(batch, space, window, channels, outputs):
    return batch * math.prod(space) * math.prod(window) * channels * outputs


def _cost(batch, space, window, channels, outputs):
    tiles = batch * math.prod(-(-n // _OUT) for n in space)
    positions = math.prod(n + _OUT - 1 for n in window)
    products = tiles * ((channels + _ROWS) * outputs + _IMAGE * channels + _RESULT * outputs)
    return positions * (products + _FILTER * channels * outputs)
