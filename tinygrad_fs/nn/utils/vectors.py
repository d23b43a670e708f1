"""All parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

from tinygrad_fs import ops
from tinygrad_fs.tensor import Tensor

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """Join parameters to one vector, in their order. It is recorded: gradients flow to the parameters.

    Raises
    ------
    ValueError
        If there are none.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> net = tg.nn.Linear(2, 3)
    >>> tg.nn.utils.parameters_to_vector(net.parameters()).shape
    (9,)
    """
    parts = [ops.reshape(each, -1) for each in parameters]
    if not parts:
        raise ValueError("parameters_to_vector: there are no parameters")
    return ops.concatenate(parts)


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Let parameters take their values from a vector, in their order. Each gets a copy of its part.

    Raises
    ------
    ValueError
        If the vector has another size than the parameters have together; none is changed.
    TypeError
        If it is no Tensor.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> net = tg.nn.Linear(2, 1)
    >>> tg.nn.utils.vector_to_parameters(tg.tensor([1.0, 2.0, 3.0]), net.parameters())
    >>> net.weight.tolist(), net.bias.tolist()
    ([[1.0, 2.0]], [3.0])
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"vector_to_parameters: the vector is a Tensor, not a {type(vec).__name__}")
    targets = list(parameters)
    wanted = sum(target.size for target in targets)
    if vec.shape != (wanted,):
        raise ValueError(
            f"vector_to_parameters: the vector has shape {vec.shape}; the parameters have {wanted} elements, so it "
            f"must be ({wanted},)"
        )
    start = 0
    for target in targets:
        part = vec.data[start : start + target.size]
        target.data = part.reshape(target.shape).astype(target.dtype)
        start += target.size
