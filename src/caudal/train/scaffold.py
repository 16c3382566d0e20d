"""Scaffold: the pieces of a graph that training wants, found in its collections or made."""

from ..build.variables import (
    global_variables,
    global_variables_initializer,
    local_variables_initializer,
    report_uninitialized_variables,
    tables_initializer,
)
from ..graph.graph import GraphKeys, default_graph
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ops.basic import constant, no_op
from ..ops.control import group
from ..ops.join import concat
from ..platform import logging
from ..summary.functions import merge_all
from .saver import Saver

__all__ = ["Scaffold", "saver_or_default"]


def saver_or_default():
    """The saver of the graph's collection SAVERS; made if there is none.

    Raises:
      RuntimeError: there are several.
    """
    graph = default_graph()
    found = graph.get_collection(GraphKeys.SAVERS)
    need(
        len(found) <= 1,
        f"More than one item in collection {GraphKeys.SAVERS}. Please indicate which one to use by passing it to the constructor.",
        kind=RuntimeError,
    )
    if found:
        return found[0]
    saver = Saver(sharded=True, allow_empty=True)
    graph.add_to_collection(GraphKeys.SAVERS, saver)
    return saver


def _no_resources():
    """The names of resources that are not initialised: there are none beside variables and tables."""
    with name_scope("report_uninitialized_resources"):
        return constant([], dtype=dtypes.string)


def _default_init_op():
    start = default_graph().get_collection("saved_model_initializers")
    return group(global_variables_initializer(), no_op(name="init"), *start)


def _default_ready_op():
    return concat([report_uninitialized_variables(), _no_resources()], 0)


def _default_ready_for_local_init_op():
    return concat([report_uninitialized_variables(global_variables()), _no_resources()], 0)


@export("train.Scaffold")
class Scaffold:
    """What a `MonitoredSession` needs of a graph. What is not given is found in the graph's collections, or made.

    Args:
      init_op: what initialises variables.
      init_feed_dict: what is fed to it.
      init_fn: a function of scaffold and session, called after it.
      ready_op: a tensor of names of variables without a value.
      ready_for_local_init_op: the same for global variables.
      local_init_op: what initialises local variables and tables.
      summary_op: all summaries as one.
      saver: the `Saver`.
      copy_from_scaffold: another one, whose pieces stand where none is given.

    Raises:
      TypeError: copy_from_scaffold is none.
    """

    def __init__(
        self,
        init_op=None,
        init_feed_dict=None,
        init_fn=None,
        ready_op=None,
        ready_for_local_init_op=None,
        local_init_op=None,
        summary_op=None,
        saver=None,
        copy_from_scaffold=None,
    ):
        other = copy_from_scaffold
        need(other is None or isinstance(other, Scaffold), "copy_from_scaffold is not a Scaffold instance.", kind=TypeError)
        given = {
            "init_op": init_op,
            "ready_op": ready_op,
            "ready_for_local_init_op": ready_for_local_init_op,
            "local_init_op": local_init_op,
            "summary_op": summary_op,
            "saver": saver,
            "init_feed_dict": init_feed_dict,
            "user_init_fn": init_fn,
        }
        for name, value in given.items():
            setattr(self, "_" + name, value if value is not None or other is None else getattr(other, "_" + name))
        user = self._user_init_fn
        self._init_fn = (lambda sess: user(self, sess)) if user else None

    def finalize(self):
        """Finds or makes what is missing, and makes the graph final; itself."""
        made = {
            "init_op": (GraphKeys.INIT_OP, _default_init_op),
            "ready_op": (GraphKeys.READY_OP, _default_ready_op),
            "ready_for_local_init_op": (GraphKeys.READY_FOR_LOCAL_INIT_OP, _default_ready_for_local_init_op),
            "local_init_op": (GraphKeys.LOCAL_INIT_OP, Scaffold.default_local_init_op),
            "summary_op": (GraphKeys.SUMMARY_OP, merge_all),
        }
        for name, (key, make) in made.items():
            if getattr(self, "_" + name) is None:
                setattr(self, "_" + name, Scaffold.get_or_default(name, key, make))
        if self._saver is None:
            self._saver = saver_or_default()
        self._saver.build()
        default_graph().finalize()
        logging.info("Graph was finalized.")
        return self

    init_op = property(lambda self: self._init_op, doc="What initialises variables.")
    init_fn = property(lambda self: self._init_fn, doc="A function of the session, called after init_op; or None.")
    init_feed_dict = property(lambda self: self._init_feed_dict, doc="What is fed to init_op.")
    ready_op = property(lambda self: self._ready_op, doc="A tensor of names of variables without a value.")
    ready_for_local_init_op = property(
        lambda self: self._ready_for_local_init_op, doc="A tensor of names of global variables without a value."
    )
    local_init_op = property(lambda self: self._local_init_op, doc="What initialises local variables and tables.")
    summary_op = property(lambda self: self._summary_op, doc="All summaries as one, or None.")
    saver = property(lambda self: self._saver, doc="The `Saver`.")

    @staticmethod
    def get_or_default(arg_name, collection_key, default_constructor):
        """The one thing in a collection of the graph; what `default_constructor` makes, put there, if it is empty.

        Raises:
          RuntimeError: the collection holds several.
        """
        graph = default_graph()
        found = graph.get_collection(collection_key)
        if len(found) > 1:
            raise RuntimeError(
                'More than one item in the collection "%s". Please indicate which one to use by passing it to the tf.Scaffold '
                "constructor as:  tf.Scaffold(%s=item to use)",
                collection_key,
                arg_name,
            )
        if found:
            return found[0]
        op = default_constructor()
        if op is not None:
            graph.add_to_collection(collection_key, op)
        return op

    @staticmethod
    def default_local_init_op():
        """The op that initialises local variables and tables."""
        return group(local_variables_initializer(), tables_initializer(), no_op(name="init"))
