"""How results are written down: as strict JSON, and as pages that need nothing from elsewhere."""

from __future__ import annotations

import json
import math
import os
from html import escape
from pathlib import Path
from typing import Any

from tinygrad_fs import __version__
from tinygrad_fs.io import replacing
from tinygrad_fs.viz.page.document import document

__all__ = ["report_page", "strict_json", "write_page"]

_STYLE = """
:root {
  color-scheme: light dark; --ground: #ffffff; --panel: #f6f8fa; --line: #d0d7de; --ink: #1f2328; --faint: #59636e;
  --good: #1a7f37; --fair: #9a6700; --bad: #cf222e; --first: #0969da; --second: #bc4c00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0d1117; --panel: #161b22; --line: #3d444d; --ink: #e6edf3; --faint: #9198a1;
    --good: #3fb950; --fair: #d29922; --bad: #ff7b72; --first: #58a6ff; --second: #f0883e;
  }
}
body {
  font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground);
  max-width: 78rem; margin: 2rem auto 4rem; padding: 0 1.25rem;
}
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 2.25rem 0 .5rem; }
p { max-width: 60rem; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 600; color: var(--faint); }
th, td { padding: .35rem 1rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.good { color: var(--good); } .fair { color: var(--fair); } .bad { color: var(--bad); }
.first { color: var(--first); } .second { color: var(--second); } .faint { color: var(--faint); }
.wide { overflow-x: auto; }
.whole { white-space: nowrap; }
.verdict { font-weight: 600; white-space: nowrap; }
.headline { font-size: 1.05rem; font-weight: 600; margin: 0 0 1.25rem; }
code, pre { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre {
  overflow-x: auto; margin: .5rem 0 1rem; padding: .9rem 1.1rem; background: var(--panel);
  border: 1px solid var(--line); border-radius: 6px;
}
summary { cursor: pointer; padding: .25rem 0; }
figure { margin: 1rem 0; }
figcaption { font-size: 14px; color: var(--faint); }
footer {
  margin-top: 3rem; padding-top: .75rem; border-top: 1px solid var(--line); font-size: 13px; color: var(--faint);
}
"""


def report_page(title: str, body: str, style: str = "") -> str:
    """A page with a headline, in the look that all reports have.

    Parameters
    ----------
    title : str
        As text.
    body : str
        As HTML: what it quotes must be escaped.
    style : str
        More rules, after those that all pages have.

    Examples
    --------
    >>> "<h1>a &lt; b</h1>" in report_page("a < b", "<p>It is.</p>")
    True
    """
    framed = f"<h1>{escape(title)}</h1>\n{body}\n<footer>Written by tinygrad_fs {escape(__version__)}.</footer>"
    return document(title, framed, _STYLE + style)


def write_page(path: str | os.PathLike[str], page: str) -> Path:
    """Write a page to a file, which appears whole or not at all; returns where it was written."""
    target = Path(path)
    with replacing(target) as file:
        file.write(page.encode())
    return target


def strict_json(content: Any, indent: int | None) -> str:
    """JSON that every reader takes: null for what is not finite.

    Examples
    --------
    >>> strict_json({"error": float("inf")}, None)
    '{"error": null}'
    """
    return json.dumps(_strict(content), indent=indent, allow_nan=False)


def _strict(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _strict(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_strict(each) for each in value]
    return value
