"""A checkpoint goes back into what it was saved from: all of it, or nothing."""

import copy
import pickle

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs import nn, optim
from tinygrad_fs.data import DataLoader
from tinygrad_fs.io import load, restore, save


def training(hidden=4, momentum=0.9):
    """All that there is to a training."""
    model = nn.Sequential(nn.Linear(2, hidden), nn.BatchNorm1d(hidden), nn.Linear(hidden, 1))
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=momentum)
    return {
        "model": model,
        "optimizer": optimizer,
        "schedule": optim.lr_scheduler.StepLR(optimizer, 2),
        "average": optim.swa_utils.AveragedModel(model),
        "loader": DataLoader(
            np.arange(8.0, dtype="float32").reshape(4, 2), 2, True, generator=np.random.default_rng(5)
        ),
        "random": {"numpy": np.random.default_rng(6), "default": tg.default_generator()},
    }


def learn(parts, steps=3):
    for _ in range(steps):
        for batch in parts["loader"]:
            parts["optimizer"].zero_grad()
            noise = parts["random"]["numpy"].standard_normal() + tg.rand(()).item()
            (parts["model"](batch).sum() * noise).backward()
            parts["optimizer"].step()
            parts["average"].update_parameters(parts["model"])
        parts["schedule"].step()


def state(parts):
    """Everything, as bytes."""
    states = {name: part.state_dict() for name, part in parts.items() if name != "random"}
    return pickle.dumps((states, [each.bit_generator.state for each in parts["random"].values()]))


@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
def test_a_training_goes_on_as_if_it_had_not_stopped(tmp_path, suffix):
    if suffix == "safetensors":
        pytest.importorskip("safetensors")
    tg.manual_seed(0)
    parts = training()
    learn(parts)
    save(tmp_path / f"run.{suffix}", {**parts, "epoch": 3, "best": {"loss": 0.5}})
    learn(parts)
    expected = state(parts)
    tg.manual_seed(9)
    fresh = training()
    learn(fresh, 1)
    restored = restore(tmp_path / f"run.{suffix}", fresh)
    assert restored == ({"epoch": 3, "best": {"loss": 0.5}}, [])
    learn(fresh)
    assert state(fresh) == expected


def test_one_thing_alone(tmp_path):
    model, other = nn.Linear(2, 3), nn.Linear(2, 3)
    save(tmp_path / "x.npz", model)
    assert restore(tmp_path / "x.npz", other) == ({}, [])
    np.testing.assert_array_equal(other.weight.data, model.weight.data)
    rng, again = np.random.default_rng(1), np.random.default_rng(2)
    save(tmp_path / "x.npz", rng)
    restore(tmp_path / "x.npz", again)
    assert rng.random() == again.random()


def test_the_module_keeps_its_arrays(tmp_path):
    model = nn.Linear(2, 3)
    save(tmp_path / "x.npz", model)
    array, loss = model.weight.data, (model.weight**2).sum()
    restore(tmp_path / "x.npz", model)
    assert model.weight.data is array
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


def changed(path, change):
    """A checkpoint with something changed in it."""
    content = load(path)
    change(content)
    save(path, content)


def drop(content):
    del content["model"]["0.bias"], content["average"]["module.2.weight"]
    content["model"]["extra"] = np.ones(1)
    content["model"]["2.weight"] = np.ones((1, 5), "float32")
    content["model"]["2.bias"] = np.ones(1, "float64")


@pytest.mark.parametrize(
    ("change", "messages"),
    [
        (
            drop,
            [
                "model: missing: 0.bias",
                "model: unexpected: extra",
                r"model: 2.weight: shape \(1, 5\) in the checkpoint, \(1, 4\) in the module",
                "model: 2.bias: dtype float64 in the checkpoint, float32 in the module",
                "average: missing: module.2.weight",
            ],
        ),
        (lambda c: c.pop("model"), ["model: the checkpoint has nothing under this name"]),
        (lambda c: c.pop("random"), ["random/numpy: the checkpoint has nothing", "random/default: the checkpoint"]),
        (lambda c: c.update(model=3), ["model: int, where a dict of arrays is expected"]),
        (lambda c: c["model"].update({"0.bias": 3}), ["model: 0.bias: int in the checkpoint, not an array"]),
        (
            lambda c: (
                c["optimizer"]["param_groups"].clear(),
                c["schedule"].pop("gamma"),
                c["loader"].update(samples=9),
            ),
            ["optimizer: SGD.load_state_dict: .*groups of", "schedule: StepLR.*no 'gamma'", "loader: DataLoader.*of 9"],
        ),
        (lambda c: c["random"].update(default={"bit_generator": "MT19937"}), ["random/default: "]),
        (lambda c: c["random"].update(default=None), ["random/default: "]),
        (lambda c: c["random"]["default"]["state"].update(state=-1), ["random/default: .*-1"]),
        (lambda c: c["loader"].update(epoch={"seed": 0, "position": -4}), ["loader: DataLoader.*is no epoch"]),
        (lambda c: c["optimizer"].update(state=[1]), ["optimizer: SGD.load_state_dict: 'state' is no dict"]),
        (lambda c: c["schedule"].update(last_epoch="soon"), ["schedule: "]),
    ],
    ids=range(12),
)
def test_what_does_not_fit_is_listed_and_nothing_changes(tmp_path, change, messages):
    tg.manual_seed(0)
    parts = training()
    learn(parts)
    save(tmp_path / "run.npz", parts)
    changed(tmp_path / "run.npz", change)
    learn(parts, 2)
    before = state(parts)
    with pytest.raises(ValueError, match="restore: .*run.npz' does not fit, and nothing was changed:\n") as caught:
        restore(tmp_path / "run.npz", parts)
    for message in messages:
        caught.match(f"\n  {message}")
    assert state(parts) == before


def test_what_fits_is_taken_if_asked(tmp_path):
    parts, fresh = training(), training(hidden=5)
    learn(parts)
    save(tmp_path / "run.npz", parts)
    changed(tmp_path / "run.npz", lambda content: content["model"].update(extra=np.ones(1)))
    before = copy.deepcopy(fresh["optimizer"].state_dict())
    restored = restore(tmp_path / "run.npz", fresh, strict=False)
    assert "model: unexpected: extra" in restored.skipped
    assert any(line.startswith("model: 0.weight: shape (4, 2)") for line in restored.skipped)
    assert any(line.startswith("optimizer: ") for line in restored.skipped)
    assert fresh["optimizer"].state_dict() == before
    np.testing.assert_array_equal(fresh["model"][2].bias.data, parts["model"][2].bias.data)
    assert fresh["schedule"].last_epoch == 3
    assert fresh["random"]["numpy"].random() == parts["random"]["numpy"].random()


def test_a_lazy_layer_has_nothing_to_restore_before_its_first_call(tmp_path):
    def make():
        return nn.Sequential(nn.Linear(2, 3), nn.LazyLinear(1))

    called, fresh = make(), make()
    with pytest.raises(RuntimeError, match="LazyLinear: its parameters have no shape before its first call"):
        save(tmp_path / "x.npz", fresh)
    assert list(tmp_path.iterdir()) == []
    called(tg.ones((1, 2)))
    save(tmp_path / "x.npz", called)
    before = fresh[0].weight.tolist()
    for strict in (True, False):
        with pytest.raises(RuntimeError, match="call the model on a batch first"):
            restore(tmp_path / "x.npz", fresh, strict=strict)
    assert fresh[0].weight.tolist() == before
    fresh(tg.ones((1, 2)))
    assert restore(tmp_path / "x.npz", fresh).skipped == []
    assert fresh[1].weight.tolist() == called[1].weight.tolist()


def test_a_failure_on_the_way_gives_everything_its_state_back(tmp_path):
    class Breaks:
        def state_dict(self):
            return {"a": 1}

        def load_state_dict(self, state):
            if state != {"a": 1}:
                raise KeyboardInterrupt

    model = nn.Linear(1, 1)
    save(tmp_path / "x.npz", {"model": model, "other": {"a": 2}})
    nn.init.constant_(model.weight, 7.0)
    with pytest.raises(KeyboardInterrupt):
        restore(tmp_path / "x.npz", {"model": model, "other": Breaks()})
    assert model.weight.item() == 7.0


def test_misuse_is_told(tmp_path):
    save(tmp_path / "x.npz", {"w": np.ones(1)})
    with pytest.raises(TypeError, match="restore: 'w' is a ndarray; pass something with a state"):
        restore(tmp_path / "x.npz", {"w": np.ones(1)})
    with pytest.raises(FileNotFoundError, match="there is no such checkpoint"):
        restore(tmp_path / "none.npz", nn.Linear(1, 1))
