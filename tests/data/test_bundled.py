"""The digits are the real ones, whole and in their order."""

import hashlib
from importlib import resources

import numpy as np
import pytest

from tinygrad_fs import data

PER_CLASS = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
SHA256_OF_PIXELS = "8f26b2bd9d135c256808f68f14fdabddde6d9c7f869ae419704b051f0f14b3b3"
SHA256_OF_LABELS = "8ba4f891220f5e4c9c819638d1602d74b83618f167043c6da52a2a247841ddf0"


def sha256(array):
    return hashlib.sha256(array.astype(np.uint8).tobytes()).hexdigest()


def test_the_digits_are_those_of_the_repository():
    images, labels = data.digits(scaled=False, dtype=np.uint8)
    assert images.shape == (1797, 1, 8, 8)
    assert (images.min(), images.max()) == (0, 16)
    assert np.bincount(labels).tolist() == PER_CLASS
    assert sha256(images) == SHA256_OF_PIXELS
    assert sha256(labels) == SHA256_OF_LABELS


def test_scaled_images_are_the_counts_over_16():
    scaled, labels = data.digits()
    counts, _ = data.digits(scaled=False)
    assert scaled.dtype == counts.dtype == np.float32
    assert labels.dtype == np.int64
    np.testing.assert_array_equal(scaled, counts / 16)


def test_flat_images_are_the_rows_of_the_same_pixels():
    images, _ = data.digits()
    flat, _ = data.digits(flat=True)
    assert flat.shape == (1797, 64)
    np.testing.assert_array_equal(flat, images.reshape(1797, 64))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_floating_dtypes_hold_scaled_images_exactly(dtype):
    images, _ = data.digits(dtype=dtype)
    assert images.dtype == dtype
    np.testing.assert_array_equal(images * 16, np.round(images * 16))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dtype": "uint8"}, "uint8 cannot hold the scaled pixels.*scaled=False"),
        ({"dtype": "bool", "scaled": False}, "bool cannot hold the pixels"),
        ({"dtype": "U1", "scaled": False}, "cannot hold the pixels"),
    ],
)
def test_a_dtype_that_would_lose_the_pixels_is_refused(options, message):
    with pytest.raises(TypeError, match=message):
        data.digits(**options)


def test_every_call_gives_arrays_of_its_own():
    images, labels = data.digits()
    images[:], labels[:] = 0, 0
    fresh_images, fresh_labels = data.digits()
    assert fresh_images.any()
    assert fresh_labels.any()


def test_the_file_is_small_and_its_licence_lies_beside_it():
    folder = resources.files("tinygrad_fs.data")
    assert len(folder.joinpath("digits.npz").read_bytes()) < 60_000
    licence = folder.joinpath("digits.LICENSE.txt").read_text(encoding="utf-8")
    for part in ("CC BY 4.0", "Alpaydin", "Kaynak", "10.24432/C50P49", "What was changed"):
        assert part in licence


def test_the_licence_tells_how_to_make_the_same_file(tmp_path, monkeypatch):
    pytest.importorskip("sklearn")
    folder = resources.files("tinygrad_fs.data")
    lines = folder.joinpath("digits.LICENSE.txt").read_text(encoding="utf-8").splitlines()
    monkeypatch.chdir(tmp_path)
    exec("\n".join(line.strip() for line in lines if line.startswith(" " * 8)), {})
    with np.load("digits.npz") as made, folder.joinpath("digits.npz").open("rb") as file, np.load(file) as stored:
        for name in ("images", "labels"):
            assert made[name].dtype == stored[name].dtype
            np.testing.assert_array_equal(made[name], stored[name])
