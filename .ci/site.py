"""What the site adds to the pages of docs/, which are plain Markdown: mkdocs calls the functions named ``on_...``.

Sources that a page links to become pages, so that the site leads nowhere else; sessions are coloured as such; pages of
the API get the docstrings of what they list; and notebooks are run and become pages. A notebook that raises, or that
prints something else than it says, ends the build.
"""

from __future__ import annotations

import importlib
import inspect
import posixpath
import re
import sys
from html import escape, unescape
from pathlib import Path
from types import ModuleType
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

sys.path.insert(0, str(Path(__file__).parent))
import notebooks

ROOT = Path(__file__).parent.parent
_LINK = r"\]\(([^)#:\s]*)\)"
_outputs: dict[str, str] = {}
"""What cells of notebooks have shown, by the mark that stands for it in the page."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what is not in docs/: the sources that pages link to, and notebooks as they run."""
    for source in _linked_sources(files):
        files.append(_page(config, _place(source), _source_page(source)))
    for path in sorted((ROOT / "docs" / "notebooks").glob("*.ipynb")):
        markdown, outputs, pictures = notebooks.as_markdown(path)
        files.append(_page(config, f"notebooks/{path.stem}.md", markdown))
        for name, picture in pictures.items():
            files.append(File.generated(config, f"notebooks/{name}", content=picture))
        _outputs.update(outputs)
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Lead links to sources to their pages, and tell sessions from programs."""
    here = posixpath.dirname(page.file.src_uri)

    def to_page(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join("docs", here, match[1]))
        return f"]({posixpath.relpath(_place(target), here or '.')})" if _is_source(target) else match[0]

    if here == "api":
        markdown = _with_docstrings(markdown)
    markdown = re.sub(_LINK, to_page, markdown)
    markdown = re.sub(r"\]\(((?:\.\./)*notebooks/[\w-]+)\.ipynb\)", r"](\1.md)", markdown)
    return re.sub(r"^```python\n(?=>>> )", "```pycon\n", markdown, flags=re.MULTILINE)


def on_page_content(html: str, **_: Any) -> str:
    """Let names in tables break in the right places, tidy docstrings, and put in what a notebook's cells have shown.

    Of a session the button that copies gives the code, which can be pasted, without prompts and what was printed.
    """
    html = re.sub(r"<td.*?</td>", lambda cell: re.sub(r"(?<=<code>)[^<]+", _breakable, cell[0]), html, flags=re.DOTALL)
    html = _tidy(html)
    html = re.sub(r'(<div class="[^"]*highlight[^"]*")>(<pre>.*?</pre>)', _copied_as_code, html, flags=re.DOTALL)
    return re.sub(r"<!--output:([\w.-]+)-->", lambda match: _outputs[match[1]], html)


def _tidy(html: str) -> str:
    """Docstrings without what Markdown makes of signs that it does not know, and of what they leave out."""
    html = re.sub(r"<p>::</p>\n?", "", html)  # reStructuredText's sign of an indented block
    html = re.sub(r"::</p>", ":</p>", html)
    described = r'\s*\u2013\s*<div class="doc-md-description">\s*'
    html = re.sub(rf"{described}</div>", "", html)  # a dash, and nothing after it
    # Of names that share a description and give no type, all would get the type of the first.
    return re.sub(rf"</b>\s*\((?:(?!</li>).)*?\)(?={described}<p>As in )", "</b>", html, flags=re.DOTALL)


def _copied_as_code(block: re.Match[str]) -> str:
    """A block of a session, with its code as what is copied of it; a blank line ends each compound statement."""
    code: list[str] = []
    for line in unescape(re.sub("<[^>]*>", "", block[2])).splitlines():
        if line.startswith(">>> ") and code and code[-1].startswith(" "):
            code.append("")
        if line.startswith((">>> ", "...")):
            code.append(line[4:])
    copied = escape("\n".join(code))
    return f'{block[1]} data-copy="{copied}">{block[2]}' if code else block[0]


def _breakable(code: re.Match[str]) -> str:
    """Code whose lines may end behind a path's slash, a test's colons, an underscore or a comma."""
    return re.sub(r"(::|[/_,])(?=\w)", r"\1<wbr>", code[0])


def _with_docstrings(markdown: str) -> str:
    """Below each table of a page of the API, what it lists."""
    parts = []
    for section in re.split(r"^(?=## )", markdown, flags=re.MULTILINE):
        heading = re.match(r"## (\S+)\n", section)
        if heading:
            module = importlib.import_module(heading[1])
            places = {name: _defined(module, name) for name in re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)}
            for name, place in places.items():
                section = section.replace(f"| `{name}` |", f"| [`{name}`](#{place}) |" if place else f"| `{name}` |")
            section += "".join(f"\n::: {place}\n" for place in dict.fromkeys(filter(None, places.values())))
        parts.append(section)
    return "".join(parts)


def _defined(module: ModuleType, name: str) -> str | None:
    """Where a class or a function of ours is defined, as a dotted path; None for all else."""
    value = getattr(module, name)
    if not (inspect.isclass(value) or inspect.isroutine(value)) or not value.__module__.startswith("tinygrad_fs"):
        return None
    return f"{value.__module__}.{value.__qualname__}"


def _linked_sources(files: Files) -> list[str]:
    """The sources that pages link to, by their paths from the root."""
    found = set()
    for file in files.documentation_pages():
        here = posixpath.join("docs", posixpath.dirname(file.src_uri))
        for link in re.findall(_LINK, file.content_string):
            found.add(posixpath.normpath(posixpath.join(here, link)))
    return sorted(filter(_is_source, found))


def _is_source(path: str) -> bool:
    return path.endswith((".py", ".pyi", ".ci/run", ".yml")) and (ROOT / path).is_file()


def _place(source: str) -> str:
    """Where the page of a source is."""
    return f"source/{source.removeprefix('.')}.md"


def _source_page(source: str) -> str:
    language = {".py": "python", ".pyi": "python", ".yml": "yaml"}.get(posixpath.splitext(source)[1], "sh")
    text = (ROOT / source).read_text(encoding="utf-8")
    return f"---\nsearch:\n  exclude: true\n---\n\n# {source}\n\n````{{.{language} linenums=1}}\n{text}````\n"


def _page(config: MkDocsConfig, path: str, markdown: str) -> File:
    """A page that is made here; it need not be in the navigation."""
    return File.generated(config, path, content=markdown, inclusion=InclusionLevel.NOT_IN_NAV)
