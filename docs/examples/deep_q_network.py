"""A deep Q-network balances a pole on a cart.

The network says for each of the two pushes how much reward is still to come. It learns from what it remembers: the
target is the reward of a push and what comes after it. The network itself chooses the push that comes after, and an
older copy of it says what that is worth; one that did both would take its own mistakes for good luck. Mnih et al. 2015,
"Human-level control through deep reinforcement learning"; van Hasselt, Guez and Silver 2016, "Deep reinforcement
learning with double Q-learning".

Expected: before episode 400 the poles of 100 episodes in a row stay up for 195 steps on average, which is when the task
counts as solved. (An episode ends after 500 steps.) The cart is gymnasium's: `pip install "tinygrad-fs[demo,rl]"`.
"""

from collections.abc import Sequence

import gymnasium
import numpy as np
from example import Memory, Run, draw_episodes, play, solved

import tinygrad_fs as tg
from tinygrad_fs import nn, optim
from tinygrad_fs.nn import functional as F

DISCOUNT, BATCH = 0.99, 64


def build() -> nn.Sequential:
    """From place, speed, angle and turn of cart and pole to what each push is worth."""
    return nn.Sequential(nn.Linear(4, 128), nn.ReLU(), nn.Linear(128, 2))


def loss_of(network: nn.Module, older: nn.Module, memory: Memory) -> tg.Tensor:
    """How far the network's opinion of what was pushed is from what came of it."""
    states, pushes, rewards, following, fell = memory.sample(BATCH)
    each = np.arange(BATCH)
    with tg.no_grad():
        then = network(following).argmax(axis=1)
        targets = rewards + DISCOUNT * older(following)[each, then] * ~fell
    return F.mse_loss(network(states)[each, pushes], targets)


def main(arguments: Sequence[str] | None = None) -> dict[str, float]:
    """Play and learn until the task is solved."""
    run = Run(__file__, __doc__, steps=400, arguments=arguments)
    world = gymnasium.make("CartPole-v1")
    network, older, memory, moves = build(), build(), Memory(), 0
    older.load_state_dict(network.state_dict())
    optimizer = optim.Adam(network.parameters(), lr=0.001)
    worth = tg.no_grad()(network.forward)

    for episode in run:
        before = moves
        for transition in play(world, run.seed + episode, worth, curiosity=max(0.02, 0.97**episode)):
            memory.transitions.append(transition)
            moves += 1
            if moves >= BATCH:
                optimizer.zero_grad()
                loss_of(network, older, memory).backward()
                optimizer.step()
            if moves % 200 == 0:
                older.load_state_dict(network.state_dict())

        if solved(run, moves - before):
            break

    draw_episodes(run)
    return run.result(average=run.history["average"][-1], episodes=len(run.history["average"]))


if __name__ == "__main__":
    main()
