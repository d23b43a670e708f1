"""The pictures of docs/drawing.md: ``python tests/viz/drawings.py`` makes them again.

The drawings are those of the built-in layout, the same on every machine. The views of pages are taken in a Chromium.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from browser import Browser, find_browser

import tinygrad_fs as tg
from tinygrad_fs import nn, viz
from tinygrad_fs.compare import side_by_side
from tinygrad_fs.deep_learning import NeuralNetwork
from tinygrad_fs.deep_learning.layers import Activation, Dense
from tinygrad_fs.deep_learning.loss_functions import CrossEntropy
from tinygrad_fs.deep_learning.optimizers import Adam

__all__ = ["DRAWINGS", "FOLDER", "SIZE", "VIEWS", "look"]

FOLDER = Path(__file__).parent.parent.parent / "docs" / "drawings"
SIZE = 1040, 660


def leaf(*shape: int) -> tg.Tensor:
    return tg.Tensor(np.linspace(0.1, 1.0, int(np.prod(shape))).reshape(shape), requires_grad=True)


# ---- drawings


def expression() -> viz.Graph:
    x, w = leaf(4, 3), leaf(3, 2)
    loss = (tg.tanh(x @ w) ** 2).mean()
    return viz.graph(loss, names={"x": x, "w": w, "loss": loss}, direction="LR", renderer="builtin")


def network() -> nn.Module:
    tg.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))


def modules() -> viz.Graph:
    return network().graph(tg.ones((5, 4)), direction="LR", renderer="builtin")


def both() -> viz.Graph:
    x, w = leaf(3), leaf(3)
    loss = (tg.tanh(x) * w).sum()
    return viz.graph(loss, names={"x": x, "w": w, "loss": loss}, graph="both", renderer="builtin")


def second_order() -> viz.Graph:
    x = leaf(2)
    (dx,) = tg.autograd.grad(tg.tanh(x).sum(), x, create_graph=True)
    (ddx,) = tg.autograd.grad(dx.sum(), x, create_graph=True)
    return viz.graph(ddx, names={"x": x, "dx": dx, "ddx": ddx}, renderer="builtin")


def blocks() -> viz.Graph:
    model = nn.Sequential(*[nn.Linear(8, 8) for _ in range(12)], nn.Softmax(axis=-1))
    return model.graph(tg.ones((5, 8)), fold_repeats=True, direction="LR", renderer="builtin")


def trouble() -> viz.Graph:
    x = tg.tensor([0.0, 1.0], requires_grad=True)
    with viz.record() as tape:
        loss = tg.where(x > 0, tg.sqrt(x), 0).sum()
        loss.backward()
    return tape.graph(names={"x": x, "loss": loss}, direction="LR", renderer="builtin")


DRAWINGS: dict[str, Callable[[], viz.Graph]] = {
    case.__name__.replace("_", "-"): case for case in (expression, modules, both, second_order, blocks, trouble)
}


# ---- views of pages


def step(folder: Path) -> tuple[Path, list[str]]:
    """In the middle of a backward pass."""
    model = network()
    with viz.record() as tape:
        loss = tg.cross_entropy(model(tg.randn(5, 4)), np.array([0, 1, 2, 1, 0]))
        loss.backward()
    return tape.save(folder / "step.html", names={"loss": loss}), ["PageDown", "PageDown", "ArrowRight"]


def first_nan(folder: Path) -> tuple[Path, list[str]]:
    """Where a nan comes from."""
    x = tg.tensor([0.0, 1.0, 4.0], requires_grad=True)
    with viz.record() as tape:
        loss = tg.where(x > 0, tg.sqrt(x), 0).sum()
        loss.backward()
    return tape.save(folder / "nan.html", names={"x": x, "loss": loss}), ["n"]


class Forgetful(Dense):
    """Its backward pass forgets the other samples when it comes to the bias."""

    def backward_pass(self, accum_grad: np.ndarray) -> np.ndarray:
        w0 = self.w0.copy()
        gradient = super().backward_pass(accum_grad)
        self.w0 = self.w0_opt.update(w0, accum_grad[:1])
        return gradient


def two_panes(folder: Path) -> tuple[Path, list[str]]:
    """A layer whose backward pass is wrong, beside the graph; in the dark."""
    np.random.seed(0)  # noqa: NPY002  (the layers draw their weights from there)
    x, y = np.random.default_rng(0).standard_normal((16, 4)), np.eye(3)[np.arange(16) % 3]
    net = NeuralNetwork(Adam(), CrossEntropy)
    for layer in Dense(6, input_shape=(4,)), Activation("tanh"), Forgetful(3), Activation("softmax"):
        net.add(layer)
    page = side_by_side(net, x, y, steps=0, repeats=1).to_walkthrough(folder / "layers.html")
    return page, ["d", "PageDown", "PageDown"]


VIEWS: dict[str, Callable[[Path], tuple[Path, list[str]]]] = {
    "step": step,
    "first-nan": first_nan,
    "two-panes": two_panes,
}


def look(browser: Browser, name: str, folder: Path, picture: Path) -> None:
    """Take a view of a page."""
    page, keys = VIEWS[name](folder)
    browser.open(page)
    browser.press(*keys)
    browser.screenshot(picture)


def main() -> None:
    """Make all pictures."""
    for name, draw in DRAWINGS.items():
        draw().save(FOLDER / f"{name}.svg")
    path = find_browser()
    if path is None:
        sys.exit("There is no Chromium: the views of pages were left as they are.")
    with Browser(path, *SIZE) as browser, tempfile.TemporaryDirectory() as folder:
        for name in VIEWS:
            look(browser, name, Path(folder), FOLDER / f"{name}.png")


if __name__ == "__main__":
    main()
