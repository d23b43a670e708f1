"""Writes docs/gallery.md and docs/examples/README.md: ``python tests/gallery_page.py``.

They are made of the examples' docstrings, and of the figures and pictures that full runs left in docs/gallery.
"""

from __future__ import annotations

import ast
import inspect
import json
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent.parent / "docs"
EXAMPLES, GALLERY = DOCS / "examples", DOCS / "gallery"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.py") if path.stem != "example")
LAYERS = "_layers"

SECTIONS = {
    "Define-by-run": [name for name in NAMES if name + LAYERS not in NAMES and not name.endswith(LAYERS)],
    "The networks of ML-From-Scratch, define-by-run": [name for name in NAMES if name + LAYERS in NAMES],
    "Layer by layer, with the API of ML-From-Scratch": [name for name in NAMES if name.endswith(LAYERS)],
}

OVERVIEW = """\
# Examples

Each is one short file to be read from top to bottom, and runs offline: on the digits that come with the package, on
the text of Python's own manual, or on what it makes itself.

```sh
pip install ".[demo,rl]"  # rl is gymnasium, which the deep Q-networks play with
python docs/examples/gan.py --out pictures
```

`--steps` says how long to train, `--seed` with which random numbers. What all of them share, arguments, progress bar
and drawing, is in [`example.py`](example.py). The times are seconds of one core; [the gallery](../gallery.md) shows
what comes of it.
"""

INTRODUCTION = """\
# Gallery

What the [examples](examples/README.md) came to. Each was run in full by the command that stands with it, which also
wrote its picture and its figures; the seconds are those of one core, on one thread. (The page is written by
`python tests/gallery_page.py` from the examples and the figures in `docs/gallery`; a test fails when it is out of
date.)
"""


def readme() -> str:
    """What docs/examples/README.md should be."""
    parts = [OVERVIEW]
    for section, names in SECTIONS.items():
        rows = [f"| [`{name}.py`]({name}.py) | {about(name)[0]} | {seconds(name)} |" for name in names]
        parts.append("\n".join([f"## {section}\n", "| file | what it does | seconds |", "|---|---|---|", *rows]) + "\n")
    return "\n".join(parts)


def page() -> str:
    """What docs/gallery.md should be."""
    parts = [INTRODUCTION]
    for section, names in SECTIONS.items():
        parts.append(f"## {section}\n")
        parts += [_entry(name) for name in names]
    return "\n".join(parts)


def about(name: str) -> tuple[str, str, str]:
    """The first line of an example's docstring, what follows, and what it says to expect."""
    tree = ast.parse((EXAMPLES / f"{name}.py").read_text(encoding="utf-8"))
    text = inspect.cleandoc(ast.get_docstring(tree) or "")
    first, _, rest = text.partition("\n\n")
    details, _, expected = rest.rpartition("Expected: ")
    return first, details.strip(), expected


def record(name: str) -> dict[str, Any]:
    """What the full run left: steps, seed, seconds and figures."""
    found: dict[str, Any] = json.loads((GALLERY / f"{name}.json").read_text(encoding="utf-8"))
    return found


def seconds(name: str) -> int:
    """How long the full run took."""
    return max(1, round(record(name)["seconds"]))


def _entry(name: str) -> str:
    first, details, expected = about(name)
    run = record(name)
    figures = ", ".join(f"{key.replace('_', ' ')} **{value:.4g}**" for key, value in run["figures"].items())
    paragraphs = [
        f"### {first.rstrip('.')}",
        details,
        f"Expected: {expected}",
        f"Came out: {figures}; {run['steps']:,} steps, seed {run['seed']}, {seconds(name)} seconds.",
        f"```sh\npython docs/examples/{name}.py --out docs/gallery\n```",
        f"[`{name}.py`](examples/{name}.py)",
        f"![{first.rstrip('.')}](gallery/{name}.png)",
    ]
    return "\n\n".join(each for each in paragraphs if each) + "\n"


if __name__ == "__main__":
    (EXAMPLES / "README.md").write_text(readme(), encoding="utf-8")
    (DOCS / "gallery.md").write_text(page(), encoding="utf-8")
