"""tf.image.decode_* and encode_*: pictures out of files' bytes, and back."""

from ..build.cond import cond
from ..graph.scopes import control_dependencies, name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ops.check import Assert
from ..ops.elementwise import NODES, PLAIN
from ..ops.strings import substr
from . import codec_nodes as nodes
from .colors import convert_image_dtype

__all__ = ["decode_image", "decode_jpeg", "decode_png", "encode_jpeg", "encode_png"]


@export("image.decode_png", "io.decode_png")
def decode_png(contents, channels=0, dtype=dtypes.uint8, name=None):
    """The picture that a PNG file holds (or a JPEG file, or a GIF file of one frame).

    Args:
      contents: a string scalar, the file's bytes.
      channels: 1 for grey, 3 for colours, 4 for colours and alpha; 0 for what the file has.
      dtype: uint8 or uint16.
      name: the node's name.

    Returns:
      `[height, width, channels]`.

    Raises:
      tf.errors.InvalidArgumentError: (when run) no such file.
    """
    return nodes.png_node(contents, channels=channels, dtype=dtype, name=name)


@export("image.decode_jpeg", "io.decode_jpeg")
def decode_jpeg(
    contents,
    channels=0,
    ratio=1,
    fancy_upscaling=True,
    try_recover_truncated=False,
    acceptable_fraction=1,
    dct_method="",
    name=None,
):
    """The picture that a JPEG file holds (or a PNG file, or a GIF file of one frame).

    Args:
      contents: a string scalar, the file's bytes.
      channels: 1 for grey, 3 for colours; 0 for what the file has.
      ratio: 1, 2, 4 or 8: how many times smaller it is made.
      fancy_upscaling, try_recover_truncated, acceptable_fraction, dct_method: accepted; it is always read accurately.
      name: the node's name.

    Returns:
      uint8 `[height, width, channels]`.

    Raises:
      tf.errors.InvalidArgumentError: (when run) no such file.
    """
    return nodes.jpeg_node(
        contents,
        channels=channels,
        ratio=ratio,
        fancy_upscaling=fancy_upscaling,
        try_recover_truncated=try_recover_truncated,
        acceptable_fraction=acceptable_fraction,
        dct_method=dct_method,
        name=name,
    )


@export("image.decode_and_crop_jpeg", "io.decode_and_crop_jpeg")
def decode_and_crop_jpeg(
    contents,
    crop_window,
    channels=0,
    ratio=1,
    fancy_upscaling=True,
    try_recover_truncated=False,
    acceptable_fraction=1,
    dct_method="",
    name=None,
):
    """A part of the picture that a JPEG file holds.

    Args:
      crop_window: int32 `[4]`: y and x of its corner, height, width. The other arguments are `decode_jpeg`'s.
    """
    return nodes.cropped_node(
        contents,
        crop_window,
        channels=channels,
        ratio=ratio,
        fancy_upscaling=fancy_upscaling,
        try_recover_truncated=try_recover_truncated,
        acceptable_fraction=acceptable_fraction,
        dct_method=dct_method,
        name=name,
    )


@export("image.decode_gif", "io.decode_gif")
def decode_gif(contents, name=None):
    """The frames that a GIF file holds, uint8 `[frames, height, width, 3]`."""
    return nodes.gif_node(contents, name=name)


@export("image.decode_bmp", "io.decode_bmp")
def decode_bmp(contents, channels=0, name=None):
    """The picture that a BMP file holds, uint8 `[height, width, channels]`; `channels` has to be the file's, or 0."""
    return nodes.bmp_node(contents, channels=channels, name=name)


@export("image.encode_png")
def encode_png(image, compression=-1, name=None):
    """A picture as a PNG file's bytes.

    Args:
      image: uint8 or uint16 `[height, width, channels]` of 1 to 4 channels.
      compression: how well it is packed, 0 to 9; -1 for the usual.
      name: the node's name.

    Returns:
      A string scalar.
    """
    return nodes.encode_png_node(image, compression=compression, name=name)


@export("image.encode_jpeg", "io.encode_jpeg")
def encode_jpeg(
    image,
    format="",
    quality=95,
    progressive=False,
    optimize_size=False,
    chroma_downsampling=True,
    density_unit="in",
    x_density=300,
    y_density=300,
    xmp_metadata="",
    name=None,
):
    """A picture as a JPEG file's bytes.

    Args:
      image: uint8 `[height, width, channels]` of 1 or 3 channels.
      format: "grayscale", "rgb", or "" for what the picture has.
      quality: 0 to 100.
      progressive, optimize_size: how the file is laid out.
      chroma_downsampling: whether colours are kept at half the size.
      density_unit: "in" or "cm"; x_density, y_density: points for each, for printing.
      xmp_metadata: what is said about the picture.
      name: the node's name.

    Returns:
      A string scalar.
    """
    return nodes.encode_jpeg_node(
        image,
        format=format,
        quality=quality,
        progressive=progressive,
        optimize_size=optimize_size,
        chroma_downsampling=chroma_downsampling,
        density_unit=density_unit,
        x_density=x_density,
        y_density=y_density,
        xmp_metadata=xmp_metadata,
        name=name,
    )


@export("image.extract_jpeg_shape", "io.extract_jpeg_shape")
def extract_jpeg_shape(contents, output_type=dtypes.int32, name=None):
    """(height, width, channels) of a JPEG file, int `[3]`."""
    return nodes.shape_node(contents, output_type=output_type, name=name)


@export("image.is_jpeg", "io.is_jpeg")
def is_jpeg(contents, name=None):
    """Whether bytes begin as a JPEG file does, a bool scalar."""
    with name_scope(name, "is_jpeg"):
        return NODES["Equal"](substr(contents, 0, 3), b"\xff\xd8\xff", name=name)


def _is_png(contents):
    with name_scope(None, "is_png"):
        return NODES["Equal"](substr(contents, 0, 3), b"\x89PN")


def _allowed(channels, refused, name):
    """Checks that the channels asked for are none of `refused`, as nodes."""
    checks = [NODES["NotEqual"](0 if channels is None else channels, r, name=name) for r in refused]
    return checks[0] if len(checks) == 1 else PLAIN["LogicalAnd"](*checks)


@export("image.decode_image", "io.decode_image")
def decode_image(contents, channels=None, dtype=dtypes.uint8, name=None, expand_animations=True):
    """The picture that a BMP, GIF, JPEG or PNG file holds.

    Args:
      contents: a string scalar, the file's bytes.
      channels: as for `decode_png`.
      dtype: uint8, uint16 or float32; what the file has is scaled to it.
      name: the scope's name.
      expand_animations: whether a GIF gives all its frames, and not only the first.

    Returns:
      `[height, width, channels]`, or for a GIF `[frames, height, width, 3]`.

    Raises:
      ValueError: an animation in other than three channels.
      tf.errors.InvalidArgumentError: (when run) no such file.
    """
    with name_scope(name, "decode_image"):
        if channels not in (None, 0, 1, 3, 4):
            raise ValueError("channels must be in (None, 0, 1, 3, 4)")
        start = substr(contents, 0, 3)
        given = 0 if channels is None else channels

        def scaled(picture):
            return convert_image_dtype(picture, dtype)

        def bmp():
            is_bmp = NODES["Equal"](substr(contents, 0, 2), b"BM", name="is_bmp")
            decoded = Assert(is_bmp, ["Unable to decode bytes as JPEG, PNG, GIF, or BMP"])
            wanted = _allowed(channels, (1,), "check_channels")
            fits = Assert(wanted, ["Channels must be in (None, 0, 3) when decoding BMP images"])
            with control_dependencies([decoded, fits]):
                return scaled(decode_bmp(contents))

        def gif():
            wanted = _allowed(channels, (1, 4), "check_gif_channels")
            fits = Assert(wanted, ["Channels must be in (None, 0, 3) when decoding GIF images"])
            with control_dependencies([fits]):
                picture = scaled(decode_gif(contents))
                return picture if expand_animations else picture[0]

        def gif_or_bmp():
            return cond(NODES["Equal"](start, b"GIF", name="is_gif"), gif, bmp, name="cond_gif")

        def a_png():
            kind = dtypes.uint16 if dtype == dtypes.uint16 else dtypes.uint8
            return scaled(decode_png(contents, given, dtype=kind))

        def not_jpeg():
            return cond(_is_png(contents), a_png, gif_or_bmp, name="cond_png")

        def a_jpeg():
            wanted = _allowed(channels, (4,), "check_jpeg_channels")
            fits = Assert(wanted, ["Channels must be in (None, 0, 1, 3) when decoding JPEG images"])
            with control_dependencies([fits]):
                return scaled(decode_jpeg(contents, given))

        return cond(is_jpeg(contents), a_jpeg, not_jpeg, name="cond_jpeg")
