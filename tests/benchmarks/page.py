"""Writing rows: the table on the terminal, `docs/benchmarks.md` and `docs/benchmarks.json`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from tinygrad_fs.io import replacing

__all__ = ["DOCS", "Row", "table", "write_json", "write_page"]

DOCS = Path(__file__).resolve().parents[2] / "docs"

_HEAD = ("workload", "threads", "tinygrad_fs", "against", "figure", "spread", "target", "verdict")
_BEGIN = "<!-- written by tests/benchmarks: begin -->\n"
_END = "<!-- written by tests/benchmarks: end -->\n"


class Row(Protocol):
    """What can be written: results, and summaries of them."""

    def cells(self) -> tuple[str, ...]:
        """A row of the table."""

    def as_json(self) -> dict[str, Any]:
        """All that is known."""


def table(rows: Iterable[Row]) -> str:
    """The results as a table in Markdown, aligned so that it reads well as text too."""
    lines_of_cells = [_HEAD, *[row.cells() for row in rows]]
    widths = [max(len(row[column]) for row in lines_of_cells) for column in range(len(_HEAD))]
    lines = ["| " + " | ".join(text.ljust(width) for text, width in zip(row, widths)) + " |" for row in lines_of_cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines) + "\n"


def write_page(path: Path, rows: Iterable[Row], machine: dict[str, str]) -> None:
    """Put table and machine between the marks of the page; the text around them stays."""
    text = path.read_text(encoding="utf-8")
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"{path}: the lines {_BEGIN.strip()!r} and {_END.strip()!r} are missing")
    facts = "".join(f"- {name}: {value}\n" for name, value in machine.items())
    with replacing(path) as file:
        file.write(f"{before}{begin}\n{table(rows)}\n{facts}\n{end}{after}".encode())


def write_json(path: Path, rows: Iterable[Row], machine: dict[str, str]) -> None:
    """Write all that was measured, turn by turn; a result is a line, so that two runs can be compared by diff."""
    lines = ",\n".join(json.dumps(row.as_json()) for row in rows)
    with replacing(path) as file:
        file.write(f'{{"machine": {json.dumps(machine)},\n"results": [\n{lines}\n]}}\n'.encode())
