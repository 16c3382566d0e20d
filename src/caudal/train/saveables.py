"""What a saver saves: tensors under names, and how each is given back its value.

The names (`SaveSpec`, `SaveableObject`) are TF's: programs and contrib make saveables of their own.
"""

from ..build.partitioned import PartitionedVariable
from ..build.variables import ResourceVariable, Variable
from ..graph.convert import convert
from ..graph.devices import DeviceSpec
from ..graph.graph import GraphKeys, Tensor, default_graph
from ..graph.scopes import device
from ..ground import nest
from ..ground.errors import need
from ..ops import state
from ..ops.basic import identity
from ..ops.shape import reshape

__all__ = ["SaveSpec", "SaveableObject", "all_saveables", "by_name", "saveables"]

_REFS = ("Variable", "VariableV2", "AutoReloadVariable")
_VARIABLES = (*_REFS, "VarHandleOp", "ReadVariableOp")


class SaveSpec:
    """One tensor to save.

    Args:
      tensor: the tensor, or a function that makes it.
      slice_spec: the part of a whole that it is, "" for a whole.
      name: its name in the checkpoint.
      dtype: its dtype, where `tensor` is a function.
      device: its device, where `tensor` is a function.
    """

    def __init__(self, tensor, slice_spec, name, dtype=None, device=None):
        self._tensor, self.slice_spec, self.name = tensor, slice_spec, name
        made = callable(tensor)
        if made and (dtype is None or device is None):
            raise AssertionError("When passing a callable `tensor` to a SaveSpec, an explicit dtype and device must be provided.")
        self.dtype = dtype if made else tensor.dtype
        self.device = tensor.device if device is None else device

    @property
    def tensor(self):
        """The tensor."""
        return self._tensor() if callable(self._tensor) else self._tensor


class SaveableObject:
    """Something that is saved as one or several tensors.

    Args:
      op: what it is of.
      specs: a list of `SaveSpec`s.
      name: its name.
    """

    def __init__(self, op, specs, name):
        self.op, self.specs, self.name = op, specs, name

    @property
    def device(self):
        """The device of its tensors."""
        return self.specs[0].device

    def restore(self, restored_tensors, restored_shapes):
        """The op that gives it its values back.

        Args:
          restored_tensors: one for each spec.
          restored_shapes: shapes to bring them into, or None.
        """
        raise ValueError("Calling an abstract method.")


def _shaped(tensors, shapes):
    return tensors[0] if shapes is None else reshape(tensors[0], shapes[0])


class ReferenceVariableSaveable(SaveableObject):
    """A reference variable, or a part of one."""

    def __init__(self, var, slice_spec, name):
        super().__init__(var, [SaveSpec(var, slice_spec, name, dtype=var.dtype)], name)

    def restore(self, restored_tensors, restored_shapes):
        """The Assign."""
        value = _shaped(restored_tensors, restored_shapes)
        validate = restored_shapes is None and self.op.get_shape().is_fully_defined()
        return state.assign(self.op, value, validate_shape=validate)


class ResourceVariableSaveable(SaveableObject):
    """A resource variable: the tensor that reads it, or (for a part) the variable."""

    def __init__(self, var, slice_spec, name):
        self._device, self._shape = var.device, var.shape
        if isinstance(var, Tensor):
            self.handle_op, tensor = var.op.inputs[0], var
        else:
            self.handle_op, tensor = var.handle, lambda: _copy(var)
        super().__init__(var, [SaveSpec(tensor, slice_spec, name, dtype=var.dtype, device=var.device)], name)

    def restore(self, restored_tensors, restored_shapes):
        """The assignment."""
        value = _shaped(restored_tensors, restored_shapes)
        with device(self._device):
            value = identity(value)
            self._shape.assert_is_compatible_with(value.get_shape())
            return state.assign_resource_node(self.handle_op, value)


def _copy(variable):
    with device(variable.device):
        value = variable.read_value()
        with device("/device:CPU:0"):
            return identity(value)


def set_cpu0(name):
    """A device string with its device replaced by the first CPU."""
    return DeviceSpec.from_string(name).replace(device_type="CPU", device_index=0).to_string()


def all_saveables(scope=None):
    """All that a saver without a list saves: global variables, and what SAVEABLE_OBJECTS holds."""
    graph = default_graph()
    return graph.get_collection(GraphKeys.GLOBAL_VARIABLES, scope) + graph.get_collection(GraphKeys.SAVEABLE_OBJECTS, scope)


def by_name(op_list):
    """A list of variables and saveables as a dict from name to these; parts of one variable are a list.

    Raises:
      TypeError: no list, or what is no variable; ValueError: a name that comes twice.
    """
    need(
        isinstance(op_list, (list, tuple, set)),
        f"Variables to save should be passed in a dict or a list: {op_list}",
        kind=TypeError,
    )
    found = {}
    for var in sorted(nest.flatten(list(op_list)), key=lambda x: x.name):
        if isinstance(var, SaveableObject):
            found[var.name] = var
        elif isinstance(var, PartitionedVariable):
            _once(found, var.name, var)
        elif isinstance(var, Variable) and var._save_slice_info:
            _part(found, var)
        else:
            tensor = _tensor_of(var)
            need(_is_variable(tensor), f"Variable to save is not a Variable: {tensor}", kind=TypeError)
            op = tensor.op.inputs[0].op if tensor.op.type == "ReadVariableOp" else tensor.op
            _once(found, op.name, tensor)
    return found


def _once(found, name, value):
    need(name not in found, f"At least two variables have the same name: {name}")
    found[name] = value


def _part(found, var):
    name = var._save_slice_info.full_name
    parts = found.setdefault(name, [])
    need(isinstance(parts, list), f"Mixing slices and non-slices with the same name: {name}")
    parts.append(var)


def _tensor_of(var):
    return var._graph_element if isinstance(var, ResourceVariable) else convert(var, as_ref=True)


def _is_variable(tensor):
    return isinstance(tensor, Tensor) and tensor.op.type in _VARIABLES


def saveables(names_to_saveables):
    """The `SaveableObject`s of a dict, in order of names.

    Raises:
      TypeError: what is no variable; ValueError: one variable under two names.
    """
    out, seen = [], set()
    for name, op in sorted(names_to_saveables.items(), key=lambda item: item[0]):
        for one in _of(op, name):
            need(id(one.op) not in seen, f"The same saveable will be restored with two names: {one.name}")
            seen.add(id(one.op))
            out.append(one)
    return out


def _of(op, name):
    need(
        isinstance(name, str),
        f"names_to_saveables must be a dict mapping string names to trackable operations. Name is not a string: {name}",
        kind=TypeError,
    )
    if isinstance(op, SaveableObject):
        return [op]
    if isinstance(op, (list, tuple, PartitionedVariable)):
        return _parts(list(op), name)
    tensor = _tensor_of(op)
    need(
        _is_variable(tensor),
        f"names_to_saveables must be a dict mapping string names to Tensors/Variables. Not a variable: {tensor}",
        kind=TypeError,
    )
    return [(ReferenceVariableSaveable if tensor.op.type in _REFS else ResourceVariableSaveable)(tensor, "", name)]


def _parts(variables, name):
    whole = None
    out = []
    for one in variables:
        if isinstance(one, SaveableObject):
            out.append(one)
            continue
        need(isinstance(one, Variable), f"Slices must all be Variables: {one}")
        need(one._save_slice_info, f"Slices must all be slices: {one}")
        whole = whole or one._save_slice_info.full_name
        need(
            whole == one._save_slice_info.full_name,
            f"Slices must all be from the same tensor: {whole} != {one._save_slice_info.full_name}",
        )
        kind = ReferenceVariableSaveable if one.op.type in _REFS else ResourceVariableSaveable
        out.append(kind(one, one._save_slice_info.spec, name))
    return out
