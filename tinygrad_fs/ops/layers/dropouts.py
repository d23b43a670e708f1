"""Dropout: elements left out at random, or whole channels, or so that the distribution stays that selu needs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.copying import clone
from tinygrad_fs.ops.masking import kept
from tinygrad_fs.random import generator_or_default
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["alpha_dropout", "dropout", "dropout2d"]

_LEFT_OUT = -1.7580993408473766
"""What selu tends to at -inf: minus its alpha times its scale."""


class Dropout(Op):
    """y = scale x where the mask is set, 0 elsewhere;  dy/dx = scale or 0."""

    def forward(x: Any, *, mask: Any, scale: float) -> Any:
        # Products of floats: a masked assignment takes three times as long, since its branches are not predictable.
        y = np.multiply(mask, scale, dtype=x.dtype)
        return np.multiply(y, x, out=y if y.shape else None)

    def vjp(g: Any, mask: Any, scale: float) -> Any:
        return Dropout.apply(g, mask=mask, scale=scale)


class AlphaDropout(Op):
    """y = a x + b where the mask is set, c elsewhere;  dy/dx = a or 0."""

    def forward(x: Any, *, mask: Any, a: float, b: float, c: float) -> Any:
        return kept(x * a + (b - c), mask) + c

    def vjp(g: Any, mask: Any, a: float) -> Any:
        return np.where(mask, g * a, 0) if isinstance(g, Tensor) else kept(g * a, mask)


def dropout(
    x: TensorLike, p: float = 0.5, training: bool = True, generator: np.random.Generator | None = None
) -> Tensor:
    """Set each element to 0 with probability `p`, and scale the others by 1 / (1 - p), so that the mean stays.

    Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting", in its inverted
    form. The probability is `p` rounded to a multiple of 2^-16, and the scale is exact for what it was rounded to.

    Parameters
    ----------
    x : array_like
        Of any shape and a floating dtype.
    p : float, default 0.5
        From 0 (identity) to 1 (zeros).
    training : bool, default True
        If False nothing is left out.
    generator : numpy.random.Generator, optional
        Draws the mask; the default generator if not given.

    Returns
    -------
    Tensor
        Of the shape and dtype of `x`.

    Raises
    ------
    ValueError
        If `p` is not in [0, 1].
    TypeError
        If `x` is not of a floating dtype.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_fs as tg
    >>> tg.dropout(tg.ones(6), 0.25, generator=np.random.default_rng(2))
    tensor([1.3333334, 1.3333334, 1.3333334, 1.3333334, 1.3333334, 0.       ])
    """
    _check_probability("dropout", p)
    dropped = round(p * 65536)
    if not training or dropped == 0:
        return clone(x)
    data = x if isinstance(x, Tensor) else np.asarray(x)
    _check_floating("dropout", data)
    if dropped == 65536:
        return Dropout.apply(x, mask=np.zeros(data.shape, np.bool_), scale=0.0)
    return Dropout.apply(x, mask=drawn(data.shape, p, generator), scale=65536 / (65536 - dropped))


def dropout2d(
    x: TensorLike, p: float = 0.5, training: bool = True, generator: np.random.Generator | None = None
) -> Tensor:
    """Set whole channels to 0 with probability `p`, and scale the others by 1 / (1 - p).

    Tompson et al. 2015, "Efficient object localization using convolutional networks": neighbouring pixels are
    alike, so that leaving out single ones hides nothing.

    Parameters
    ----------
    x : array_like
        Of shape (n, channels, ...) and a floating dtype.
    p, training, generator
        As in `dropout`.

    Returns
    -------
    Tensor
        Of the shape and dtype of `x`.

    Raises
    ------
    ValueError
        If `x` has less than two axes, or `p` is not in [0, 1].
    TypeError
        If `x` is not of a floating dtype.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_fs as tg
    >>> tg.dropout2d(tg.ones((1, 3, 1, 2)), 0.5, generator=np.random.default_rng(1)).reshape(3, 2)
    tensor([[2., 2.],
            [2., 2.],
            [0., 0.]])
    """
    images = given(x)
    units = channels_of("dropout2d", images)
    _check("dropout2d", images, p)
    if not training or p == 0.0:
        return clone(images)
    result: Tensor = images * dropout(np.ones(units, images.dtype), p, generator=generator)
    return result


def alpha_dropout(
    x: TensorLike, p: float = 0.5, training: bool = False, generator: np.random.Generator | None = None
) -> Tensor:
    """Leave elements out by setting them to selu's limit at -inf; mean 0 and variance 1 stay as they are.

    Klambauer et al. 2017, "Self-normalizing neural networks": ``a x + b`` for what is kept and ``a alpha' + b`` for
    the others, with ``alpha' = -1.758``, ``a = ((1 - p) (1 + p alpha'**2))**-0.5`` and ``b = -a p alpha'``.

    Parameters
    ----------
    x : array_like
        Of any shape and a floating dtype.
    p, generator
        As in `dropout`; 1 gives zeros.
    training : bool, default False
        If False nothing is left out.

    Returns
    -------
    Tensor
        Of the shape and dtype of `x`.

    Raises
    ------
    ValueError
        If `p` is not in [0, 1].
    TypeError
        If `x` is not of a floating dtype.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_fs as tg
    >>> tg.alpha_dropout(tg.zeros(3), 0.5, training=True, generator=np.random.default_rng(1))
    tensor([ 0.77919394,  0.77919394, -0.77919394])
    """
    values = given(x)
    return alpha_dropped("alpha_dropout", values, values.shape, p, training, generator)


def channels_of(op: str, x: Any) -> tuple[int, ...]:
    """The shape of `x` with whole channels as its units, if it has some."""
    if x.ndim < 2:
        raise ValueError(f"{op}: the input has shape {x.shape}; it needs (n, channels, ...)")
    return (*x.shape[:2], *[1] * (x.ndim - 2))


def alpha_dropped(
    op: str, values: Any, units: tuple[int, ...], p: float, training: bool, generator: np.random.Generator | None
) -> Tensor:
    """Alpha dropout of units, whose shape broadcasts to that of the values: each is left out as a whole."""
    _check(op, values, p)
    p = round(p * 65536) / 65536  # the probability that dropout takes
    if not training or p == 0.0:
        return clone(values)
    if p == 1.0:
        return dropout(values, 1.0)
    mask = np.broadcast_to(drawn(units, p, generator), values.shape)
    a = 1.0 / math.sqrt((1.0 - p) * (1.0 + p * _LEFT_OUT**2))
    b = -a * p * _LEFT_OUT
    return AlphaDropout.apply(values, mask=mask, a=a, b=b, c=a * _LEFT_OUT + b)


def drawn(shape: tuple[int, ...], p: float, generator: np.random.Generator | None) -> Any:
    """A mask that leaves out each element with probability `p`, as `dropout` rounds it."""
    dropped = round(p * 65536)
    # A multiple of 1/256, as 0.25 and 0.5 are, takes half of the random bits.
    dtype, limit = (np.uint8, dropped // 256) if dropped % 256 == 0 else (np.uint16, dropped)
    return _random_integers(generator_or_default(generator), shape, dtype) >= limit


def _random_integers(generator: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> Any:
    """Uniform integers of 8 or 16 bits, many from each draw of 64: four times as fast as drawing floats."""
    size = math.prod(shape)
    per_draw = 8 // np.dtype(dtype).itemsize
    draws = generator.integers(0, 2**64 - 1, -(-size // per_draw), dtype=np.uint64, endpoint=True)
    return draws.view(dtype)[:size].reshape(shape)


def _check(op: str, x: object, p: float) -> None:
    _check_probability(op, p)
    _check_floating(op, x)


def _check_probability(op: str, p: float) -> None:
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"{op}: p={p} is no probability; it must be in [0, 1]")


def _check_floating(op: str, x: object) -> None:
    dtype = getattr(x, "dtype", None)
    if dtype is None or dtype.kind != "f":
        raise TypeError(f"{op}: the kept elements are scaled, which dtype {dtype} cannot hold; use a float")
