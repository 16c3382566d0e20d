"""Ops that no row holds, and why; ops whose slopes have no slope in TF."""

REASONS: dict[str, str] = {}
NO_SECOND = {
    "Softsign": "SoftsignGrad has none",
    "Igamma": "IgammaGradA has none",
    "Igammac": "IgammaGradA has none",
}
