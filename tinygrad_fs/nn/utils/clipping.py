"""Clipping of gradients, between `backward()` and the step of an optimizer."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygrad_fs.changes import mark_changed
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "get_total_norm"]


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> Tensor:
    """Scale all gradients by one factor so that their norm, as that of one vector, is at most `max_norm`; in place.

    Pascanu, Mikolov and Bengio 2013, "On the difficulty of training recurrent neural networks", section 3.2.

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
        Those without gradient are passed over.
    max_norm : float
    norm_type : float, default 2
        The p of the norm; inf is the largest absolute value, and -inf the smallest.
    error_if_nonfinite : bool, default False
        Whether a norm that is nan or inf is an error. Otherwise gradients become nan, as in PyTorch.

    Returns
    -------
    Tensor
        The norm before, 0-d. Squares are summed in float64, so that none overflows.

    Raises
    ------
    RuntimeError
        If the norm is not finite and that is an error. The gradients are as they were.
    ValueError
        If `norm_type` is 0, which would count entries.
    TypeError
        If `parameters` is nothing that holds Tensors, as a module is.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> w = tg.tensor([3.0, 4.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> tg.nn.utils.clip_grad_norm_(w, max_norm=1.0)
    tensor(10.)
    >>> w.grad.numpy().round(3)
    array([0.6, 0.8], dtype=float32)
    """
    gradients = _gradients("clip_grad_norm_", parameters)
    norm = _norm(gradients, float(norm_type))
    if error_if_nonfinite:
        _check_finite("clip_grad_norm_", norm)
    _scale(gradients, max_norm, norm)
    return _scalar(norm, gradients)


def get_total_norm(
    tensors: Tensor | Iterable[Tensor], norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> Tensor:
    """The norm of all tensors as one vector, such as that of gradients; with `clip_grads_with_norm_` for two steps.

    Parameters, result and errors are those of `clip_grad_norm_`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.utils.get_total_norm([tg.tensor([3.0]), tg.tensor([[4.0]])])
    tensor(5.)
    """
    arrays = [each.data for each in _several("get_total_norm", tensors)]
    norm = _norm(arrays, float(norm_type))
    if error_if_nonfinite:
        _check_finite("get_total_norm", norm)
    return _scalar(norm, arrays)


def clip_grads_with_norm_(parameters: Tensor | Iterable[Tensor], max_norm: float, total_norm: TensorLike) -> None:
    """Scale all gradients by ``max_norm / total_norm`` if that is below 1; in place.

    `clip_grad_norm_` with a norm that is known: of gradients that are spread over processes, say.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> w = tg.tensor([3.0, 4.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> tg.nn.utils.clip_grads_with_norm_(w, 1.0, 20.0)
    >>> w.grad.numpy().round(3)
    array([0.3, 0.4], dtype=float32)
    """
    _scale(_gradients("clip_grads_with_norm_", parameters), max_norm, float(array_of(total_norm)))


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Bring every entry of all gradients into [-clip_value, clip_value]; in place.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> w = tg.tensor([3.0, 0.1], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> tg.nn.utils.clip_grad_value_(w, 1.0)
    >>> w.grad
    tensor([1. , 0.2])
    """
    for array in _gradients("clip_grad_value_", parameters):
        np.clip(array, -clip_value, clip_value, out=array)
        mark_changed(array)


def _several(name: str, tensors: Tensor | Iterable[Tensor]) -> Iterable[Tensor]:
    if isinstance(tensors, Tensor):
        return [tensors]
    if not isinstance(tensors, Iterable):
        remedy = "; use module.parameters()" if hasattr(tensors, "parameters") else ""
        raise TypeError(
            f"{name}: Tensors are given in a list or another iterable, not in a {type(tensors).__name__}{remedy}"
        )
    return tensors


def _gradients(name: str, parameters: Tensor | Iterable[Tensor]) -> list[Any]:
    """The arrays of the gradients that there are."""
    return [each.grad.data for each in _several(name, parameters) if each.grad is not None]


def _scale(gradients: list[Any], max_norm: float, norm: float) -> None:
    factor = max_norm / (norm + 1e-6)
    if not factor >= 1.0:  # also nan
        for array in gradients:
            array *= array.dtype.type(factor)
            mark_changed(array)


def _check_finite(name: str, norm: float) -> None:
    if not math.isfinite(norm):
        raise RuntimeError(f"{name}: the norm is {norm}; autograd.detect_anomaly tells where it comes from")


def _scalar(norm: float, arrays: list[Any]) -> Tensor:
    return Tensor(np.asarray(norm, np.result_type(*arrays) if arrays else np.float32))


def _norm(arrays: list[Any], p: float) -> float:
    if math.isinf(p):
        pick = np.max if p > 0 else np.min  # which see a nan, where `max` of numbers takes the first that compares
        return float(pick([pick(np.abs(array)) for array in arrays if array.size] or [0.0]))
    if p == 2.0:
        return math.sqrt(math.fsum([float(np.square(array, dtype=np.float64).sum()) for array in arrays]))
    if p == 0.0:
        raise ValueError("norm_type=0 counts the entries that are not 0, which no factor changes; use 1, 2 or inf")
    total = math.fsum([float(np.power(np.abs(array), p, dtype=np.float64).sum()) for array in arrays])
    return float(total ** (1.0 / p))
