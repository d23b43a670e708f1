"""The page of a report: one HTML file without anything from elsewhere."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

from tinygrad_fs.viz.page.document import document

if TYPE_CHECKING:
    from tinygrad_fs.compare.report import Report, Row

__all__ = ["page"]

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --right: #1a7f37; --convention: #9a6700; --wrong: #cf222e; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
.right { color: var(--right); } .convention { color: var(--convention); } .wrong { color: var(--wrong); }
.verdict { font-weight: 600; }
code, pre { font: 13px/1.45 ui-monospace, monospace; }
pre { overflow-x: auto; padding: 1rem; border: 1px solid var(--line); border-radius: .4rem; }
summary { cursor: pointer; margin: 1rem 0 .5rem; }
"""

_BODY = """
<h1>{title}</h1>
<p class="{state}">{headline}</p>
<table>
<thead><tr><th>gradient</th><th>mode</th><th>with</th><th>verdict</th><th>relative error</th><th></th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
<p>The truth: {truths}.</p>
{remarks}
{reproducers}
"""


def page(report: Report) -> str:
    """The HTML of a report; whatever it quotes is escaped."""
    shown: dict[str, str] = {}
    for row in report.rows:
        source = row.first.reproducer
        if source:
            shown.setdefault(source, f"{row.name}, {row.modes[0]}: {row.first.verdict}")
    title = f"Audit of {report.title}"
    body = _BODY.format(
        title=escape(title),
        state="right" if report.ok else "wrong",
        headline=escape(report.headline),
        rows="\n".join(map(_row, report.rows)),
        truths=escape("; ".join(report.truths) or "not found"),
        remarks="\n".join(f"<p>{escape(remark)}</p>" for remark in report.remarks),
        reproducers="\n".join(
            f"<details><summary>{escape(what)}</summary><pre>{escape(source)}</pre></details>"
            for source, what in shown.items()
        ),
    )
    return document(title, body, _STYLE)


def _row(row: Row) -> str:
    first = row.first
    state = first.verdict if first.ok else "wrong"
    error = f"{row.error:.1e}" if math.isfinite(row.error) else ""
    return (
        f"<tr><td><code>{escape(row.name)}</code></td><td>{escape(', '.join(row.modes))}</td>"
        f"<td>{escape(', '.join(row.configurations))}</td><td class='verdict {state}'>{escape(first.verdict)}</td>"
        f"<td class='number'>{error}</td><td>{escape(first.detail)}</td></tr>"
    )
