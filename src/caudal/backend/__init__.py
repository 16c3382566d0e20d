"""What computes: NumPy, XLA by JAX, and native kernels. JAX takes longer to import than all else, and is imported when something is traced."""

from ..ground.late import Late

compiled, repeats = Late(f"{__name__}.compiled"), Late(f"{__name__}.repeats")
