"""Which convolutions the native kernels do by Winograd's minimal filtering (src/native/winograd.cc) and which directly.

It multiplies 4 times less for 3x3 and 6.25 times less for 5x5, in tiles of 4x4 results, and costs transforms of images, results and
filters, which pay where there are enough channels and tiles. It rounds more than the direct kernel does: docs/differences.md says how much.
"""

import math
import os

__all__ = ["chosen"]

_OUT = 4  # results of a tile in each direction

# What a transform costs, in multiplications at the direct kernel's rate, for each of a tile's positions: of a channel of an image's
# tile, of a channel of a result's, and of a filter from one channel to one; and what a product of matrices costs beside its own, as
# rows. Fitted to 278 shapes on one thread with AVX2 (1 to 50 images of 4x4 to 28x28, 3 to 256 channels) in all three directions:
# what is chosen is 0.94 to 3.3 times as fast as the direct kernel.
_IMAGE, _RESULT, _FILTER, _ROWS = 18, 14, 22, 6
_GAIN = 1.2  # below it the exact way is taken


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
