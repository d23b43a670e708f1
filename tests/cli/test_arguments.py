from __future__ import annotations

import argparse
import sys

import pytest

from tinygrad_fs.cli.arguments import imported, shape, whole


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return tmp_path


def test_shapes():
    assert shape("8") == (8,)
    assert shape("1, 8,8") == (1, 8, 8)


@pytest.mark.parametrize("text", ["", "a", "1,,8", "0", "1,-2", "1.5", "1x8"])
def test_what_is_no_shape(text):
    with pytest.raises(argparse.ArgumentTypeError, match="is not a shape, such as 1,8,8"):
        shape(text)


@pytest.mark.parametrize("text", ["", "x", "0", "11", "2.0"])
def test_whole_numbers_in_a_range(text):
    with pytest.raises(argparse.ArgumentTypeError, match="is not a whole number from 1 to 10"):
        whole(1, 10)(text)


def test_objects_of_modules(folder):
    assert imported("math:pi") == pytest.approx(3.14159, abs=1e-5)
    (folder / "mine_of_arguments.py").write_text("class Outer:\n    inner = 3\n", encoding="utf-8")
    assert imported("mine_of_arguments:Outer.inner") == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("math", "'math' does not name an object in a module, as package.module:name does"),
        (":pi", "does not name an object"),
        ("math:", "does not name an object"),
        ("no_such_module:x", "no_such_module cannot be imported: ModuleNotFoundError"),
        ("math:no_such_name", "module math has no no_such_name"),
        ("broken_of_arguments:x", "broken_of_arguments cannot be imported: ZeroDivisionError"),
    ],
)
def test_objects_that_are_not_there(folder, text, message):
    (folder / "broken_of_arguments.py").write_text("1 / 0\n", encoding="utf-8")
    with pytest.raises(argparse.ArgumentTypeError, match=message):
        imported(text)
