"""The page in a browser: it opens without complaint, and does what its keys and buttons say."""

from __future__ import annotations

import numpy as np
import pytest
from browser import Browser, find_browser
from test_hostile_labels import HOSTILE

import tinygrad_fs as tg
from tinygrad_fs import nn, viz

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(find_browser() is None, reason="there is no Chromium; `apt-get install chromium` brings one"),
]


# How many colours there are on the drawing.
COLORS = """(() => {
  const canvas = document.querySelector("#drawing");
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const found = new Set();
  for (let i = 0; i < pixels.length; i += 4) found.add(pixels[i] << 16 | pixels[i + 1] << 8 | pixels[i + 2]);
  return found.size;
})()"""


@pytest.fixture(scope="module")
def started():
    """One browser for all tests."""
    with Browser(find_browser()) as browser:
        yield browser


@pytest.fixture
def browser(started):
    started.complaints.clear()
    yield started
    assert started.complaints == []


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
    assert browser.text("#place") == "step 0 of 12"
    browser.press("ArrowRight")
    assert (browser.text("#phase"), browser.text("#panel h2")) == ("forward", "Linear")
    assert "y = x w^T + b" in browser.text(".rule")
    browser.click("#next")
    assert browser.text("#panel h2") == "Tanh"
    browser.press("ArrowLeft")
    assert browser.text("#place") == "step 1 of 12"
    browser.press("End")
    assert (browser.text("#phase"), browser.text("#panel h2")) == ("backward", "Derivative of Linear")
    assert "dw: g^T x" in browser.text(".rule")
    browser.press("PageUp")
    assert browser.text("#panel h2") == "Derivative of loss = Mean"
    browser.run(
        "(() => { const s = document.querySelector('#slider'); s.value = 2; s.dispatchEvent(new Event('input')); })()"
    )
    assert browser.text("#place") == "step 3 of 12"
    browser.press("Home")
    assert browser.text("#phase") == "overview"


def test_it_plays_to_the_end(browser, pages):
    browser.open(pages / "net.html")
    browser.run("document.querySelector('#pace').value = '60'")
    browser.press(" ")
    browser.run("new Promise(done => setTimeout(done, 1000))")
    assert browser.text("#place") == "step 12 of 12"
    assert browser.run("document.querySelector('#play').getAttribute('aria-label')") == "Play"


def test_it_jumps_to_the_first_nan(browser, pages):
    browser.open(pages / "nan.html")
    browser.click("#trouble")
    assert browser.text("#panel h2") == "Derivative of Sqrt"
    alert = browser.text(".alert")
    assert "The first nan or inf" in alert
    assert "x in [0, 1]" in alert
    assert "tg.where(x > 0, tg.sqrt(x), 0)" in browser.text(".code")
    assert "nan" in browser.run("[...document.querySelectorAll('.entries')].map(each => each.innerText).join(' ')")


def test_it_closes_and_opens_modules_and_holds_the_clicked_one_still(browser, pages):
    browser.open(pages / "net.html")
    before = browser.run("document.querySelector('#fold').textContent")
    browser.click("#fold")
    assert (before, browser.text("#fold")) == ("Close all", "Open all")
    browser.press("m")
    assert browser.text("#fold") == "Close all"
    browser.press("ArrowRight", "c")  # the module of the step's node
    assert browser.text("#fold") == "Open all"
    browser.press("c")
    assert browser.text("#fold") == "Close all"


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
    assert browser.run("document.querySelectorAll('#told tbody tr').length") == 11
    assert "loss = Mean" in browser.text("#told")
    browser.press("Escape", "?")
    assert "the first nan or inf" in browser.text("#told")
    browser.press("Escape")


def test_it_is_dark_where_that_is_wanted(browser, pages):
    browser.open(pages / "net.html")
    assert browser.run("document.documentElement.dataset.theme") == "light"
    browser.press("d")
    assert browser.run("getComputedStyle(document.body).backgroundColor") == "rgb(13, 17, 23)"


def test_injections_stay_text(browser, pages):
    browser.open(pages / "hostile.html")
    browser.press(*["ArrowRight"] * 6, "t")
    assert browser.run("document.querySelectorAll('#told b, #told img, #told script, #told a').length") == 0
    assert "<script>alert(1)</script>" in browser.text("#told")
    assert browser.run("document.querySelectorAll('script').length") == 3
