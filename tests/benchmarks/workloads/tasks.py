"""Kinds of tasks that many rows share: a function forward and backward, a training step; and what is compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from workloads.workload import Task

__all__ = ["backward_alone", "both_ways", "entries", "gradients_of", "start_alike", "training", "without_dropout"]

_ENTRIES = 50
_STEPS = 5

Function = Callable[..., Any]


def both_ways(function: Function, *shapes: tuple[int, ...]) -> Callable[[Any], Task]:
    """`function(lib, *tensors)` of normal numbers of these shapes, forward, and backward from normal cotangents."""

    def build(lib: Any) -> Task:
        inputs, cotangent = _inputs_and_cotangent(lib, function, shapes)

        def step() -> Any:
            _forget(inputs)
            out = function(lib, *inputs)
            out.backward(cotangent)
            return out

        return Task(step, lambda: _values_and_gradients(step(), inputs))

    return build


def backward_alone(function: Function, *shapes: tuple[int, ...]) -> Callable[[Any], Task]:
    """The same, but only the way back is timed."""

    def build(lib: Any) -> Task:
        inputs, cotangent = _inputs_and_cotangent(lib, function, shapes)
        forward = []

        def prepare() -> None:
            _forget(inputs)
            forward.append(function(lib, *inputs))

        def step() -> Any:
            out = forward.pop()
            out.backward(cotangent)
            return out

        def check() -> dict[str, list[float]]:
            prepare()
            return _values_and_gradients(step(), inputs)

        return Task(step, check, prepare=prepare)

    return build


def _inputs_and_cotangent(lib: Any, function: Function, shapes: tuple[tuple[int, ...], ...]) -> tuple[list[Any], Any]:
    rng = np.random.default_rng(0)
    inputs = [lib.tensor(rng.standard_normal(shape, dtype=np.float32), requires_grad=True) for shape in shapes]
    shape = tuple(function(lib, *inputs).shape)
    return inputs, lib.tensor(np.asarray(rng.standard_normal(shape, dtype=np.float32)))


def _forget(inputs: list[Any]) -> None:
    for tensor in inputs:
        tensor.grad = None


def _values_and_gradients(out: Any, inputs: list[Any]) -> dict[str, list[float]]:
    gradients = {f"gradient {number}": entries(tensor.grad) for number, tensor in enumerate(inputs)}
    return {"values": entries(out), **gradients}


def entries(tensor: Any) -> list[float]:
    """Some entries of an array or a tensor, from all over it, and their sum of squares."""
    array = np.asarray(tensor.detach().numpy() if hasattr(tensor, "detach") else tensor).astype(np.float64).ravel()
    return [*array[:: max(1, array.size // _ENTRIES)].tolist(), np.sqrt(np.mean(array**2)).item()]


def gradients_of(net: Any) -> list[float]:
    """Some entries of the gradient of each parameter."""
    return [entry for parameter in net.parameters() for entry in entries(parameter.grad)]


def training(
    lib: Any, net: Any, loss_of: Callable[..., Any], data: tuple[Any, ...], optimizer: Callable[..., Any]
) -> Task:
    """Training steps of `net` on one batch: `loss_of(*data)` is minimised by `optimizer(parameters)`."""
    rule = optimizer(net.parameters())

    def loss_and_gradients(data: tuple[Any, ...]) -> Any:
        rule.zero_grad()
        loss = loss_of(*data)
        loss.backward()
        return loss

    def step(data: tuple[Any, ...] = data) -> Any:
        loss = loss_and_gradients(data)
        rule.step()
        return loss

    def check() -> dict[str, list[float]]:
        with without_dropout(lib, net):
            loss_and_gradients(data)
            return {"gradients": gradients_of(net), "losses": [step().item() for _ in range(_STEPS)]}

    few = tuple(each[:2] for each in data)
    return Task(step, check, wake=lambda: step(few))


@contextmanager
def without_dropout(lib: Any, net: Any) -> Iterator[None]:
    """Let all through for as long as results are compared: masks are no library's but its own."""
    for module in net.modules():
        if isinstance(module, lib.nn.Dropout):
            module.eval()
    yield
    net.train()


def start_alike(lib: Any, net: Any) -> None:
    """Give `net` weights that are the same in every library."""
    rng = np.random.default_rng(2)
    state = dict(net.state_dict())
    for name, parameter in net.named_parameters():
        shape, dtype = tuple(parameter.shape), parameter.detach().numpy().dtype
        if len(shape) > 1:
            bound = 1.0 / np.sqrt(np.prod(shape[1:]))
            state[name] = lib.tensor(rng.uniform(-bound, bound, shape).astype(dtype))
        elif "bias" in name:
            state[name] = lib.tensor(np.zeros(shape, dtype))
    net.load_state_dict(state)
