"""Modules that Slim shows because it takes all of contrib.layers: slim.initializers, slim.regularizers, slim.layers."""

from ...ground.api import PUBLIC, constant

__all__ = ["MODULES"]

MODULES = {
    "initializers": "variance_scaling_initializer xavier_initializer xavier_initializer_conv2d",
    "regularizers": "apply_regularization l1_l2_regularizer l1_regularizer l2_regularizer sum_regularizer",
    "normalization": "group_norm instance_norm",
    "optimizers": "OPTIMIZER_CLS_NAMES OPTIMIZER_SUMMARIES adaptive_clipping_fn optimize_loss",
    "encoders": "bow_encoder embed_sequence",
    "layers": "avg_pool2d avg_pool3d batch_norm bias_add conv1d conv2d conv2d_in_plane conv2d_transpose conv3d conv3d_transpose "
    "convolution convolution1d convolution2d convolution2d_in_plane convolution2d_transpose convolution3d convolution3d_transpose "
    "dense_to_sparse dropout elu flatten fully_connected gdn images_to_sequence layer_norm legacy_fully_connected legacy_linear "
    "legacy_relu linear max_pool2d max_pool3d maxout one_hot_encoding pool relu relu6 repeat scale_gradient separable_conv2d "
    "separable_convolution2d sequence_to_images softmax spatial_softmax stack unit_norm",
}

for _module, _names in MODULES.items():
    for _name in _names.split():
        if "contrib.layers." + _name in PUBLIC:
            constant(PUBLIC["contrib.layers." + _name], f"contrib.slim.{_module}.{_name}")
