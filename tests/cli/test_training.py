"""What the demo trains with: shifted images, a schedule, and an honest count."""

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs import nn
from tinygrad_fs.cli.training import count_right, network, shifted, train


class Fixed:
    """Stands for a generator, and draws what it was given."""

    def __init__(self, *draws):
        self.draws = list(draws)

    def uniform(self, low, high, size):
        return np.full(size, self.draws.pop(0))


def image(*entries):
    result = np.zeros((1, 1, 8, 8), np.float32)
    for row, column, value in entries:
        result[0, 0, row, column] = value
    return result


@pytest.mark.parametrize(
    ("down", "right", "expected"),
    [
        (0, 0, [(3, 3, 8.0)]),
        (1, 0, [(4, 3, 8.0)]),
        (0, -1, [(3, 2, 8.0)]),
        (0.25, 0, [(3, 3, 6.0), (4, 3, 2.0)]),
        (-0.5, 0.5, [(2, 3, 2.0), (2, 4, 2.0), (3, 3, 2.0), (3, 4, 2.0)]),
    ],
)
def test_an_image_moves_by_the_shift_that_was_drawn(down, right, expected):
    moved = shifted(image((3, 3, 8.0)), 1.0, Fixed(down, right))
    assert moved.dtype == np.float32
    np.testing.assert_allclose(moved, image(*expected))


def test_what_leaves_the_image_does_not_come_back():
    assert not shifted(image((0, 5, 8.0)), 1.0, Fixed(-1, 0)).any()


def test_images_move_each_on_its_own_and_by_no_more_than_asked():
    images = np.repeat(image((3, 3, 1.0)), 200, axis=0)
    moved = shifted(images, 0.5, np.random.default_rng(0))[:, 0]
    rows = (moved.sum(axis=2) * np.arange(8)).sum(axis=1) - 3
    assert np.abs(rows).max() <= 0.5 + 1e-6
    assert rows.std() > 0.2
    np.testing.assert_allclose(moved.sum(axis=(1, 2)), 1, rtol=1e-5)
    np.testing.assert_array_equal(images, np.repeat(image((3, 3, 1.0)), 200, axis=0))


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
