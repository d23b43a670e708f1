"""Styles: the shapes, colours and borders of drawings. Every colour is backed by a shape or a word."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from tinygrad_fs.viz.scene import Box, BoxKind, Link, LinkKind

__all__ = [
    "FAINT",
    "INK",
    "SCOPE_FILL",
    "SCOPE_LINE",
    "TROUBLE",
    "BoxLook",
    "LinkLook",
    "Shape",
    "box_look",
    "link_look",
]

Shape: TypeAlias = Literal["rounded", "box", "oval", "note", "stack"]

INK: Final = "#1f2328"
FAINT: Final = "#57606a"
TROUBLE: Final = "#cf222e"
SCOPE_FILL: Final = "#f6f8fa"
SCOPE_LINE: Final = "#d0d7de"


@dataclass(frozen=True, slots=True)
class BoxLook:
    """How a box looks.

    Attributes
    ----------
    shape : Shape
    fill, line : str
        Colours.
    width : float
        Of the border.
    dashed, double : bool
        Of the border too.
    small : bool
        Smaller letters and margins.
    """

    shape: Shape
    fill: str
    line: str
    width: float = 1.0
    dashed: bool = False
    double: bool = False
    small: bool = False


@dataclass(frozen=True, slots=True)
class LinkLook:
    """How a link looks: its colour, its width, and whether it is dashed."""

    line: str
    width: float = 1.0
    dashed: bool = False


_BOXES: Final[dict[BoxKind, BoxLook]] = {
    "op": BoxLook("rounded", "#ffffff", "#6e7781"),
    "part": BoxLook("rounded", "#ffffff", "#6e7781", small=True),
    "leaf": BoxLook("box", "#ddf4ff", "#0969da"),
    "input": BoxLook("oval", "#dafbe1", "#1a7f37"),
    "stub": BoxLook("oval", "#ffffff", "#1a7f37", dashed=True, small=True),
    "constant": BoxLook("rounded", "#eaeef2", "#afb8c1", small=True),
    "scope": BoxLook("stack", "#f6f8fa", "#57606a"),
    "backward": BoxLook("rounded", "#fbefff", "#8250df"),
    "again": BoxLook("rounded", "#d8b9ff", "#512a97"),
    "gradient": BoxLook("box", "#fbefff", "#8250df"),
    "saved": BoxLook("note", "#fff1e5", "#bc4c00", small=True),
}

_LINKS: Final[dict[LinkKind, LinkLook]] = {
    "flow": LinkLook("#57606a"),
    "no-grad": LinkLook("#8c959f", dashed=True),
    "gradient": LinkLook("#8250df"),
    "saved": LinkLook("#bc4c00", dashed=True),
}


def box_look(box: Box) -> BoxLook:
    """The look of a box: that of its kind, and what is special about this one."""
    look = _BOXES[box.kind]
    if box.is_output:
        look = replace(look, line="#9a6700", double=True, fill="#fff8c5" if look.shape == "rounded" else look.fill)
    if not box.has_gradient and box.kind in ("op", "part", "scope"):
        look = replace(look, dashed=True)
    if box.trouble:
        look = replace(look, fill="#ffebe9", line=TROUBLE, width=2.5)
    return look


def link_look(link: Link) -> LinkLook:
    """The look of a link."""
    look = _LINKS[link.kind]
    return replace(look, line=TROUBLE, width=2.0) if link.trouble else look
