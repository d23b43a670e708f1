"""A deep Q-network balances a pole on a cart, layer by layer.

The network says for each of the two pushes how much reward is still to come. It learns from what it remembers: the
target is the reward of a push and what an older copy of the network expects after it.

Expected: before episode 400 the poles of 100 episodes in a row stay up for 195 steps on average, which is when the task
counts as solved. (An episode ends after 500 steps.) The cart is gymnasium's: `pip install "tinygrad-fs[demo,rl]"`.
"""

import copy
from collections.abc import Sequence

import gymnasium
import numpy as np
from example import Memory, Run, draw_episodes, play, solved

from tinygrad_fs.deep_learning import NeuralNetwork
from tinygrad_fs.deep_learning.layers import Activation, Dense
from tinygrad_fs.deep_learning.loss_functions import SquareLoss
from tinygrad_fs.deep_learning.optimizers import Adam

DISCOUNT, BATCH = 0.99, 64


def learn(network: NeuralNetwork, older: NeuralNetwork, memory: Memory) -> None:
    """Make one step on a batch of what is remembered."""
    states, pushes, rewards, following, fell = memory.sample(BATCH)
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
    older, memory, moves = copy.deepcopy(network), Memory(), 0

    for episode in run:
        before = moves
        for transition in play(world, run.seed + episode, network.predict, curiosity=max(0.02, 0.98**episode)):
            memory.transitions.append(transition)
            moves += 1
            if moves >= BATCH:
                learn(network, older, memory)
            if moves % 500 == 0:
                older = copy.deepcopy(network)

        if solved(run, moves - before):
            break

    draw_episodes(run)
    return run.result(average=run.history["average"][-1], episodes=len(run.history["average"]))


if __name__ == "__main__":
    main()
