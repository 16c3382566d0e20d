"""Which TensorFlow this behaves as: `tf.VERSION` and what stands beside it, as 1.15.5 tells of itself."""

from ..ground.api import constant

__all__ = ["VERSION"]

VERSION = "1.15.5"

constant(VERSION, "VERSION", "version.VERSION")
constant("v1.15.4-39-g3db52be", "GIT_VERSION", "version.GIT_VERSION")
constant("7.3.1 20180303", "COMPILER_VERSION", "version.COMPILER_VERSION")
constant(0, "CXX11_ABI_FLAG", "sysconfig.CXX11_ABI_FLAG")
constant(0, "MONOLITHIC_BUILD", "sysconfig.MONOLITHIC_BUILD")
constant(134, "GRAPH_DEF_VERSION", "version.GRAPH_DEF_VERSION")
constant(0, "GRAPH_DEF_VERSION_MIN_CONSUMER", "version.GRAPH_DEF_VERSION_MIN_CONSUMER")
constant(0, "GRAPH_DEF_VERSION_MIN_PRODUCER", "version.GRAPH_DEF_VERSION_MIN_PRODUCER")
