"""The ops of savers: tensors written to checkpoint files, and read from them."""

import os

import numpy as np

from ..formats.bundle import Bundle, BundleWriter, index_file, merge_bundles
from ..formats.paths import to_path
from ..formats.slice_keys import FULL, parse_spec, shape_of
from ..formats.slices_v1 import SliceReader, SliceWriter
from ..graph import static
from ..graph.define import define
from ..ground import dtypes
from ..ground.errors import InferError, InvalidArgumentError
from ..ground.shapes import with_rank

__all__ = [
    "merge_checkpoints",
    "restore_slice",
    "restore_v2",
    "save",
    "save_slices",
    "save_v2",
    "sharded_filename",
    "sharded_filespec",
]


def _text(value):
    value = value.item() if isinstance(value, np.ndarray) else value
    return to_path(value)


def _texts(values):
    return [_text(v) for v in np.asarray(values, object).reshape(-1)]


def _array(value, kind):
    """An array that the writers take, of the dtype that the graph declares."""
    return np.asarray(value, object if kind is dtypes.string else kind.np)


def _in_shape(name, spec, array):
    """(the whole's shape, the part) of a tensor that is saved as a part."""
    shape, part = parse_spec(spec)
    if shape_of(part, shape) != array.shape:
        raise InvalidArgumentError(
            None,
            None,
            f"Slice in shape_and_slice specification does not match the shape of the tensor to  save: {spec}, tensor: {name}",
        )
    return shape, part


# --- version 2 ---------------------------------------------------------------------------------------


def _infer_save(prefix, tensor_names, *_):
    with_rank(prefix.dims, 0)
    with_rank(tensor_names.dims, 1)
    return []


def _save_v2(B, prefix, names, specs, *tensors, dtypes):
    writer = BundleWriter(_text(prefix))
    try:
        for name, spec, tensor, kind in zip(_texts(names), _texts(specs), tensors, dtypes, strict=True):
            array = _array(tensor, kind)
            if spec:
                writer.add_part(name, *_in_shape(name, spec, array), array, kind)
            else:
                writer.add(name, array, kind)
    except BaseException:
        writer.give_up()
        raise
    writer.finish()
    return ()


def _infer_restore(prefix, tensor_names, shape_and_slices, *, dtypes):
    with_rank(prefix.dims, 0)
    with_rank(tensor_names.dims, 1)
    specs = static.value(shape_and_slices)
    if specs is None:
        return [None] * len(dtypes)
    return [_shape_told(spec) for spec in _texts(specs)]


def _shape_told(spec):
    """The shape that a part has; None where the file will tell."""
    if not spec:
        return None
    try:
        shape, part = parse_spec(spec)
    except InvalidArgumentError as error:
        raise InferError(error.message) from None
    return shape_of(part, shape)


def _restore_v2(B, prefix, names, specs, *, dtypes):
    path = _text(prefix)
    if not os.path.exists(index_file(path)):
        reader = _of_v1(path)
        return tuple(_from_v1(reader, *one) for one in zip(_texts(names), _texts(specs), dtypes, strict=True))
    bundle = Bundle(path)
    return tuple(_from_v2(bundle, *one) for one in zip(_texts(names), _texts(specs), dtypes, strict=True))


def _from_v2(bundle, name, spec, kind):
    have = bundle.dtype(name)
    if have is not kind:
        raise InvalidArgumentError(
            None, None, f"tensor_name = {name}; expected dtype {_cpp(kind)} does not equal original dtype {_cpp(have)}"
        )
    return bundle.read(name, _asked(name, spec, bundle.shape(name)))


def _asked(name, spec, shape):
    """The part that is asked for; None for the whole."""
    if not spec:
        return None
    want, part = parse_spec(spec)
    if want != shape:
        raise InvalidArgumentError(
            None,
            None,
            f"tensor_name = {name}; shape in shape_and_slice spec [{','.join(map(str, want))}] does not match the shape stored "
            f"in checkpoint: [{','.join(map(str, shape))}]",
        )
    return part


_CPP = {"float32": "float", "float64": "double", "float16": "half"}


def _cpp(kind):
    return _CPP.get(kind.name, kind.name)


save_v2 = define("SaveV2", infer=_infer_save, lower=_save_v2, host=True)
restore_v2 = define("RestoreV2", infer=_infer_restore, lower=_restore_v2, host=True)


def _merge(B, prefixes, destination, *, delete_old_dirs):
    paths, merged = _texts(prefixes), _text(destination)
    folder = os.path.dirname(merged)
    if folder:
        os.makedirs(folder, exist_ok=True)
    merge_bundles(paths, merged)
    if delete_old_dirs:
        for old in {os.path.dirname(path) for path in paths} - {folder, ""}:
            if os.path.isdir(old) and not os.listdir(old):
                os.rmdir(old)
    return ()


merge_checkpoints = define("MergeV2Checkpoints", infer=lambda *_: [], lower=_merge, host=True)


# --- version 1 ---------------------------------------------------------------------------------------


def _save_slices(B, filename, names, specs, *tensors, T):
    writer = SliceWriter(_text(filename))
    for name, spec, tensor, kind in zip(_texts(names), _texts(specs), tensors, T, strict=True):
        array = _array(tensor, kind)
        shape, part = _in_shape(name, spec, array) if spec else (array.shape, (FULL,) * array.ndim)
        writer.add(name, shape, part, array, kind)
    writer.finish()
    return ()


def _save(B, filename, names, *tensors, T):
    return _save_slices(B, filename, names, [""] * len(tensors), *tensors, T=T)


save_slices = define("SaveSlices", infer=_infer_save, lower=_save_slices, host=True)
save = define("Save", infer=_infer_save, lower=_save, host=True)


def _of_v1(pattern):
    return SliceReader(pattern)


def _from_v1(reader, name, spec, kind):
    have = reader.dtype(name)
    if have is not kind:
        raise InvalidArgumentError(
            None,
            None,
            f"Expected to restore a tensor of type {_cpp(kind)}, got a tensor of type {_cpp(have)} instead: tensor_name = {name}",
        )
    if not spec:
        return reader.read(name)
    shape, part = parse_spec(spec)
    if shape != reader.shape(name):
        raise InvalidArgumentError(
            None,
            None,
            f"Shape in shape_and_slice spec does not match the shape in the save file: [{','.join(map(str, shape))}], save file "
            f"shape: [{','.join(map(str, reader.shape(name)))}]",
        )
    return reader.read(name, part)


def _restore_one(B, pattern, name, spec="", *, dt):
    return _from_v1(_of_v1(_text(pattern)), _text(name), _text(spec), dt)


def _infer_slice(pattern, name, spec):
    for tensor in (pattern, name, spec):
        with_rank(tensor.dims, 0)
    told = static.value(spec)
    return [None if told is None else _shape_told(_text(told))]


restore = define("Restore", infer=lambda *_: [None], lower=_restore_one, host=True)
restore_slice = define("RestoreSlice", infer=_infer_slice, lower=_restore_one, host=True)


# --- names -------------------------------------------------------------------------------------------


def _scalars(*tensors):
    for tensor in tensors:
        with_rank(tensor.dims, 0)
    return [()]


def _bytes(text):
    return np.asarray(text.encode(), object)


sharded_filename = define(
    "ShardedFilename",
    infer=_scalars,
    lower=lambda B, base, shard, shards: _bytes(f"{_text(base)}-{int(shard):05d}-of-{int(shards):05d}"),
    host=True,
    grad=None,
)
sharded_filespec = define(
    "ShardedFilespec",
    infer=_scalars,
    lower=lambda B, base, shards: _bytes(f"{_text(base)}-?????-of-{int(shards):05d}"),
    host=True,
    grad=None,
)
