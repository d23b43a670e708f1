"""Sketch: what of a graph is to be drawn, before it is put into words.

`reading` makes one from nodes; the steps that make large graphs small take a sketch and give a smaller one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tinygrad_fs.graph import Node
from tinygrad_fs.viz.scene import BoxKind

__all__ = ["Argument", "Area", "Sketch", "Thing"]


@dataclass(slots=True)
class Argument:
    """One argument of a thing.

    Attributes
    ----------
    source : int
        The position of the thing that it comes from.
    position : int
        Which argument it is.
    part : int or None
        Which of several outputs of the source it is.
    differentiable : bool
        Whether a gradient flows back along it.
    is_kept : bool
        It is what a backward op reads of the forward pass, beside the gradient.
    option : str
        The name of the option that it was given as; empty for an argument.
    """

    source: int
    position: int
    part: int | None = None
    differentiable: bool = True
    is_kept: bool = False
    option: str = ""


@dataclass(slots=True)
class Thing:
    """What becomes a box.

    Attributes
    ----------
    node : Node
        What it was read from.
    kind : BoxKind
    arguments : list of Argument
    area : int
        The position of the area that it is in; -1 for none.
    is_output : bool
        Whether it is one of the tensors that were asked for.
    name : str
        The name that the user gave; empty for none.
    order : int
        Of an op of a backward pass how many such passes it takes to come to it; 0 for others.
    is_implied : bool
        It is what backward would do, and no node of a graph.
    uses : int
        How many boxes are drawn for its node, if it is drawn again at each use; otherwise 1.
    members : int
        How many things it stands for.
    closed : Area or None
        The area that it stands for.
    """

    node: Node
    kind: BoxKind
    arguments: list[Argument] = field(default_factory=list)
    area: int = -1
    is_output: bool = False
    name: str = ""
    order: int = 0
    is_implied: bool = False
    uses: int = 1
    members: int = 1
    closed: Area | None = None


@dataclass(slots=True)
class Area:
    """What becomes a box around boxes: one call of a module, or several that are alike.

    Attributes
    ----------
    parent : int
        The position of the area around it, which comes before it; -1 for none.
    path : str
        The dotted name of the module.
    kind : str
        The name of its class.
    size, bytes : int
        How many parameters it has, and how large they are.
    count : int
        How many calls it stands for, one after another.
    last : str
        The path of the last of these.
    is_backward : bool
        It is what backward would do for a call.
    """

    parent: int
    path: str
    kind: str
    size: int
    bytes: int
    count: int = 1
    last: str = ""
    is_backward: bool = False


@dataclass(slots=True)
class Sketch:
    """The things to be drawn, sources before their readers, their areas, and what was done to make them few."""

    things: list[Thing]
    areas: list[Area] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def usual_dtype(self) -> Any:
        """The most frequent dtype, or the first of several such."""
        counts = Counter(thing.node.dtype for thing in self.things if not isinstance(thing.node.dtype, tuple))
        return counts.most_common(1)[0][0] if counts else None

    def readers(self) -> list[list[int]]:
        """For each thing, those that read it: as often as they do."""
        readers: list[list[int]] = [[] for _ in self.things]
        for number, thing in enumerate(self.things):
            for argument in thing.arguments:
                readers[argument.source].append(number)
        return readers

    def around(self, areas: list[int]) -> int:
        """The innermost area that all of these are in; -1 for none."""
        common: list[int] | None = None
        for area in dict.fromkeys(areas):
            chain = [area]
            while chain[-1] != -1:
                chain.append(self.areas[chain[-1]].parent)
            chain.reverse()
            common = chain if common is None else [one for one, other in zip(common, chain) if one == other]
        return common[-1] if common else -1
