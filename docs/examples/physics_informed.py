"""A network learns how a pendulum swings from the law of motion alone: theta'' = -sin(theta).

No point of the motion is given but the start. The loss asks for the law at 100 moments, with theta'' by differentiating
the network twice in time; the gradient of that in the weights is a third derivative. Raissi, Perdikaris and Karniadakis
2019, "Physics-informed neural networks".

The stretch of time grows while the network learns. Given all of it at once, it would settle on standing on its head,
which obeys the law as well.

Expected: over one and a half swings of 2 radians the angle is right to within 0.01 at every moment.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from example import BLUE, GREY, ORANGE, Run, curve

import tinygrad_fs as tg
from tinygrad_fs import nn, optim

START, SECONDS = 2.0, 12.0


def simulated(moments: Any) -> Any:
    """The angles at equally spaced moments, by the method of Runge and Kutta."""
    state, angles = np.array([START, 0.0]), []
    step = moments[1] - moments[0]

    def change(state: Any) -> Any:
        return np.array([state[1], -np.sin(state[0])])

    for _ in moments:
        angles.append(state[0])
        a = change(state)
        b = change(state + step / 2 * a)
        c = change(state + step / 2 * b)
        d = change(state + step * c)
        state = state + step / 6 * (a + 2 * b + 2 * c + d)
    return np.array(angles)


class Pendulum(nn.Module):
    """The angle at a moment. Whatever the weights are, it starts at rest from START."""

    def __init__(self) -> None:
        super().__init__()
        self.network = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))

    def forward(self, t: Any) -> tg.Tensor:
        """Angles of the shape of `t`, (moments, 1)."""
        moved: tg.Tensor = tg.tanh(t**2) * self.network(t / SECONDS * 4 - 2)
        return START + moved


def derivative(of: tg.Tensor, at: tg.Tensor) -> tg.Tensor:
    """Of each value in its own moment, and differentiable again."""
    return tg.autograd.grad(of.sum(), at, create_graph=True)[0]


def fit(model: Pendulum, moments: tg.Tensor) -> Any:
    """Bring the motion nearer to the law at these moments; returns how far the law was broken before."""
    optimizer = optim.LBFGS(model.parameters(), max_iter=40, line_search_fn="strong_wolfe")

    def broken_law() -> tg.Tensor:
        optimizer.zero_grad()
        t = moments.clone().requires_grad_()
        angle = model(t)
        acceleration = derivative(derivative(angle, t), t)
        loss = ((acceleration + tg.sin(angle)) ** 2).mean()
        loss.backward()
        return loss

    return optimizer.step(broken_law)


def main(arguments: Sequence[str] | None = None) -> dict[str, float]:
    """Fit the law of motion, and compare with a simulation."""
    run = Run(__file__, __doc__, steps=100, arguments=arguments)
    model = Pendulum().double()
    for step in run:
        end = SECONDS * min(1, (step + 1) / (0.6 * run.steps))
        moments = tg.linspace(0, end, 100, dtype="float64").reshape(-1, 1)
        run.note(loss=fit(model, moments))

    fine = np.linspace(0, SECONDS, 1000)
    truth = simulated(fine)
    with tg.no_grad():
        learnt = model(fine[:, None]).numpy()[:, 0]
    with run.picture(1, 2) as (left, right):
        curve(left, run.history["loss"], "how far the law is broken")
        left.set(yscale="log")
        right.plot(fine, truth, color=GREY, linewidth=5, alpha=0.5, label="simulated")
        right.plot(fine, learnt, color=BLUE, label="learnt")
        right.plot(moments.numpy(), np.full(moments.shape, -2.6), "|", color=ORANGE, label="where the law is asked for")
        right.set(xlabel="time", ylabel="angle", ylim=(-3, 4.5))
        right.legend(frameon=False, fontsize=7, loc="upper center")
    return run.result(largest_error=abs(learnt - truth).max())


if __name__ == "__main__":
    main()
