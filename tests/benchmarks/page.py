"""Writing results: the table on the terminal, `docs/benchmarks.md` and `docs/benchmarks.json`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from results import Result

from tinygrad_fs.io import replacing

__all__ = ["DOCS", "table", "write_json", "write_page"]

DOCS = Path(__file__).resolve().parents[2] / "docs"

_HEAD = ("workload", "threads", "tinygrad_fs", "against", "figure", "quartiles", "target", "verdict")
_BEGIN = "<!-- written by tests/benchmarks: begin -->\n"
_END = "<!-- written by tests/benchmarks: end -->\n"


def table(results: Iterable[Result]) -> str:
    """The results as a table in Markdown, aligned so that it reads well as text too."""
    rows = [_HEAD, *map(_row, results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = ["| " + " | ".join(text.ljust(width) for text, width in zip(row, widths)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines) + "\n"


def _row(result: Result) -> tuple[str, ...]:
    ours, theirs = result.medians()
    title = result.title + (": peak memory" if result.measure == "memory" else "")
    threads = "" if result.threads is None else str(result.threads)
    against = f"{result.peer} {theirs}"
    return title, threads, ours, against, result.figure(), result.spread(), result.target(), result.verdict()


def write_page(path: Path, results: Iterable[Result], machine: dict[str, str]) -> None:
    """Put table and machine between the marks of the page; the text around them stays."""
    text = path.read_text(encoding="utf-8")
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"{path}: the lines {_BEGIN.strip()!r} and {_END.strip()!r} are missing")
    facts = "".join(f"- {name}: {value}\n" for name, value in machine.items())
    with replacing(path) as file:
        file.write(f"{before}{begin}\n{table(results)}\n{facts}\n{end}{after}".encode())


def write_json(path: Path, results: Iterable[Result], machine: dict[str, str]) -> None:
    """Write all that was measured, turn by turn; a result is a line, so that two runs can be compared by diff."""
    lines = ",\n".join(json.dumps(result.as_json()) for result in results)
    with replacing(path) as file:
        file.write(f'{{"machine": {json.dumps(machine)},\n"results": [\n{lines}\n]}}\n'.encode())
