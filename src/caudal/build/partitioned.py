"""Partitioned variables: one variable that is kept in parts, each a variable of its own."""

from ..graph.convert import convert_to_tensor, register
from ..graph.graph import Tensor
from ..graph.scopes import name_scope
from ..ground.errors import need
from ..ground.shapes import TensorShape
from ..ops.basic import identity
from ..ops.join import concat, split
from ..ops.operators import OPERATORS
from ..ops.slicing import slice_

__all__ = ["PartitionInfo", "PartitionedVariable", "SaveSliceInfo", "get_partitioned"]


class PartitionInfo:
    """What an initializer is told of the part that it makes.

    Attributes:
      full_shape: sizes of the whole variable; var_offset: where the part begins in it.
    """

    def __init__(self, full_shape, var_offset):
        self.full_shape, self.var_offset = full_shape, var_offset


class SaveSliceInfo:
    """Where a part lies in the variable that it is of.

    Attributes:
      full_name, full_shape: of the whole; var_offset, var_shape: of the part.
    """

    def __init__(self, full_name, full_shape, var_offset, var_shape):
        self.full_name, self.full_shape, self.var_offset, self.var_shape = full_name, full_shape, var_offset, var_shape

    @property
    def spec(self):
        """The form in which checkpoints name it: "5 2 0,2:0,2"."""
        sizes = " ".join(str(d) for d in self.full_shape) + " "
        return sizes + ":".join(f"{o},{n}" for o, n in zip(self.var_offset, self.var_shape, strict=True))


class PartitionedVariable:
    """A variable in parts along one axis: a list of variables that converts to the tensor of all.

    Args:
      name: of the whole.
      shape, dtype: of the whole.
      variable_list: the parts.
      partitions: how many parts there are along each axis.

    Raises:
      TypeError: the parts are not variables; ValueError: their number isn't what `partitions` says.
    """

    def __init__(self, name, shape, dtype, variable_list, partitions):
        need(isinstance(variable_list, (list, tuple)), f"variable_list is not a list or tuple: {variable_list}", kind=TypeError)
        need(isinstance(partitions, (list, tuple)), f"partitions is not a list or tuple: {partitions}", kind=TypeError)
        need(all(p >= 1 for p in partitions), f"partition values must be positive: {partitions}")
        need(variable_list, "variable_list may not be empty")
        self._name, self._shape, self._dtype = name, TensorShape(shape), dtype
        self._variable_list, self._partitions = sorted(variable_list, key=lambda v: v._save_slice_info.var_offset), partitions

    def __iter__(self):
        return iter(self._variable_list)

    def __len__(self):
        axes = self._partition_axes()
        need(len(axes) <= 1, f"Cannot get a length for {len(axes)} > 1 partition axes")
        return len(self._variable_list)

    def __repr__(self):
        return f"PartitionedVariable({self._name!r}, shape={self._shape}, parts={len(self._variable_list)})"

    name = property(lambda self: self._name, doc="The name of the whole.")
    dtype = property(lambda self: self._dtype, doc="The dtype of the whole.")
    shape = property(lambda self: self._shape, doc="The shape of the whole.")

    def get_shape(self):
        """The shape of the whole."""
        return self._shape

    def _get_variable_list(self):
        return self._variable_list

    def _get_partitions(self):
        return self._partitions

    def _partition_axes(self):
        if all(p == 1 for p in self._partitions):
            return [0]
        return [k for k, p in enumerate(self._partitions) if p > 1]

    def _axis(self):
        axes = self._partition_axes()
        if len(axes) > 1:
            raise NotImplementedError(
                f"Cannot concatenate along more than one dimension: {axes}.  Multi-axis partition concat is not supported"
            )
        return axes[0]

    def as_tensor(self):
        """The parts as one tensor."""
        with name_scope(None):
            if len(self._variable_list) == 1:
                return identity(self._variable_list[0], name=self._name)
            axis = self._axis()
            with name_scope(self._name + "/ConcatPartitions/"):
                whole = concat(self._variable_list, axis)
            with name_scope(None):
                return identity(whole, name=self._name)

    def _each(self, way, value, use_locking, name, read_value):
        """What `way` gives for each part, with its part of a value."""
        axis = self._axis()
        if isinstance(value, (list, PartitionedVariable)):
            values = list(value)
        else:
            values = split(value, [v.shape.as_list()[axis] for v in self._variable_list], axis=axis)
        made = [
            getattr(v, way)(one, use_locking=use_locking, name=name, read_value=read_value)
            for v, one in zip(self._variable_list, values, strict=True)
        ]
        return made if read_value else [getattr(m, "op", m) for m in made]

    def assign(self, value, use_locking=False, name=None, read_value=True):
        """Gives the parts new values: from a tensor of the whole, a list, or another partitioned variable."""
        return self._each("assign", value, use_locking, name, read_value)

    def assign_add(self, value, use_locking=False, name=None, read_value=True):
        """Adds to the parts; the arguments are those of `assign`."""
        return self._each("assign_add", value, use_locking, name, read_value)

    def assign_sub(self, value, use_locking=False, name=None, read_value=True):
        """Takes from the parts; the arguments are those of `assign`."""
        return self._each("assign_sub", value, use_locking, name, read_value)


def _to_tensor(value, dtype=None, name=None, as_ref=False):
    need(not as_ref, f"PartitionedVariable doesn't support being used as a reference: {value.name}", kind=NotImplementedError)
    if dtype is not None and not dtype.is_compatible_with(value.dtype):
        raise ValueError(
            f"Incompatible type conversion requested to type '{dtype.name}' for variable of type '{value.dtype.name}'"
        )
    return value.as_tensor()


register(PartitionedVariable, _to_tensor)


def _overload(name):
    def forward(self, *others):
        return getattr(Tensor, name)(self.as_tensor(), *others)

    forward.__name__ = name
    return forward


for _name in OPERATORS:
    for _side in ("", "r"):
        setattr(PartitionedVariable, f"__{_side}{_name}__", _overload(f"__{_side}{_name}__"))


def _ranges(sizes, axis, parts):
    """(offset, sizes) of each part; the first ones have one more where it doesn't divide."""
    least, more = divmod(sizes[axis], parts)
    begin = 0
    for k in range(parts):
        n = least + (k < more)
        yield [begin if j == axis else 0 for j in range(len(sizes))], [n if j == axis else s for j, s in enumerate(sizes)]
        begin += n


def _parts_of(partitioner, shape, dtype):
    """What a partitioner says, checked."""
    need(shape.is_fully_defined(), f"Shape of a new partitioned variable must be fully defined, but instead was {shape}.")
    need(shape.ndims >= 1, f"A partitioned Variable must have rank at least 1, shape: {shape}")
    parts = partitioner(shape=shape, dtype=dtype)
    need(isinstance(parts, (list, tuple)), f"Partitioner must return a sequence, but saw: {parts}")
    need(
        len(parts) == shape.ndims,
        f"Partitioner returned a partition list that does not match the Variable's rank: {parts} vs. {shape}",
    )
    need(all(p >= 1 for p in parts), f"Partitioner returned zero partitions for some axes: {parts}")
    need(sum(p > 1 for p in parts) <= 1, f"Can only slice a variable along one dimension: shape: {shape}, partitioning: {parts}")
    return parts


def get_partitioned(store, make, name, shape, dtype, initializer, reuse, partitioner):
    """The partitioned variable of a full name: shared or made.

    Args:
      store: the graph's variables.
      make: (name, shape, dtype, initializer, partition_info) -> a part.
      name, shape, dtype, initializer: of the whole.
      reuse: whether it is to be there already.
      partitioner: (shape, dtype) -> how many parts along each axis.

    Raises:
      ValueError: it exists and is not to be shared, or the other way; the parts are not those that were made.
    """
    given = initializer is not None and not callable(initializer)
    if given:
        initializer = initializer if isinstance(initializer, Tensor) else convert_to_tensor(initializer, dtype)
        shape = TensorShape(shape).merge_with(initializer.get_shape())
        dtype = initializer.dtype.base_dtype
    shape = TensorShape(shape)
    if name in store._partitioned:
        return _shared(store._partitioned[name], name, shape, dtype, reuse)
    need(
        reuse is not True,
        f"PartitionedVariable {name} does not exist, or was not created with tf.get_variable(). Did you mean to set reuse=False or "
        "reuse=tf.AUTO_REUSE in VarScope?",
    )
    partitions = _parts_of(partitioner, shape, dtype)
    axis = next((k for k, p in enumerate(partitions) if p > 1), 0)
    _same_number(store, name, partitions[axis])
    made = []
    sizes = shape.as_list()
    for k, (begin, size) in enumerate(_ranges(sizes, axis, partitions[axis])):
        full = f"{name}/part_{k}"
        start, part_shape = initializer, size
        if given:
            with name_scope(full + "/PartitionedInitializer"):
                start, part_shape = slice_(initializer, begin, size), None
        with name_scope(None):
            part = make(full, part_shape, dtype, start, PartitionInfo(sizes, begin))
        part._set_save_slice_info(SaveSliceInfo(name, sizes, begin, size))
        made.append(part)
    whole = store._partitioned[name] = PartitionedVariable(name, shape, dtype, made, partitions)
    return whole


def _shared(found, name, shape, dtype, reuse):
    need(
        reuse not in (False, None),
        f"Partitioned variable with name {name} already exists. Did you mean to set reuse=True or reuse=tf.AUTO_REUSE in VarScope?",
    )
    need(
        shape.is_compatible_with(found.get_shape()),
        f"Trying to reuse partitioned variable {name}, but specified shape {shape} and found shape {found.get_shape()}.",
    )
    need(
        dtype.is_compatible_with(found.dtype),
        f"Trying to reuse partitioned variable {name}, but specified dtype {dtype.name} and found dtype {found.dtype.name}.",
    )
    return found


def _same_number(store, name, parts):
    """Refuses another number of parts than the variable of the name has."""
    if f"{name}/part_0" not in store._vars:
        return
    words = (
        "Partitioner returned a different partitioning than what was already found.  Partitioner returned "
        f"{parts} shards, and shard {name}/part_0 was found, but "
    )
    need(f"{name}/part_{parts - 1}" in store._vars, words + f"{name}/part_{parts - 1} was not.")
    need(f"{name}/part_{parts}" not in store._vars, words + f"so was the extra shard {name}/part_{parts}.")
