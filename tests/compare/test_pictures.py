"""The pictures of docs/backprop-by-hand.md: up to date, all shown, small, and the same on every machine."""

import re

import pictures
import pytest

PAGE = pictures.FOLDER.parent / "backprop-by-hand.md"


@pytest.mark.parametrize("name", pictures.CASES)
def test_a_picture_is_up_to_date(name):
    expected = (pictures.FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert pictures.CASES[name]().svg() == expected, "if this is meant, run: python tests/compare/pictures.py"


@pytest.mark.parametrize("name", pictures.CASES)
def test_a_picture_can_be_read_on_any_page(name):
    picture = (pictures.FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    width = re.search(r'<svg [^>]*width="([\d.]+)pt"', picture)
    assert width is not None
    assert float(width[1]) < 900  # shrunk to the width of a page, letters are still 10 pixels high
    assert len(picture) < 8000
    assert re.search(r'<rect [^>]*fill="#ffffff"/>', picture)  # a ground of its own, for dark pages
    assert not re.search(r"href|url\(|<style|<script", picture)


def test_all_pictures_are_shown_and_there_are_no_others():
    shown = re.findall(r"!\[[^\]]+\]\(pictures/([\w-]+)\.svg\)", PAGE.read_text(encoding="utf-8"))
    assert sorted(shown) == sorted(pictures.CASES)
    assert {path.stem for path in pictures.FOLDER.iterdir()} == set(pictures.CASES)
