"""Normalizations within a sample: layer, group, instance and root-mean-square norm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.blocks import line_sums, row_blocks
from tinygrad_fs.ops.copying import in_float32
from tinygrad_fs.ops.layers.normalization import batch_norm, move_running
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.ops.shape import as_shape, reshape
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["group_norm", "instance_norm", "layer_norm", "rms_norm"]


class LayerNorm(Op):
    """y = w n + b, n = (x - mean) / s over the last axes;  dx = (h - mean h - n mean(h n)) / s, h = g w;  dw = g n.

    Here s = sqrt(var + eps). An op of its own, since six ops would keep and pass over as many arrays.
    """

    def forward(x: Any, w: Any = None, b: Any = None, *, count: int, eps: float) -> Any:
        return _of_blocks(x, w, b, count, eps, True)

    def vjp(g: Any, x: Any, w: Any, shapes: Any, needs: Any, count: int, eps: float) -> Any:
        if isinstance(g, Tensor):
            return _gradients(g, x, w, needs, count, eps, True)
        return _gradients_of_blocks(g, x, w, shapes, needs, count, eps, True)


class RmsNorm(Op):
    """y = w n, n = x / sqrt(mean x^2 + eps) over the last axes;  dx = (h - n mean(h n)) n / x, h = g w;  dw = g n."""

    def forward(x: Any, w: Any = None, *, count: int, eps: float) -> Any:
        return _of_blocks(x, w, None, count, eps, False)

    def vjp(g: Any, x: Any, w: Any, shapes: Any, needs: Any, count: int, eps: float) -> Any:
        needs = (*needs, False)
        if isinstance(g, Tensor):
            return _gradients(g, x, w, needs, count, eps, False)[:2]
        return _gradients_of_blocks(g, x, w, shapes, needs, count, eps, False)[:2]


def _gradients(g: Any, x: Any, w: Any, needs: Any, count: int, eps: float, centre: bool) -> Any:
    """The gradients by their formula, on Tensors: recorded."""
    axes = tuple(range(-count, 0))
    samples = tuple(range(x.ndim - count))
    centred = x - np.mean(x, axis=axes, keepdims=True) if centre else x
    scale = np.sqrt(np.mean(centred * centred, axis=axes, keepdims=True) + eps)
    normal = centred / scale
    h = g if w is None else g * w
    dx = h - normal * np.mean(h * normal, axis=axes, keepdims=True)
    if centre:
        dx = dx - np.mean(h, axis=axes, keepdims=True)
    return (
        dx / scale,
        np.sum(g * normal, axis=samples) if needs[1] else None,
        np.sum(g, axis=samples) if needs[2] else None,
    )


# The same on arrays, as rows, in few passes over a block of them. Sums, of products too, are taken by BLAS.


def _as_rows(x: Any, count: int) -> Any:
    return np.reshape(x, (math.prod(x.shape[: x.ndim - count]), math.prod(x.shape[x.ndim - count :])))


def _of_blocks(x: Any, w: Any, b: Any, count: int, eps: float, centre: bool) -> Any:
    rows = _as_rows(x, count)
    w, b = (None if factor is None else np.reshape(factor, -1) for factor in (w, b))
    result = np.empty_like(rows, dtype=np.result_type(x, *[factor for factor in (w, b) if factor is not None]))
    with row_blocks(rows) as blocks:
        for block in blocks:
            _affine(rows[block], w, b, eps, centre, result[block])
    return result.reshape(x.shape)


def _affine(x: Any, w: Any, b: Any, eps: float, centre: bool, out: Any) -> None:
    values, scale = _centred(x, eps, centre, out)
    np.multiply(values, scale, out=out)
    if w is not None:
        out *= w
    if b is not None:
        out += b


def _centred(x: Any, eps: float, centre: bool, out: Any = None) -> tuple[Any, Any]:
    """The values without their mean, and what makes their mean square 1."""
    size = max(x.shape[1], 1)
    values = np.subtract(x, line_sums(x, -1) / size, out=out) if centre else x
    return values, 1.0 / np.sqrt(np.vecdot(values, values)[:, None] / size + eps)


def _gradients_of_blocks(
    g: Any, x: Any, w: Any, shapes: Any, needs: Any, count: int, eps: float, centre: bool
) -> tuple[Any, ...]:
    g, rows = _as_rows(g, count), _as_rows(x, count)
    w = None if w is None else np.reshape(w, -1)
    dx = np.empty_like(rows) if needs[0] else None
    dw, db = (np.zeros_like(g, shape=g.shape[1]) if needed else None for needed in needs[1:])
    with row_blocks(rows) as blocks:
        for block in blocks:
            values, scale = _centred(rows[block], eps, centre)
            if dw is not None:
                dw += np.matmul(scale[:, 0], g[block] * values)
            if db is not None:
                db += np.add.reduce(g[block], axis=0)
            if dx is not None:
                _by_values(g[block] if w is None else g[block] * w, values, scale, centre, dx[block])
    return tuple([d if d is None else d.reshape(shape) for d, shape in zip((dx, dw, db), (*shapes, None))])


def _by_values(h: Any, values: Any, scale: Any, centre: bool, out: Any) -> None:
    """dx, from h = g w: with n = values scale, that is scale (h - mean h - values scale^2 mean(h values))."""
    size = max(h.shape[1], 1)
    np.multiply(values, np.vecdot(h, values)[:, None] * scale * scale / -size, out=out)
    out += h
    if centre:
        out -= line_sums(h, -1) / size
    out *= scale


@in_float32
def layer_norm(
    x: TensorLike,
    normalized_shape: int | Sequence[int],
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Shift and scale each sample to mean 0 and variance 1 over its last axes, then ``* weight + bias``.

    Ba, Kiros and Hinton 2016, "Layer normalization", equation 4. The variance is the biased one.

    Parameters
    ----------
    x : array_like
        Of shape (..., *normalized_shape).
    normalized_shape : int or sequence of int
        The sizes of the last axes, over which mean and variance are taken.
    weight, bias : array_like, optional
        Of that shape.
    eps : float, default 1e-5
        Added to the variance.

    Raises
    ------
    ValueError
        If shapes do not fit.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.layer_norm(tg.tensor([[1.0, 3.0], [10.0, 30.0]], dtype="float64"), 2, eps=0.0)
    tensor([[-1.,  1.],
            [-1.,  1.]], dtype=float64)
    """
    shape = _check_last("layer_norm", x, normalized_shape, weight=weight, bias=bias)
    return LayerNorm.apply(x, weight, bias, count=len(shape), eps=eps)


@in_float32
def rms_norm(
    x: TensorLike, normalized_shape: int | Sequence[int], weight: TensorLike | None = None, eps: float | None = None
) -> Tensor:
    """Scale each sample to mean square 1 over its last axes, then ``* weight``.

    Zhang and Sennrich 2019, "Root mean square layer normalization", equation 4.

    Parameters
    ----------
    x, normalized_shape, weight
        As in `layer_norm`.
    eps : float, optional
        Added to the mean square; the machine epsilon of the dtype if not given.

    Raises
    ------
    ValueError
        If shapes do not fit.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.rms_norm(tg.tensor([3.0, 4.0, 0.0, 0.0]), 4)
    tensor([1.2, 1.6, 0. , 0. ])
    """
    shape = _check_last("rms_norm", x, normalized_shape, weight=weight)
    if eps is None:
        eps = float(np.finfo(getattr(x, "dtype", np.float64)).eps)
    return RmsNorm.apply(x, weight, count=len(shape), eps=eps)


@in_float32
def group_norm(
    x: TensorLike,
    num_groups: int,
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Shift and scale groups of channels of each sample to mean 0 and variance 1, then per channel ``* weight + bias``.

    Wu and He 2018, "Group normalization", equations 1 and 7.

    Parameters
    ----------
    x : array_like
        Of shape (n, channels, ...).
    num_groups : int
        Into how many groups the channels are cut.
    weight, bias : array_like of shape (channels,), optional
    eps : float, default 1e-5

    Raises
    ------
    ValueError
        If the channels do not divide into the groups, or shapes do not fit.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.group_norm(tg.tensor([[1.0, 3.0, 10.0, 30.0]], dtype="float64"), 2, eps=0.0)
    tensor([[-1.,  1., -1.,  1.]], dtype=float64)
    """
    shape = np.shape(x)
    if len(shape) < 2:
        raise ValueError(f"group_norm: x has shape {shape}; it needs at least two axes, (n, channels)")
    channels = shape[1]
    if num_groups < 1 or channels % num_groups:
        raise ValueError(f"group_norm: {channels} channels do not divide into {num_groups} groups")
    per_channel = (channels,) + (1,) * (len(shape) - 2)
    factors = []
    for name, value in (("weight", weight), ("bias", bias)):
        if value is not None and np.shape(value) != (channels,):
            raise ValueError(
                f"group_norm: {name} has shape {np.shape(value)}; it must be ({channels},), one per channel"
            )
        factors.append(None if value is None else reshape(value, per_channel))
    size = int(np.prod(shape[1:])) // num_groups
    groups = LayerNorm.apply(reshape(x, (shape[0], num_groups, size)), count=1, eps=eps)
    y = reshape(groups, shape)
    y = y if factors[0] is None else y * factors[0]
    return y if factors[1] is None else y + factors[1]


def instance_norm(
    x: TensorLike,
    running_mean: Any = None,
    running_var: Any = None,
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Shift and scale each channel of each sample to mean 0 and variance 1, then ``* weight + bias``.

    Ulyanov, Vedaldi and Lempitsky 2016, "Instance normalization", equation 4.

    Parameters
    ----------
    x : array_like
        Of shape (n, channels, ...), with at least one further axis.
    running_mean, running_var : array or Tensor of shape (channels,), optional
        Used in place of the sample's own values if `use_input_stats` is false; otherwise moved towards the mean
        over the samples, as in `batch_norm`.
    weight, bias : array_like of shape (channels,), optional
    use_input_stats : bool, default True
    momentum : float, default 0.1
    eps : float, default 1e-5

    Raises
    ------
    ValueError
        If shapes do not fit, or a channel has one value only.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.instance_norm(tg.tensor([[[1.0, 3.0], [10.0, 30.0]]], dtype="float64"), eps=0.0)
    tensor([[[-1.,  1.],
             [-1.,  1.]]], dtype=float64)
    """
    shape = np.shape(x)
    if len(shape) < 3:
        raise ValueError(f"instance_norm: x has shape {shape}; it needs at least three axes, (n, channels, length)")
    if not use_input_stats:
        return batch_norm(x, running_mean, running_var, weight, bias, training=False, eps=eps)
    count = int(np.prod(shape[2:]))
    if count < 2:
        raise ValueError(f"instance_norm: each channel needs more than one value, and x has shape {shape}")
    if shape[0] and not (running_mean is None and running_var is None):
        values = array_of(given(x))
        axes = tuple(range(2, values.ndim))
        move_running(running_mean, values.mean(axes).mean(0), momentum)
        move_running(running_var, values.var(axes, ddof=1).mean(0), momentum)
    return group_norm(x, shape[1], weight, bias, eps)


def _check_last(op: str, x: TensorLike, normalized_shape: int | Sequence[int], **factors: Any) -> tuple[int, ...]:
    """The normalized shape as a tuple, if `x` ends with it and the factors have it."""
    shape = as_shape(normalized_shape)
    given = np.shape(x)
    if not shape or given[-len(shape) :] != shape:
        raise ValueError(f"{op}: x of shape {given} does not end with normalized_shape {shape}")
    for name, value in factors.items():
        if value is not None and np.shape(value) != shape:
            raise ValueError(f"{op}: {name} has shape {np.shape(value)}; it must be normalized_shape {shape}")
    return shape
