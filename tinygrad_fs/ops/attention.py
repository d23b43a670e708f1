"""Attention: means of values, weighted by how well their keys go with a query."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_fs.ops.activation import softmax
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.choice import where
from tinygrad_fs.ops.dropout import dropout
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.ops.products import matmul
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["scaled_dot_product_attention"]


def scaled_dot_product_attention(
    query: TensorLike,
    key: TensorLike,
    value: TensorLike,
    attn_mask: TensorLike | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    *,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """``softmax(scale * query @ key.T + mask) @ value``, the softmax over the keys.

    Vaswani et al. 2017, "Attention is all you need".

    Parameters
    ----------
    query : array_like
        Of shape (..., L, E).
    key : array_like
        Of shape (..., S, E).
    value : array_like
        Of shape (..., S, Ev). The leading axes of all three broadcast.
    attn_mask : array_like, optional
        Broadcasts to (..., L, S). Of bools: True where a query may attend to a key. Of floats: added to the scores,
        and differentiated.
    dropout_p : float, default 0
        With this probability a weight is left out. It has no switch for training: pass 0 in evaluation.
    is_causal : bool, default False
        Query i attends to keys 0, ..., i only. Not together with `attn_mask`.
    scale : float, optional
        1 / sqrt(E) if not given.
    generator : numpy.random.Generator, optional
        Draws what is left out; the default generator if not given.

    Returns
    -------
    Tensor
        Of shape (..., L, Ev). A query that may attend to nothing gives 0, with gradient 0.

    Raises
    ------
    ValueError
        If the shapes do not fit, or `is_causal` comes with a mask.
    TypeError
        If the mask is of integers.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> q = k = tg.tensor([[1.0, 0.0], [0.0, 1.0]])
    >>> tg.scaled_dot_product_attention(q, k, tg.tensor([[1.0], [2.0]]), is_causal=True)
    tensor([[1.       ],
            [1.6697615]])
    """
    return attended(query, key, value, attn_mask, dropout_p, is_causal, scale, generator)[0]


def attended(
    query: TensorLike,
    key: TensorLike,
    value: TensorLike,
    attn_mask: TensorLike | None,
    dropout_p: float,
    is_causal: bool,
    scale: float | None,
    generator: np.random.Generator | None,
) -> tuple[Tensor, Tensor]:
    """What `scaled_dot_product_attention` gives, and the weights by which it takes the means."""
    q, k, v = given(query), given(key), given(value)
    shape = _scores_shape(q.shape, k.shape, v.shape)
    mask = _mask(attn_mask, is_causal, shape)
    if scale is None:
        scale = 1.0 / math.sqrt(max(q.shape[-1], 1))
    scores = matmul(q * scale, k.swapaxes(-1, -2))
    if mask is not None:
        scores = where(mask, scores, -np.inf) if mask.dtype == bool else scores + mask
    weights = _weights(scores, mask)
    if dropout_p:
        weights = dropout(weights, dropout_p, generator=generator)
    return matmul(weights, v), weights


def _scores_shape(q: tuple[int, ...], k: tuple[int, ...], v: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of the scores; an error if queries, keys and values do not fit."""
    fit = min(len(q), len(k), len(v)) >= 2 and q[-1] == k[-1] and k[-2] == v[-2]
    try:
        leading = np.broadcast_shapes(q[:-2], k[:-2], v[:-2])
    except ValueError:
        fit = False
    if not fit:
        raise ValueError(
            f"scaled_dot_product_attention: query {q}, key {k} and value {v} do not fit; they must be (..., L, E), "
            "(..., S, E) and (..., S, Ev), with leading axes that broadcast"
        )
    return (*leading, q[-2], k[-2])


def _mask(attn_mask: Any, is_causal: bool, shape: tuple[int, ...]) -> Any:
    """The mask, checked; of bools for a causal one."""
    if is_causal:
        if attn_mask is not None:
            raise ValueError("scaled_dot_product_attention: give either attn_mask or is_causal=True, not both")
        return np.tri(shape[-2], shape[-1], dtype=np.bool_)
    if attn_mask is None:
        return None
    mask = given(attn_mask)
    if mask.dtype.kind not in "bf":
        raise TypeError(
            f"scaled_dot_product_attention: attn_mask of dtype {mask.dtype} is ambiguous; use bools, True where a "
            "query may attend, or floats to add to the scores"
        )
    try:
        fits = np.broadcast_shapes(mask.shape, shape) == shape
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f"scaled_dot_product_attention: attn_mask of shape {mask.shape} does not broadcast to the scores' {shape}"
        )
    return mask.data if mask.dtype == bool and isinstance(mask, Tensor) else mask


def _weights(scores: Tensor, mask: Any) -> Tensor:
    """Softmax over the last axis, and 0 for rows that are masked as a whole."""
    if mask is None:
        return softmax(scores)
    added = array_of(mask)
    nothing = (~added if added.dtype == bool else added == -np.inf).all(-1, keepdims=True)
    if not nothing.any():
        return softmax(scores)
    weights: Tensor = where(nothing, 0, softmax(where(nothing, 0, scores)))
    return weights
