"""Saver: variables written to checkpoints while a program trains, and read back."""

import numbers
import os
import time

import numpy as np

from ..formats.paths import to_path
from ..formats.proto.meta_graph_pb2 import SaverDef
from ..graph.collection_protos import register_proto
from ..graph.graph import GraphKeys, default_graph
from ..graph.name_scopes import prepend_scope, strip_scope
from ..ground.api import export
from ..ground.errors import FailedPreconditionError, InvalidArgumentError, NotFoundError, OpError, need
from ..platform.logging import info, warn
from ..run.session import BaseSession
from .checkpoint_state import checkpoint_exists, get_checkpoint_mtimes, meta_graph_filename, remove_checkpoint, write_state
from .global_step import global_step as value_of_step
from .meta_graph import export_scoped_meta_graph
from .saveables import all_saveables
from .saver_builder import BulkSaverBuilder

__all__ = ["Saver"]

_OLD = (
    "*******************************************************",
    "TensorFlow's V1 checkpoint format has been deprecated.",
    "Consider switching to the more efficient V2 format:",
    "   `tf.train.Saver(write_version=tf.train.SaverDef.V2)`",
    "now on by default.",
    "*******************************************************",
)


@export("train.Saver")
class Saver:
    """Writes variables to checkpoints, and reads them back. Making one adds its nodes to the graph.

    Args:
      var_list: variables or `SaveableObject`s, or a dict from names in the checkpoint to these; all by default.
      reshape: whether what is read is brought into the variable's shape.
      sharded: whether each device's variables get a file of their own.
      max_to_keep: how many checkpoints stay; None or 0 for all.
      keep_checkpoint_every_n_hours: beyond these, one in so many hours stays for good.
      name: the scope of its nodes, "save" by default.
      restore_sequentially: accepted: variables are read one after another anyway.
      saver_def: a `SaverDef`: its nodes are in the graph already.
      builder: what adds the nodes; a `BulkSaverBuilder` by default.
      defer_build: whether the nodes are only added by `build()`.
      allow_empty: whether there may be no variables.
      write_version: `tf.train.SaverDef.V1` or `V2`; either is read.
      pad_step_number: whether the step in names has eight digits.
      save_relative_paths: whether the file `checkpoint` holds paths relative to its folder.
      filename: the default path of checkpoints.

    Raises:
      ValueError: no variables, or two of one name; TypeError: what is no variable.
    """

    def __init__(
        self,
        var_list=None,
        reshape=False,
        sharded=False,
        max_to_keep=5,
        keep_checkpoint_every_n_hours=10000.0,
        name=None,
        restore_sequentially=False,
        saver_def=None,
        builder=None,
        defer_build=False,
        allow_empty=False,
        write_version=SaverDef.V2,
        pad_step_number=False,
        save_relative_paths=False,
        filename=None,
    ):
        need(
            not (defer_build and var_list),
            "If `var_list` is provided then build cannot be deferred. Either set defer_build=False or var_list=None.",
        )
        need(
            max_to_keep is None or isinstance(max_to_keep, numbers.Integral),
            f"{max_to_keep!r} has type {type(max_to_keep).__name__}, but expected one of: int",
            kind=TypeError,
        )
        self._var_list, self._reshape, self._sharded, self._name = var_list, reshape, sharded, name
        self._max_to_keep, self._keep_checkpoint_every_n_hours = max_to_keep, keep_checkpoint_every_n_hours
        self._restore_sequentially, self.saver_def, self._builder = restore_sequentially, saver_def, builder
        self._is_built, self._allow_empty, self._is_empty = False, allow_empty, None
        self._write_version, self._pad_step_number, self._filename = write_version, pad_step_number, filename
        self._save_relative_paths = save_relative_paths
        self._last_checkpoints, self._checkpoints_to_be_deleted = [], []
        if not defer_build:
            self.build()
        if self.saver_def:
            self._check_saver_def()
            self._write_version = self.saver_def.version

    def build(self):
        """Adds its nodes to the default graph, if that was put off.

        Raises:
          ValueError: no variables.
        """
        if self._is_built:
            return
        self._is_built = True
        if not self.saver_def:
            if self._builder is None:
                self._builder = BulkSaverBuilder(self._write_version)
            if self._var_list is None:
                self._var_list = all_saveables()
            self._is_empty = not self._var_list
            if self._is_empty:
                need(self._allow_empty, "No variables to save", fix="make variables first, or pass allow_empty=True")
                return
            self.saver_def = self._builder.build(
                self._var_list,
                reshape=self._reshape,
                sharded=self._sharded,
                max_to_keep=self._max_to_keep,
                keep_checkpoint_every_n_hours=self._keep_checkpoint_every_n_hours,
                name=self._name,
                restore_sequentially=self._restore_sequentially,
                filename=self._filename,
            )
        elif self._name:
            for field in ("filename_tensor_name", "save_tensor_name", "restore_op_name"):
                setattr(self.saver_def, field, prepend_scope(getattr(self.saver_def, field), self._name))
        self._check_saver_def()
        self._next_checkpoint_time = time.time() + self.saver_def.keep_checkpoint_every_n_hours * 3600

    def _check_saver_def(self):
        need(isinstance(self.saver_def, SaverDef), f"saver_def must be a saver_pb2.SaverDef: {self.saver_def}")
        for field in ("save_tensor_name", "restore_op_name"):
            need(getattr(self.saver_def, field), f"saver_def must specify the {field}: {self.saver_def}")

    # --- what was saved ---------------------------------------------------------------------------

    @property
    def last_checkpoints(self):
        """The paths of the checkpoints that are kept, the oldest first."""
        return [path for path, _ in self._last_checkpoints]

    def set_last_checkpoints(self, last_checkpoints):
        """Sets the list of checkpoints that are kept, of unknown age.

        Raises:
          AssertionError: no list.
        """
        need(isinstance(last_checkpoints, list), "", kind=AssertionError)
        self._last_checkpoints = [(path, np.inf) for path in last_checkpoints]

    def set_last_checkpoints_with_time(self, last_checkpoints_with_time):
        """Sets the list of checkpoints that are kept: pairs of path and time, in seconds since 1970.

        Raises:
          AssertionError: no list.
        """
        need(isinstance(last_checkpoints_with_time, list), "", kind=AssertionError)
        self._last_checkpoints = last_checkpoints_with_time

    def recover_last_checkpoints(self, checkpoint_paths):
        """Takes over checkpoints that an earlier process saved, those that are there."""
        found = []
        for path in checkpoint_paths:
            try:
                times = get_checkpoint_mtimes([path])
            except NotFoundError:
                continue
            found += [(path, time) for time in times]
        self.set_last_checkpoints_with_time(found)

    def _record(self, path):
        if not self.saver_def.max_to_keep:
            return
        self._last_checkpoints = [pair for pair in self._last_checkpoints if pair[0] != path]
        self._last_checkpoints.append((path, time.time()))
        if len(self._last_checkpoints) > self.saver_def.max_to_keep:
            self._checkpoints_to_be_deleted.append(self._last_checkpoints.pop(0))

    def _remove_old(self, meta_graph_suffix):
        if not self._checkpoints_to_be_deleted:
            return
        path, when = self._checkpoints_to_be_deleted.pop(0)
        if when > self._next_checkpoint_time:
            self._next_checkpoint_time += self.saver_def.keep_checkpoint_every_n_hours * 3600
            return
        try:
            remove_checkpoint(path, self.saver_def.version, meta_graph_suffix)
        except (OpError, OSError) as error:  # that the new one is saved is what counts
            warn("Ignoring: %s", str(error))

    # --- messages ---------------------------------------------------------------------------------

    def as_saver_def(self):
        """Its `SaverDef`."""
        return self.saver_def

    def to_proto(self, export_scope=None):
        """Its `SaverDef`, a scope taken from the names.

        Returns:
          A `SaverDef`; None if its nodes are not in the scope.
        """
        if export_scope is None:
            return self.saver_def
        out = SaverDef.FromString(self.saver_def.SerializeToString())
        for field in ("filename_tensor_name", "save_tensor_name", "restore_op_name"):
            name = getattr(out, field)
            if not name.startswith(export_scope):
                return None
            setattr(out, field, strip_scope(name, export_scope))
        return out

    @staticmethod
    def from_proto(saver_def, import_scope=None):
        """The `Saver` of a `SaverDef` whose nodes are in the graph, under `import_scope`."""
        return Saver(saver_def=saver_def, name=import_scope)

    def export_meta_graph(
        self,
        filename=None,
        collection_list=None,
        as_text=False,
        export_scope=None,
        clear_devices=False,
        clear_extraneous_savers=False,
        strip_default_attrs=False,
        save_debug_info=False,
    ):
        """The default graph with this saver as a `MetaGraphDef`; the arguments are `tf.train.export_meta_graph`'s."""
        made, _ = export_scoped_meta_graph(
            filename=filename,
            graph_def=default_graph().as_graph_def(add_shapes=True),
            saver_def=self.saver_def,
            collection_list=collection_list,
            as_text=as_text,
            export_scope=export_scope,
            clear_devices=clear_devices,
            clear_extraneous_savers=clear_extraneous_savers,
            strip_default_attrs=strip_default_attrs,
            save_debug_info=save_debug_info,
        )
        return made

    # --- saving and restoring ---------------------------------------------------------------------

    def save(
        self,
        sess,
        save_path,
        global_step=None,
        latest_filename=None,
        meta_graph_suffix="meta",
        write_meta_graph=True,
        write_state=True,
        strip_default_attrs=False,
        save_debug_info=False,
    ):
        """Saves the variables.

        Args:
          sess: the `Session` that holds them.
          save_path: the path of the checkpoint, without its endings.
          global_step: a number, or a tensor that holds it, that is put behind the path.
          latest_filename: the name of the file that says what was saved last: "checkpoint" by default.
          meta_graph_suffix: the ending of the MetaGraph's file.
          write_meta_graph: whether the graph is written too.
          write_state: whether the file that says what was saved last is written.
          strip_default_attrs: whether attributes with default values are left out of the graph.
          save_debug_info: accepted.

        Returns:
          The path, with the step, for `restore`; None for an empty saver.

        Raises:
          TypeError: no session; ValueError: a folder that isn't there, or names that collide.
          RuntimeError: the nodes are not built.
        """
        need(self._is_built, "`build()` should be called before save if defer_build==True", kind=RuntimeError)
        latest_filename = "checkpoint" if latest_filename is None else latest_filename
        if self._write_version != SaverDef.V2:
            for line in _OLD:
                warn(line)
        need(not os.path.split(latest_filename)[0], "'latest_filename' must not contain path components")
        save_path = to_path(save_path)
        path = self._path(sess, save_path, global_step, latest_filename)
        need(isinstance(sess, BaseSession), f"'sess' must be a Session; {sess}", kind=TypeError)
        made = None if self._is_empty else self._run_save(sess, save_path, path, latest_filename, write_state, meta_graph_suffix)
        if write_meta_graph:
            with sess.graph.as_default():
                self.export_meta_graph(
                    meta_graph_filename(path, meta_graph_suffix),
                    strip_default_attrs=strip_default_attrs,
                    save_debug_info=save_debug_info,
                )
        return made

    def _path(self, sess, save_path, step, latest_filename):
        """The checkpoint's path, with the step."""
        if step is None:
            need(
                os.path.basename(save_path) != latest_filename or self._sharded,
                f"'latest_filename' collides with 'save_path': '{latest_filename}' and '{save_path}'",
            )
            return save_path
        if not isinstance(step, (numbers.Integral, np.integer)):
            step = value_of_step(sess, step)
        return f"{save_path}-{step:08d}" if self._pad_step_number else f"{save_path}-{step:d}"

    def _run_save(self, sess, save_path, path, latest_filename, with_state, meta_graph_suffix):
        folder = os.path.dirname(save_path)
        try:
            made = to_path(sess.run(self.saver_def.save_tensor_name, {self.saver_def.filename_tensor_name: path}))
            if with_state:
                self._record(made)
                write_state(folder, made, self.last_checkpoints, latest_filename, self._save_relative_paths)
                self._remove_old(meta_graph_suffix)
        except (FailedPreconditionError, NotFoundError) as error:
            if not os.path.isdir(folder):
                raise ValueError(f"Parent directory of {save_path} doesn't exist, can't save.") from error
            raise
        return made

    def restore(self, sess, save_path):
        """Gives the variables the values that a checkpoint holds; they need no initial value then.

        Args:
          sess: the `Session`.
          save_path: the checkpoint's path, as `save` or `tf.train.latest_checkpoint` gave it.

        Raises:
          ValueError: there is no checkpoint at that path.
          NotFoundError: it lacks a variable; InvalidArgumentError: it has one of another shape or dtype.
        """
        if self._is_empty:
            return
        need(save_path is not None, "Can't load save_path when it is None.")
        prefix = to_path(save_path)
        need(checkpoint_exists(prefix), "The passed save_path is not a valid checkpoint: " + prefix)
        info("Restoring parameters from %s", prefix)
        try:
            sess.run(self.saver_def.restore_op_name, {self.saver_def.filename_tensor_name: save_path})
        except NotFoundError as error:
            raise _explained(error, "a Variable name or other graph key that is missing") from error
        except InvalidArgumentError as error:
            raise _explained(error, "a mismatch between the current graph and the graph") from error


def _explained(error, cause):
    words = (
        f"Restoring from checkpoint failed. This is most likely due to {cause} from the checkpoint. Please ensure that you have "
        f"not altered the graph expected based on the checkpoint. Original error:\n\n{error.message}"
    )
    return type(error)(error.node_def, error.op, words)


register_proto(GraphKeys.SAVERS, SaverDef, Saver.to_proto, Saver.from_proto)
