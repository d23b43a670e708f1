"""Initial values: ranges, moments, fans, generators."""

import math

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs import nn
from tinygrad_fs.nn import init

SHAPE = (60, 40, 3, 2)
FAN_IN, FAN_OUT = 40 * 6, 60 * 6
LEAKY = math.sqrt(2 / (1 + 0.5**2))

UNIFORM = [
    (lambda t, g: init.uniform_(t, -2.0, 1.0, g), -2.0, 1.0),
    (lambda t, g: init.xavier_uniform_(t, 2.0, g), *(s * 2 * math.sqrt(6 / (FAN_IN + FAN_OUT)) for s in (-1, 1))),
    (lambda t, g: init.kaiming_uniform_(t, 0.5, generator=g), *(s * LEAKY * math.sqrt(3 / FAN_IN) for s in (-1, 1))),
    (
        lambda t, g: init.kaiming_uniform_(t, mode="fan_out", nonlinearity="relu", generator=g),
        *(s * math.sqrt(2) * math.sqrt(3 / FAN_OUT) for s in (-1, 1)),
    ),
]
NORMAL = [
    (lambda t, g: init.normal_(t, 1.0, 2.0, g), 1.0, 2.0),
    (lambda t, g: init.xavier_normal_(t, 2.0, g), 0.0, 2 * math.sqrt(2 / (FAN_IN + FAN_OUT))),
    (lambda t, g: init.kaiming_normal_(t, 0.5, "fan_out", generator=g), 0.0, LEAKY / math.sqrt(FAN_OUT)),
]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize(("fill", "low", "high"), UNIFORM)
def test_uniform(fill, low, high, dtype):
    tensor = nn.Parameter(np.zeros(SHAPE, dtype))
    assert fill(tensor, np.random.default_rng(0)) is tensor
    slack = 1e-3 * (high - low) if dtype == "float16" else 1e-6
    assert tensor.dtype == dtype
    assert low - slack <= tensor.data.min() < low + 0.01 * (high - low)
    assert high - 0.01 * (high - low) < tensor.data.max() <= high + slack
    assert tensor.data.std(dtype="f8") == pytest.approx((high - low) / math.sqrt(12), rel=0.02)


@pytest.mark.parametrize(("fill", "mean", "std"), NORMAL)
def test_normal(fill, mean, std):
    tensor = nn.Parameter(np.zeros(SHAPE))
    assert fill(tensor, np.random.default_rng(0)) is tensor
    assert tensor.data.mean() == pytest.approx(mean, abs=0.05 * std)
    assert tensor.data.std() == pytest.approx(std, rel=0.02)


def test_constants():
    tensor = tg.zeros((2, 2))
    assert init.constant_(tensor, 3.0).tolist() == [[3.0, 3.0]] * 2
    assert init.ones_(tensor).tolist() == [[1.0, 1.0]] * 2
    assert init.zeros_(tensor).tolist() == [[0.0, 0.0]] * 2


@pytest.mark.parametrize("fill", [fill for fill, *_ in UNIFORM + NORMAL])
def test_the_generator_decides(fill):
    def values(generator):
        return fill(tg.zeros(SHAPE), generator).tolist()

    assert values(np.random.default_rng(1)) == values(np.random.default_rng(1))
    tg.manual_seed(1)
    first = values(None)
    assert values(None) != first
    tg.manual_seed(1)
    assert values(None) == first


def test_gains_are_pytorchs():
    torch = pytest.importorskip("torch")
    for name in ("linear", "conv1d", "conv2d", "conv_transpose2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"):
        assert init.calculate_gain(name) == pytest.approx(torch.nn.init.calculate_gain(name), rel=1e-15)
    assert init.calculate_gain("leaky_relu", 0.3) == torch.nn.init.calculate_gain("leaky_relu", 0.3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: init.calculate_gain("step"), "'step' is unknown; use one of leaky_relu"),
        (lambda: init.kaiming_uniform_(tg.zeros((2, 2)), mode="fan"), "mode 'fan' is unknown"),
        (lambda: init.xavier_normal_(tg.zeros(3)), r"shape \(3,\) are unknown"),
        (lambda: init.kaiming_normal_(tg.zeros(())), r"shape \(\) are unknown"),
    ],
)
def test_what_cannot_be(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_filling_counts_as_a_change():
    weight = nn.Parameter([2.0])
    y = (weight * weight).sum()
    init.zeros_(weight)
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()
