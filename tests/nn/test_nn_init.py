"""Initial values: ranges, moments, fans, generators."""

import inspect
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
        (
            lambda: init.constant_(nn.Linear(1, 1), 0.0),
            "a Linear was given; it is a Tensor that is filled",
        ),
        (lambda: init.xavier_uniform_(np.ones((2, 2))), "a ndarray was given"),
    ],
)
def test_what_cannot_be(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()


def test_filling_counts_as_a_change():
    weight = nn.Parameter([2.0])
    y = (weight * weight).sum()
    init.zeros_(weight)
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()


class TestTruncated:
    @pytest.mark.parametrize(
        ("mean", "std", "a", "b"), [(0, 1, -2, 2), (1, 0.5, 0, 3), (0, 1, 3, 5), (0, 1, -7, -5), (2, 1, -1, 0.5)]
    )
    def test_is_a_normal_distribution_within_the_interval(self, mean, std, a, b):
        values = init.trunc_normal_(tg.zeros(20_000, "float64"), mean, std, a, b, np.random.default_rng(0)).data
        assert a <= values.min()
        assert values.max() <= b
        grid = np.linspace(a, b, 20_001)
        density = np.exp(-0.5 * ((grid - mean) / std) ** 2)
        expected = (grid * density).sum() / density.sum()
        assert values.mean() == pytest.approx(expected, abs=0.02 * std)
        spread = np.sqrt(((grid - expected) ** 2 * density).sum() / density.sum())
        assert values.std() == pytest.approx(spread, rel=0.03)

    def test_an_interval_that_is_empty(self):
        with pytest.raises(ValueError, match="a=1.0 below b=1.0"):
            init.trunc_normal_(tg.zeros(2), a=1.0, b=1.0)


class TestMatrices:
    @pytest.mark.parametrize("shape", [(3, 3), (2, 5), (5, 2), (4, 2, 3), (2, 0)])
    def test_orthogonal(self, shape):
        weight = init.orthogonal_(tg.zeros(shape, "float64"), 2.0, np.random.default_rng(1)).data
        rows = weight.reshape(shape[0], -1)
        product = rows @ rows.T if len(rows) <= rows.shape[1] else rows.T @ rows
        np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-12)

    def test_orthogonal_matrices_turn_as_often_as_they_mirror(self):
        generator = np.random.default_rng(0)
        signs = [np.linalg.det(init.orthogonal_(tg.zeros((2, 2), "float64"), 1.0, generator).data) for _ in range(400)]
        assert abs(np.mean(signs)) < 0.15

    def test_eye_and_dirac(self):
        assert init.eye_(tg.ones((2, 3))).tolist() == [[1, 0, 0], [0, 1, 0]]
        x = tg.randn(1, 4, 5, 5)
        for groups in (1, 2):
            weight = init.dirac_(tg.ones((4, 4 // groups, 3, 3)), groups)
            np.testing.assert_array_equal(tg.conv2d(x, weight, padding=1, groups=groups).data, x.data)
        assert init.dirac_(tg.ones((3, 2, 1))).data[:, :, 0].tolist() == [[1, 0], [0, 1], [0, 0]]

    def test_sparse(self):
        weight = init.sparse_(tg.ones((10, 400)), 0.35, 2.0, np.random.default_rng(0)).data
        assert (weight == 0).sum(0).tolist() == [4] * 400
        assert weight[weight != 0].std() == pytest.approx(2.0, rel=0.05)

    @pytest.mark.parametrize(
        ("fill", "shape", "message"),
        [
            (init.orthogonal_, (3,), "orthogonal_: a tensor of shape"),
            (init.eye_, (3,), "eye_: a tensor of shape"),
            (init.dirac_, (3, 3), "dirac_: a tensor of shape"),
            (lambda t: init.dirac_(t, 2), (3, 3, 1), "groups=2"),
            (lambda t: init.sparse_(t, 0.1), (3,), "sparse_: a tensor of shape"),
        ],
    )
    def test_what_is_no_matrix(self, fill, shape, message):
        with pytest.raises(ValueError, match=message):
            fill(tg.zeros(shape))

    @pytest.mark.parametrize("name", ["orthogonal_", "eye_", "dirac_", "sparse_", "trunc_normal_"])
    def test_the_change_is_counted(self, name):
        x = tg.ones((2, 2, 2) if name == "dirac_" else (2, 2), requires_grad=True)
        y = x * x
        getattr(init, name)(x, *([0.5] if name == "sparse_" else []))
        with pytest.raises(RuntimeError, match="changed in place"):
            y.sum().backward()


def test_all_schemes_and_arguments_are_pytorchs():
    torch = pytest.importorskip("torch")
    theirs = {
        name: function
        for name, function in vars(torch.nn.init).items()
        if (name.endswith("_") or name == "calculate_gain") and not name.startswith("_")
    }
    assert set(init.__all__) == set(theirs)
    for name, function in theirs.items():
        expected = [(p.name, p.default) for p in inspect.signature(function).parameters.values()]
        assert [(p.name, p.default) for p in inspect.signature(getattr(init, name)).parameters.values()] == expected
