"""Dropout: elements left out at random."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.ops.copying import clone
from tinygrad_fs.random import default_generator
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["dropout"]


class Dropout(Op):
    """y = scale x where the mask is set, 0 elsewhere;  dy/dx = scale or 0."""

    def forward(x: Any, *, mask: Any, scale: float) -> Any:
        # Products of floats: a masked assignment takes three times as long, since its branches are not predictable.
        y = np.multiply(mask, scale, dtype=x.dtype)
        return np.multiply(y, x, out=y if y.shape else None)

    def vjp(g: Any, mask: Any, scale: float) -> Any:
        return Dropout.apply(g, mask=mask, scale=scale)


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
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"dropout: p={p} is no probability; it must be in [0, 1]")
    dropped = round(p * 65536)
    if not training or dropped == 0:
        return clone(x)
    data = x if isinstance(x, Tensor) else np.asarray(x)
    if data.dtype.kind != "f":
        raise TypeError(f"dropout: the kept elements are scaled, which dtype {data.dtype} cannot hold; use a float")
    if dropped == 65536:
        return Dropout.apply(x, mask=np.zeros(data.shape, np.bool_), scale=0.0)
    return Dropout.apply(x, mask=drawn(data.shape, p, generator), scale=65536 / (65536 - dropped))


def drawn(shape: tuple[int, ...], p: float, generator: np.random.Generator | None) -> Any:
    """A mask that leaves out each element with probability `p`, as `dropout` rounds it."""
    dropped = round(p * 65536)
    # A multiple of 1/256, as 0.25 and 0.5 are, takes half of the random bits.
    dtype, limit = (np.uint8, dropped // 256) if dropped % 256 == 0 else (np.uint16, dropped)
    return _random_integers(generator or default_generator(), shape, dtype) >= limit


def _random_integers(generator: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> Any:
    """Uniform integers of 8 or 16 bits, many from each draw of 64: four times as fast as drawing floats."""
    size = math.prod(shape)
    per_draw = 8 // np.dtype(dtype).itemsize
    draws = generator.integers(0, 2**64 - 1, -(-size // per_draw), dtype=np.uint64, endpoint=True)
    return draws.view(dtype)[:size].reshape(shape)
