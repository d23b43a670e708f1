"""Writing rows: the table on the terminal, `docs/benchmarks.md` and `docs/benchmarks.json`, and what README shows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from tinygrad_fs.io import replacing

__all__ = ["DOCS", "README", "Row", "shares", "table", "write_json", "write_page", "write_readme"]

README = Path(__file__).resolve().parents[2] / "README.md"
DOCS = README.parent / "docs"

_HEAD = ("workload", "threads", "tinygrad_fs", "against", "figure", "spread", "target", "verdict")
_BEGIN = "<!-- written by tests/benchmarks: begin -->\n"
_END = "<!-- written by tests/benchmarks: end -->\n"

_IN_README = {
    ("mlp", "time"): "MLP 64-64-10, batch 32, Adam",
    ("cnn", "time"): "digits network, batch 256, Adam",
    ("cnn", "memory"): "peak memory of that step",
    ("lstm", "time"): "LSTM of 128, 64 steps, batch 32",
    ("gpt", "time"): "GPT of width 128, 4 layers, 128 letters, batch 8",
    ("mean-convolution", "geometric mean"): "twelve convolutions, geometric mean",
    ("softmax", "time"): "softmax of 4096 x 1024",
    ("layer_norm", "time"): "layer norm of 4096 x 1024",
    ("gelu", "time"): "gelu of 4096 x 1024",
    ("elementwise-tanh", "time"): "tanh of 10 million numbers",
    ("adam-3", "time"): "Adam step over 5 million parameters in 3 tensors",
    ("mean", "geometric mean"): "all rows that were measured, geometric mean",
}


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


def shares(results: Iterable[dict[str, Any]]) -> str:
    """The table of README, from results `as_json`: shares of PyTorch's on one thread; quartiles where too noisy."""
    found = {(row["workload"], row["measure"]): row for row in results if (row["peer"], row["threads"]) == ("torch", 1)}
    lines = [f"| {text} | {_share(found[key])} |" for key, text in _IN_README.items() if key in found]
    return "\n".join(["| forward and backward, or a training step | share |", "|---|---|", *lines]) + "\n"


def _share(row: dict[str, Any]) -> str:
    low, value, high = row["quartiles"] if "quartiles" in row else (row["range"][0], row["value"], row["range"][1])
    return f"{low:.2f} to {high:.2f}" if row["meaningless"] else f"{value:.2f}"


def write_page(path: Path, rows: Iterable[Row], machine: dict[str, str]) -> None:
    """Put table and machine between the marks of the page; the text around them stays."""
    facts = "".join(f"- {name}: {value}\n" for name, value in machine.items())
    _write_between_marks(path, f"\n{table(rows)}\n{facts}\n")


def write_readme(path: Path, rows: Iterable[Row]) -> None:
    """Put the shares between the marks of README."""
    _write_between_marks(path, f"\n{shares([row.as_json() for row in rows])}\n")


def _write_between_marks(path: Path, text: str) -> None:
    before, begin, rest = path.read_text(encoding="utf-8").partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"{path}: the lines {_BEGIN.strip()!r} and {_END.strip()!r} are missing")
    with replacing(path) as file:
        file.write(f"{before}{begin}{text}{end}{after}".encode())


def write_json(path: Path, rows: Iterable[Row], machine: dict[str, str]) -> None:
    """Write all that was measured, turn by turn; a result is a line, so that two runs can be compared by diff."""
    lines = ",\n".join(json.dumps(row.as_json()) for row in rows)
    with replacing(path) as file:
        file.write(f'{{"machine": {json.dumps(machine)},\n"results": [\n{lines}\n]}}\n'.encode())
