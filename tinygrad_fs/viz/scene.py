"""Scene: what a drawing shows, whatever it is drawn with: boxes, links, scopes, a legend and a line of notes.

`describe` makes it from a graph; `dot` and `svg` write it down. It knows no tensors and no coordinates: `arrange`
gives it those.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

__all__ = ["Box", "BoxKind", "Direction", "Key", "Link", "LinkKind", "Scene", "Scope"]

Direction: TypeAlias = Literal["TB", "LR"]

BoxKind: TypeAlias = Literal[
    "op", "part", "leaf", "input", "stub", "constant", "scope", "backward", "again", "gradient", "saved"
]
"""What a box stands for: an op; one of its outputs; a leaf that requires grad; an input without gradient; a value
without gradient of which nothing but shape and dtype were kept; a number; a scope whose inside is not shown; an op of a
backward pass; one of the backward pass of a backward pass, or further; the gradient of a leaf; what an op keeps for
backward."""

LinkKind: TypeAlias = Literal["flow", "no-grad", "gradient", "saved"]
"""What a link stands for: a value that gradients flow back to; one without; a gradient; something kept."""


@dataclass(slots=True)
class Box:
    """A node of the drawing.

    Attributes
    ----------
    kind : BoxKind
    title : str
    details : list of str
        The lines under the title.
    tooltip : str
        All of it, at full length.
    scope : int
        The position of the scope that it is in; -1 for none.
    is_output : bool
        Whether it is one of the tensors that were asked for.
    has_gradient : bool
        Whether gradients flow through it.
    trouble : str
        What is wrong with its values, as in "3 nan"; empty if nothing is.
    """

    kind: BoxKind
    title: str
    details: list[str] = field(default_factory=list)
    tooltip: str = ""
    scope: int = -1
    is_output: bool = False
    has_gradient: bool = True
    trouble: str = ""


@dataclass(slots=True)
class Link:
    """An edge of the drawing.

    Attributes
    ----------
    source, reader : int
        The positions of the boxes at its ends.
    kind : LinkKind
    number : str
        Beside its head: which argument it is, or how often it is one.
    part : str
        Beside its tail: which of several outputs it is.
    is_upward : bool
        It runs against the direction of the drawing.
    is_loose : bool
        It has no say in who stands where.
    trouble : bool
        Whether what it carries has a nan or an inf.
    """

    source: int
    reader: int
    kind: LinkKind = "flow"
    number: str = ""
    part: str = ""
    is_upward: bool = False
    is_loose: bool = False
    trouble: bool = False


@dataclass(slots=True)
class Scope:
    """A box around boxes: one call of a module.

    Attributes
    ----------
    title, tooltip : str
    parent : int
        The position of the scope around it, which comes before it; -1 for none.
    count : int
        How many calls it stands for, one after another.
    """

    title: str
    tooltip: str = ""
    parent: int = -1
    count: int = 1


@dataclass(slots=True)
class Key:
    """A line of the legend: how something looks, and what that means. One of `box` and `link` is given."""

    words: str
    box: Box | None = None
    link: Link | None = None


@dataclass(slots=True)
class Scene:
    """A whole drawing.

    Attributes
    ----------
    boxes : list of Box
        In the order of the computation, sources before their readers.
    links : list of Link
    scopes : list of Scope
        Each after the one around it.
    legend : list of Key
        What of all the looks is present.
    notes : list of str
        What was done to keep it small.
    direction : {"TB", "LR"}
    """

    boxes: list[Box]
    links: list[Link]
    scopes: list[Scope]
    legend: list[Key] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    direction: Direction = "TB"
