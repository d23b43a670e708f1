"""Normalization: values brought to mean 0 and variance 1."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_fs.changes import mark_changed
from tinygrad_fs.dtypes import alongside
from tinygrad_fs.graph import mode
from tinygrad_fs.op import Op
from tinygrad_fs.ops.operands import array_of, constant_of
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["batch_norm"]

# Elements to work on at a time, so that the passes over them find them in the cache.
_CHUNK = 1 << 16
# Up to so many elements of a channel in a row, its factors are repeated to fill the row: runs are longer.
_SHORT = 256


class BatchNorm(Op):
    """y = xh w + b, xh = (x - mean) r;  db = sum g, dw = sum g xh, dx = w r (g - db / n - xh dw / n).

    Here r = 1 / sqrt(var + eps); mean, variance and sums are over all axes but 1, the n elements of a channel.

    Fused for speed. Its other outputs, mean and variance, are for the running values, which have no gradient.
    The derivative computes them from x once more, so that nothing that depends on x is taken for a constant.
    """

    def forward(x: Any, w: Any = None, b: Any = None, *, eps: float) -> Any:
        dtype = np.result_type(*(each for each in (x, w, b) if each is not None))
        return _normalized(x, w, b, eps, dtype)

    def vjp(g: Any, x: Any, w: Any, eps: float, needs: Any) -> Any:
        gradients = _gradients if isinstance(x, Tensor) else _gradients_of_arrays
        return gradients(g[0], x, w, eps, needs)


class FixedBatchNorm(Op):
    """y = (x - mean) r w + b, mean and r given for each channel;  dx = g r w, dw = sum g (x - mean) r, db = sum g.

    One product and one sum over x. As ops of their own, those of single channels would take longer on small batches.
    """

    def forward(x: Any, w: Any = None, b: Any = None, *, mean: Any, r: Any) -> Any:
        scale = r if w is None else r * w
        shift = -mean * scale if b is None else b - mean * scale
        y = x * _along(scale, x)
        shift = _along(shift, x)
        return np.add(y, shift, out=y if np.result_type(y, shift) == y.dtype else None)

    def vjp(g: Any, x: Any, w: Any, needs: Any, mean: Any, r: Any) -> Any:
        axes = (0, *range(2, x.ndim))
        dx = g * _along(r if w is None else r * w, x) if needs[0] else None
        db = np.sum(g, axis=axes) if needs[1] or needs[2] else None
        dw = (np.sum(g * x, axis=axes) - mean * db) * r if needs[1] else None
        return dx, dw, db


def _along(per_channel: Any, x: Any) -> Any:
    """What is one per channel, in a shape that goes along with x."""
    return np.reshape(per_channel, (per_channel.shape[0],) + (1,) * (x.ndim - 2))


def batch_norm(
    x: TensorLike,
    running_mean: Any = None,
    running_var: Any = None,
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalize each channel over the batch: ``(x - mean) / sqrt(var + eps) * weight + bias``.

    Ioffe and Szegedy 2015, "Batch normalization", algorithm 1. In training mean and (biased) variance are those of
    the batch; otherwise they are the running values.

    Parameters
    ----------
    x : array_like
        Of shape (n, channels) or (n, channels, ...).
    running_mean, running_var : Tensor or array of shape (channels,), optional
        In training they are updated in place, the variance with its unbiased estimate:
        ``running = (1 - momentum) * running + momentum * batch``. Otherwise they are needed.
    weight, bias : array_like of shape (channels,), optional
    training : bool, default False
    momentum : float, default 0.1
    eps : float, default 1e-5

    Returns
    -------
    Tensor
        Of the shape of `x`.

    Raises
    ------
    ValueError
        If shapes do not fit, a channel has only one value in training, or running values are missing.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.batch_norm(tg.tensor([[1.0, 10.0], [3.0, 30.0]]), training=True)
    tensor([[-0.999995, -1.      ],
            [ 0.999995,  1.      ]])
    """
    shape = np.shape(x)
    running = {"running_mean": running_mean, "running_var": running_var}
    _check(shape, {**running, "weight": weight, "bias": bias})
    if not training:
        return _with_fixed(x, shape, running, weight, bias, eps)
    count = math.prod(shape) // shape[1] if shape[1] else 0
    if count == 1:
        raise ValueError(
            f"batch_norm: in training each channel needs more than one value, and x has shape {shape}; "
            "use a larger batch, or training=False"
        )
    out: Tensor
    out, mean, var = BatchNorm.apply(x, weight, bias, eps=eps)
    if count:
        move_running(running_mean, mean, momentum)
        move_running(running_var, var * (count / (count - 1)), momentum)
    return out


def _check(shape: tuple[int, ...], per_channel: dict[str, Any]) -> None:
    if len(shape) < 2:
        raise ValueError(f"batch_norm: x has shape {shape}; it needs at least two axes, (n, channels)")
    for name, value in per_channel.items():
        if value is not None and np.shape(value) != shape[1:2]:
            raise ValueError(
                f"batch_norm: {name} has shape {np.shape(value)}; x of shape {shape} has {shape[1]} channels, so "
                f"it must be {shape[1:2]}"
            )


def move_running(running: Any, batch: Any, momentum: float) -> None:
    """Move a running value towards that of the batch, in place; not in the recomputation of a checkpoint."""
    if running is None or mode.recomputing:
        return
    held = constant_of("batch_norm: a running value", running)
    held *= 1.0 - momentum
    held += (momentum * array_of(batch)).astype(held.dtype, copy=False)
    mark_changed(held)


def _with_fixed(x: Any, shape: tuple[int, ...], running: dict[str, Any], weight: Any, bias: Any, eps: float) -> Tensor:
    """Normalize by given values."""
    for name, value in running.items():
        if value is None:
            raise ValueError(f"batch_norm: {name} is needed outside of training; give it, or use training=True")
    mean, var = (alongside(constant_of(f"batch_norm: {name}", value), x) for name, value in running.items())
    return FixedBatchNorm.apply(x, weight, bias, mean=mean.copy(), r=1.0 / np.sqrt(var + eps))


def _gradients(g: Any, x: Any, w: Any, eps: float, needs: Any) -> Any:
    """The gradients by their formula, on Tensors: recorded."""
    axes = (0, *range(2, x.ndim))
    along = (1, x.shape[1]) + (1,) * (x.ndim - 2)
    n = x.size // x.shape[1]
    centred = x - np.mean(x, axis=axes, keepdims=True)
    r = 1.0 / np.sqrt(np.mean(centred * centred, axis=axes, keepdims=True) + eps)
    normal = centred * r
    dw = np.sum(g * normal, axis=axes)
    db = np.sum(g, axis=axes)
    scale = r if w is None else r * np.reshape(w, along)
    dx = scale * (g - np.reshape(db / n, along) - normal * np.reshape(dw / n, along))
    return dx, dw, db


class _Rows:
    """Arrays of one shape as rows, a sample each, and what is one per channel in a form that goes along."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.samples, self.channels = shape[:2]
        self.length = math.prod(shape[2:])
        step = max(1, _CHUNK // max(1, self.channels * self.length))
        self.chunks = [slice(i, i + step) for i in range(0, self.samples, step)]
        self.form = (self.channels * self.length,) if self.length <= _SHORT else (self.channels, self.length)

    def of(self, array: Any) -> Any:
        return array.reshape(self.samples, *self.form)

    def along(self, per_channel: Any) -> Any:
        return np.repeat(per_channel, self.length) if self.length <= _SHORT else per_channel[:, None]

    def per_channel(self, columns: Any) -> Any:
        """Sum what is one per column of a row."""
        return columns.reshape(self.channels, self.length).sum(1)

    def sum(self, rows: Any) -> Any:
        """The sum of each column, by BLAS."""
        flat = rows.reshape(len(rows), self.channels * self.length)
        return np.matmul(np.ones_like(flat, shape=len(rows)), flat)

    def dot(self, rows: Any, others: Any) -> Any:
        """The sum of products of each column."""
        size = self.channels * self.length
        return np.einsum("nk,nk->k", rows.reshape(len(rows), size), others.reshape(len(others), size))


def _normalized(x: Any, w: Any, b: Any, eps: float, dtype: Any) -> tuple[Any, Any, Any]:
    """Output, mean and biased variance. The variance is taken of the centred values: no digits cancel."""
    computed = np.dtype(np.float32) if dtype == np.float16 else dtype
    rows = _Rows(x.shape)
    n = max(1, rows.samples * rows.length)
    values = rows.of(x.astype(computed, copy=False))
    mean = rows.per_channel(rows.sum(values)) / n
    y = np.empty_like(values)
    centre = rows.along(mean)
    squares = np.zeros_like(mean, shape=rows.channels * rows.length)
    for chunk in rows.chunks:
        np.subtract(values[chunk], centre, out=y[chunk])
        squares += rows.dot(y[chunk], y[chunk])
    var = rows.per_channel(squares) / n
    scale = 1.0 / np.sqrt(var + eps)
    factor = rows.along(scale if w is None else (scale * w).astype(computed, copy=False))
    offset = None if b is None else rows.along(b.astype(computed, copy=False))
    for chunk in rows.chunks:
        y[chunk] *= factor
        if offset is not None:
            y[chunk] += offset
    return y.reshape(x.shape).astype(dtype, copy=False), mean, var


def _gradients_of_arrays(g: Any, x: Any, w: Any, eps: float, needs: Any) -> Any:
    """`_gradients` on arrays, in few passes over memory."""
    computed = np.dtype(np.float32) if g.dtype == np.float16 else g.dtype
    rows = _Rows(x.shape)
    n = max(1, rows.samples * rows.length)
    values, gs = rows.of(x.astype(computed, copy=False)), rows.of(g.astype(computed, copy=False))
    mean = rows.per_channel(rows.sum(values)) / n
    centre = rows.along(mean)
    dx = np.empty_like(values)
    squares, products = np.zeros_like(mean, shape=(2, rows.channels * rows.length))
    for chunk in rows.chunks:
        centred = np.subtract(values[chunk], centre, out=dx[chunk])
        squares += rows.dot(centred, centred)
        products += rows.dot(centred, gs[chunk])
    db = rows.per_channel(rows.sum(gs))
    r = 1.0 / np.sqrt(rows.per_channel(squares) / n + eps)
    dw = rows.per_channel(products) * r
    if not needs[0]:
        return None, dw, db
    scale = r if w is None else (r * w).astype(computed, copy=False)
    # dx = scale g + slope (x - mean) + shift
    factor, slope, shift = rows.along(scale), rows.along(-scale * r * dw / n), rows.along(-scale * db / n)
    for chunk in rows.chunks:
        dx[chunk] *= slope
        dx[chunk] += gs[chunk] * factor
        dx[chunk] += shift
    return dx.reshape(x.shape).astype(g.dtype, copy=False), dw, db
