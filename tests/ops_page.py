"""Writes docs/ops.md, the table of all ops, from their classes: ``python tests/ops_page.py``."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from itertools import chain, groupby
from pathlib import Path
from typing import Any

import tinygrad_fs as tg
from tinygrad_fs import ops

PAGE = Path(__file__).parent.parent / "docs" / "ops.md"

INTRODUCTION = """\
# Every op

Written by `python tests/ops_page.py` from the classes; a test fails when this page is out of date.

An op is a class with a formula and a derivative; a public function calls one or several of them. The derivative of
every op is itself made of ops, so all of them can be differentiated to any order, but for those that count, compare or
tell places. `g` is the gradient of the output. Where a derivative ends at a singular point (equal eigenvalues, a
matrix without inverse), the function's docstring says so.

*order* says how often an op can be differentiated.
"""


def page() -> str:
    """The page, as it should be."""
    parts = [INTRODUCTION]
    for room, families in groupby(_families(), key=_room):
        parts.append(f"## {_heading(room)}\n")
        parts += chain.from_iterable(map(_section, families))
    return "\n".join(parts)


def _section(family: Any) -> list[str]:
    functions = ", ".join(f"`{name}`" for name in _functions(family))
    classes = _ops_of(family)
    if not functions and not classes:
        return []
    title, about = _title(family)
    parts = [f"### {title}\n"]
    if about:
        parts.append(f"{about}.\n")
    file = family.__name__.removeprefix("tinygrad_fs.").replace(".", "/") + ".py"
    name = Path(file).name
    parts.append(f"[`{name}`](../tinygrad_fs/{file})" + (f": {functions}" if functions else "") + "\n")
    if classes:
        parts.append("| op | formula | derivative | order |\n|---|---|---|---|")
        parts.append("\n".join(_row(op) for op in classes) + "\n")
    return parts


def _families() -> list[Any]:
    """All of them, in the order of the map; those without public names after the others of their room."""
    names = [info.name for info in pkgutil.walk_packages(ops.__path__, "tinygrad_fs.ops.") if not info.ispkg]
    place = {f"tinygrad_fs.ops.{family}": i for i, family in enumerate(ops.FAMILIES)}
    rooms = list(dict.fromkeys(name.rpartition(".")[0] for name in [*place, *sorted(names)]))
    names.sort(key=lambda name: (rooms.index(name.rpartition(".")[0]), place.get(name, len(place)), name))
    return [importlib.import_module(name) for name in names]


def _room(family: Any) -> Any:
    return importlib.import_module(family.__name__.rpartition(".")[0])


def _heading(room: Any) -> str:
    return "Common ground" if room is ops else _title(room)[0]


def _title(module: Any) -> tuple[str, str]:
    """The first line of a family's docstring up to a colon or the like, and what there is to say below that."""
    sentence = (inspect.getdoc(module) or "").splitlines()[0].rstrip(".").replace("``", "`")
    title, mark, rest = re.fullmatch(r"(.*?)(?:([:;,.]) (.*))?", sentence).groups()
    return title, rest[0].upper() + rest[1:] if mark == ":" else sentence if mark else ""


def _functions(module: Any) -> list[str]:
    public = [*ops.__all__, *tg.linalg.__all__]
    found = {
        name: getattr(module, name)
        for name in public
        if inspect.isfunction(getattr(module, name, None)) and getattr(module, name).__module__ == module.__name__
    }
    return sorted(found)


def _ops_of(module: Any) -> list[Any]:
    return [
        value
        for _, value in sorted(vars(module).items())
        if inspect.isclass(value)
        and issubclass(value, tg.Op)
        and value.__module__ == module.__name__
        and "recipe" in vars(value)
    ]


def _row(op: Any) -> str:
    first = (inspect.getdoc(op) or "").split("\n\n")[0].replace("\n", " ")
    formula, _, derivative = first.partition(";  ")
    order = "any" if op.recipe.rules else "none"
    cells = [
        f"`{op.__name__}`",
        formula.removesuffix(": no gradient.").rstrip("."),
        derivative.rstrip(".") or "none",
        order,
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
