"""Ops that no row holds, and why; ops whose slopes have no slope in TF."""

REASONS: dict[str, str] = {}
NO_SECOND = {
    "Softsign": "SoftsignGrad has none",
    "MaxPoolWithArgmax": "MaxPoolGradWithArgmax has none",
    "SparseSoftmaxCrossEntropyWithLogits": "1.15 raises for the slope that its kernel has at hand",
    "Igamma": "IgammaGradA has none",
    "Igammac": "IgammaGradA has none",
}
