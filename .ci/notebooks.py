"""The notebooks of docs/notebooks/: ``python .ci/notebooks.py`` runs them and keeps what they show."""

from __future__ import annotations

import base64
import copy
import os
import re
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

__all__ = ["as_markdown"]

FOLDER = Path(__file__).parent.parent / "docs" / "notebooks"
LIMIT = 120
"""Seconds that a cell may take on a busy machine; all three notebooks take a few."""


def executed(path: Path) -> Any:
    """The notebook after all its cells have run, in a kernel of this environment and a folder of its own.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell raises.
    """
    os.environ |= {"JUPYTER_PLATFORM_DIRS": "1", "TINYGRAD_FS_DOT": "builtin"}  # for the kernel: no warning, one layout
    notebook = nbformat.read(path, as_version=4)
    quiet = ["--log-level=ERROR"]
    NotebookClient(notebook, timeout=LIMIT, kernel_name="python3", extra_arguments=quiet).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # times, which are others every time
    notebook.metadata.pop("language_info", None)
    return notebook


def kept(notebook: Any) -> Any:
    """A copy as it is kept in the repository: pictures and words, and no pages, which code hosts do not show."""
    result = copy.deepcopy(notebook)
    for cell in result.cells:
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop("text/html", None)
    return result


def words(notebook: Any) -> list[list[str]]:
    """What each cell has said, without pictures."""
    return [[_words(output) for output in cell.get("outputs", ())] for cell in notebook.cells]


def _words(output: Any) -> str:
    return str(output.get("text") or output.get("data", {}).get("text/plain", ""))


def as_markdown(path: Path) -> tuple[str, dict[str, str], dict[str, bytes]]:
    """Run a notebook and make a page of it.

    Returns
    -------
    markdown : str
        With a mark ``<!--output:NAME-->`` in the place of each page that was shown.
    outputs : dict of str to str
        Those pages, as HTML, by name.
    pictures : dict of str to bytes
        The pictures that the Markdown shows, by the names of their files.

    Raises
    ------
    SystemExit
        If what it says is not what the notebook in the repository says.
    """
    notebook = executed(path)
    said, kept_words = words(notebook), words(nbformat.read(path, as_version=4))
    if said != kept_words:
        where = [f"cell {i}: {now} was {then}" for i, (now, then) in enumerate(zip(said, kept_words)) if now != then]
        remedy = "if this is meant, run: python .ci/notebooks.py"
        sys.exit("\n".join([f"{path.name} says something else now; {remedy}", *where]))
    outputs: dict[str, str] = {}
    pictures: dict[str, bytes] = {}
    parts = []
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            parts.append(cell.source)
            continue
        parts.append(f"```python\n{cell.source}\n```")
        for position, output in enumerate(cell.outputs):
            parts.append(_shown(output, f"{path.stem}-{number}-{position}", outputs, pictures))
    parts.insert(1, f"*This is [a notebook]({path.name}), as it ran when the site was built.*")  # below the title
    return "\n\n".join(parts) + "\n", outputs, pictures


def _shown(output: Any, name: str, outputs: dict[str, str], pictures: dict[str, bytes]) -> str:
    """The Markdown of what a cell shows: a page, a picture or words."""
    data = output.get("data", {})
    if "text/html" in data:
        outputs[name] = f'<div class="page-of-steps">{data["text/html"]}</div>'
        return f"<!--output:{name}-->"
    if "image/svg+xml" in data:
        pictures[f"{name}.svg"] = data["image/svg+xml"].encode()
        return f"![{_words(output)}]({name}.svg)"
    if "image/png" in data:
        pictures[f"{name}.png"] = base64.b64decode(data["image/png"])
        return f"![{_words(output)}]({name}.png)"
    return f"```{{.text .output}}\n{re.sub(chr(27) + '[^m]*m', '', _words(output)).rstrip()}\n```"


def main() -> None:
    """Run all of them, and keep what they show."""
    for path in sorted(FOLDER.glob("*.ipynb")):
        nbformat.write(kept(executed(path)), path)


if __name__ == "__main__":
    main()
