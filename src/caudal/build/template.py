"""make_template: a function that makes its variables at its first call, and shares them at every later one."""

import functools

from ..graph.graph import GraphKeys, default_graph
from ..ground import source
from ..ground.api import export
from ..ground.errors import need
from ..platform.logging import info
from .scopes import _pure, _unique, variable_scope

__all__ = ["Template", "make_template"]

_PERHAPS = "created when calling a template after the first time, perhaps you used tf.Variable when you meant tf.get_variable: %s"


@export("make_template")
def make_template(name_, func_, create_scope_now_=False, unique_name_=None, custom_getter_=None, **kwargs):
    """`func_` as a function whose variables are made once, by its first call, in a scope of its own.

    Args:
      name_: the scope's name, made unique.
      func_: what to call; its variables come from `get_variable`.
      create_scope_now_: whether the scope is the one in force now, not the one of the first call.
      unique_name_: the scope's name as it stands, instead of `name_`.
      custom_getter_: as `variable_scope` takes it.
      **kwargs: arguments for `func_`, from now on.

    Returns:
      A `Template`.

    Raises:
      ValueError: no name.
    """
    if kwargs:
        func_ = functools.partial(func_, **kwargs)
    return Template(name_, func_, create_scope_now_, unique_name_, custom_getter_)


class Template:
    """A function with variables of its own; arguments are `make_template`'s."""

    def __init__(self, name, func, create_scope_now=False, unique_name=None, custom_getter=None):
        need(name is not None, "name cannot be None.")
        self._name, self._func, self._unique_name, self._custom_getter = name, func, unique_name, custom_getter
        self._place = source.here()
        self._variables_created = False
        self._variable_scope = None
        if create_scope_now:
            with _pure(unique_name or _unique(name), custom_getter=custom_getter) as scope:
                self._variable_scope = scope

    def __call__(self, *args, **kwargs):
        """What the function returns, its variables made or shared."""
        if self._variable_scope is not None:
            with variable_scope(self._variable_scope, reuse=self._variables_created):
                return self._call(args, kwargs)
        with variable_scope(self._unique_name, self._name, custom_getter=self._custom_getter) as scope:
            self._variable_scope = scope
            return self._call(args, kwargs)

    def _call(self, args, kwargs):
        kept = {
            key: default_graph().get_collection_ref(key) for key in (GraphKeys.TRAINABLE_VARIABLES, GraphKeys.GLOBAL_VARIABLES)
        }
        before = {key: len(variables) for key, variables in kept.items()}
        try:
            result = self._func(*args, **kwargs)
            if self._variables_created:
                self._refuse_new(*(variables[before[key] :] for key, variables in kept.items()))
        except Exception as error:
            error.add_note(f"  The template '{self._name}' was made at {source.show(self._place)}")
            raise
        self._variables_created = True
        return result

    @staticmethod
    def _refuse_new(trainable, variables):
        """Later calls make no variables that are trained, and tell of any other."""
        need(
            not trainable,
            "Trainable variable " + _PERHAPS % (trainable,),
            fix="tf.get_variable shares what it made at the first call",
        )
        if variables:
            info("New variables " + _PERHAPS, variables)

    @property
    def name(self):
        """The name that it was given."""
        return self._name

    @property
    def func(self):
        """The function."""
        return self._func

    @property
    def variable_scope(self):
        """Its `VariableScope`; None before the first call."""
        return self._variable_scope

    var_scope = variable_scope

    @property
    def variable_scope_name(self):
        """The scope's name with a slash at its end; None before the first call."""
        if self._variable_scope is None:
            return None
        name = self._variable_scope.name
        return name if not name or name[-1] == "/" else name + "/"

    def _collected(self, key):
        return default_graph().get_collection(key, self.variable_scope_name) if self._variables_created else []

    @property
    def trainable_variables(self):
        """Its variables that optimizers train."""
        return self._collected(GraphKeys.TRAINABLE_VARIABLES)

    @property
    def global_variables(self):
        """Its variables that are saved."""
        return self._collected(GraphKeys.GLOBAL_VARIABLES)

    @property
    def local_variables(self):
        """Its variables that are not saved."""
        return self._collected(GraphKeys.LOCAL_VARIABLES)

    @property
    def variables(self):
        """All its variables."""
        return self.global_variables + self.local_variables

    @property
    def weights(self):
        """All its variables."""
        return self.variables

    trainable_weights = trainable_variables

    @property
    def non_trainable_variables(self):
        """Its variables that optimizers leave."""
        trained = self.trainable_variables
        return [v for v in self.variables if v not in trained]

    non_trainable_weights = non_trainable_variables
