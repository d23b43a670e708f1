"""DOT: a scene in the language of Graphviz."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Final, TypeAlias

from tinygrad_fs.viz.font_metrics import FAMILY
from tinygrad_fs.viz.scene import Box, Key, Link, Scene, Scope
from tinygrad_fs.viz.styles import FAINT, INK, SCOPE_FILL, SCOPE_LINE, TROUBLE, BoxLook, box_look, link_look

if TYPE_CHECKING:
    import graphviz  # type: ignore[import-untyped]

__all__ = ["digraph_of"]

Attributes: TypeAlias = dict[str, str]

# A font whose widths Graphviz knows by heart, so that text fits its box everywhere.
_LETTERS: Final[Attributes] = {"fontname": FAMILY.partition(",")[0], "fontcolor": INK}

_GRAPH: Final[Attributes] = _LETTERS | {
    "bgcolor": "white",
    "pad": "0.2",
    "nodesep": "0.3",
    "ranksep": "0.4",
    "labelloc": "b",
    "labeljust": "l",
}
_NODE: Final[Attributes] = _LETTERS | {"shape": "box", "fontsize": "12", "margin": "0.14,0.07", "height": "0.4"}
_EDGE: Final[Attributes] = _LETTERS | {"fontcolor": FAINT, "fontsize": "9", "arrowsize": "0.7", "labeldistance": "1.5"}
_CLUSTER: Final[Attributes] = {
    "style": "rounded,filled",
    "fillcolor": SCOPE_FILL,
    "color": SCOPE_LINE,
    "fontcolor": FAINT,
    "fontsize": "11",
    "labelloc": "t",
}

_SHAPES: Final = {"oval": "ellipse", "note": "note", "stack": "box3d"}
_LARGE: Final = 200
_KEYS_PER_ROW: Final = 3


def digraph_of(scene: Scene) -> graphviz.Digraph:
    """The scene as a `graphviz.Digraph`: nodes are n0, n1 and so on, in the order of the computation."""
    import graphviz  # here, so that the library can be imported without it

    digraph = graphviz.Digraph(
        graph_attr=_graph_attributes(scene), node_attr=_NODE, edge_attr=_EDGE, name="computation"
    )
    inside: list[list[int]] = [[] for _ in range(len(scene.scopes) + 1)]  # positions of boxes; scopes as -1 - position
    entered: set[int] = set()
    for number, box in enumerate(scene.boxes):
        inside[box.scope].append(number)
        scope, chain = box.scope, []
        while scope != -1 and scope not in entered:
            entered.add(scope)
            chain.append(scope)
            scope = scene.scopes[scope].parent
        for scope in chain:
            inside[scene.scopes[scope].parent].append(-1 - scope)
    clusters: dict[int, graphviz.Digraph] = {}
    for scope in reversed(range(len(scene.scopes))):  # the inner ones first
        clusters[scope] = graphviz.Digraph(f"cluster_{scope}", graph_attr=_cluster_attributes(scene.scopes[scope]))
        _fill(clusters[scope], inside[scope], scene, clusters)
    _fill(digraph, inside[-1], scene, clusters)
    for link in scene.links:
        ends = (link.reader, link.source) if link.is_upward else (link.source, link.reader)
        digraph.edge(f"n{ends[0]}", f"n{ends[1]}", **_edge_attributes(link))
    return digraph


def _fill(graph: graphviz.Digraph, inside: list[int], scene: Scene, clusters: dict[int, graphviz.Digraph]) -> None:
    for number in inside:
        if number >= 0:
            graph.node(f"n{number}", **_node_attributes(scene.boxes[number]))
        else:
            graph.subgraph(clusters[-1 - number])


def _graph_attributes(scene: Scene) -> Attributes:
    attributes = _GRAPH | {"rankdir": scene.direction}
    if len(scene.boxes) > _LARGE:
        # Placing what hundreds of weights and their readers share takes minutes to the last bit; good enough is quick.
        attributes["nslimit"] = "1"
    label = _legend(scene)
    return attributes | {"label": label} if label else attributes


def _cluster_attributes(scope: Scope) -> Attributes:
    return _CLUSTER | {"label": f"<<b>{_markup(scope.title)}</b>>", "tooltip": _tooltip(scope.tooltip)}


def _node_attributes(box: Box) -> Attributes:
    look = box_look(box)
    attributes = {"label": _label(box), "tooltip": _tooltip(box.tooltip), **_outline(look)}
    if look.small:
        attributes |= {"fontsize": "10", "height": "0.3", "margin": "0.1,0.04"}
    elif look.shape == "oval":
        attributes["margin"] = "0.06,0.04"
    return attributes


def _outline(look: BoxLook) -> Attributes:
    style = ["rounded"] if look.shape == "rounded" else []
    attributes = {
        "style": ",".join([*style, "filled", *(["dashed"] if look.dashed else [])]),
        "fillcolor": look.fill,
        "color": look.line,
    }
    if look.shape in _SHAPES:
        attributes["shape"] = _SHAPES[look.shape]
    if look.width != 1.0:
        attributes["penwidth"] = f"{look.width:g}"
    if look.double:
        attributes["peripheries"] = "2"
    return attributes


def _edge_attributes(link: Link) -> Attributes:
    look = link_look(link)
    attributes = {"color": look.line}
    if look.dashed:
        attributes["style"] = "dashed"
    if look.width != 1.0:
        attributes["penwidth"] = f"{look.width:g}"
    if link.number:
        attributes["taillabel" if link.is_upward else "headlabel"] = link.number
    if link.part:
        attributes["label"] = f" {link.part} "
    if link.is_upward:
        attributes["dir"] = "back"
    if link.is_loose:
        attributes["constraint"] = "false"
    return attributes


# ---- text


def _label(box: Box) -> str:
    """An HTML-like label: the title in bold, under it, small, the details, and what is wrong in red."""
    title = _markup(box.title)
    text = [title if box_look(box).small else f"<b>{title}</b>"]
    text += [f'<font point-size="10" color="{FAINT}">{_markup(detail)}</font>' for detail in box.details]
    if box.trouble:
        text.append(f'<font point-size="10" color="{TROUBLE}"><b>{_markup(box.trouble)}</b></font>')
    return f"<{'<br/>'.join(text)}>"


def _tooltip(text: str) -> str:
    # Graphviz goes twice through the backslashes of a tooltip, and once through its entities.
    return text.replace("&", "&amp;").replace("\\", "\\\\\\\\")


def _markup(text: str) -> str:
    # Even in HTML-like labels, Graphviz replaces \N and the like.
    return html.escape(text, quote=False).replace("\\", "\\\\") or " "


# ---- legend


def _legend(scene: Scene) -> str:
    """The legend and the notes as a table, to be the label of the graph."""
    rows = [
        "".join(map(_key, scene.legend[start : start + _KEYS_PER_ROW]))
        for start in range(0, len(scene.legend), _KEYS_PER_ROW)
    ]
    span = 2 * _KEYS_PER_ROW
    rows += [f'<td colspan="{span}" align="left"><i>{_markup(note)}</i></td>' for note in scene.notes]
    if not rows:
        return ""
    table = "".join([f"<tr>{row}</tr>" for row in rows])
    look = 'border="0" cellborder="0" cellspacing="4"'
    return f'<<font point-size="10" color="{FAINT}"><table {look}>{table}</table></font>>'


def _key(key: Key) -> str:
    words = f'<td align="left">{_markup(key.words)}</td>'
    if key.box is not None:
        return f"<td>{_swatch(box_look(key.box))}</td>{words}"
    assert key.link is not None
    look = link_look(key.link)
    line = "- - -" if look.dashed else "——"
    return f'<td><font color="{look.line}">{line}</font></td>{words}'


def _swatch(look: BoxLook) -> str:
    """A small box in the colours of a look."""
    styles = ["rounded"] if look.shape in ("rounded", "oval") else []
    styles += ["dashed"] if look.dashed else []
    style = f' style="{",".join(styles)}"' if styles else ""
    border = 2 if look.double or look.width > 1 else 1
    return (
        f'<table border="{border}" cellborder="0" cellspacing="0"{style} bgcolor="{look.fill}" color="{look.line}">'
        '<tr><td width="14" height="8"></td></tr></table>'
    )
