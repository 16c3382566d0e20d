"""Scopes put before names, and taken from them: what is exported from one scope is imported into another."""

import re

from ..ground.api import export

__all__ = ["prepend_scope", "strip_scope"]


@export("contrib.framework.prepend_name_scope")
def prepend_scope(name, import_scope):
    """`name` under a scope: 'a/b', '^b' and 'loc:@b' of 'b'; as it is for no scope.

    Args:
      name: of a node, a tensor, a control input or a colocation group.
      import_scope: the scope, or None.
    """
    if not import_scope:
        return name
    import_scope = import_scope.removesuffix("/")
    return re.sub(r"([\^]|loc:@|^)(.*)", r"\1" + import_scope.replace("\\", r"\\") + r"/\2", _text(name), count=1)


@export("contrib.framework.strip_name_scope")
def strip_scope(name, export_scope):
    """`name` without a scope: the other way of `prepend_scope`.

    Args:
      name: of a node, a tensor, a control input or a colocation group.
      export_scope: the scope, or None.
    """
    if not export_scope:
        return name
    export_scope = export_scope.removesuffix("/")
    return re.sub(r"([\^]|loc:@|^)" + re.escape(export_scope) + r"[\/]+(.*)", r"\1\2", _text(name), count=1)


def _text(name):
    return name.decode() if isinstance(name, bytes) else name
