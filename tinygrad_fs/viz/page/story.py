"""Story: all steps that a page goes through: forward, backward, and backward again."""

from __future__ import annotations

from tinygrad_fs.viz.page.arrays import Arrays
from tinygrad_fs.viz.page.implied import Implied
from tinygrad_fs.viz.page.lines import Lines
from tinygrad_fs.viz.page.places import Places
from tinygrad_fs.viz.page.recorded import Recorded
from tinygrad_fs.viz.page.steps import Story
from tinygrad_fs.viz.sketch import Thing
from tinygrad_fs.viz.values import Values

__all__ = ["story_of"]


def story_of(things: list[Thing], values: Values, arrays: Arrays, lines: Lines) -> Story:
    """The steps: those that a tape has, or else those that the graph implies."""
    places = Places(things)
    if values.tape is None:
        return Implied(places, values, arrays, lines).story()
    return Recorded(values.tape, places, values, arrays, lines).story()
