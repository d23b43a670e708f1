"""Normalizations, and comparisons of vectors, under PyTorch's names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_fs import linalg, ops
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.dispatch.keywords import says_axis
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = [
    "batch_norm",
    "cosine_similarity",
    "group_norm",
    "instance_norm",
    "layer_norm",
    "local_response_norm",
    "normalize",
    "pairwise_distance",
    "pdist",
    "rms_norm",
]


def batch_norm(
    input: TensorLike,
    running_mean: Any,
    running_var: Any,
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """`tinygrad_fs.batch_norm`."""
    return ops.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


def instance_norm(
    input: TensorLike,
    running_mean: Any = None,
    running_var: Any = None,
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """`tinygrad_fs.instance_norm`."""
    return ops.instance_norm(input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps)


def layer_norm(
    input: TensorLike,
    normalized_shape: int | Sequence[int],
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """`tinygrad_fs.layer_norm`."""
    return ops.layer_norm(input, normalized_shape, weight, bias, eps)


def rms_norm(
    input: TensorLike,
    normalized_shape: int | Sequence[int],
    weight: TensorLike | None = None,
    eps: float | None = None,
) -> Tensor:
    """`tinygrad_fs.rms_norm`."""
    return ops.rms_norm(input, normalized_shape, weight, eps)


def group_norm(
    input: TensorLike,
    num_groups: int,
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """`tinygrad_fs.group_norm`."""
    return ops.group_norm(input, num_groups, weight, bias, eps)


def local_response_norm(
    input: TensorLike, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """Divide by ``(k + alpha mean)**beta``, the mean of the squares over `size` neighbouring channels.

    Krizhevsky, Sutskever and Hinton 2012, "ImageNet classification with deep convolutional neural networks",
    section 3.3, with PyTorch's `alpha`, which is `size` times theirs.

    Parameters
    ----------
    input : array_like
        Of shape (n, channels, ...), with at least one further axis.
    size : int
        How many channels; beyond the first and the last they count as 0.
    alpha, beta, k : float

    Raises
    ------
    ValueError
        If `input` has less than three axes.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.local_response_norm(tg.ones((1, 2, 1)), 2, alpha=6.0, beta=1.0).ravel()
    tensor([0.25     , 0.14285715])
    """
    x = given(input)
    if x.ndim < 3:
        raise ValueError(f"local_response_norm: the input has shape {x.shape}; it needs (n, channels, length, ...)")
    squares = ops.moveaxis(x * x, 1, -1)
    means = ops.avg_pool1d(ops.pad(squares, ((0, 0),) * (x.ndim - 1) + ((size // 2, (size - 1) // 2),)), size, 1)
    return x / (k + alpha * ops.moveaxis(means, -1, 1)) ** beta  # type: ignore[no-any-return]


@says_axis
def normalize(input: TensorLike, p: float = 2.0, axis: int = 1, eps: float = 1e-12) -> Tensor:
    """Divide vectors along an axis by their `p`-norm, or by `eps` if that is larger.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.normalize(tg.tensor([[3.0, 4.0], [0.0, 0.0]]))
    tensor([[0.6, 0.8],
            [0. , 0. ]])
    """
    x = given(input)
    length = linalg.vector_norm(x, ord=p, axis=axis, keepdims=True)
    return x / ops.clip(length, eps, None)  # type: ignore[no-any-return]


@says_axis
def cosine_similarity(x1: TensorLike, x2: TensorLike, axis: int = 1, eps: float = 1e-8) -> Tensor:
    """The cosine of the angle between vectors along an axis; norms below `eps` count as `eps`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.cosine_similarity(tg.tensor([[3.0, 4.0]]), tg.tensor([[-6.0, -8.0]]))
    tensor([-1.])
    """
    x, y = ops.broadcast_arrays(given(x1), given(x2))
    lengths = [ops.clip(linalg.vector_norm(each, axis=axis, keepdims=True), eps, None) for each in (x, y)]
    return ops.sum((x / lengths[0]) * (y / lengths[1]), axis=axis)


@says_axis
def pairwise_distance(
    x1: TensorLike, x2: TensorLike, p: float = 2.0, eps: float = 1e-6, keepdims: bool = False
) -> Tensor:
    """The `p`-norm of ``x1 - x2 + eps`` over the last axis.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.pairwise_distance(tg.tensor([[3.0, 4.0]]), tg.tensor([[0.0, 0.0]]), eps=0.0)
    tensor([5.])
    """
    difference = given(x1) - given(x2) + eps
    return linalg.vector_norm(difference, ord=p, axis=-1, keepdims=keepdims)


def pdist(input: TensorLike, p: float = 2.0) -> Tensor:
    """The `p`-norms of the differences of all rows: of rows 0 and 1, 0 and 2, and so on.

    Parameters
    ----------
    input : array_like
        Of shape (n, features).
    p : float, default 2

    Returns
    -------
    Tensor
        Of shape (n (n - 1) / 2,); its derivative is 0 where two rows are the same.

    Raises
    ------
    ValueError
        If `input` is not of two axes.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.pdist(tg.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]]))
    tensor([5.       , 1.       , 4.2426405])
    """
    x = given(input)
    if x.ndim != 2:
        raise ValueError(f"pdist: the input has shape {x.shape}; it must be (n, features)")
    first, second = np.triu_indices(x.shape[0], 1)
    return linalg.vector_norm(x[first] - x[second], ord=p, axis=-1)
