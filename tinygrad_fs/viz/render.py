"""Rendering: find a Graphviz executable, and run it on a source."""

from __future__ import annotations

import shutil
import subprocess
from importlib import metadata
from pathlib import Path

__all__ = ["RenderError", "find_renderer", "render"]

_WHEEL = "graphviz-pure"
_FLAGS = {"svg": ("-Kdot", "-Tsvg"), "png": ("-Kdot", "-Tpng", "-Gdpi=144")}


class RenderError(RuntimeError):
    """A picture could not be made; the message names the remedy."""


def find_renderer() -> str:
    """The path of a Graphviz executable: `dot` on the path, or else the one that the extra ``viz`` brings.

    Raises
    ------
    RenderError
        If there is neither.
    """
    found = shutil.which("dot") or _from_wheel() or shutil.which(_WHEEL)
    if found is None:
        raise RenderError(
            'viz: no Graphviz was found to make the picture with; run `pip install "tinygrad-fs[viz]"`, or install '
            "Graphviz so that `dot` is on the path. Without one, .source and .save('graph.dot') work"
        )
    return found


def _from_wheel() -> str | None:
    """The executable among the files of the installed wheel, which need not be on the path."""
    try:
        files = metadata.files(_WHEEL)
    except metadata.PackageNotFoundError:
        return None
    for file in files or ():
        if file.name in (_WHEEL, f"{_WHEEL}.exe"):
            path = Path(str(file.locate())).resolve()
            if path.is_file():
                return str(path)
    return None


def render(source: str, form: str, *, nodes: int, timeout: float) -> bytes:
    """Lay out and draw a DOT source.

    Parameters
    ----------
    source : str
        The graph in the DOT language.
    form : {"svg", "png"}
        What to make of it.
    nodes : int
        How many nodes it has, for messages.
    timeout : float
        How many seconds it may take.

    Raises
    ------
    RenderError
        If there is no renderer, if it fails, or if it takes too long.
    """
    program = find_renderer()
    try:
        result = subprocess.run(
            [program, *_FLAGS[form]], input=source.encode(), capture_output=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        raise RenderError(
            f"viz: laying out a graph of {nodes:,} nodes took longer than timeout={timeout:g} seconds; give "
            "viz.graph a larger timeout, draw a smaller part, or use .save('graph.dot')"
        ) from None
    except OSError as error:
        raise RenderError(f"viz: {program} cannot be run: {error}") from error
    if result.returncode != 0 or not result.stdout:
        said = result.stderr.decode(errors="replace").strip()[-1000:] or "no message"
        raise RenderError(
            f"viz: {program} failed with exit code {result.returncode} on a graph of {nodes:,} nodes: {said}"
        )
    return result.stdout
