"""Ops that no row holds, and why; ops whose slopes have no slope in TF."""

import re

_GROUPS = {  # reason: op types, as regular expressions
    "its bits are held, run by run, to what 1.15.5 drew (tests/tf115/cases/random.py)": r"""
        RandomUniform RandomUniformInt RandomStandardNormal TruncatedNormal Multinomial RandomShuffle RandomGamma(Grad)?
        RandomPoissonV2 Stateless\w+ \w+CandidateSampler SampleDistortedBoundingBoxV2 Fractional(Avg|Max)Pool(Grad)?""",
    "control flow: it means nothing alone; loops and branches are held whole (tests/tf115/cases/flow.py, loops.py)": r"""
        Stack(|Push|Pop|Close)V2 TensorArray\w*V3 NoOp Assert PartitionedCall Stateful\w+Call Symbolic\w+ RemoteCall
        (Stateless)?(If|While|Case)""",
    "every row is built of it": "Const Placeholder Variable VariableV2 VarHandleOp TemporaryVariable DestroyTemporaryVariable",
    "an object that lives between runs, held by programs of several runs (tests/tf115/cases/queues.py, data.py)": r"""
        \w*Accumulator\w* \w*Queue(V2)? Queue\w+ \w*HashTable\w* InitializeTable\w* LookupTable\w+ Stage\w* Unstage
        \w+SparseToTensorsMap TakeManySparseFromTensorsMap \w*Dataset\w* \w*Iterator\w* OptionalFromValue Optional\w+
        \w*Barrier\w* (Ordered)?Map(Stage|Unstage|Peek|Size|Clear|Incomplete)\w*""",
    "it reads or writes files, which programs with files hold (tests/tf115/cases/data.py, savers.py)": r"""
        \w+Reader(V2)? Reader\w+ MatchingFiles ReadFile WriteFile Save SaveSlices SaveV2 Restore RestoreSlice RestoreV2
        MergeV2Checkpoints ShardedFilename ShardedFilespec""",
    "its results are messages or texts, held as 1.15.5 made them (tests/tf115/cases/strings.py, data.py, nn_image.py)": r"""
        \w+Summary(V2)? \w*(Jpeg|Bmp|Gif|Png)\w* DecodeCSV DecodeCompressed DecodeJSONExample DecodePaddedRaw Parse\w*Example
        ParseTensor SerializeTensor Serialize\w*Sparse Deserialize\w*Sparse StringFormat Fingerprint StringToHashBucket\w*
        StringSplitV2 SparseCross CTCBeamSearchDecoder StringNGrams Unicode\w+ RaggedTensorToTensor""",
    "it calls Python, prints, or tells the time": "PyFunc PyFuncStateless EagerPyFunc Print PrintV2 Timestamp",
    "it draws on pictures, held to what 1.15.5 drew (tests/tf115/cases/nn_image.py)": r"DrawBoundingBoxes(V2)?",
}
_PATTERNS = [(re.compile("|".join(f"(?:{p})" for p in names.split())), why) for why, names in _GROUPS.items()]


def reason(op):
    """Why an op type has no row, or None."""
    return next((why for pattern, why in _PATTERNS if pattern.fullmatch(op)), None)


NO_SECOND = {
    "Softsign": "SoftsignGrad has none",
    "MaxPoolWithArgmax": "MaxPoolGradWithArgmax has none",
    "SparseSoftmaxCrossEntropyWithLogits": "1.15 raises for the slope that its kernel has at hand",
    "ResizeNearestNeighbor": "ResizeNearestNeighborGrad has none",
    "SparseSegmentMean": "SparseSegmentMeanGrad has none",
    "SparseSegmentMeanWithNumSegments": "SparseSegmentMeanGrad has none",
    "SparseSegmentSqrtN": "SparseSegmentSqrtNGrad has none",
    "SparseSegmentSqrtNWithNumSegments": "SparseSegmentSqrtNGrad has none",
    "SparseSlice": "SparseSliceGrad has none",
    "Dilation2D": "its slopes have none",
    "Igamma": "IgammaGradA has none",
    "Igammac": "IgammaGradA has none",
}
