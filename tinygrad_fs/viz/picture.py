"""Graph: a drawing, to be shown in a notebook or saved to a file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinygrad_fs.io.files import replacing
from tinygrad_fs.viz.render import RenderError, render

if TYPE_CHECKING:
    import graphviz  # type: ignore[import-untyped]

__all__ = ["Graph"]

_SUFFIXES = (".dot", ".svg", ".png")


class Graph:
    """A drawing of a graph; `viz.graph` makes it.

    In a notebook it shows itself. Without a renderer it shows a line of text that says what to install.

    Parameters
    ----------
    digraph : graphviz.Digraph
        The drawing.
    counts : mapping of str to int
        How many it has of what: "op", "leaf", "input", "edge" and so on, in the singular.
    timeout : float
        How many seconds a layout may take.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs import viz
    >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> viz.graph(x, names={"x": x})
    <Graph: 1 leaf, 0 edges>
    """

    def __init__(self, digraph: graphviz.Digraph, counts: Mapping[str, int], timeout: float) -> None:
        self._digraph = digraph
        self._counts = dict(counts)
        self._timeout = timeout

    @property
    def digraph(self) -> graphviz.Digraph:
        """The `graphviz.Digraph` itself; what is changed in it shows in the drawing."""
        return self._digraph

    @property
    def source(self) -> str:
        """The drawing in the DOT language. The same program gives the same source."""
        return str(self._digraph.source)

    def svg(self) -> str:
        """The drawing as SVG.

        Raises
        ------
        RenderError
            If no Graphviz is installed, or the layout fails or takes longer than `timeout`.
        """
        return self._render("svg").decode(errors="replace")

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the drawing to a file, as its suffix says; the file appears whole or not at all.

        Parameters
        ----------
        path : path-like
            Ends in ``.dot`` (which needs no renderer), ``.svg`` or ``.png``. A file that exists is replaced.

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
            If no Graphviz is installed, or the layout fails or takes longer than `timeout`.

        Examples
        --------
        >>> import tempfile
        >>> import tinygrad_fs as tg
        >>> from tinygrad_fs import viz
        >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     viz.graph(x).save(f"{folder}/x.dot").name
        'x.dot'
        """
        path = Path(path)
        suffix = path.suffix.lower()
        if suffix not in _SUFFIXES:
            raise ValueError(
                f"Graph.save: {path.name!r} has suffix {suffix!r}; it must be one of {', '.join(_SUFFIXES)}"
            )
        with replacing(path) as file:
            file.write(self.source.encode() if suffix == ".dot" else self._render(suffix[1:]))
        return path

    def _render(self, form: str) -> bytes:
        nodes = sum(count for what, count in self._counts.items() if what != "edge")
        return render(self.source, form, nodes=nodes, timeout=self._timeout)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows: the drawing, or a text where it cannot be made."""
        try:
            return {"image/svg+xml": self.svg(), "text/plain": repr(self)}
        except RenderError as error:
            return {"text/plain": f"{self!r}\n{error}"}

    def __repr__(self) -> str:
        counts = [_counted(count, what) for what, count in self._counts.items() if count or what == "edge"]
        return f"<Graph: {', '.join(counts)}>"


def _counted(count: int, what: str) -> str:
    plural = {"leaf": "leaves"}.get(what, f"{what}s")
    return f"{count:,} {what if count == 1 else plural}"
