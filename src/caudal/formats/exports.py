"""The public names of messages."""

from ..ground.api import constant
from . import proto, tensor_proto  # noqa: F401  # the second exports its own
from .proto import example_pb2, summary_pb2

for _name in (
    "AttrValue ConfigProto GPUOptions GraphDef GraphOptions NodeDef NameAttrList OptimizerOptions RunMetadata RunOptions".split()
):
    constant(getattr(proto, _name), _name)

for _name in "BytesList Example Feature FeatureList FeatureLists Features FloatList Int64List SequenceExample".split():
    constant(getattr(example_pb2, _name), "train." + _name)

for _name in "Event HistogramProto LogMessage SessionLog Summary SummaryMetadata".split():
    constant(getattr(summary_pb2, _name), _name)

for _name in "Event SessionLog Summary SummaryDescription TaggedRunMetadata".split():
    constant(getattr(summary_pb2, _name), "summary." + _name)
