"""The layers: PyTorch's weights load into them and give PyTorch's outputs and gradients; errors name the layer."""

import inspect
import math
import re
import typing

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs import nn

OF_ITS_OWN = ("Module", "ModuleDict", "ParameterDict", "ParameterList", "Sequential")
TYPES = [name for name in nn.__all__ if isinstance(getattr(nn, name), type)]
MODULES = [name for name in TYPES if issubclass(getattr(nn, name), nn.Module) and name not in OF_ITS_OWN]
NOT_TAKEN_OVER = {
    "device",
    "dtype",
    "size_average",  # losses: long superseded by reduction
    "reduce",
    "_weight",  # Embedding: private, for from_pretrained
    "_freeze",
    "min_value",  # Hardtanh: long superseded by min_val
    "max_value",
}


def their_parameters(module):
    """The parameters of PyTorch's constructor; recurrent layers give them as an overload."""
    theirs = list(inspect.signature(module).parameters.values())
    if [p.name for p in theirs] != ["args", "kwargs"]:
        return theirs
    if not hasattr(typing, "get_overloads"):
        pytest.skip("Python 3.10 keeps no overloads to read")
    overloads = typing.get_overloads(module.__init__)
    return list(inspect.signature(overloads[0]).parameters.values())[1:] if overloads else []


def plain(default):
    """Functions by their names."""
    return default.__name__ if inspect.isfunction(default) else default


@pytest.mark.parametrize("name", MODULES)
def test_arguments_and_defaults_are_pytorchs(name):
    torch = pytest.importorskip("torch")
    ours = list(inspect.signature(getattr(nn, name)).parameters.values())
    theirs = [p for p in their_parameters(getattr(torch.nn, name)) if p.name not in NOT_TAKEN_OVER]
    here = {"dim": "axis", "start_dim": "start_axis", "end_dim": "end_axis", "keepdim": "keepdims"}
    expected = [(here.get(p.name, p.name), plain(p.default)) for p in theirs]
    found = [(p.name, plain(p.default)) for p in ours if p.name not in ("dtype", "generator", "args", "kwargs")]
    assert found == expected
    assert all(p.kind is p.KEYWORD_ONLY for p in ours if p.name in ("dtype", "generator"))


@pytest.mark.parametrize("name", [name for name in MODULES if re.search("[123]d$", name)])
def test_a_layer_for_other_axes_is_of_another_kind(name):
    relatives = {f"{name[:-2]}{axes}d" for axes in "123"}
    assert relatives.intersection(base.__name__ for base in getattr(nn, name).__mro__) == {name}


@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.Softmax(dim=1),
        lambda: nn.LogSoftmax(dim=1),
        lambda: nn.GLU(dim=1),
        lambda: nn.Flatten(start_dim=1),
        lambda: nn.Unflatten(dim=1, unflattened_size=(2, 3)),
    ],
)
def test_dim_is_called_axis(make):
    with pytest.raises(
        TypeError, match=r"^(Softmax|LogSoftmax|GLU|Flatten|Unflatten): .* write (start_)?axis= in place"
    ):
        make()


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
        (nn.Bilinear(1, 2, 3), "Bilinear(in1_features=1, in2_features=2, out_features=3, bias=True)"),
        (nn.Identity(), "Identity()"),
        (nn.Embedding(4, 2, padding_idx=-1), "Embedding(4, 2, padding_idx=3)"),
        (nn.Conv1d(1, 2, 3, padding=1), "Conv1d(1, 2, kernel_size=(3,), stride=(1,), padding=(1,))"),
        (
            nn.ConvTranspose2d(1, 2, 3, 2, output_padding=1, bias=False),
            "ConvTranspose2d(1, 2, kernel_size=(3, 3), stride=(2, 2), output_padding=(1, 1), bias=False)",
        ),
        (nn.MaxPool2d(2), "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)"),
        (nn.AvgPool1d(3, 1), "AvgPool1d(kernel_size=3, stride=1, padding=0)"),
        (nn.AdaptiveAvgPool2d((1, None)), "AdaptiveAvgPool2d(output_size=(1, None))"),
        (nn.LayerNorm(3), "LayerNorm((3,), eps=1e-05, elementwise_affine=True)"),
        (nn.GroupNorm(2, 4), "GroupNorm(2, 4, eps=1e-05, affine=True)"),
        (nn.LeakyReLU(0.1, inplace=True), "LeakyReLU(negative_slope=0.1, inplace=True)"),
        (nn.GELU(), "GELU(approximate='none')"),
        (nn.Softmax(axis=1), "Softmax(axis=1)"),
        (nn.Unflatten(1, (2, 3)), "Unflatten(axis=1, unflattened_size=(2, 3))"),
        (nn.Upsample(scale_factor=2), "Upsample(scale_factor=2, mode='nearest')"),
        (nn.ZeroPad2d(1), "ZeroPad2d((1, 1, 1, 1))"),
        (nn.ConstantPad1d(1, 2.5), "ConstantPad1d(padding=(1, 1), value=2.5)"),
        (nn.CrossEntropyLoss(), "CrossEntropyLoss()"),
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
    ("layer", "fan_in"),
    [
        (nn.Linear(64, 100), 64),
        (nn.Bilinear(20, 8, 20), 20),
        (nn.Conv2d(4, 50, (3, 5), groups=2), 2 * 3 * 5),
        (nn.Conv1d(8, 64, 5), 8 * 5),
        (nn.Conv3d(2, 32, 3), 2 * 27),
        (nn.ConvTranspose2d(64, 8, 3, groups=2), 4 * 9),
        (nn.ConvTranspose1d(64, 8, 3), 8 * 3),
    ],
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
        (nn.InstanceNorm2d(3, affine=True), (2, 3, 2, 2)),
        (nn.LayerNorm(3), (2, 3)),
        (nn.RMSNorm(3), (2, 3)),
        (nn.GroupNorm(1, 3), (2, 3)),
        (nn.ConvTranspose1d(2, 3, 1), (1, 2, 3)),
        (nn.PReLU(), (2, 3)),
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
        (lambda: nn.Unflatten(1, (2, 4))(tg.ones((2, 9))), "axis 1 of an input of shape (2, 9) cannot be cut"),
        (lambda: nn.Unflatten(1, (2, -1))(tg.ones((2, 9))), "cannot be cut into (2, -1)"),
        (lambda: nn.Unflatten(2, (2, 4))(tg.ones((2, 9))), "has no axis 2"),
        (lambda: nn.Bilinear(0, 1, 2), "in1_features=0"),
        (lambda: nn.Embedding(3, 2, padding_idx=3), "padding_idx=3 is none of the 3 rows"),
        (lambda: nn.Embedding(3, 2, sparse=True), "gradients are dense"),
        (lambda: nn.Embedding.from_pretrained(tg.ones(3)), "has shape (3,)"),
        (lambda: nn.ConvTranspose2d(3, 4, 3, padding_mode="reflect"), "padding_mode='reflect'"),
        (lambda: nn.ConvTranspose2d(3, 4, 3, 2)(tg.ones((1, 3, 2, 2)), (7, 5)), "cannot be reached from (2, 2)"),
        (lambda: nn.MaxPool2d(2, padding=2)(tg.ones((1, 4, 4))), "more than half of the kernel (2, 2)"),
        (lambda: nn.AvgPool2d(2, divisor_override=0)(tg.ones((1, 4, 4))), "divisor_override must not be 0"),
        (lambda: nn.InstanceNorm1d(3)(tg.ones((4, 5))), "has 4 channels, not 3"),
        (lambda: nn.LayerNorm(3)(tg.ones((4, 5))), "does not end with normalized_shape (3,)"),
        (lambda: nn.GroupNorm(2, 3), "num_channels=3 is not divisible by num_groups=2"),
        (lambda: nn.Dropout1d(0.5)(tg.ones(3)), "dropout1d: the input has shape (3,)"),
        (lambda: nn.Softmax2d()(tg.ones((2, 3))), "Softmax2d: the input has shape (2, 3)"),
        (lambda: nn.Hardtanh(1.0, -1.0), "min_val=1.0 must be below max_val=-1.0"),
        (lambda: nn.ZeroPad2d((1, 2)), "padding=(1, 2) must be an int or (left, right, top, bottom)"),
        (lambda: nn.Linear(3.0, 2), "Linear: in_features=3.0 must be an int"),
        (lambda: nn.Conv2d(3, "4", 3), "Conv2d: out_channels='4' must be an int"),
        (lambda: nn.BatchNorm2d((3, 4)), "BatchNorm2d: num_features=(3, 4) must be an int"),
        (lambda: nn.LSTM(3, None), "LSTM: hidden_size=None must be an int"),
        (lambda: nn.Embedding(3.5, 2), "Embedding: num_embeddings=3.5 must be an int"),
        (lambda: nn.MSELoss(tg.ones(2), tg.ones(2)), "make the loss first, and call it then: MSELoss()(input, target)"),
        (lambda: nn.CrossEntropyLoss(tg.ones((2, 3)), np.ones(2)), "call it then: CrossEntropyLoss()(input, target)"),
        (lambda: nn.L1Loss(tg.ones(2)), "L1Loss: reduction is a str, not a Tensor"),
        (lambda: nn.ReLU(tg.ones(2)), "ReLU: make the module first, and call it then: ReLU()(x)"),
        (lambda: nn.Linear(1, 1).to("torch.float64"), "Linear.to: 'torch.float64' is no dtype; write 'float64'"),
        (lambda: nn.Linear(1, 1).cuda(), "'Linear' object has no attribute 'cuda'; leave it out"),
        (lambda: nn.MSELoss("average"), "MSELoss: reduction='average' is unknown; use one of 'mean', 'sum', 'none'"),
        (lambda: nn.KLDivLoss("batch"), "'batchmean'"),
    ],
)
def test_what_cannot_be(call, message):
    with pytest.raises(
        (AttributeError, TypeError, ValueError), match=message if ".*" in message else re.escape(message)
    ):
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


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda n: nn.Linear(n(6), n(2)), (4, 6)),
        (lambda n: nn.Conv2d(n(4), n(2), n(3), n(2), n(1), n(1), n(2)), (1, 4, 6, 6)),
        (lambda n: nn.LayerNorm(n(6)), (4, 6)),
        (lambda n: nn.RMSNorm((n(4), n(6))), (4, 6)),
        (lambda n: nn.TransformerEncoderLayer(n(6), n(2), n(3), dropout=0.0), (3, 2, 6)),
        (lambda n: nn.ReflectionPad2d(n(1)), (1, 4, 6)),
        (lambda n: nn.ZeroPad1d((n(1), n(0))), (4, 6)),
        (lambda n: nn.Upsample(size=n(9)), (1, 4, 6)),
    ],
)
def test_integers_of_numpy_are_integers(make, shape):
    plain, other = make(int), make(np.int64)
    other.load_state_dict(plain.state_dict())
    x = tg.randn(shape)
    np.testing.assert_array_equal(other(x).data, plain(x).data)


def test_sizes_that_are_none_are_told():
    with pytest.raises(TypeError, match="LayerNorm: normalized_shape=3.0 must be an int, or several"):
        nn.LayerNorm(3.0)
