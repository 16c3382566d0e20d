"""warm_start: variables that start as an earlier model's."""

from ..build.variables import Variable
from ..graph.graph import GraphKeys, default_graph
from ..ground.api import export
from ..ground.errors import need
from ..platform.logging import info
from .checkpoint_utils import init_from_checkpoint

__all__ = ["warm_start"]


@export("train.warm_start")
def warm_start(ckpt_to_initialize_from, vars_to_warm_start=".*", var_name_to_vocab_info=None, var_name_to_prev_var_name=None):
    """Lets variables start as what a checkpoint holds under their names, or under others.

    Args:
      ckpt_to_initialize_from: the checkpoint's path, or its folder.
      vars_to_warm_start: a regular expression that the names of trainable variables match; or a list of such for all
        variables; or a list of variables; or None for no variable.
      var_name_to_vocab_info: not made: rows that move with a vocabulary.
      var_name_to_prev_var_name: a dict from a variable's name to its name in the checkpoint.

    Raises:
      ValueError: a name that no variable has, or a list of several kinds; NotFoundError: there is no such checkpoint.
      NotImplementedError: `var_name_to_vocab_info` is given.
    """
    info("Warm-starting from: %s", ckpt_to_initialize_from)
    if var_name_to_vocab_info:
        raise NotImplementedError("tf.train.warm_start with var_name_to_vocab_info is not made in Caudal yet.")
    renamed = dict(var_name_to_prev_var_name or {})
    found = _grouped(vars_to_warm_start)
    unknown = set(renamed) - set(found)
    pending = {}
    for name, variables in found.items() if vars_to_warm_start else ():
        old = renamed.get(name) or name
        if old in pending:  # two variables from one tensor take two calls
            init_from_checkpoint(ckpt_to_initialize_from, pending)
            pending = {}
        pending[old] = variables[0] if len(variables) == 1 and not variables[0]._save_slice_info else variables
    if pending:
        init_from_checkpoint(ckpt_to_initialize_from, pending)
    need(
        not unknown,
        f"You provided the following variables in var_name_to_prev_var_name that were not used: {unknown}.  Perhaps you misspelled "
        f"them?  Here is the list of viable variable names: {found.keys()}",
    )


def _grouped(chosen):
    """Name -> the variable of that name, or its parts, in a list."""
    graph = default_graph()
    if chosen is None or isinstance(chosen, str):
        variables = graph.get_collection(GraphKeys.TRAINABLE_VARIABLES, scope=chosen)
    else:
        need(isinstance(chosen, list), f"`vars_to_warm_start must be a `list` or `str`.  Given type is {type(chosen)}")
        if all(isinstance(v, str) for v in chosen):
            variables = [v for scope in chosen for v in graph.get_collection(GraphKeys.GLOBAL_VARIABLES, scope=scope)]
        else:
            need(
                all(isinstance(v, Variable) for v in chosen),
                "If `vars_to_warm_start` is a list, it must be all `Variable` or all `str`.  Given types are "
                f"{[type(v) for v in chosen]}",
            )
            variables = chosen
    out = {}
    for v in variables:
        out.setdefault(v._save_slice_info.full_name if v._save_slice_info else v.op.name, []).append(v)
    return out
