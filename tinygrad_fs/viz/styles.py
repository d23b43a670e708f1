"""Styles: the colours, borders and letters of drawings. Every colour is backed by a shape or a word."""

from __future__ import annotations

from typing import Final, TypeAlias

__all__ = ["EDGE", "NODE", "STYLES", "WITHOUT_GRADIENT", "of_graph", "of_node"]

Attributes: TypeAlias = dict[str, str]

# A font whose widths Graphviz knows by heart, so that text fits its box everywhere.
_LETTERS: Final[Attributes] = {"fontname": "Helvetica", "fontcolor": "#1f2328"}

_GRAPH: Final[Attributes] = {"bgcolor": "white", "pad": "0.2", "nodesep": "0.3", "ranksep": "0.4"}

NODE: Final[Attributes] = _LETTERS | {
    "shape": "box",
    "style": "rounded,filled",
    "fillcolor": "#f6f8fa",
    "color": "#8c959f",
    "fontsize": "12",
    "margin": "0.14,0.07",
    "height": "0.4",
}
"""What holds for all nodes, and all that holds for an op's."""

EDGE: Final[Attributes] = _LETTERS | {
    "color": "#57606a",
    "fontcolor": "#57606a",
    "fontsize": "9",
    "arrowsize": "0.7",
    "labeldistance": "1.5",
}

WITHOUT_GRADIENT: Final[Attributes] = {"style": "dashed", "color": "#8c959f"}
"""An edge along which nothing flows back."""

STYLES: Final[dict[str, Attributes]] = {
    "op": {},
    "leaf": {"style": "filled", "fillcolor": "#ddf4ff", "color": "#0969da"},
    "input": {"shape": "ellipse", "style": "filled", "fillcolor": "#dafbe1", "color": "#1a7f37", "margin": "0.06,0.04"},
    "constant": {"style": "filled", "fillcolor": "#eaeef2", "color": "#afb8c1", "fontsize": "10", "height": "0.3"},
    "part": {"fontsize": "10", "height": "0.3"},
}
"""What differs from `NODE`, for each kind of node."""

_LARGE: Final = 200

_OUTPUT: Final[Attributes] = {"peripheries": "2", "color": "#bf8700"}
_COMPUTED: Final[Attributes] = {"fillcolor": "#fff1b8"}


def of_graph(direction: str, nodes: int) -> Attributes:
    """The style of a whole drawing of so many nodes."""
    style = _GRAPH | {"rankdir": direction}
    # Placing what hundreds of weights and their readers share takes minutes to the last bit; good enough is quick.
    return style | {"nslimit": "1"} if nodes > _LARGE else style


def of_node(kind: str, *, is_output: bool) -> Attributes:
    """The style of a kind of node. Outputs have a double border in amber, and are amber if they were computed."""
    style = STYLES[kind]
    if not is_output:
        return style
    return style | _OUTPUT | (_COMPUTED if kind in ("op", "part") else {})
