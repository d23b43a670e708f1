"""What convolutions and pools along any number of axes check before they compute."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar

import numpy as np

Sizes: TypeAlias = tuple[int, ...]
Edges: TypeAlias = tuple[tuple[int, int], ...]
"""Padding as (before, after) for each axis."""
PerAxis: TypeAlias = "int | Sequence[int]"
Padding: TypeAlias = "int | Sequence[int] | Sequence[Sequence[int]] | str"

_F = TypeVar("_F", bound=Callable[..., Any])


def remembered(check: _F) -> _F:
    """A check of options and shapes that remembers its answers: a model asks the same in every step."""
    answers = functools.lru_cache(maxsize=1024)(check)

    @functools.wraps(check)
    def asked(*args: Any) -> Any:
        try:
            return answers(*args)
        except TypeError:  # a list among the options, or the check's own complaint
            return check(*args)

    return asked  # type: ignore[return-value]


def as_sizes(op: str, name: str, value: Any, axes: int, least: int = 1) -> Sizes:
    """An option as one int for each axis, each at least `least`."""
    try:
        sizes = (value,) * axes if np.ndim(value) == 0 else tuple(value)
        whole = len(sizes) == axes and all(each == int(each) >= least for each in sizes)
    except (TypeError, ValueError, OverflowError):
        whole = False
    if not whole:
        several = "" if axes == 1 else f" or {axes} of them, one for each axis"
        raise ValueError(f"{op}: {name}={value!r} must be an int{several}, at least {least}")
    return tuple([int(each) for each in sizes])


def kernel_and_stride(op: str, kernel_size: Any, stride: Any, axes: int) -> tuple[Sizes, Sizes]:
    """The kernel and the stride of windows, which stand side by side where no stride is given."""
    kernel = as_sizes(op, "kernel_size", kernel_size, axes)
    return kernel, kernel if stride is None else as_sizes(op, "stride", stride, axes)


def as_edges(op: str, padding: Any, axes: int) -> Edges:
    """Padding given as an int, one for each axis, or a pair (before, after) for each axis."""
    if isinstance(padding, str) or np.ndim(padding) < 2:
        return tuple([(each, each) for each in as_sizes(op, "padding", padding, axes, 0)])
    if np.shape(padding) != (axes, 2):
        raise ValueError(f"{op}: padding={padding!r} must be an int, or {axes} of them or of pairs (before, after)")
    first, last = zip(*padding)
    return tuple(zip(as_sizes(op, "padding", first, axes, 0), as_sizes(op, "padding", last, axes, 0)))


def conv_edges(op: str, padding: Any, kernel: Sizes, stride: Sizes, dilation: Sizes) -> Edges:
    """The padding of a convolution, which may be 'same' or 'valid'."""
    if padding == "valid":
        return ((0, 0),) * len(kernel)
    if padding != "same":
        if isinstance(padding, str):
            raise ValueError(f"{op}: padding={padding!r} must be 'same', 'valid' or numbers")
        return as_edges(op, padding, len(kernel))
    if any(each != 1 for each in stride):
        raise ValueError(f"{op}: padding='same' needs stride 1, not {stride}; give the padding as numbers")
    totals = [d * (k - 1) for d, k in zip(dilation, kernel)]
    return tuple([(total // 2, total - total // 2) for total in totals])


def positions(op: str, image: Sizes, kernel: Sizes, stride: Sizes, edges: Edges, dilation: Sizes) -> Sizes:
    """How many positions a kernel has along each axis."""
    padded = tuple([size + before + after for size, (before, after) in zip(image, edges)])
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel)]
    if any(r > size for r, size in zip(reach, padded)):
        spread = f" with dilation {dilation}" if any(d > 1 for d in dilation) else ""
        raise ValueError(
            f"{op}: the kernel of {kernel}{spread} is larger than the input of {image}, padded to {padded}; "
            "pad more, or use a smaller kernel"
        )
    return tuple([(size - r) // s + 1 for size, r, s in zip(padded, reach, stride)])


def check_convolution(op: str, x: Sizes, w: Sizes, b: Sizes | None, groups: int, axes: int) -> None:
    """Check the shapes of inputs (n, channels, ...), filters (filters, channels / groups, ...) and bias (filters,)."""
    _check_axes(op, x, w, f"(filters, channels / groups{', size' * axes})", axes)
    _check_groups(op, groups, w[0], "filters")
    if x[-axes - 1] != w[1] * groups:
        raise ValueError(
            f"{op}: the input of shape {x} has {x[-axes - 1]} channels, but the filters of shape {w} see "
            f"{groups} x {w[1]} = {w[1] * groups}; their second axis must be channels / groups"
        )
    _check_bias(op, b, w[0])


def check_transposed(op: str, x: Sizes, w: Sizes, b: Sizes | None, groups: int, axes: int) -> None:
    """Check the shapes of inputs (n, channels, ...), filters (channels, outputs / groups, ...) and bias (outputs,)."""
    _check_axes(op, x, w, f"(channels, out channels / groups{', size' * axes})", axes)
    _check_groups(op, groups, w[0], "channels")
    if x[-axes - 1] != w[0]:
        raise ValueError(
            f"{op}: the input of shape {x} has {x[-axes - 1]} channels, but the filters of shape {w} spread {w[0]}; "
            "the filters' first axis must be the channels"
        )
    if 0 in x[-axes:]:
        raise ValueError(f"{op}: the input of shape {x} has nothing to spread; its last {axes} axes must not be empty")
    _check_bias(op, b, w[1] * groups)


def _check_axes(op: str, x: Sizes, w: Sizes, layout: str, axes: int) -> None:
    if len(w) != axes + 2 or 0 in w[1:]:
        raise ValueError(f"{op}: the filters have shape {w}; they need {axes + 2} axes of at least 1: {layout}")
    if len(x) not in (axes + 1, axes + 2):
        raise ValueError(
            f"{op}: the input has shape {x}; it needs {axes + 2} axes, (n, channels{', size' * axes}), or one less "
            "for a single sample: use np.expand_dims for what is missing"
        )


def _check_groups(op: str, groups: Any, count: int, name: str) -> None:
    if not isinstance(groups, (int, np.integer)) or groups < 1 or count % groups:
        raise ValueError(f"{op}: groups={groups!r} must be a positive int that divides the {count} {name}")


def _check_bias(op: str, b: Sizes | None, count: int) -> None:
    if b is not None and b != (count,):
        raise ValueError(f"{op}: the bias has shape {b}; {count} output channels need one of shape {(count,)}")


def merged(x: Any, first: int, last: int) -> Any:
    """`x` with the axes from `first` up to, but not including, `last` made one."""
    return np.reshape(x, (*x.shape[:first], math.prod(x.shape[first:last]), *x.shape[last:]))
