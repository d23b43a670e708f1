"""Document: one HTML file that needs nothing else, with a policy by which a browser runs and loads nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from html import escape
from typing import Any

__all__ = ["document", "framed"]

_DOCUMENT = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{body}
{scripts}</body>
</html>
"""

_FRAME = (
    '<iframe sandbox="allow-scripts allow-downloads" width="100%" height="640" '
    'style="border: 1px solid #8884; border-radius: 6px" title="Computation graph" srcdoc="{page}"></iframe>'
)


def document(
    title: str,
    body: str,
    style: str,
    script: str = "",
    data: Mapping[str, Any] | None = None,
    later: Mapping[str, Any] | None = None,
) -> str:
    """The text of a page.

    Parameters
    ----------
    title : str
        As plain text.
    body : str
        Markup; whoever makes it has escaped what it quotes.
    style, script : str
        What stands in the page's one style element and its one script; the policy allows these two by their hash.
    data : mapping, optional
        What the script reads when it begins, as JSON, each from an element whose id is the key.
    later : mapping, optional
        What it reads once the page is there, in the same way.
    """
    policy = ["default-src 'none'", "base-uri 'none'", "form-action 'none'", f"style-src {_hash(style)}"]
    scripts = _data_elements(data or {})
    if script:
        policy.append(f"script-src {_hash(script)}")
        scripts += f"<script>{script}</script>\n"
    scripts += _data_elements(later or {})
    return _DOCUMENT.format(
        policy="; ".join(policy), title=escape(title), style=style, body=body.strip(), scripts=scripts
    )


def _data_elements(data: Mapping[str, Any]) -> str:
    elements = [f'<script type="application/json" id="{key}">{embedded(each)}</script>\n' for key, each in data.items()]
    return "".join(elements)


def embedded(data: Any) -> str:
    """JSON in which no letter means anything to HTML, so that it can stand in a script element."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _hash(text: str) -> str:
    """How a policy names the text of an element."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def framed(page: str) -> str:
    """The markup of a frame that shows a page, a whole HTML document.

    The page may run its script and save files; of the page around it, it can read and change nothing.
    """
    return _FRAME.format(page=escape(page))
