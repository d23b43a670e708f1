"""A network learns to learn: from five points of a sine it has never seen, it guesses the rest after one step.

The weights are trained so that one gradient step on five points of any sine lands well. The loss after the step is
differentiated in the weights before the step, and so through the gradient. Finn, Abbeel and Levine 2017,
"Model-agnostic meta-learning for fast adaptation of deep networks".

Expected: one step on five points of new sines brings the squared error down to less than a quarter.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from example import BLUE, GREY, ORANGE, Run, curve

import tinygrad_fs as tg
from tinygrad_fs import optim

SHOTS, SINES, INNER_RATE = 5, 16, 0.05
Weights = list[tg.Tensor]


def sines(count: int) -> tuple[Any, Any]:
    """Amplitudes and phases (count, 1, 1)."""
    return np.random.uniform(0.5, 3, (count, 1, 1)), np.random.uniform(0, np.pi, (count, 1, 1))


def points(amplitude: Any, phase: Any, count: int) -> tuple[Any, Any]:
    """Points of each sine: x and y (sines, count, 1)."""
    x = np.random.uniform(-4, 4, (len(amplitude), count, 1))
    return x, amplitude * np.sin(x - phase)


def initial_weights(width: int = 40) -> Weights:
    """Of a network with two hidden layers."""
    weights: Weights = []
    for inputs, outputs in (1, width), (width, width), (width, 1):
        weights.append(tg.tensor(np.random.normal(0, inputs**-0.5, (inputs, outputs)), requires_grad=True))
        weights.append(tg.zeros((1, outputs), dtype="float64", requires_grad=True))
    return weights


def answers(weights: Weights, x: Any) -> tg.Tensor:
    """What the network says for points (sines, count, 1); weights may be one set, or one for each sine."""
    w1, b1, w2, b2, w3, b3 = weights
    return tg.tanh(tg.tanh(x @ w1 + b1) @ w2 + b2) @ w3 + b3


def after_one_step(weights: Weights, x: Any, y: Any) -> Weights:
    """For each sine a set of weights of its own: one gradient step on its points, which is recorded."""
    own = [weight + tg.zeros((len(x), 1, 1), dtype="float64") for weight in weights]
    loss = ((answers(own, x) - y) ** 2).mean(axis=(1, 2)).sum()
    slopes = tg.autograd.grad(loss, own, create_graph=True)
    return [weight - INNER_RATE * slope for weight, slope in zip(own, slopes)]


def main(arguments: Sequence[str] | None = None) -> dict[str, float]:
    """Train for the loss after a step, test on new sines, and draw one of them."""
    run = Run(__file__, __doc__, steps=2000, arguments=arguments)
    weights = initial_weights()
    optimizer = optim.Adam(weights, lr=0.002)

    for _ in run:
        which = sines(SINES)
        adapted = after_one_step(weights, *points(*which, SHOTS))
        x, y = points(*which, 20)
        loss = ((answers(adapted, x) - y) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        run.note(loss=loss)

    which = sines(500)
    seen_x, seen_y = points(*which, SHOTS)
    x = np.tile(np.linspace(-4, 4, 100)[:, None], (500, 1, 1))
    y = which[0] * np.sin(x - which[1])
    before = answers(weights, x).numpy()
    after = answers(after_one_step(weights, seen_x, seen_y), x).numpy()
    with run.picture(1, 2) as (left, right):
        curve(left, run.history["loss"], "squared error after the step")
        left.set(yscale="log")
        far = ((before - y) ** 2).mean(axis=(1, 2)).argmax()
        right.plot(x[far], y[far], color=GREY, linewidth=5, alpha=0.5, label="a new sine")
        right.plot(x[far], before[far], "--", color=GREY, label="before the step")
        right.plot(x[far], after[far], color=BLUE, label="after it")
        right.plot(seen_x[far], seen_y[far], "o", color=ORANGE, label="five points")
        right.set(ylim=(-3.2, 5.5))
        right.legend(frameon=False, fontsize=7, loc="upper center", ncols=2)
    return run.result(before=((before - y) ** 2).mean(), after=((after - y) ** 2).mean())


if __name__ == "__main__":
    main()
