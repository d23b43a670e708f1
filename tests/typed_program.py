"""A user's program, as type checkers see it: ``python .ci/distribution.py`` checks it against the installed wheel.

It is checked strictly, so that an ``ignore`` is an error where nothing is to be ignored.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygrad_fs as tg
from tinygrad_fs import data, nn, optim
from tinygrad_fs.compare import Report, audit


class Network(nn.Module):
    """Two layers."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(64, units)
        self.out = nn.Linear(units, 10)

    def forward(self, x: tg.Tensor) -> tg.Tensor:
        scores: tg.Tensor = self.out(tg.relu(self.hidden(x)))
        return scores


class Cube(tg.Op):
    """y = x^3;  dy/dx = 3 x^2."""

    def forward(x: Any) -> Any:
        return x**3

    def vjp(g: Any, x: Any) -> Any:
        return g * 3.0 * x**2


def train(steps: int) -> float:
    images, labels = data.digits()
    network = Network(16)
    optimizer = optim.Adam(network.parameters(), lr=0.01)
    loss = tg.Tensor(0.0)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = tg.cross_entropy(network(tg.Tensor(images.reshape(-1, 64))), labels)
        loss.backward()
        optimizer.step()
    return float(loss.item())


def derivatives(x: tg.Tensor) -> tuple[tg.Tensor, tg.Tensor]:
    cubes: tg.Tensor = Cube.apply(x)
    total = (cubes * 2.0 + cubes[0] @ np.ones(3)).sum()
    (gradient,) = tg.autograd.grad(total, x)
    if gradient is None:
        raise ValueError("the cubes do not depend on x")
    return total, gradient


def functions(x: tg.Tensor) -> tg.Tensor:
    """Of families that are imported when they are first asked for."""
    pairs: tg.Tensor = tg.conv2d(x.reshape(1, 1, 1, -1), np.ones((1, 1, 1, 2)))
    total: tg.Tensor = tg.ops.sum(pairs)
    return total


def mistyped(x: tg.Tensor) -> tuple[Any, Any]:
    """Names that no family has."""
    return tg.maxium(x), tg.ops.maxium(x)  # type: ignore[attr-defined]


class Twice:
    """A layer as students write it."""

    def forward(self, x: Any) -> Any:
        return 2.0 * x

    def backward(self, g: Any) -> Any:
        return 2.0 * g


def audited() -> Report:
    return audit(Twice, input_shape=(3,))


def main() -> None:
    x = tg.tensor([[1.0, 2.0, 3.0]], requires_grad=True, dtype="float64")
    total, gradient = derivatives(x)
    shape: tuple[int, ...] = gradient.shape
    print(total.item(), shape, functions(x).item(), train(2), audited().ok)


def refused() -> None:
    """What a type checker has to object to."""
    tg.ones(2).requires_gard  # type: ignore[attr-defined]  # noqa: B018
    nn.Linear("64", 10)  # type: ignore[arg-type]
    tg.nothing_of_that_name(1)  # type: ignore[attr-defined]
    optim.Adam([], learning_rate=0.1)  # type: ignore[call-arg]


if __name__ == "__main__":
    main()
