"""The figures of the pages to learn from: up to date, and all shown."""

from __future__ import annotations

import re

import figures
import pytest

DOCS = figures.FOLDER.parent


@pytest.mark.parametrize("name", figures.FIGURES)
def test_a_figure_is_up_to_date(name):
    expected = (figures.FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert figures.FIGURES[name]() == expected, "if this is meant, run: python tests/viz/figures.py"


def test_all_figures_are_shown_and_there_are_no_others():
    pages = [DOCS.parent / "README.md", *DOCS.glob("*.md")]
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    shown = set(re.findall(r"!\[[^\]]+\]\((?:docs/)?figures/([\w-]+)\.svg\)", text))
    assert shown == set(figures.FIGURES) == {path.stem for path in figures.FOLDER.iterdir()}
