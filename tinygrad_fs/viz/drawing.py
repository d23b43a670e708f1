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
from tinygrad_fs.viz.pipeline import sketched
from tinygrad_fs.viz.scene import Direction
from tinygrad_fs.viz.tape import Tape, tape_of
from tinygrad_fs.viz.values import Values

__all__ = ["Names", "draw", "draw_nodes", "graph"]


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
    depth: int | None = None,
    expand: Iterable[str] = (),
    fold_repeats: bool | Literal["auto"] = "auto",
    fold_constants: bool = True,
    direction: Direction = "TB",
    graph: Literal["forward", "backward", "both"] = "forward",
    show_shapes: bool = True,
    show_dtypes: bool | Literal["auto"] = "auto",
    show_params: bool | Literal["inline", "shared"] = "inline",
    show_saved: bool = False,
    show_values: bool = False,
    show_grads: bool = False,
    show_stats: bool = False,
    show_time: bool = False,
    show_memory: bool = False,
    max_nodes: int | None = 2000,
    renderer: str = "auto",
    timeout: float = 20.0,
) -> Graph:
    """Draw how tensors came to be.

    Ops are rounded boxes, leaves that require grad are blue boxes, inputs without gradient are green ovals, and
    the outputs have a double border in amber. Where the order of arguments matters they are numbered from 0; ``x2``
    stands for an argument that is given twice. Nothing flows back along a dashed edge. Numbers stand in the
    label of their op: ``(_, 2)`` in that of ``x ** 2``, where ``_`` is the argument that has an edge. So do
    the options of the op that are not their defaults. What holds a nan or an inf is red and says so.

    The graph holds what gradients need. Of a value without gradient, it holds the shape: that is a stub, a small dashed
    oval, unless it is given a name. Modules as boxes around their ops, ops without gradient, values and times are
    drawn where the tensors were computed under `viz.record`, or by ``model.graph(x)``.

    Parameters
    ----------
    outputs : Tensor, or iterable of Tensor
        What to draw the graph of. A tensor without a graph is drawn alone. After a backward pass a graph can be
        drawn as well as before.
    names : mapping of str to Tensor, or Module, optional
        Names for any of the tensors. For those of a module and others too, give
        ``{"x": x, **dict(model.named_parameters())}``. Tensors that are not in the graph are passed by.
    depth : int, optional
        How many levels of modules to open; deeper ones are drawn as one box each. By default as many as `max_nodes`
        has room for.
    expand : iterable of str
        Dotted names of modules to open in any case.
    fold_repeats : bool or "auto", default "auto"
        Whether of calls that follow one another and are alike, as the blocks of a network, one is drawn. "auto" folds
        three or more in a graph that is not small, and the steps of a loop in one that is larger than `max_nodes`.
    fold_constants : bool, default True
        Whether numbers stand in the label of their op; otherwise each has a small grey box.
    direction : {"TB", "LR"}, default "TB"
        From top to bottom or from left to right.
    graph : {"forward", "backward", "both"}, default "forward"
        Whether to draw how the outputs came to be, how gradients flow back from them, or both side by side. A backward
        pass that was recorded (``create_graph=True``) is drawn for what it is.
    show_shapes : bool, default True
        Whether to give the shapes.
    show_dtypes : bool or "auto", default "auto"
        Whether to give the dtypes; "auto" gives those that differ from the most frequent one.
    show_params : {"inline", "shared", True, False}, default "inline"
        Whether a leaf or input with many readers is drawn again beside each of them ("inline" or True) or once
        ("shared"), or no leaf is drawn (False).
    show_saved : bool, default False
        Whether to note what each op keeps for its derivative.
    show_values, show_grads, show_stats : bool, default False
        Whether to give values, gradients, and their mean, spread and range, as far as they are known.
    show_time, show_memory : bool, default False
        Whether to give how long ops took, and how large their values are and what they keep, as far as it is known.
    max_nodes : int or None, default 2000
        How many nodes there should be at most. None sets no limit.
    renderer : str, default "auto"
        What draws pictures: the path of a Graphviz, "builtin" for the layout that needs nothing else, or "auto".
    timeout : float, default 20
        How many seconds Graphviz may take before the built-in layout is taken.

    Returns
    -------
    Graph
        With `.save(path)`, `.svg()` and `.source`; it shows itself in a notebook.

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
    >>> viz.graph(w * w, graph="backward")
    <Graph: 1 backward op, 2 gradients, 2 edges>
    """
    options = Options(
        depth=depth,
        expand=expand,
        fold_repeats=fold_repeats,
        fold_constants=fold_constants,
        direction=direction,
        graph=graph,
        show_shapes=show_shapes,
        show_dtypes=show_dtypes,
        show_params=show_params,
        show_saved=show_saved,
        show_values=show_values,
        show_grads=show_grads,
        show_stats=show_stats,
        show_time=show_time,
        show_memory=show_memory,
        max_nodes=max_nodes,
        renderer=renderer,
        timeout=timeout,
    )
    return draw(outputs, names, options, None)


def draw(outputs: Tensor | Iterable[Tensor], names: Names | None, options: Options, tape: Tape | None) -> Graph:
    """The drawing of `outputs`, as the options want it, with what a tape knows of them."""
    tensors = _as_tensors(outputs)
    tape = tape or tape_of(tensors)
    return draw_nodes({_node_of(tensor, tape): tensor.data for tensor in tensors}, names, options, tape)


def draw_nodes(outputs: Mapping[Node, Any], names: Names | None, options: Options, tape: Tape | None) -> Graph:
    """The drawing of nodes, with the values of those that have a known one."""
    known = dict(tape.names) if tape is not None else {}
    sketch = sketched(list(outputs), known | _named(names, tape), options, tape)
    values = Values(outputs, [thing.node for thing in sketch.things], tape)
    return Graph(describe(sketch, options, values), options, sketch.things, values)


def _as_tensors(outputs: Any) -> list[Tensor]:
    """The outputs as a list, checked."""
    wanted = "viz.graph: outputs must be a Tensor or several Tensors"
    if isinstance(outputs, Tensor):
        return [outputs]
    if isinstance(outputs, HasNamedParameters):
        name = type(outputs).__name__
        raise TypeError(f"{wanted}, not the {name} that makes them; give what it returns, or call its graph(x)")
    if not isinstance(outputs, Iterable):
        raise TypeError(f"{wanted}, not {type(outputs).__name__}")
    tensors = list(outputs)
    for tensor in tensors:
        if not isinstance(tensor, Tensor):
            raise TypeError(f"{wanted}; one of those given is a {type(tensor).__name__}")
    if not tensors:
        raise ValueError(f"{wanted}; none was given")
    return tensors


def _node_of(tensor: Tensor, tape: Tape | None) -> Node:
    """The node that stands for a tensor in drawings."""
    return tensor._node or (tensor._as_constant() if tape is None else tape.node_of(tensor))


def _named(names: Any, tape: Tape | None) -> dict[Node, str]:
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
        node = _node_of(tensor, tape)
        found[node] = f"{found[node]}, {name}" if node in found else name
    return found
