"""The page in a browser: it opens without complaint, and does what its keys and buttons say."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from test_hostile_labels import HOSTILE

import tinygrad_fs as tg
from tinygrad_fs import nn, viz
from tinygrad_fs.compare import side_by_side
from tinygrad_fs.deep_learning import NeuralNetwork
from tinygrad_fs.deep_learning.layers import Activation, Dense
from tinygrad_fs.deep_learning.loss_functions import CrossEntropy
from tinygrad_fs.deep_learning.optimizers import Adam
from tinygrad_fs.viz.page import write

pytestmark = pytest.mark.browser


# How many colours there are on the drawing.
COLORS = """(() => {
  const canvas = document.querySelector("#drawing");
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const found = new Set();
  for (let i = 0; i < pixels.length; i += 4) found.add(pixels[i] << 16 | pixels[i + 1] << 8 | pixels[i + 2]);
  return found.size;
})()"""


# Fulfilled once the walk has stopped.
PLAYED = """new Promise(done => {
  const look = () => document.querySelector("#play").getAttribute("aria-label") === "Play" ? done() : setTimeout(look);
  look();
})"""


# Where the titles of open modules are: what the pointer finds, on a grid.
TITLES = """(() => {
  const [canvas, hint] = [document.querySelector("#drawing"), document.querySelector("#hint")];
  const frame = canvas.getBoundingClientRect();
  const found = {};
  for (let y = 2; y < frame.height; y += 6) for (let x = 2; x < frame.width; x += 40) {
    canvas.dispatchEvent(new PointerEvent("pointermove", { clientX: frame.x + x, clientY: frame.y + y }));
    const [title, action] = hint.hidden ? [] : hint.textContent.split("\\n");
    if (action === "Click to close") found[title] ??= [frame.x + x, frame.y + y];
  }
  return found;
})()"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A small net, a nan, and hostile names."""
    folder = tmp_path_factory.mktemp("pages")
    tg.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Sequential(nn.Linear(3, 2), nn.ReLU()))
    with viz.record() as tape:
        loss = tg.cross_entropy(model(tg.randn(5, 4)), np.zeros(5, int))
        loss.backward()
    tape.save(folder / "net.html", names={"loss": loss})

    x = tg.tensor([0.0, 1.0], requires_grad=True)
    with viz.record() as tape:
        tg.where(x > 0, tg.sqrt(x), 0).sum().backward()
    tape.save(folder / "nan.html", names={"x": x})

    leaves = [tg.tensor([1.0], requires_grad=True) for _ in HOSTILE]
    with viz.record() as tape:
        tg.concatenate([leaf.sum().reshape(1) for leaf in leaves]).sum().backward()
    tape.save(folder / "hostile.html", names=dict(zip(HOSTILE.values(), leaves)))
    return folder


def test_it_opens_and_paints(browser, pages):
    browser.open(pages / "net.html")
    assert browser.text("#title") == "Computation graph"
    assert "6 modules" in browser.text("#counts")
    colors = browser.run(COLORS)
    assert colors > 20


def test_it_steps_by_keys_buttons_and_slider(browser, pages):
    browser.open(pages / "net.html")
    assert browser.text("#place") == "step 0 of 10"
    browser.press("ArrowRight")
    assert (browser.text("#phase"), browser.text("#panel h2")) == ("forward", "Linear")
    assert "y = x wᵀ + b" in browser.text(".rule")
    browser.click("#next")
    assert browser.text("#panel h2") == "Tanh"
    browser.press("ArrowLeft")
    assert browser.text("#place") == "step 1 of 10"
    browser.press("End")
    assert (browser.text("#phase"), browser.text("#panel h2")) == ("backward", "Derivative of Linear")
    assert "dw: gᵀ x" in browser.text(".rule")
    browser.press("PageUp")
    assert browser.text("#panel h2") == "Derivative of loss = CrossEntropy"
    browser.run(
        "(() => { const s = document.querySelector('#slider'); s.value = 2; s.dispatchEvent(new Event('input')); })()"
    )
    assert browser.text("#place") == "step 3 of 10"
    browser.press("Home")
    assert browser.text("#phase") == "overview"


def test_it_plays_to_the_end(browser, pages):
    browser.open(pages / "net.html")
    browser.run("document.querySelector('#pace').value = '60'")
    browser.press(" ")
    browser.run(PLAYED)
    assert browser.text("#place") == "step 10 of 10"


def test_it_jumps_to_the_first_nan(browser, pages):
    browser.open(pages / "nan.html")
    browser.click("#trouble")
    assert browser.text("#panel h2") == "Derivative of Sqrt"
    alert = browser.text(".alert")
    assert "The first nan or inf" in alert
    assert "x in [0, 1]" in alert
    assert "tg.where(x > 0, tg.sqrt(x), 0)" in browser.text(".code")
    assert "nan" in browser.run("[...document.querySelectorAll('.entries')].map(each => each.innerText).join(' ')")


def test_it_closes_and_opens_modules(browser, pages):
    browser.open(pages / "net.html")
    before = browser.text("#fold")
    browser.click("#fold")
    assert (before, browser.text("#fold")) == ("Close all", "Open all")
    browser.press("m")
    assert browser.text("#fold") == "Close all"
    browser.press("ArrowRight", "c")  # the module of the step's node
    assert browser.text("#fold") == "Open all"
    browser.press("c")
    assert browser.text("#fold") == "Close all"


def test_a_clicked_module_stays_where_it_is(browser, pages):
    browser.open(pages / "net.html")
    browser.press("0")
    places = browser.run(TITLES)
    x, y = places["2: Sequential, 8 params, 32 B"]
    browser.click_at(x, y)
    assert browser.text("#hint").startswith("2: Sequential")
    browser.click_at(x + 3, y + 3)
    assert browser.text("#fold") == "Close all"
    assert browser.run(TITLES) == places


# What the script keeps to itself, for a test.
INNER = "window.inner = { placed, boxes, links, scopes, steps, Progress };"

# What is wrong with places: those of the scopes that are closed, one list each.
FAULTS = """(closed => {
  const { placed, boxes, scopes } = window.inner;
  const all = placed(new Set());
  const faults = [];
  for (const names of closed) {
    const isClosed = scope => names.some(name => scope.title.startsWith(name));
    const places = placed(new Set(scopes.flatMap((scope, i) => isClosed(scope) ? [i] : [])));
    const stubs = places.stubs.map(number => places.scopes[number]);
    const open = boxes.flatMap((_, i) => places.stubOf[i] === -1 ? [i] : []);
    const shown = [...stubs, ...open.map(i => places.boxes[i])];
    const meet = (a, b, side, size) => a[side] < b[side] + b[size] && b[side] < a[side] + a[size];
    shown.forEach((a, i) => shown.slice(i + 1).forEach(b => {
      if (meet(a, b, "x", "width") && meet(a, b, "y", "height")) faults.push("overlap");
    }));
    for (const i of open) {
      const [now, then] = [places.boxes[i], all.boxes[i]];
      if (Math.abs(now.width - then.width) > 0.2 || Math.abs(now.height - then.height) > 0.2) faults.push("size");
      const around = places.scopes[boxes[i].scope];
      if (around && (now.x < around.x || now.x + now.width > around.x + around.width)) faults.push("outside");
      for (const j of open) if ((all.boxes[i].y < all.boxes[j].y) !== (now.y < places.boxes[j].y)) faults.push("order");
    }
    if (places.paths.some(path => path && !path.flat().every(Number.isFinite))) faults.push("path");
    if (names.length && places.height >= all.height) faults.push("no smaller");
  }
  return faults;
})"""


@pytest.fixture(scope="module")
def transformer(tmp_path_factory):
    """A page of two blocks, whose insides a test can see."""
    folder = tmp_path_factory.mktemp("transformer")
    (folder / "inner.js").write_text(INNER, encoding="utf-8")
    tg.manual_seed(0)
    model = nn.Sequential(nn.TransformerEncoderLayer(8, 2, 16), nn.TransformerEncoderLayer(8, 2, 16))
    with viz.record() as tape:
        model(tg.randn(3, 2, 8)).mean().backward()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(write, "SCRIPTS", (*write.SCRIPTS, str(folder / "inner.js")))
        return tape.save(folder / "transformer.html")


def test_what_stays_keeps_its_size_and_order_and_overlaps_nothing(browser, transformer):
    browser.open(transformer)
    closed = [
        [],
        ["Sequential"],
        ["0: "],
        ["1: "],
        ["self_attn"],
        ["linear"],
        ["self_attn", "1: "],
        ["out_proj", "norm"],
    ]
    assert browser.run(f"{FAULTS}({json.dumps(closed)})") == []


# The paths of the links to a closed module, each as text.
BUNDLED = """(() => {
  const { placed, links, boxes } = window.inner;
  const places = placed(new Set([0]));
  const into = links.flatMap((link, i) => (places.stubOf[link.reader] === 0 && places.paths[i] ? [i] : []));
  return into.map(i => JSON.stringify(places.paths[i]));
})()"""


def test_links_to_a_closed_module_run_together(browser, transformer):
    browser.open(transformer)
    paths = browser.run(BUNDLED)
    assert len(paths) > 1
    assert len(set(paths)) == 1


# What was done up to each of these steps, when the walk comes there from another and when it comes there at once.
PROGRESS = """(walk => {
  const { Progress, boxes } = window.inner;
  const done = (progress) => JSON.stringify([
    [...progress.made],
    [...progress.waiting].map(([box, sent]) => [box, sent.arrived]),
    boxes.map((_, i) => progress.isToCome(i)),
  ]);
  const walked = new Progress();
  return walk.map(step => {
    const fresh = new Progress();
    walked.goTo(step);
    fresh.goTo(step);
    return done(walked) === done(fresh) ? walked.waiting.size : "differs";
  });
})"""


def test_what_was_done_is_the_same_whichever_way_one_comes(browser, transformer):
    browser.open(transformer)
    last = browser.run("window.inner.steps.length - 1")
    waiting = browser.run(f"{PROGRESS}({[0, 1, last, last - 1, last // 2, last // 2 + 1, -1, last]})")
    assert waiting[0] == waiting[1] == waiting[-2] == 0
    assert waiting[2] == waiting[-1] > waiting[3] > 0


def test_a_chain_of_3_000_ops_opens_and_is_walked_through(browser, tmp_path):
    x = tg.tensor([1.0], requires_grad=True)
    y = x
    for _ in range(3_000):
        y = y * 1.0001
    browser.open(viz.graph(y, names={"x": x}, max_nodes=None, fold_repeats=False).save(tmp_path / "chain.html"))
    browser.press("End")
    assert browser.text("#place") == "step 6,000 of 6,000"
    browser.press("ArrowLeft", "PageUp")
    assert browser.text("#place") == "step 3,001 of 6,000"


def test_it_searches(browser, pages):
    browser.open(pages / "net.html")
    browser.press("/")
    browser.type("2.0 weight")
    assert browser.run("[...document.querySelectorAll('#found li')].map(item => item.innerText.split('\\n')[0])") == [
        "weight"
    ]
    browser.press("Enter")
    assert browser.text("#panel h2") == "weight"
    browser.press("Escape")
    assert browser.run("document.querySelector('#search').value") == ""


def test_it_tells_why_a_gradient_is_none(browser, pages):
    browser.open(pages / "nan.html")
    browser.press("/")
    browser.type("greater")
    browser.press("Enter")
    assert "None." in browser.text("#panel")
    assert "Where" in browser.text(".route .broken")


def test_it_has_all_values_as_a_table(browser, pages):
    browser.open(pages / "net.html")
    browser.press("t")
    assert browser.run("document.querySelectorAll('#told tbody tr').length") == 10
    assert "loss = CrossEntropy" in browser.text("#told")
    browser.press("Escape", "?")
    assert "the first nan or inf" in browser.text("#told")
    browser.press("Escape")


@pytest.mark.parametrize("width", [420, 760])
def test_a_narrow_window_cuts_nothing_off(browser, pages, width):
    browser.resize(width, 760)
    browser.open(pages / "net.html")
    browser.press("ArrowRight")
    wide = "[...document.querySelectorAll('header, footer, #panel, #panel > *, #timeline, button, select')]"
    assert browser.run(f"{wide}.filter(each => each.getBoundingClientRect().right > innerWidth + 1).length") == 0
    assert browser.run("document.querySelector('#stage').clientHeight") > 150


def test_it_is_dark_where_that_is_wanted(browser, pages):
    browser.open(pages / "net.html")
    assert browser.run("document.documentElement.dataset.theme") == "light"
    browser.press("d")
    assert browser.run("getComputedStyle(document.body).backgroundColor") == "rgb(13, 17, 23)"


def test_the_view_is_saved_as_svg(browser, pages):
    browser.open(pages / "hostile.html")
    browser.press("ArrowRight", "0")
    browser.run("URL.createObjectURL = blob => { window.saved = blob; return '#'; }; 0")
    browser.click("#export")
    root = ET.fromstring(browser.run("saved.text()"))
    text = "".join(root.itertext())
    assert "javascript:alert(1)" in text
    assert "<script>alert(1)</script>" in text
    assert {element.tag.partition("}")[2] for element in root.iter()} == {"svg", "title", "rect", "path", "text"}


def test_it_prints_in_light_colours(browser, pages):
    browser.open(pages / "net.html")
    browser.press("d")
    browser.run("dispatchEvent(new Event('beforeprint')), 0")
    assert browser.run("document.documentElement.dataset.theme") == "light"
    assert browser.run("document.querySelector('#drawing').width > 2 * document.querySelector('#stage').clientWidth")
    browser.run("dispatchEvent(new Event('afterprint')), 0")
    assert browser.run("document.documentElement.dataset.theme") == "dark"
    browser.call("Page.printToPDF", printBackground=True)
    assert browser.run("document.documentElement.dataset.theme") == "dark"
    browser.press("ArrowRight")  # all is there again


def test_it_colours_by_figures_with_a_scale(browser, pages):
    browser.open(pages / "net.html")
    choices = browser.run("[...document.querySelector('#heat').options].map(option => option.value)")
    assert choices == ["kinds", "time", "bytes", "kept", "gradient"]
    for choice in choices:
        browser.run(
            f"(s => {{ s.value = '{choice}'; s.dispatchEvent(new Event('change')); }})(document.querySelector('#heat'))"
        )
        assert browser.run("document.querySelectorAll('#legend .scale').length") == (choice != "kinds")


def test_two_panes_go_in_step(browser, tmp_path):
    x, y = np.random.default_rng(0).standard_normal((8, 4)), np.eye(3)[np.arange(8) % 3]
    network = NeuralNetwork(Adam(), CrossEntropy)
    for layer in Dense(5, input_shape=(4,)), Activation("tanh"), Dense(3), Activation("softmax"):
        network.add(layer)
    browser.open(side_by_side(network, x, y, steps=0, repeats=1).to_walkthrough(tmp_path / "layers.html"))
    assert browser.run("document.querySelectorAll('.layer').length") == 4
    browser.press("PageDown", "PageDown")
    assert browser.text(".layer.current b") == "Dense"
    assert "agree" in browser.text("#panel .agrees")
    browser.press("ArrowRight")
    assert browser.text(".layer.current b") == "Activation (TanH)"
    browser.click("#layer-0")
    assert browser.text("#panel h2") == "Derivative of Affine"
    assert browser.run("document.querySelector('#heat').value") == "difference"


def test_injections_stay_text(browser, pages):
    browser.open(pages / "hostile.html")
    browser.press(*["ArrowRight"] * 6, "t")
    assert browser.run("document.querySelectorAll('#told b, #told img, #told script, #told a').length") == 0
    assert "<script>alert(1)</script>" in browser.text("#told")
    assert browser.run("document.querySelectorAll('script').length") == 3
