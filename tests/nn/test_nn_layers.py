"""The layers: PyTorch's weights load into them and give PyTorch's outputs and gradients; errors name the layer."""

import inspect
import math
import re

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs import nn

# Constructor, arguments, shape of the input. Evaluated in float64.
LAYERS = [
    ("Linear", (4, 3), {}, (5, 4)),
    ("Linear", (4, 3), {"bias": False}, (2, 5, 4)),
    ("Linear", (4, 3), {}, (4,)),
    ("Linear", (4, 3), {}, (0, 4)),
    ("Conv2d", (4, 6, 3), {}, (2, 4, 6, 7)),
    ("Conv2d", (4, 6, (3, 2)), {"stride": (2, 1), "padding": (1, 2), "bias": False}, (2, 4, 6, 7)),
    ("Conv2d", (4, 6, 3), {"padding": 1, "dilation": 2, "groups": 2}, (2, 4, 6, 7)),
    ("Conv2d", (4, 6, (4, 3)), {"padding": "same", "dilation": (1, 2)}, (2, 4, 6, 7)),
    ("Conv2d", (4, 6, 3), {"padding": "valid", "stride": 2}, (2, 4, 6, 7)),
    ("Conv2d", (4, 6, 3), {"padding": (1, 2), "padding_mode": "reflect"}, (2, 4, 6, 7)),
    ("Conv2d", (4, 6, 3), {"padding": (1, 2), "padding_mode": "replicate", "stride": 2}, (2, 4, 6, 7)),
    ("Conv2d", (4, 6, 3), {"padding": "same", "padding_mode": "circular"}, (2, 4, 6, 7)),
    ("Conv2d", (4, 6, 3), {}, (4, 6, 7)),
    ("BatchNorm1d", (3,), {}, (5, 3)),
    ("BatchNorm1d", (3,), {"eps": 0.1, "momentum": 0.5}, (5, 3, 4)),
    ("BatchNorm1d", (3,), {"affine": False}, (5, 3)),
    ("BatchNorm1d", (3,), {"momentum": None}, (5, 3)),
    ("BatchNorm1d", (3,), {"track_running_stats": False}, (5, 3)),
    ("BatchNorm2d", (3,), {}, (2, 3, 4, 5)),
    ("BatchNorm2d", (3,), {"track_running_stats": False, "affine": False}, (2, 3, 4, 5)),
    ("ReLU", (), {}, (3, 4)),
    ("Flatten", (), {}, (2, 3, 4)),
    ("Flatten", (0, 1), {}, (2, 3, 4)),
    ("Dropout", (0.0,), {}, (3, 4)),
]
IDS = [f"{name}{args}{options}{shape}" for name, args, options, shape in LAYERS]


def pair(name, args, options):
    """A layer of ours with the weights of one of PyTorch's, in float64."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    theirs = getattr(torch.nn, name)(*args, **options).double()
    for tensor in [*theirs.parameters(), *theirs.buffers()]:
        if tensor.dtype == torch.float64:
            torch.nn.init.uniform_(tensor, 0.5, 1.5)
    ours = getattr(nn, name)(*args, **options).double()
    assert {key: value.shape for key, value in ours.state_dict().items()} == {
        key: tuple(value.shape) for key, value in theirs.state_dict().items()
    }
    ours.load_state_dict(theirs.state_dict())
    return torch, ours, theirs


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize(("name", "args", "options", "shape"), LAYERS, ids=IDS)
def test_as_pytorch(name, args, options, shape, training, rng):
    torch, ours, theirs = pair(name, args, options)
    ours.train(training)
    theirs.train(training)
    for _ in range(3):  # running statistics change
        values = rng.standard_normal(shape)
        x, z = tg.tensor(values, requires_grad=True), torch.tensor(values, requires_grad=True)
        y, w = ours(x), theirs(z)
        np.testing.assert_allclose(y.data, w.detach().numpy(), rtol=1e-9, atol=1e-12)
        (y * y).sum().backward()
        (w * w).sum().backward()
        np.testing.assert_allclose(x.grad.data, z.grad.numpy(), rtol=1e-7, atol=1e-9)
    for p, q in zip(ours.parameters(), theirs.parameters()):
        np.testing.assert_allclose(p.grad.data, q.grad.numpy(), rtol=1e-7, atol=1e-9)
    for key, value in theirs.state_dict().items():
        np.testing.assert_allclose(ours.state_dict()[key].data, value.numpy(), rtol=1e-9, err_msg=key)


@pytest.mark.parametrize("name", ["Linear", "Conv2d", "BatchNorm1d", "BatchNorm2d", "Dropout", "Flatten", "ReLU"])
def test_arguments_and_defaults_are_pytorchs(name):
    torch = pytest.importorskip("torch")
    ours = list(inspect.signature(getattr(nn, name)).parameters.values())
    theirs = list(inspect.signature(getattr(torch.nn, name)).parameters.values())
    theirs = [p for p in theirs if p.kind is not p.KEYWORD_ONLY and p.name not in ("device", "dtype")]
    expected = [(p.name.replace("dim", "axis"), p.default) for p in theirs]
    assert [(p.name, p.default) for p in ours if p.kind is not p.KEYWORD_ONLY] == expected
    assert {p.name for p in ours if p.kind is p.KEYWORD_ONLY} <= {"bias", "dtype", "generator"}


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (nn.Linear(2, 3, bias=False), "Linear(in_features=2, out_features=3, bias=False)"),
        (nn.Conv2d(1, 2, 3), "Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1))"),
        (
            nn.Conv2d(2, 4, (3, 2), 2, padding=(0, 1), dilation=2, groups=2, bias=False, padding_mode="reflect"),
            "Conv2d(2, 4, kernel_size=(3, 2), stride=(2, 2), padding=(0, 1), dilation=(2, 2), groups=2, "
            "padding_mode='reflect', bias=False)",
        ),
        (nn.Conv2d(1, 2, 3, padding="same"), "Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1), padding='same')"),
        (nn.BatchNorm1d(3), "BatchNorm1d(3, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)"),
        (
            nn.BatchNorm2d(3, bias=False),
            "BatchNorm2d(3, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True, bias=False)",
        ),
        (nn.Dropout(0.2), "Dropout(p=0.2, inplace=False)"),
        (nn.Flatten(), "Flatten(start_axis=1, end_axis=-1)"),
        (nn.ReLU(), "ReLU()"),
        (nn.ReLU(inplace=True), "ReLU(inplace=True)"),
    ],
)
def test_repr(layer, expected):
    assert repr(layer) == expected


@pytest.mark.parametrize(
    ("padding", "kept"),
    [(1, (1, 1)), ((1, 2), (1, 2)), (((1, 1), (2, 2)), (1, 2)), (((0, 1), (2, 2)), ((0, 1), (2, 2))), ("same", "same")],
)
def test_padding_may_be_given_per_side(padding, kept):
    layer = nn.Conv2d(1, 1, 3, padding=padding)
    assert layer.padding == kept
    x = tg.ones((1, 1, 5, 5))
    assert layer(x).tolist() == tg.conv2d(x, layer.weight, layer.bias, padding=padding).tolist()


@pytest.mark.parametrize(
    ("layer", "fan_in"), [(nn.Linear(64, 100), 64), (nn.Conv2d(4, 50, (3, 5), groups=2), 2 * 3 * 5)]
)
def test_initial_values_are_uniform_within_the_bound(layer, fan_in):
    bound = 1 / math.sqrt(fan_in)
    for parameter in layer.parameters():
        values = parameter.data / bound
        assert parameter.dtype == np.float32
        assert np.abs(values).max() <= 1.0
    weight = layer.weight.data / bound
    assert weight.std() == pytest.approx(1 / math.sqrt(3), rel=0.05)
    assert abs(weight.mean()) < 0.1
    assert np.abs(weight).max() > 0.99


@pytest.mark.parametrize("make", [lambda **k: nn.Linear(3, 2, **k), lambda **k: nn.Conv2d(3, 2, 1, **k)])
def test_initial_values_come_from_the_generator(make):
    def weights(**options):
        return [p.tolist() for p in make(**options).parameters()]

    assert weights(generator=np.random.default_rng(1)) == weights(generator=np.random.default_rng(1))
    assert weights(generator=np.random.default_rng(1)) != weights(generator=np.random.default_rng(2))
    tg.manual_seed(3)
    first = weights()
    assert weights() != first
    tg.manual_seed(3)
    assert weights() == first
    assert make(dtype="float64").weight.dtype == np.float64


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.Linear(4, 3), (2, 4)),
        (nn.Conv2d(2, 3, 1), (1, 2, 3, 3)),
        (nn.BatchNorm1d(3), (2, 3)),
        (nn.BatchNorm1d(3, affine=False), (2, 3)),
        (nn.BatchNorm2d(3), (2, 3, 2, 2)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else str(value),
)
@pytest.mark.parametrize("as_given", [np.asarray, tg.Tensor])
def test_an_input_of_another_dtype_is_refused_by_name(layer, shape, as_given):
    name = re.escape(f"{type(layer).__name__}({layer.extra_repr()})")
    with pytest.raises(TypeError, match=name + r".*float64.*float32.*x\.astype\('float32'\).*\.to\('float64'\)"):
        layer(as_given(np.ones(shape)))
    with pytest.raises(TypeError, match=r"dtype int64.*x\.astype\('float32'\)$"):
        layer(as_given(np.ones(shape, int)))
    assert layer(as_given(np.ones(shape, "float32"))).dtype == np.float32
    layer.double()
    assert layer(as_given(np.ones(shape))).dtype == np.float64
    layer.float()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.Linear(-1, 2), "Linear: in_features=-1"),
        (lambda: nn.Linear(3, 2)(tg.ones((4, 5))), r"linear.*\(4, 5\)"),
        (lambda: nn.Conv2d(3, 4, 3, groups=2), "Conv2d: in_channels=3 is not divisible by groups=2"),
        (lambda: nn.Conv2d(4, 3, 3, groups=2), "Conv2d: out_channels=3"),
        (lambda: nn.Conv2d(0, 3, 3), "must be positive"),
        (lambda: nn.Conv2d(3, 4, 0), "kernel_size=0"),
        (lambda: nn.Conv2d(3, 4, 3, stride=(1, 2, 3)), "stride=(1, 2, 3)"),
        (lambda: nn.Conv2d(3, 4, 3, dilation=0), "dilation=0"),
        (lambda: nn.Conv2d(3, 4, 3, padding=-1), "padding=-1"),
        (lambda: nn.Conv2d(3, 4, 3, padding="some"), "padding='some'"),
        (lambda: nn.Conv2d(3, 4, 3, padding="same", stride=2), "padding='same' needs stride 1"),
        (lambda: nn.Conv2d(3, 4, 3, padding_mode="mirror"), "padding_mode='mirror'"),
        (lambda: nn.Conv2d(3, 4, 3)(tg.ones((1, 2, 5, 5))), "have 2 channels"),
        (lambda: nn.BatchNorm1d(3)(tg.ones((2, 4))), "BatchNorm1d: the input of shape (2, 4) has 4 channels, not 3"),
        (lambda: nn.BatchNorm1d(3)(tg.ones(3)), "it must be of shape (N, C) or (N, C, L)"),
        (lambda: nn.BatchNorm2d(3)(tg.ones((2, 3))), "it must be of shape (N, C, H, W)"),
        (lambda: nn.BatchNorm1d(3)(tg.ones((1, 3))), "batch_norm"),
        (lambda: nn.Dropout(1.5), "Dropout: p=1.5"),
        (lambda: nn.Dropout(-0.1), "Dropout: p=-0.1"),
        (lambda: nn.Flatten(2, 1)(tg.ones((2, 3, 4))), "start_axis 2 comes after end_axis 1"),
    ],
)
def test_what_cannot_be(call, message):
    with pytest.raises(ValueError, match=message if ".*" in message else re.escape(message)):
        call()


def test_a_failed_batch_leaves_the_running_statistics():
    layer = nn.BatchNorm1d(3)
    with pytest.raises(ValueError, match="batch_norm"):
        layer(tg.ones((1, 3)))
    assert layer.num_batches_tracked.item() == 0
    assert layer.running_mean.tolist() == [0.0, 0.0, 0.0]


def test_batch_norm_can_be_reset():
    layer = nn.BatchNorm1d(2)
    layer(tg.tensor([[1.0, 2.0], [3.0, 5.0]]))
    nn.init.constant_(layer.weight, 3.0)
    assert layer.num_batches_tracked.item() == 1
    layer.reset_parameters()
    state = {name: tensor.tolist() for name, tensor in layer.state_dict().items()}
    assert state == {
        "weight": [1.0, 1.0],
        "bias": [0.0, 0.0],
        "running_mean": [0.0, 0.0],
        "running_var": [1.0, 1.0],
        "num_batches_tracked": 0,
    }


class TestDropout:
    def test_keeps_the_mean_and_follows_the_mode(self):
        layer = nn.Dropout(0.25, generator=np.random.default_rng(0))
        x = tg.ones(10_000)
        y = layer(x)
        assert set(np.unique(y.data)) == {np.float32(0.0), np.float32(4 / 3)}
        assert y.data.mean() == pytest.approx(1.0, abs=0.02)
        assert layer.eval()(x).tolist() == x.tolist()

    def test_p_of_0_and_1(self):
        assert nn.Dropout(0)(tg.ones(5)).tolist() == [1.0] * 5
        assert nn.Dropout(1)(tg.ones(5)).tolist() == [0.0] * 5

    def test_draws_from_its_generator_or_the_default_one(self):
        x = tg.ones(100)
        a, b = (nn.Dropout(generator=np.random.default_rng(5)) for _ in range(2))
        assert a(x).tolist() == b(x).tolist()
        tg.manual_seed(1)
        first = nn.Dropout()(x).tolist()
        tg.manual_seed(1)
        assert nn.Dropout()(x).tolist() == first

    def test_gradient_is_that_of_the_mask(self):
        x = tg.ones(50, requires_grad=True)
        y = nn.Dropout(0.5)(x)
        y.sum().backward()
        assert x.grad.tolist() == y.tolist()


def test_a_network_of_pytorch_moves_over(rng):
    torch = pytest.importorskip("torch")
    theirs = torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3, padding=1),
        torch.nn.BatchNorm2d(4),
        torch.nn.ReLU(),
        torch.nn.Flatten(),
        torch.nn.Dropout(),
        torch.nn.Linear(4 * 64, 10),
    ).eval()
    ours = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Flatten(),
        nn.Dropout(),
        nn.Linear(4 * 64, 10),
    ).eval()
    assert repr(ours.load_state_dict(theirs.state_dict())) == "<All keys matched successfully>"
    x = rng.standard_normal((3, 1, 8, 8)).astype("float32")
    np.testing.assert_allclose(ours(x).data, theirs(torch.tensor(x)).detach().numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "optimizer", [lambda p: tg.optim.SGD(p, lr=0.5, momentum=0.9), lambda p: tg.optim.Adam(p, 0.05)]
)
def test_a_small_network_learns(optimizer, rng):
    x = rng.standard_normal((64, 2)).astype("float32")
    labels = (x[:, 0] * x[:, 1] > 0).astype(int)
    net = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))
    it = optimizer(net.parameters())
    for _ in range(150):
        loss = tg.cross_entropy(net(tg.tensor(x)), labels)
        it.zero_grad()
        loss.backward()
        it.step()
    assert loss.item() < 0.1
