"""Tape: what happened while a program was recorded: every op, every call of a module, every step of a backward pass.

The engine keeps of a computation what its derivative needs and no more. A tape watches it and keeps the rest: inputs
and ops without gradient, values, times, and in which module each op ran.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from weakref import WeakSet, ref

import numpy as np

from tinygrad_fs.graph import Constant, Leaf, Node, Output, unbroadcast
from tinygrad_fs.tensor import Tensor
from tinygrad_fs.watching import Watcher, line_of_user

__all__ = ["Applied", "Call", "Pulled", "Tape", "Unrecorded", "tape_of", "tensors_in"]


class Unrecorded(Node):
    """Stands for an op that left no node in the graph, since nothing it read needs a gradient."""

    __slots__ = ("_options", "op")

    def __init__(self, op: Any, shape: Any, dtype: Any, constants: tuple[Any, ...], options: dict[str, Any]) -> None:
        super().__init__(shape, dtype, (None,) * len(constants))
        self.op = op
        self.constants = constants
        self._options = options

    @property
    def name(self) -> str:
        """The name of the op."""
        return str(self.op.__name__)

    @property
    def recipe(self) -> Any:
        """That of the op."""
        return self.op.recipe

    def __getattr__(self, name: str) -> Any:
        try:
            return self._options[name]
        except KeyError:
            raise AttributeError(name) from None


@dataclass(slots=True)
class Call:
    """One call of a module.

    Attributes
    ----------
    parent : int
        The position of the call that it was made in; -1 for none.
    path : str
        The dotted name of the module, from the outermost module that was called; empty for that one.
    kind : str
        The name of its class.
    size, bytes : int
        How many parameters it has, those of its parts included, and how large they are.
    """

    parent: int
    path: str
    kind: str
    size: int
    bytes: int


@dataclass(slots=True)
class Applied:
    """One application of an op.

    Attributes
    ----------
    node : Node
        Its node, or what stands for it.
    sources : tuple of Node or None
        What each argument came from, None for a number; then what arrays among its options came from.
    by_option : tuple of str
        The names of the options that the last sources were given as.
    call : int
        The call that it ran in; -1 for none.
    seconds : float
        How long it took.
    value : array, tuple of arrays or None
        What it made, if values are kept.
    keeps : tuple of (int, int)
        The arrays that it keeps for its derivative: of each its identity while it lived, and its bytes.
    where : tuple of (str, int), or None
        File and line of the code that called it.
    """

    node: Node
    sources: tuple[Node | None, ...]
    by_option: tuple[str, ...]
    call: int
    seconds: float
    value: Any
    keeps: tuple[tuple[int, int], ...]
    where: tuple[str, int] | None

    @property
    def kept(self) -> int:
        """How many bytes it keeps for its derivative."""
        return sum([size for _, size in self.keeps])


@dataclass(slots=True)
class Pulled:
    """One step of a backward pass.

    Attributes
    ----------
    node : Node
        Whose derivative it was.
    sweep : int
        Which backward pass, from 0.
    seconds : float
        How long it took, with what the engine did since the step before.
    gradient : array, tuple of arrays or None
        That of the node's output, if values are kept and the derivative left it as it was.
    parts : tuple of arrays or None
        What it sent to each argument.
    """

    node: Node
    sweep: int
    seconds: float
    gradient: Any
    parts: tuple[Any, ...]


DISCRETE = "iub"
"""The kinds of dtype that indices, labels and masks have."""

_tapes: WeakSet[Tape] = WeakSet()
_numbers = itertools.count()


class Tape(Watcher):
    """A recording of what one thread does.

    Parameters
    ----------
    values : bool, default True
        Whether to keep values and gradients. They are kept as they are, not copied.

    Attributes
    ----------
    steps : list of Applied and Pulled
        Everything that happened, in order.
    calls : list of Call
        The calls of modules, each after the one that it was made in.
    names : dict of Node to str
        The parameters and buffers of the modules that were called.
    begun_at : tuple of (str, int), or None
        The line of the user's program that began it.
    """

    def __init__(self, values: bool = True) -> None:
        self.steps: list[Applied | Pulled] = []
        self.calls: list[Call] = []
        self.names: dict[Node, str] = {}
        self.begun_at: tuple[str, int] | None = None
        self._values = values
        self._thread = threading.get_ident()
        self._applied: dict[Node, Applied] = {}
        self._seconds_back: dict[Node, float] = {}
        self._gradients: dict[Node, Any] = {}
        self._pending: list[dict[Node, Any]] = []  # per backward pass that runs, what has come together so far
        self._met: dict[Node, tuple[int, Any]] = {}  # inputs: in which call each was first seen, and its value
        self._makers: dict[int, tuple[Any, Node]] = {}  # the id of an array -> it, and the node that made it
        self._discrete: dict[tuple[int, ...], list[tuple[Any, Node]]] = {}  # of those, indices and masks by shape
        self._stack: list[int] = []
        self._paths: dict[Any, str] = {}
        self._sizes: dict[Any, tuple[int, int]] = {}
        self._begun: tuple[Any, tuple[Any, ...], dict[str, Any], float] | None = None
        self._sweeps = 0
        self._last = 0.0
        self._number = next(_numbers)
        _tapes.add(self)

    # ---- what it knows

    def applied(self, node: Node) -> Applied | None:
        """The application that a node stands for."""
        return self._applied.get(node)

    def sources(self, node: Node) -> tuple[Node | None, ...] | None:
        """What each argument of a node came from; None if the node was not made under this tape."""
        known = self._applied.get(node)
        return None if known is None else known.sources

    def option(self, node: Node, position: int) -> str:
        """The name of the option that a source was given as; empty if it was an argument."""
        known = self._applied.get(node)
        first = 0 if known is None else len(known.sources) - len(known.by_option)
        return known.by_option[position - first] if known is not None and position >= first else ""

    def call_of(self, node: Node) -> int | None:
        """The call in which a node was made, or an input first seen; -1 for none, and None if it is not known."""
        node = _made_with(node)
        if node in self._applied:
            return self._applied[node].call
        return self._met[node][0] if node in self._met else None

    def value(self, node: Node) -> Any:
        """What a node made, or an input holds; None if it is not known."""
        known = self._applied.get(_made_with(node))
        if known is None:
            return self._met[node][1] if node in self._met else None
        if isinstance(node, Output) and known.value is not None:
            return known.value[node.position]
        return known.value

    def gradient(self, node: Node) -> Any:
        """The latest gradient of a node's output; None if it is not known."""
        return self._gradients.get(node)

    def seconds(self, node: Node) -> tuple[float, float]:
        """How long a node's op took, and its derivative in all backward passes."""
        known = self._applied.get(node)
        return (known.seconds if known else 0.0), self._seconds_back.get(node, 0.0)

    def node_of(self, tensor: Tensor) -> Node:
        """The node that stands for a tensor in drawings."""
        return tensor._node or self._maker(tensor._data) or tensor._as_constant()

    def results(self) -> list[Node]:
        """What was computed outside of backward passes and that nothing else was computed from."""
        read = {_made_with(source) for known in self._applied.values() for source in known.sources if source}
        return [node for node in self._applied if node not in read]

    # ---- watching

    def before_forward(self, op: Any, given: tuple[Any, ...], options: dict[str, Any]) -> None:
        """Note what an op was given, and when it begins."""
        if threading.get_ident() == self._thread:
            self._begun = op, given, options, perf_counter()

    def after_forward(self, name: str, node: Node | None, arrays: tuple[Any, ...], result: Any) -> None:
        """Note what an op made."""
        if threading.get_ident() != self._thread:
            return
        now = perf_counter()
        op, given, options, begun = self._begun or (None, (), {}, now)
        self._begun = None
        sources = tuple([self._source(value) for value in given]) if op else node.inputs if node else ()
        if node is None:
            constants = tuple([value if source is None else source for value, source in zip(given, sources)])
            node = Unrecorded(op, result.shape, result.dtype, constants, options)
        if isinstance(result, tuple) and not isinstance(node.dtype, tuple):
            (result,) = result
        keeps = tuple([(id(array), array.nbytes) for array in _arrays_in(node.saved)])
        asked = [(name, maker) for name, maker in self._in_options(options) if maker not in sources]
        sources += tuple([maker for _, maker in asked])
        by_option = tuple([name for name, _ in asked])
        value = result if self._values else None
        known = Applied(node, sources, by_option, self._current(), now - begun, value, keeps, line_of_user())
        self._applied[node] = known
        self.steps.append(known)
        renewed = getattr(op, "updates_in_place", False)
        made = zip(result, _outputs(node)) if isinstance(result, tuple) else [(result, node)]
        for array, maker in made:
            if renewed or self._maker(array) is None:
                self._remember(array, maker)
        self._last = perf_counter()

    def before_sweep(self, seeds: dict[Node, Any]) -> None:
        """Note the gradients that a backward pass begins with."""
        if threading.get_ident() == self._thread:
            self._sweeps += 1
            self._pending.append({node: _plain(g) for node, g in seeds.items()} if self._values else {})
            self._last = perf_counter()

    def after_sweep(self) -> None:
        """Note the gradients that a backward pass ended with."""
        if threading.get_ident() == self._thread and self._pending:
            self._gradients |= self._pending.pop()

    def after_backward(self, node: Node, g: Any, edges: tuple[Node | None, ...], parts: Any) -> None:
        """Note what a derivative made."""
        if threading.get_ident() != self._thread:
            return
        seconds = perf_counter() - self._last
        self._seconds_back[node] = self._seconds_back.get(node, 0.0) + seconds
        gradient: Any = None
        sent: tuple[Any, ...] = ()
        if self._values and self._pending:
            pending = self._pending[-1]
            gradient = pending.pop(node, None)
            if not node.owns_cotangent:
                gradient = _plain(g)
            elif node.hooks is not None:  # what came of them, the derivative may have written into
                gradient = None
            self._gradients[node] = gradient
            sent = tuple([None if edge is None else _plain(part) for edge, part in zip(edges, parts)])
            for edge, part in zip(edges, sent):
                if edge is not None and part is not None:
                    pending[edge] = _sum(pending, edge, part)
            pending |= dict.fromkeys([edge for edge in edges[len(sent) :] if edge])  # it was added in place, unseen
        self.steps.append(Pulled(node, self._sweeps - 1, seconds, gradient, sent))
        self._last = perf_counter()

    def before_call(self, module: Any, arguments: tuple[Any, ...]) -> None:
        """A module begins: what runs now, runs in it."""
        if threading.get_ident() != self._thread:
            return
        for tensor in tensors_in(arguments):
            self._source(tensor)
        if module not in self._paths:
            self._name_parts(module)
        if module not in self._sizes:
            parameters = list(module.parameters()) if hasattr(module, "parameters") else []
            self._sizes[module] = sum([p.size for p in parameters]), sum([p.data.nbytes for p in parameters])
        self.calls.append(Call(self._current(), self._paths[module], type(module).__name__, *self._sizes[module]))
        self._stack.append(len(self.calls) - 1)

    def after_call(self, module: Any) -> None:
        """The module is over."""
        if threading.get_ident() == self._thread and self._stack:
            self._stack.pop()

    def _current(self) -> int:
        return self._stack[-1] if self._stack else -1

    def _name_parts(self, module: Any) -> None:
        """Learn the names of a module that was called, of all its parts, and of what they hold."""
        self._paths[module] = ""
        if hasattr(module, "named_modules"):
            self._paths |= {part: path for path, part in module.named_modules() if part not in self._paths}
        for kind in ("named_parameters", "named_buffers"):
            for name, tensor in getattr(module, kind, tuple)():
                self.names.setdefault(self.node_of(tensor), name)

    # ---- where values come from

    def _source(self, value: Any) -> Node | None:
        """The node of an argument; what was not met before is an input, first seen in this call."""
        if isinstance(value, Tensor):
            node, array = self.node_of(value), value._data
        elif isinstance(value, np.ndarray):
            known = self._maker(value)
            node, array = known or Constant(value.shape, value.dtype), value
        else:
            return None
        if isinstance(node, (Leaf, Constant)) and node not in self._met:
            self._met[node] = self._current(), array if self._values else None
            if self._maker(array) is None:
                self._remember(array, node)
        return node

    def _in_options(self, options: dict[str, Any]) -> Iterator[tuple[str, Node]]:
        """The nodes of known arrays among options, as labels and indices are, each with the option's name."""
        for name, value in options.items():
            for item in value if isinstance(value, tuple) else (value,):
                maker = self._maker_of_like(item) if isinstance(item, np.ndarray) else None
                if maker is not None:
                    yield name, maker

    def _maker_of_like(self, array: Any) -> Node | None:
        """The node of an array that an op may have converted: of the one and only known array that is equal to it."""
        found = self._maker(array)
        if found is not None or array.dtype.kind not in DISCRETE:
            return found
        known = [
            (held() if isinstance(held, ref) else held, node) for held, node in self._discrete.get(array.shape, ())
        ]
        equal = {node for other, node in known if other is not None and np.array_equal(other, array)}
        return equal.pop() if len(equal) == 1 else None

    def _maker(self, array: Any) -> Node | None:
        """The node that made an array."""
        held, node = self._makers.get(id(array), (None, None))
        return node if (held() if isinstance(held, ref) else held) is array else None

    def _remember(self, array: Any, node: Node) -> None:
        known = (array if self._values else ref(array)), node
        self._makers[id(array)] = known
        if array.dtype.kind in DISCRETE and array.ndim:
            self._discrete.setdefault(array.shape, []).append(known)


def _made_with(node: Node) -> Node:
    """The node of the op, for one of its outputs."""
    return node.inputs[0] or node if isinstance(node, Output) else node


def _outputs(node: Node) -> list[Node]:
    return [Output(node, position) for position in range(len(node.shape))]


def _plain(value: Any) -> Any:
    """The array of a Tensor; of several, of each."""
    if isinstance(value, tuple):
        return tuple([_plain(each) for each in value])
    return value._data if isinstance(value, Tensor) else value


def _sum(pending: dict[Node, Any], edge: Node, part: Any) -> Any:
    """What has come together of a node's gradient; None if some of it went there unseen."""
    if edge in pending and pending[edge] is None:
        return None
    if part.shape != edge.shape:
        part = unbroadcast(part, edge.shape)
    return pending[edge] + part if edge in pending else part


def _arrays_in(saved: Any) -> Iterator[Any]:
    """The arrays that a node keeps, each once."""
    found = {}
    for value in saved if isinstance(saved, tuple) else ():
        for array in value if isinstance(value, tuple) else (value,):
            if isinstance(array, np.ndarray):
                found[id(array)] = array
    return iter(found.values())


def tensors_in(value: Any) -> Iterator[Tensor]:
    """The Tensors in nested tuples, lists and dicts, in order."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, Tensor):
            yield item
        elif isinstance(item, dict):
            stack += reversed(list(item.values()))
        elif isinstance(item, (tuple, list)):
            stack += reversed(item)


def tape_of(tensors: Iterable[Tensor]) -> Tape | None:
    """The tape under which one of the tensors was computed, the latest of several; None if there is none."""
    nodes = [(tensor._node, tensor._data) for tensor in tensors]
    for tape in sorted(_tapes, key=lambda tape: tape._number, reverse=True):
        for node, array in nodes:
            if (node is not None and tape.applied(_made_with(node))) or (node is None and tape._maker(array)):
                return tape
    return None
