"""tf.linalg.LinearOperator: matrices known by what they do."""

from . import composed, identity, low_rank, matrices, structured  # noqa: F401
