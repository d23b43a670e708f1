"""Labels: what stands in and beside a node, as text and as Graphviz reads it."""

from __future__ import annotations

import html
from collections.abc import Iterable
from types import EllipsisType
from typing import Any

import numpy as np

from tinygrad_fs.graph import Constant, Node

__all__ = ["as_label", "as_tooltip", "legible", "operands", "options", "shorten", "value_text"]

LONGEST_NAME = 48
LONGEST_VALUE = 28

_DETAIL = '<font point-size="10" color="#57606a">{}</font>'


# ---- text


def legible(text: str) -> str:
    """`text` on one line, with an escape for what cannot be printed."""
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
    if isinstance(constant, Constant):
        return "_" if constant.value is None else _brief(constant.value)
    return _brief(constant)


def options(node: Node) -> str:
    """The options of an op that are not their defaults: ``axis=1, keepdims=True``."""
    recipe = getattr(type(node), "recipe", None)
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


# ---- as Graphviz reads it


def as_label(title: str, details: Iterable[str]) -> str:
    """An HTML-like label: the title in bold, and under it, small, those details that are not empty."""
    lines = [f"<b>{_markup(title)}</b>", *[_DETAIL.format(_markup(detail)) for detail in details if detail]]
    return f"<{'<br/>'.join(lines)}>"


def as_tooltip(text: str) -> str:
    """A text shown on hovering; the caller's quoting takes care of its quotation marks."""
    # Graphviz goes twice through the backslashes of a tooltip, and once through its entities.
    return text.replace("&", "&amp;").replace("\\", "\\\\\\\\")


def _markup(text: str) -> str:
    # Even in HTML-like labels, Graphviz replaces \N and the like.
    return html.escape(text, quote=False).replace("\\", "\\\\")
