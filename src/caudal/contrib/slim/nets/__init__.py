"""tf.contrib.slim.nets: networks for pictures whose variables bear the names that published checkpoints have."""

from . import alexnet, inception, overfeat, resnet_utils, resnet_v1, resnet_v2, vgg

__all__ = ["alexnet", "inception", "overfeat", "resnet_utils", "resnet_v1", "resnet_v2", "vgg"]
