"""The result of an audit: findings, as objects, as a table for the terminal, as JSON and as a page."""

from __future__ import annotations

import math
import os
import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path

from tinygrad_fs.compare.writing import report_page, strict_json, write_page

__all__ = ["Finding", "Report", "Row"]

_FINE = ("right", "convention")
"""The verdicts that are no errors."""

_TRUTHS = {
    "tensors": "the forward on Tensors, confirmed by central differences",
    "traced": "the forward on Tensors under the tracing namespace, confirmed by central differences",
    "differences": "central differences",
}

_MEANINGS = {
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


@dataclass(frozen=True)
class Finding:
    """What was found of one gradient, in one mode and configuration.

    Attributes
    ----------
    name : str
        "input", or the name of the parameter or argument.
    mode : {"training", "evaluation", "frozen"}
    configuration : str
        As "batch 3", "batch 1" or "stride=2".
    verdict : str
        "right"; "convention": a choice at kinks and ties, or a declared truncation; "scaled": wrong by a constant
        factor; "partial": wrong in part of its entries; "wrong": everywhere; "stale": that of an earlier forward;
        "nonfinite"; "shape": of the wrong shape; "error": the code raised.
    detail : str
        The factor, the part, the values, the exception, in words.
    scale : float or None
        For "scaled", what the gradient is multiplied by.
    max_rel_error : float
        The largest relative error of an entry; infinite where there is nothing to compare.
    truth : {"tensors", "traced", "differences"} or None
        How the truth was found.
    reproducer : str or None
        A script that shows it by the smallest example that was found. None for "right", and for an "error" that no
        example can be made of.
    declared : bool
        Whether what was audited says so itself: then it is no error.
    """

    name: str
    mode: str
    configuration: str
    verdict: str
    detail: str = ""
    scale: float | None = None
    max_rel_error: float = math.inf
    truth: str | None = None
    reproducer: str | None = None
    declared: bool = False

    @property
    def ok(self) -> bool:
        """Whether the gradient is right, a convention, or as declared."""
        return self.verdict in _FINE or self.declared


@dataclass(frozen=True)
class Row:
    """Findings of one gradient that say the same, in several modes and configurations."""

    name: str
    modes: tuple[str, ...]
    configurations: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        """The finding that speaks for all."""
        return self.findings[0]

    @property
    def error(self) -> float:
        """The largest relative error of all."""
        return max(finding.max_rel_error for finding in self.findings)


@dataclass(frozen=True)
class Report:
    """The result of an audit.

    Attributes
    ----------
    title : str
        What was audited.
    findings : tuple of Finding
        One for each gradient, mode and configuration.
    remarks : tuple of str
        What else is worth knowing, such as what was not audited.

    Examples
    --------
    >>> Report("Dense", (Finding("W", "training", "batch 3", "scaled", "3 times the gradient", 3.0, 0.67),)).ok
    False
    """

    title: str
    findings: tuple[Finding, ...]
    remarks: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every gradient is right, or a convention."""
        return all(finding.ok for finding in self.findings)

    @property
    def wrong(self) -> tuple[Finding, ...]:
        """The findings that are errors."""
        return tuple(finding for finding in self.findings if not finding.ok)

    @property
    def rows(self) -> list[Row]:
        """The findings, put together where they say the same."""
        by_mode: dict[tuple[str, str, str], list[Finding]] = {}
        for finding in self.findings:
            by_mode.setdefault((finding.name, _saying(finding), finding.mode), []).append(finding)
        merged: dict[tuple[str, str, tuple[str, ...]], list[Finding]] = {}
        for (name, saying, _), found in by_mode.items():
            where = tuple(dict.fromkeys(finding.configuration for finding in found))
            merged.setdefault((name, saying, where), []).extend(found)
        return [
            Row(name, tuple(dict.fromkeys(finding.mode for finding in found)), where, tuple(found))
            for (name, _, where), found in merged.items()
        ]

    @property
    def headline(self) -> str:
        """The whole in one line."""
        names = list(dict.fromkeys(finding.name for finding in self.findings))
        wrong = list(dict.fromkeys(finding.name for finding in self.wrong))
        if wrong and all(finding.verdict == "error" for finding in self.findings):
            return f"{self.title}: it fails"
        if wrong:
            number = f"{len(names)} gradient{'s' if len(names) > 1 else ''}"
            return f"{self.title}: {' and '.join(_listed(wrong))} wrong, of {number}"
        return f"{self.title}: right ({', '.join(names)})"

    @property
    def truths(self) -> list[str]:
        """How the truth was found, in words."""
        return [_TRUTHS[each] for each in _TRUTHS if any(finding.truth == each for finding in self.findings)]

    def __str__(self) -> str:
        lines = [self.headline, "", *_table(self.rows), ""]
        if self.truths:
            lines.append(f"truth: {'; '.join(self.truths)}")
        lines += [f"note: {remark}" for remark in self.remarks]
        shown: set[tuple[str, str]] = set()
        for row in self.rows:
            first = row.first
            if first.reproducer and not first.ok and (first.verdict, first.detail) not in shown:
                shown.add((first.verdict, first.detail))
                lines += ["", f"{row.name}, {first.mode}, {first.configuration}: {first.verdict}. To see it, run:", ""]
                lines.append(textwrap.indent(first.reproducer.rstrip(), "    "))
        return "\n".join(lines)

    def to_json(self, indent: int | None = 2) -> str:
        """The report as JSON: strict, with null for what is infinite.

        Examples
        --------
        >>> print(Report("Relu", (Finding("input", "training", "batch 3", "right", max_rel_error=0.0),)).to_json(None))
        {"title": "Relu", "ok": true, "findings": [{"name": "input", "mode": "training", "configuration": "batch 3",
        "verdict": "right", "detail": "", "scale": null, "max_rel_error": 0.0, "truth": null, "reproducer": null,
        "declared": false}], "remarks": []}
        """
        content = {
            "title": self.title,
            "ok": self.ok,
            "findings": [asdict(finding) for finding in self.findings],
            "remarks": list(self.remarks),
        }
        return strict_json(content, indent)

    def to_html(self, path: str | os.PathLike[str]) -> Path:
        """Write the report as one page that needs nothing else; the file appears whole or not at all.

        Parameters
        ----------
        path : str or PathLike
            A file that exists is replaced.

        Returns
        -------
        Path
            Where it was written.
        """
        return write_page(path, report_page(f"Audit of {self.title}", "\n".join(_page(self))))


# ---- as text


def _saying(finding: Finding) -> str:
    """What a finding says, apart from what differs from draw to draw: numbers, places, slopes."""
    if finding.verdict in ("right", "convention", "partial"):
        return finding.verdict
    detail = finding.detail if finding.verdict == "scaled" else re.sub(r"[-+\d.]+(e[-+]?\d+)?", "#", finding.detail)
    return f"{finding.verdict} {detail}"


def _listed(names: list[str]) -> list[str]:
    return [", ".join(names[:-1]), names[-1]] if len(names) > 1 else names


def _table(rows: Iterable[Row]) -> list[str]:
    header = ("gradient", "mode", "with", "verdict", "error", "")
    cells = [
        (
            row.name,
            ", ".join(row.modes),
            ", ".join(row.configurations),
            row.first.verdict,
            f"{row.error:.0e}" if math.isfinite(row.error) else "",
            row.first.detail,
        )
        for row in rows
    ]
    widths = [max(len(each[i]) for each in (header, *cells)) for i in range(5)]
    return ["  ".join([*(text.ljust(width) for text, width in zip(each, widths)), each[5]]).rstrip()
            for each in (header, *cells)]  # fmt: skip


# ---- as a page


def _page(report: Report) -> Iterator[str]:
    """The body of the page, in pieces; whatever it quotes is escaped."""
    rows, headline = report.rows, report.headline.removeprefix(f"{report.title}: ")
    yield f'<p class="headline {"good" if report.ok else "bad"}">{escape(headline)}</p>'
    yield '<div class="wide"><table><thead><tr><th>gradient</th><th>mode</th><th>with</th><th>verdict</th>'
    yield '<th class="number">relative error</th><th>how</th></tr></thead><tbody>'
    yield from map(_page_row, rows)
    yield "</tbody></table></div>"
    yield f'<p class="faint">The truth: {escape("; ".join(report.truths) or "not found")}.</p>'
    yield from (f"<p>{escape(remark)}.</p>" for remark in report.remarks)
    yield "<h2>What the verdicts mean</h2>\n<table><tbody>"
    used = {row.first.verdict for row in rows}
    yield from (
        f'<tr><td class="verdict">{verdict}</td><td>{meaning}</td></tr>'
        for verdict, meaning in _MEANINGS.items()
        if verdict in used
    )
    yield "</tbody></table>"
    examples = list(_examples(rows))
    if examples:
        yield "<h2>The smallest examples</h2>"
        yield "<p>Each is a script of its own. Run it to see the gradient by hand beside the true one.</p>"
        yield from examples


def _page_row(row: Row) -> str:
    first = row.first
    error = "" if not math.isfinite(row.error) else f"{row.error:.1e}" if row.error else "0"
    return (
        f'<tr><td class="whole"><code>{escape(row.name)}</code></td><td>{_unbroken(row.modes)}</td>'
        f'<td>{_unbroken(row.configurations)}</td><td class="verdict {_state(first)}">{escape(first.verdict)}</td>'
        f'<td class="number">{error}</td><td>{escape(first.detail)}</td></tr>'
    )


def _unbroken(words: tuple[str, ...]) -> str:
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
