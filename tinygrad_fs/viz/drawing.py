"""Drawing: `viz.graph`, from tensors to a picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

from tinygrad_fs.graph import Node
from tinygrad_fs.tensor import Tensor
from tinygrad_fs.viz.describe import describe
from tinygrad_fs.viz.options import Options
from tinygrad_fs.viz.picture import Graph
from tinygrad_fs.viz.scene import Direction
from tinygrad_fs.viz.sketch import read
from tinygrad_fs.viz.values import Values

__all__ = ["graph"]


@runtime_checkable
class HasNamedParameters(Protocol):
    """What can name its parameters, such as an `nn.Module`."""

    def named_parameters(self) -> Iterable[tuple[str, Tensor]]:
        """Pairs of a name and a parameter."""


Names: TypeAlias = "Mapping[str, Tensor] | HasNamedParameters"


def graph(
    outputs: Tensor | Iterable[Tensor],
    *,
    names: Names | None = None,
    direction: Direction = "TB",
    show_shapes: bool = True,
    show_dtypes: bool | Literal["auto"] = "auto",
    renderer: str = "auto",
    timeout: float = 20.0,
) -> Graph:
    """Draw how tensors came to be.

    Ops are rounded boxes, leaves that require grad are blue boxes, inputs without gradient are green ovals, and
    the outputs have a double border in amber. Where the order of arguments matters they are numbered from 0; ``x2``
    stands for an argument that is given twice. Nothing flows back along a dashed edge. Numbers stand in the
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
    renderer : str, default "auto"
        What draws pictures: the path of a Graphviz, "builtin" for the layout that needs nothing else, or "auto".
    timeout : float, default 20
        How many seconds Graphviz may take before the built-in layout is taken.

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
    <Graph: 1 op, 1 leaf, 1 edge>
    >>> picture.edges[0].number
    'x2'
    """
    options = Options(
        direction=direction, show_shapes=show_shapes, show_dtypes=show_dtypes, renderer=renderer, timeout=timeout
    )
    return draw(outputs, names, options)


def draw(outputs: Tensor | Iterable[Tensor], names: Names | None, options: Options) -> Graph:
    """The drawing of `outputs`, as the options want it."""
    tensors = {node_of(tensor): tensor for tensor in as_tensors(outputs)}
    values = Values({node: tensor.data for node, tensor in tensors.items()})
    sketch = read(list(tensors), named(names), options.fold_constants)
    for thing in sketch.things:
        values.learn(thing.node)
    return Graph(describe(sketch, options, values), options)


def as_tensors(outputs: Any) -> list[Tensor]:
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


def node_of(tensor: Tensor) -> Node:
    """The node that stands for a tensor in drawings."""
    return tensor._node or tensor._as_constant()


def named(names: Any) -> dict[Node, str]:
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
    found: dict[Node, str] = {}
    for name, tensor in pairs:
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            given = f"{type(name).__name__} to {type(tensor).__name__}"
            raise TypeError(f"viz.graph: names must lead from str to Tensor; one leads from {given}")
        node = node_of(tensor)
        found[node] = f"{found[node]}, {name}" if node in found else name
    return found
