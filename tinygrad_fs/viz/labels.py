"""Labels: what stands in and beside a box, as text."""

from __future__ import annotations

from types import EllipsisType
from typing import Any

import numpy as np

from tinygrad_fs.graph import RELEASED, Constant, Node

__all__ = [
    "bytes_text",
    "kept_by",
    "legible",
    "operands",
    "options",
    "seconds_text",
    "shorten",
    "statistics_text",
    "trouble_text",
    "value_text",
    "values_text",
]

LONGEST_NAME = 48
LONGEST_VALUE = 28
LONGEST_TOOLTIP = 400
FEW = 4


def legible(text: str) -> str:
    """`text` on one line, with an escape for what cannot be printed, and without the middle if it is very long."""
    text = shorten(text, LONGEST_TOOLTIP)
    if text.isprintable():
        return text
    return "".join([c if c.isprintable() else c.encode("unicode_escape").decode() for c in text])


def shorten(text: str, longest: int = LONGEST_NAME) -> str:
    """`text` without its middle where it is longer than `longest`; both ends of a name tell the most."""
    if len(text) <= longest:
        return text
    tail = (longest - 1) // 2
    return f"{text[: longest - 1 - tail]}…{text[-tail:]}"


def value_text(node: Node, *, shapes: bool = True, dtypes: bool = True, usual: Any = None) -> str:
    """The shape and dtype of a node's value, those of several outputs one after another.

    The dtype that is `usual` is left out.
    """
    several = isinstance(node.dtype, tuple)
    each = zip(node.shape, node.dtype) if several else [(node.shape, node.dtype)]
    texts = [
        _one_value(shape if shapes else None, dtype if dtypes and dtype != usual else None) for shape, dtype in each
    ]
    return ", ".join(filter(None, texts))


def _one_value(shape: Any, dtype: Any) -> str:
    return " ".join([str(each) for each in (shape, dtype) if each is not None])


def operands(node: Node) -> str:
    """The arguments of an op that was given numbers: ``(_, 2)`` for ``x ** 2``; otherwise nothing.

    ``_`` is an argument that has an edge of its own in the drawing.
    """
    if node.constants is None:
        return ""
    texts = ["_" if edge is not None else _operand(each) for edge, each in zip(node.inputs, node.constants)]
    return "" if {"_", "None"}.issuperset(texts) else f"({', '.join(texts)})"


def _operand(constant: Any) -> str:
    if isinstance(constant, Constant) and constant.value is not None:
        return _brief(constant.value)
    return "_" if isinstance(constant, Node) else _brief(constant)


def options(node: Node) -> str:
    """The options of an op that are not their defaults: ``axis=1, keepdims=True``."""
    recipe = getattr(node, "recipe", None)
    if recipe is None:
        return ""
    texts = []
    for key in recipe.options:
        value = getattr(node, key, None)
        text = _brief(value)
        if value is not None and text and (key not in recipe.defaults or text != _brief(recipe.defaults[key])):
            texts.append(f"{key}={shorten(text, LONGEST_VALUE)}")
    return ", ".join(texts)


def _brief(value: Any) -> str:
    """A short text for an option; empty for what has none, such as an array or a function."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, str):
        return legible(repr(value))
    if value is None or isinstance(value, (bool, int)):
        return str(value)
    if isinstance(value, (tuple, list)):
        texts = [_brief(item) or "array" for item in value[:LONGEST_VALUE]]
        return f"({', '.join(texts)}{',' if len(value) == 1 else ''})"
    if isinstance(value, slice):
        ends = ["" if end is None else _brief(end) for end in (value.start, value.stop, value.step)]
        return ":".join(ends if ends[2] else ends[:2])
    if isinstance(value, EllipsisType):
        return "..."
    if isinstance(value, np.dtype):
        return str(value)
    return ""


def bytes_text(count: float) -> str:
    """A number of bytes: ``512 B``, ``4.9 kB``, ``1.2 MB``."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            break
        count /= 1000
    return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"


def seconds_text(seconds: float) -> str:
    """A time: ``12 us``, ``3.4 ms``, ``1.2 s``."""
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1e3:.2f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f} us"


def kept_by(node: Node) -> list[str]:
    """What a node keeps for its derivative, a line each; where it was released after backward, the names alone."""
    recipe = getattr(node, "recipe", None)
    names = [name for name in recipe.saved if name != "shapes"] if recipe is not None else []
    if node.saved is RELEASED:
        return [f"{name}, released" for name in names]
    lines = []
    for name, value in zip(recipe.saved if recipe is not None else (), node.saved):
        for array in value if isinstance(value, tuple) and name != "shapes" else (value,):
            lines += [f"{name} {array.shape}, {bytes_text(array.nbytes)}"] if hasattr(array, "nbytes") else []
    return lines


def values_text(array: Any) -> str:
    """The values of a small array; of a larger one the first."""
    if np.ndim(array) == 0:
        return f"= {_number(array[()])}"
    flat = array.ravel()[:FEW]
    return f"[{', '.join(map(_number, flat))}{', …' if np.size(array) > FEW else ''}]"


def statistics_text(array: Any) -> str:
    """Mean, spread and range of an array."""
    if not np.size(array) or array.dtype.kind not in "fiu":
        return ""
    with np.errstate(all="ignore"):
        mean, spread = np.mean(array, dtype=np.float64), np.std(array, dtype=np.float64)
        return f"{_number(mean)} ± {_number(spread)}, {_number(np.min(array))} to {_number(np.max(array))}"


def trouble_text(array: Any) -> str:
    """How many nan and inf an array has, as in ``3 nan, 1 inf``; empty if none."""
    if not isinstance(array, np.ndarray) or array.dtype.kind != "f":
        return ""
    with np.errstate(all="ignore"):
        if np.isfinite(array.sum(dtype=np.float64)):  # a sum of finite numbers: no need to look at each
            return ""
        counts = {"nan": np.isnan(array).sum(), "inf": np.isinf(array).sum()}
    return ", ".join([f"{count:,} {word}" for word, count in counts.items() if count])


def _number(value: Any) -> str:
    value = value.item() if isinstance(value, np.generic) else value
    return f"{value:.4g}" if isinstance(value, float) else str(value)
