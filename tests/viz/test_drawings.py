"""The pictures of docs/drawing.md: up to date and all shown; the pages that they are views of open in a browser."""

import re
import struct

import drawings
import pytest

PAGE = drawings.FOLDER.parent / "drawing.md"


@pytest.mark.parametrize("name", drawings.DRAWINGS)
def test_a_drawing_is_up_to_date(name):
    expected = (drawings.FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert drawings.DRAWINGS[name]().svg() == expected, "if this is meant, run: python tests/viz/drawings.py"


@pytest.mark.browser
@pytest.mark.parametrize("name", drawings.VIEWS)
def test_a_view_can_be_taken_again(browser, tmp_path, name):
    browser.resize(*drawings.SIZE)
    drawings.look(browser, name, tmp_path, tmp_path / f"{name}.png")
    head = (tmp_path / f"{name}.png").read_bytes()[:24]
    assert struct.unpack(">II", head[16:]) == drawings.SIZE
    assert (drawings.FOLDER / f"{name}.png").read_bytes()[:24] == head


def test_all_pictures_are_shown_and_there_are_no_others():
    shown = re.findall(r"!\[[^\]]+\]\(drawings/([\w-]+\.\w+)\)", PAGE.read_text(encoding="utf-8"))
    made = [f"{name}.svg" for name in drawings.DRAWINGS] + [f"{name}.png" for name in drawings.VIEWS]
    assert sorted(shown) == sorted(made)
    assert sorted(path.name for path in drawings.FOLDER.iterdir()) == sorted(made)
