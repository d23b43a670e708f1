"""Pipeline: from nodes to the sketch that is drawn, in which what would be too much is folded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tinygrad_fs.graph import Leaf, Node
from tinygrad_fs.viz.backward import backward_alone, with_backward
from tinygrad_fs.viz.closing import close, compacted, deepest_that_fits
from tinygrad_fs.viz.labels import kept_by
from tinygrad_fs.viz.options import Options
from tinygrad_fs.viz.reading import read
from tinygrad_fs.viz.repeats import fold_repeats
from tinygrad_fs.viz.sketch import Argument, Sketch, Thing
from tinygrad_fs.viz.tape import Tape

__all__ = ["sketched"]

SMALL = 60
"""Up to so many nodes, nothing is folded unless it is asked for."""

FEW, MANY = 4, 12
"""So many readers draw a leaf again at each of them: in a drawing that is not small, and in a small one."""


def sketched(roots: list[Node], names: Mapping[Node, str], options: Options, tape: Tape | None) -> Sketch:
    """What is drawn of all that the roots were computed from."""
    sketch = read(roots, names, tape, options.fold_constants)
    if options.graph != "forward":
        sketch = _backward(sketch, roots, names, options, tape)
    if options.show_params is False:
        sketch = _without_leaves(sketch)
    sketch = _folded(sketch, options)
    sketch = _opened(sketch, options)
    if options.show_params in ("inline", True):
        sketch = _drawn_again(sketch)
    if options.show_saved:
        sketch = _with_notes(sketch)
    return compacted(sketch)


def _backward(
    sketch: Sketch, roots: list[Node], names: Mapping[Node, str], options: Options, tape: Tape | None
) -> Sketch:
    """The sketch of the backward pass, or of both: the one that was recorded, or else the one that there would be."""
    alone = options.graph == "backward"
    if not any(thing.order for thing in sketch.things):
        gradients = _recorded_gradients(sketch)
        if not gradients:
            return with_backward(sketch, alone)
        known = {node: f"gradient of {name}" for node, name in gradients.items()}
        sketch = read([*roots, *gradients], known | dict(names), tape, options.fold_constants)
    return backward_alone(sketch) if alone else sketch


def _recorded_gradients(sketch: Sketch) -> dict[Node, str]:
    """The gradients of leaves that were made by a backward pass which was itself recorded, with the leaves' names."""
    found: dict[Node, str] = {}
    for thing in sketch.things:
        tensor = thing.node.tensor() if isinstance(thing.node, Leaf) else None
        gradient = None if tensor is None else tensor.grad
        if gradient is not None and gradient._node is not None:
            found[gradient._node] = thing.name or "leaf"
    return found


def _without_leaves(sketch: Sketch) -> Sketch:
    """The sketch without the boxes of leaves that somebody reads."""
    readers = sketch.readers()
    kept = [
        number
        for number, thing in enumerate(sketch.things)
        if thing.kind != "leaf" or thing.is_output or not readers[number]
    ]
    places = {old: new for new, old in enumerate(kept)}
    things: list[Thing] = []
    for old in kept:
        thing = sketch.things[old]
        arguments = [replace(each, source=places[each.source]) for each in thing.arguments if each.source in places]
        things.append(replace(thing, arguments=arguments))
    return Sketch(things, sketch.areas, sketch.notes)


def _folded(sketch: Sketch, options: Options) -> Sketch:
    """The sketch with copies folded: calls, and where there is still too much the steps of loops."""
    if options.fold_repeats is True:
        return fold_repeats(sketch, least=2, plain=True)
    if options.fold_repeats is False or len(sketch.things) <= SMALL:
        return sketch
    folded = fold_repeats(sketch, least=3, plain=False)
    if options.max_nodes is not None and len(folded.things) > options.max_nodes:
        folded = fold_repeats(sketch, least=3, plain=True)
    return folded


def _opened(sketch: Sketch, options: Options) -> Sketch:
    """The sketch with modules open as deep as is wanted, or as there is room for."""
    if options.depth is not None:
        return close(sketch, options.depth, options.expand)
    if options.max_nodes is None:
        return sketch
    depth = deepest_that_fits(sketch, options.max_nodes, options.expand)
    if depth is None:
        return sketch
    closed = close(sketch, depth, options.expand)
    if depth == 0 and len(closed.things) > options.max_nodes:
        note = f"there are more nodes than max_nodes={options.max_nodes:,}, and no modules left to close"
        return replace(closed, notes=[*closed.notes, note])
    levels = "1 level" if depth == 1 else f"{depth} levels"
    return replace(closed, notes=[*closed.notes, f"modules are open to {levels}, for max_nodes={options.max_nodes:,}"])


def _drawn_again(sketch: Sketch) -> Sketch:
    """Draw leaves and inputs with many readers once for each of them, so that no edge runs across the whole drawing."""
    few = MANY if len(sketch.things) <= SMALL else FEW
    readers = [len(set(each)) for each in sketch.readers()]
    uses = {
        number: readers[number]
        for number, thing in enumerate(sketch.things)
        if readers[number] > few and not thing.arguments and not thing.is_output
    }
    if not uses:
        return sketch
    things: list[Thing] = []
    places: dict[int, int] = {}
    for number, thing in enumerate(sketch.things):
        if number in uses:
            continue
        copies: dict[int, int] = {}
        for source in dict.fromkeys([argument.source for argument in thing.arguments]):
            if source in uses:
                copies[source] = len(things)
                things.append(replace(sketch.things[source], area=thing.area, uses=uses[source]))
        arguments = [
            replace(argument, source=copies.get(argument.source, places.get(argument.source, 0)))
            for argument in thing.arguments
        ]
        places[number] = len(things)
        things.append(replace(thing, arguments=arguments))
    count = len(uses)
    what = "1 leaf or input that many read is" if count == 1 else f"{count:,} leaves and inputs that many read are"
    return Sketch(things, sketch.areas, [*sketch.notes, f"{what} drawn again at each use"])


def _with_notes(sketch: Sketch) -> Sketch:
    """The sketch with a note beside each op that keeps something for its derivative."""
    things = list(sketch.things)
    for number, thing in enumerate(sketch.things):
        if thing.kind in ("op", "backward", "again") and not thing.is_implied and kept_by(thing.node):
            things.append(Thing(thing.node, "saved", [Argument(number, 0, is_kept=True)], thing.area, name="kept"))
    return Sketch(things, sketch.areas, sketch.notes)
