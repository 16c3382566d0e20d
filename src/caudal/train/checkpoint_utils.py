"""Checkpoints used without a saver: looked into, and made the initial values of variables."""

import collections.abc
import os

from ..build.scopes import variable_store
from ..build.variables import Variable
from ..formats.checkpoint_reader import CheckpointReader
from ..formats.paths import to_path
from ..graph.graph import Tensor
from ..graph.scopes import device
from ..ground.api import export
from ..ground.errors import need
from ..ops.checkpoints import restore_v2
from ..platform.logging import debug
from .checkpoint_state import latest_checkpoint
from .saveables import by_name, saveables

__all__ = ["init_from_checkpoint", "list_variables", "load_checkpoint", "load_variable"]


def path_of(ckpt_dir_or_file):
    """The path of a checkpoint: of a folder that of its latest one, or None."""
    path = to_path(ckpt_dir_or_file)
    return latest_checkpoint(path) if os.path.isdir(path) else path


@export("train.load_checkpoint")
def load_checkpoint(ckpt_dir_or_file):
    """A `CheckpointReader` for a checkpoint, or for the latest one in a folder.

    Raises:
      ValueError: the folder has none; NotFoundError: there is no such checkpoint.
    """
    path = path_of(ckpt_dir_or_file)
    need(path is not None, f"Couldn't find 'checkpoint' file or checkpoints in given directory {ckpt_dir_or_file}")
    return CheckpointReader(path)


@export("contrib.framework.load_checkpoint")
def _load_checkpoint(filepattern):
    """`tf.train.load_checkpoint`."""
    return load_checkpoint(filepattern)


@export("train.load_variable")
def load_variable(ckpt_dir_or_file, name):
    """The value of a variable in a checkpoint, an array.

    Args:
      ckpt_dir_or_file: the checkpoint's path, or its folder.
      name: the variable's name, with or without ":0".

    Raises:
      NotFoundError: there is no such variable, or no such checkpoint.
    """
    return load_checkpoint(ckpt_dir_or_file).get_tensor(name.removesuffix(":0"))


@export("contrib.framework.load_variable")
def _load_variable(checkpoint_dir, name):
    """`tf.train.load_variable`."""
    return load_variable(checkpoint_dir, name)


@export("train.list_variables")
def list_variables(ckpt_dir_or_file):
    """The variables in a checkpoint: pairs of name and shape, in order of names.

    Args:
      ckpt_dir_or_file: the checkpoint's path, or its folder.
    """
    return sorted(load_checkpoint(ckpt_dir_or_file).get_variable_to_shape_map().items())


@export("contrib.framework.list_variables")
def _list_variables(checkpoint_dir):
    """`tf.train.list_variables`."""
    return list_variables(checkpoint_dir)


@export("train.init_from_checkpoint")
def init_from_checkpoint(ckpt_dir_or_file, assignment_map):
    """Lets variables start as what a checkpoint holds: their initializers are replaced.

    Args:
      ckpt_dir_or_file: the checkpoint's path, or its folder.
      assignment_map: from a name in the checkpoint to a variable, a list of the parts of one, or its name; or from a scope in
        the checkpoint ("old/", or "/" for its root) to a scope here. A dict, or pairs.

    Raises:
      ValueError: a variable or a tensor isn't there, or their shapes differ.
    """
    reader = load_checkpoint(ckpt_dir_or_file)
    work = _Assignment(path_of(ckpt_dir_or_file), ckpt_dir_or_file, reader.get_variable_to_shape_map())
    pairs = assignment_map.items() if isinstance(assignment_map, collections.abc.Mapping) else assignment_map
    for name, to in sorted(pairs, key=lambda pair: pair[0]):
        work.assign(name, to)


@export("contrib.framework.init_from_checkpoint")
def _init_from_checkpoint(checkpoint_dir, assignment_map):
    """`tf.train.init_from_checkpoint`."""
    init_from_checkpoint(checkpoint_dir, assignment_map)


class _Assignment:
    """Replaces initializers by what one checkpoint holds.

    Attributes:
      path: of the checkpoint; given: what the user called it; shapes: of its tensors.
    """

    def __init__(self, path, given, shapes):
        self.path, self.given, self.shapes = path, given, shapes
        self.known = variable_store()._vars

    def assign(self, name, to):
        """One pair of the map."""
        variable = to if _is_variable(to) or (isinstance(to, list) and all(map(_is_variable, to))) else self._named(to)
        if variable is None:
            self._assign_scope(name, to)
            return
        need(name in self.shapes, f"Tensor {name} is not found in {self.given} checkpoint {self.shapes}")
        if _is_variable(variable):
            need(
                variable.get_shape().is_compatible_with(self.shapes[name]),
                f"Shape of variable {variable.name} ({variable.get_shape()}) doesn't match with shape of tensor {name} "
                f"({self.shapes[name]}) from checkpoint reader.",
            )
        self._start(variable, name)

    def _named(self, name):
        """The variable of that name, or a list of its parts, or None."""
        if name in self.known:
            return self.known[name]
        parts = []
        while f"{name}/part_{len(parts)}" in self.known:
            parts.append(self.known[f"{name}/part_{len(parts)}"])
        return parts or None

    def _assign_scope(self, name, to):
        """All variables of the scope `to` from the scope `name` of the checkpoint."""
        scope = to[: to.rindex("/")] if "/" in to else ""
        need(
            name.endswith("/"),
            f"Assignment map with scope only name {scope} should map to scope only {name}. Should be 'scope/': 'other_scope/'.",
        )
        inside = {v.split("/part_")[0] for v in self.known if not scope or v.startswith(scope + "/")}
        for variable in sorted(inside):
            rest = variable[len(scope) :] if to == "/" else variable[len(scope) + 1 :]
            full = (rest if name == "/" else name + rest).removesuffix("/")
            need(
                full in self.shapes,
                f"Tensor {full} ({variable[len(scope) + 1 :]} in {name}) is not found in {self.given} checkpoint",
            )
            self._start(self._named(variable), full)

    def _start(self, variable, name):
        if _is_variable(variable):
            self._replace(variable, name, "")
        else:
            whole = variable[0]._save_slice_info.full_name
            for part in variable:
                info = part._save_slice_info
                need(whole == info.full_name, f"Slices must all be from the same tensor: {whole} != {info.full_name}")
                self._replace(part, name, info.spec)
        debug("Initialize variable %s from checkpoint %s with %s", variable, self.given, name)

    def _replace(self, variable, name, spec):
        """Makes the initializer of a variable the assignment of what is read."""
        with device(variable.device), device("/cpu:0"):
            read = restore_v2(self.path, [name], [spec], dtypes=[variable.dtype.base_dtype], name="checkpoint_initializer")[0]
            (found,) = saveables(by_name([variable]))
        assigned = found.restore([read], None)
        variable._initializer_op = assigned.op if isinstance(assigned, Tensor) else assigned
        read.set_shape(variable.shape)
        variable._initial_value = read


def _is_variable(value):
    return isinstance(value, Variable)
