"""SavedModels read: the MetaGraph of some tags, its variables, and its op to run at the start."""

import os

from google.protobuf import text_format
from google.protobuf.message import DecodeError

from ..formats.files import read_file
from ..formats.paths import to_path
from ..formats.proto.meta_graph_pb2 import AssetFileDef, SavedModel
from ..graph.graph import default_graph
from ..ground.api import export
from ..ground.errors import need
from ..platform.logging import info
from ..train.meta_graph_import import import_meta_graph
from ..train.saveables import all_saveables
from ..train.saver import Saver
from . import constants

__all__ = ["load", "read_model", "maybe_saved_model_directory"]


def read_model(folder):
    """The `SavedModel` in a folder.

    Raises:
      OSError: there is none, or it cannot be read.
    """
    binary, text = (os.path.join(folder, n) for n in (constants.SAVED_MODEL_FILENAME_PB, constants.SAVED_MODEL_FILENAME_PBTXT))
    try:
        if os.path.exists(binary):
            return SavedModel.FromString(read_file(binary))
        if os.path.exists(text):
            return text_format.Merge(read_file(text).decode("utf-8"), SavedModel())
    except (DecodeError, UnicodeDecodeError, text_format.ParseError) as error:
        raise OSError(f"Cannot parse file {binary if os.path.exists(binary) else text}: {error}.") from error
    raise OSError(
        f"SavedModel file does not exist at: {folder}/{{{constants.SAVED_MODEL_FILENAME_PBTXT}|{constants.SAVED_MODEL_FILENAME_PB}}}"
    )


@export(
    "saved_model.loader.maybe_saved_model_directory",
    "saved_model.maybe_saved_model_directory",
    "saved_model.contains_saved_model",
)
def maybe_saved_model_directory(export_dir):
    """Whether a folder holds a SavedModel."""
    names = constants.SAVED_MODEL_FILENAME_PB, constants.SAVED_MODEL_FILENAME_PBTXT
    return any(os.path.exists(os.path.join(to_path(export_dir), name)) for name in names)


@export("saved_model.loader.load", "saved_model.load")
def load(sess, tags, export_dir, import_scope=None, **saver_kwargs):
    """Loads a SavedModel into the graph of a session, with its variables, and runs its initial op.

    Args:
      sess: the `Session`.
      tags: the set of tags of the MetaGraph to load, all of them.
      export_dir: the folder.
      import_scope: the scope to put the nodes under.
      **saver_kwargs: as `tf.train.import_meta_graph` takes them.

    Returns:
      The `MetaGraphDef`.

    Raises:
      OSError: there is no SavedModel; RuntimeError: it has no MetaGraph of these tags.
    """
    folder = to_path(export_dir)
    made = _tagged(read_model(folder), tags)
    with sess.graph.as_default():
        saver = import_meta_graph(made, import_scope=import_scope, **saver_kwargs)
        _restore(sess, saver, folder, import_scope)
        main = _main_op(made)
        if main is not None:
            sess.run([main], _assets(folder, made, import_scope))
    return made


def _tagged(model, tags):
    for one in model.meta_graphs:
        if set(one.meta_info_def.tags) == set(tags):
            return one
    available = [set(one.meta_info_def.tags) for one in model.meta_graphs]
    raise RuntimeError(
        f"MetaGraphDef associated with tags {str(tags).strip('[]')} could not be found in SavedModel. To inspect available "
        f"tag-sets in the SavedModel, please use the SavedModel CLI: `saved_model_cli`\navailable_tags: {available}"
    )


def _restore(sess, saver, folder, import_scope):
    if saver is None and not all_saveables(import_scope):
        info("The specified SavedModel has no variables; no checkpoints were restored.")
        return
    need(
        isinstance(saver, Saver),
        "No tf.train.Saver object was passed to the function `SavedModelLoader.restore_variables`. Since there are variables in "
        "the graph, a saver is required.",
    )
    saver.restore(sess, os.path.join(folder, constants.VARIABLES_DIRECTORY, constants.VARIABLES_FILENAME))


def _main_op(made):
    """The op to run once the model is loaded, or None."""
    for key in (constants.MAIN_OP_KEY, constants.LEGACY_INIT_OP_KEY):
        if key in made.collection_def:
            held = made.collection_def[key].node_list.value
            need(len(held) == 1, f"Expected exactly one SavedModel init op. Found: {len(held)}", kind=RuntimeError)
            return default_graph().get_collection(key)[-1]
    return None


def _assets(folder, made, import_scope):
    """A feed dict: the tensors of assets' paths -> where the assets lie now.

    Raises:
      ValueError: an asset that would lie outside of the model's folder.
    """
    notes = list(made.asset_file_def)
    if not notes and constants.ASSETS_KEY in made.collection_def:
        held = made.collection_def[constants.ASSETS_KEY].any_list.value
        notes = [AssetFileDef.FromString(one.value) for one in held if one.type_url.endswith(".AssetFileDef")]
    out = {}
    for note in notes:
        need(os.path.basename(note.filename) == note.filename, f"The asset {note.filename!r} is not inside of the SavedModel")
        name = note.tensor_info.name
        out[f"{import_scope}/{name}" if import_scope else name] = os.path.join(folder, constants.ASSETS_DIRECTORY, note.filename)
    return out
