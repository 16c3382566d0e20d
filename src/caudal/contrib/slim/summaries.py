"""slim.summaries: summaries under a tensor's own name."""

from ...build.counts import zero_fraction
from ...graph.graph import GraphKeys, default_graph
from ...ground.api import export
from ...ops.printing import Print
from ...summary import functions as summary

__all__ = ["add_histogram_summary", "add_image_summary", "add_scalar_summary", "add_zero_fraction_summary"]


def _export(function):
    return export("contrib.slim.summaries." + function.__name__)(function)


def _name(tensor, name=None, prefix=None, postfix=None):
    name = name or tensor.op.name
    if prefix:
        name = prefix + "/" + name
    return name + "/" + postfix if postfix else name


def _made(kind, tensor, name, print_summary):
    """A summary; one that is printed as well is not collected itself, its Print is."""
    op = kind(name, tensor, collections=[] if print_summary else None)
    if print_summary:
        op = Print(op, [tensor], name)
        default_graph().add_to_collection(GraphKeys.SUMMARIES, op)
    return op


@_export
def add_histogram_summary(tensor, name=None, prefix=None):
    """A histogram of `tensor`, under its name or another, behind a prefix."""
    return summary.histogram(_name(tensor, name, prefix), tensor)


@_export
def add_image_summary(tensor, name=None, prefix=None, print_summary=False):
    """The pictures of `tensor`; printed too, if asked."""
    return _made(summary.image, tensor, _name(tensor, name, prefix), print_summary)


@_export
def add_scalar_summary(tensor, name=None, prefix=None, print_summary=False):
    """The number `tensor`; printed too, if asked."""
    return _made(summary.scalar, tensor, _name(tensor, name, prefix), print_summary)


@_export
def add_zero_fraction_summary(tensor, name=None, prefix=None, print_summary=False):
    """Which part of `tensor` is 0; printed too, if asked."""
    name = _name(tensor, name, prefix, "Fraction of Zero Values")
    return add_scalar_summary(zero_fraction(tensor), name, print_summary=print_summary)


@_export
def add_histogram_summaries(tensors, prefix=None):
    """A histogram of each tensor."""
    return [add_histogram_summary(t, prefix=prefix) for t in tensors]


@_export
def add_image_summaries(tensors, prefix=None):
    """The pictures of each tensor."""
    return [add_image_summary(t, prefix=prefix) for t in tensors]


@_export
def add_scalar_summaries(tensors, prefix=None, print_summary=False):
    """Each number."""
    return [add_scalar_summary(t, prefix=prefix, print_summary=print_summary) for t in tensors]


@_export
def add_zero_fraction_summaries(tensors, prefix=None):
    """Which part of each tensor is 0."""
    return [add_zero_fraction_summary(t, prefix=prefix) for t in tensors]
