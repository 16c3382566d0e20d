"""An estimator's SavedModels: the folder named by the time, and the graph of each mode."""

import functools
import os
import shutil
import time

from ..formats.paths import to_path
from ..graph.graph import GraphKeys, default_graph
from ..ground.errors import NotFoundError, need
from ..platform import logging
from ..run.session import Session
from ..saved_model.builder import SavedModelBuilder
from ..saved_model.constants import TRAIN_OP_KEY
from ..train.saver import Saver
from ..train.scaffold import Scaffold
from .export_outputs import EXPORT_TAGS, build_all_signature_defs, export_outputs_for_mode
from .mode_keys import ModeKeys

__all__ = ["add_graph", "export_models", "signatures"]

_ATTEMPTS = 10


def _new_folder(base):
    """A folder in `base` that isn't there yet, named by the second.

    Raises:
      RuntimeError: others make such folders faster than that.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        folder = os.path.join(to_path(base), str(int(time.time())))
        if not os.path.exists(folder):
            return folder
        time.sleep(1)
        logging.warning(f"Directory {folder.encode()} already exists; retrying (attempt {attempt}/{_ATTEMPTS})")
    raise RuntimeError(f"Failed to obtain a unique export directory name after {_ATTEMPTS} attempts.")


def export_models(base, receivers, add, assets_extra, as_text):
    """Writes a SavedModel into a folder that has its name only once it is whole.

    Args:
      base: the folder that it lies in.
      receivers: a dict from mode to a function that gives what feeds it.
      add: called with mode, receiver function, builder, and whether it is the first mode, whose variables are written.
      assets_extra: a dict from paths in "assets.extra" to files.
      as_text: whether it is written as text.

    Returns:
      The folder's path, as bytes.

    Raises:
      ValueError: there is no mode to export.
    """
    folder = _new_folder(base)
    at_first = os.path.join(os.path.dirname(folder), "temp-" + os.path.basename(folder))
    builder = SavedModelBuilder(at_first)
    modes = [mode for mode in (ModeKeys.TRAIN, ModeKeys.EVAL, ModeKeys.PREDICT) if receivers.get(mode)]
    need(modes, f"No valid modes for exporting found. Got {receivers.keys()}.")
    for mode in modes:
        add(mode, receivers[mode], builder, mode == modes[0])
    builder.save(as_text)
    for name, source in (assets_extra or {}).items():
        target = os.path.join(at_first, "assets.extra", to_path(name))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copyfile(to_path(source), target)
    os.replace(at_first, folder)
    return folder.encode()


def signatures(spec, receiver, mode):
    """The dict of signatures of a spec and of what feeds it."""
    outputs = export_outputs_for_mode(spec.mode, spec.export_outputs, spec.predictions, spec.loss, spec.eval_metric_ops)
    others = getattr(receiver, "receiver_tensors_alternatives", None)
    return build_all_signature_defs(receiver.receiver_tensors, outputs, others, serving_only=mode == ModeKeys.PREDICT)


def add_graph(builder, first, mode, spec, signatures, checkpoint_path, config, strip_default_attrs):
    """Adds the default graph to a SavedModel.

    Args:
      builder: the `SavedModelBuilder`; first: whether this is its first graph, with which variables are written.
      mode: of the graph; spec: its `EstimatorSpec`; signatures: a dict from name to `SignatureDef`.
      checkpoint_path: where the variables are.
      config: a `ConfigProto`.
      strip_default_attrs: whether attributes with default values are left out.

    Raises:
      ValueError: the checkpoint lacks variables.
    """
    with Session(config=config) as session:
        start = spec.scaffold.local_init_op
        start = Scaffold.default_local_init_op() if start is None else start
        saver = spec.scaffold.saver or Saver(sharded=True)
        try:
            saver.restore(session, checkpoint_path)
        except NotFoundError as error:
            raise ValueError(
                "Could not load all requested variables from checkpoint. Please make sure your model_fn does not expect variables "
                f"that were not saved in the checkpoint.\n\nEncountered error with mode `{mode}` while restoring checkpoint from: "
                f"`{checkpoint_path}`. Full Traceback:\n\n{error}"
            ) from error
        if spec.train_op is not None:
            default_graph().add_to_collection(TRAIN_OP_KEY, spec.train_op)
        add = functools.partial(builder.add_meta_graph_and_variables, session) if first else builder.add_meta_graph
        add(
            tags=EXPORT_TAGS[mode],
            signature_def_map=signatures,
            assets_collection=default_graph().get_collection(GraphKeys.ASSET_FILEPATHS),
            main_op=start,
            saver=saver,
            strip_default_attrs=strip_default_attrs,
        )
