"""tf.contrib.distributions: the distributions of tf.distributions under their older names."""

from ...distributions import classes, tails  # noqa: F401  # they come first
from ...ground.api import PUBLIC, constant

__all__ = []

for _name, _what in list(PUBLIC.items()):
    if _name.startswith("distributions."):
        constant(_what, f"contrib.{_name}")
