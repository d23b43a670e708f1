"""The bilinear map of a layer with two inputs."""

from __future__ import annotations

from typing import Any

from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.linear_algebra.products import matmul, matvec
from tinygrad_fs.ops.shape import reshape, transpose
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["bilinear"]


def bilinear(x: TensorLike, y: TensorLike, w: TensorLike, b: TensorLike | None = None) -> Tensor:
    """``z[..., k] = b[k] + sum over i, j of x[..., i] w[k, i, j] y[..., j]``.

    Parameters
    ----------
    x : array_like
        Of shape (..., in1_features).
    y : array_like
        Of shape (..., in2_features), with the same leading axes.
    w : array_like
        Of shape (out_features, in1_features, in2_features).
    b : array_like, optional
        Of shape (out_features,).

    Returns
    -------
    Tensor
        Of shape (..., out_features).

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.bilinear(tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0]), tg.tensor([[[1.0, 0.0], [0.0, 1.0]]]))
    tensor([11.])
    """
    left, right, weight = given(x), given(y), given(w)
    bias: Any = None if b is None else given(b)
    shape = weight.shape
    if (
        len(shape) != 3
        or (left.shape[-1:], right.shape[-1:]) != (shape[1:2], shape[2:])
        or left.shape[:-1] != right.shape[:-1]
        or (bias is not None and bias.shape != shape[:1])
    ):
        raise ValueError(
            f"bilinear: inputs of shape {left.shape} and {right.shape} with a weight of {shape}"
            + ("" if bias is None else f" and a bias of {bias.shape}")
            + " do not fit; they must be (..., i), (..., j), (k, i, j)"
            + ("" if bias is None else " and (k,)")
        )
    # One large product over i, then a sum over j: never an array with all of (..., i, j).
    matrix = reshape(transpose(weight, (1, 0, 2)), (shape[1], shape[0] * shape[2]))
    product = reshape(matmul(left, matrix), (*left.shape[:-1], shape[0], shape[2]))
    z = matvec(product, right)
    return z if bias is None else z + bias
