"""What the demo trains with: a network, a schedule, and an honest count."""

import numpy as np

import tinygrad_fs as tg
from tinygrad_fs import nn
from tinygrad_fs.cli.training import count_right, network, train


def test_training_learns_and_reports_each_epoch():
    tg.manual_seed(0)
    images, labels = tg.data.digits()
    steps = []
    run = train(network(), images[:300], labels[:300], epochs=3, batch_size=64, after_step=lambda: steps.append(1))
    history = list(run)
    assert len(steps) == 3 * 4
    assert len(history) == 3
    assert history[-1].loss < 0.6 * history[0].loss
    assert history[-1].accuracy > history[0].accuracy


def test_right_answers_are_counted_in_evaluation_mode():
    class Answers(nn.Module):
        def forward(self, x):
            assert not self.training
            assert not tg.is_grad_enabled()
            return tg.tensor(np.eye(3)[x])

    assert count_right(Answers(), np.array([0, 1, 2, 2]), np.array([0, 1, 1, 2])) == 3


def test_the_network_is_the_one_that_was_described():
    kinds = [type(layer).__name__ for layer in network().children()]
    block = ["ReLU", "Dropout", "BatchNorm2d"]
    last = ["Linear", "ReLU", "Dropout", "BatchNorm1d", "Linear"]
    assert kinds == ["Conv2d", *block, "Conv2d", *block, "Flatten", *last]
    assert sum(parameter.size for parameter in network().parameters()) == 532_522
