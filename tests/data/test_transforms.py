"""Transforms of images: what they do to one image, to many, and to Tensors."""

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.data.transforms import (
    CenterCrop,
    Compose,
    Normalize,
    RandomCrop,
    RandomHorizontalFlip,
    RandomShift,
    RandomVerticalFlip,
)


class Fixed(np.random.Generator):
    """A generator that draws what it was given."""

    def __init__(self, *draws):
        super().__init__(np.random.PCG64(0))
        self.draws = list(draws)

    def uniform(self, low, high, size):
        return np.full(size, self.draws.pop(0))


def image(*entries):
    result = np.zeros((1, 1, 8, 8), np.float32)
    for row, column, value in entries:
        result[0, 0, row, column] = value
    return result


@pytest.mark.parametrize(
    ("down", "right", "expected"),
    [
        (0, 0, [(3, 3, 8.0)]),
        (1, 0, [(4, 3, 8.0)]),
        (0, -1, [(3, 2, 8.0)]),
        (0.25, 0, [(3, 3, 6.0), (4, 3, 2.0)]),
        (-0.5, 0.5, [(2, 3, 2.0), (2, 4, 2.0), (3, 3, 2.0), (3, 4, 2.0)]),
    ],
)
def test_an_image_moves_by_the_shift_that_was_drawn(down, right, expected):
    moved = RandomShift(1.0)(image((3, 3, 8.0)), Fixed(down, right))
    assert moved.dtype == np.float32
    np.testing.assert_allclose(moved, image(*expected))


def test_what_leaves_the_image_does_not_come_back():
    assert not RandomShift(1.0)(image((0, 5, 8.0)), Fixed(-1, 0)).any()


def test_images_move_each_on_its_own_and_by_no_more_than_asked():
    images = np.repeat(image((3, 3, 1.0)), 200, axis=0)
    moved = RandomShift(0.5)(images, np.random.default_rng(0))[:, 0]
    rows = (moved.sum(axis=2) * np.arange(8)).sum(axis=1) - 3
    assert np.abs(rows).max() <= 0.5 + 1e-6
    assert rows.std() > 0.2
    np.testing.assert_allclose(moved.sum(axis=(1, 2)), 1, rtol=1e-5)
    np.testing.assert_array_equal(images, np.repeat(image((3, 3, 1.0)), 200, axis=0))


@pytest.mark.parametrize("shift", [-3.25, -2.0, 0.5, 4.0])
def test_shifts_by_more_than_a_pixel(shift):
    moved = RandomShift((5.0, 0.0))(image((4, 3, 8.0)), Fixed(shift, 0.0))[0, 0, :, 3]
    expected = np.interp(np.arange(8) - shift, np.arange(8), image((4, 3, 8.0))[0, 0, :, 3], left=0, right=0)
    np.testing.assert_allclose(moved, expected, rtol=1e-6)


RANDOM = [RandomShift(2.0), RandomShift((0.0, 1.5)), RandomCrop(3), RandomCrop((2, 4), padding=1)]
RANDOM += [RandomHorizontalFlip(), RandomVerticalFlip(0.3), Compose([RandomCrop(4), RandomVerticalFlip()])]
FIXED = [CenterCrop(3), CenterCrop((4, 2)), Normalize(0.5, 2.0), Normalize([0.1, 0.2], 3.0)]


@pytest.fixture
def images(rng):
    return rng.standard_normal((6, 2, 5, 6)).astype("float32")


@pytest.mark.parametrize("transform", RANDOM + FIXED, ids=lambda t: type(t).__name__)
def test_one_image_many_and_tensors(transform, images):
    before = images.copy()
    options = [{} if transform in FIXED else {"generator": np.random.default_rng(i)} for i in (0, 0, 1, 1)]
    batch, tensors = transform(images, **options[0]), transform(tg.Tensor(images), **options[1])
    one, tensor = transform(images[0], **options[2]), transform(tg.Tensor(images[0]), **options[3])
    assert (batch.shape[1:], batch.dtype) == (one.shape, images.dtype)
    assert isinstance(tensors, tg.Tensor)
    np.testing.assert_array_equal(tensors.numpy(), batch)
    np.testing.assert_array_equal(tensor.numpy(), one)
    np.testing.assert_array_equal(images, before)


@pytest.mark.parametrize("transform", RANDOM, ids=lambda t: type(t).__name__)
def test_random_transforms_follow_their_generator_or_the_default_one(transform, images):
    first, again, other = (transform(images, np.random.default_rng(seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    tg.manual_seed(3)
    first = transform(images)
    tg.manual_seed(3)
    np.testing.assert_array_equal(first, transform(images))


def test_crops_are_windows_of_the_padded_image():
    numbers = np.arange(1.0, 21.0).reshape(1, 4, 5)
    padded = np.pad(numbers[0], 1)
    windows = {padded[i : i + 3, j : j + 4].tobytes() for i in range(4) for j in range(4)}
    crops = RandomCrop((3, 4), padding=1)(np.repeat(numbers[None], 300, axis=0), np.random.default_rng(0))
    assert {crop.tobytes() for crop in crops} == windows


def test_crops_keep_channels_and_integers_together():
    images = np.stack([np.arange(16, dtype=np.uint8).reshape(4, 4), np.arange(16, 32, dtype=np.uint8).reshape(4, 4)])
    crop = RandomCrop(2)(images, np.random.default_rng(0))
    assert crop.dtype == np.uint8
    np.testing.assert_array_equal(crop[1], crop[0] + 16)


def test_flips_mirror_about_half_of_the_images(images):
    images = np.repeat(images, 200, axis=0)
    flipped = RandomHorizontalFlip(0.25)(images, np.random.default_rng(0))
    mirrored = [np.array_equal(f, i[..., ::-1]) for f, i in zip(flipped, images)]
    assert all(m or np.array_equal(f, i) for m, f, i in zip(mirrored, flipped, images))
    assert 0.2 < np.mean(mirrored) < 0.3


def test_normalised_images_have_mean_0_and_deviation_1(images):
    mean, std = images.mean((0, 2, 3)), images.std((0, 2, 3))
    normalised = Normalize(mean, std)(images)
    np.testing.assert_allclose(normalised.mean((0, 2, 3)), 0, atol=1e-6)
    np.testing.assert_allclose(normalised.std((0, 2, 3)), 1, rtol=1e-5)


def test_gradients_go_through_transforms(images):
    x = tg.tensor(images[:2].astype("float64"), requires_grad=True)
    transform = Compose([RandomShift(1.0), RandomCrop(4), RandomHorizontalFlip(), Normalize(0.0, 2.0)])
    assert tg.autograd.gradcheck(lambda x: transform(x, np.random.default_rng(0)), x)


@pytest.mark.parametrize(
    ("use", "error", "message"),
    [
        (lambda: Normalize(0.0, [1.0, 0.0]), ValueError, "no deviation may be 0"),
        (lambda: Normalize([1.0] * 3, 1.0)(np.ones((2, 4, 4))), ValueError, "mean has 3 values, but the images have 2"),
        (lambda: Normalize(0.0, 1.0)(np.ones((1, 4, 4), int)), TypeError, r"dtype int64; use .astype\('float32'\)"),
        (lambda: RandomShift(1.0)(np.ones((1, 4, 4), "uint8")), TypeError, "RandomShift: the images have dtype uint8"),
        (lambda: RandomShift(-1.0), ValueError, "most=-1.0"),
        (lambda: RandomCrop(5)(np.ones((1, 4, 6))), ValueError, r"a window of \(5, 5\) does not fit .* \(4, 6\)"),
        (lambda: CenterCrop(5)(np.ones((1, 4, 6))), ValueError, "CenterCrop: a window"),
        (lambda: RandomVerticalFlip(2.0), ValueError, "RandomVerticalFlip: p=2.0"),
        (lambda: RandomVerticalFlip()(np.ones((4, 4))), ValueError, r"of shape \(C, H, W\).*not \(4, 4\)"),
    ],
)
def test_misuse_is_told(use, error, message):
    with pytest.raises(error, match=message):
        use()
