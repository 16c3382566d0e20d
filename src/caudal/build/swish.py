"""The activation x sigmoid(x), with a slope that keeps only x."""

from ..graph.convert import convert_to_tensor
from ..graph.scopes import control_dependencies
from ..ground.api import export
from ..ops.elementwise import sigmoid
from .custom_gradient import custom_gradient

__all__ = ["swish"]


@export("nn.swish")
@custom_gradient
def swish(features):
    """x sigmoid(x).

    Args:
      features: a float tensor.

    Returns:
      A tensor of `features`' shape.

    Source: Ramachandran et al., "Searching for activation functions" (2017).
    """
    features = convert_to_tensor(features, name="features")

    def slopes(dy):
        with control_dependencies([dy]):
            s = sigmoid(features)
        return dy * (s * (1.0 + features * (1.0 - s)))

    return features * sigmoid(features), slopes
