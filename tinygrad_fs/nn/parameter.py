"""Parameter: a Tensor that a module learns."""

from __future__ import annotations

from typing import Any

from tinygrad_fs.dtypes import DTypeLike
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["Parameter"]


class Parameter(Tensor):
    """A leaf Tensor that counts as a parameter of the module that it is assigned to.

    Parameters
    ----------
    data : array_like
        The values. A Tensor or an array shares its memory; of a Tensor with a history only the values are taken.
    requires_grad : bool, default True
        Whether gradients are to be computed for it.
    dtype : dtype, optional
        Cast to it.

    Raises
    ------
    TypeError
        If `requires_grad` is asked of integers or bools.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.Parameter([1.0, 2.0])
    Parameter containing:
    tensor([1., 2.], requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data: TensorLike, requires_grad: bool = True, dtype: DTypeLike | None = None) -> None:
        super().__init__(data.detach() if isinstance(data, Tensor) else data, requires_grad, dtype)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        """A parameter with a copy of the values. As in PyTorch, a copied model begins without gradients."""
        copied = super().__deepcopy__(memo)
        copied.grad = None
        return copied

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"
