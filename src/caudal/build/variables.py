"""Variable: a value that outlives a run, as reference (VariableV2) or resource (VarHandleOp)."""

import contextlib

from ..graph.convert import convert, convert_to_tensor, register
from ..graph.graph import GraphKeys, Tensor, default_graph, default_session
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import constant, export
from ..ground.errors import need
from ..ground.shapes import TensorShape, dims_of
from ..ops import state
from ..ops.basic import constant as basic_constant
from ..ops.basic import identity
from ..ops.control import group
from ..ops.elementwise import PLAIN
from ..ops.join import stack
from ..ops.operators import OPERATORS
from ..ops.shape import rank_internal
from ..ops.slicing import boolean_mask, getitem
from .cond import cond
from .initial_values import guarded

__all__ = ["RefVariable", "ResourceVariable", "Variable", "init_scope"]


@export("init_scope")
@contextlib.contextmanager
def init_scope():
    """Nodes made under it stand outside of control dependencies, conds and loops, in the scope in force."""
    graph = default_graph()
    with graph.control_dependencies(None):
        yield


class _Choice(type):
    """`Variable(...)` makes a RefVariable or a ResourceVariable, through the creators in force."""

    def __call__(cls, *args, **named):
        if cls is not Variable:
            return super().__call__(*args, **named)
        keys = (
            "initial_value trainable collections validate_shape caching_device name variable_def dtype expected_shape "
            "import_scope constraint use_resource synchronization aggregation shape"
        ).split()
        need(len(args) <= len(keys), f"Variable takes at most {len(keys)} arguments", kind=TypeError)
        named = dict(zip(keys, args, strict=False)) | named
        unknown = set(named) - set(keys)
        if unknown:
            raise TypeError(f"__init__() got an unexpected keyword argument {sorted(unknown)[0]!r}")

        def create(next_creator=None, **named):
            use_resource = named.pop("use_resource", None)
            use_resource = _settings["use_resource"] if use_resource is None else use_resource
            made = ResourceVariable if use_resource else RefVariable
            return type.__call__(made, **{k: v for k, v in named.items() if k in keys})

        for creator in default_graph()._variable_creator_stack:
            create = _wrapped(creator, create)
        full = dict.fromkeys(
            (
                "initial_value",
                "trainable",
                "collections",
                "caching_device",
                "name",
                "variable_def",
                "dtype",
                "import_scope",
                "constraint",
                "use_resource",
                "shape",
            )
        )
        return create(**(full | {"validate_shape": True} | named))


def _wrapped(creator, inner):
    return lambda **named: creator(inner, **named)


_settings = {"use_resource": False}


class Variable(metaclass=_Choice):
    """A value that a session keeps between runs. Creating one adds three nodes: itself, its Assign, its read.

    Args:
      initial_value: a tensor, or what converts to one, or a function without arguments that makes it.
      trainable: whether it goes into the collection TRAINABLE_VARIABLES.
      collections: names of collections; GLOBAL_VARIABLES by default.
      validate_shape: whether the shape has to be known, and stays.
      caching_device: where reads are kept.
      name: "Variable" by default.
      variable_def: a `VariableDef` to make it from instead.
      dtype: the dtype to convert to.
      expected_shape: unused.
      import_scope: prefix of the names in `variable_def`.
      constraint: a function of the value that optimizers apply after each update.
      use_resource: whether it is a resource variable.
      synchronization, aggregation: accepted.
      shape: its shape, if `initial_value` does not tell.

    Raises:
      ValueError: no initial value, or one of unknown shape.
    """

    def __init__(
        self,
        initial_value=None,
        trainable=None,
        collections=None,
        validate_shape=True,
        caching_device=None,
        name=None,
        variable_def=None,
        dtype=None,
        expected_shape=None,
        import_scope=None,
        constraint=None,
        use_resource=None,
        synchronization=None,
        aggregation=None,
        shape=None,
    ):
        trainable = True if trainable is None else trainable
        self._trainable, self._constraint = trainable, constraint
        self._synchronization, self._aggregation = synchronization, aggregation
        self._update_uid = None
        if variable_def is not None:
            need(not initial_value, "variable_def and initial_value are mutually exclusive.")
            self._from_proto(variable_def, import_scope)
            return
        need(initial_value is not None, "initial_value must be specified.", "give the value that the variable starts as")
        collections = [GraphKeys.GLOBAL_VARIABLES] if collections is None else collections
        need(
            isinstance(collections, (list, tuple, set)),
            f"collections argument to Variable constructor must be a list, tuple, or set. Got {collections} of type {type(collections)}",
        )
        need(constraint is None or callable(constraint), "The `constraint` argument must be a callable.")
        if trainable and GraphKeys.TRAINABLE_VARIABLES not in collections:
            collections = [*collections, GraphKeys.TRAINABLE_VARIABLES]
        with init_scope():
            self._graph = default_graph()
            kind = None if dtype is None else dtypes.as_dtype(dtype)
            self._build(initial_value, name, kind, validate_shape, caching_device, shape)
            self._graph.add_to_collections(collections, self)

    # --- what it is -------------------------------------------------------------------------------

    @property
    def name(self):
        """The name of its tensor, "W:0"."""
        return self._variable.name

    @property
    def _shared_name(self):
        return self.name[: self.name.index(":")]

    @property
    def op(self):
        """The op that keeps it."""
        return self._variable.op

    @property
    def graph(self):
        """The graph that it is of."""
        return self._variable.graph

    @property
    def device(self):
        """The device that it was asked to be on."""
        return self._variable.device

    @property
    def initializer(self):
        """The op that gives it its initial value."""
        return self._initializer_op

    @property
    def initial_value(self):
        """The tensor that it starts as."""
        return self._initial_value

    def initialized_value(self):
        """Its value if it has one by then, and its initial value otherwise: no order among initializers is needed."""
        with init_scope():
            return cond(state.is_variable_initialized(self), self.read_value, lambda: self.initial_value)

    @property
    def trainable(self):
        """Whether optimizers train it."""
        return self._trainable

    @property
    def constraint(self):
        """The function that optimizers apply after each update, or None."""
        return self._constraint

    @property
    def synchronization(self):
        """As it was given."""
        return self._synchronization

    @property
    def aggregation(self):
        """As it was given."""
        return self._aggregation

    @property
    def shape(self):
        """The static shape."""
        return self._variable.shape

    def get_shape(self):
        """The static shape."""
        return self.shape

    @property
    def _save_slice_info(self):
        return self.__dict__.get("_slice_info")

    def _set_save_slice_info(self, info):
        self.__dict__["_slice_info"] = info

    def _get_save_slice_info(self):
        return self._save_slice_info

    def set_shape(self, shape):
        """Tells what you know of the shape beyond what the graph does."""
        self._ref().set_shape(shape)
        self.value().set_shape(shape)

    # --- values -----------------------------------------------------------------------------------

    def eval(self, session=None):
        """The value in a session, the default one if None."""
        return self._as_graph_element().eval(session=session)

    def load(self, value, session=None):
        """Gives it a value without adding nodes.

        Raises:
          ValueError: there is no session.
        """
        session = _session(session)
        session.run(self.initializer, {self.initializer.inputs[1]: value})

    @staticmethod
    def from_proto(variable_def, import_scope=None):
        """The variable that a `VariableDef` describes, in the default graph."""
        kind = ResourceVariable if variable_def.is_resource else RefVariable
        return kind(variable_def=variable_def, import_scope=import_scope)

    def _from_proto(self, proto, import_scope):
        graph = self._graph = default_graph()
        prefix = import_scope + "/" if import_scope else ""
        find = lambda name: graph.as_graph_element(prefix + name)  # noqa: E731
        self._variable = find(proto.variable_name)
        self._initializer_op = find(proto.initializer_name)
        self._initial_value = find(proto.initial_value_name) if proto.initial_value_name else None
        self._snapshot = find(proto.snapshot_name) if proto.snapshot_name else None
        self._trainable = proto.trainable
        self._restore_extra()

    def _restore_extra(self):
        """What a kind of variable has beyond what a `VariableDef` names."""

    def __iter__(self):
        raise TypeError("'Variable' object is not iterable.")

    def __hash__(self):
        return id(self)

    def __eq__(self, other):
        return self is other

    def __getitem__(self, spec):
        return getitem(self.value(), spec, var=self)

    __array_priority__ = 100


constant(Variable, "Variable", "VariableV1")


def _session(session):
    session = session or default_session()
    need(
        session is not None,
        "Either session argument should be provided or default session should be established",
    )
    return session


class RefVariable(Variable):
    """A variable whose op gives a reference to the value itself: TF 1's default."""

    def _build(self, initial_value, name, dtype, validate_shape, caching_device, shape):
        from_function = callable(initial_value)
        with name_scope(name, "Variable", [] if from_function else [initial_value]) as scope:
            graph = default_graph()
            if from_function:
                with graph._attr_scope_block({"_class": [f"loc:@{scope[:-1]}".encode()]}):
                    with name_scope("Initializer"), graph.device(None):
                        self._initial_value = convert_to_tensor(initial_value(), dtype, "initial_value")
                        dims = self._initial_value.dims if validate_shape else None
                    self._variable = self._node(dims if shape is None else dims_of(shape), scope)
            else:
                self._initial_value = convert_to_tensor(initial_value, dtype, "initial_value")
                self._refuse_control_flow(scope)
                dims = self._initial_value.dims if validate_shape else None
                self._variable = self._node(dims if shape is None else dims_of(shape), scope)
            need(
                not validate_shape or self._initial_value.get_shape().is_fully_defined(),
                f"initial_value must have a shape specified: {self._initial_value}",
            )
            value = guarded(self._variable.op._name, self._initial_value)
            self._initializer_op = state.assign_node(
                self._variable, value, validate_shape=validate_shape, use_locking=True, name=None
            ).op
            self._read(graph, caching_device)

    def _refuse_control_flow(self, scope):
        need(
            self._initial_value.op._control_flow_context is None,
            f"Initializer for variable {scope} is from inside a control-flow construct, such as a "
            "loop or conditional. When creating a variable inside a loop or conditional, use a lambda as the initializer.",
        )

    def _node(self, dims, scope):
        return state.variable_node(shape=dims, dtype=self._initial_value.dtype.base_dtype, name=scope)

    def _read(self, graph, caching_device):
        if caching_device is not None:
            with graph.device(caching_device):
                self._snapshot = identity(self._variable, name="read")
        else:
            with graph.colocate_with(self._variable.op):
                self._snapshot = identity(self._variable, name="read")

    @property
    def dtype(self):
        """The dtype, as reference."""
        return self._variable.dtype

    def _ref(self):
        return self._variable

    def _as_graph_element(self):
        return self._variable

    def _AsTensor(self):
        return self._snapshot

    def value(self):
        """The tensor that reads it."""
        return self._snapshot

    def read_value(self):
        """A new tensor that reads it at its place among control dependencies."""
        return identity(self._variable, name="read")

    def is_initialized(self, name=None):
        """Whether it has a value, a bool scalar."""
        return state.is_variable_initialized(self, name)

    def assign(self, value, use_locking=False, name=None, read_value=True):
        """Gives it a new value; the tensor (or, without `read_value`, the op) that does so."""
        made = state.assign(self._variable, value, use_locking=use_locking, name=name)
        return made if read_value else made.op

    def assign_add(self, delta, use_locking=False, name=None, read_value=True):
        """Adds `delta` to it."""
        made = state.assign_add(self._variable, delta, use_locking=use_locking, name=name)
        return made if read_value else made.op

    def assign_sub(self, delta, use_locking=False, name=None, read_value=True):
        """Takes `delta` from it."""
        made = state.assign_sub(self._variable, delta, use_locking=use_locking, name=name)
        return made if read_value else made.op

    def count_up_to(self, limit):
        """Adds 1 to it, and gives what it was; OutOfRangeError once it is `limit`."""
        return state.count_up_to(self._variable, limit)

    def _strided_slice_assign(self, begin, end, strides, value, name, **masks):
        return state.sliced_assign_node(self._ref(), begin, end, strides, value, name=name, **masks)

    def __repr__(self):
        return f"<tf.Variable '{self.name}' shape={self.get_shape()} dtype={self.dtype.name}>"


def _scattered(kind, way):
    def call(self, sparse_delta, use_locking=False, name=None):
        need(type(sparse_delta).__name__ == "IndexedSlices", f"sparse_delta is not IndexedSlices: {sparse_delta}")
        return state.SCATTER[kind](self._variable, sparse_delta.indices, sparse_delta.values, use_locking=use_locking, name=name)

    call.__name__, call.__doc__ = f"scatter_{way}", f"{kind} of rows, given as IndexedSlices."
    return call


def _scattered_nd(kind, way):
    def call(self, indices, updates, name=None):
        return state.SCATTER_ND[kind](self._variable, indices, updates, use_locking=True, name=name)

    call.__name__, call.__doc__ = f"scatter_nd_{way}", f"{kind} of the parts that the rows of `indices` name."
    return call


for _kind in ("Sub", "Add", "Max", "Min", "Mul", "Div", "Update"):
    setattr(RefVariable, f"scatter_{_kind.lower()}", _scattered(_kind, _kind.lower()))
for _kind in ("Sub", "Add", "Update"):
    setattr(RefVariable, f"scatter_nd_{_kind.lower()}", _scattered_nd(_kind, _kind.lower()))


class ResourceVariable(Variable):
    """A variable behind a handle: each use reads it anew."""

    def _build(self, initial_value, name, dtype, validate_shape, caching_device, shape):
        from_function = callable(initial_value)
        graph = default_graph()
        with name_scope(name, "Variable", [] if from_function else [initial_value]) as scope:
            plain = scope[:-1]
            with graph._attr_scope_block({"_class": [f"loc:@{plain}".encode()]}):
                with name_scope("Initializer"), graph.device(None):
                    value = initial_value() if from_function else initial_value
                    value = self._initial_value = convert_to_tensor(value, dtype, "initial_value")
                dims = value.dims if shape is None else dims_of(shape)
                self._handle = self._variable = state.handle_node(
                    dtype=value.dtype.base_dtype, shape=dims, shared_name=plain, name=scope
                )
            self._handle._handle_data = (value.dtype.base_dtype, dims)
            RefVariable._refuse_control_flow(self, name)
            self._dtype = value.dtype.base_dtype
            with name_scope("IsInitialized"):
                self._is_initialized_op = state.is_set_node(self._handle)
            with name_scope("Assign") as at, graph.colocate_with(None, ignore_existing=True), graph.device(self._handle.device):
                self._initializer_op = state.assign_resource_node(self._handle, guarded(plain, value), name=at)
            with name_scope("Read"), graph.device(self._handle.device):
                self._snapshot = self._graph_element = self._read_op()
            self._cached = None
            if caching_device is not None:
                with graph.colocate_with(None, ignore_existing=True), graph.device(caching_device):
                    self._cached = identity(self._snapshot)

    def _restore_extra(self):
        self._handle = self._variable
        self._dtype = self._handle.op.attrs["dtype"]
        self._graph_element, self._cached = self._snapshot, None
        self._is_initialized_op = None

    def _read_op(self):
        return state.read_node(self._handle, dtype=self._dtype)

    @property
    def name(self):
        """The name of its handle's op with ":0"."""
        return self._handle.op._name + ":0"

    @property
    def dtype(self):
        """The dtype."""
        return self._dtype

    @property
    def shape(self):
        """The static shape."""
        return TensorShape(self._handle.op.attrs["shape"])

    @property
    def op(self):
        """The op of its handle."""
        return self._handle.op

    @property
    def handle(self):
        """The handle's tensor."""
        return self._handle

    @property
    def create(self):
        """The op that gives it its initial value."""
        return self._initializer_op

    def _ref(self):
        return self._handle

    def _as_graph_element(self):
        return self._graph_element

    def value(self):
        """A tensor that reads it."""
        if self._cached is not None:
            return self._cached
        with default_graph().colocate_with(None, ignore_existing=True):
            return self._read_op()

    def read_value(self):
        """A tensor that reads it at its place among control dependencies."""
        with name_scope("Read"):
            value = self._read_op()
        return identity(value)

    def is_initialized(self, name=None):
        """Whether it has a value, a bool scalar."""
        return state.is_set_node(self._handle, name=name)

    def sparse_read(self, indices, name=None):
        """The rows `indices` of it."""
        with name_scope("Gather" if name is None else name) as scope:
            value = state.resource_gather_node(self._handle, indices, dtype=self._dtype, name=scope)
        return identity(value)

    def _assigned(self, node, value, name, read_value):
        op = node(self._handle, convert_to_tensor(value, self._dtype), name=name)
        if not read_value:
            return op
        return _Unread(self, op)

    def assign(self, value, use_locking=None, name=None, read_value=True):
        """Gives it a new value; what reads it afterwards, or (without `read_value`) the op.

        Raises:
          ValueError: a value of another shape.
        """
        value = convert_to_tensor(value, self._dtype)
        self.shape.assert_is_compatible_with(value.get_shape())
        return self._assigned(state.assign_resource_node, value, name, read_value)

    def assign_add(self, delta, use_locking=None, name=None, read_value=True):
        """Adds `delta` to it."""
        return self._assigned(state.assign_add_resource_node, delta, name, read_value)

    def assign_sub(self, delta, use_locking=None, name=None, read_value=True):
        """Takes `delta` from it."""
        return self._assigned(state.assign_sub_resource_node, delta, name, read_value)

    def count_up_to(self, limit):
        """Adds 1 to it, and gives what it was; OutOfRangeError once it is `limit`."""
        return state.resource_count_node(self._handle, limit=limit, T=self._dtype)

    def _lazy_read(self, op):
        """What reads it once `op` has changed it."""
        return _Unread(self, op)

    def gather_nd(self, indices, name=None):
        """The parts of it that the rows of `indices` name."""
        with name_scope("GatherNd" if name is None else name) as scope:
            value = state.resource_gather_nd_node(self._handle, indices, dtype=self._dtype, name=scope)
        return identity(value)

    def _strided_slice_assign(self, begin, end, strides, value, name, **masks):
        value = convert_to_tensor(value, self._dtype)
        return _Unread(self, state.resource_sliced_assign_node(self._handle, begin, end, strides, value, name=name, **masks))

    def __repr__(self):
        return f"<tf.Variable '{self.name}' shape={self.get_shape()} dtype={self.dtype.name}>"


def _resource_scattered(kind, way):
    def call(self, sparse_delta, use_locking=False, name=None):
        need(type(sparse_delta).__name__ == "IndexedSlices", f"sparse_delta is not IndexedSlices: {sparse_delta}", kind=TypeError)
        op = state.RESOURCE_SCATTER[kind](
            self._handle, sparse_delta.indices, convert_to_tensor(sparse_delta.values, self._dtype), name=name
        )
        return _Unread(self, op)

    call.__name__, call.__doc__ = f"scatter_{way}", f"{kind} of rows, given as IndexedSlices."
    return call


for _kind in ("Sub", "Add", "Max", "Min", "Mul", "Div", "Update"):
    setattr(ResourceVariable, f"scatter_{_kind.lower()}", _resource_scattered(_kind, _kind.lower()))


def _resource_scattered_nd(kind, way):
    def call(self, indices, updates, name=None):
        return _Unread(
            self, state.RESOURCE_SCATTER_ND[kind](self._handle, indices, convert_to_tensor(updates, self._dtype), name=name)
        )

    call.__name__, call.__doc__ = f"scatter_nd_{way}", f"{kind} of the parts that the rows of `indices` name."
    return call


for _kind in ("Sub", "Add", "Update"):
    setattr(ResourceVariable, f"scatter_nd_{_kind.lower()}", _resource_scattered_nd(_kind, _kind.lower()))


class _Unread(ResourceVariable):
    """A resource variable after an assignment: whatever reads it waits for that."""

    def __init__(self, variable, op):
        self.__dict__.update(variable.__dict__)
        self._parent, self._parent_op = variable, op
        self._graph_element = self._read_op()

    @property
    def op(self):
        """The assignment."""
        return self._parent_op

    def _read_op(self):
        with default_graph().control_dependencies([self._parent_op]):
            return state.read_node(self._handle, dtype=self._dtype)

    def value(self):
        """A tensor that reads it after the assignment."""
        return self._read_op()

    def read_value(self):
        """A tensor that reads it after the assignment."""
        return self._read_op()


def _to_tensor(value, dtype=None, name=None, as_ref=False):
    if isinstance(value, ResourceVariable):
        if dtype is not None and not dtype.is_compatible_with(value.dtype):
            raise ValueError(
                f"Incompatible type conversion requested to type {dtype.name} for variable of type {value.dtype.name}"
            )
        return value.read_value().op.inputs[0] if as_ref else value.value()
    if dtype is not None and not dtype.is_compatible_with(value.dtype):
        raise ValueError(
            f"Incompatible type conversion requested to type '{dtype.name}' for variable of type '{value.dtype.name}'"
        )
    return value._ref() if as_ref else value.value()


register(Variable, _to_tensor)


def _overload(name):
    def forward(self, other):
        return getattr(Tensor, name)(self.value() if isinstance(self, ResourceVariable) else self._AsTensor(), other)

    forward.__name__ = name
    return forward


for _name in OPERATORS:
    for _side in ("", "r"):
        setattr(Variable, f"__{_side}{_name}__", _overload(f"__{_side}{_name}__"))
for _name in ("lt", "le", "gt", "ge", "neg", "abs", "invert"):
    if _name in ("neg", "abs", "invert"):
        setattr(Variable, f"__{_name}__", lambda self, _n=f"__{_name}__": getattr(Tensor, _n)(convert(self)))
    else:
        setattr(Variable, f"__{_name}__", _overload(f"__{_name}__"))


# --- collections of variables -----------------------------------------------------------------------


def _collection(public, key, what):
    def variables(scope=None):
        return default_graph().get_collection(key, scope)

    variables.__name__ = variables.__qualname__ = public
    variables.__doc__ = f"{what}, as a list; `scope` is a regular expression that their names match from the start."
    return export(public)(variables)


global_variables = _collection("global_variables", GraphKeys.GLOBAL_VARIABLES, "The global variables")
local_variables = _collection("local_variables", GraphKeys.LOCAL_VARIABLES, "The local variables")
model_variables = _collection("model_variables", GraphKeys.MODEL_VARIABLES, "The model's variables")
moving_average_variables = _collection(
    "moving_average_variables", GraphKeys.MOVING_AVERAGE_VARIABLES, "The variables that have a moving average"
)


@export("trainable_variables")
def trainable_variables(scope=None):
    """The variables that optimizers train, as a list; `scope` is a regular expression that names match."""
    return default_graph().get_collection(GraphKeys.TRAINABLE_VARIABLES, scope)


@export("all_variables")
def all_variables():
    """The older name of `global_variables`."""
    return global_variables()


@export("variables_initializer", "initializers.variables")
def variables_initializer(var_list, name="init"):
    """The op that gives each of `var_list` its initial value."""
    if var_list:
        return group(*[v.initializer for v in var_list], name=name)
    return group(name=name)


@export("initialize_variables")
def initialize_variables(var_list, name="init"):
    """The older name of `variables_initializer`."""
    return variables_initializer(var_list, name)


@export("global_variables_initializer", "initializers.global_variables")
def global_variables_initializer():
    """The op that gives all global variables their initial values."""
    return variables_initializer(global_variables())


@export("initialize_all_variables")
def initialize_all_variables():
    """The older name of `global_variables_initializer`."""
    return global_variables_initializer()


@export("local_variables_initializer", "initializers.local_variables")
def local_variables_initializer():
    """The op that gives all local variables their initial values."""
    return variables_initializer(local_variables())


@export("initialize_local_variables")
def initialize_local_variables():
    """The older name of `local_variables_initializer`."""
    return local_variables_initializer()


@export("tables_initializer", "initializers.tables_initializer")
def tables_initializer(name="init_all_tables"):
    """The op that fills all tables."""
    tables = default_graph().get_collection(GraphKeys.TABLE_INITIALIZERS)
    return group(*tables, name=name)


@export("initialize_all_tables")
def initialize_all_tables(name="init_all_tables"):
    """The older name of `tables_initializer`."""
    return tables_initializer(name)


@export("report_uninitialized_variables")
def report_uninitialized_variables(var_list=None, name="report_uninitialized_variables"):
    """The names of the variables that have no value yet, a string vector; of all global and local ones by default."""
    if var_list is None:
        var_list = [*global_variables(), *local_variables()] or [
            op.outputs[0]
            for op in default_graph().get_operations()
            if op.type in ("Variable", "VariableV2", "AutoReloadVariable")
        ]
    with name_scope(name):
        have = [state.is_variable_initialized(v) for v in var_list]
        if not have:
            return basic_constant([], dtype=dtypes.string)
        missing = PLAIN["LogicalNot"](stack(have))
        return boolean_mask(basic_constant([v.op.name for v in var_list]), missing)


@export("assert_variables_initialized")
def assert_variables_initialized(var_list=None):
    """The ranks of variables: fetching them fails where one has no value. `report_uninitialized_variables` is the newer way."""
    var_list = [*global_variables(), *local_variables()] if var_list is None else var_list
    if not var_list:
        var_list = [
            op.outputs[0]
            for op in default_graph().get_operations()
            if op.type in ("Variable", "VariableV2", "AutoReloadVariable")
        ]
    if not var_list:
        return None
    ranks = []
    for v in var_list:
        with default_graph().colocate_with(v.op):
            ranks.append(rank_internal(v, optimize=False))
    return ranks[0] if len(ranks) == 1 else stack(ranks)


@export("enable_resource_variables")
def enable_resource_variables():
    """Makes resource variables the default from now on."""
    _settings["use_resource"] = True


@export("disable_resource_variables")
def disable_resource_variables():
    """Makes reference variables the default from now on."""
    _settings["use_resource"] = False


@export("resource_variables_enabled")
def resource_variables_enabled():
    """Whether resource variables are the default."""
    return _settings["use_resource"]


@export("variable_creator_scope", "compat.v1.variable_creator_scope")
@contextlib.contextmanager
def variable_creator_scope(variable_creator):
    """Variables made under it are made by `variable_creator(next_creator, **arguments)`."""
    graph = default_graph()
    before = graph._variable_creator_stack
    graph._variable_creator_stack = [*before, variable_creator]
    try:
        yield
    finally:
        graph._variable_creator_stack = before
