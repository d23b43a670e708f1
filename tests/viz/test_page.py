"""The page as a file: it holds all that it needs and nothing that could act, whatever names say."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
import sys
import webbrowser
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from test_hostile_labels import HOSTILE

import tinygrad_fs as tg
from tinygrad_fs import nn, viz
from tinygrad_fs.viz.page import write
from tinygrad_fs.viz.page.arrays import Arrays
from tinygrad_fs.viz.page.document import document, embedded
from tinygrad_fs.viz.page.quotes import rule_of

VOID = {"meta", "input", "br", "img", "link"}


class Elements(HTMLParser):
    """The elements of a page, each with its attributes and text; it fails where tags do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[int, str] = {}
        self._open: list[tuple[str, int]] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append((tag, len(self.found) - 1))

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop()[0] == tag

    def handle_data(self, data):
        if self._open:
            number = self._open[-1][1]
            self.texts[number] = self.texts.get(number, "") + data

    def one(self, tag, **attributes):
        """The attributes and the text of the only element of a kind."""
        (number,) = [n for n, (name, has) in enumerate(self.found) if name == tag and attributes.items() <= has.items()]
        return self.found[number][1], self.texts.get(number, "")


def leaf(*values):
    return tg.tensor(values, requires_grad=True)


def data_of(html):
    elements = Elements(html)
    data, arrays = [json.loads(elements.one("script", id=name)[1]) for name in ("data", "arrays")]
    return data | {"arrays": arrays}


def rows(data, name, within=None):
    """The rows of a part of the data, or those within a row of another, as dicts."""
    return [dict(zip(data["fields"][name], row)) for row in (data[name] if within is None else within)]


def recorded():
    """tanh(x * w), squared and summed, and back."""
    x, w = tg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True), leaf(1.0, 0.5)
    with viz.record() as tape:
        h = tg.tanh(x * w)
        loss = (h * h).sum()
        loss.backward()
    return tape, x, w, loss


@pytest.fixture(scope="module")
def html():
    tape, x, w, loss = recorded()
    return tape.graph(names={"x": x, "w": w, "loss": loss}).html()


# ---- the document


def test_it_is_one_whole_document_without_references(html):
    elements = Elements(html)
    for tag, attributes in elements.found:
        assert tag not in {"link", "img", "iframe", "base", "object", "embed"}
        assert not {"src", "href", "action", "srcset", "style"} & set(attributes)
        assert not [name for name in attributes if name.startswith("on")]
    assert elements.one("title")[1] == "Computation graph"


def test_the_policy_allows_its_own_script_and_style_and_nothing_else(html):
    elements = Elements(html)
    policy = elements.one("meta", **{"http-equiv": "Content-Security-Policy"})[0]["content"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"

    def hash_of(text):
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    scripts = [
        elements.texts[n] for n, (tag, has) in enumerate(elements.found) if tag == "script" and "type" not in has
    ]
    assert [hash_of(script) for script in scripts] == [rules["script-src"]]
    assert rules["style-src"] == hash_of(elements.one("style")[1])
    assert set(rules) == {"default-src", "base-uri", "form-action", "script-src", "style-src"}


def test_the_script_writes_text_and_no_markup():
    for name in write.SCRIPTS:
        source = (Path(write.__file__).parent / name).read_text(encoding="utf-8")
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|new Function|fetch\(|XMLHttp|import\(", source
        )


def test_every_source_file_is_part_of_the_page_and_has_one_subject():
    folder = Path(write.__file__).parent
    there = {
        path.name: path.read_text(encoding="utf-8")
        for path in folder.iterdir()
        if path.suffix in (".js", ".css", ".html")
    }
    assert set(there) == {*write.SCRIPTS, *write.STYLES, "body.html"}
    for name, text in there.items():
        lines = text.splitlines()
        assert len(lines) <= 400, name
        assert max(map(len, lines)) <= 120, name
        assert name == "body.html" or re.match(r"// [A-Z][\w ]+: |/\* ", lines[0]), (
            f"{name} does not say what it is about"
        )


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_hostile_names_stay_text(name):
    x = tg.Tensor(np.ones(3, "float32"), requires_grad=True)
    picture = viz.graph(tg.tanh(x), names={name: x}, renderer="builtin")
    html, plain = picture.html(title=name[:100]), viz.graph(tg.tanh(x), names={"x": x}).html()
    html.encode(errors="surrogatepass")
    assert [tag for tag, _ in Elements(html).found] == [tag for tag, _ in Elements(plain).found]
    (box,) = [box for box in rows(data_of(html), "boxes") if box["kind"] == "leaf"]
    assert box["title"].isprintable()
    assert len(box["title"]) <= 48
    assert len(html) < len(plain) + 20_000


def test_embedded_json_is_what_it_was():
    value = {"</script><!--": ["]]>", "\u2028\u2029", "\ud800", "&lt;", 1e-300, -0.0, None, True]}
    text = embedded(value)
    assert not set("<>&") & set(text)
    assert text.isascii()
    assert json.loads(text) == value
    with pytest.raises(ValueError, match="JSON"):
        embedded(math.nan)


def test_a_document_without_script_allows_none():
    elements = Elements(document("a & b", "<p>text</p>", "p {}"))
    assert "script-src" not in elements.one("meta", **{"http-equiv": "Content-Security-Policy"})[0]["content"]
    assert elements.one("title")[1] == "a & b"


# ---- what it tells


def test_steps_go_forward_and_back(html):
    data = data_of(html)
    titles = [box["title"] for box in rows(data, "boxes")]
    steps = rows(data, "steps")
    assert data["phases"] == ["forward", "backward"]
    assert [(data["phases"][step["phase"]], titles[step["box"]]) for step in steps] == [
        ("forward", "Multiply"), ("forward", "Tanh"), ("forward", "Multiply"), ("forward", "loss = Sum"),
        ("backward", "loss = Sum"), ("backward", "Multiply"), ("backward", "Tanh"), ("backward", "Multiply"),
    ]  # fmt: skip
    assert [step["is_backward"] for step in steps] == [False] * 4 + [True] * 4
    assert all(step["seconds"] > 0 for step in steps)
    assert all(rows(data, "lines")[step["line"]]["file"].endswith("test_page.py") for step in steps)
    assert rows(data, "lines")[steps[1]["line"]]["text"] == "h = tg.tanh(x * w)"


def test_gradients_come_together_where_an_argument_is_given_twice(html):
    data = data_of(html)
    first, second = rows(data, "sent", rows(data, "steps")[5]["sent"])
    assert [(each["arrived"], each["expected"]) for each in (first, second)] == [(1, 2), (2, 2)]
    arrays = rows(data, "arrays")
    values = [np.array(arrays[number]["values"]) for number in (first["array"], second["array"], second["sum"])]
    np.testing.assert_allclose(values[0] + values[1], values[2], rtol=1e-4)
    assert first["sum"] == first["array"]


def test_a_gradient_is_summed_where_its_argument_was_broadcast(html):
    data = data_of(html)
    to_x, to_w = rows(data, "sent", rows(data, "steps")[-1]["sent"])
    assert (to_x["name"], to_x["is_summed"], to_w["name"], to_w["is_summed"]) == ("x", False, "y", True)
    assert rows(data, "arrays")[to_w["array"]]["shape"] == [2]


def test_the_memory_that_is_kept_rises_and_falls(html):
    # Multiply keeps leaves only, Tanh its output, the square the same once more; Sum nothing. Then they let go.
    steps = rows(data_of(html), "steps")
    assert [step["alive"] for step in steps[:4]] == [0, 16, 16, 16]
    assert [step["alive"] for step in steps[4:]] == [
        32,
        32,
        16,
        24,
    ]  # with gradients: (2, 2), twice, and of both leaves


def test_what_was_not_asked_for_was_not_sent():
    x, w = leaf(1.0), leaf(2.0)
    with viz.record() as tape:
        tg.autograd.grad((x * w * x).sum(), x)
    data = data_of(tape.graph(names={"x": x, "w": w}).html())
    titles = [box["title"] for box in rows(data, "boxes")]
    sent = [each for step in rows(data, "steps") for each in rows(data, "sent", step["sent"])]
    assert [(each["arrived"], each["expected"]) for each in sent if titles[each["box"]] == "x"] == [(1, 2), (2, 2)]
    assert not [each for each in sent if titles[each["box"]] == "w"]


def test_rules_are_those_of_docstrings():
    class Halve(tg.Op):
        """y = x / 2;  dy/dx = 1/2.

        Not this.
        """

        def forward(x):
            return x / 2

        def vjp(g):
            return g / 2

    assert rule_of(Halve.apply(leaf(1.0)).grad_fn) == ("y = x / 2", "dy/dx = 1/2.")
    assert rule_of(leaf(1.0)._node) == ()


def test_second_order_has_a_phase_of_its_own():
    x = leaf(2.0)
    with viz.record() as tape:
        (dx,) = tg.autograd.grad(x**3, x, create_graph=True)
        dx.backward()
    data = data_of(tape.graph(names={"x": x}).html())
    steps = rows(data, "steps")
    assert data["phases"] == ["forward", "backward", "second backward"]
    kinds = [
        rows(data, "boxes")[step["box"]]["kind"] for step in steps if step["phase"] == 1 and not step["is_backward"]
    ]
    assert set(kinds) == {"backward"}
    assert {step["phase"] for step in steps if step["is_backward"]} == {1, 2}


def test_two_backward_passes_are_told_apart():
    x = leaf(2.0)
    with viz.record() as tape:
        for _ in range(2):
            (x * x).sum().backward()
    assert data_of(tape.graph().html())["phases"] == ["forward", "backward 1", "forward", "backward 2"]


@pytest.mark.parametrize(
    ("compute", "step", "title"),
    [
        (lambda x: tg.where(x > 0, tg.sqrt(x), 0).sum(), True, "Sqrt"),
        (lambda x: (tg.log(x) * 0).sum(), False, "Log"),
        (lambda x: (x / x).sum(), False, "Divide"),
    ],
    ids=["backward", "forward inf", "forward nan"],
)
def test_the_first_nan_or_inf_is_found(compute, step, title):
    x = leaf(0.0, 1.0)
    with viz.record() as tape, np.errstate(all="ignore"):
        compute(x).backward()
    data = data_of(tape.graph().html())
    first = rows(data, "steps")[data["first_trouble"]]
    assert first["trouble"] == 2
    assert (first["is_backward"], rows(data, "boxes")[first["box"]]["title"]) == (step, title)


def test_a_nan_in_the_data_is_nobodys_making():
    with viz.record() as tape:
        (leaf(math.nan) * 2).sum().backward()
    data = data_of(tape.graph().html())
    assert data["first_trouble"] == 0
    assert {step["trouble"] for step in rows(data, "steps")} <= {0, 1}


def test_without_a_tape_the_way_back_is_the_one_that_backward_would_take():
    x = leaf(1.0, 2.0)
    loss = (tg.tanh(x) * x).sum()
    loss.backward()
    data = data_of(viz.graph(loss, names={"x": x}).html())
    steps, titles = rows(data, "steps"), [box["title"] for box in rows(data, "boxes")]
    assert [titles[step["box"]] for step in steps] == ["Tanh", "Multiply", "Sum", "Sum", "Multiply", "Tanh"]
    (last,) = rows(data, "sent", steps[-1]["sent"])
    assert (last["arrived"], last["expected"]) == (2, 2)
    expected = [float(f"{value:.5g}") for value in x.grad.numpy().tolist()]
    assert rows(data, "arrays")[last["sum"]]["values"] == expected


@pytest.mark.parametrize(
    ("ways", "phases", "forward"),
    [("both", ["forward", "backward"], ["Tanh", "Multiply", "Sum"]), ("backward", ["backward"], [])],
)
def test_derivatives_that_are_drawn_are_the_steps_back(ways, phases, forward):
    x = leaf(1.0, 2.0)
    loss = (tg.tanh(x) * x).sum()
    loss.backward()
    data = data_of(viz.graph(loss, names={"x": x}, graph=ways).html())
    steps, titles = rows(data, "steps"), [box["title"] for box in rows(data, "boxes")]
    assert data["phases"] == phases
    back = ["Sum backward", "Multiply backward", "Tanh backward"]
    assert [titles[step["box"]] for step in steps] == [*forward, *back]
    assert [data["phases"][step["phase"]] for step in steps] == ["forward"] * len(forward) + ["backward"] * 3
    sent = [rows(data, "sent", step["sent"]) for step in steps[-3:]]
    assert [[titles[each["box"]] for each in of_a_step] for of_a_step in sent] == [
        ["Multiply backward"], ["Tanh backward", "gradient of x"], ["gradient of x"],
    ]  # fmt: skip
    assert (sent[-1][0]["arrived"], sent[-1][0]["expected"]) == (2, 2)
    expected = [float(f"{value:.5g}") for value in x.grad.numpy().tolist()]
    assert rows(data, "arrays")[sent[-1][0]["sum"]]["values"] == expected


def test_steps_inside_of_closed_modules_are_left_out_and_counted():
    model = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
    with viz.record() as tape:
        model(tg.ones((1, 2))).sum()
    data = data_of(tape.graph(depth=0).html())
    assert [rows(data, "boxes")[step["box"]]["title"] for step in rows(data, "steps")] == ["Sum"]
    assert "2 steps are left out" in data["notes"][-1]


def test_values_that_are_not_kept_are_none():
    x = leaf(1.0)
    with viz.record(values=False) as tape:
        tg.tanh(x).sum().backward()
    steps = rows(data_of(tape.graph().html()), "steps")
    assert all(array == -1 for step in steps for array in step["gradients"])
    assert len(steps) == 4


# ---- arrays


def shown(*arrays):
    held = Arrays()
    for array in arrays:
        held.add(array)
    return held.shown()


def test_an_array_is_told_once():
    array = np.ones(3)
    held = Arrays()
    assert [held.add(each) for each in (array, np.ones(3), array, None, "text")] == [0, 1, 0, -1, -1]


def test_statistics_leave_out_what_is_not_finite():
    (array,) = shown(np.array([[1.0, 0.0], [math.nan, math.inf], [3.0, -math.inf]]))
    figures = array.statistics
    assert (figures.low, figures.high, figures.mean, figures.nans, figures.infinities, figures.zeros) == (
        0.0, 3.0, pytest.approx(4 / 3, rel=1e-5), 1, 2, 1,
    )  # fmt: skip
    assert array.values == [1.0, 0.0, "nan", "inf", 3.0, "-inf"]
    assert (array.heat.width, array.heat.height, array.heat.scale) == (2, 3, 3.0)
    assert array.heat.cells[2:4] == "!+"
    assert array.heat.cells[5] == "-"
    assert array.heat.cells[4] == "y"
    assert array.heat.cells[1] == "U"


@pytest.mark.parametrize(
    "shape", [(), (1,), (7,), (2, 3), (500,), (1000, 3), (2, 3, 4), (64, 32, 8, 8), (0, 3)], ids=str
)
@pytest.mark.parametrize("dtype", ["float32", "float16", "int64", "bool"])
def test_every_shape_and_dtype_can_be_shown(shape, dtype, rng):
    (array,) = shown(np.asarray(rng.standard_normal(shape) * 2).astype(dtype))
    json.dumps(array, allow_nan=False)
    assert array.shape == shape
    if array.heat is not None:
        assert len(array.heat.cells) == array.heat.width * array.heat.height <= 30 * 30
        assert array.heat.is_shrunk == (shape in [(500,), (1000, 3), (64, 32, 8, 8)])
    assert (array.values is not None) == (0 < math.prod(shape) <= 256)


def test_what_stands_out_survives_in_a_heat_map():
    image = np.zeros((300, 300))
    image[17, 230] = -5.0
    image[200, 3] = math.nan
    (array,) = shown(image)
    assert array.heat.cells.count("0") == 1
    assert array.heat.cells.count("!") == 1


def test_numbers_beyond_what_json_knows_are_cut():
    (array,) = shown(np.array([1e308, 1e308]))
    json.dumps(array, allow_nan=False)


# ---- in a notebook


def test_a_recording_shows_itself_in_a_locked_frame():
    tape, *_ = recorded()
    bundle = tape._repr_mimebundle_()
    attributes, _ = Elements(bundle["text/html"]).one("iframe")
    assert attributes["sandbox"].split() == ["allow-scripts", "allow-downloads"]
    assert attributes["srcdoc"].startswith("<!DOCTYPE html>")
    assert bundle["text/plain"] == "<record: 4 ops, 4 derivatives>"


def test_a_recording_of_nothing_says_so():
    with viz.record() as tape:
        pass
    assert "no op ran" in tape._repr_mimebundle_()["text/plain"]
    assert "text/html" not in tape._repr_mimebundle_()


def test_a_drawing_shows_its_page_where_that_is_wanted(monkeypatch):
    shown = []
    monkeypatch.setattr(webbrowser, "open", shown.append)
    x = leaf(1.0)
    path = viz.graph(x * x, renderer="builtin").show(page=True)
    assert shown == [path.as_uri()]
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")

    notebook = SimpleNamespace(
        get_ipython=lambda: SimpleNamespace(kernel="running"),
        display=SimpleNamespace(display=lambda bundle, raw: shown.append((bundle, raw))),
    )
    monkeypatch.setitem(sys.modules, "IPython", notebook)
    assert viz.graph(x * x).show(page=True) is None
    bundle, raw = shown[-1]
    assert raw
    assert Elements(bundle["text/html"]).one("iframe")[0]["sandbox"] == "allow-scripts allow-downloads"


def test_it_is_saved_by_its_suffix(tmp_path):
    tape, *_ = recorded()
    assert tape.save(tmp_path / "walk.HTML").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
