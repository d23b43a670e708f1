"""Drawing: `viz.graph`, from tensors to a `graphviz.Digraph`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, runtime_checkable

from tinygrad_fs.graph import Node
from tinygrad_fs.tensor import Tensor
from tinygrad_fs.viz import labels, styles
from tinygrad_fs.viz.parts import Edge, Parts
from tinygrad_fs.viz.picture import Graph

if TYPE_CHECKING:
    import graphviz  # type: ignore[import-untyped]

__all__ = ["graph"]


@runtime_checkable
class HasNamedParameters(Protocol):
    """What can name its parameters, such as an `nn.Module`."""

    def named_parameters(self) -> Iterable[tuple[str, Tensor]]:
        """Pairs of a name and a parameter."""


Names: TypeAlias = "Mapping[str, Tensor] | HasNamedParameters"

_COMMUTATIVE = frozenset({"Add", "Multiply", "Maximum", "Minimum", "Fmax", "Fmin", "Hypot", "Logaddexp"})
"""Ops whose arguments may change places, so that their edges need no numbers."""


def graph(
    outputs: Tensor | Iterable[Tensor],
    *,
    names: Names | None = None,
    direction: Literal["TB", "LR"] = "TB",
    show_shapes: bool = True,
    show_dtypes: bool | Literal["auto"] = "auto",
    timeout: float = 20.0,
) -> Graph:
    """Draw how tensors came to be.

    Ops are rounded boxes, leaves that require grad are blue boxes, inputs without gradient are green ovals, and
    the outputs have a double border in amber. There is one edge per argument, so ``x * x`` has two; where
    the order matters they are numbered from 0. Nothing flows back along a dashed edge. Numbers stand in the
    label of their op: ``(_, 2)`` in that of ``x ** 2``, where ``_`` is the argument that has an edge. So do
    the options of the op that are not their defaults.

    Parameters
    ----------
    outputs : Tensor, or iterable of Tensor
        What to draw the graph of. A tensor without a graph is drawn alone. After a backward pass a graph can be
        drawn as well as before.
    names : mapping of str to Tensor, or Module, optional
        Names for any of the tensors. For those of a module and others too, give
        ``{"x": x, **dict(model.named_parameters())}``. Tensors that are not in the graph are passed by.
    direction : {"TB", "LR"}, default "TB"
        From top to bottom or from left to right.
    show_shapes : bool, default True
        Whether to give the shapes.
    show_dtypes : bool or "auto", default "auto"
        Whether to give the dtypes; "auto" gives those that differ from the most frequent one.
    timeout : float, default 20
        How many seconds a layout may take, when the drawing is shown or saved as a picture.

    Returns
    -------
    Graph
        With `.source`, `.save(path)` and `.svg()`; it shows itself in a notebook.

    Raises
    ------
    TypeError
        If something else than Tensors is given.
    ValueError
        If no tensor is given, or an option is not one of those above.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs import viz
    >>> w = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> picture = viz.graph(w * w, names={"w": w})
    >>> picture
    <Graph: 1 op, 1 leaf, 2 edges>
    >>> picture.source.count("n0 -> n1")
    2
    """
    _check_options(direction, show_dtypes, timeout)
    parts = Parts([_node_of(tensor) for tensor in _as_tensors(outputs)], _named(names))
    digraph = _digraph(parts, direction, show_shapes, show_dtypes)
    return Graph(digraph, parts.counts(), timeout)


def _check_options(direction: Any, show_dtypes: Any, timeout: float) -> None:
    if direction not in ("TB", "LR"):
        raise ValueError(f"viz.graph: direction={direction!r}; it must be 'TB' or 'LR'")
    if show_dtypes not in (True, False, "auto"):
        raise ValueError(f"viz.graph: show_dtypes={show_dtypes!r}; it must be True, False or 'auto'")
    if not timeout > 0:
        raise ValueError(f"viz.graph: timeout={timeout!r}; it must be a positive number of seconds")


def _as_tensors(outputs: Any) -> list[Tensor]:
    """The outputs as a list, checked."""
    wanted = "viz.graph: outputs must be a Tensor or several Tensors"
    if isinstance(outputs, Tensor):
        return [outputs]
    if not isinstance(outputs, Iterable):
        raise TypeError(f"{wanted}, not a {type(outputs).__name__}")
    tensors = list(outputs)
    for tensor in tensors:
        if not isinstance(tensor, Tensor):
            raise TypeError(f"{wanted}; one of those given is a {type(tensor).__name__}")
    if not tensors:
        raise ValueError(f"{wanted}; none was given")
    return tensors


def _node_of(tensor: Tensor) -> Node:
    return tensor._node or tensor._as_constant()


def _named(names: Any) -> dict[Node, str]:
    """The names of nodes. A tensor that has several, such as a tied weight, gets them all."""
    if names is None:
        return {}
    pairs: Iterable[tuple[Any, Any]]
    if isinstance(names, HasNamedParameters):
        buffers = names.named_buffers() if hasattr(names, "named_buffers") else ()
        pairs = chain(names.named_parameters(), buffers)
    elif isinstance(names, Mapping):
        pairs = names.items()
    else:
        raise TypeError(f"viz.graph: names must be a dict of str to Tensor, or a Module, not a {type(names).__name__}")
    named: dict[Node, str] = {}
    for name, tensor in pairs:
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            given = f"{type(name).__name__} to {type(tensor).__name__}"
            raise TypeError(f"viz.graph: names must lead from str to Tensor; one leads from {given}")
        node = _node_of(tensor)
        named[node] = f"{named[node]}, {name}" if node in named else name
    return named


def _digraph(parts: Parts, direction: str, show_shapes: bool, show_dtypes: bool | str) -> graphviz.Digraph:
    """Write the parts down, each node under a name that is the same in every run."""
    import graphviz  # here, so that the library can be imported without it

    ids = {node: f"n{number}" for number, node in enumerate(parts.nodes)}
    usual = parts.usual_dtype() if show_dtypes == "auto" else None
    digraph = graphviz.Digraph(
        graph_attr=styles.of_graph(direction, len(ids)), node_attr=styles.NODE, edge_attr=styles.EDGE
    )
    for node, name in ids.items():
        shown = labels.value_text(node, shapes=show_shapes, dtypes=bool(show_dtypes), usual=usual)
        digraph.node(name, **_node_attributes(node, parts, shown))
    for edge in parts.edges:
        digraph.edge(ids[edge.source], ids[edge.reader], **_edge_attributes(edge))
    return digraph


def _node_attributes(node: Node, parts: Parts, shown: str) -> dict[str, str]:
    """Style, label and tooltip of a node; `shown` is what its label says of shape and dtype."""
    kind = parts.kind(node)
    name = labels.legible(parts.names.get(node, ""))
    word = node.name if kind in ("op", "part") else kind
    arguments = [labels.operands(node), labels.options(node)]
    if kind in ("op", "part"):
        title = f"{labels.shorten(name)} = {word}" if name else word
    else:
        title = labels.shorten(name) or word
    hover = [name, word, *arguments, labels.value_text(node)]
    return {
        "label": labels.as_label(title, [" ".join(filter(None, arguments)), shown]),
        "tooltip": labels.as_tooltip(", ".join(filter(None, hover))),
        **styles.of_node(kind, is_output=node in parts.roots),
    }


def _edge_attributes(edge: Edge) -> dict[str, str]:
    attributes = {} if edge.differentiable else dict(styles.WITHOUT_GRADIENT)
    if edge.number is not None and edge.reader.name not in _COMMUTATIVE:
        attributes["headlabel"] = str(edge.number)
    if edge.part is not None:
        attributes["label"] = f" [{edge.part}] "
    return attributes
