"""A deep Q-network balances a pole on a cart, layer by layer.

The network says for each of the two pushes how much reward is still to come. It learns from what it remembers: the
target is the reward of a push and what an older copy of the network expects after it.

Expected: before episode 400 the poles of 100 episodes in a row stay up for 195 steps on average, which is when the task
counts as solved. (An episode ends after 500 steps.) The cart is gymnasium's: `pip install "tinygrad-fs[demo,rl]"`.
"""

import copy
from collections import deque
from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from example import GREY, ORANGE, Run

from tinygrad_fs.deep_learning import NeuralNetwork
from tinygrad_fs.deep_learning.layers import Activation, Dense
from tinygrad_fs.deep_learning.loss_functions import SquareLoss
from tinygrad_fs.deep_learning.optimizers import Adam

SOLVED, DISCOUNT, BATCH = 195, 0.99, 64


class Memory:
    """The last transitions: state, push, reward, next state, and whether the pole fell."""

    def __init__(self, capacity: int) -> None:
        self.transitions: deque[tuple[Any, ...]] = deque(maxlen=capacity)

    def sample(self) -> list[Any]:
        """A batch of states, pushes, rewards, next states and falls, each as an array."""
        chosen = np.random.randint(0, len(self.transitions), BATCH)
        return [np.array(each) for each in zip(*[self.transitions[i] for i in chosen])]


def learn(network: NeuralNetwork, older: NeuralNetwork, memory: Memory) -> None:
    """Make one step on a batch of what is remembered."""
    states, pushes, rewards, following, fell = memory.sample()
    targets = network.predict(states)
    targets[np.arange(BATCH), pushes] = rewards + DISCOUNT * older.predict(following).max(axis=1) * ~fell
    network.train_on_batch(states, targets)


def main(arguments: Sequence[str] | None = None) -> dict[str, float]:
    """Play and learn until the task is solved."""
    run = Run(__file__, __doc__, steps=400, arguments=arguments)
    world = gymnasium.make("CartPole-v1")
    network = NeuralNetwork(Adam(0.0005), SquareLoss)
    network.add(Dense(64, input_shape=(4,)))
    network.add(Activation("relu"))
    network.add(Dense(2))
    older, memory, moves = copy.deepcopy(network), Memory(20_000), 0
    averages: list[float] = []

    for episode in run:
        state, _ = world.reset(seed=run.seed + episode)
        curiosity = max(0.02, 0.98**episode)
        length, over = 0, False
        while not over:
            explores = np.random.random() < curiosity
            push = np.random.randint(2) if explores else int(network.predict(state).argmax())
            following, reward, fell, out_of_time, _ = world.step(push)
            memory.transitions.append((state, push, reward, following, fell))
            state, length, over, moves = following, length + 1, fell or out_of_time, moves + 1
            if len(memory.transitions) >= BATCH:
                learn(network, older, memory)
            if moves % 500 == 0:
                older = copy.deepcopy(network)

        run.note(length=length)
        averages.append(float(np.mean(run.history["length"][-100:])))
        if episode >= 99 and averages[-1] >= SOLVED:
            break

    with run.picture() as axes:
        axes.plot(np.arange(len(averages)) + 1, run.history["length"], color=GREY, alpha=0.6, label="an episode")
        axes.plot(np.arange(len(averages)) + 1, averages, color=ORANGE, label="mean of the last 100")
        axes.axhline(SOLVED, linestyle="--", color=GREY)
        axes.set(xlabel="episode", ylabel="steps until the pole falls")
        axes.legend(frameon=False)
    return run.result(average=averages[-1], episodes=len(averages))


if __name__ == "__main__":
    main()
