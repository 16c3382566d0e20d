"""The nodes of data sets that call functions: map, flat_map, filter and their kin."""

import numpy as np

from ..formats.records import Writer
from ..graph.define import define
from .columns import as_array
from .elements import Context, Elements, End, text
from .nodes import batches, dataset_node, refuse, stacked

__all__ = ["filter_node", "map_node", "reduce_node"]


def _of_variant(value):
    """A data set out of the array that carries it."""
    return value.item() if isinstance(value, np.ndarray) else value


def _true(value):
    return bool(np.asarray(value).reshape(-1)[0])


def mapped(source, function, captured):
    """Each element through a function."""

    def begin(context):
        step = source.begin(context)
        return lambda: context.call(function, captured, step())

    return Elements(begin, source.count)


def _split(lower):
    """A lowering that gets captured tensors, of a number that an attribute tells, as one list."""

    def with_lists(B, source, *rest, op):
        return lower(source, rest, op)

    return with_lists


def _filtered(source, rest, op):
    function = op.attrs["predicate"]

    def begin(context):
        step = source.begin(context)

        def following():
            while True:
                element = step()
                if _true(context.call(function, rest, element)[0]):
                    return element

        return following

    return Elements(begin)


def _while(source, rest, op):
    function = op.attrs["predicate"]

    def begin(context):
        step, ended = source.begin(context), False

        def following():
            nonlocal ended
            if ended:
                raise End
            element = step()
            ended = not _true(context.call(function, rest, element)[0])
            if ended:
                raise End
            return element

        return following

    return Elements(begin)


def _flat(source, rest, op):
    function = op.attrs["f"]

    def begin(context):
        step, inner = source.begin(context), None

        def following():
            nonlocal inner
            while True:
                if inner is None:
                    inner = _of_variant(context.call(function, rest, step())[0]).begin(context)
                try:
                    return inner()
                except End:
                    inner = None

        return following

    return Elements(begin)


def interleaved(source, function, captured, cycle, block):
    """Elements of several inner data sets in turn, `block` of each.

    Source: TF 1.15's InterleaveDataset.
    """
    if cycle <= 0:
        refuse("cycle_length must be greater than zero.")
    if block <= 0:
        refuse("block_length must be greater than zero.")

    def begin(context):
        step, inner = source.begin(context), [None] * cycle
        place = taken = 0
        ended = False

        def advance():
            nonlocal place, taken
            place, taken = (place + 1) % cycle, 0

        def following():
            nonlocal taken, ended
            while not ended or any(inner):
                if inner[place] is not None:
                    try:
                        element = inner[place]()
                    except End:
                        inner[place] = None
                        advance()
                        continue
                    taken += 1
                    if taken == block:
                        advance()
                    return element
                if ended:
                    advance()
                    continue
                try:
                    arguments = step()
                except End:
                    ended = True
                    continue
                inner[place] = _of_variant(context.call(function, captured, arguments)[0]).begin(context)
            raise End

        return following

    return Elements(begin)


def _interleave(source, rest, op):
    n = len(op.attrs["Targuments"])
    return interleaved(source, op.attrs["f"], rest[:n], int(rest[n]), int(rest[n + 1]))


def _map_and_batch(source, rest, op):
    n = len(op.attrs["Targuments"])
    captured, (size, _, drop) = rest[:n], rest[n:]
    kinds = op.attrs["output_types"]
    inner = mapped(source, op.attrs["f"], captured)
    return batches(inner, int(size), bool(drop), lambda taken: stacked(taken, kinds))


def _scan(source, rest, op):
    function, n = op.attrs["f"], len(op.attrs["Tstate"])
    state, captured = rest[:n], rest[n:]

    def begin(context):
        step, now = source.begin(context), tuple(state)

        def following():
            nonlocal now
            made = context.call(function, captured, (*now, *step()))
            now = made[:n]
            return made[n:]

        return following

    return Elements(begin, source.count)


def _counted(op, rest, *names):
    """The captured tensors of several functions, by the attributes that tell how many each has."""
    out, k = [], 0
    for name in names:
        n = len(op.attrs[name])
        out.append(rest[k : k + n])
        k += n
    return out


def _group_by_window(source, rest, op):
    key_of, reduce, size_of = (op.attrs[k] for k in ("key_func", "reduce_func", "window_size_func"))
    names = (f"T{k}_func_other_arguments" for k in ("key", "reduce", "window_size"))
    of_key, of_reduce, of_size = _counted(op, rest, *names)

    def begin(context):
        step, groups, sizes, inner, ended = source.begin(context), {}, {}, None, False

        def flush(key):
            window = _listed(groups.pop(key))
            made = context.call(reduce, of_reduce, (np.int64(key), window))
            return _of_variant(made[0]).begin(context)

        def following():
            nonlocal inner, ended
            while True:
                if inner is not None:
                    try:
                        return inner()
                    except End:
                        inner = None
                while inner is None and not ended:
                    try:
                        element = step()
                    except End:
                        ended = True
                        break
                    key = int(context.call(key_of, of_key, element)[0])
                    if key not in sizes:
                        sizes[key] = int(context.call(size_of, of_size, (np.int64(key),))[0])
                        if sizes[key] <= 0:
                            refuse(f"Window size must be greater than zero, but got {sizes[key]}.")
                    groups.setdefault(key, []).append(element)
                    if len(groups[key]) == sizes[key]:
                        inner = flush(key)
                if inner is None:
                    if not groups:
                        raise End
                    inner = flush(min(groups))

        return following

    return Elements(begin)


def _listed(elements):
    """The data set of a list."""

    def begin(context):
        rest = iter(elements)

        def step():
            for element in rest:
                return element
            raise End

        return step

    return Elements(begin, len(elements))


def _group_by_reducer(source, rest, op):
    functions = [op.attrs[f"{k}_func"] for k in ("key", "init", "reduce", "finalize")]
    captured = _counted(op, rest, *(f"T{k}_func_other_arguments" for k in ("key", "init", "reduce", "finalize")))

    def make(context):
        key, init, reduce, final = (lambda *a, f=f, c=c: context.call(f, c, a) for f, c in zip(functions, captured, strict=True))
        states, step = {}, source.begin(context)
        while True:
            try:
                element = step()
            except End:
                break
            k = int(key(*element)[0])
            if k not in states:
                states[k] = init(np.int64(k))
            states[k] = reduce(*states[k], *element)
        for k in sorted(states):
            yield final(*states[k])

    def begin(context):
        rest_ = make(context)

        def step():
            for element in rest_:
                return element
            raise End

        return step

    return Elements(begin)


map_node = dataset_node("MapDataset", _split(lambda source, rest, op: mapped(source, op.attrs["f"], rest)))
parallel_map_node = dataset_node("ParallelMapDataset", _split(lambda source, rest, op: mapped(source, op.attrs["f"], rest[:-1])))
filter_node = dataset_node("FilterDataset", _split(_filtered))
take_while_node = dataset_node("TakeWhileDataset", _split(_while))
flat_map_node = dataset_node("FlatMapDataset", _split(_flat))
interleave_node = dataset_node("InterleaveDataset", _split(_interleave))
parallel_interleave_v2_node = dataset_node("ParallelInterleaveDatasetV2", _split(_interleave))
parallel_interleave_node = dataset_node("ParallelInterleaveDataset", _split(_interleave))
map_and_batch_node = dataset_node("MapAndBatchDataset", _split(_map_and_batch))
scan_node = dataset_node("ScanDataset", _split(_scan))
group_by_window_node = dataset_node("GroupByWindowDataset", _split(_group_by_window))
group_by_reducer_node = dataset_node("GroupByReducerDataset", _split(_group_by_reducer))


# --- data sets taken whole ------------------------------------------------------------------------------


def _reduce(B, source, *rest, state, op):
    function, n = op.attrs["f"], len(op.attrs["Tstate"])
    now, captured = tuple(rest[:n]), rest[n:]
    context = Context(state.store.halt)
    step = source.begin(context)
    while True:
        try:
            element = step()
        except End:
            return now
        now = context.call(function, captured, (*now, *element))


def _single(B, source, *, state):
    step = source.begin(Context(state.store.halt))
    try:
        element = step()
    except End:
        refuse("Dataset was empty.")
    try:
        step()
    except End:
        return tuple([text(v) for v in element])
    return refuse("Dataset had more than one element.")


def _write_records(B, source, path, compression, *, state):
    writer = Writer(_text(path), _text(compression))
    step = source.begin(Context(state.store.halt))
    try:
        while True:
            (record,) = step()
            writer.write(record if isinstance(record, bytes) else as_array(record).item())
    except End:
        return ()
    finally:
        writer.close()


def _text(value):
    return (value if isinstance(value, bytes) else as_array(value).item()).decode()


def _infer_outputs(*_, output_shapes):
    return list(output_shapes)


reduce_node = define("ReduceDataset", infer=_infer_outputs, lower=_reduce, host=True, grad=None)
single_node = define("DatasetToSingleElement", infer=_infer_outputs, lower=_single, host=True, grad=None)
count_node = define(
    "DatasetCardinality", infer=lambda _: [()], lower=lambda B, source: np.int64(source.count), host=True, grad=None
)
old_count_node = define(
    "ExperimentalDatasetCardinality", infer=lambda _: [()], lower=lambda B, source: np.int64(source.count), host=True, grad=None
)
write_records_node = define("DatasetToTFRecord", infer=lambda *_: [], lower=_write_records, host=True, grad=None)
