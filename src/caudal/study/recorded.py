"""The figures of 2017, as they were recorded; tables show ours beside them."""

from .records import Recorded

__all__ = ["RECORDED", "SIZES"]

SIZES = (5000, 10000, 20000, 40000, 60000)
RECORDED = Recorded(
    accuracy={
        "lenet": dict(zip(SIZES, (97.82, 98.32, 98.80, 98.85, 98.82), strict=True)),
        "tfnet": dict(zip(SIZES, (98.92, 99.27, 99.27, 99.22, 99.36), strict=True)),
        "vishnet": dict(zip(SIZES, (99.16, 99.33, 99.45, 99.48, 99.51), strict=True)),
    },
    seconds={"lenet": 0.064, "tfnet": 0.59, "vishnet": 1.75},
    points={
        "lenet": {"l2": 4e-4},
        "tfnet": {"l2": 5e-5, "keep_prob": 0.75},
        "vishnet": {"l2": 3e-7, "keep_prob": 0.4},
    },
    trained={"lenet": 42, "tfnet": 25, "vishnet": 25},
    hours=360,
    hours_of={"vishnet": 262},
    epochs=50,
    repeats=4,
)
