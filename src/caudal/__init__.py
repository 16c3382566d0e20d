"""Caudal: TensorFlow 1's programming model, compiled by XLA. `import caudal as tf` begins a TF1 program."""

from .ground import startup as _startup  # before all else
from . import ops  # the families register themselves  # noqa: F401
from .ground import exports as _exports  # noqa: F401
from .names import hang as _hang

from .build import (
    asserts,
    behavior,
    case,
    cond,
    confusion,
    context_protos,
    counts,
    ctc_labels,
    custom_gradient,
    def_function,
    defun,
    switch_case,
    frames,
    fused_norm_slopes,
    linalg,
    pfor,
    pass_through,
    raw_ops,
    recompute,
    tape,
    functional,
    importer,
    gradients,
    initializers,
    scopes,
    spectral,
    swish,
    synchronization,
    template,
    variable_protos,
    variables,
    while_loop,
)  # noqa: F401
from .formats import exports as _messages  # noqa: F401
from .train import coordinator as _coordinator  # noqa: F401
from .train import moving_averages as _moving_averages  # noqa: F401
from .platform import graph_util as _graph_util  # noqa: F401
from .train import checkpoint_utils as _checkpoint_utils, meta_graph_import as _meta_graph_import, warm_start as _warm_start  # noqa: F401
from .formats import checkpoint_reader as _checkpoint_reader  # noqa: F401
from .saved_model import builder as _builder, loader as _loader  # noqa: F401
from .train import graph_io as _graph_io, replicas as _replicas  # noqa: F401
from .train import optimizers as _optimizers, sync_replicas as _sync_replicas  # noqa: F401
from .train import schedules as _schedules  # noqa: F401
from .train import batching as _batching, producers as _producers  # noqa: F401
from .layers import convolutional, core, normalization, pooling, separable, transposed  # noqa: F401
from .losses import functions as _losses  # noqa: F401
from . import operators as _operators, rnn  # noqa: F401
from .image import (
    boxes as _boxes,
    codecs as _codecs,
    colors as _colors,
    crop_resize as _crop_resize,
    flips as _flips,
    fused_conv as _fused_conv,
    glimpses as _glimpses,
    measures as _measures,
    patches as _patches,
    soft_boxes as _soft_boxes,
    volumes as _volumes,
    sizes as _sizes,
)  # noqa: F401
from .metrics import auc as _auc, average_precision as _average_precision, counts as _counts, means as _means  # noqa: F401
from .distributions import classes as _classes, gamma_divergences as _divergences, tails as _tails  # noqa: F401
from .run import (  # noqa: F401
    calls as _calls,
    case_branches as _case_branches,
    config as _config,
    py_function as _py_function,
    session as _session,
)
from .platform import compat as _compat, flags as _flags, gfile as _gfile, logging as _logging  # noqa: F401
from .platform import app as _app  # noqa: F401
from .platform import python_io as _python_io, versions as _versions  # noqa: F401
from .lookup import tables as _tables, words as _words  # noqa: F401
from .feature_column import dense as _dense_columns, layers as _column_layers, linear as _linear, numeric as _numeric  # noqa: F401
from .ragged import functions as _ragged, strings as _ragged_strings, unicode as _unicode  # noqa: F401
from .summary import cache as _cache, functions as _summaries, writer as _writer  # noqa: F401
from .train import hooks as _hooks, monitored_session as _monitored, saving_hooks as _saving  # noqa: F401
from .train import basic_loop as _basic_loop, loop as _loop, supervisor as _supervisor  # noqa: F401
from .datasets import experimental as _experimental, files as _dataset_files, optionals as _optionals, tables as _dataset_tables  # noqa: F401
from .train import server as _server  # noqa: F401
from .estimator import (  # noqa: F401
    early_stopping as _early_stopping,
    extended as _extended,
    hooks as _estimator_hooks,
    in_memory as _in_memory,
    in_turn as _in_turn,
    input_fns as _input_fns,
    receivers as _receivers,
)
from .contrib import register as _contrib  # noqa: F401
from .graph import scopes as _scopes, type_spec as _type_spec  # noqa: F401
from .testing import case as _case, slopes as _slopes  # noqa: F401
from .compat.install import lend as _lend

__version__ = "1.15.5"  # the TensorFlow that its names and behaviour are
_hang(__name__)

_lend()
_startup.done()
