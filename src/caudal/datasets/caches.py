"""Elements kept when they are first made: in memory, or in a file of records."""

import os

from ..formats.proto import TensorProto
from ..formats.records import Writer, read_records
from ..formats.tensor_proto import make_ndarray, to_proto
from .columns import as_array
from .elements import Elements, End
from .nodes import dataset_node

__all__ = ["cache_node"]


def _cache(B, source, filename, *, output_types):
    name = (filename if isinstance(filename, bytes) else as_array(filename).item()).decode()
    key = object()

    def begin(context):
        if name:
            return _from_file(name, source, context, output_types)
        return _from_memory(context.keep(key, dict), source, context)

    return Elements(begin, source.count)


def _from_memory(kept, source, context):
    """Elements out of memory, if a whole epoch is there; otherwise made and kept."""
    if "all" in kept:
        rest = iter(kept["all"])

        def again():
            for element in rest:
                return element
            raise End

        return again
    step, seen = source.begin(context), []

    def first():
        try:
            element = step()
        except End:
            kept.setdefault("all", seen)
            raise
        seen.append(element)
        return element

    return first


def _from_file(name, source, context, kinds):
    """Elements out of a file, if it is whole; otherwise made and written."""
    path = f"{name}.data-00000-of-00001"
    if os.path.exists(path):
        records = read_records(path)

        def again():
            parts = [make_ndarray(TensorProto.FromString(r)) for r, _ in zip(records, kinds, strict=False)]
            if not parts:
                raise End
            return tuple(parts)

        return again
    step, writer = source.begin(context), Writer(path + ".lockfile")

    def first():
        try:
            element = step()
        except End:
            writer.close()
            if os.path.exists(path + ".lockfile"):
                os.replace(path + ".lockfile", path)
            raise
        for part, kind in zip(element, kinds, strict=True):
            writer.write(to_proto(as_array(part, kind), kind).SerializeToString())
        return element

    return first


cache_node = dataset_node("CacheDataset", _cache)
