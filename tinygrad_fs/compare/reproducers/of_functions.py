"""Sketches of functions: their arguments, forward and backward called."""

from __future__ import annotations

import numpy as np

from tinygrad_fs.compare.reproducers.script import Script
from tinygrad_fs.compare.reproducers.sketch import Sketch, cotangent_lines, seeds, weighed
from tinygrad_fs.compare.subjects.functions import FunctionCase
from tinygrad_fs.dtypes import Array

__all__ = ["sketch_of_functions"]


def sketch_of_functions(script: Script, case: FunctionCase, cotangents: tuple[Array, ...], name: str) -> Sketch:
    """The pieces of a script for the gradient in one argument of functions."""
    subject = case.subject
    variables = {
        argument.replace("[", "").replace("]", ""): value for argument, value in zip(subject.arguments, case.inputs)
    }
    moved = name.replace("[", "").replace("]", "")
    sketch = Sketch(moved)
    forward, backward = _names(script, case, sketch)
    given = ", ".join(
        [
            f"{key}.copy()" if isinstance(value, np.ndarray) else script.expression(value)
            for key, value in variables.items()
        ]
        + [f"{key}={script.expression(value)}" for key, value in subject.options.items()]
    )
    sketch.values += [
        f"{key} = {script.expression(value)}" for key, value in variables.items() if isinstance(value, np.ndarray)
    ]
    sketch.values += cotangent_lines(script, cotangents)
    seeding = seeds(script, case)
    kind, key = case.kind, {subject.arguments[i]: key for i, key in case.audited}[name]
    call = f"{forward}({given})"
    out = {"derivative": call, "loss": f"{call}[0]", "cache": f"{call}[0]", "caches": f"{call}[:-1]"}[kind]
    body = "\n    ".join([*seeding, f"out = {out}", f"return {weighed(len(cotangents))}"])
    sketch.loss = f"def loss({moved}):\n    {body}"
    taken = f"[{key!r}]" if case.returns_several else ""
    if kind == "derivative":
        rows = case.values[name].ndim - cotangents[0].ndim if cotangents[0].ndim else 0
        g = f"g[{', '.join(['...', *['None'] * rows])}]" if rows > 0 else "g"
        sketch.run = [*seeding, f"by_hand = {g} * {backward}({given})"]
    elif kind == "loss":
        sketch.run = [*seeding, f"by_hand = g * {call}[1]{taken}"]
    else:
        names = ["g.copy()"] if len(cotangents) == 1 else [f"g{i}.copy()" for i in range(len(cotangents))]
        passed = ", ".join(names) if len(names) == 1 or kind == "caches" else f"({', '.join(names)})"
        outs = "out" if kind == "cache" else ", ".join(f"out{i}" for i in range(len(cotangents)))
        sketch.run = [*seeding, f"{outs}, cache = {call}", f"by_hand = {backward}({passed}, cache){taken}"]
    return sketch


def _names(script: Script, case: FunctionCase, sketch: Sketch) -> tuple[str, str]:
    """What forward and backward are called in the script."""
    functions = case.subject.functions
    if functions.holder is not None:
        sketch.values.append(f"audited = {script.expression(functions.holder)}")
        return f"audited.{functions.forward}", f"audited.{functions.backward}"
    forward = script.name_of(functions.forward)
    return forward, "" if functions.backward is None else script.name_of(functions.backward)
