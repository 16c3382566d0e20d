"""The families of contrib, one import line each; and the names that Slim shares with others."""

from . import crf, distributions, image, learn, legacy_seq2seq, nn, predictor, projector, rnn, seq2seq, tpu, training, vocabulary  # noqa: F401
from .feature_column import sequences as _sequences  # noqa: F401
from .framework import arg_scope, checkpoints, variables  # noqa: F401
from .layers import (  # noqa: F401
    adaptive_clipping,
    batch_norm,
    convolutions,
    encoders,
    initializers,
    layers,
    more,
    normalizations,
    optimizers,
    pooling,
    regularizers,
    summaries,
    utils,
)
from .losses import functions as _losses  # noqa: F401
from .metrics import curves as _curves  # noqa: F401
from .metrics import moments as _moments  # noqa: F401
from .metrics import plain as _plain  # noqa: F401
from .metrics import streaming as _streaming  # noqa: F401
from .opt import adam, external, lars, sign, weight_decay, wrappers  # noqa: F401
from .slim import evaluation, learning, loop, model_analyzer, modules, queues  # noqa: F401
from .slim import summaries as _summaries  # noqa: F401
from .slim.data import providers as _providers  # noqa: F401
from .slim.data import reading as _reading  # noqa: F401
from .slim.data import tfexample_decoder as _decoder  # noqa: F401
from .training import training as _training  # noqa: F401

__all__ = []
