"""What is measured: one small function per workload, and the table of them.

A function takes a library, builds what the workload needs in it, and returns a `Task`. Where two libraries have the
same names, one function serves both, so that both do the same by construction; a library with other names gets a
function of its own, entered under its name in the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import layered
import numpy as np

__all__ = ["MODULES", "OURS", "WORKLOADS", "Task", "Workload"]

OURS = "tinygrad_fs"

MODULES = {layered.LAYERWISE: OURS, layered.PLAIN: "numpy"}
"""What a peer imports, where that is not its name."""


class Task(NamedTuple):
    """A workload that is ready to run in one library."""

    step: Callable[[], object]
    """What is timed."""
    check: Callable[[], list[float]]
    """Numbers that must agree between libraries; asked for once, before the timing."""
    wake: Callable[[], object]
    """A step on next to no data: libraries load code and make pools at first use, which is no step's memory."""


@dataclass(frozen=True)
class Workload:
    """A row of the table.

    Attributes
    ----------
    build : mapping of str to callable
        For us and for each peer, what makes the task from its module.
    limits : mapping of str to mapping
        For each peer what is measured, "time" or "memory", with the target for our share of the peer's, or None
        where no target was set.
    """

    name: str
    title: str
    build: Mapping[str, Callable[[Any], Any]]
    limits: Mapping[str, Mapping[str, float | None]]


# ---- the workloads


def chain(lib: Any) -> Task:
    """100 times x = tanh(x * w), forward and backward: what recording and sweeping cost, next to no arithmetic."""
    rng = np.random.default_rng(0)
    start = lib.tensor(rng.standard_normal((4, 4), dtype=np.float32), requires_grad=True)
    # Factors close to 1, so that neither values nor gradients fade into slow subnormal numbers.
    w = lib.tensor(rng.uniform(0.9, 1.1, (4, 4)).astype(np.float32), requires_grad=True)

    def step() -> Any:
        start.grad = w.grad = None
        x = start
        for _ in range(100):
            x = lib.tanh(x * w)
        loss = x.sum()
        loss.backward()
        return loss

    def check() -> list[float]:
        loss = step()
        return [loss.item(), *start.grad.numpy().ravel().tolist(), *w.grad.numpy().ravel().tolist()]

    return Task(step, check, wake=step)


def mlp(lib: Any) -> Task:
    """A training step of a small network: many short ops, and Adam."""
    nn = lib.nn
    return training(lib, nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)), (32, 64))


def cnn(lib: Any) -> Task:
    """A training step of the network for the digits: convolutions, batch normalisation, dropout."""
    nn = lib.nn
    net = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding="same"),
        nn.ReLU(),
        nn.Dropout(0.25),
        nn.BatchNorm2d(16),
        nn.Conv2d(16, 32, 3, padding="same"),
        nn.ReLU(),
        nn.Dropout(0.25),
        nn.BatchNorm2d(32),
        nn.Flatten(),
        nn.Linear(32 * 8 * 8, 256),
        nn.ReLU(),
        nn.Dropout(0.4),
        nn.BatchNorm1d(256),
        nn.Linear(256, 10),
    )
    return training(lib, net, (256, 1, 8, 8))


def lstm(lib: Any) -> Task:
    """A training step of a recurrent network that labels sequences of 64 steps."""
    nn = lib.nn

    class Labels(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(128, 128, batch_first=True)
            self.out = nn.Linear(128, 10)

        def forward(self, x: Any) -> Any:
            states, _ = self.lstm(x)
            return self.out(states[:, -1])

    return training(lib, Labels(), (32, 64, 128))


def adam(*shapes: tuple[int, ...]) -> Callable[[Any], Task]:
    """A step of Adam over parameters of these shapes, with gradients that stay."""

    def build(lib: Any) -> Task:
        rng = np.random.default_rng(4)
        params = []
        for shape in shapes:
            values, gradient = (rng.standard_normal(shape, dtype=np.float32) for _ in range(2))
            params.append(lib.tensor(values, requires_grad=True))
            params[-1].grad = lib.tensor(gradient)
        optimizer = lib.optim.Adam(params)

        def check() -> list[float]:
            for _ in range(5):
                optimizer.step()
            return [p.detach().numpy().astype(np.float64).sum().item() for p in params]

        return Task(optimizer.step, check, wake=optimizer.step)

    return build


def training(lib: Any, net: Any, shape: tuple[int, ...]) -> Task:
    """Training steps of `net` with Adam on one batch of inputs of this shape, in 10 classes."""
    start_alike(lib, net)
    rng = np.random.default_rng(1)
    inputs = lib.tensor(rng.random(shape, dtype=np.float32))
    labels = lib.tensor(rng.integers(10, size=shape[0]))
    loss_of = cross_entropy(lib)
    optimizer = lib.optim.Adam(net.parameters())

    def step(inputs: Any = inputs, labels: Any = labels) -> Any:
        optimizer.zero_grad()
        loss = loss_of(net(inputs), labels)
        loss.backward()
        optimizer.step()
        return loss

    def check() -> list[float]:
        for module in net.modules():
            if isinstance(module, lib.nn.Dropout):
                module.eval()  # its masks are no library's but its own
        losses = [step().item() for _ in range(5)]
        net.train()
        return losses

    return Task(step, check, wake=lambda: step(inputs[:2], labels[:2]))


def start_alike(lib: Any, net: Any) -> None:
    """Give `net` weights that are the same in every library."""
    rng = np.random.default_rng(2)
    state = dict(net.state_dict())
    for name, parameter in net.named_parameters():
        shape = tuple(parameter.shape)
        if len(shape) > 1:
            bound = 1.0 / np.sqrt(np.prod(shape[1:]))
            state[name] = lib.tensor(rng.uniform(-bound, bound, shape).astype(np.float32))
        elif "bias" in name:
            state[name] = lib.tensor(np.zeros(shape, np.float32))
    net.load_state_dict(state)


def cross_entropy(lib: Any) -> Callable[[Any, Any], Any]:
    """The function of that name, which PyTorch keeps in `nn.functional` and we keep among the ops."""
    function: Callable[[Any, Any], Any] = (lib.nn.functional if lib.__name__ == "torch" else lib).cross_entropy
    return function


# ---- the table

WORKLOADS = (
    Workload(
        "chain",
        "100 x tanh(x * w) on 4x4, forward and backward",
        {OURS: chain, "torch": chain},
        {"torch": {"time": 0.8}},
    ),
    Workload(
        "mlp",
        "Training step, MLP 64-64-10, batch 32, Adam",
        {OURS: mlp, "torch": mlp},
        {"torch": {"time": 0.5}},
    ),
    Workload(
        "cnn",
        "Training step, digits CNN, batch 256, Adam",
        {OURS: cnn, "torch": cnn},
        {"torch": {"time": 1.2, "memory": 1.0}},
    ),
    Workload(
        "lstm",
        "Training step, LSTM 128, 64 steps, batch 32, Adam",
        {OURS: lstm, "torch": lstm},
        {"torch": {"time": 1.5}},
    ),
    Workload(
        "adam-small",
        "Adam step, 100 parameters of 32",
        dict.fromkeys((OURS, "torch"), adam(*[(32,)] * 100)),
        {"torch": {"time": 1.0}},
    ),
    Workload(
        "adam-100",
        "Adam step, 5 million parameters in 100 tensors",
        dict.fromkeys((OURS, "torch"), adam(*[(200, 250)] * 100)),
        {"torch": {"time": 1.0}},
    ),
    Workload(
        "adam-3",
        "Adam step, 5 million parameters in 3 tensors",
        dict.fromkeys((OURS, "torch"), adam((2000, 1000), (1500, 1000), (1500, 1000))),
        {"torch": {"time": 1.0}},
    ),
    Workload(
        "layers-mlp",
        "Training step, MLP 64-64-10 of layers, batch 32, Adam, float64",
        {OURS: layered.mlp("autograd"), layered.LAYERWISE: layered.mlp("layerwise")},
        {layered.LAYERWISE: {"time": 1.5}},
    ),
    Workload(
        "layers-cnn",
        "Training step, digits CNN of layers, batch 256, Adam, float64",
        {
            OURS: layered.cnn("autograd"),
            layered.LAYERWISE: layered.cnn("layerwise"),
            layered.PLAIN: layered.plain_cnn,
        },
        {layered.LAYERWISE: {"time": 1.15}, layered.PLAIN: {"time": 1 / 3}},
    ),
    Workload(
        "layers-cnn-layerwise",
        "The same by the layers' own backward passes",
        {OURS: layered.cnn("layerwise"), layered.PLAIN: layered.plain_cnn},
        {layered.PLAIN: {"time": 1 / 3}},
    ),
)
