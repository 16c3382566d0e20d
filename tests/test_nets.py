"""tf.contrib.slim.nets: variables under the names of published checkpoints, as many numbers as the papers count."""

import importlib

import numpy as np
import pytest

import caudal as tf

slim, nets = tf.contrib.slim, tf.contrib.slim.nets

# network, side of the picture, arguments, variables, trained numbers, outputs, the last variable
NETS = [
    ("alexnet.alexnet_v2", 224, {}, 16, 50_303_912, 11, "alexnet_v2/fc8/biases"),
    ("overfeat.overfeat", 231, {}, 16, 145_704_424, 11, "overfeat/fc8/biases"),
    ("vgg.vgg_16", 224, {}, 32, 138_357_544, 21, "vgg_16/fc8/biases"),
    ("resnet_v1.resnet_v1_50", 65, {"num_classes": 1000}, 267, 25_557_032, 75, "resnet_v1_50/logits/biases"),
    ("resnet_v2.resnet_v2_50", 65, {"num_classes": 1000}, 272, 25_568_360, 75, "resnet_v2_50/logits/biases"),
    ("inception.inception_v1", 224, {}, 230, 6_617_624, 18, "InceptionV1/Logits/Conv2d_0c_1x1/biases"),
    ("inception.inception_v2", 96, {"num_classes": 5}, 277, 10_158_461, 17, "InceptionV2/Logits/Conv2d_1c_1x1/biases"),
    ("inception.inception_v3", 160, {"num_classes": 4}, 388, 22_272_040, 22, "InceptionV3/Logits/Conv2d_1c_1x1/biases"),
]


def _named(path):
    module, name = path.split(".")
    found = getattr(nets, module)
    own = getattr(found, f"{name}_arg_scope", None) or getattr(found, f"{module}_arg_scope", None) or found.resnet_arg_scope
    return getattr(found, name), own


@pytest.mark.parametrize(("path", "side", "arguments", "variables", "numbers", "outputs", "last"), NETS)
def test_variables_and_outputs(path, side, arguments, variables, numbers, outputs, last):
    """Names, shapes and counts, as TF-Slim makes them."""
    net, layer_scope = _named(path)
    with tf.Graph().as_default():
        images = tf.placeholder(tf.float32, [2, side, side, 3])
        with slim.arg_scope(layer_scope()):
            _, end_points = net(images, **arguments)
        every = tf.global_variables()
        assert len(every) == variables
        assert sum(v.shape.num_elements() for v in tf.trainable_variables()) == numbers
        assert len(end_points) == outputs
        assert every[-1].op.name == last


@pytest.mark.parametrize(("version", "stride"), [(1, None), (2, 2)])
def test_small_residual_network_learns(version, stride):
    """Blocks of one's own, widened kernels in place of strides, and updates of the averages."""
    module = getattr(nets, f"resnet_v{version}")
    block = getattr(module, f"resnet_v{version}_block")
    images = np.random.RandomState(0).normal(size=(8, 9, 9, 3)).astype(np.float32)
    labels = np.arange(8) % 2
    images[labels == 1] += 1.0
    with tf.Graph().as_default():
        tf.set_random_seed(1)
        with slim.arg_scope(module.resnet_arg_scope()):
            blocks = [block("block1", 2, 1, 2), block("block2", 2, 1, 2)]
            make = getattr(module, f"resnet_v{version}")
            logits, end_points = make(
                tf.constant(images), blocks, 2, output_stride=stride, include_root_block=False, scope="small"
            )
        features = end_points["small/block2"]
        side = 3 if stride is None else 5
        assert features.shape.as_list() == [8, side, side, 8]
        loss = tf.losses.sparse_softmax_cross_entropy(labels, tf.squeeze(logits, [1, 2]))
        train = slim.learning.create_train_op(loss, tf.train.MomentumOptimizer(0.05, 0.9))
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            losses = [sess.run(train) for _ in range(25)]
        assert losses[-1] < 0.3 * losses[0]


@pytest.mark.parametrize("stride", [3, 6])
def test_a_stride_that_is_never_reached_is_refused(stride):
    """TF's two errors: not a multiple of 4 at the root, or passed over by the blocks."""
    blocks = [nets.resnet_v1.resnet_v1_block("block1", 2, 1, 2)]
    with tf.Graph().as_default():
        net = tf.zeros([1, 9, 9, 3])
        with pytest.raises(ValueError, match="The output_stride needs to be a multiple of 4."):
            nets.resnet_v1.resnet_v1(net, blocks, output_stride=stride)
        with pytest.raises(ValueError, match="The target output_stride cannot be reached."):
            nets.resnet_v1.resnet_v1(net, blocks, output_stride=stride, include_root_block=False, scope="b")


def test_private_path_is_the_same_network():
    """Programs took the networks from where TF keeps them."""
    hidden = importlib.import_module("tensorflow.contrib.slim.python.slim.nets")
    assert hidden.resnet_v1.resnet_v1_50 is nets.resnet_v1.resnet_v1_50
    assert hidden.inception_v3.inception_v3_base is nets.inception.inception_v3_base


def test_final_endpoint():
    """A network up to a layer; an unknown one is refused."""
    base = nets.inception.inception_v3_base
    with tf.Graph().as_default():
        images = tf.zeros([1, 79, 79, 3])
        net, end_points = base(images, "MaxPool_3a_3x3", depth_multiplier=0.1, min_depth=4)
        assert net.shape.as_list() == [1, 18, 18, 6]
        assert list(end_points) == ["Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "MaxPool_3a_3x3"]
        with pytest.raises(ValueError, match="Unknown final endpoint Mixed_9"):
            base(images, "Mixed_9", scope="b")
        with pytest.raises(ValueError, match="depth_multiplier is not greater than zero."):
            base(images, depth_multiplier=0)
