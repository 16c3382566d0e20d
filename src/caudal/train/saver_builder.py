"""The nodes of a saver: names fed in, tensors written, tensors read and assigned."""

import uuid

from ..build.partitioned import PartitionedVariable
from ..formats.proto.meta_graph_pb2 import SaverDef
from ..graph.devices import canonical
from ..graph.graph import default_graph
from ..graph.scopes import control_dependencies, device, name_scope
from ..ground.errors import need
from ..ops import checkpoints
from ..ops.basic import constant, identity
from ..ops.control import group, with_dependencies
from ..ops.shape import shape
from ..ops.slicing import placeholder_with_default
from ..ops.strings import string_join
from .saveables import SaveableObject, SaveSpec, by_name, saveables, set_cpu0

__all__ = ["BaseSaverBuilder", "BulkSaverBuilder"]


def _temporary():
    """Where shards lie until they are put together."""
    return f"_temp_{uuid.uuid4().hex}/part"


def _name_partitioned(graph):
    """Gives each partitioned variable in a collection the tensor of its name: what is exported finds it by that."""
    for key in graph.get_all_collection_keys():
        for one in graph.get_collection(key):
            if isinstance(one, PartitionedVariable) and one.name not in graph._by_name:
                one.as_tensor()


class BaseSaverBuilder:
    """Adds a saver's nodes, which read each tensor by an op of its own.

    Args:
      write_version: `SaverDef.V1` or `SaverDef.V2`.
    """

    SaveSpec, SaveableObject = SaveSpec, SaveableObject

    def __init__(self, write_version=SaverDef.V2):
        self._write_version = write_version

    def save_op(self, filename_tensor, saveables):
        """The op that writes saveables to a file."""
        specs = [spec for one in saveables for spec in one.specs]
        names, tensors, parts = [s.name for s in specs], [s.tensor for s in specs], [s.slice_spec for s in specs]
        if self._write_version == SaverDef.V1:
            return checkpoints.save_slices(filename_tensor, names, parts, tensors, name="save")
        need(self._write_version == SaverDef.V2, f"Unexpected write_version: {self._write_version}", kind=RuntimeError)
        return checkpoints.save_v2(filename_tensor, names, parts, tensors)

    def bulk_restore(self, filename_tensor, saveables, preferred_shard, restore_sequentially):
        """The tensors that the file holds for saveables."""
        out = []
        for one in saveables:
            with device(set_cpu0(one.device) if one.device else None):
                out.extend(self.restore_op(filename_tensor, one, preferred_shard))
        return out

    def restore_op(self, filename_tensor, saveable, preferred_shard):
        """The tensors that the file holds for one saveable."""
        return [
            checkpoints.restore_v2(filename_tensor, [s.name], [s.slice_spec], dtypes=[s.dtype.base_dtype])[0]
            for s in saveable.specs
        ]

    def sharded_filename(self, filename_tensor, shard, num_shards):
        """The name of one shard's file."""
        return checkpoints.sharded_filename(filename_tensor, shard, num_shards)

    # --- the parts ---------------------------------------------------------------------------------

    def _save(self, filename, found):
        return with_dependencies([self.save_op(filename, found)], filename)

    def _save_shards(self, prefix, per_device):
        if self._write_version != SaverDef.V2:
            return self._save_shards_v1(prefix, per_device)
        temporary = string_join([prefix, _temporary()])
        count = constant(len(per_device), name="num_shards")
        saves, prefixes = [], []
        for shard, (place, found) in enumerate(per_device):
            with device(set_cpu0(place)):
                prefixes.append(self.sharded_filename(temporary, shard, count))
                saves.append(self._save(prefixes[-1], found))
        with control_dependencies([s.op for s in saves]), device(set_cpu0(per_device[-1][0])):
            merged = checkpoints.merge_checkpoints(prefixes, prefix, delete_old_dirs=True)
            with control_dependencies([merged]):
                return identity(prefix)

    def _save_shards_v1(self, filename, per_device):
        count = constant(len(per_device), name="num_shards")
        saves = []
        for shard, (place, found) in enumerate(per_device):
            with device(place):
                saves.append(self._save(self.sharded_filename(filename, shard, count), found))
        with control_dependencies([s.op for s in saves]):
            return checkpoints.sharded_filespec(filename, count)

    def _restore(self, filename, found, restore_sequentially, reshape, preferred_shard=-1, name="restore_all"):
        tensors = self.bulk_restore(filename, found, preferred_shard, restore_sequentially)
        assigned, at = [], 0
        for one in found:
            shapes = [_shape_of(spec.tensor) for spec in one.specs] if reshape else None
            assigned.append(one.restore(tensors[at : at + len(one.specs)], shapes))
            at += len(one.specs)
        return group(*assigned, name=name)

    def _restore_shards(self, filename, per_device, restore_sequentially, reshape):
        made = []
        for shard, (place, found) in enumerate(per_device):
            with device(place):
                made.append(self._restore(filename, found, restore_sequentially, reshape, shard, "restore_shard"))
        return group(*made, name="restore_all")

    @staticmethod
    def _by_device(found):
        """Pairs of a device and what is on it, in order of devices."""
        out = {}
        for one in found:
            devices = {canonical(spec.device) for spec in one.specs}
            need(len(devices) == 1, f"All tensors of a saveable object must be on the same device: {one.name}")
            out.setdefault(devices.pop(), []).append(one)
        return sorted(out.items(), key=lambda item: item[0])

    # --- the whole ---------------------------------------------------------------------------------

    def build(
        self,
        names_to_saveables,
        reshape=False,
        sharded=False,
        max_to_keep=5,
        keep_checkpoint_every_n_hours=10000.0,
        name=None,
        restore_sequentially=False,
        filename="model",
    ):
        """Adds all nodes of a saver.

        Args:
          names_to_saveables: a dict from name to variable or `SaveableObject`, or a list of these.
          reshape, sharded, max_to_keep, keep_checkpoint_every_n_hours, name, restore_sequentially, filename: as `Saver` takes
            them.

        Returns:
          A `SaverDef`.
        """
        if not isinstance(names_to_saveables, dict):
            names_to_saveables = by_name(names_to_saveables)
        found = saveables(names_to_saveables)
        with name_scope(name, "save", [one.op for one in found]):
            path = placeholder_with_default(filename or "model", shape=(), name="filename")
            path = placeholder_with_default(path, shape=(), name="Const")
            if sharded:
                per_device = self._by_device(found)
                saved = self._save_shards(path, per_device)
                restored = self._restore_shards(path, per_device, restore_sequentially, reshape)
            else:
                saved = self._save(path, found)
                restored = self._restore(path, found, restore_sequentially, reshape)
        _name_partitioned(default_graph())
        return SaverDef(
            filename_tensor_name=path.name,
            save_tensor_name=saved.name,
            restore_op_name=restored.name,
            max_to_keep=0 if max_to_keep is None else max_to_keep,
            sharded=sharded,
            keep_checkpoint_every_n_hours=keep_checkpoint_every_n_hours,
            version=self._write_version,
        )


class BulkSaverBuilder(BaseSaverBuilder):
    """Adds a saver's nodes, which read all tensors by one op."""

    def bulk_restore(self, filename_tensor, saveables, preferred_shard, restore_sequentially):
        """The tensors that the file holds for saveables."""
        specs = [spec for one in saveables for spec in one.specs]
        with device("cpu:0"):
            return checkpoints.restore_v2(
                filename_tensor,
                [s.name for s in specs],
                [s.slice_spec for s in specs],
                dtypes=[s.dtype.base_dtype for s in specs],
            )


def _shape_of(tensor):
    """The static shape, or a tensor of the shape where it is not known."""
    static = tensor.get_shape()
    return static if static.is_fully_defined() else shape(tensor)
