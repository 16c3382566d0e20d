"""get_variable and variable_scope: variables by name, made once and shared."""

import contextlib
import enum
import functools

from ..graph.convert import convert_to_tensor
from ..graph.graph import GraphKeys, default_graph, graph_of
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import constant, export
from ..ground.errors import need
from .synchronization import resolve
from .variable_store import VariableStore, get

__all__ = ["AUTO_REUSE", "get_variable", "get_variable_scope", "variable_scope", "variable_store"]


class _ReuseMode(enum.Enum):
    """How a scope shares: AUTO_REUSE makes what isn't there, and shares what is."""

    AUTO_REUSE = 1


AUTO_REUSE = constant(_ReuseMode.AUTO_REUSE, "AUTO_REUSE")


_KEY = ("variable store",)


def variable_store():
    """The default graph's `VariableStore`."""
    found = default_graph().get_collection_ref(_KEY)
    if not found:
        found.append(VariableStore(VariableScope(False)))
    return found[0]


@export("VariableScope")
class VariableScope:
    """What a `variable_scope` sets for the variables made under it.

    Args:
      reuse: True, False, None or AUTO_REUSE.
      name: the prefix of variables' names.
      initializer, regularizer, caching_device, partitioner, custom_getter: defaults.
      name_scope: the name scope that belongs to it.
      dtype: float32 by default.
      use_resource: whether variables are resources.
      constraint: a default constraint.
    """

    def __init__(
        self,
        reuse,
        name="",
        initializer=None,
        regularizer=None,
        caching_device=None,
        partitioner=None,
        custom_getter=None,
        name_scope="",
        dtype=dtypes.float32,
        use_resource=None,
        constraint=None,
    ):
        self._name, self._initializer, self._regularizer, self._reuse = name, initializer, regularizer, reuse
        self._caching_device, self._partitioner, self._custom_getter = caching_device, partitioner, custom_getter
        self._name_scope, self._dtype, self._use_resource, self._constraint = name_scope, dtype, use_resource, constraint

    name = property(lambda self: self._name, doc="The prefix of variables' names.")
    original_name_scope = property(lambda self: self._name_scope, doc="The name scope that belongs to it.")
    reuse = property(lambda self: self._reuse, doc="Whether variables are shared.")
    initializer = property(lambda self: self._initializer, doc="The default initializer.")
    regularizer = property(lambda self: self._regularizer, doc="The default regularizer.")
    caching_device = property(lambda self: self._caching_device, doc="The default caching device.")
    partitioner = property(lambda self: self._partitioner, doc="The default partitioner.")
    custom_getter = property(lambda self: self._custom_getter, doc="The custom getter.")
    dtype = property(lambda self: self._dtype, doc="The default dtype.")
    use_resource = property(lambda self: self._use_resource, doc="Whether variables are resources.")
    constraint = property(lambda self: self._constraint, doc="The default constraint.")

    def reuse_variables(self):
        """Shares variables from now on."""
        self._reuse = True

    def set_initializer(self, initializer):
        """Sets the default initializer."""
        self._initializer = initializer

    def set_dtype(self, dtype):
        """Sets the default dtype."""
        self._dtype = dtype

    def set_use_resource(self, use_resource):
        """Sets whether variables are resources."""
        self._use_resource = use_resource

    def set_regularizer(self, regularizer):
        """Sets the default regularizer."""
        self._regularizer = regularizer

    def set_caching_device(self, caching_device):
        """Sets the default caching device."""
        self._caching_device = caching_device

    def set_partitioner(self, partitioner):
        """Sets the default partitioner."""
        self._partitioner = partitioner

    def set_custom_getter(self, custom_getter):
        """Sets the custom getter."""
        self._custom_getter = custom_getter

    def get_collection(self, name):
        """Of a collection what is under this scope."""
        return default_graph().get_collection(name, self._name + "/" if self._name else "")

    def global_variables(self):
        """The global variables under this scope."""
        return self.get_collection(GraphKeys.GLOBAL_VARIABLES)

    def local_variables(self):
        """The local variables under this scope."""
        return self.get_collection(GraphKeys.LOCAL_VARIABLES)

    def trainable_variables(self):
        """The trainable variables under this scope."""
        return self.get_collection(GraphKeys.TRAINABLE_VARIABLES)

    def get_variable(
        self,
        var_store,
        name,
        shape=None,
        dtype=None,
        initializer=None,
        regularizer=None,
        reuse=None,
        trainable=None,
        collections=None,
        caching_device=None,
        partitioner=None,
        validate_shape=True,
        use_resource=None,
        custom_getter=None,
        constraint=None,
        synchronization=None,
        aggregation=None,
    ):
        """The variable `name` under this scope; the arguments are those of `tf.get_variable`."""
        regularizer = self._regularizer if regularizer is None else regularizer
        caching_device = self._caching_device if caching_device is None else caching_device
        partitioner = self._partitioner if partitioner is None else partitioner
        custom_getter = self._custom_getter if custom_getter is None else custom_getter
        reuse = self._reuse if reuse is None else reuse
        full = self.name + "/" + name if self.name else name
        with name_scope(None):
            if dtype is not None and initializer is not None and not callable(initializer):
                kind = convert_to_tensor(initializer).dtype.base_dtype  # 1.15 leaves the node
                need(
                    kind == dtypes.as_dtype(dtype).base_dtype,
                    f"Initializer type '{kind}' and explicit dtype '{dtypes.as_dtype(dtype)}' don't match.",
                )
            initializer = self._initializer if initializer is None else initializer
            constraint = self._constraint if constraint is None else constraint
            dtype = self._dtype if dtype is None else dtype
            use_resource = self._use_resource if use_resource is None else use_resource
            synchronization, aggregation, trainable = resolve(synchronization, aggregation, trainable, full)
            arguments = {
                "name": full,
                "shape": shape,
                "dtype": dtype,
                "initializer": initializer,
                "regularizer": regularizer,
                "reuse": reuse,
                "trainable": trainable,
                "collections": collections,
                "caching_device": caching_device,
                "partitioner": partitioner,
                "validate_shape": validate_shape,
                "use_resource": use_resource,
                "constraint": constraint,
                "synchronization": synchronization,
                "aggregation": aggregation,
            }
            if custom_getter is None:
                return get(var_store, **arguments)
            need(callable(custom_getter), f"Passed a custom_getter which is not callable: {custom_getter}")
            return custom_getter(getter=functools.partial(get, var_store), **arguments)


@export("get_variable_scope")
def get_variable_scope():
    """The `VariableScope` in force."""
    return variable_store().scope


_ARGUMENTS = """
    Args:
      name: its name under the scopes in force.
      shape: its shape.
      dtype: float32 by default.
      initializer: what it starts as: an initializer, a tensor, or a value; Glorot's uniform one for floats by default.
      regularizer: a function of the variable whose result goes into REGULARIZATION_LOSSES.
      trainable: whether optimizers train it.
      collections: GLOBAL_VARIABLES by default.
      caching_device, partitioner, validate_shape, use_resource, custom_getter, constraint, synchronization, aggregation: as
        `tf.Variable` and `tf.variable_scope` have them.

    Raises:
      ValueError: it exists already and is not to be shared, or the other way; its shape is not known.
"""


@export("get_variable", "compat.v1.get_variable")
def get_variable(
    name,
    shape=None,
    dtype=None,
    initializer=None,
    regularizer=None,
    trainable=None,
    collections=None,
    caching_device=None,
    partitioner=None,
    validate_shape=True,
    use_resource=None,
    custom_getter=None,
    constraint=None,
    synchronization=None,
    aggregation=None,
):
    """A variable by its name, made if it isn't there."""
    return get_variable_scope().get_variable(
        variable_store(),
        name,
        shape=shape,
        dtype=dtype,
        initializer=initializer,
        regularizer=regularizer,
        trainable=trainable,
        collections=collections,
        caching_device=caching_device,
        partitioner=partitioner,
        validate_shape=validate_shape,
        use_resource=use_resource,
        custom_getter=custom_getter,
        constraint=constraint,
        synchronization=synchronization,
        aggregation=aggregation,
    )


get_variable.__doc__ += _ARGUMENTS


@export("get_local_variable")
def get_local_variable(
    name,
    shape=None,
    dtype=None,
    initializer=None,
    regularizer=None,
    trainable=False,
    collections=None,
    caching_device=None,
    partitioner=None,
    validate_shape=True,
    use_resource=None,
    custom_getter=None,
    constraint=None,
    synchronization=None,
    aggregation=None,
):
    """`get_variable` for the collection LOCAL_VARIABLES, not trained."""
    collections = [*(collections or []), GraphKeys.LOCAL_VARIABLES]
    return get_variable(
        name,
        shape,
        dtype,
        initializer,
        regularizer,
        False,
        collections,
        caching_device,
        partitioner,
        validate_shape,
        use_resource,
        custom_getter,
        constraint,
        synchronization,
        aggregation,
    )


@export("no_regularizer")
def no_regularizer(_):
    """A regularizer that adds nothing, for use where a scope sets one."""
    return None


# --- variable_scope ---------------------------------------------------------------------------------


@contextlib.contextmanager
def _pure(
    name_or_scope,
    reuse=None,
    initializer=None,
    regularizer=None,
    caching_device=None,
    partitioner=None,
    custom_getter=None,
    old_name_scope=None,
    dtype=dtypes.float32,
    use_resource=None,
    constraint=None,
):
    """A variable scope without its name scope."""
    store = variable_store()
    old = store.scope
    if isinstance(name_or_scope, VariableScope):
        base, name = name_or_scope, name_or_scope.name
        scope_name = name_or_scope._name_scope if old_name_scope is None else old_name_scope
    else:
        base, name = old, old.name + "/" + name_or_scope if old.name else name_or_scope
        scope_name = old_name_scope or name_or_scope
    inherited = old if not isinstance(name_or_scope, VariableScope) else name_or_scope
    share = reuse or old.reuse if not isinstance(name_or_scope, VariableScope) else reuse or inherited.reuse
    made = VariableScope(
        share,
        name=name,
        initializer=inherited.initializer,
        regularizer=inherited.regularizer,
        caching_device=inherited.caching_device,
        partitioner=inherited.partitioner,
        dtype=inherited.dtype,
        custom_getter=inherited.custom_getter,
        name_scope=scope_name,
        use_resource=inherited.use_resource,
        constraint=inherited.constraint,
    )
    given = {
        "initializer": initializer,
        "regularizer": regularizer,
        "caching_device": caching_device,
        "partitioner": partitioner,
        "use_resource": use_resource,
        "constraint": constraint,
    }
    for key, value in given.items():
        if value is not None:
            setattr(made, "_" + key, value)
    if custom_getter is not None:
        made._custom_getter = _chained(custom_getter, base.custom_getter)
    if dtype is not None:
        made._dtype = dtype
    counts = dict(store.opened)
    store.open(name)
    store.scope = made
    try:
        yield made
    finally:
        store.close_below(name)
        if isinstance(name_or_scope, VariableScope):
            store.opened = counts
        store.scope = old


def _chained(getter, old):
    """A getter of an inner scope, which may call that of the outer one."""
    if old is None:
        return getter

    def wrapped(getter_below, *args, **named):
        return getter(functools.partial(old, getter_below), *args, **named)

    def call(getter=None, *args, **named):
        return wrapped(getter, *args, **named)

    return call


@export("variable_scope", "compat.v1.variable_scope")
class variable_scope:  # noqa: N801  # TF's name
    """A context manager: variables made under it by `get_variable` are named `<scope>/...` and share its settings.

    Args:
      name_or_scope: a name or a `VariableScope`.
      default_name: the name if the first is None, made unique.
      values: tensors whose graph is meant.
      initializer, regularizer, caching_device, partitioner, custom_getter, constraint: defaults for the variables.
      reuse: True or AUTO_REUSE to share; None to do as the scope around it.
      dtype: the default dtype.
      use_resource: whether variables are resources.
      auxiliary_name_scope: whether a name scope is opened with it.

    Raises:
      ValueError: no name, or `reuse` together with `default_name` alone; TypeError: a name of another kind.
    """

    def __init__(
        self,
        name_or_scope,
        default_name=None,
        values=None,
        initializer=None,
        regularizer=None,
        caching_device=None,
        partitioner=None,
        custom_getter=None,
        reuse=None,
        dtype=None,
        use_resource=None,
        constraint=None,
        auxiliary_name_scope=True,
    ):
        self._name_or_scope, self._default_name, self._values = name_or_scope, default_name, values
        self._settings = {
            "initializer": initializer,
            "regularizer": regularizer,
            "caching_device": caching_device,
            "partitioner": partitioner,
            "custom_getter": custom_getter,
            "dtype": dtype,
            "use_resource": use_resource,
            "constraint": constraint,
        }
        self._reuse = reuse
        need(
            default_name is not None or name_or_scope is not None,
            "If default_name is None then name_or_scope is required",
            kind=TypeError,
        )
        need(reuse in (None, True, False) or reuse is AUTO_REUSE, "The reuse parameter must be True or False or None.")
        need(
            isinstance(auxiliary_name_scope, bool),
            f"The auxiliary_name_scope must be `True` or `False`, while get {auxiliary_name_scope}",
            kind=TypeError,
        )
        self._reuse = None if reuse is False else reuse
        self._aux = auxiliary_name_scope

    def __enter__(self):
        self._stack = contextlib.ExitStack()
        try:
            return self._enter(self._stack)
        except BaseException:
            self._stack.close()
            raise

    def _enter(self, stack):
        graph = default_graph()
        if self._values:
            graph = graph_of(self._values)
        stack.enter_context(graph.as_default())
        given = self._name_or_scope
        if given is not None:
            if not isinstance(given, (str, VariableScope)):
                raise TypeError("VariableScope: name_or_scope must be a string or VariableScope.")
            name = given if isinstance(given, str) else given.name.split("/")[-1]
            scope = self._open_names(stack, name) if name or not self._aux else None  # the root's scope leaves names as they are
            old = scope if isinstance(given, str) else given.original_name_scope
            return stack.enter_context(_pure(given, reuse=self._reuse, old_name_scope=old, **self._settings))
        if self._reuse:
            raise ValueError("reuse=True cannot be used without a name_or_scope")
        scope = self._open_names(stack, self._default_name)
        unique = _unique(self._default_name)
        return stack.enter_context(_pure(unique, old_name_scope=scope, **self._settings))

    def _open_names(self, stack, name):
        """Opens the name scope, or names the one in force."""
        if self._aux:
            return stack.enter_context(name_scope(name))
        current = default_graph().get_name_scope()
        return current + "/" if current else ""

    def __exit__(self, *error):
        self._stack.__exit__(*error)


def _unique(prefix):
    """A name that no scope under the one in force has."""
    store = variable_store()
    current = store.scope
    name = current.name + "/" + prefix if current.name else prefix
    if store.count(name) == 0:
        return prefix
    k = 1
    while store.count(f"{name}_{k}") > 0:
        k += 1
    return f"{prefix}_{k}"


@export("variable_op_scope")
@contextlib.contextmanager
def variable_op_scope(
    values,
    name_or_scope,
    default_name=None,
    initializer=None,
    regularizer=None,
    caching_device=None,
    partitioner=None,
    custom_getter=None,
    reuse=None,
    dtype=None,
    use_resource=None,
    constraint=None,
):
    """The older spelling of `variable_scope`."""
    with variable_scope(
        name_or_scope,
        default_name,
        values,
        initializer,
        regularizer,
        caching_device,
        partitioner,
        custom_getter,
        reuse,
        dtype,
        use_resource,
        constraint,
    ) as scope:
        yield scope


@export("create_partitioned_variables")
def create_partitioned_variables(
    shape, slicing, initializer, dtype=None, trainable=True, collections=None, name=None, reuse=None
):
    """A list of variables that hold one in parts; `get_variable` with a partitioner is the newer way.

    Args:
      shape: of the whole.
      slicing: how many parts along each axis.
      initializer: of the whole, a tensor or an initializer.
      dtype: float32 by default.
      trainable, collections: as for `get_variable`.
      name: of the scope that the parts stand in.
      reuse: as for `variable_scope`.

    Raises:
      ValueError: `slicing` doesn't go with `shape`.
    """
    need(
        len(shape) == len(slicing),
        f"The 'shape' and 'slicing' of a new Variable must have the length: shape: {shape}, slicing: {slicing}",
    )
    need(len(shape) >= 1, f"A partitioned Variable must have rank at least 1: shape: {shape}")
    with variable_scope(name, "PartitionedVariable", reuse=reuse):
        made = get_variable(
            name="part",
            shape=shape,
            dtype=dtype,
            initializer=initializer,
            trainable=trainable,
            partitioner=lambda **_: slicing,
            collections=collections,
        )
    return list(made)
