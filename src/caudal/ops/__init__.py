"""The ops, a file a family, plain ones first: one import line each."""

from . import basic  # noqa: F401
