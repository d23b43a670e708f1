"""Lazy layers: what they become, what they refuse before, and that a failed call leaves them as they were."""

import copy

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs import nn


def test_a_lazy_layer_becomes_the_one_that_fits():
    for lazy, x, made in (
        (nn.LazyLinear(2), tg.ones((5, 3)), nn.Linear(3, 2)),
        (nn.LazyLinear(2, bias=False), tg.ones(3), nn.Linear(3, 2, bias=False)),
        (nn.LazyConv2d(4, 3, padding=1, groups=3, bias=False), tg.ones((1, 6, 5, 5)), None),
        (nn.LazyConv2d(6, (1, 2), stride=2), tg.ones((3, 5, 5)), nn.Conv2d(3, 6, (1, 2), 2)),
    ):
        if made is None:
            with pytest.raises(ValueError, match="out_channels=4 is not divisible by groups=3"):
                lazy(x)
            assert type(lazy) is nn.LazyConv2d
            continue
        y = lazy(x)
        assert type(lazy) is type(made)
        assert repr(lazy) == repr(made)
        lazy.load_state_dict(made.state_dict())
        assert lazy(x).tolist() == made(x).tolist()
        assert y.shape == made(x).shape


@pytest.mark.parametrize(
    ("lazy", "shape", "made"),
    [
        (nn.LazyConv1d(4, 3), (2, 6, 5), nn.Conv1d(6, 4, 3)),
        (nn.LazyConv3d(4, 2, bias=False), (6, 3, 3, 3), nn.Conv3d(6, 4, 2, bias=False)),
        (nn.LazyConvTranspose1d(4, 3, 2), (6, 5), nn.ConvTranspose1d(6, 4, 3, 2)),
        (nn.LazyConvTranspose2d(4, 3, output_padding=1, stride=2), (1, 6, 2, 2), nn.ConvTranspose2d(6, 4, 3, 2, 0, 1)),
        (nn.LazyBatchNorm1d(), (3, 6), nn.BatchNorm1d(6)),
        (nn.LazyBatchNorm1d(affine=False), (3, 6, 2), nn.BatchNorm1d(6, affine=False)),
        (nn.LazyBatchNorm2d(eps=0.1), (3, 6, 2, 2), nn.BatchNorm2d(6, eps=0.1)),
        (nn.LazyBatchNorm3d(momentum=None), (3, 6, 2, 2, 1), nn.BatchNorm3d(6, momentum=None)),
        (nn.LazyInstanceNorm1d(), (6, 4), nn.InstanceNorm1d(6, affine=True, track_running_stats=True)),
        (nn.LazyInstanceNorm2d(bias=False), (1, 6, 4, 3), nn.InstanceNorm2d(6, 1e-5, 0.1, True, True, bias=False)),
        (nn.LazyInstanceNorm3d(affine=False), (6, 4, 3, 2), nn.InstanceNorm3d(6, track_running_stats=True)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_kind_counts_the_features_of_its_input(lazy, shape, made):
    assert repr(lazy).startswith(f"Lazy{type(made).__name__}(")
    x = tg.randn(shape)
    y = lazy(x)
    assert (type(lazy), repr(lazy)) == (type(made), repr(made))
    assert {name: value.shape for name, value in lazy.state_dict().items()} == {
        name: value.shape for name, value in made.state_dict().items()
    }
    assert y.shape == made(x).shape


def test_the_initial_values_are_those_of_the_layer():
    a, b = nn.LazyLinear(2, generator=np.random.default_rng(3)), nn.Linear(4, 2, generator=np.random.default_rng(3))
    a(tg.ones((1, 4)))
    assert a.weight.tolist() == b.weight.tolist()
    double = nn.LazyLinear(2, dtype="float64")
    double(tg.ones((1, 4), dtype="float64"))
    assert double.weight.dtype == np.float64


def test_mode_hooks_and_attributes_stay():
    layer, calls = nn.LazyLinear(2).eval(), []
    layer.note = "mine"
    layer.register_forward_hook(lambda module, args, output: calls.append(output.shape))
    layer(tg.ones((1, 4)))
    assert (layer.training, layer.note, calls) == (False, "mine", [(1, 2)])


@pytest.mark.parametrize(
    "use",
    [
        lambda net: list(net.parameters()),
        lambda net: net.state_dict(),
        lambda net: net.double(),
        lambda net: tg.optim.SGD(net.parameters(), lr=0.1),
        lambda net: net.load_state_dict({}),
    ],
)
def test_before_the_first_call_there_are_no_parameters_to_use(use):
    net = nn.Sequential(nn.Linear(3, 4), nn.LazyLinear(2))
    with pytest.raises(RuntimeError, match="LazyLinear: its parameters have no shape before its first call; call the"):
        use(net)
    net(tg.ones((1, 3)))
    assert len(list(net.parameters())) == 4


def test_a_call_that_fails_leaves_it_lazy():
    layer = nn.LazyLinear(2)
    with pytest.raises(TypeError, match="float64"):
        layer(tg.ones((1, 7), dtype="float64"))
    with pytest.raises(ValueError, match=r"LazyLinear: the input has shape \(\); it has no features on axis -1"):
        layer(tg.tensor(1.0))
    assert layer(tg.ones((1, 3))).shape == (1, 2)


def test_repr_and_copies_before_the_first_call():
    layer = nn.LazyConv2d(4, 3, padding=1)
    assert repr(layer).startswith("LazyConv2d(in_channels=?, 4, 3, 1, 1")
    twin = copy.deepcopy(layer)
    twin(tg.ones((1, 2, 5, 5)))
    assert (type(twin), type(layer)) == (nn.Conv2d, nn.LazyConv2d)
