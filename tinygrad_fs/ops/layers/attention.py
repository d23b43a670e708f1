"""Attention: means of values, weighted by how well their keys go with a query."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.elementwise.activation import softmax
from tinygrad_fs.ops.elementwise.choice import where
from tinygrad_fs.ops.layers.attention_blocks import attend, gradients_of_attention
from tinygrad_fs.ops.layers.dropouts import dropout
from tinygrad_fs.ops.linear_algebra.products import matmul
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["scaled_dot_product_attention"]


class Attention(Op):
    """y = w v, w = softmax(s q k^T);  dv = w^T g,  dq = s e k,  dk = s e^T q,  e = w (g v^T - sum_i g_i y_i).

    If it is causal, w has zeros above its diagonal. An op of its own, since it computes half of them only, and keeps
    one array of that shape where five ops would pass over seven. That is its other output, w in pieces, which is not
    handed out: a derivative that is recorded computes w once more.
    """

    def forward(q: Any, k: Any, v: Any, *, scale: float, causal: bool) -> Any:
        return attend(q, k, v, scale, causal)

    def vjp(g: Any, q: Any, k: Any, v: Any, out: Any, scale: float, causal: bool) -> Any:
        if not isinstance(q, Tensor):
            return gradients_of_attention(g[0], q, k, v, out[0], out[1], scale, causal)
        scores = matmul(q * scale, k.swapaxes(-1, -2))
        w = softmax(where(_causal(scores.shape), scores, -np.inf) if causal else scores)
        e = w * (matmul(g[0], v.swapaxes(-1, -2)) - np.sum(g[0] * out[0], axis=-1, keepdims=True))
        return matmul(e, k) * scale, matmul(e.swapaxes(-1, -2), q) * scale, matmul(w.swapaxes(-1, -2), g[0])


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
    q, k, v = given(query), given(key), given(value)
    shape = _scores_shape(q.shape, k.shape, v.shape)
    if attn_mask is None and not dropout_p and _are_alike(q, k, v):
        y: Tensor = Attention.apply(q, k, v, scale=_scale(scale, q), causal=bool(is_causal))[0]
        return y
    mask = attn_mask
    if is_causal:
        if attn_mask is not None:
            raise ValueError("scaled_dot_product_attention: give either attn_mask or is_causal=True, not both")
        mask = _causal(shape)
    return attended(q, k, v, mask, dropout_p, scale, generator)[0]


def _scale(scale: float | None, q: Any) -> float:
    return 1.0 / math.sqrt(max(q.shape[-1], 1)) if scale is None else scale


def _causal(shape: tuple[int, ...]) -> Any:
    return np.tri(shape[-2], shape[-1], dtype=np.bool_)


def _are_alike(q: Any, k: Any, v: Any) -> bool:
    """Whether `Attention` takes them: floats of one dtype, heads that need not be broadcast, and nothing empty."""
    return (
        q.shape[:-2] == k.shape[:-2] == v.shape[:-2]
        and q.dtype == k.dtype == v.dtype
        and q.dtype in (np.float32, np.float64)
        and 0 not in (*q.shape, *k.shape, *v.shape)
    )


def attended(
    query: TensorLike,
    key: TensorLike,
    value: TensorLike,
    attn_mask: TensorLike | None,
    dropout_p: float,
    scale: float | None,
    generator: np.random.Generator | None,
) -> tuple[Tensor, Tensor]:
    """What `scaled_dot_product_attention` gives, and the weights by which it takes the means."""
    q, k, v = given(query), given(key), given(value)
    mask = _mask(attn_mask, _scores_shape(q.shape, k.shape, v.shape))
    scores = matmul(q * _scale(scale, q), k.swapaxes(-1, -2))
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


def _mask(attn_mask: Any, shape: tuple[int, ...]) -> Any:
    """The mask, checked."""
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
