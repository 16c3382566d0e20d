"""The names and tags of summaries: a scope of its own for each, with what TensorBoard does not take replaced."""

import contextlib
import re

from ..graph.graph import default_graph
from ..graph.scopes import name_scope
from ..platform import logging

__all__ = ["clean_tag", "collect", "summary_scope"]

_ILLEGAL = re.compile(r"[^-/\w\.]")


def clean_tag(name):
    """`name` with what no node's name may hold as `_`, and no `/` before it."""
    if name is None:
        return None
    clean = _ILLEGAL.sub("_", name).lstrip("/")
    if clean != name:
        logging.info("Summary name %s is illegal; using %s instead.", name, clean)
    return clean


@contextlib.contextmanager
def summary_scope(name, family=None, default_name=None, values=None):
    """A context manager that gives (tag, scope) of a summary.

    Args:
      name: the user's.
      family: what is put before the tag, and before the name.
      default_name: the scope's, if there is no name.
      values: tensors of the graph.
    """
    name, family = clean_tag(name), clean_tag(family)
    with name_scope(name if family is None else f"{family}/{name}", default_name, values) as scope:
        tag = scope.rstrip("/")
        yield (tag if family is None else f"{family}/{tag}"), scope


def collect(value, collections, default):
    """Adds a summary to the collections given, or to the default ones."""
    for key in default if collections is None else collections:
        default_graph().add_to_collection(key, value)
