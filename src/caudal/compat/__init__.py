"""The name `tensorflow` for a process that has no TensorFlow: `install()`, which `caudal run` calls."""

from .install import install

__all__ = ["install"]
