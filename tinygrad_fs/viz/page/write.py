"""Writing: a drawing and all that is known of it become the text of a page."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tinygrad_fs.viz.layout import Layout
from tinygrad_fs.viz.page.contents import Layer, contents
from tinygrad_fs.viz.page.document import document
from tinygrad_fs.viz.scene import Scene
from tinygrad_fs.viz.sketch import Thing
from tinygrad_fs.viz.values import Values

__all__ = ["SCRIPTS", "STYLES", "page"]

_FOLDER: Final = Path(__file__).parent

STYLES: Final = ("frame.css", "panel.css")
SCRIPTS: Final = (
    "signals.js",
    "words.js",
    "data.js",
    "colors.js",
    "folding.js",
    "shapes.js",
    "coloring.js",
    "camera.js",
    "marks.js",
    "canvas.js",
    "pointer.js",
    "walk.js",
    "heatmap.js",
    "formulas.js",
    "panel.js",
    "node.js",
    "overview.js",
    "stack.js",
    "timeline.js",
    "minimap.js",
    "search.js",
    "reasons.js",
    "tables.js",
    "export.js",
    "keys.js",
    "start.js",
)
"""In the order in which they are put together: what is used when the script is read, before its users."""


def page(
    title: str, scene: Scene, layout: Layout, things: list[Thing], values: Values, layers: Iterable[Layer] = ()
) -> str:
    """The text of the page; `contents` describes what it is made from."""
    script = _sources(SCRIPTS)
    data, arrays = contents(title, scene, layout, things, values, layers)
    return document(
        title,
        _sources(["body.html"]),
        _sources(STYLES),
        f'"use strict";\n(() => {{\n{script}\n}})();\n',
        {"data": data},
        {"arrays": arrays},
    )


def _sources(names: Iterable[str]) -> str:
    """Source files, one after another."""
    return "\n".join([(_FOLDER / name).read_text(encoding="utf-8") for name in names])
