"""Story: the steps that a page goes through: forward, backward, and backward again, each with its arrays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from tinygrad_fs.graph import Node, unbroadcast
from tinygrad_fs.viz.page.arrays import Arrays
from tinygrad_fs.viz.page.lines import Lines
from tinygrad_fs.viz.page.memory import bytes_alive
from tinygrad_fs.viz.page.places import Places
from tinygrad_fs.viz.page.rules import argument_name
from tinygrad_fs.viz.sketch import Thing
from tinygrad_fs.viz.tape import Applied, Pulled, Tape
from tinygrad_fs.viz.values import Values

__all__ = ["FINE", "MADE", "PASSED", "Given", "Sent", "Step", "Story", "story_of"]

FINE, PASSED, MADE = range(3)
"""Whether a step's results are finite; hold a nan or an infinity that it was given; or one that it made."""


class Given(NamedTuple):
    """What an op computed on: the box that it came from, what formulas call it, and the array, each -1 if unknown."""

    box: int
    name: str
    array: int


class Sent(NamedTuple):
    """A gradient that a derivative sent on.

    Attributes
    ----------
    box : int
        Where to.
    name : str
        What formulas call the argument.
    array, sum : int
        The gradient, and what has come together there with it; -1 if unknown.
    arrived, expected : int
        Which of how many that come together there in this backward pass it is, from 1.
    is_summed : bool
        Whether it had to be summed to the shape of its argument, which was broadcast.
    """

    box: int
    name: str
    array: int
    sum: int
    arrived: int
    expected: int
    is_summed: bool


class Step(NamedTuple):
    """One op, or one derivative.

    Attributes
    ----------
    phase : int
        Which of the phases it belongs to.
    box : int
    is_backward : bool
        It is the derivative of the box's op.
    given : list of Given
        What the op computed on.
    outputs : list of int
        The arrays that it made.
    gradients : list of int
        Of a derivative, the gradients of the outputs.
    sent : list of Sent
    seconds : float
    alive : int
        Bytes that are kept after it; -1 if unknown.
    line : int
        The line of the user's program that called the op; -1 if unknown.
    trouble : int
        `FINE`, `PASSED` or `MADE`.
    """

    phase: int
    box: int
    is_backward: bool
    given: list[Given]
    outputs: list[int]
    gradients: list[int]
    sent: list[Sent]
    seconds: float
    alive: int
    line: int
    trouble: int


@dataclass(slots=True)
class Story:
    """Steps in their order, the names of their phases, and how many steps have no box in the drawing."""

    steps: list[Step]
    phases: list[str]
    untold: int = 0


def story_of(things: list[Thing], values: Values, arrays: Arrays, lines: Lines) -> Story:
    """The steps: those that a tape has, or else those that the graph implies."""
    teller = _Teller(Places(things), values, arrays, lines)
    if values.tape is None:
        return Story(list(teller.implied()), ["forward", "backward"])
    return teller.recorded(values.tape)


class _Teller:
    """Turns what happened into steps."""

    def __init__(self, places: Places, values: Values, arrays: Arrays, lines: Lines) -> None:
        self._places = places
        self._values = values
        self._arrays = arrays
        self._lines = lines

    # ---- with a tape

    def recorded(self, tape: Tape) -> Story:
        """What a tape has."""
        sweeps = _sweeps_of(tape, self._places)
        names = _names(sweeps, tape, self._places)
        alive = bytes_alive(tape)
        steps: list[Step] = []
        phases: list[str] = []
        current: int | None = -2
        gathered = _Gathered(tape)
        untold = 0
        for number, (happened, sweep) in enumerate(zip(tape.steps, sweeps)):
            box = self._places.box(happened.node, isinstance(happened, Pulled))
            sent = gathered.sent(happened) if isinstance(happened, Pulled) else []
            if box == -1:
                untold += 1
                continue
            if sweep != current or not phases:
                current = sweep
                phases.append(names[sweep])
            tell = self._applied if isinstance(happened, Applied) else self._pulled
            steps.append(tell(tape, happened, box, len(phases) - 1, alive[number], sent))
        return Story(steps, phases, untold)

    def _applied(self, tape: Tape, happened: Any, box: int, phase: int, alive: int, _: Any) -> Step:
        given = self._given(tape, happened, box)
        outputs = [self._arrays.add(array) for array in _several(happened.value)]
        trouble = self._trouble([each.array for each in given], outputs)
        line = self._line(tape, happened)
        return Step(phase, box, False, given, outputs, [], [], happened.seconds, alive, line, trouble)

    def _pulled(self, tape: Tape, happened: Any, box: int, phase: int, alive: int, parts: list[_Part]) -> Step:
        applied = tape.applied(happened.node)
        given = self._given(tape, applied, self._places.box(happened.node)) if applied else []
        outputs = [self._arrays.add(array) for array in _several(self._values.value(happened.node))]
        gradients = [self._arrays.add(array) for array in _several(happened.gradient)]
        sent = [
            Sent(
                self._places.target(part.edge, box),
                argument_name(happened.node, part.position),
                self._arrays.add(part.array),
                self._arrays.add(part.sum),
                part.arrived,
                part.expected,
                part.is_summed,
            )
            for part in parts
        ]
        trouble = self._trouble([*gradients, *[each.array for each in given], *outputs], [each.array for each in sent])
        line = self._line(tape, applied)
        return Step(phase, box, True, given, outputs, gradients, sent, happened.seconds, alive, line, trouble)

    def _line(self, tape: Tape, applied: Applied | None) -> int:
        """The line that called an op; that of a whole recording, as `side_by_side` makes one, tells nothing of it."""
        where = applied.where if applied is not None else None
        return self._lines.add(None if where == tape.begun_at else where)

    def _given(self, tape: Tape, applied: Applied, box: int) -> list[Given]:
        given = []
        for position, source in enumerate(applied.sources):
            if source is not None:
                name = tape.option(applied.node, position) or argument_name(applied.node, position)
                array = self._arrays.add(tape.value(source))
                given.append(Given(self._places.source(source, box), name, array))
        return given

    def _trouble(self, before: list[int], made: list[int]) -> int:
        if not any(self._arrays.is_bad(array) for array in made):
            return FINE
        if any(self._arrays.has_nan(array) for array in before):
            return PASSED
        if any(self._arrays.is_bad(array) for array in before):  # an inf explains an inf, but not a nan
            return MADE if any(self._arrays.has_nan(array) for array in made) else PASSED
        return MADE

    # ---- without a tape

    def implied(self) -> Iterator[Step]:
        """Forward through all ops, and back: what the engine would do, with the values that are still known."""
        things = self._places.things
        told = [
            number
            for number, thing in enumerate(things)
            if thing.arguments and not thing.is_implied and thing.kind != "saved"
        ]
        carrying = self._places.carrying()
        totals = Counter(
            argument.source
            for number in told
            if number in carrying
            for argument in things[number].arguments
            if argument.differentiable
        )
        for number in told:
            yield self._as_implied(number, 0, [])
        counts: Counter[int] = Counter()
        for number in reversed(told):
            if number not in carrying:
                continue
            sent = []
            for argument in things[number].arguments:
                if argument.differentiable:
                    source = argument.source
                    counts[source] += 1
                    name = argument_name(things[number].node, argument.position)
                    done = counts[source] == totals[source]
                    total = self._arrays.add(self._values.gradient(things[source].node)) if done else -1
                    target = self._places.derivative(source)
                    sent.append(Sent(target, name, -1, total, counts[source], totals[source], False))
            yield self._as_implied(number, 1, sent)

    def _as_implied(self, number: int, phase: int, sent: list[Sent]) -> Step:
        thing = self._places.things[number]
        given = [
            Given(
                argument.source,
                argument.option or argument_name(thing.node, argument.position),
                self._arrays.add(self._values.value(self._places.things[argument.source].node)),
            )
            for argument in thing.arguments
        ]
        outputs = [self._arrays.add(array) for array in _several(self._values.value(thing.node))]
        trouble = self._trouble([each.array for each in given], outputs) if phase == 0 else FINE
        line = self._lines.add(thing.node.where)
        box = self._places.derivative(number) if phase == 1 else number
        return Step(phase, box, phase == 1, given, outputs, [-1] * phase, sent, 0.0, -1, line, trouble)


def _several(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


# ---- what comes together during a backward pass


class _Part(NamedTuple):
    """A gradient on its way: to which edge, the argument's position, what came, and what it makes of what was there."""

    edge: Node
    position: int
    array: Any
    sum: Any
    arrived: int
    expected: int
    is_summed: bool


class _Gathered:
    """Follows the backward passes of a tape, and knows what has come together where."""

    def __init__(self, tape: Tape) -> None:
        self._totals: Counter[tuple[int, Node]] = Counter()
        for step in tape.steps:
            if isinstance(step, Pulled):
                self._totals.update([(step.sweep, edge) for edge in step.node.inputs if edge is not None])
        self._counts: Counter[tuple[int, Node]] = Counter()
        self._sums: dict[tuple[int, Node], Any] = {}

    def sent(self, step: Pulled) -> list[_Part]:
        """What a derivative sent."""
        found = []
        for position, edge in enumerate(step.node.inputs):
            if edge is None:
                continue
            part = step.parts[position] if position < len(step.parts) else None
            is_summed = part is not None and part.shape != edge.shape
            if is_summed:
                part = unbroadcast(part, edge.shape)
            key = step.sweep, edge
            self._counts[key] += 1
            known = self._sums.get(key)
            first = self._counts[key] == 1
            self._sums[key] = part if first else None if part is None or known is None else known + part
            found.append(_Part(edge, position, part, self._sums[key], self._counts[key], self._totals[key], is_summed))
        return found


# ---- phases


def _sweeps_of(tape: Tape, places: Places) -> list[int | None]:
    """For each step the backward pass that it belongs to; None for the forward pass.

    A backward pass that is recorded applies ops: those of one of its steps come just before it.
    """
    sweeps: list[int | None] = []
    following: int | None = None
    for step in reversed(tape.steps):
        if isinstance(step, Pulled):
            following = step.sweep
            sweeps.append(following)
        else:
            sweeps.append(following if places.order(step.node) else None)
    return sweeps[::-1]


def _names(sweeps: list[int | None], tape: Tape, places: Places) -> dict[int | None, str]:
    """What the phases are called."""
    orders: dict[int, int] = {}
    for step in tape.steps:
        if isinstance(step, Pulled):
            orders[step.sweep] = max(orders.get(step.sweep, 1), 1 + places.order(step.node))
    counts = Counter(orders.values())
    names: dict[int | None, str] = {None: "forward"}
    met: Counter[int] = Counter()
    for sweep in sorted(orders):
        order = orders[sweep]
        met[order] += 1
        name = {1: "backward", 2: "second backward", 3: "third backward"}.get(order, f"backward of order {order}")
        names[sweep] = f"{name} {met[order]}" if counts[order] > 1 else name
    return names
