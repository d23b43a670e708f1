"""The graph: nodes, their order, and the sweep that carries gradients back through them.

A `Node` is how a value came to be. Edges join nodes, not tensors, so only what a derivative names stays
alive. In define-by-run a node is made after the nodes it reads from, so the order of creation is already a
topological order: the sweep gathers what it can reach and goes through it by index, last first. There is no
recursion, and the order is the same every time.

This module knows no op, no `Tensor` and no drawing. Cotangents are whatever the nodes' `pull` takes and
gives: arrays in an ordinary backward, Tensors when the backward pass is itself recorded.
"""

from __future__ import annotations

import operator
import threading
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, ClassVar, Final
from weakref import ref

import numpy as np

from tinygrad_fs import changes
from tinygrad_fs.changes import copied, tick, unshared
from tinygrad_fs.dtypes import zeros_beside
from tinygrad_fs.watching import watchers

__all__ = [
    "BackwardError",
    "Constant",
    "HookHandle",
    "Hooks",
    "Leaf",
    "Node",
    "Output",
    "RELEASED",
    "ancestors",
    "mode",
    "passes",
    "sweep",
    "unbroadcast",
]


class BackwardError(RuntimeError):
    """A backward pass cannot go on; the message names the op and the remedy."""


class _Released:
    """What a node holds in place of its saved arrays once a backward pass has used them."""

    def __repr__(self) -> str:
        return "RELEASED"


RELEASED: Final = _Released()


class _Mode(threading.local):
    """What holds for the running thread."""

    grad = True
    """Whether ops are recorded."""

    recomputing = False
    """Whether what is computed was computed before: then nothing is to be remembered of it a second time."""


mode = _Mode()


passes: deque[tuple[int, int, int]] = deque(maxlen=10_000)
"""Of the latest recorded sweeps: the ticks at which each began and ended, between which all is its work, and its order:
1, or one more than that of a sweep through whose work it led. Drawings read it."""

_LOOKED_AT = 8


class Node:
    """How a value came to be, and what its gradient's way back needs.

    Attributes
    ----------
    index : int
        The tick at which the node was made. Inputs always have a lower one.
    inputs : tuple of Node or None
        One edge per argument; None where no gradient flows (an argument that needs none).
    constants : tuple of Constant or None, or None
        What stands at the arguments without an edge. Only drawings read it.
    shape, dtype
        Of the value; tuples of them where an op has several outputs.
    saved : tuple
        What the derivative named; `RELEASED` once a backward pass has used it.
    hooks : Hooks or None
        What runs on the gradient on its way through.
    where : tuple of (str, int), or None
        File and line of the user's code that made the node; recorded under anomaly detection only.
    """

    __slots__ = (
        "__weakref__",
        "constants",
        "dtype",
        "hooks",
        "index",
        "inputs",
        "saved",
        "shape",
        "where",
    )

    index: int
    inputs: tuple[Node | None, ...]
    constants: tuple[Constant | None, ...] | None
    shape: Any
    dtype: Any
    saved: Any
    hooks: Hooks | None
    where: tuple[str, int] | None

    broadcasts: ClassVar[bool] = False
    owns_cotangent: ClassVar[bool] = False
    updates_in_place: ClassVar[bool] = False
    accumulate: ClassVar[Callable[..., None] | None] = None

    def __init__(self, shape: Any, dtype: Any, inputs: tuple[Node | None, ...] = ()) -> None:
        self.index = tick()
        self.inputs = inputs
        self.constants = None
        self.shape = shape
        self.dtype = dtype
        self.saved = ()
        self.hooks = None
        self.where = None

    @property
    def name(self) -> str:
        """The name for messages and drawings: that of the class."""
        return type(self).__name__

    def __repr__(self) -> str:
        return f"<{self.name}>"

    def pull(self, g: Any, edges: tuple[Node | None, ...], saved: Any) -> Iterable[Any]:
        """The gradients of the inputs from that of the output; one per edge, anything where the edge is None."""
        raise NotImplementedError(f"{self.name} has no derivative")

    def lift(self) -> Any:
        """What was saved, as recorded values: for a backward pass that is itself recorded."""
        return self.saved

    def check_unchanged(self) -> None:
        """Raise if a saved array was written to after it was saved."""


class Leaf(Node):
    """Where gradients end: a tensor that requires grad and was not made by a recorded op."""

    __slots__ = ("tensor",)

    def __init__(self, tensor: Any, shape: Any, dtype: Any) -> None:
        super().__init__(shape, dtype)
        self.tensor = ref(tensor)  # weak: the tensor holds its leaf, so a strong one would be a cycle


class Constant(Node):
    """A value that needs no gradient. The engine passes it by; drawings show it."""

    __slots__ = ("value",)

    def __init__(self, shape: Any, dtype: Any, value: float | None = None) -> None:
        super().__init__(shape, dtype)
        self.value = value


class Output(Node):
    """One output of a node that has several; its gradient is that node's entry at `position`."""

    __slots__ = ("position",)

    def __init__(self, source: Node, position: int) -> None:
        super().__init__(source.shape[position], source.dtype[position], (source,))
        self.position = position

    @property
    def name(self) -> str:
        """The name of the op, with the position."""
        source = self.inputs[0]
        return f"{source.name if source else 'Output'}[{self.position}]"


class Hooks:
    """What runs when the gradient of a node is complete: functions first, then `retain_grad`."""

    __slots__ = ("_next", "functions", "keeper")

    def __init__(self) -> None:
        self.functions: dict[int, Callable[..., Any]] = {}
        self.keeper: ref[Any] | None = None
        self._next = 0

    def add(self, function: Callable[..., Any]) -> int:
        """Append `function`; the returned number removes it."""
        self._next += 1
        self.functions[self._next] = function
        return self._next

    def run(self, g: Any) -> Any:
        """Hand `g` through every function, each of which may replace it."""
        for function in tuple(self.functions.values()):
            g = function(g)
        return g


class HookHandle:
    """What `register_hook` returns; `remove()` takes the hook off."""

    __slots__ = ("_hooks", "_number")

    def __init__(self, hooks: Hooks, number: int) -> None:
        self._hooks = hooks
        self._number = number

    def remove(self) -> None:
        """Take the hook off; a second call does nothing."""
        self._hooks.functions.pop(self._number, None)


_by_index = operator.attrgetter("index")


def ancestors(nodes: Iterable[Node]) -> list[Node]:
    """`nodes` and all that they were made from along edges, latest first."""
    found = set(nodes)
    order = list(found)
    for node in order:  # it grows meanwhile
        for edge in node.inputs:
            if edge is not None and edge not in found:
                found.add(edge)
                order.append(edge)
    order.sort(key=_by_index, reverse=True)
    return order


def _routes(order: list[Node], targets: set[Node] | None) -> dict[Node, tuple[Node | None, ...]] | None:
    """For each node above a target, its edges with those that lead to none cut; None if all edges lead to targets."""
    if targets is None or targets.issuperset([node for node in order if not node.inputs]):
        return None
    leading = set(targets)
    routes = {}
    for node in reversed(order):
        if not leading.isdisjoint(node.inputs):
            leading.add(node)
            routes[node] = tuple([edge if edge in leading else None for edge in node.inputs])
    return routes


@np.errstate(all="ignore")
def sweep(
    seeds: dict[Node, Any],
    targets: set[Node] | None = None,
    *,
    retain_graph: bool = False,
    recorded: bool = False,
    shown: bool = False,
) -> dict[Node, Any]:
    """Carry the cotangents `seeds` back through the graph and return those of the targets.

    Parameters
    ----------
    seeds : dict of Node to cotangent
        Where to begin, and with what.
    targets : set of Node, optional
        Whose cotangents are wanted; only what leads there is computed. Without it: all leaves, and all
        nodes whose tensor asked to `retain_grad`.
    retain_graph : bool
        Keep what the nodes saved, so that another sweep can follow.
    recorded : bool
        Cotangents are Tensors, and the sweep is recorded as any other computation is.
    shown : bool
        Those who watch know that it has begun.

    Raises
    ------
    BackwardError
        If a node was used up by an earlier sweep, a saved array changed, or a derivative is wrong.
    """
    if watchers and not shown:
        return _shown(seeds, targets, retain_graph=retain_graph, recorded=recorded)
    order = ancestors(seeds)
    begin = tick() if recorded else 0
    routes = _routes(order, targets)
    grads = dict(seeds)
    found: dict[Node, Any] = {}
    for node in order:
        g = grads.pop(node, None)
        if g is None:
            continue
        if type(g) is list:
            g = _with_zeros(g, node)
        if node.hooks is not None:
            g = node.hooks.run(g)
            if targets is None and node.hooks.keeper is not None:
                found[node] = g
        edges = node.inputs if routes is None else routes.get(node, ())
        if node in targets if targets is not None else not edges:
            found[node] = g
        if not edges:
            continue
        if type(node) is Output:
            _hand_to_source(node, g, grads)
            continue

        saved = node.saved
        if saved is RELEASED:
            raise BackwardError(
                f"backward: {node.name} was differentiated before, and what it had saved was released; "
                "to go through a graph again, call the first backward with retain_graph=True"
            )
        if node.index < changes.latest:
            node.check_unchanged()
        parts: Any
        try:
            if recorded:
                parts = node.pull(g.clone() if node.owns_cotangent else g, edges, node.lift())
            elif node.accumulate is not None and edges[0] in grads:
                parts = _accumulate(node, g, edges[0], grads)
            else:
                if node.owns_cotangent:
                    grads[node] = g  # a container and a variable: what `unshared` takes for one owner
                    if not unshared(g):
                        g = copied(g)
                    del grads[node]
                parts = node.pull(g, edges, saved)
        except Exception as error:
            raise _failure(node, error) from error
        if watchers:
            for watcher in tuple(watchers):
                watcher.after_backward(node, g, edges, parts)
        if not retain_graph:
            node.saved = RELEASED
        saved = g = None  # lets go of the arrays, and of a reference that `unshared` would count

        for edge, part in zip(edges, parts):
            if edge is None or part is None:
                continue
            try:
                fits = part.shape == edge.shape and part.dtype is edge.dtype
            except AttributeError:
                raise _wrong_part(node, edge, part) from None
            if not fits:
                part = _fit(part, edge, node)
            held = grads.get(edge)
            if held is None:
                grads[edge] = part
            elif recorded or not unshared(held):
                # A derivative may have returned the cotangent itself, a view or a saved array:
                # the first sum allocates, and the later ones go into what it allocated.
                grads[edge] = held + part
            else:
                held += part
        parts = part = held = None
    if recorded:
        _note_pass(begin, order)
    return found


def _shown(seeds: dict[Node, Any], targets: set[Node] | None, **how: bool) -> dict[Node, Any]:
    """A sweep, between telling those who watch that it begins and that it is over."""
    witnesses = tuple(watchers)
    for watcher in witnesses:
        watcher.before_sweep(seeds)
    try:
        return sweep(seeds, targets, shown=True, **how)
    finally:
        for watcher in witnesses:
            watcher.after_sweep()


def _note_pass(begin: int, order: list[Node]) -> None:
    """Note a recorded sweep that began at a tick and led through nodes, latest first."""
    depth = 1
    for first, last, depth_then in islice(reversed(passes), _LOOKED_AT):
        oldest = bisect_left(order, -last, key=lambda node: -node.index)
        if oldest < len(order) and order[oldest].index > first:
            depth = max(depth, depth_then + 1)
    passes.append((begin, tick(), depth))


def _failure(node: Node, error: Exception) -> BackwardError:
    """Say which op it was whose derivative failed."""
    if isinstance(error, BackwardError):
        return error
    place = f", made at {node.where[0]}:{node.where[1]}" if node.where else ""
    return BackwardError(f"backward of {node.name}{place}: {type(error).__name__}: {error}")


def _accumulate(node: Node, g: Any, edge: Any, grads: dict[Node, Any]) -> tuple[()]:
    """Let an op with `accumulate` add its gradient to what its input has already, in place."""
    held = grads[edge]
    if not unshared(held):
        held = copied(held)
    node.accumulate(held, g)  # type: ignore[misc]
    grads[edge] = held
    return ()


def _hand_to_source(output: Output, g: Any, grads: dict[Node, Any]) -> None:
    """Enter the cotangent of one output into the list of its node's cotangents."""
    source = output.inputs[0]
    if source is None:
        return
    entries = grads.get(source)
    if entries is None:
        entries = grads[source] = [None] * len(source.shape)
    held = entries[output.position]
    entries[output.position] = g if held is None else held + g


def _with_zeros(entries: list[Any], node: Node) -> tuple[Any, ...]:
    """The cotangents of a node with several outputs, with zeros for those that nobody used."""
    like = next(g for g in entries if g is not None)
    return tuple(
        [
            zeros_beside(like, shape, dtype) if g is None else g
            for g, shape, dtype in zip(entries, node.shape, node.dtype)
        ]
    )


def _fit(part: Any, edge: Node, node: Node) -> Any:
    """Bring a gradient to its input's shape and dtype."""
    if part.shape != edge.shape:
        if not node.broadcasts or not _broadcasts_to(edge.shape, part.shape):
            raise _wrong_part(node, edge, part)
        part = unbroadcast(part, edge.shape)
    return part if part.dtype == edge.dtype else part.astype(edge.dtype)


def _wrong_part(node: Node, edge: Node, part: Any) -> BackwardError:
    got = f"shape {part.shape}" if hasattr(part, "shape") else f"a {type(part).__name__}"
    position = node.inputs.index(edge)
    return BackwardError(
        f"backward of {node.name}: its vjp must return for input {position} a gradient of that input's "
        f"shape {edge.shape}, not {got}"
    )


def _broadcasts_to(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    if len(shape) > len(target):
        return False
    return all(size in (1, goal) for size, goal in zip(reversed(shape), reversed(target)))


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """Sum `g` over the axes along which an input of `shape` was broadcast."""
    added = g.ndim - len(shape)
    stretched = tuple(added + axis for axis, size in enumerate(shape) if size == 1 and g.shape[added + axis] != 1)
    axes = tuple(range(added)) + stretched
    if g.dtype == np.float16:  # it runs out of digits and of range in long sums
        g = g.astype(np.float32)
    total = np.sum(g, axis=axes)
    return total if total.shape == shape else np.reshape(total, shape)
