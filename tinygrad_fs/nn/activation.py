"""Activations as modules: each applies the function of its name elementwise."""

from __future__ import annotations

from tinygrad_fs import ops
from tinygrad_fs.nn.module import Module
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["ReLU"]


class ReLU(Module):
    """max(x, 0), elementwise; the derivative at 0 is taken as 0.

    Parameters
    ----------
    inplace : bool, default False
        Taken for PyTorch's sake and shown in the repr. The input is left alone in any case.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.ReLU()(tg.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, x: TensorLike) -> Tensor:
        """Apply it to `x` of any shape."""
        return ops.relu(x)

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""
