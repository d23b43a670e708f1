"""The numeric check of gradients finds wrong ones, and is not misled by kinks."""

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs import nn
from tinygrad_fs.cli.gradients import check_gradients
from tinygrad_fs.cli.training import fix_dropout, network


class WrongSquare(tg.Op):
    """y = x^2, with a derivative that is off by a half percent."""

    def forward(x):
        return x * x

    def vjp(g, x):
        return g * x * 2.01


class LostSquare(tg.Op):
    """y = x^2, with no derivative for the last entry."""

    def forward(x):
        return x * x

    def vjp(g, x):
        g = g * x * 2.0
        return np.concatenate([g[:-1], 0 * g[-1:]])


class NanSquare(tg.Op):
    """y = x^2, with nan for a derivative."""

    def forward(x):
        return x * x

    def vjp(g, x):
        return g * x * np.nan


def leaf(values):
    return tg.tensor(values, dtype="float64", requires_grad=True)


def test_right_gradients_pass():
    w, b = leaf(np.linspace(-2, 3, 12).reshape(3, 4)), leaf([0.5])
    result = check_gradients(lambda: (tg.tanh(w) * b + w * w).sum(), {"w": w, "b": b})
    assert result.passed
    assert (result.entries, result.kinks) == (11, 0)
    assert 0 < result.worst < 1e-5
    assert str(result).startswith("right: largest relative error ")


@pytest.mark.parametrize("op", [WrongSquare, LostSquare, NanSquare])
def test_wrong_gradients_are_found_and_their_parameter_named(op):
    good, bad = leaf([1.0, 2.0, 3.0]), leaf([-1.0, 0.5, 2.0])
    result = check_gradients(lambda: (good * good).sum() + op.apply(bad).sum(), {"good": good, "bad": bad})
    assert not result.passed
    assert result.where == "bad"
    assert result.worst > 4e-3
    assert str(result).startswith("WRONG: ")


def test_a_gradient_where_there_should_be_none_is_found():
    class Spurious(tg.Op):
        """y = 0 * x, with a derivative of 1."""

        def forward(x):
            return 0 * x

        def vjp(g):
            return g

    w = leaf([1.0, 2.0])
    assert check_gradients(lambda: Spurious.apply(w).sum(), {"w": w}).worst == 1.0


def test_a_kink_within_the_step_is_passed_over_and_counted():
    w = leaf([1e-7, *np.linspace(1, 2, 9)])
    result = check_gradients(lambda: tg.relu(w).sum(), {"w": w})
    assert result.passed
    assert (result.entries, result.kinks) == (9, 1)
    assert "1 more at kinks" in str(result)


def test_a_kink_that_is_not_passed_over_leaves_a_small_error():
    w = leaf([1e-7, *np.linspace(1, 2, 9)])
    for weight, kinks in ((5e-5, 0), (5e-4, 1)):
        result = check_gradients(lambda weight=weight: (w * w).sum() + weight * tg.relu(w[:1]).sum(), {"w": w})
        assert result.kinks == kinks
        assert result.worst < 5e-5


def test_kinks_everywhere_do_not_pass_for_a_check():
    w = leaf([1e-7, -2e-7, 1.0])
    result = check_gradients(lambda: tg.relu(w).sum(), {"w": w})
    assert result.worst < 1e-6
    assert not result.passed
    assert str(result).startswith("UNCERTAIN: ")


def test_a_gradient_that_was_lost_is_found():
    w = leaf([1.0, 2.0])
    result = check_gradients(lambda: (w * w.detach()).sum() + w.detach().sum(), {"w": w})
    assert not result.passed
    lost = leaf([3.0])
    result = check_gradients(lambda: (w * w).sum() + lost.detach().sum(), {"w": w, "lost": lost})
    assert (result.worst, result.where) == (1.0, "lost")


def test_a_parameter_without_influence_is_right_to_have_no_gradient():
    w, idle, unused = leaf([1.0]), leaf([1.0]), leaf([1.0])
    result = check_gradients(lambda: (w * w + 0 * idle).sum(), {"w": w, "idle": idle, "unused": unused})
    assert result.passed
    assert result.entries == 3


def test_the_parameters_are_put_back_to_the_bit_even_after_an_error():
    w = leaf([0.1, 0.2, 0.3])
    calls = []

    def loss():
        calls.append(w.numpy().copy())
        if len(calls) == 4:
            raise KeyboardInterrupt
        return (w * w).sum()

    with pytest.raises(KeyboardInterrupt):
        check_gradients(loss, {"w": w})
    assert calls[-1].tolist() != [0.1, 0.2, 0.3]
    assert w.tolist() == [0.1, 0.2, 0.3]


def test_the_network_of_the_demo_has_right_gradients_before_training_too():
    tg.manual_seed(0)
    model = network().to("float64")
    fix_dropout(model)
    images, labels = tg.data.digits(dtype="float64")
    result = check_gradients(
        lambda: tg.cross_entropy(model(images[:32]), labels[:32]), dict(model.named_parameters()), per_parameter=3
    )
    assert result.passed, result
    assert result.entries + result.kinks == 3 * len(list(model.parameters()))


def test_dropout_is_fixed_and_the_rest_trains():
    model = network()
    fix_dropout(model)
    assert all(module.training != isinstance(module, nn.Dropout) for module in model.modules())
