"""Making pictures: finding a renderer, running it, saving what it made, and showing it in a notebook."""

import os
import stat
import sys
import xml.etree.ElementTree as ET
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import tinygrad_fs as tg
from tinygrad_fs import viz
from tinygrad_fs.viz import labels, render

SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}"

needs_shell = pytest.mark.skipif(sys.platform == "win32", reason="stands in for dot by a shell script")


def picture(**options):
    x = tg.Tensor(np.ones(3, "float32"), requires_grad=True)
    return viz.graph(tg.tanh(x), names={"x": x}, **options)


@pytest.fixture
def without_dot(monkeypatch, tmp_path):
    """An empty path: what the wheel brings is all there is."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


@pytest.fixture
def without_renderer(monkeypatch, without_dot):
    def not_found(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "files", not_found)


@pytest.fixture
def stand_in(monkeypatch, tmp_path):
    """Put a shell script on the path as `dot`."""

    def install(script):
        folder = tmp_path / "programs"
        folder.mkdir()
        program = folder / "dot"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
        return program

    return install


# ---- escaping


@settings(max_examples=25, deadline=None)
@given(st.text(min_size=1, max_size=40))
@example('a"b\n<c>')
@example("<b>not bold</b>")
@example("a\\Nb\\\\c\\")
@example('\\"')
@example("&amp;lt; &#65; 漢字 é \N{GRINNING FACE}")
@example("<>")
@example("tab\tnull\0bell\x07\ud800")
def test_any_name_is_shown_as_it_is(name):
    x = tg.Tensor(np.ones(3, "float32"), requires_grad=True)
    tree = ET.fromstring(viz.graph(x, names={name: x}).svg())
    shown = [text.text or "" for text in tree.iter(f"{SVG}text")]
    (tooltip,) = [link.get(f"{LINK}title") for link in tree.iter(f"{SVG}a")]
    assert shown == [labels.shorten(labels.legible(name)), "(3,)"]
    assert tooltip == f"{labels.legible(name)}, leaf, (3,) float32"


@pytest.mark.parametrize(
    ("text", "legible"),
    [("a b", "a b"), ("a\nb", "a\\nb"), ("\x00", "\\x00"), ("\u202e", "\\u202e"), ("\ud800", "\\ud800"), ("é", "é")],
)
def test_what_cannot_be_printed_is_escaped(text, legible):
    assert labels.legible(text) == legible


def test_shorten_keeps_both_ends():
    assert labels.shorten("abcdefghij", 10) == "abcdefghij"
    assert labels.shorten("abcdefghijk", 10) == "abcde…hijk"


# ---- saving


@pytest.mark.parametrize(
    ("name", "start"), [("g.dot", b"digraph {"), ("g.svg", b"<?xml"), ("g.png", b"\x89PNG"), ("G.SVG", b"<?xml")]
)
@pytest.mark.parametrize("kind", [str, Path])
def test_the_suffix_decides(tmp_path, kind, name, start):
    path = picture().save(kind(tmp_path / name))
    assert path == tmp_path / name
    assert path.read_bytes().startswith(start)
    assert os.listdir(tmp_path) == [name]


def test_the_dot_file_is_the_source(tmp_path):
    drawing = picture()
    assert drawing.save(tmp_path / "g.dot").read_text(encoding="utf-8") == drawing.source


@pytest.mark.parametrize("name", ["g", "g.pdf", ".svg"])
def test_an_unknown_suffix(tmp_path, name):
    with pytest.raises(ValueError, match=r"it must be one of \.dot, \.svg, \.png"):
        picture().save(tmp_path / name)
    assert os.listdir(tmp_path) == []


def test_a_missing_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"the folder .* does not exist: .*nowhere"):
        picture().save(tmp_path / "nowhere" / "g.svg")


def test_a_file_is_replaced(tmp_path):
    path = tmp_path / "g.dot"
    path.write_text("old")
    picture().save(path)
    assert path.read_text(encoding="utf-8").startswith("digraph")


@pytest.mark.usefixtures("without_renderer")
def test_a_failure_leaves_the_old_file(tmp_path):
    path = tmp_path / "g.svg"
    path.write_text("old")
    with pytest.raises(viz.RenderError):
        picture().save(path)
    assert path.read_text() == "old"


def test_a_failure_to_replace_leaves_nothing_behind(tmp_path):
    (tmp_path / "g.dot").mkdir()
    with pytest.raises(OSError, match=r"g\.dot"):
        picture().save(tmp_path / "g.dot")
    assert os.listdir(tmp_path) == ["g.dot"]


# ---- finding and running the renderer


def test_the_wheel_brings_one(without_dot):
    program = Path(render.find_renderer())
    assert program.stem == "graphviz-pure"
    assert program.parent != without_dot
    assert picture().svg().rstrip().endswith("</svg>")


@needs_shell
def test_dot_on_the_path_comes_first(stand_in):
    program = stand_in("cat >/dev/null; echo '<svg>made by dot</svg>'")
    assert render.find_renderer() == str(program)
    assert picture().svg() == "<svg>made by dot</svg>\n"


@needs_shell
def test_the_source_comes_whole_and_in_utf8(stand_in):
    stand_in("exec cat")
    x = tg.Tensor(np.ones(3), requires_grad=True)
    drawing = viz.graph(x, names={"größe 漢": x})
    assert drawing.svg() == drawing.source


@pytest.mark.usefixtures("without_renderer")
def test_without_a_renderer(tmp_path):
    drawing = picture()
    for make in (drawing.svg, lambda: drawing.save(tmp_path / "g.png")):
        with pytest.raises(viz.RenderError, match=r'pip install "tinygrad-fs\[viz\]"'):
            make()
    assert drawing.save(tmp_path / "g.dot").exists()


@needs_shell
def test_a_layout_that_takes_too_long(stand_in):
    stand_in("exec sleep 60")
    with pytest.raises(viz.RenderError, match=r"graph of 2 nodes took longer than timeout=0\.1 seconds"):
        picture(timeout=0.1).svg()


@needs_shell
def test_a_renderer_that_fails(stand_in):
    stand_in("cat >/dev/null; echo 'syntax error' >&2; exit 3")
    with pytest.raises(viz.RenderError, match=r"failed with exit code 3 on a graph of 2 nodes: syntax error"):
        picture().svg()


@needs_shell
def test_a_renderer_that_cannot_be_run(stand_in):
    program = stand_in("")
    program.write_bytes(b"\x7fELF, but not really")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    with pytest.raises(viz.RenderError, match="cannot be run"):
        picture().svg()


def test_many_readers_of_one_weight_are_laid_out_in_time():
    w = h = tg.Tensor(np.ones((2, 2), "float32"), requires_grad=True)
    for _ in range(75):
        h = tg.tanh(h @ w * 2)
    assert picture().svg()
    assert "nslimit" in viz.graph(h).source
    assert "nslimit" not in picture().source


# ---- notebooks


def test_a_notebook_shows_the_drawing():
    bundle = picture()._repr_mimebundle_()
    assert "<svg" in bundle["image/svg+xml"]
    assert bundle["text/plain"] == "<Graph: 1 op, 1 leaf, 1 edge>"


@pytest.mark.usefixtures("without_renderer")
def test_a_notebook_without_a_renderer_shows_a_text():
    bundle = picture()._repr_mimebundle_(include=None, exclude=None)
    assert list(bundle) == ["text/plain"]
    assert "<Graph: 1 op, 1 leaf, 1 edge>" in bundle["text/plain"]
    assert "tinygrad-fs[viz]" in bundle["text/plain"]


@needs_shell
def test_a_notebook_shows_a_text_when_the_renderer_fails(stand_in):
    stand_in("cat >/dev/null; exit 1")
    assert list(picture()._repr_mimebundle_()) == ["text/plain"]
