"""Checkpoints into variables, as Slim's programs do it: all at once, some left out, some renamed."""

from ...formats.checkpoint_reader import CheckpointReader
from ...formats.proto.meta_graph_pb2 import SaverDef
from ...ground.api import export
from ...ground.errors import need
from ...ops.basic import placeholder
from ...ops.control import group
from ...platform.logging import warn
from ...train.saver import Saver
from .variables import get_variable_full_name

__all__ = ["assign_from_checkpoint", "assign_from_checkpoint_fn"]


def _grouped(var_list):
    """A dict from name in the checkpoint to a list of variables."""
    if isinstance(var_list, dict):
        return {name: list(v) if isinstance(v, (tuple, list)) else [v] for name, v in var_list.items()}
    out = {}
    for variable in var_list:
        out.setdefault(get_variable_full_name(variable), []).append(variable)
    return out


@export("contrib.framework.assign_from_checkpoint", "contrib.slim.assign_from_checkpoint")
def assign_from_checkpoint(model_path, var_list, ignore_missing_vars=False):
    """An op that gives variables the values that a checkpoint holds.

    Args:
      model_path: the checkpoint's path.
      var_list: variables, or a dict from names in the checkpoint to variables (or lists of the parts of one).
      ignore_missing_vars: whether variables that the checkpoint lacks keep their values.

    Returns:
      (the op, the feed dict that it needs).

    Raises:
      ValueError: the checkpoint lacks a variable, or has one of another shape.
    """
    reader = CheckpointReader(model_path)
    feed, assigned = {}, []
    for name, variables in _grouped(var_list).items():
        if not reader.has_tensor(name):
            words = f"Checkpoint is missing variable [{name}]"
            need(ignore_missing_vars, words)
            warn(words)
            continue
        value = reader.get_tensor(name)
        for variable in variables:
            held = placeholder(variable.dtype.base_dtype, variable.get_shape(), name="placeholder/" + variable.op.name)
            assigned.append(variable.assign(held))
            feed[held] = _part(name, variable, value)
    return group(*assigned), feed


def _part(name, variable, value):
    """What of a value belongs to a variable."""
    info = variable._save_slice_info
    if not info:
        need(
            variable.get_shape().as_list() == list(value.shape),
            f"Total size of new array must be unchanged for {name} lh_shape: [{value.shape}], rh_shape: [{variable.get_shape()}]",
        )
        return value
    return value[tuple(slice(start, start + size) for start, size in zip(info.var_offset, info.var_shape, strict=True))]


@export("contrib.framework.assign_from_checkpoint_fn", "contrib.slim.assign_from_checkpoint_fn")
def assign_from_checkpoint_fn(model_path, var_list, ignore_missing_vars=False, reshape_variables=False):
    """A function of a session that gives variables the values that a checkpoint holds.

    Args:
      model_path: the checkpoint's path.
      var_list: variables, or a dict from names in the checkpoint to variables.
      ignore_missing_vars: whether variables that the checkpoint lacks are left out.
      reshape_variables: whether what is read is brought into the variable's shape.

    Returns:
      A function; None if no variable is left.

    Raises:
      ValueError: no variables.
    """
    need(var_list, "var_list cannot be empty")
    if ignore_missing_vars:
        var_list = _present(model_path, var_list)
    if not var_list:
        warn("No Variables to restore")
        return None
    saver = Saver(var_list, reshape=reshape_variables, write_version=SaverDef.V1)

    def callback(session):
        saver.restore(session, model_path)

    return callback


def _present(model_path, var_list):
    """Those variables that the checkpoint has, as a dict."""
    reader = CheckpointReader(model_path)
    named = var_list if isinstance(var_list, dict) else {v.op.name: v for v in var_list}
    for name in named:
        if not reader.has_tensor(name):
            warn("Variable %s missing in checkpoint %s", name, model_path)
    return {name: v for name, v in named.items() if reader.has_tensor(name)}
