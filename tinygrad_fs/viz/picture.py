"""Graph: a drawing, to be shown in a notebook or saved to a file."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
import webbrowser
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from tinygrad_fs.io.files import replacing
from tinygrad_fs.viz.arrange import arrange
from tinygrad_fs.viz.dot import digraph_of
from tinygrad_fs.viz.layout import Layout, spans
from tinygrad_fs.viz.options import Options
from tinygrad_fs.viz.page.document import framed
from tinygrad_fs.viz.programs import (
    DPI,
    Program,
    ProgramError,
    RenderError,
    SlowError,
    find_program,
    render,
    size_of_svg,
)
from tinygrad_fs.viz.scene import Box, BoxKind, Link, Scene
from tinygrad_fs.viz.sketch import Thing
from tinygrad_fs.viz.svg import write_svg
from tinygrad_fs.viz.values import Values

if TYPE_CHECKING:
    import graphviz  # type: ignore[import-untyped]

__all__ = ["Graph"]

SUFFIXES = (".svg", ".png", ".pdf", ".dot", ".html", ".json")
COSTLY = 20_000
"""From so many virtual nodes on, Graphviz is not even tried."""

SURELY_SMALL = 40
MEGAPIXELS = 20


class Graph:
    """A drawing of a graph; `viz.graph` makes it.

    In a notebook it shows itself.

    Parameters
    ----------
    scene : Scene
        What it shows.
    options : Options
        How it is made.
    things : list of Thing
        What the boxes of the scene stand for.
    values : Values
        The arrays behind them. The drawing holds them, for the page that it can be saved as.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs import viz
    >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> viz.graph(x, names={"x": x})
    <Graph: 1 leaf, 0 edges>
    """

    def __init__(self, scene: Scene, options: Options, things: list[Thing], values: Values) -> None:
        self.scene = scene
        self._options = options
        self._things = things
        self._values = values
        self._digraph: graphviz.Digraph | None = None
        self._layout: Layout | None = None
        self._note = ""

    # ---- what it shows

    @property
    def nodes(self) -> list[Box]:
        """The boxes, sources before their readers; the one at position 3 is called n3 in `source`."""
        return self.scene.boxes

    @property
    def edges(self) -> list[Link]:
        """The links between boxes, with the positions of these."""
        return self.scene.links

    @property
    def stats(self) -> dict[str, int]:
        """How many nodes there are of each kind, edges, scopes, and virtual nodes: what a layout's time grows with."""
        kinds = Counter(box.kind for box in self.nodes)
        return {
            "nodes": len(self.nodes),
            "edges": len(self.edges),
            "scopes": len(self.scene.scopes),
            "virtual_nodes": self._cost(),
            **{kind: kinds[kind] for kind in get_args(BoxKind) if kinds[kind]},
        }

    @property
    def note(self) -> str:
        """In one line what was done to keep the drawing small or to have it at all; empty if nothing was."""
        return "; ".join(filter(None, [*self.scene.notes, self._note]))

    @property
    def layout(self) -> Layout:
        """The coordinates that the built-in layout gives to all boxes, links and scopes."""
        if self._layout is None:
            self._layout = arrange(self.scene)
        return self._layout

    @property
    def digraph(self) -> graphviz.Digraph:
        """The drawing as a `graphviz.Digraph`; what is changed in it shows where Graphviz does the drawing."""
        if self._digraph is None:
            self._digraph = digraph_of(self.scene)
        return self._digraph

    @property
    def source(self) -> str:
        """The drawing in the DOT language. The same program gives the same source."""
        return str(self.digraph.source)

    # ---- pictures

    def svg(self) -> str:
        """The drawing as SVG.

        Graphviz makes it if there is one that does so in time, and otherwise the built-in layout; `note` says so.

        Raises
        ------
        RenderError
            If ``renderer`` or the environment variable ``TINYGRAD_FS_DOT`` names a program that is not there.
        """
        self._note = ""
        program = find_program(self._options.renderer)
        if program is not None:
            if self._options.renderer != "auto" or (cost := self._cost()) <= COSTLY:
                try:
                    return self._rendered(program, "svg").decode(errors="replace")
                except SlowError:
                    why = f"Graphviz took longer than {self._options.timeout:g} s"
                except RenderError as error:
                    why = str(error).removeprefix("viz: ")
            else:
                why = f"Graphviz would have to place {cost:,} virtual nodes"
            self._note = f"drawn by the built-in layout: {why}"
        notes = [*self.scene.notes, *filter(None, [self._note])]
        return write_svg(replace(self.scene, notes=notes), self.layout, repr(self))

    def html(self, title: str = "Computation graph") -> str:
        """The drawing as a page to walk through: one file that needs nothing else and loads nothing.

        It steps through the computation forward and backward, shows what each step read and made, finds the first nan
        or inf, closes and opens modules, and searches. Values, gradients, times and bytes are on it where the tensors
        were computed under `viz.record`; otherwise it shows what is still held, and the way that backward would take.

        Parameters
        ----------
        title : str
            What the page is called.

        Examples
        --------
        >>> import tinygrad_fs as tg
        >>> from tinygrad_fs import viz
        >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
        >>> with viz.record():
        ...     loss = (x * x).sum()
        ...     loss.backward()
        >>> viz.graph(loss, names={"x": x}).html().startswith("<!DOCTYPE html>")
        True
        """
        from tinygrad_fs.viz.page.write import page  # here, since few drawings become one

        return page(title, self.scene, self.layout, self._things, self._values)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the drawing to a file, as its suffix says; the file appears whole or not at all.

        Parameters
        ----------
        path : str or PathLike
            Ends in ``.svg``, ``.html``, ``.dot`` or ``.json``, which can be written on any machine, in ``.png``, which
            needs a Graphviz, or in ``.pdf``, which needs one that the system has installed. A file that exists is
            replaced.

        Returns
        -------
        Path
            Where it was written.

        Raises
        ------
        ValueError
            If the suffix is another.
        FileNotFoundError
            If the folder does not exist.
        RenderError
            If what the format needs is not there, fails or takes longer than `timeout`, or a PNG would be too large.

        Examples
        --------
        >>> import tempfile
        >>> import tinygrad_fs as tg
        >>> from tinygrad_fs import viz
        >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     viz.graph(x).save(f"{folder}/x.svg").name
        'x.svg'
        """
        path = Path(path)
        suffix = path.suffix.lower()
        if suffix not in SUFFIXES:
            raise ValueError(
                f"Graph.save: {path.name!r} has suffix {suffix!r}; it must be one of {', '.join(SUFFIXES)}"
            )
        with replacing(path) as file:
            file.write(self._as(suffix[1:]))
        return path

    def _as(self, form: str) -> bytes:
        """The drawing in a format."""
        if form == "svg":
            return self.svg().encode()
        if form == "html":
            return self.html().encode()
        if form == "dot":
            return self.source.encode()
        if form == "json":
            return json.dumps(self._data(), indent=1).encode()
        return self._pixels_or_pages(form)

    def _pixels_or_pages(self, form: str) -> bytes:
        """The drawing as PNG or PDF, which Graphviz alone can make."""
        program = find_program(self._options.renderer)
        needed = "a Graphviz of the system" if form == "pdf" else "a Graphviz"
        if program is None or (form == "pdf" and program.is_wheel):
            remedy = "install Graphviz so that `dot` is on the path"
            if form == "png":
                remedy = f'run `pip install "tinygrad-fs[viz]"`, or {remedy}'
            raise RenderError(f"viz: a {form.upper()} needs {needed}; {remedy}. SVG can be saved on any machine")
        try:
            return self._rendered_in_bounds(program, form)
        except SlowError as error:
            raise SlowError(
                f"{error} on a graph of {len(self.nodes):,} nodes; give viz.graph a larger timeout, draw less of it, "
                "or save it as SVG"
            ) from None
        except ProgramError as error:
            raise RenderError(f"{error}; save the graph as SVG, or give viz.graph another renderer") from None

    def _rendered_in_bounds(self, program: Program, form: str) -> bytes:
        """What a program makes of the drawing, if that is not too large."""
        if form == "png" and len(self.nodes) > SURELY_SMALL:
            width, height = size_of_svg(self._rendered(program, "svg"))
            pixels = width * height * (DPI / 72) ** 2
            if pixels > MEGAPIXELS * 1e6:
                raise RenderError(
                    f"viz: the PNG would have {pixels / 1e6:,.0f} megapixels, more than {MEGAPIXELS}; save the graph "
                    f"of {len(self.nodes):,} nodes as SVG, or draw less of it, as with depth=1"
                )
        return self._rendered(program, form)

    def _rendered(self, program: Program, form: str) -> bytes:
        return render(program, self.source, form, self._options.timeout)

    def _cost(self) -> int:
        return spans(len(self.nodes), [(link.source, link.reader) for link in self.edges if not link.is_loose])

    def _data(self) -> dict[str, Any]:
        """All that is drawn, with the coordinates of the built-in layout, as JSON has it."""
        layout = self.layout
        nodes = [
            {"id": f"n{number}", **asdict(box), **at._asdict()}
            for number, (box, at) in enumerate(zip(self.nodes, layout.nodes))
        ]
        scopes = [{**asdict(scope), **at._asdict()} for scope, at in zip(self.scene.scopes, layout.scopes)]
        edges = [{**asdict(link), "path": path} for link, path in zip(self.edges, layout.paths)]
        return {
            "format": 1,
            "direction": self.scene.direction,
            "width": layout.width,
            "height": layout.height,
            "nodes": nodes,
            "edges": edges,
            "scopes": scopes,
            "notes": self.scene.notes,
            "stats": self.stats,
        }

    # ---- showing it

    def show(self, page: bool = False) -> Path | None:
        """Show the drawing: in a notebook below the cell, elsewhere in the browser.

        Parameters
        ----------
        page : bool, default False
            Show the page to walk through (see `html`) and not the picture; a notebook has it in a frame, in which it
            can run its own script and nothing else.

        Returns
        -------
        Path or None
            The file that the browser shows; None in a notebook.
        """
        shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
        if shell is not None and hasattr(shell, "kernel"):
            display = sys.modules["IPython"].display.display
            if page:
                display({"text/html": framed(self.html()), "text/plain": self._words()}, raw=True)
            else:
                display(self)
            return None
        path = Path(tempfile.mkdtemp(prefix="tinygrad-fs-"), "graph.html" if page else "graph.svg")
        self.save(path)
        webbrowser.open(path.as_uri())
        return path

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows: the drawing as wide as the cell, or a text where it cannot be made."""
        try:
            return {"image/svg+xml": _full_width(self.svg()), "text/plain": self._words()}
        except Exception as error:  # a notebook must not be broken by a picture
            return {"text/plain": f"{self._words()}\n{error}"}

    def _words(self) -> str:
        return "\n".join(filter(None, [repr(self), self.note]))

    def __repr__(self) -> str:
        counts = Counter(box.kind for box in self.nodes)
        texts = [_counted(counts[kind], kind) for kind in get_args(BoxKind) if counts[kind]]
        texts.append(_counted(len(self.edges), "edge"))
        if self.scene.scopes:
            texts.append(_counted(len(self.scene.scopes), "module"))
        return f"<Graph: {', '.join(texts)}>"


def _counted(count: int, what: str) -> str:
    singular = {"backward": "backward op", "again": "second backward op", "saved": "note", "scope": "closed module"}
    word = singular.get(what, what)
    return f"{count:,} {word if count == 1 else 'leaves' if word == 'leaf' else f'{word}s'}"


def _full_width(svg: str) -> str:
    """The picture in all the width that there is, but never larger than it is."""
    head, begin, rest = svg.partition("<svg")
    tag, end, body = rest.partition(">")
    width = re.search(r'\bwidth="([\d.]+)(pt)?"', tag)
    if width is None:
        return svg
    pixels = float(width[1]) * (4 / 3 if width[2] else 1)
    tag = re.sub(r'\b(width|height)="[^"]*"', "", tag)
    return f'{head}{begin} width="100%" style="max-width: {pixels:.0f}px"{tag}{end}{body}'
