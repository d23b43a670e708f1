"""The perceptrons in JAX, compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workloads.perceptrons import Perceptron
from workloads.tasks import entries
from workloads.workload import Task

__all__ = ["perceptron"]

_RATE, _BETA1, _BETA2, _EPSILON = 1e-3, 0.9, 0.999, 1e-8


def perceptron(sizes: Perceptron) -> Callable[[Any], Task]:
    """A whole training step in one compiled function, Adam included."""

    def build(jax: Any) -> Task:
        jnp, tree = jax.numpy, jax.tree_util
        inputs, labels = map(jnp.asarray, sizes.data())
        params = [(jnp.asarray(weight), jnp.asarray(bias)) for weight, bias in sizes.weights()]
        zeros = tree.tree_map(jnp.zeros_like, params)

        def loss_of(params: Any) -> Any:
            x = inputs
            for weight, bias in params[:-1]:
                x = jax.nn.relu(x @ weight + bias)
            weight, bias = params[-1]
            scores = jax.nn.log_softmax(x @ weight + bias)
            return -jnp.take_along_axis(scores, labels[:, None], 1).mean()

        @jax.jit
        def update(params: Any, m: Any, v: Any, t: Any) -> Any:
            loss, gradients = jax.value_and_grad(loss_of)(params)
            t = t + 1
            m = tree.tree_map(lambda m, g: _BETA1 * m + (1 - _BETA1) * g, m, gradients)
            v = tree.tree_map(lambda v, g: _BETA2 * v + (1 - _BETA2) * g * g, v, gradients)
            first, second = 1 - _BETA1**t, 1 - _BETA2**t

            def moved(p: Any, m: Any, v: Any) -> Any:
                return p - _RATE * (m / first) / (jnp.sqrt(v / second) + _EPSILON)

            return loss, (tree.tree_map(moved, params, m, v), m, v, t)

        state = [(params, zeros, zeros, 0.0)]

        def step() -> Any:
            loss, state[0] = update(*state[0])
            return jax.block_until_ready(loss)

        def check() -> dict[str, list[float]]:
            gradients = jax.grad(loss_of)(state[0][0])
            numbers = [entry for weight, bias in gradients for each in (weight.T, bias) for entry in entries(each)]
            return {"gradients": numbers, "losses": [step().item() for _ in range(5)]}

        return Task(step, check)

    return build
