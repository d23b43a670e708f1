"""Dropout, and attention that may use it, under PyTorch's names. All take a generator in addition."""

from __future__ import annotations

import numpy as np

from tinygrad_fs import ops
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.layers.dropouts import alpha_dropped, channels_of
from tinygrad_fs.random import generator_or_default
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = [
    "alpha_dropout",
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "feature_alpha_dropout",
    "rrelu",
    "scaled_dot_product_attention",
]


def dropout(
    input: TensorLike,
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    *,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """`tinygrad_fs.dropout`; the input is left alone in any case."""
    return ops.dropout(input, p, training, generator)


def dropout1d(
    input: TensorLike,
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    *,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """Leave whole channels of sequences out, of shape (n, channels, length) or (channels, length).

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> y = tg.nn.functional.dropout1d(tg.ones((4, 5)), 0.5)
    >>> bool((y == y[:, :1]).all())
    True
    """
    return _whole_channels("dropout1d", input, p, training, 1, generator)


def dropout2d(
    input: TensorLike,
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    *,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """`tinygrad_fs.dropout2d`; the input is left alone in any case."""
    return ops.dropout2d(input, p, training, generator)


def dropout3d(
    input: TensorLike,
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    *,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """Leave whole channels of volumes out, of shape (n, channels, depth, height, width) or without n.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.dropout3d(tg.ones((1, 2, 1, 1, 1)), 0.0).ravel()
    tensor([1., 1.])
    """
    return _whole_channels("dropout3d", input, p, training, 3, generator)


def alpha_dropout(
    input: TensorLike,
    p: float = 0.5,
    training: bool = False,
    inplace: bool = False,
    *,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """`tinygrad_fs.alpha_dropout`; the input is left alone in any case."""
    return ops.alpha_dropout(input, p, training, generator)


def feature_alpha_dropout(
    input: TensorLike,
    p: float = 0.5,
    training: bool = False,
    inplace: bool = False,
    *,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """`alpha_dropout` of whole channels, of shape (n, channels, ...); the input is left alone in any case.

    Raises
    ------
    ValueError
        If the input has less than two axes, or `p` is not in [0, 1].
    TypeError
        If the input is not of a floating dtype.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> y = tg.nn.functional.feature_alpha_dropout(tg.ones((4, 5, 3)), 0.5, training=True)
    >>> bool((y == y[:, :, :1]).all())
    True
    """
    name, x = "feature_alpha_dropout", given(input)
    return alpha_dropped(name, x, channels_of(name, x), p, training, generator)


def rrelu(
    input: TensorLike,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    inplace: bool = False,
    *,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """`input` above 0, and a multiple of it below: by slopes drawn from [lower, upper] in training, else by the middle.

    The input is left alone in any case.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.rrelu(tg.tensor([-4.0, 1.0]), 0.25, 0.75)
    tensor([-2.,  1.])
    """
    x = given(input)
    if not training:
        return ops.leaky_relu(x, (lower + upper) / 2)
    slopes = generator_or_default(generator).uniform(lower, upper, x.shape).astype(x.dtype)
    return ops.where(x > 0, x, slopes * x)


def scaled_dot_product_attention(
    query: TensorLike,
    key: TensorLike,
    value: TensorLike,
    attn_mask: TensorLike | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
    *,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """`tinygrad_fs.scaled_dot_product_attention`.

    With `enable_gqa` there may be fewer heads (axis -3) of keys and values than of queries: each serves a group of
    them (Ainslie et al. 2023, "GQA: training generalized multi-query transformer models").

    Raises
    ------
    ValueError
        If the shapes do not fit, or the heads do not divide.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> q, k = tg.ones((4, 3, 2)), tg.ones((2, 5, 2))
    >>> tg.nn.functional.scaled_dot_product_attention(q, k, k, enable_gqa=True).shape
    (4, 3, 2)
    """
    if enable_gqa:
        key, value = _for_each_head(np.shape(query), key), _for_each_head(np.shape(query), value)
    return ops.scaled_dot_product_attention(
        query, key, value, attn_mask, dropout_p, is_causal, scale, generator=generator
    )


def _for_each_head(query: tuple[int, ...], served: TensorLike) -> Tensor:
    """Keys or values, repeated so that there are as many heads (axis -3) as queries have."""
    shape = np.shape(served)
    if len(query) < 3 or len(shape) < 3 or query[-3] % shape[-3]:
        raise ValueError(
            f"scaled_dot_product_attention: the heads of queries {query} do not divide among those of {shape}; with "
            "enable_gqa they are axis -3, and the first a multiple of the others"
        )
    return ops.repeat(served, query[-3] // shape[-3], axis=-3)


def _whole_channels(
    name: str, input: TensorLike, p: float, training: bool, axes: int, generator: np.random.Generator | None
) -> Tensor:
    x = given(input)
    if x.ndim == axes + 1:
        return ops.dropout2d(x[None], p, training, generator)[0]
    if x.ndim != axes + 2:
        sizes = ("length",) if axes == 1 else ("depth", "height", "width")
        raise ValueError(
            f"{name}: the input has shape {x.shape}; it must be (n, channels, {', '.join(sizes)}), or without n"
        )
    return ops.dropout2d(x, p, training, generator)
