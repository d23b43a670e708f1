"""Attention on arrays, some heads and some queries at a time, so that what is in between stays in the cache.

Where attention is causal, a strip of queries sees no keys beyond its last query, and these are not computed. On 32
heads of 128 queries and keys of 32 float32, forward and backward take three quarters of the time of single ops.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tinygrad_fs.ops.blocks import line_sums
from tinygrad_fs.ops.elementwise.activation import are_moderate, softmax_lines

__all__: list[str] = []

_STRIP = 64
"""Queries: of fewer, more is left out, and products are slower."""

_PIECE = 1 << 19
"""Bytes of scores at a time, of at least one head: of twice as many, a twentieth more time."""


class _Piece(NamedTuple):
    """Some queries of some heads, and the keys that they see."""

    heads: slice
    queries: slice
    keys: int
    shape: tuple[int, int, int]
    """Of its scores."""
    place: slice
    """Of its scores, where those of all pieces stand one after another."""

    def of(self, scores: Any) -> Any:
        return scores[self.place].reshape(self.shape)


def _pieces(heads: int, length: int, keys: int, itemsize: int, causal: bool) -> list[_Piece]:
    step = _STRIP if causal else length
    at_once = max(_PIECE // (min(step, length) * keys * itemsize), 1)
    pieces, place = [], 0
    for head in range(0, heads, at_once):
        for start in range(0, length, step):
            some, stop = min(at_once, heads - head), min(start + step, length)
            seen = min(stop, keys) if causal else keys
            end = place + some * (stop - start) * seen
            shape = (some, stop - start, seen)
            pieces.append(_Piece(slice(head, head + some), slice(start, stop), seen, shape, slice(place, end)))
            place = end
    return pieces


def attend(q: Any, k: Any, v: Any, scale: float, causal: bool) -> tuple[Any, Any]:
    """The means of the values, and the weights in pieces."""
    leading = q.shape[:-2]
    q, k, v = _by_heads(q), _by_heads(k), _by_heads(v)
    pieces = _pieces(len(q), q.shape[1], k.shape[1], q.itemsize, causal)
    y = np.empty_like(q, shape=(*q.shape[:2], v.shape[2]))
    weights = np.empty_like(q, shape=pieces[-1].place.stop)
    beyond = np.logical_not(np.tri(_STRIP, dtype=np.bool_, like=q))
    nothing = beyond[:1, :0]
    q = q * scale
    for piece in pieces:
        heads, queries, keys = piece.heads, piece.queries, piece.keys
        w = np.matmul(q[heads, queries], k[heads, :keys].swapaxes(1, 2), out=piece.of(weights))
        _to_weights(w, beyond[: w.shape[1], : max(keys - queries.start, 0)] if causal else nothing)
        np.matmul(w, v[heads, :keys], out=y[heads, queries])
    return y.reshape(*leading, *y.shape[1:]), weights


def _to_weights(scores: Any, beyond: Any) -> None:
    """The softmax along the keys, in place, without those of the last keys that are `beyond` a query."""
    hidden = scores[:, :, scores.shape[2] - beyond.shape[1] :]
    if are_moderate(scores):
        np.exp(scores, out=scores)
        np.copyto(hidden, 0, where=beyond)
        scores /= line_sums(scores, -1)
    else:
        np.copyto(hidden, -np.inf, where=beyond)
        softmax_lines(scores, -1, out=scores)


def gradients_of_attention(
    g: Any, q: Any, k: Any, v: Any, y: Any, weights: Any, scale: float, causal: bool
) -> tuple[Any, Any, Any]:
    """The gradients of queries, keys and values."""
    shapes = q.shape, k.shape, v.shape
    g, q, k, v, y = _by_heads(g), _by_heads(q), _by_heads(k), _by_heads(v), _by_heads(y)
    dq, dk, dv = np.empty_like(q), np.zeros_like(k), np.zeros_like(v)
    q = q * scale
    along = np.vecdot(g, y)[..., None]
    for piece in _pieces(len(q), q.shape[1], k.shape[1], q.itemsize, causal):
        heads, queries, keys = piece.heads, piece.queries, piece.keys
        w, some = piece.of(weights), g[heads, queries]
        dv[heads, :keys] += np.matmul(w.swapaxes(1, 2), some)
        e = np.matmul(some, v[heads, :keys].swapaxes(1, 2))
        e -= along[heads, queries]
        e *= w
        np.matmul(e, k[heads, :keys], out=dq[heads, queries])
        dk[heads, :keys] += np.matmul(e.swapaxes(1, 2), q[heads, queries])
    dq *= scale
    return dq.reshape(shapes[0]), dk.reshape(shapes[1]), dv.reshape(shapes[2])


def _by_heads(x: Any) -> Any:
    """All leading axes as one."""
    return x.reshape(-1, *x.shape[-2:])
