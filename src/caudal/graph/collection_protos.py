"""How what lies in collections becomes messages in a MetaGraph, and comes back: one registration a collection."""

__all__ = ["PROTOS", "register_proto"]

PROTOS: dict[str, tuple] = {}  # collection -> (the message's type, `to(x, export_scope=...)`, `of(message, import_scope=...)`)


def register_proto(key, kind, to, of):
    """What lies in the collection `key` is written as messages of type `kind` by `to`, and read by `of`; either may be None."""
    PROTOS[key] = kind, to, of
