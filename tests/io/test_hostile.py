"""Files that were damaged, or made to do harm: each is refused with its name, and nothing in it is run."""

import bz2
import io
import json
import struct
import warnings
import zipfile

import numpy as np
import pytest

from tinygrad_fs.io import load, npz, save


def npy(header=None, values=b"", version=(1, 0)):
    """An array with any header."""
    text = repr(header).encode() if not isinstance(header, bytes) else header
    length = struct.pack("<H" if version == (1, 0) else "<I", len(text) + 1)
    return b"\x93NUMPY" + bytes(version) + length + text + b"\n" + values


def header(shape, descr="<f8", fortran_order=False):
    return {"descr": descr, "fortran_order": fortran_order, "shape": shape}


def zipped(members, compression=zipfile.ZIP_STORED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that occur twice
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def one(content):
    return zipped([("w.npy", content)])


def overlapping():
    """Many members in the place of one: a small file that would unpack to a large one."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.npy", npy(header((100,)), bytes(800)))
        for name in ("b.npy", "c.npy"):
            copy = zipfile.ZipInfo(name)
            first = archive.filelist[0]
            copy.file_size, copy.compress_size, copy.CRC = first.file_size, first.compress_size, first.CRC
            copy.header_offset = first.header_offset
            archive.filelist.append(copy)
    return file.getvalue()


def encrypted():
    content = bytearray(one(npy(header((1,)), bytes(8))))
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(signature) + offset] |= 1
    return bytes(content)


DEEP = '{"dict":[["a",' * 20_000 + "1" + "]]}" * 20_000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (one(npy(header((10**15,)), bytes(80))), "takes 8,000,000,000,000,000 bytes, but 80 follow"),
        (one(npy(header((2**62, 4)), bytes(80))), "but 80 follow"),
        (one(npy(header((-1, 3)), bytes(24))), r"shape \(-1, 3\) has a negative size"),
        (one(npy(header((-1, -1)), bytes(8))), "negative size"),
        (one(npy(header((0, -5)))), "negative size"),
        (one(npy(header((1.5,)), bytes(8))), "shape is not valid"),
        (one(npy(header((3,)), bytes(16))), "takes 24 bytes, but 16 follow"),
        (one(npy(header((3,)), bytes(32))), "takes 24 bytes, but 32 follow"),
        (one(npy(header((1,), "|O"), b"cos\nsystem\n(S'false'\ntR.")), "pickled objects, which can run code"),
        (one(npy(header((1,), [("a", "|O")]), bytes(8))), "pickled objects"),
        (one(npy(header((1,), [("a", "<f8")]), bytes(8))), "is not one of plain values"),
        (one(npy(header((1,), "|V2000000000"), b"x")), "is not one of plain values"),
        (one(npy(b"__import__('os').abort()")), "malformed node"),
        (one(npy(b"(" * 500)), "too many nested|cannot be read"),
        (one(npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'x': 1}")), "correct keys"),
        (one(npy(repr(header((1,))).encode() + b" " * 20_000, bytes(8), (2, 0))), "large and may not be safe"),
        (one(npy(header((1,)), bytes(8), (9, 0))), r"version \(9, 0\)"),
        (one(b"\x93NUMPY\2\0\xff\xff\xff\xff"), "cannot be read"),
        (zipped([("a.npy", npy(header((0,))))] * 2), "'a.npy' is in it more than once"),
        (zipped([("a.npy", npy(header((1,)), bytes(8)))], zipfile.ZIP_BZIP2), "compressed in a way"),
        (zipped([("a.npy", npy(header((1,)), bytes(8)))], zipfile.ZIP_LZMA), "compressed in a way"),
        (encrypted(), "it is encrypted"),
        (overlapping(), "its members overlap"),
        (zipped([("a.npy/", b"")]), "'a.npy/' in it is not an array"),
        (zipped([("a.py", b"import os")]), "'a.py' in it is not an array"),
        (zipped([("structure.json", DEEP)]), "description.* cannot be read"),
        (zipped([("structure.json", "[" * 200_000)]), "description.* cannot be read"),
        (zipped([("structure.json", "9" * 100_000)]), "description.* cannot be read"),
        (zipped([("structure.json", json.dumps({"__reduce__": ["os.system", "false"]}))]), "description"),
        (zipped([("structure.json", '{"set": [1]}')]), "a 'set' in it, which this version does not know"),
        (bz2.compress(bytes(100)), "is not a checkpoint"),
    ],
)
def test_hostile_archives(tmp_path, content, message):
    path = tmp_path / "x.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"load: .*x.npz': .*({message})"):
        load(path)
    assert [file.name for file in tmp_path.iterdir()] == ["x.npz"]


def test_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(npz, "_ALWAYS", 2**20)
    path = tmp_path / "x.npz"
    np.savez_compressed(path, w=np.zeros(2**21, np.uint8))
    monkeypatch.setattr(np, "empty", None)  # not even memory is taken
    with pytest.raises(ValueError, match=r"would unpack to 2,097,280 bytes from .* use max_bytes=2097280"):
        load(path)
    monkeypatch.undo()
    assert load(path, max_bytes=2_097_280)["w"].shape == (2**21,)
    with pytest.raises(ValueError, match="more than 100 are not taken"):
        load(path, max_bytes=100)


def test_an_archive_that_lies_about_what_it_unpacks_to(tmp_path):
    """The directory promises less, or more, than the compressed data gives."""
    np.savez_compressed(tmp_path / "good.npz", w=np.arange(1000))
    good = (tmp_path / "good.npz").read_bytes()
    place = good.index(b"PK\1\2") + 24
    for size in (8128 - 8, 8128 + 8, 2**31):
        (tmp_path / "x.npz").write_bytes(good[:place] + struct.pack("<I", size) + good[place + 4 :])
        with pytest.raises(ValueError, match=r"load: .*x\.npz"):
            load(tmp_path / "x.npz")


@pytest.mark.parametrize("name", ["../../evil", "/tmp/evil", "C:\\evil", "a/../../evil", "nul\nname", "-rf"])
def test_names_are_names_and_no_paths(tmp_path, name):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "x.npz").write_bytes(zipped([(f"{name}.npy", npy(header((1,)), bytes(8)))]))
    assert list(load(folder / "x.npz")) == [name]
    assert [file.name for file in tmp_path.rglob("*")] == ["folder", "x.npz"]


def test_every_changed_byte_is_noticed_or_harmless(tmp_path, rng):
    """Ends of the file, and bytes changed at random, also in what is compressed."""
    arrays = {"w": np.arange(50.0), "b": np.arange(9, dtype=np.int16).reshape(3, 3)}
    save(tmp_path / "plain.npz", {**arrays, "epoch": 3})
    np.savez_compressed(tmp_path / "packed.npz", **arrays)
    path = tmp_path / "x.npz"
    noticed = 0
    for name in ("plain.npz", "packed.npz"):
        good = (tmp_path / name).read_bytes()
        changed = [good[:end] for end in rng.integers(0, len(good), 50)]
        for _ in range(250):
            content = bytearray(good)
            for place in rng.integers(0, len(good), rng.integers(1, 3)):
                content[place] ^= rng.integers(1, 256)
            changed.append(bytes(content))
        for content in changed:
            path.write_bytes(content)
            try:
                loaded = load(path)
            except ValueError:
                noticed += 1
                continue
            for key, array in arrays.items():
                np.testing.assert_array_equal(loaded[key], array)
    assert noticed > 400
