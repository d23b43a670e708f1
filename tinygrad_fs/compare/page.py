"""The page of a report: what is wrong, what each word means, and the smallest examples."""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from tinygrad_fs.compare.written import report_page

if TYPE_CHECKING:
    from tinygrad_fs.compare.report import Finding, Report, Row

__all__ = ["page"]

_WORDS = {
    "right": "the gradient of the forward",
    "convention": "a choice where there is more than one slope, at kinks and ties, or a truncation that is declared",
    "scaled": "the gradient times a number",
    "partial": "wrong in some entries, right in others",
    "wrong": "wrong everywhere, or updated where it must not be",
    "stale": "the gradient of an earlier forward",
    "nonfinite": "nan or infinite where the forward has a slope",
    "shape": "not of the shape of what it is the gradient of",
    "error": "the code raised an exception",
}


def page(report: Report) -> str:
    """The HTML of a report; whatever it quotes is escaped."""
    return report_page(f"Audit of {report.title}", "\n".join(_parts(report)))


def _parts(report: Report) -> Iterator[str]:
    rows, headline = report.rows, report.headline.removeprefix(f"{report.title}: ")
    yield f'<p class="headline {"good" if report.ok else "bad"}">{escape(headline)}</p>'
    yield '<div class="wide"><table><thead><tr><th>gradient</th><th>mode</th><th>with</th><th>verdict</th>'
    yield '<th class="number">relative error</th><th>how</th></tr></thead><tbody>'
    yield from map(_row, rows)
    yield "</tbody></table></div>"
    yield f'<p class="faint">The truth: {escape("; ".join(report.truths) or "not found")}.</p>'
    yield from (f"<p>{escape(remark)}.</p>" for remark in report.remarks)
    yield "<h2>What the verdicts mean</h2>\n<table><tbody>"
    used = {row.first.verdict for row in rows}
    yield from (
        f'<tr><td class="verdict">{verdict}</td><td>{meaning}</td></tr>'
        for verdict, meaning in _WORDS.items()
        if verdict in used
    )
    yield "</tbody></table>"
    examples = list(_examples(rows))
    if examples:
        yield "<h2>The smallest examples</h2>"
        yield "<p>Each is a script of its own. Run it to see the gradient by hand beside the true one.</p>"
        yield from examples


def _row(row: Row) -> str:
    first = row.first
    error = "" if not math.isfinite(row.error) else f"{row.error:.1e}" if row.error else "0"
    return (
        f'<tr><td class="whole"><code>{escape(row.name)}</code></td><td>{_listed(row.modes)}</td>'
        f'<td>{_listed(row.configurations)}</td><td class="verdict {_state(first)}">{escape(first.verdict)}</td>'
        f'<td class="number">{error}</td><td>{escape(first.detail)}</td></tr>'
    )


def _listed(words: tuple[str, ...]) -> str:
    """Words with commas between them, broken into lines nowhere else."""
    return ", ".join(f'<span class="whole">{escape(each)}</span>' for each in words)


def _state(finding: Finding) -> str:
    return "good" if finding.verdict == "right" else "fair" if finding.ok else "bad"


def _examples(rows: list[Row]) -> Iterator[str]:
    """The scripts, each once: what is wrong first, and the first of that open."""
    shown: set[str] = set()
    for row in sorted(rows, key=lambda row: row.first.ok):
        first = row.first
        if first.reproducer is None or first.reproducer in shown:
            continue
        opened = "" if shown or first.ok else " open"
        shown.add(first.reproducer)
        yield (
            f"<details{opened}><summary><code>{escape(row.name)}</code> in {escape(first.mode)}, "
            f'{escape(first.configuration)}: <span class="verdict {_state(first)}">{escape(first.verdict)}</span>'
            f"</summary><pre>{escape(first.reproducer)}</pre></details>"
        )
