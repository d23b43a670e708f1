"""state_dict and load_state_dict: what is in them, all or nothing, and every complaint."""

import copy

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs import nn


def model():
    return nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2), nn.Linear(2, 1, bias=False))


NAMES = [
    "0.weight",
    "0.bias",
    "1.weight",
    "1.bias",
    "1.running_mean",
    "1.running_var",
    "1.num_batches_tracked",
    "2.weight",
]


def snapshot(module):
    return {name: tensor.numpy().copy() for name, tensor in module.state_dict().items()}


def assert_same(state, other):
    assert list(state) == list(other)
    for name in state:
        np.testing.assert_array_equal(state[name], other[name], err_msg=name)


def test_state_is_a_plain_dict_of_detached_tensors_that_share_memory():
    net = model()
    state = net.state_dict()
    assert type(state) is dict
    assert list(state) == NAMES
    assert all(type(tensor) is tg.Tensor and not tensor.requires_grad for tensor in state.values())
    assert state["0.weight"].data is net[0].weight.data
    assert list(net.state_dict(prefix="net.")) == [f"net.{name}" for name in NAMES]
    assert net.state_dict(keep_vars=True)["0.weight"] is net[0].weight


def test_shared_modules_stand_under_each_name():
    layer = nn.Linear(2, 2)
    assert list(nn.Sequential(layer, layer).state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]


def test_loading_copies_in_place():
    source, target = model(), model()
    arrays = [p.data for p in target.parameters()]
    result = target.load_state_dict(source.state_dict())
    assert repr(result) == "<All keys matched successfully>"
    assert (result.missing_keys, result.unexpected_keys) == ([], [])
    assert_same(snapshot(target), snapshot(source))
    assert all(p.data is array for p, array in zip(target.parameters(), arrays))
    assert not np.shares_memory(target[0].weight.data, source[0].weight.data)


def test_loading_takes_arrays_and_casts_floats():
    source, target = model(), model()
    target.load_state_dict(
        {name: array.astype("f8") for name, array in snapshot(source).items() if "num" not in name}
        | {"1.num_batches_tracked": 3}
    )
    assert target[0].weight.dtype == np.float32
    np.testing.assert_array_equal(target[0].weight.data, source[0].weight.data)
    assert target[1].num_batches_tracked.item() == 3


def broken(**changes):
    state = copy.deepcopy(model().state_dict())
    for name, value in changes.items():
        name = name.replace("_", ".", 1)
        if value is None:
            del state[name]
        else:
            state[name] = value
    return state


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (broken(**{"0_weight": None, "2_weight": None}), ["missing: 0.weight", "missing: 2.weight", "strict=False"]),
        (broken(new=tg.zeros(1)), ["unexpected: new"]),
        (broken(**{"2_weight": tg.zeros((2, 2))}), ["2.weight: shape (2, 2) in the state, (1, 2) in the module"]),
        (broken(**{"1_num_batches_tracked": tg.zeros(())}), ["dtype float32 in the state, int64 in the module"]),
        (broken(**{"0_bias": "text"}), ["0.bias: "]),
        (
            broken(**{"0_bias": None, "2_weight": np.zeros(3), "9_w": 1.0}),
            ["missing: 0.bias", "unexpected: 9.w", "2.weight: shape (3,)"],
        ),
    ],
)
def test_what_does_not_fit_is_listed_and_nothing_is_loaded(state, expected):
    net = model()
    before = snapshot(net)
    with pytest.raises(RuntimeError, match=r"Sequential.load_state_dict: the state does not fit") as caught:
        net.load_state_dict(state)
    for text in expected:
        assert text in str(caught.value)
    assert_same(snapshot(net), before)


def test_not_strict_passes_over_names_but_not_shapes():
    net, source = model(), model()
    state = source.state_dict()
    del state["0.bias"]
    state["new"] = tg.zeros(1)
    result = net.load_state_dict(state, strict=False)
    assert result == (["0.bias"], ["new"])
    assert "missing_keys=['0.bias']" in repr(result)
    np.testing.assert_array_equal(net[2].weight.data, source[2].weight.data)
    state["2.weight"] = tg.zeros(5)
    with pytest.raises(RuntimeError, match="2.weight: shape"):
        net.load_state_dict(state, strict=False)


def test_what_is_no_mapping_is_named():
    with pytest.raises(TypeError, match="a list was given"):
        model().load_state_dict([1, 2])


def test_a_read_only_array_is_found_before_anything_is_loaded():
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    state = model_like = copy.deepcopy(net.state_dict())
    net[1].weight.data.flags.writeable = False
    before = snapshot(net)
    for tensor in model_like.values():
        tensor.data += 1
    with pytest.raises(RuntimeError, match="1.weight: its array in the module is read-only"):
        net.load_state_dict(state)
    assert_same(snapshot(net), before)


def test_parts_of_the_module_itself_can_be_swapped():
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    before = snapshot(net)
    state = net.state_dict()
    swapped = {name: state[("1" if name[0] == "0" else "0") + name[1:]] for name in state}
    net.load_state_dict(swapped)
    assert_same(snapshot(net), {name: before[("1" if name[0] == "0" else "0") + name[1:]] for name in before})


def test_loading_counts_as_a_change():
    net = nn.Linear(2, 1)
    x = tg.tensor([[1.0, 2.0]], requires_grad=True)
    y = net(x).sum()
    net.load_state_dict(nn.Linear(2, 1).state_dict())
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()
