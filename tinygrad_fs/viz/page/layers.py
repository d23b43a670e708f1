"""Layers: what a page shows beside the graph where hand-written backward passes were compared with autograd."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Difference", "Layer"]


class Difference(NamedTuple):
    """How far an array of the one way lies from that of the other: the largest difference, and the angle."""

    name: str
    absolute: float
    relative: float
    cosine: float


class Layer(NamedTuple):
    """A layer of the stack.

    Attributes
    ----------
    title, detail, verdict : str
        Its three lines.
    agrees : bool
        Whether both ways agree on it.
    scope : int
        The scope of the drawing that holds what it recorded; -1 for none.
    worst : float
        The largest relative difference of all; -1 if nothing was compared.
    differences : list of Difference
    """

    title: str
    detail: str
    verdict: str
    agrees: bool
    scope: int
    worst: float
    differences: list[Difference]
