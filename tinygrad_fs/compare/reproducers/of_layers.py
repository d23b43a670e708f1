"""Sketches of layers: fresh copies made by their class, their parameters set, forward and backward called."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

import numpy as np

from tinygrad_fs.compare.isolation.parts import parts
from tinygrad_fs.compare.reproducers.script import Script
from tinygrad_fs.compare.reproducers.sketch import OPTIMIZER, Sketch, cotangent_lines, seeds, weighed
from tinygrad_fs.compare.subjects.layer import LayerCase
from tinygrad_fs.compare.subjects.parameters import Parameter
from tinygrad_fs.dtypes import Array

__all__ = ["sketch_of_layer"]


def sketch_of_layer(
    script: Script, case: LayerCase, cotangents: tuple[Array, ...], name: str, kind: str, *, bare: bool
) -> Sketch:
    """The pieces of a script for one gradient of a layer.

    Parameters
    ----------
    script : Script
    case : LayerCase
    cotangents : tuple of ndarray
    name : str
        Of the gradient.
    kind : str
        What is to be shown.
    bare : bool
        Make the layer from its attributes, without its constructor.
    """
    writer = _Writer(script, case)
    parameter = next((each for each in case.parameters if each.name == name), None)
    moved = "W" if parameter else writer.variables.get(name, "X")
    fresh = f"fresh({moved})" if parameter else "fresh()"
    sketch = Sketch(moved)
    making = list(writer.making(bare))
    making += [f"{_targets(each)} = {writer.value_of(each, parameter)}" for each in case.parameters]
    making += writer.before_the_run()
    sketch.definitions = [f"def {fresh}:\n{textwrap.indent(chr(10).join([*making, 'return layer']), '    ')}"]
    if any("Optimizer()" in line for line in making):
        sketch.definitions.insert(0, OPTIMIZER)
    sketch.values = [f"{key} = {script.expression(value)}" for key, value in writer.arrays.items()]
    if parameter:
        sketch.values.append(f"W = {script.expression(case.values[name])}")
    sketch.values += cotangent_lines(script, cotangents)
    out = f"out = {writer.forward('layer')}"
    sketch.loss = f"def loss({moved}):\n    layer = {fresh}\n    {out}\n    return {weighed(len(cotangents))}"
    sketch.run = [f"used = {fresh}", *writer.running(parameter, name, len(cotangents), kind)]
    return sketch


def _targets(parameter: Parameter) -> str:
    return " = ".join(f"layer.{place}" for place in parameter.places)


class _Writer:
    """Writes what has to do with one case."""

    def __init__(self, script: Script, case: LayerCase) -> None:
        self.script, self.case, self.subject = script, case, case.subject
        names = self.subject.input_names
        self.variables = {name: "X" if len(names) == 1 else f"X{i}" for i, name in names.items()}
        self._arguments = {
            self.variables[names[i]] if i in names else f"argument{i}": value for i, value in enumerate(case.inputs)
        }

    @property
    def arrays(self) -> dict[str, Array]:
        """The variables of the inputs that are arrays."""
        return {name: value for name, value in self._arguments.items() if isinstance(value, np.ndarray)}

    def making(self, bare: bool) -> Iterator[str]:
        """Statements that make the layer."""
        return self._bare() if bare else self._constructed()

    def _constructed(self) -> Iterator[str]:
        origin, script = self.subject.origin, self.script
        if isinstance(origin.source, type):
            given = [script.expression(each) for each in origin.args]
            given += [f"{key}={script.expression(value)}" for key, value in origin.settings.items()]
            yield f"layer = {script.name_of(origin.source)}({', '.join(given)})"
        else:
            yield f"layer = {script.expression(origin.source)}"
            yield from (f"layer.{key} = {script.expression(value)}" for key, value in origin.settings.items())
        if not origin.is_fresh:
            return
        sample = origin.sample()
        shape = self.subject.arrays[0].shape[1:] if self.subject.arrays else None
        if callable(getattr(sample, "set_input_shape", None)):
            yield f"layer.set_input_shape({shape!r})"
        elif hasattr(sample, "input_shape"):
            yield f"layer.input_shape = {shape!r}"
        if callable(getattr(sample, "initialize", None)):
            yield "layer.initialize(Optimizer())"

    def _bare(self) -> Iterator[str]:
        layer = self.subject.built.layer
        yield f"layer = object.__new__({self.script.name_of(type(layer))})"
        set_later = {place.steps for each in self.case.parameters for place in each.places}
        for step, value in parts(layer):
            if (step,) not in set_later:
                yield f"layer.{step[1]} = {self.script.expression(value)}"

    def value_of(self, each: Parameter, moved: Parameter | None) -> str:
        """What a parameter is set to."""
        return "W.copy()" if each is moved else self.script.expression(self.case.values[each.name])

    def before_the_run(self) -> list[str]:
        """Statements that bring the layer into the state of the case."""
        lines = []
        seeding = seeds(self.script, self.case)
        if self.case.is_warm:
            given = ", ".join(self.script.expression(each) for each in self.case.warmed_with)
            lines += [*seeding, f"{self._call('layer', given, True)}  # another batch goes before"]
        if self.case.mode == "frozen":
            lines.append("layer.trainable = False")
        return lines + seeding

    def forward(self, layer: str) -> str:
        """The forward of the case."""
        given = ", ".join(
            f"{name}.copy()" if isinstance(value, np.ndarray) else self.script.expression(value)
            for name, value in self._arguments.items()
        )
        return self._call(layer, given, self.case.mode != "evaluation")

    def _call(self, layer: str, given: str, training: bool) -> str:
        methods = self.subject.methods
        keywords: dict[str, Any] = {**({methods.switch: training} if methods.switch else {}), **self.subject.options}
        written = [f"{key}={self.script.expression(value)}" for key, value in keywords.items()]
        return f"{layer}.{methods.forward}({', '.join([given, *written])})"

    def running(self, parameter: Parameter | None, name: str, outputs: int, kind: str) -> Iterator[str]:
        """Statements that run the layer, up to the gradient by hand."""
        if parameter:
            frozen = kind == "frozen"
            yield f"before = used.{parameter.places[0]}.copy()" if frozen else f"held = used.{parameter.places[0]}"
        yield self.forward("used")
        backward = self._backward(outputs)
        if not parameter:
            yield f"by_hand = {backward}{'' if kind == 'error' else self._taken(name)}"
            return
        yield f"returned = {backward}" if "returned" in parameter.reading else backward
        if kind == "frozen":
            yield f"after = used.{parameter.places[0]}"
            return
        if parameter.reading == "sum(caught)":
            yield "caught = [gradient for w, gradient in Optimizer.handed if w is held]"
        yield f"by_hand = {parameter.reading}"

    def _backward(self, outputs: int) -> str:
        methods = self.subject.methods
        given = ["g.copy()"] if outputs == 1 else [f"g{i}.copy()" for i in range(outputs)]
        if methods.takes < outputs:
            given = [f"({', '.join(given)})"] if methods.takes else []
        return f"used.{methods.backward}({', '.join(given + ([f'{methods.rate}=1.0'] if methods.rate else []))})"

    def _taken(self, name: str) -> str:
        return f"[{list(self.variables).index(name)}]" if self.case.returns_several else ""
