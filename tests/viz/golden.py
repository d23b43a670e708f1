"""The golden sources: what `.source` is for a few programs. `python tests/viz/golden.py` writes them again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from looking import leaf

import tinygrad_fs as tg
from tinygrad_fs import nn, viz

__all__ = ["CASES", "FOLDER"]

FOLDER = Path(__file__).parent / "golden"


def expression() -> viz.Graph:
    """Arguments in order and given twice, numbers, options, a name that is a nuisance."""
    x, y = leaf(2, 3), leaf(3)
    z = (x - y * y) ** 2
    return viz.graph(z.sum(axis=1), names={"x": x, 'y"]; evil [': y, "z": z})


def module() -> viz.Graph:
    """Modules as clusters, inputs, ops without gradient."""
    model = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2, bias=False))
    return model.graph(tg.ones((5, 4)) * 2, direction="LR")


def backward() -> viz.Graph:
    """Both passes, with what is kept between them."""
    x, w = leaf(3), leaf(3)
    loss = tg.tanh(x * w).sum()
    return viz.graph(loss, names={"x": x, "w": w, "loss": loss}, graph="both")


def second_order() -> viz.Graph:
    """A derivative of a derivative."""
    x = leaf(2)
    (dx,) = tg.autograd.grad((x**3).sum(), x, create_graph=True)
    (ddx,) = tg.autograd.grad(dx.sum(), x, create_graph=True)
    return viz.graph(ddx, names={"x": x, "dx": dx})


def trouble() -> viz.Graph:
    """A nan gradient, notes on what is kept, and values."""
    x = tg.tensor([0.0, 1.0], requires_grad=True)
    with viz.record() as tape:
        loss = tg.where(x > 0, tg.sqrt(x), 0).sum()
        loss.backward(retain_graph=True)
    return tape.graph(loss, names={"x": x}, show_values=True, show_saved=True, show_grads=True)


def blocks() -> viz.Graph:
    """Folded blocks, closed modules, several outputs of one op."""

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(4, 4)

        def forward(self, x: tg.Tensor) -> tg.Tensor:
            return x + self.fc(x).relu()

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.blocks = nn.Sequential(*[Block() for _ in range(12)])

        def forward(self, x: tg.Tensor) -> tg.Tensor:
            first, second = tg.split(self.blocks(x), 2, axis=1)
            return first * second

    return Net().graph(tg.ones((2, 4), requires_grad=True), fold_repeats=True, depth=3)


CASES: dict[str, Callable[[], viz.Graph]] = {
    case.__name__: case for case in (expression, module, backward, second_order, trouble, blocks)
}


if __name__ == "__main__":
    for name, case in CASES.items():
        (FOLDER / f"{name}.dot").write_text(case().source, encoding="utf-8")
