"""Activations under PyTorch's names."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from tinygrad_fs import ops
from tinygrad_fs.dtypes import DTypeLike
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.dispatch.keywords import says_axis
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.random import generator_or_default
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = [
    "celu",
    "elu",
    "gelu",
    "glu",
    "gumbel_softmax",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "leaky_relu",
    "log_softmax",
    "logsigmoid",
    "mish",
    "prelu",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softmin",
    "softplus",
    "softshrink",
    "softsign",
    "tanh",
    "tanhshrink",
    "threshold",
]


def relu(input: TensorLike, inplace: bool = False) -> Tensor:
    """`tinygrad_fs.relu`; the input is left alone in any case."""
    return ops.relu(input)


def relu6(input: TensorLike, inplace: bool = False) -> Tensor:
    """`tinygrad_fs.relu6`; the input is left alone in any case."""
    return ops.relu6(input)


def leaky_relu(input: TensorLike, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """`tinygrad_fs.leaky_relu`; the input is left alone in any case."""
    return ops.leaky_relu(input, negative_slope)


def elu(input: TensorLike, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """`tinygrad_fs.elu`; the input is left alone in any case."""
    return ops.elu(input, alpha)


def celu(input: TensorLike, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """`tinygrad_fs.celu`; the input is left alone in any case."""
    return ops.celu(input, alpha)


def selu(input: TensorLike, inplace: bool = False) -> Tensor:
    """`tinygrad_fs.selu`; the input is left alone in any case."""
    return ops.selu(input)


def gelu(input: TensorLike, approximate: str = "none") -> Tensor:
    """`tinygrad_fs.gelu`."""
    return ops.gelu(input, approximate)


def silu(input: TensorLike, inplace: bool = False) -> Tensor:
    """`tinygrad_fs.silu`; the input is left alone in any case."""
    return ops.silu(input)


def mish(input: TensorLike, inplace: bool = False) -> Tensor:
    """`tinygrad_fs.mish`; the input is left alone in any case."""
    return ops.mish(input)


def sigmoid(input: TensorLike) -> Tensor:
    """`tinygrad_fs.sigmoid`."""
    return ops.sigmoid(input)


def logsigmoid(input: TensorLike) -> Tensor:
    """`tinygrad_fs.log_sigmoid`."""
    return ops.log_sigmoid(input)


def tanh(input: TensorLike) -> Tensor:
    """`tinygrad_fs.tanh`."""
    return ops.tanh(input)


def softsign(input: TensorLike) -> Tensor:
    """`tinygrad_fs.softsign`."""
    return ops.softsign(input)


def prelu(input: TensorLike, weight: TensorLike) -> Tensor:
    """`tinygrad_fs.prelu`."""
    return ops.prelu(input, weight)


def hardtanh(input: TensorLike, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """`tinygrad_fs.hardtanh`; the input is left alone in any case."""
    return ops.hardtanh(input, min_val, max_val)


def hardswish(input: TensorLike, inplace: bool = False) -> Tensor:
    """`tinygrad_fs.hardswish`; the input is left alone in any case."""
    return ops.hardswish(input)


def hardsigmoid(input: TensorLike, inplace: bool = False) -> Tensor:
    """``relu6(x + 3) / 6``: a sigmoid of three straight lines. The input is left alone in any case.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.hardsigmoid(tg.tensor([-4.0, 0.0, 1.5, 4.0]))
    tensor([0.  , 0.5 , 0.75, 1.  ])
    """
    return ops.relu6(given(input) + 3.0) / 6.0


def softplus(input: TensorLike, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """``log(1 + exp(beta x)) / beta``, and x itself where ``beta x > threshold``.

    `tinygrad_fs.softplus` needs no threshold: it does not overflow.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.softplus(tg.tensor([0.0, 30.0]), beta=2)
    tensor([ 0.3465736, 30.       ])
    """
    x = given(input)
    scaled = x * beta
    return ops.where(scaled > threshold, x, ops.softplus(scaled) / beta)


def hardshrink(input: TensorLike, lambd: float = 0.5) -> Tensor:
    """`input` where its absolute value is above `lambd`, else 0.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.hardshrink(tg.tensor([-1.0, 0.25, 0.75]))
    tensor([-1.  ,  0.  ,  0.75])
    """
    x = given(input)
    return ops.where(ops.abs(x) <= lambd, 0, x)  # a nan is not below anything, and stays


def softshrink(input: TensorLike, lambd: float = 0.5) -> Tensor:
    """`input` moved towards 0 by `lambd`, and 0 where it would cross it.

    Raises
    ------
    ValueError
        If `lambd` is negative.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.softshrink(tg.tensor([-1.0, 0.25, 0.75]))
    tensor([-0.5 ,  0.  ,  0.25])
    """
    if lambd < 0:
        raise ValueError(f"softshrink: lambd={lambd} must not be negative")
    x = given(input)
    return ops.where(ops.abs(x) <= lambd, 0, x - lambd * ops.sign(x))


def tanhshrink(input: TensorLike) -> Tensor:
    """``x - tanh(x)``.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.tanhshrink(tg.tensor([0.0, 1.0]))
    tensor([0.        , 0.23840582])
    """
    x = given(input)
    return x - ops.tanh(x)  # type: ignore[no-any-return]


def threshold(input: TensorLike, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """`input` where it is above `threshold`, else `value`. The input is left alone in any case.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.threshold(tg.tensor([0.5, 1.5]), 1.0, -1.0)
    tensor([-1. ,  1.5])
    """
    x = given(input)
    return ops.where(x <= threshold, value, x)


@says_axis
def glu(input: TensorLike, axis: int = -1) -> Tensor:
    """`tinygrad_fs.glu`."""
    return ops.glu(input, axis)


@says_axis
def softmax(input: TensorLike, axis: int | None = None, dtype: DTypeLike | None = None) -> Tensor:
    """`tinygrad_fs.softmax`, after a cast to `dtype` if one is given.

    Without an axis it is the one that PyTorch takes, 0 for inputs of 0, 1 or 3 axes and 1 for others, with a warning.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.softmax(tg.tensor([[0.0, 0.0], [1000.0, 0.0]]), axis=1)
    tensor([[0.5, 0.5],
            [1. , 0. ]])
    """
    x = _cast(input, dtype)
    return ops.softmax(x, _the_axis("softmax", x, axis))


@says_axis
def log_softmax(input: TensorLike, axis: int | None = None, dtype: DTypeLike | None = None) -> Tensor:
    """`tinygrad_fs.log_softmax`; otherwise as `softmax`."""
    x = _cast(input, dtype)
    return ops.log_softmax(x, _the_axis("log_softmax", x, axis))


@says_axis
def softmin(input: TensorLike, axis: int | None = None, dtype: DTypeLike | None = None) -> Tensor:
    """`tinygrad_fs.softmin`; otherwise as `softmax`."""
    x = _cast(input, dtype)
    return ops.softmin(x, _the_axis("softmin", x, axis))


@says_axis
def gumbel_softmax(
    logits: TensorLike,
    tau: float = 1.0,
    hard: bool = False,
    eps: float = 1e-10,
    axis: int = -1,
    *,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """Draw from a categorical distribution so that the draw has a gradient: ``softmax((logits + gumbel) / tau)``.

    Jang, Gu and Poole 2017, "Categorical reparameterization with Gumbel-softmax".

    Parameters
    ----------
    logits : array_like
        Unnormalised log-probabilities.
    tau : float, default 1
        The temperature: small ones come close to one-hot vectors.
    hard : bool, default False
        Return one-hot vectors, with the gradient of the soft ones.
    eps : float
        Not used, in PyTorch neither.
    axis : int, default -1
        Along which the probabilities lie.
    generator : numpy.random.Generator, optional
        Draws the noise; the default generator if not given.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> draw = tg.nn.functional.gumbel_softmax(tg.zeros((5, 3)), hard=True)
    >>> draw.sum(axis=-1)
    tensor([1., 1., 1., 1., 1.])
    """
    x = given(logits)
    noise = generator_or_default(generator).gumbel(size=x.shape).astype(x.dtype)
    soft: Any = ops.softmax((x + noise) / tau, axis)
    if not hard:
        return soft  # type: ignore[no-any-return]
    values = array_of(soft)
    chosen = np.zeros_like(values)
    np.put_along_axis(chosen, np.expand_dims(values.argmax(axis), axis), 1, axis)
    return soft + (chosen - values)  # type: ignore[no-any-return]


def _cast(input: TensorLike, dtype: DTypeLike | None) -> Any:
    x = given(input)
    return x if dtype is None else x.astype(dtype)


def _the_axis(name: str, x: Any, axis: int | None) -> int:
    """The axis that is given, or the one that PyTorch takes where it is left out."""
    if axis is not None:
        return axis
    implied = 0 if x.ndim in (0, 1, 3) else 1
    warnings.warn(
        f"{name}: no axis was given, and for {x.ndim} axes PyTorch takes axis={implied}; say which", stacklevel=4
    )
    return implied
