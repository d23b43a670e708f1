"""Names and options as an attacker would choose them: they stay text in `.source` and in the SVG of every renderer."""

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from looking import leaf

import tinygrad_fs as tg
from tinygrad_fs import viz
from tinygrad_fs.viz import labels

SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}"

HOSTILE = {
    "control characters": "tab\tnull\0bell\x07\x1b[31m",
    "line breaks": "a\nb\r\nc\u2028d",
    "surrogate": "half \ud800 a pair",
    "bidi": "abc\u202egnp.exe",
    "quotes": "a\"b'c`d",
    "backslashes": "a\\Nb\\\\c\\",
    "escaped quote": '\\"',
    "html": "<b>bold</b><br/><table>",
    "script": "<script>alert(1)</script>",
    "handler": '"><img src=x onerror=alert(1)>',
    "entity": "&lt;script&gt; &amp; &#65; &#x41;",
    "url": "javascript:alert(1)",
    "cdata": "]]><![CDATA[",
    "comment": "--><!--",
    "dot statement": "name]; evil [label=x",
    "dot graph": '}"; digraph { evil',
    "html label": "<>",
    "other scripts": "漢字 é ש 😀 ‍",
    "2 MB": "x" * 2_000_000 + "<script>",
}


def drawing(name):
    x = leaf(3)
    return viz.graph(tg.tanh(x), names={name: x}, renderer="builtin")


def names_of_tags(root):
    return {element.tag.removeprefix(SVG) for element in root.iter()}


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_in_the_source_it_is_one_label_and_nothing_else(name):
    source = drawing(name).source
    plain = drawing("x").source
    # Without what stands in quotes or in the label, it is the drawing of a harmless name.
    assert skeleton(source) == skeleton(plain)
    assert len(source) < len(plain) + 20_000
    source.encode()
    assert not re.search(r"(?i)url|href|shape=.?record|\bnan\b", source)


def skeleton(source):
    lines = re.sub(r"label=<.*?(?=> (?:color|fillcolor|tooltip|style)=)|\"(?:\\.|[^\"\\])*\"", "", source).splitlines()
    return [line.split(" [", 1)[0] for line in lines if "evil" in line or "->" in line or re.match(r"\tn\d+ \[", line)]


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_in_the_svg_it_is_text(name):
    svg = drawing(name).svg()
    assert len(svg) < 20_000
    svg.encode()
    root = ET.fromstring(svg)
    assert names_of_tags(root) <= {"svg", "title", "rect", "ellipse", "path", "g", "text"}
    for element in root.iter():
        assert not [key for key in element.attrib if key.startswith("on") or "href" in key or key == "style"]
    shown = labels.shorten(labels.legible(name))
    assert shown in [element.text for element in root.iter(f"{SVG}text")]


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_in_the_svg_of_graphviz_it_is_text(name):
    x = leaf(3)
    picture = viz.graph(x, names={name: x})
    root = ET.fromstring(picture.svg())
    assert picture.note == ""
    assert labels.shorten(labels.legible(name)) in [element.text for element in root.iter(f"{SVG}text")]
    assert "script" not in names_of_tags(root)
    assert not [link for link in root.iter(f"{SVG}a") if link.get(f"{LINK}href")]


@settings(max_examples=4, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=40), min_size=8, max_size=8, unique=True))
@example(["&amp;lt; &#65; 漢字 é \N{GRINNING FACE}"])
def test_any_name_is_shown_as_it_is(names):
    leaves = {name: leaf(3) for name in names}  # several in one drawing: each run of Graphviz takes its time
    shown = {labels.shorten(labels.legible(name)) for name in names}
    tooltips = sorted([f"{labels.legible(name)}, leaf, (3,) float32" for name in names])
    root = ET.fromstring(viz.graph(leaves.values(), names=leaves).svg())
    assert shown | {"(3,)"} <= {text.text or "" for text in root.iter(f"{SVG}text")}
    assert sorted([link.get(f"{LINK}title") for link in root.iter(f"{SVG}a")]) == tooltips
    root = ET.fromstring(viz.graph(leaves.values(), names=leaves, renderer="builtin").svg())
    assert shown <= {text.text or "" for text in root.iter(f"{SVG}text")}
    assert set(tooltips) <= {title.text for title in root.iter(f"{SVG}title")}


class Hostile(tg.Op):
    """y = x, with an option that anything can be given for."""

    def forward(x, *, note=""):
        return x * 1.0

    def vjp(g):
        return g


@pytest.mark.parametrize("note", HOSTILE.values(), ids=HOSTILE)
def test_an_option_is_text_too(note):
    x = leaf(3)
    picture = viz.graph(Hostile.apply(x, note=note), renderer="builtin")
    (detail, shape) = picture.nodes[1].details
    assert detail.startswith("note=")
    assert len(detail) < 60
    assert shape == "(3,)"
    ET.fromstring(picture.svg())
    picture.source.encode()


@pytest.mark.parametrize(
    ("text", "legible"),
    [("a b", "a b"), ("a\nb", "a\\nb"), ("\x00", "\\x00"), ("\u202e", "\\u202e"), ("\ud800", "\\ud800"), ("é", "é")],
)
def test_what_cannot_be_printed_is_escaped(text, legible):
    assert labels.legible(text) == legible


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (labels.bytes_text(512), "512 B"),
        (labels.bytes_text(4_900), "4.9 kB"),
        (labels.bytes_text(1_200_000), "1.2 MB"),
        (labels.bytes_text(3_000_000_000_000), "3000.0 GB"),
        (labels.seconds_text(12e-6), "12 us"),
        (labels.seconds_text(3.4e-3), "3.40 ms"),
        (labels.seconds_text(1.2), "1.20 s"),
    ],
)
def test_sizes_and_times_have_units(text, words):
    assert text == words


def test_shorten_keeps_both_ends():
    assert labels.shorten("abcdefghij", 10) == "abcdefghij"
    assert labels.shorten("abcdefghijk", 10) == "abcde…hijk"
