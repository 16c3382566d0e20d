"""WAV files from samples: 16 bits each, as TensorBoard plays them."""

import struct

import numpy as np

__all__ = ["encode"]


def encode(samples, rate):
    """Sound as the bytes of a WAV file.

    Args:
      samples: float `[frames, channels]` in [-1, 1].
      rate: frames a second, an int.
    """
    frames, channels = samples.shape
    scaled = samples.astype(np.float32) * np.float32(1 << 15)
    away = np.trunc(scaled + np.copysign(np.float32(0.5), scaled))  # halves go away from 0
    data = np.clip(away, -(1 << 15), (1 << 15) - 1).astype("<i2").tobytes()
    head = struct.pack("<HHIIHH", 1, channels, rate, rate * channels * 2, channels * 2, 16)
    size = struct.pack("<I", len(data))
    return b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + struct.pack("<I", 16) + head + b"data" + size + data
