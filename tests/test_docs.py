"""README.md and docs/ are true: their code runs and prints what they say, and their links lead somewhere."""

from __future__ import annotations

import ast
import doctest
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import api_pages
import ops_page
import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path, language: str) -> list[tuple[int, str]]:
    """The fenced blocks of a language, each with the number of its first line."""
    text = page.read_text(encoding="utf-8")
    found = re.finditer(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [(text[: match.start(1)].count("\n") + 1, match.group(1)) for match in found]


NEED_TORCH = ("theirs.load_state_dict",)
"""Calls of blocks that need PyTorch, which need not be there; tests/nn hold the states of both against each other."""


def as_examples(code: str) -> str:
    """A block as it runs in a session: as it is if it is one, else as a single step that prints nothing."""
    return code if ">>>" in code else f">>> exec({code!r})\n"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_code_prints_what_the_page_says(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = [code for _, code in blocks(page, "python") if not any(call in code for call in NEED_TORCH)]
    # One session per page: a later block goes on where an earlier one stopped.
    examples = "\n".join(map(as_examples, code))
    session = doctest.DocTestParser().get_doctest(examples, {}, page.name, str(page), 0)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    runner.run(session)
    assert runner.failures == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_column_of_a_table_says_what_it_holds(page):
    heads = re.findall(r"^(\|.*\|)\n\|[-:| ]+\|$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert [head for head in heads if not all(cell.strip() for cell in head.strip("|").split("|"))] == []


def anchors(page: Path) -> set[str]:
    """What the headings of a page can be reached by, as GitHub makes it of their words."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_headings(page):
    links = re.findall(r"\]\(([^)#\s:]*)#([^)\s]+)\)", page.read_text(encoding="utf-8"))
    missing = [(name, anchor) for name, anchor in links if anchor not in anchors(page.parent / name if name else page)]
    assert missing == []


def test_the_table_of_ops_is_up_to_date():
    assert ops_page.PAGE.read_text(encoding="utf-8") == ops_page.page(), "run: python tests/ops_page.py"


def test_the_pages_of_the_api_are_up_to_date():
    pages = {path.name: path.read_text(encoding="utf-8") for path in api_pages.FOLDER.iterdir()}
    assert pages == api_pages.contents(), "run: python tests/api_pages.py"


def test_every_recorded_op_states_its_derivative():
    rows = [line for line in ops_page.page().splitlines() if line.startswith("| `")]
    assert len(rows) > 150
    assert [row for row in rows if row.endswith("| none | any |")] == []


def defined_in(body: list[ast.stmt], prefix: str) -> set[str]:
    """The functions and methods of a module, as pytest names them."""
    found = set()
    for node in body:
        if isinstance(node, ast.ClassDef):
            found |= defined_in(node.body, f"{prefix}::{node.name}")
        elif isinstance(node, ast.FunctionDef):
            found.add(f"{prefix}::{node.name}")
    return found


def test_every_edge_case_has_a_test():
    rows = [line for line in (ROOT / "docs" / "edge-cases.md").read_text(encoding="utf-8").splitlines()
            if line.startswith("| ") and not line.startswith("| case |")]  # fmt: skip
    assert len(rows) > 60
    known = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        known |= defined_in(
            ast.parse(path.read_text(encoding="utf-8")).body, path.relative_to(ROOT / "tests").as_posix()
        )
    for row in rows:
        named = re.findall(r"`([\w/]+\.py::[\w:]+)`", row)
        assert named, f"no test is named: {row}"
        assert set(named) - known == set()


def test_the_test_command_of_the_readme_is_the_one_of_ci():
    (test_command,) = [code.strip() for _, code in blocks(ROOT / "README.md", "sh") if "pytest" in code]
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert test_command.replace(" && .venv/bin/python", " --quiet && .venv/bin/python") in ci


def test_the_readme_says_what_each_extra_is_for():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| \S.* \|$", text.partition("## Install")[2].partition("\n## ")[0], re.MULTILINE)
    assert sorted(rows) == sorted(importlib.metadata.metadata("tinygrad-fs").get_all("Provides-Extra"))


def test_the_diff_of_a_new_op_is_a_whole_change(tmp_path):
    """docs/adding-an-op.md, applied to a copy of the sources: the tables of tests find the new op, and it passes."""
    ((_, diff),) = blocks(ROOT / "docs" / "adding-an-op.md", "diff")
    for name in ("tinygrad_fs", "tests"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    patch = subprocess.run(["git", "apply", "-"], input=diff.encode(), cwd=tmp_path, capture_output=True, check=False)
    assert patch.returncode == 0, f"the sources have changed around it: {patch.stderr.decode()}"
    chosen = ["tests/ops/test_table.py", "tests/test_benchmarks.py", "tinygrad_fs/ops/elementwise/hyperbolic.py"]
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "sech or every or complete", *chosen]
    env = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(run, cwd=tmp_path, env=env, encoding="utf-8", capture_output=True, check=False)
    assert done.returncode == 0, done.stdout
    ran = re.search(r"(\d+) passed", done.stdout)
    assert ran is not None
    assert int(ran[1]) > 15
