"""A table of what a model consists of, and of what a call of it costs."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

import numpy as np

from tinygrad_fs.gradmode import enable_grad
from tinygrad_fs.graph import Node, mode
from tinygrad_fs.nn.module import Module
from tinygrad_fs.random import default_generator
from tinygrad_fs.watching import Watcher, watchers

__all__ = ["Summary", "SummaryRow", "summary"]

_MULTIPLY_ADDS: dict[str, Callable[[tuple[Any, ...], Any, Node | None], int]] = {
    "Linear": lambda given, y, _: y.size * given[1].shape[1],
    "Matmul": lambda given, y, _: y.size * given[0].shape[-1],
    "Vecdot": lambda given, y, _: y.size * given[0].shape[-1],
    "Contract": lambda given, y, node: _contracted(node, given, y),
    "Conv2d": lambda given, y, _: y.size * math.prod(given[1].shape[1:]),
    "Conv2dInputGradient": lambda given, y, _: given[0].size * math.prod(given[1].shape[1:]),
    "Rnn": lambda given, y, _: len(given[0]) * (given[2].size + given[3].size),
    "Lstm": lambda given, y, _: len(given[0]) * (given[3].size + given[4].size),
    "Gru": lambda given, y, _: len(given[0]) * (given[2].size + given[3].size),
}
"""The ops whose work is multiplications and additions, with their number for these inputs and this output."""


class SummaryRow(NamedTuple):
    """One module.

    Attributes
    ----------
    name : str
        The dotted name; empty for the model itself.
    kind : str
        The class.
    calls : int
        How often it was called.
    output : object
        The shape of its last output, in the nesting of several outputs; None if it was not called.
    parameters : int
        Its parameters with those of all modules in it, shared ones once.
    multiply_adds : int
        The multiplications with an addition in all its calls.
    kept : int
        The bytes that backward needs of all its calls, parameters and buffers aside.
    """

    name: str
    kind: str
    calls: int
    output: Any
    parameters: int
    multiply_adds: int
    kept: int


class Summary:
    """What `summary` returns: `print` shows it as a table.

    Attributes
    ----------
    rows : list of SummaryRow
        The modules in order of definition, the model itself first.
    parameters, trainable : int
        All parameters, and those that require grad.
    multiply_adds : int
        The multiplications with an addition in one call.
    parameter_bytes, kept_bytes : int
        The memory of parameters and buffers, and of what backward needs of one call.
    """

    def __init__(self, rows: list[SummaryRow], trainable: int, parameter_bytes: int) -> None:
        self.rows = rows
        self.parameters = rows[0].parameters
        self.trainable = trainable
        self.multiply_adds = rows[0].multiply_adds
        self.parameter_bytes = parameter_bytes
        self.kept_bytes = rows[0].kept

    def __repr__(self) -> str:
        heads = ("module", "output", "parameters", "multiply-adds", "kept")
        table = [heads, *map(_cells, self.rows)]
        widths = [max(map(len, column)) for column in zip(*table)]
        lines = [_line(cells, widths) for cells in table]
        lines.insert(1, "-" * len(lines[0]))
        return "\n".join(
            [
                *lines,
                lines[1],
                f"parameters: {self.parameters:,}, of which trainable: {self.trainable:,}",
                f"multiply-adds: {self.multiply_adds:,}",
                f"memory of parameters and buffers: {_bytes(self.parameter_bytes)}",
                f"memory that a call keeps for backward: {_bytes(self.kept_bytes)}",
            ]
        )


def summary(model: Module, input: Any) -> Summary:
    """Call a model once, and tell what each module gave, has, did and kept.

    Multiply-adds are those of the ops that were run: linear maps, products of matrices, convolutions and recurrent
    layers, be they modules or functions in a `forward`. Elementwise work is not counted. What the call keeps is what
    the derivatives of its ops asked for, in the mode that the model is in; memory that several share counts once.

    Parameters
    ----------
    model : Module
        It is left as it was: running statistics and generators of random numbers do not move.
    input : Tensor, array_like, or tuple of them
        What to call it with; a tuple are several arguments.

    Returns
    -------
    Summary

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs import nn
    >>> net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 10))
    >>> nn.summary(net, tg.zeros((1, 1, 8, 8)))
    module       output        parameters  multiply-adds   kept
    -----------------------------------------------------------
    Sequential   (1, 10)            1,490          2,736  832 B
      0 Conv2d   (1, 4, 6, 6)          40          1,296  256 B
      1 ReLU     (1, 4, 6, 6)           0              0  576 B
      2 Flatten  (1, 144)               0              0    0 B
      3 Linear   (1, 10)            1,450          1,440    0 B
    -----------------------------------------------------------
    parameters: 1,490, of which trainable: 1,490
    multiply-adds: 2,736
    memory of parameters and buffers: 5.96 kB
    memory that a call keeps for backward: 832 B
    """
    names = dict(model.named_modules())
    observer = _Observer(model)
    with ExitStack() as stack:
        stack.enter_context(_untouched(model))
        stack.enter_context(enable_grad())
        stack.enter_context(observer.watching())
        model(*input) if isinstance(input, tuple) else model(input)
    tensors = [*model.parameters(), *model.buffers()]
    observer.weigh(tensors)
    rows = [observer.row(name, module) for name, module in names.items()]
    trainable = sum(each.size for each in model.parameters() if each.requires_grad)
    return Summary(rows, trainable, sum(each.data.nbytes for each in tensors))


class _Tally:
    """What is counted for one module."""

    def __init__(self) -> None:
        self.calls = 0
        self.output: Any = None
        self.multiply_adds = 0
        self.kept = 0


class _Observer(Watcher):
    """Counts what happens while a model is called: it is told of calls by hooks, and of ops as all watchers are."""

    def __init__(self, model: Module) -> None:
        self.modules = list(model.modules())
        self.tallies = {module: _Tally() for module in self.modules}
        self.active: list[Module] = []
        self.thread = threading.get_ident()
        self.saved: list[tuple[list[Module], Any]] = []  # modules at work, and what an op of theirs keeps

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Count for the length of the block."""
        handles = []
        for module in self.modules:
            handles.append(module.register_forward_pre_hook(self.before, prepend=True))
            handles.append(module.register_forward_hook(self.after))
        watchers.append(self)
        try:
            yield
        finally:
            watchers.remove(self)
            for handle in handles:
                handle.remove()

    def before(self, module: Module, args: tuple[Any, ...]) -> None:
        """A module is called."""
        self.active.append(module)

    def after(self, module: Module, args: tuple[Any, ...], output: Any) -> None:
        """A module returns."""
        self.active.pop()
        tally = self.tallies[module]
        tally.calls += 1
        tally.output = _shape_of(output)

    def after_forward(self, name: str, node: Node | None, arrays: tuple[Any, ...], result: Any) -> None:
        """An op was run."""
        if threading.get_ident() != self.thread:
            return
        modules = list(dict.fromkeys(self.active))
        if name in _MULTIPLY_ADDS:
            for module in modules:
                self.tallies[module].multiply_adds += _MULTIPLY_ADDS[name](arrays, result, node)
        for value in () if node is None else node.saved:
            for array in value if isinstance(value, tuple) else (value,):
                if isinstance(array, np.ndarray):
                    self.saved.append((modules, _owner(array)))

    def after_backward(self, node: Node, g: Any, edges: tuple[Node | None, ...], parts: Any) -> None:
        """A derivative was computed: of no interest here."""

    def weigh(self, own: list[Any]) -> None:
        """Add up what is kept, but for these tensors of the model. It was all held until now, so that ids differ."""
        known = {id(_owner(each.data)) for each in own}
        for modules, memory in self.saved:
            if id(memory) not in known:
                known.add(id(memory))
                for module in modules:
                    self.tallies[module].kept += memory.nbytes

    def row(self, name: str, module: Module) -> SummaryRow:
        """What was found out about a module."""
        tally = self.tallies[module]
        return SummaryRow(
            name,
            type(module).__name__,
            tally.calls,
            tally.output,
            sum(each.size for each in module.parameters()),
            tally.multiply_adds,
            tally.kept,
        )


@contextmanager
def _untouched(model: Module) -> Iterator[None]:
    """Leave running statistics and generators as they are."""
    found = {id(each): each for module in model.modules() if (each := getattr(module, "generator", None)) is not None}
    generators = [default_generator(), *found.values()]
    states = [each.bit_generator.state for each in generators]
    before, mode.recomputing = mode.recomputing, True
    try:
        yield
    finally:
        mode.recomputing = before
        for each, state in zip(generators, states):
            each.bit_generator.state = state


def _owner(array: Any) -> Any:
    """The array whose memory this one shows."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _contracted(node: Any, given: tuple[Any, ...], y: Any) -> int:
    """The product of all sizes. Without a node the axes are not known; then as if each stood in two of three arrays."""
    if node is None:
        return math.isqrt(given[0].size * given[1].size * y.size)
    sizes = dict(zip(node.left, given[0].shape)) | dict(zip(node.right, given[1].shape))
    return math.prod(sizes.values())


def _shape_of(output: Any) -> Any:
    if isinstance(output, (tuple, list)):
        return tuple([_shape_of(each) for each in output])
    return getattr(output, "shape", None)


def _cells(row: SummaryRow) -> tuple[str, ...]:
    *above, own = row.name.split(".")
    label = f"{'  ' * len(above)}  {own} {row.kind}" if row.name else row.kind
    times = f" x{row.calls}" if row.calls > 1 else ""
    output = "not called" if row.calls == 0 else str(row.output)
    return label + times, output, f"{row.parameters:,}", f"{row.multiply_adds:,}", _bytes(row.kept)


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    """Two columns to the left, numbers to the right."""
    left = [cell.ljust(width) for cell, width in zip(cells[:2], widths[:2])]
    right = [cell.rjust(width) for cell, width in zip(cells[2:], widths[2:])]
    return "  ".join([*left, *right])


def _bytes(count: int) -> str:
    if count < 1000:
        return f"{count} B"
    power = min(3, int(math.log10(count) // 3))
    return f"{count / 1000**power:.3g} {('kB', 'MB', 'GB')[power - 1]}"
