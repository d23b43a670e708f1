"""Histograms: how often values fall into bins, or with what weights.

They are differentiable in the weights. A sample that changes a little stays in its bin, so samples have no gradient.
Neither have edges: where they would come from samples that require grad they are refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_fs.dtypes import alongside
from tinygrad_fs.graph import mode
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.indexing.reading import ScatterAdd
from tinygrad_fs.ops.operands import array_of, as_floats, constant_of
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["bincount", "histogram", "histogram2d", "histogramdd"]


def bincount(x: TensorLike, weights: TensorLike | None = None, minlength: int = 0) -> Tensor:
    """How often each of the numbers 0, 1, 2, ... occurs, or the sum of the weights at which it does.

    Parameters
    ----------
    x : array_like of int, with one axis
        None of them negative.
    weights : array_like, optional
        As many; they have a gradient.
    minlength : int, default 0
        How many numbers to count at least.

    Raises
    ------
    TypeError
        If `x` is not of integers.
    ValueError
        If a number is negative, or the shapes differ.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> weights = tg.tensor([0.5, 2.0, 3.0], requires_grad=True)
    >>> sums = tg.bincount([0, 2, 2], weights)
    >>> sums[2].backward()
    >>> sums.tolist(), weights.grad.tolist()
    ([0.5, 0.0, 5.0], [0.0, 1.0, 1.0])
    """
    numbers = np.asarray(array_of(x))
    if weights is None:
        result: Tensor = _like(np.bincount(numbers, minlength=minlength), x)
        return result
    first = numbers[:1] if numbers.ndim else numbers
    least = len(np.bincount(first, minlength=minlength))  # which complains of what cannot be counted
    (heights,) = as_floats(weights)
    if heights.shape != numbers.shape:
        raise ValueError(f"bincount: x of shape {numbers.shape} and weights of shape {heights.shape} do not fit")
    at = numbers.astype(np.intp, copy=False)
    if at.size:
        if at.min() < 0:
            raise ValueError("bincount: a number is negative; they are counted from 0 on")
        least = max(least, int(at.max()) + 1)
    return ScatterAdd.apply(heights, at=at, to=(least,))


def histogram(
    a: TensorLike, bins: Any = 10, range: Any = None, density: bool | None = None, weights: TensorLike | None = None
) -> tuple[Tensor, Tensor]:
    """How many values lie between neighbouring edges, or the sum of their weights.

    Parameters
    ----------
    a : array_like
        The samples, of any shape. They have no gradient.
    bins : int, str or array_like, default 10
        The edges, in ascending order; or how many bins of equal widths there are, or a rule for that, as in NumPy.
    range : (float, float), optional
        Where the equal bins begin and end; at the extremes of the samples by default.
    density : bool, optional
        Divide by the width of each bin and by the sum of all.
    weights : array_like, optional
        Of the shape of the samples; they have a gradient.

    Returns
    -------
    values, edges : Tensor
        The last bin holds values at its upper edge, too.

    Raises
    ------
    TypeError
        If the edges would depend on samples that require grad.
    ValueError
        If the edges descend, or the shapes differ.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> weights = tg.tensor([0.5, 2.0, 3.0], requires_grad=True)
    >>> sums, edges = tg.histogram([0.2, 1.5, 1.7], [0.0, 1.0, 2.0], weights=weights)
    >>> sums[1].backward()
    >>> sums.tolist(), weights.grad.tolist()
    ([0.5, 5.0], [0.0, 1.0, 1.0])
    """
    _check_edges("histogram", a, [bins], [range])
    samples, bins = np.asarray(array_of(a)), constant_of("histogram: an edge", bins)
    if weights is None:
        counts, edges = np.histogram(samples, bins, range, density)
        return _like(counts, a, bins), _like(edges, a, bins)
    heights = _flat("histogram", weights, samples.shape)
    edges = np.histogram_bin_edges(samples, bins, range, np.ones(samples.shape))
    return _finished(_summed([samples.ravel()], [edges], heights), [edges], density), _like(edges, a, weights)


def histogramdd(
    sample: Any, bins: Any = 10, range: Any = None, density: bool | None = None, weights: TensorLike | None = None
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """A histogram along several axes.

    Parameters
    ----------
    sample : array_like of shape (n, d), or sequence of d array_like of shape (n,)
        The samples: a row for each, or a sequence per axis. They have no gradient.
    bins : int or sequence of int and array_like, default 10
        As in `histogram`; one for all axes, or one for each.
    range : sequence of (float, float) or None, optional
        As in `histogram`, for each axis.
    density, weights
        As in `histogram`.

    Returns
    -------
    values : Tensor
        With an axis of bins for each axis of the samples.
    edges : tuple of Tensor

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> counts, _ = tg.histogramdd(tg.tensor([[0.5, 0.5], [1.5, 0.5]]), [[0.0, 1.0, 2.0], [0.0, 1.0]])
    >>> counts.tolist()
    [[1.0], [1.0]]
    """
    columns = _columns(sample)
    axes = len(columns)
    each_bins: Any = [bins] * axes if isinstance(bins, (int, np.integer)) else list(bins)
    _check_edges("histogramdd", sample, each_bins, [None] * axes if range is None else list(range))
    each_bins = [constant_of("histogramdd: an edge", each) for each in each_bins]
    counts, edges = np.histogramdd(columns, each_bins, range, density if weights is None else False)
    here = [sample, weights, *each_bins, *(sample if isinstance(sample, (list, tuple)) else [])]
    shown = tuple([_like(each, *here) for each in edges])
    if weights is None:
        return _like(counts, *here), shown
    sums = _summed(columns, edges, _flat("histogramdd", weights, columns[0].shape))
    return _finished(sums, edges, density), shown


def histogram2d(
    x: TensorLike,
    y: TensorLike,
    bins: Any = 10,
    range: Any = None,
    density: bool | None = None,
    weights: TensorLike | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """A histogram along two axes: `histogramdd` of the places `x` and `y`.

    One sequence of edges as `bins` stands for both axes.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> counts, _, _ = tg.histogram2d(tg.tensor([0.5, 1.5]), tg.tensor([0.5, 0.5]), [0.0, 1.0, 2.0])
    >>> counts.tolist()
    [[1.0, 0.0], [1.0, 0.0]]
    """
    if np.shape(x) != np.shape(y):
        raise ValueError(f"histogram2d: x of shape {np.shape(x)} and y of shape {np.shape(y)} do not fit")
    if not isinstance(bins, (int, np.integer)) and len(bins) not in (1, 2):
        bins = [bins, bins]
    values, (across, along) = histogramdd([x, y], bins, range, density, weights)
    return values, across, along


def _columns(sample: Any) -> list[Any]:
    """The samples along each axis."""
    if isinstance(sample, (list, tuple)):
        return [np.asarray(array_of(each)) for each in sample]
    rows = np.asarray(array_of(sample))
    return list(rows.T) if rows.ndim == 2 else [rows]


def _check_edges(name: str, samples: Any, bins: Sequence[Any], ranges: Sequence[Any]) -> None:
    """Refuse edges that would be computed from samples that require grad."""
    recorded = [each for each in (samples if isinstance(samples, (list, tuple)) else [samples]) if _requires_grad(each)]
    if recorded and any(np.ndim(each) == 0 and ends is None for each, ends in zip(bins, ranges)):
        raise TypeError(
            f"{name}: the edges would come from samples that require grad; give the edges, as in "
            f"bins=np.linspace(low, high, 11), or range=, or pass the samples with .detach()"
        )


def _requires_grad(x: Any) -> bool:
    return isinstance(x, Tensor) and x._node is not None and mode.grad


def _like(array: Any, *inputs: Any) -> Any:
    """An array as a Tensor, if there is one among the inputs."""
    return Tensor._of(array) if any(isinstance(each, Tensor) for each in inputs) else array


def _flat(name: str, weights: Any, shape: tuple[int, ...]) -> Any:
    heights = given(weights)
    if heights.shape != shape:
        raise ValueError(f"{name}: samples of shape {shape} and weights of shape {heights.shape} do not fit")
    return heights if heights.ndim == 1 else np.reshape(heights, (-1,))


def _summed(columns: Sequence[Any], edges: Sequence[Any], weights: Any) -> Any:
    """The sum of the weights in each bin."""
    inside = np.ones(len(columns[0]), bool)
    flat: Any = 0
    for values, limits in zip(columns, edges):
        places = np.searchsorted(limits, values, side="right") - 1
        places -= values == limits[-1]
        inside &= (places >= 0) & (places < len(limits) - 1)
        flat = flat * (len(limits) - 1) + places
    shape = tuple([len(limits) - 1 for limits in edges])
    sums: Any = ScatterAdd.apply(weights[inside], at=flat[inside], to=(int(np.prod(shape)),))
    return sums if len(shape) == 1 else np.reshape(sums, shape)


def _finished(sums: Any, edges: Sequence[Any], density: bool | None) -> Any:
    """The sums, or the densities: over the size of each bin, with the total 1."""
    if not density:
        return sums
    result = sums / np.sum(sums)
    for axis, limits in enumerate(edges):
        widths = np.diff(limits).astype(sums.dtype).reshape((-1,) + (1,) * (len(edges) - axis - 1))
        result = result / alongside(widths, sums)
    return result
