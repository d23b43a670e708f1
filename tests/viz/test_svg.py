"""The SVG that is written without Graphviz: it is valid, labels fit their boxes, and it shows what the scene says."""

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

from tinygrad_fs.viz.arrange import arrange, lines, size
from tinygrad_fs.viz.font_metrics import text_width
from tinygrad_fs.viz.scene import Box, Key, Link, Scene, Scope
from tinygrad_fs.viz.styles import TROUBLE, box_look
from tinygrad_fs.viz.svg import write_svg

SVG = "{http://www.w3.org/2000/svg}"


def scene(direction="TB"):
    """A scene with everything in it."""
    boxes = [
        Box("input", "images", ["(32, 64)"], "images, input, (32, 64) float32"),
        Box("leaf", "weight", ["(16, 64)"], "fc1.weight", scope=1),
        Box("op", "Linear", ["(32, 16)"], "Linear", scope=1),
        Box("op", "Log", ["(32, 16)"], "Log", scope=0, trouble="3 nan"),
        Box("saved", "saved out", ["(32, 16)"], scope=0),
        Box("constant", "0.5"),
        Box("op", "Sum", has_gradient=False),
        Box("backward", "Multiply"),
        Box("again", "Multiply ∂²", is_output=True),
        Box("scope", "encoder: Encoder", ["12 ops"]),
        Box("part", "Split[0]"),
        Box("gradient", "gradient of weight"),
    ]
    links = [
        Link(0, 2, "no-grad", "0"),
        Link(1, 2, number="1"),
        Link(2, 3),
        Link(3, 4, "saved"),
        Link(3, 6, "no-grad", trouble=True),
        Link(5, 6, "no-grad"),
        Link(3, 9, number="x2"),
        Link(9, 10, part="[0]"),
        Link(7, 8, "gradient", is_upward=True),
        Link(2, 7, "saved", is_loose=True),
        Link(8, 11, "gradient"),
    ]
    scopes = [Scope("MLP, 1,234 params, 4.9 kB", "all"), Scope("fc1: Linear, 1,024 params, 4.1 kB", "first", parent=0)]
    legend = [Key("op", Box("op", "")), Key("nothing flows back", link=Link(0, 0, "no-grad"))]
    return Scene(boxes, links, scopes, legend, ["a note on what was done"], direction)


def drawn(given):
    return ET.fromstring(write_svg(given, arrange(given), "a title"))


@pytest.mark.parametrize("direction", ["TB", "LR"])
def test_everything_of_the_scene_is_in_it(direction):
    given = scene(direction)
    root = drawn(given)
    texts = [text.text for text in root.iter(f"{SVG}text")]
    for box in given.boxes:
        assert {box.title, *box.details, *filter(None, [box.trouble])} <= set(texts)
    assert {scope.title for scope in given.scopes} <= set(texts)
    assert {"op", "nothing flows back", "a note on what was done", "x2", "[0]"} <= set(texts)
    assert [group.get("id") for group in root.iter(f"{SVG}g") if group.get("id")] == [f"n{n}" for n in range(12)]
    titles = [title.text for title in root.iter(f"{SVG}title")]
    assert titles[0] == "a title"
    assert "fc1.weight" in titles


@pytest.mark.parametrize("direction", ["TB", "LR"])
def test_everything_lies_inside_of_the_picture(direction):
    root = drawn(scene(direction))
    left, top, width, height = map(float, root.get("viewBox").split())
    for element in root.iter():
        for x, y in ends(element):
            assert left <= x <= left + width
            assert top <= y <= top + height


def ends(element):
    """Points that an element reaches."""
    number = {key: float(value) for key, value in element.attrib.items() if re.fullmatch(r"-?[\d.]+", value)}
    if element.tag == f"{SVG}rect":
        yield number["x"], number["y"]
        yield number["x"] + number["width"], number["y"] + number["height"]
    elif element.tag == f"{SVG}ellipse":
        yield number["cx"] - number["rx"], number["cy"] - number["ry"]
        yield number["cx"] + number["rx"], number["cy"] + number["ry"]
    elif element.tag == f"{SVG}text":
        yield number["x"], number["y"]


@pytest.mark.parametrize("box", scene().boxes, ids=lambda box: box.title)
def test_text_fits_its_box(box):
    width, height = size(box)
    text = lines(box)
    assert max(text_width(line, letters, bold) for line, letters, bold in text) <= width - 8
    assert sum(letters for _, letters, _ in text) <= height - 4
    if box_look(box).shape == "oval":  # the corners of the text lie inside of the ellipse
        across = max(text_width(line, letters, bold) for line, letters, bold in text) / width
        down = sum(1.15 * letters for _, letters, _ in text) / height
        assert across**2 + down**2 <= 1


def test_what_is_wrong_is_red_and_thick_and_said():
    root = drawn(scene())
    (group,) = [group for group in root.iter(f"{SVG}g") if group.get("id") == "n3"]
    outline = group.find(f"{SVG}rect")
    assert (outline.get("stroke"), outline.get("stroke-width")) == (TROUBLE, "2.5")
    assert "3 nan" in [text.text for text in group.iter(f"{SVG}text")]


def test_each_kind_has_a_look_of_its_own():
    looks = [box_look(box) for box in scene().boxes if not box.is_output and not box.trouble]
    assert len({(look.shape, look.fill, look.dashed, look.small) for look in looks}) == len(looks)


def test_what_edges_run_along_together_is_drawn_once():
    boxes = [Box("op", "a") for _ in range(6)]
    chain = [Link(n, n + 1) for n in range(5)]
    given = Scene(boxes, [*chain, Link(0, 4), Link(0, 5)], [])
    pieces = re.findall(r"[LC][^LCM]*", " ".join(path.get("d") for path in drawn(given).iter(f"{SVG}path")))
    assert len(pieces) == len(set(pieces))


def test_the_numbers_of_several_outputs_stand_apart():
    boxes = [Box("op", "Split", ["(2, 6, 16), (2, 6, 16), (2, 6, 16)"]), *[Box("op", "Reshape") for _ in range(3)]]
    given = Scene(boxes, [Link(0, reader, part=f"[{reader - 1}]") for reader in (1, 2, 3)], [])
    numbers = [text for text in drawn(given).iter(f"{SVG}text") if text.text.startswith("[")]
    spans = sorted([span_of(text) for text in numbers])
    assert len(spans) == 3
    assert all(left[1] < right[0] for left, right in pairwise(spans))


def span_of(text):
    """From where to where a text reaches."""
    x, width = float(text.get("x")), text_width(text.text, float(text.get("font-size")))
    return (x - width, x) if text.get("text-anchor") == "end" else (x, x + width)


def test_arrowheads_point_at_readers():
    given = Scene([Box("op", "a"), Box("op", "b")], [Link(0, 1, is_upward=True)], [])
    layout = arrange(given)
    assert layout.nodes[1].y < layout.nodes[0].y
    assert layout.paths[0][-1][-1] == pytest.approx(layout.nodes[1].y + layout.nodes[1].height)


def test_from_left_to_right_is_top_to_bottom_turned():
    given = scene("LR")
    layout = arrange(given)
    assert layout.nodes[0].x < layout.nodes[2].x < layout.nodes[3].x
    path = layout.paths[2]
    assert path[0][-2] == pytest.approx(layout.nodes[2].x + layout.nodes[2].width)
    assert path[-1][-2] == pytest.approx(layout.nodes[3].x)


def test_letters_are_as_wide_as_those_of_helvetica():
    assert (
        text_width("Hamburgefonstiv", 1000)
        == 722 + 556 + 833 + 556 + 556 + 333 + 556 + 556 + 278 + 556 + 556 + 500 + 278 + 222 + 500
    )
    assert text_width("WWW", 10, bold=True) == pytest.approx(28.32)
    assert text_width("é", 1000) == text_width("e", 1000)
    assert text_width("漢", 1000) == 1000
    assert text_width("e\u0301", 1000) == text_width("e", 1000)
