"""Files that other libraries write: there and back, PyTorch's weights into our modules, and broken ones refused."""

import json
import struct
import sys

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs import nn
from tinygrad_fs.io import load, restore, save

needs_library = pytest.mark.usefixtures("library")


@pytest.fixture
def library():
    return pytest.importorskip("safetensors")


@needs_library
@pytest.mark.parametrize("dtype", ["f2", "f4", ">f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"])
def test_what_is_saved_comes_back(tmp_path, dtype):
    state = {
        "w": np.arange(6).reshape(2, 3).astype(dtype),
        "fortran": np.asfortranarray(np.arange(6).reshape(2, 3).astype(dtype)),
        "scalar": np.array(1, dtype),
        "empty": np.zeros((0, 3), dtype),
        "strided": np.arange(5).astype(dtype)[::-2],
    }
    save(tmp_path / "x.safetensors", state)
    loaded = load(tmp_path / "x.safetensors")
    assert list(loaded) == sorted(state, key=list(loaded).index)
    for name, array in state.items():
        assert loaded[name].dtype == array.dtype.newbyteorder("=")
        assert loaded[name].flags.writeable
        np.testing.assert_array_equal(loaded[name], array)


@needs_library
def test_a_whole_training_goes_into_one(tmp_path):
    state = {
        "model": {"w": np.ones(2)},
        "step": 3,
        "names": ["a", None],
        1: (np.zeros(1), 0.5),
        "__metadata__": np.ones(1),
    }
    save(tmp_path / "x.safetensors", state)
    loaded = load(tmp_path / "x.safetensors")
    assert list(loaded) == list(state)
    assert (loaded["step"], loaded["names"], loaded[1][1]) == (3, ["a", None], 0.5)
    np.testing.assert_array_equal(loaded["model"]["w"], np.ones(2))


@needs_library
def test_the_same_state_gives_the_same_bytes_and_a_failure_leaves_the_old_ones(tmp_path):
    save(tmp_path / "a.safetensors", {"w": np.arange(3.0)})
    save(tmp_path / "b.safetensors", {"w": np.arange(3.0)})
    content = (tmp_path / "a.safetensors").read_bytes()
    assert content == (tmp_path / "b.safetensors").read_bytes()
    with pytest.raises(TypeError, match="'t' has dtype <U1, which .safetensors does not hold; use .npz"):
        save(tmp_path / "a.safetensors", {"t": np.array(["a"])})
    assert (tmp_path / "a.safetensors").read_bytes() == content
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("use", [load, lambda path: save(path, {"w": np.ones(1)})])
def test_without_the_library_the_extra_is_named(tmp_path, monkeypatch, use):
    (tmp_path / "x.safetensors").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(ImportError, match=r'pip install "tinygrad-fs\[safetensors\]"'):
        use(tmp_path / "x.safetensors")


# ---- PyTorch's files


def network(library):
    return library.Sequential(
        library.Conv2d(1, 3, 3), library.BatchNorm2d(3), library.ReLU(), library.Flatten(), library.Linear(108, 5)
    )


@needs_library
@pytest.mark.parametrize("way", ["restore", "load_state_dict"])
def test_weights_of_pytorch_load_straight_into_a_module(tmp_path, way, rng):
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file, save_file

    theirs, ours = network(torch.nn), network(nn)
    images = rng.standard_normal((4, 1, 8, 8)).astype("float32")
    theirs(torch.tensor(images))  # moves the running statistics
    save_file(theirs.state_dict(), tmp_path / "x.safetensors")
    if way == "restore":
        restore(tmp_path / "x.safetensors", ours)
    else:
        ours.load_state_dict(load(tmp_path / "x.safetensors"))
    expected = theirs.eval()(torch.tensor(images)).detach().numpy()
    np.testing.assert_allclose(ours.eval()(images).numpy(), expected, rtol=1e-4, atol=1e-5)

    save(tmp_path / "back.safetensors", ours)
    other = network(torch.nn)
    other.load_state_dict(load_file(tmp_path / "back.safetensors"))
    np.testing.assert_array_equal(other.eval()(torch.tensor(images)).detach().numpy(), expected)


@needs_library
def test_bfloat16_becomes_float32(tmp_path):
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file

    values = torch.tensor([[1.5, -2.0, 3e38], [1e-40, float("inf"), 0.1]], dtype=torch.bfloat16)
    save_file({"w": values}, tmp_path / "x.safetensors")
    loaded = load(tmp_path / "x.safetensors")["w"]
    assert loaded.dtype == np.float32
    np.testing.assert_array_equal(loaded, values.float().numpy())


@needs_library
def test_tied_weights_have_all_their_names(tmp_path):
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_model

    def tied(library):
        model = library.Sequential(library.Embedding(4, 3) if library is torch.nn else library.Linear(3, 4, bias=False))
        model.append(library.Linear(3, 4, bias=False))
        model[1].weight = model[0].weight
        return model

    theirs, ours = tied(torch.nn), tied(nn)
    save_model(theirs, tmp_path / "x.safetensors")
    restore(tmp_path / "x.safetensors", ours)
    assert ours[0].weight is ours[1].weight
    np.testing.assert_array_equal(ours[0].weight.data, theirs[0].weight.detach().numpy())


# ---- broken files


def content(header, values=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + values


def entry(shape, offsets, dtype="F32"):
    return {"w": {"dtype": dtype, "shape": shape, "data_offsets": offsets}}


@needs_library
@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"PK\3\4",
        content(entry([2], [0, 8]), bytes(8))[:-1],
        content(entry([2], [0, 8]), bytes(9)),
        content(entry([2], [0, 8]), bytes(8), length=2**63),
        content(entry([2], [0, 8]), bytes(8), length=200_000_000),
        content(b"{" * 1000),
        content(b"not json"),
        content(entry([3], [0, 8]), bytes(8)),
        content(entry([-2], [0, 8]), bytes(8)),
        content(entry([2**62, 2**62], [0, 8]), bytes(8)),
        content(entry([2], [8, 0]), bytes(8)),
        content(entry([2], [2**40, 2**40 + 8]), bytes(8)),
        content({**entry([2], [0, 8]), "v": {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]}}, bytes(12)),
        content(entry([2], [0, 8], "O"), bytes(8)),
        content({"__metadata__": {"structure": "["}, **entry([2], [0, 8])}, bytes(8)),
        content({"__metadata__": {"structure": "[" * 100_000}, **entry([2], [0, 8])}, bytes(8)),
        content({"__metadata__": {"structure": '{"array": "../w"}'}, **entry([2], [0, 8])}, bytes(8)),
        content({"__metadata__": {"structure": 3}, **entry([2], [0, 8])}, bytes(8)),
    ],
    ids=range(19),
)
def test_broken_and_hostile_files_are_refused_by_name(tmp_path, broken):
    (tmp_path / "x.safetensors").write_bytes(broken)
    with pytest.raises(ValueError, match=r"load: .*x\.safetensors': "):
        load(tmp_path / "x.safetensors")


@needs_library
def test_a_dtype_that_numpy_does_not_have_is_named(tmp_path):
    (tmp_path / "x.safetensors").write_bytes(content(entry([8], [0, 8], "F8_E4M3"), bytes(8)))
    with pytest.raises(ValueError, match="'w' has dtype F8_E4M3, which NumPy does not have"):
        load(tmp_path / "x.safetensors")


@needs_library
def test_changed_bytes_raise_no_other_error(tmp_path, rng):
    save(tmp_path / "good.safetensors", {"w": np.arange(9.0), "deep": {"b": np.ones((2, 2), "f2")}, "epoch": 3})
    good = (tmp_path / "good.safetensors").read_bytes()
    path, refused = tmp_path / "x.safetensors", 0
    for _ in range(300):
        changed = bytearray(good)
        changed[rng.integers(0, len(good) - 80)] = rng.integers(0, 256)
        path.write_bytes(changed)
        try:
            assert isinstance(load(path), dict)
        except ValueError:
            refused += 1
    assert refused > 200
    assert tg.Tensor(load(tmp_path / "good.safetensors")["w"]).shape == (9,)
