"""SavedModels written: variables once, then a MetaGraph for each set of tags."""

import os
import shutil

from google.protobuf import text_format
from google.protobuf.any_pb2 import Any

from ..build.variables import global_variables_initializer, local_variables_initializer, tables_initializer
from ..formats.files import write_file
from ..formats.paths import to_path
from ..formats.proto.meta_graph_pb2 import AssetFileDef, SavedModel
from ..graph.graph import GraphKeys, Operation, Tensor, default_graph
from ..graph.scopes import control_dependencies
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ops.control import group
from ..platform.logging import info
from ..train.saveables import all_saveables
from ..train.saver import Saver
from . import constants
from .signatures import predict_signature_def

__all__ = ["SavedModelBuilder", "simple_save"]

ANY = "type.googleapis.com/tensorflow.AssetFileDef"
_RESERVED = ("__saved_model_init_op", "__saved_model_train_op")


@export("saved_model.builder.SavedModelBuilder", "saved_model.Builder")
class SavedModelBuilder:
    """Writes a SavedModel.

    Args:
      export_dir: the folder, which is made; it must not hold anything.

    Raises:
      AssertionError: it holds something.
    """

    def __init__(self, export_dir):
        self._export_dir = to_path(export_dir)
        self._saved_model = SavedModel(saved_model_schema_version=constants.SAVED_MODEL_SCHEMA_VERSION)
        self._has_saved_variables = False
        need(
            not os.path.exists(self._export_dir) or not os.listdir(self._export_dir),
            "Export directory already exists, and isn't empty. Please choose a different export directory, or delete all the "
            f"contents of the specified directory: {self._export_dir}",
            kind=AssertionError,
        )
        os.makedirs(self._export_dir, exist_ok=True)

    def add_meta_graph(
        self,
        tags,
        signature_def_map=None,
        assets_collection=None,
        legacy_init_op=None,
        clear_devices=False,
        main_op=None,
        strip_default_attrs=False,
        saver=None,
    ):
        """Adds the default graph under other tags; variables and assets are there already.

        Args:
          tags: a list of strings.
          signature_def_map: a dict from name to `SignatureDef`.
          assets_collection: tensors of paths of files to take along.
          legacy_init_op: `main_op` under its older name.
          clear_devices: whether devices are left out.
          main_op: the op to run once the model is loaded.
          strip_default_attrs: whether attributes with default values are left out.
          saver: the `Saver` to put in; a new one by default.

        Raises:
          AssertionError: nothing was saved before, or a signature is broken.
        """
        need(
            self._has_saved_variables,
            "Graph state including variables and assets has not been saved yet. Please invoke `add_meta_graph_and_variables()` "
            "first.",
            kind=AssertionError,
        )
        saver = self._prepare(signature_def_map, assets_collection, main_op or legacy_init_op, saver)
        self._add(saver, tags, signature_def_map, clear_devices, strip_default_attrs)

    def add_meta_graph_and_variables(
        self,
        sess,
        tags,
        signature_def_map=None,
        assets_collection=None,
        legacy_init_op=None,
        clear_devices=False,
        main_op=None,
        strip_default_attrs=False,
        saver=None,
    ):
        """Saves the variables, and adds the default graph; `sess` holds the variables, the rest is `add_meta_graph`'s.

        Raises:
          AssertionError: this was done before, or a signature is broken.
        """
        need(
            not self._has_saved_variables,
            "Graph state including variables and assets has already been saved. Please invoke `add_meta_graph()` instead.",
            kind=AssertionError,
        )
        _check_signatures(signature_def_map)
        self._collect(assets_collection, main_op or legacy_init_op)
        folder = os.path.join(self._export_dir, constants.VARIABLES_DIRECTORY)
        os.makedirs(folder, exist_ok=True)
        saver = saver or _saver()
        saver.save(sess, os.path.join(folder, constants.VARIABLES_FILENAME), write_meta_graph=False, write_state=False)
        self._add(saver, tags, signature_def_map, clear_devices, strip_default_attrs)
        self._has_saved_variables = True

    def _prepare(self, signatures, assets, main_op, saver):
        _check_signatures(signatures)
        self._collect(assets, main_op)
        return saver or _saver()

    def _collect(self, assets, main_op):
        """Notes assets and the op to run in collections of the graph, and copies the assets."""
        self._save_assets(assets)
        if main_op is not None:
            need(isinstance(main_op, Operation), f"main_op needs to be an Operation: {main_op!r}", kind=TypeError)
            default_graph().add_to_collection(constants.MAIN_OP_KEY, main_op)

    def _save_assets(self, assets):
        if assets is None:
            info("No assets to save.")
            return
        taken = {}
        for tensor in assets:
            path = _path_in(tensor)
            name = _free_name(path, taken)
            taken[name] = path
            note = AssetFileDef(filename=name)
            note.tensor_info.name = tensor.name
            default_graph().add_to_collection(constants.ASSETS_KEY, Any(type_url=ANY, value=note.SerializeToString()))
        folder = os.path.join(self._export_dir, constants.ASSETS_DIRECTORY)
        for name, path in taken.items():
            os.makedirs(folder, exist_ok=True)
            if os.path.abspath(path) != os.path.abspath(os.path.join(folder, name)):
                shutil.copyfile(path, os.path.join(folder, name))

    def _add(self, saver, tags, signatures, clear_devices, strip_default_attrs):
        made = saver.export_meta_graph(clear_devices=clear_devices, strip_default_attrs=strip_default_attrs)
        made.meta_info_def.tags.extend(tags)
        for name, signature in (signatures or {}).items():
            made.signature_def[name].CopyFrom(signature)
        self._saved_model.meta_graphs.append(made)

    def save(self, as_text=False):
        """Writes the graphs, as text if that is asked for; gives the file's path."""
        os.makedirs(self._export_dir, exist_ok=True)
        name = constants.SAVED_MODEL_FILENAME_PBTXT if as_text else constants.SAVED_MODEL_FILENAME_PB
        path = os.path.join(self._export_dir, name)
        model = self._saved_model
        write_file(path, text_format.MessageToString(model).encode() if as_text else model.SerializeToString(deterministic=True))
        info("SavedModel written to: %s", path)
        return path


def _saver():
    return Saver(all_saveables(), sharded=True, allow_empty=True)


def _check_signatures(signatures):
    for key, signature in (signatures or {}).items():
        for info_ in (*signature.inputs.values(), *signature.outputs.values()):
            start = "All TensorInfo protos used in the SignatureDefs must have "
            need(info_.WhichOneof("encoding"), f"{start}one of the 'encoding' fields (e.g., name or coo_sparse) set: {info_}", kind=AssertionError)  # fmt: skip
            need(info_.dtype, f"{start}the dtype field set: {info_}", kind=AssertionError)
        need(key not in _RESERVED, f"SignatureDef map key {key} is reserved for internal use.", kind=KeyError)


def _path_in(tensor):
    """The path that a constant tensor holds."""
    need(isinstance(tensor, Tensor), "Asset path tensor must be a Tensor.", kind=TypeError)
    need(tensor.op.type == "Const", "Asset path tensor must be a constant.", kind=TypeError)
    need(tensor.dtype is dtypes.string, "Asset path tensors must be of dtype DT_STRING.", kind=TypeError)
    values = tensor.op.attrs["value"].ravel()
    need(len(values) == 1, "Asset path tensor must be a scalar.", kind=TypeError)
    return to_path(values[0])


def _free_name(path, taken):
    """The file's name; with a number where another file has it."""
    name = os.path.basename(path)
    if taken.get(name, path) == path:
        return name
    k = 1
    while taken.get(f"{name}_{k}", path) != path:
        k += 1
    return f"{name}_{k}"


@export("saved_model.simple_save")
def simple_save(session, export_dir, inputs, outputs, legacy_init_op=None):
    """Saves the default graph for serving.

    Args:
      session: the `Session` that holds the variables.
      export_dir: the folder.
      inputs: a dict from name to tensor.
      outputs: a dict from name to tensor.
      legacy_init_op: the op to run once the model is loaded.
    """
    signature = predict_signature_def(inputs, outputs)
    builder = SavedModelBuilder(export_dir)
    builder.add_meta_graph_and_variables(
        session,
        tags=[constants.SERVING],
        signature_def_map={constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY: signature},
        assets_collection=default_graph().get_collection(GraphKeys.ASSET_FILEPATHS),
        main_op=legacy_init_op,
        clear_devices=True,
    )
    builder.save()


@export("saved_model.main_op.main_op")
def main_op():
    """The op that initialises variables and tables."""
    return group(global_variables_initializer(), local_variables_initializer(), tables_initializer())


@export("saved_model.main_op.main_op_with_restore", "saved_model.main_op_with_restore")
def main_op_with_restore(restore_op_name):
    """`main_op`, and an op that restores after it."""
    with control_dependencies([main_op()]):
        return group(restore_op_name)
