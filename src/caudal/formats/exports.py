"""The public names of messages."""

from ..ground.api import constant
from . import proto, tensor_proto  # noqa: F401  # the second exports its own

for _name in (
    "AttrValue ConfigProto GPUOptions GraphDef GraphOptions NodeDef NameAttrList OptimizerOptions RunMetadata RunOptions".split()
):
    constant(getattr(proto, _name), _name)
