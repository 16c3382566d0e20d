"""The file `checkpoint`, which says what was saved last, and the files of checkpoints as a whole: found, dated, removed."""

import glob
import os
import re

from google.protobuf import text_format

from ..formats.files import read_file, write_file
from ..formats.paths import refined, to_path
from ..formats.proto.checkpoint_pb2 import CheckpointState
from ..formats.proto.meta_graph_pb2 import SaverDef
from ..ground.api import constant, export
from ..ground.errors import OpError, need
from ..platform.logging import error as log_error
from ..platform.logging import info, warn

__all__ = ["checkpoint_exists", "get_checkpoint_state", "latest_checkpoint", "remove_checkpoint", "write_state"]

constant(SaverDef, "train.SaverDef")
_MOST = 1 << 26  # bytes of a state file


def _state_file(folder, latest_filename):
    return os.path.join(folder, "checkpoint" if latest_filename is None else latest_filename)


@export("train.generate_checkpoint_state_proto")
def generate_checkpoint_state_proto(
    save_dir,
    model_checkpoint_path,
    all_model_checkpoint_paths=None,
    all_model_checkpoint_timestamps=None,
    last_preserved_timestamp=None,
):
    """A `CheckpointState` message, its paths relative to `save_dir` where that is relative itself.

    Args:
      save_dir: the folder.
      model_checkpoint_path: the latest checkpoint.
      all_model_checkpoint_paths: all that are kept, the oldest first; the latest is added if it isn't the last of them.
      all_model_checkpoint_timestamps: when each was made, in seconds since 1970.
      last_preserved_timestamp: when the last one was made that stays for good.

    Raises:
      ValueError: another number of times than of paths.
    """
    paths = [] if all_model_checkpoint_paths is None else all_model_checkpoint_paths
    if not paths or paths[-1] != model_checkpoint_path:
        info("%s is not in all_model_checkpoint_paths. Manually adding it.", model_checkpoint_path)
        paths.append(model_checkpoint_path)
    times = all_model_checkpoint_timestamps
    need(
        not times or len(times) == len(paths),
        f"Checkpoint timestamps, if provided, must match checkpoint paths (got paths {paths} and timestamps {times})",
    )
    if not os.path.isabs(save_dir):
        model_checkpoint_path = _relative(model_checkpoint_path, save_dir)
        paths = [_relative(p, save_dir) for p in paths]
    return CheckpointState(
        model_checkpoint_path=model_checkpoint_path,
        all_model_checkpoint_paths=paths,
        all_model_checkpoint_timestamps=times,
        last_preserved_timestamp=last_preserved_timestamp,
    )


def _relative(path, folder):
    return path if os.path.isabs(path) else os.path.relpath(path, folder)


@export("train.update_checkpoint_state")
def update_checkpoint_state(
    save_dir,
    model_checkpoint_path,
    all_model_checkpoint_paths=None,
    latest_filename=None,
    all_model_checkpoint_timestamps=None,
    last_preserved_timestamp=None,
):
    """Writes the file that says what was saved last.

    Args:
      save_dir: the folder.
      model_checkpoint_path: the latest checkpoint.
      all_model_checkpoint_paths: all that are kept, the oldest first.
      latest_filename: the file's name: "checkpoint" by default.
      all_model_checkpoint_timestamps: when each was made, in seconds since 1970.
      last_preserved_timestamp: when the last one was made that stays for good.

    Raises:
      RuntimeError: the checkpoint has the file's own name.
    """
    write_state(
        save_dir,
        model_checkpoint_path,
        all_model_checkpoint_paths,
        latest_filename,
        False,
        all_model_checkpoint_timestamps,
        last_preserved_timestamp,
    )


def write_state(
    save_dir,
    model_checkpoint_path,
    all_model_checkpoint_paths=None,
    latest_filename=None,
    save_relative_paths=False,
    all_model_checkpoint_timestamps=None,
    last_preserved_timestamp=None,
):
    """`update_checkpoint_state`, with paths relative to `save_dir` if that is asked for."""
    latest, paths = model_checkpoint_path, all_model_checkpoint_paths
    if save_relative_paths:
        latest = os.path.relpath(latest, save_dir) if os.path.isabs(latest) else latest
        paths = [os.path.relpath(p, save_dir) if os.path.isabs(p) else p for p in paths or ()]
    state = generate_checkpoint_state_proto(save_dir, latest, paths, all_model_checkpoint_timestamps, last_preserved_timestamp)
    path = _state_file(save_dir, latest_filename)
    need(
        path != state.model_checkpoint_path,
        f"Save path '{model_checkpoint_path}' conflicts with path used for checkpoint state.  Please use a different save path.",
        kind=RuntimeError,
    )
    write_file(path, text_format.MessageToString(state).encode())


@export("train.get_checkpoint_state")
def get_checkpoint_state(checkpoint_dir, latest_filename=None):
    """What the file that says what was saved last holds, its paths made whole.

    Args:
      checkpoint_dir: the folder.
      latest_filename: the file's name: "checkpoint" by default.

    Returns:
      A `CheckpointState`; None if there is no such file, or it cannot be read.

    Raises:
      ValueError: the file names no checkpoint.
    """
    folder = to_path(checkpoint_dir)
    path = _state_file(folder, latest_filename)
    if not os.path.exists(path):
        return None
    try:
        state = text_format.Merge(read_file(path, _MOST).decode("utf-8", "replace"), CheckpointState())
    except (OpError, text_format.ParseError) as error:
        warn("%s: %s", type(error).__name__, error)
        warn("%s: Checkpoint ignored", path)
        return None
    need(state.model_checkpoint_path, f"Invalid checkpoint state loaded from {folder}")
    state.model_checkpoint_path = os.path.join(folder, state.model_checkpoint_path)
    state.all_model_checkpoint_paths[:] = [os.path.join(folder, p) for p in state.all_model_checkpoint_paths]
    return state


@export("train.latest_checkpoint")
def latest_checkpoint(checkpoint_dir, latest_filename=None):
    """The path of the checkpoint that was saved last.

    Args:
      checkpoint_dir: the folder.
      latest_filename: the name of the file that says so: "checkpoint" by default.

    Returns:
      The path, for `Saver.restore`; None if there is none.
    """
    state = get_checkpoint_state(checkpoint_dir, latest_filename)
    if state is None:
        return None
    if _files(state.model_checkpoint_path):
        return state.model_checkpoint_path
    log_error("Couldn't match files for checkpoint %s", state.model_checkpoint_path)
    return None


def matching(pattern):
    """The files that match a pattern.

    Raises:
      NotFoundError: there is no such folder.
    """
    folder = os.path.dirname(pattern)
    if folder and not glob.has_magic(folder) and not os.path.isdir(folder):
        _refuse(folder)
    return sorted(glob.glob(pattern))


def _refuse(folder):
    try:
        os.listdir(folder)
    except OSError as error:
        raise refined(error, folder) from None


def _files(prefix):
    """The file that stands for a checkpoint of either version, in a list, or none."""
    return matching(prefix + ".index") or matching(prefix)


@export("train.checkpoint_exists")
def checkpoint_exists(checkpoint_prefix):
    """Whether there is a checkpoint of either version at a path (or pattern)."""
    return bool(_files(to_path(checkpoint_prefix)))


@export("train.get_checkpoint_mtimes")
def get_checkpoint_mtimes(checkpoint_prefixes):
    """When checkpoints were changed last, in seconds since 1970, those left out that aren't there."""
    found = [_files(prefix) for prefix in checkpoint_prefixes]
    return [os.stat(files[0]).st_mtime_ns / 1e9 for files in found if files]


@export("train.remove_checkpoint")
def remove_checkpoint(checkpoint_prefix, checkpoint_format_version=SaverDef.V2, meta_graph_suffix="meta"):
    """Removes the files of a checkpoint.

    Args:
      checkpoint_prefix: its path.
      checkpoint_format_version: `SaverDef.V1` or `SaverDef.V2`.
      meta_graph_suffix: the ending of its MetaGraph's file.
    """
    patterns = [meta_graph_filename(checkpoint_prefix, meta_graph_suffix)]
    if checkpoint_format_version == SaverDef.V2:
        patterns += [checkpoint_prefix + ".index", checkpoint_prefix + ".data-?????-of-?????"]
    else:
        patterns.append(checkpoint_prefix)
    for path in [path for pattern in patterns for path in matching(pattern)]:
        try:
            os.remove(path)
        except FileNotFoundError:
            warn("Hit NotFoundError when deleting '%s', possibly because another process/thread is also deleting it", path)


def meta_graph_filename(checkpoint_filename, meta_graph_suffix="meta"):
    """The name of the MetaGraph's file of a checkpoint, in shards or not."""
    return re.sub(r"-[\d\?]+-of-\d+$", "", checkpoint_filename) + "." + meta_graph_suffix
