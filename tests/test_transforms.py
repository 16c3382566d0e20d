"""tf.contrib.image: pictures in perspective, held to SciPy's map_coordinates, turns to NumPy's, and their slopes to differences."""

import numpy as np
import pytest
import scipy.ndimage

import caudal as tf
from caudal.run import plan

image = tf.contrib.image
PICTURES = np.random.RandomState(0).uniform(0, 200, (2, 7, 5, 3))
TRANSFORMS = np.array([[0, 1, 0.5, -1, 0, 4.5, 0, 0], [0.9, -0.3, 1.2, 0.4, 1.1, -0.7, 0.02, -0.03]], "f")


def _run(*tensors, compiling=False):
    with tf.Session() as session, pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "worth_compiling", lambda ops: compiling)
        return session.run(tensors)


def _meant(pictures, transforms, sizes, order):
    """By SciPy, channel by channel."""
    y, x = np.mgrid[: sizes[0], : sizes[1]].astype("f")
    out = np.zeros((len(pictures), *sizes, pictures.shape[3]))
    for n, (a0, a1, a2, b0, b1, b2, c0, c1) in enumerate(transforms):
        k = c0 * x + c1 * y + np.float32(1)
        places = np.stack([(b0 * x + b1 * y + b2) / k, (a0 * x + a1 * y + a2) / k])
        if order == 0:  # SciPy rounds halves otherwise
            places = np.trunc(places + np.copysign(np.float32(0.5), places))
        for c in range(pictures.shape[3]):
            out[n, ..., c] = scipy.ndimage.map_coordinates(pictures[n, ..., c], places, order=order, mode="grid-constant")
    return out


@pytest.mark.parametrize("kind", ["float32", "float64", "float16", "uint8", "int32"])
@pytest.mark.parametrize("order, interpolation", [(0, "NEAREST"), (1, "BILINEAR")])
@pytest.mark.parametrize("compiling", [False, True])
def test_perspective(kind, order, interpolation, compiling):
    pictures = PICTURES.astype(kind)
    with tf.Graph().as_default():
        (found,) = _run(image.transform(pictures, TRANSFORMS, interpolation, [6, 8]), compiling=compiling)
    want = _meant(pictures.astype("d"), TRANSFORMS, (6, 8), order)
    assert found.dtype == kind
    # integers are cut off, and what lies just below one in float32 with them
    tolerance = {"u": 1.001, "i": 1.001}.get(np.dtype(kind).kind, 0.2 if kind == "float16" else 1e-3) if order else 0
    np.testing.assert_allclose(found, want, atol=tolerance)


def test_turns_and_moves():
    square = PICTURES[:, :5].astype("f")
    with tf.Graph().as_default():
        turned = image.rotate(square, [np.pi / 2, np.pi])
        moved = image.translate(square[0, ..., 0], [1, -2])
        quarter = image.angles_to_projective_transforms([np.pi / 2], 5.0, 5.0)
        once = image.transform(square[1:], image.compose_transforms(quarter, quarter))
        wide = image.rotate(square[0], 0.3, "BILINEAR")
        turned, moved, once, wide = _run(turned, moved, once, wide)
    np.testing.assert_array_equal(turned[0], np.rot90(square[0]))
    np.testing.assert_array_equal(turned[1], np.rot90(square[1], 2))
    np.testing.assert_array_equal(moved[:-2, 1:], square[0, 2:, :-1, 0])
    assert not moved[-2:].any() and not moved[:, 0].any() and wide.shape == square[0].shape
    np.testing.assert_array_equal(once, turned[1:])


def test_the_slope_is_the_picture_transformed_back():
    """Of a turn by a right angle it is the adjoint, element by element."""
    square = PICTURES[:1, :5].astype("f")
    with tf.Graph().as_default():
        x = tf.constant(square)
        slope = tf.gradients(
            tf.reduce_sum(image.rotate(x, np.pi / 2) * tf.constant(np.arange(75, dtype="f").reshape(1, 5, 5, 3))), x
        )
        (found,) = _run(*slope)
    np.testing.assert_array_equal(found[0], np.rot90(np.arange(75).reshape(5, 5, 3), -1))


WRONG = {
    "dtype": (lambda: image.rotate(tf.constant([["a"]]), 1.0), TypeError, "Invalid dtype"),
    "rank": (lambda: image.translate(tf.zeros([4]), [1, 1]), TypeError, "rank between 2 and 4"),
    "angles": (lambda: image.rotate(tf.zeros([4, 4]), [[1.0]]), TypeError, "Angles should have rank 0 or 1"),
    "transforms": (
        lambda: image.transform(tf.zeros([4, 4]), tf.zeros([1, 1, 8])),
        TypeError,
        "Transforms should have rank 1 or 2",
    ),
    "sizes": (
        lambda: image.transform(tf.zeros([4, 4]), tf.zeros([8]), "NEAREST", [1, 2, 3]),
        ValueError,
        "new_height, new_width",
    ),
    "matrices": (lambda: image.matrices_to_flat_transforms(tf.zeros([9])), ValueError, "2D or 3D"),
}


@pytest.mark.parametrize("call, kind, words", WRONG.values(), ids=WRONG)
def test_wrong_arguments(call, kind, words):
    with tf.Graph().as_default(), pytest.raises(kind, match=words):
        call()


def test_wrong_numbers_of_transforms():
    with tf.Graph().as_default(), pytest.raises(tf.errors.InvalidArgumentError, match="num_images x 8 or 1 x 8"):
        _run(image.transform(tf.zeros([2, 4, 4, 1]), tf.zeros([3, 8])))
