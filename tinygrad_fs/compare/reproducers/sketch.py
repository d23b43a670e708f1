"""Sketches: the pieces of a script that shows a wrong gradient, and how they are put together."""

from __future__ import annotations

from dataclasses import dataclass, field

from tinygrad_fs.compare.reproducers.script import Script
from tinygrad_fs.compare.subjects.case import Case
from tinygrad_fs.dtypes import Array

__all__ = ["OPTIMIZER", "Sketch", "cotangent_lines", "seeds", "weighed"]

OPTIMIZER = '''\
class Optimizer:
    """Notes what it is handed."""

    handed = []

    def update(self, w, gradient):
        self.handed.append((w, gradient))
        return w - 0.1 * gradient'''

_DIFFERENCES = """\
truth = np.zeros({name}.shape)  # by central differences
for i in np.ndindex({name}.shape):
    step = np.zeros({name}.shape)
    step[i] = 1e-5
    truth[i] = (loss({name} + step) - loss({name} - step)) / 2e-5

print("by hand:", by_hand, sep="\\n")
print("the gradient:", truth, sep="\\n")
"""

_SIDES = """\
left, right = np.zeros({name}.shape), np.zeros({name}.shape)
for i in np.ndindex({name}.shape):
    step = np.zeros({name}.shape)
    step[i] = 1e-6
    left[i] = (loss({name}) - loss({name} - step)) / 1e-6
    right[i] = (loss({name} + step) - loss({name})) / 1e-6

print("by hand:", by_hand, sep="\\n")
print("slopes to the left:", left, sep="\\n")
print("slopes to the right:", right, sep="\\n")
"""

_UPDATE = """\
print("before:", before, sep="\\n")
print("after, although frozen:", after, sep="\\n")
"""

_SATURATION = """\
print("loss and gradient:", loss({name}), before, sep="\\n")
print("where it is as wrong and more certain:", loss(much * {name}), by_hand, sep="\\n")
"""

_ENDINGS = {"truth": _DIFFERENCES, "sides": _SIDES, "frozen": _UPDATE, "error": "", "saturation": _SATURATION}
"""What a script shows: another gradient by differences; other slopes on both sides; an update; an exception; a gradient
that is lost as a loss rises."""


@dataclass
class Sketch:
    """What a script consists of.

    Attributes
    ----------
    moved : str
        The variable that the gradient is taken in.
    definitions : list of str
        Classes and functions.
    values : list of str
        Assignments of inputs and parameters.
    loss : str
        The function of the moved variable whose gradient is wanted.
    run : list of str
        Statements that end with `by_hand`; for kind "frozen" with `before` and `after`, for "saturation" with `before`
        and `by_hand`.
    """

    moved: str
    definitions: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    loss: str = ""
    run: list[str] = field(default_factory=list)

    def source(self, script: Script, kind: str) -> str:
        """The whole script, for one of the kinds."""
        ending = _ENDINGS[kind]
        pieces = [
            *self.definitions,
            "\n".join(self.values),
            self.loss if "loss(" in ending else "",
            "\n\n".join(["\n".join(self.run), ending.replace("{name}", self.moved).strip()]).strip(),
        ]
        body = "\n\n\n".join(piece for piece in pieces if piece)
        return f"{script.top}\n\n\n{body}\n"


def cotangent_lines(script: Script, cotangents: tuple[Array, ...]) -> list[str]:
    """Assignments of the gradients of the outputs."""
    if len(cotangents) == 1:
        return [f"g = {script.expression(cotangents[0])}  # the gradient in the output"]
    return [f"g{i} = {script.expression(g)}  # the gradient in output {i}" for i, g in enumerate(cotangents)]


def weighed(count: int) -> str:
    """The sum whose gradient a backward gives, as an expression in `out`."""
    if count == 1:
        return "np.sum(g * out)"
    return " + ".join(f"np.sum(g{i} * out[{i}])" for i in range(count))


def seeds(script: Script, case: Case) -> list[str]:
    """Statements that seed the global generators which a case draws from."""
    try:
        drawn = case.drawn()
    except Exception:  # a script that is to show it needs no seeds
        return []
    if "random" in drawn:
        script.add_import("import random")
    return [f"{name}.seed(0)" for name in drawn]
