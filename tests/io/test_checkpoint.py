"""Checkpoints: what is saved comes back, and nothing bad gets in or out."""

import io
import json
import pickle
import zipfile

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.io import load, save


class RunsCode:
    """A pickle of it calls a function that fails the test."""

    def __reduce__(self):
        return pytest.fail, ("unpickled",)


def assert_same(loaded, saved):
    assert type(loaded) is type(saved)
    if isinstance(saved, dict):
        assert list(loaded) == list(saved)
        for key in saved:
            assert_same(loaded[key], saved[key])
    elif isinstance(saved, (list, tuple)):
        assert len(loaded) == len(saved)
        for one, other in zip(loaded, saved):
            assert_same(one, other)
    elif isinstance(saved, np.ndarray):
        assert loaded.dtype == saved.dtype
        np.testing.assert_array_equal(loaded, saved)
    else:
        assert loaded == saved


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"0.weight": np.arange(6, dtype=np.float32).reshape(2, 3), "0.bias": np.zeros(2, np.float32)},
        {"scalar": np.array(1.5), "empty": np.empty((0, 3)), "flags": np.array([True, False]), "ints": np.arange(3)},
        {"half": np.float16([1.5]), "fortran": np.asfortranarray(np.eye(3)), "reversed": np.arange(5)[::-2]},
        {"file": np.ones(1), "allow_pickle": np.ones(1), "structure.json": np.ones(1), "": np.ones(1)},
        {"a": np.ones(1), "a.npy": np.zeros(1), "a.npy.npy": np.arange(2)},
        {"a/b": np.zeros(1), "a": {"b": np.ones(1), "c": {"d": np.arange(2)}}},
        {"nul\0and\\": np.ones(1), "nul_and_": np.zeros(1), "näme": np.arange(2)},
        {1: np.ones(1), "1": np.zeros(1)},
        {"step": 3, "lr": 0.1, "name": "adam", "amsgrad": False, "none": None, "nan": np.array(np.nan)},
        {"state": {0: {"step": 3, "exp_avg": np.ones(2)}}, "groups": [{"lr": 1e-3, "betas": (0.9, 0.999), "ids": [0]}]},
        {"nested": [], "tuple": (), "dict": {}, "deep": [[(np.ones(1), [1, 2])]]},
    ],
    ids=lambda state: "-".join(map(repr, state))[:40],
)
def test_what_is_saved_comes_back(tmp_path, state):
    save(tmp_path / "x.npz", state)
    assert_same(load(tmp_path / "x.npz"), state)


def test_floats_come_back_to_the_last_bit(tmp_path):
    values = [0.1, 1e-320, 1e308, -0.0, float("inf")]
    save(tmp_path / "x.npz", {"values": values})
    assert [value.hex() for value in load(tmp_path / "x.npz")["values"]] == [value.hex() for value in values]


def test_tensors_and_parameters_are_stored_as_their_values(tmp_path):
    leaf = tg.tensor([1.0, 2.0], requires_grad=True)
    save(tmp_path / "x.npz", {"leaf": leaf, "made": leaf * 2, "parameter": tg.nn.Parameter([3.0])})
    loaded = load(tmp_path / "x.npz")
    assert_same(loaded, {"leaf": np.float32([1, 2]), "made": np.float32([2, 4]), "parameter": np.float32([3])})


def test_a_dict_of_arrays_is_a_plain_npz(tmp_path):
    save(tmp_path / "x.npz", {"0.weight": np.arange(3.0), "0.bias": np.zeros(1)})
    with np.load(tmp_path / "x.npz", allow_pickle=False) as archive:
        assert archive.files == ["0.weight", "0.bias"]
        np.testing.assert_array_equal(archive["0.weight"], np.arange(3.0))


def test_a_plain_npz_is_a_dict_of_arrays(tmp_path):
    np.savez_compressed(tmp_path / "x.npz", weight=np.arange(3.0), bias=np.zeros(1))
    assert_same(load(tmp_path / "x.npz"), {"weight": np.arange(3.0), "bias": np.zeros(1)})


def test_the_same_state_gives_the_same_bytes(tmp_path):
    state = {"w": np.arange(5.0), "epoch": 3}
    save(tmp_path / "a.npz", state)
    save(tmp_path / "b.npz", state)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"w": np.array([object()])}, "'w' is an array of Python objects"),
        ({"model": {"w": np.array(["a", None])}}, "'model/w' is an array of Python objects"),
        ({"hook": print}, "'hook' is a builtin_function_or_method"),
        ({"ids": {1, 2}}, "'ids' is a set"),
        ({"z": 1j}, "'z' is a complex"),
        ({"groups": [{"lr": object()}]}, "'groups/0/lr' is a object"),
        ({(1, 2): np.ones(1)}, r"'state' has the key \(1, 2\)"),
        ({"a": {None: 1}}, "'a' has the key None"),
        ([np.ones(1)], "the state is a list; pass a dict"),
        (tg.tensor([1.0]), "the state is a Tensor"),
        (tg.nn.Linear, "the state is a type"),
        ({"x": np.zeros(2, "V3")}, r"'x' is an array of dtype \|V3"),
    ],
)
def test_what_a_checkpoint_cannot_hold_is_refused_by_name_and_no_file_is_touched(tmp_path, state, message):
    path = tmp_path / "x.npz"
    path.write_bytes(b"old")
    with pytest.raises(TypeError, match=f"save: {message}"):
        save(path, state)
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["x.npz"]


def test_a_state_that_holds_itself_is_refused(tmp_path):
    state = {}
    state["again"] = [state]
    with pytest.raises(ValueError, match="save: the state holds itself"):
        save(tmp_path / "x.npz", state)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["n" * 70_000, "\ud800", "a\0b", "", "../up"], ids=["long", "lone", "nul", "empty", "up"]
)
def test_any_text_is_a_name(tmp_path, name):
    state = {name: np.ones(1), name[:-1] + "?": np.zeros(1)}
    save(tmp_path / "x.npz", state)
    assert_same(load(tmp_path / "x.npz"), state)


def test_what_has_a_state_is_saved_by_it(tmp_path):
    model = tg.nn.Linear(2, 1)
    optimizer = tg.optim.SGD(model.parameters(), momentum=0.9)
    model(tg.ones((1, 2))).sum().backward()
    optimizer.step()
    save(tmp_path / "model.npz", model)
    assert_same(load(tmp_path / "model.npz"), {name: value.numpy() for name, value in model.state_dict().items()})
    rng = np.random.default_rng(3)
    save(tmp_path / "all.npz", {"parts": [model, optimizer], "rng": rng})
    loaded = load(tmp_path / "all.npz")
    assert_same(loaded["parts"][0], load(tmp_path / "model.npz"))
    assert loaded["parts"][1]["param_groups"] == optimizer.state_dict()["param_groups"]
    assert loaded["rng"] == rng.bit_generator.state


def test_swapped_arguments_are_named():
    with pytest.raises(TypeError, match=r"save\(path, state\)"):
        save({"w": np.ones(1)}, "x.npz")


def test_integers_of_numpy_are_keys(tmp_path):
    save(tmp_path / "x.npz", {np.int64(3): 1})
    assert load(tmp_path / "x.npz") == {3: 1}


@pytest.mark.parametrize("path", [b"x.npz", 99, None])
def test_a_path_is_text(path):
    with pytest.raises(TypeError, match=f"load: the path is a str or a pathlib.Path, not {type(path).__name__}"):
        load(path)
    with pytest.raises(TypeError, match="save: the path"):
        save(path, {"w": np.ones(1)})


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"load: there is no such checkpoint: .*none\.npz"):
        load(tmp_path / "none.npz")


def test_a_folder_is_no_checkpoint(tmp_path):
    with pytest.raises(IsADirectoryError):
        load(tmp_path)


def zipped(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)
    return file.getvalue()


def npy(array):
    file = io.BytesIO()
    np.lib.format.write_array(file, array)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a checkpoint, or is cut short"),
        (b"hello", "is not a checkpoint"),
        (npy(np.ones(3)), "is not a checkpoint"),
        (pickle.dumps({"w": [1.0]}), "is not a checkpoint"),
        (zipped(notes_txt=b"hello"), "'notes.txt' in it is not an array"),
        (zipped(w_npy=b"hello"), "'w.npy' cannot be read"),
        (zipped(w_npy=npy(np.ones(3))[:-4]), "'w.npy' cannot be read"),
        (zipped(w_npy=b""), "'w.npy' cannot be read"),
        (zipped(structure_json=b"{"), "description.* cannot be read"),
        (zipped(structure_json=json.dumps({"array": "w"})), "description.* cannot be read"),
        (zipped(structure_json=json.dumps({"set": [1]})), "description.* cannot be read"),
        (zipped(structure_json=json.dumps(3)), "description.* cannot be read"),
        (zipped(structure_json=json.dumps({"dict": [[[], 1]]})), "description.* cannot be read"),
    ],
)
def test_what_is_no_checkpoint_is_refused(tmp_path, content, message):
    path = tmp_path / "x.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"load: .*{message}"):
        load(path)


def test_pickled_objects_are_not_read(tmp_path):
    np.savez(tmp_path / "x.npz", w=np.array([RunsCode()], dtype=object))
    with pytest.raises(ValueError, match=r"'w\.npy' cannot be read"):
        load(tmp_path / "x.npz")


def test_every_changed_byte_of_an_array_is_noticed(tmp_path):
    path = tmp_path / "x.npz"
    save(path, {"w": np.arange(8, dtype=np.uint8)})
    content = bytearray(path.read_bytes())
    start = content.index(bytes(range(8)))
    for position in range(start, start + 8):
        changed = content.copy()
        changed[position] ^= 1
        path.write_bytes(changed)
        with pytest.raises(ValueError, match="damaged"):
            load(path)


@pytest.mark.parametrize("kept", [0, 1, 100, -1])
def test_a_file_that_is_cut_short_is_noticed(tmp_path, kept):
    path = tmp_path / "x.npz"
    save(path, {"w": np.arange(100.0), "v": np.ones(3)})
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ValueError, match="load: "):
        load(path)
