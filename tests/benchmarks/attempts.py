"""Other ways that were tried, held against what is done: python tests/benchmarks/attempts.py [NAME ...].

Both run in turn in one process, on one thread, and forward alone unless said. They are timed by the time of the
processor; of the ratios, pair by pair, the median counts. What follows from them is told in docs/performance.md.
"""

from __future__ import annotations

import argparse
import math
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias
from unittest import mock

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ.setdefault(variable, "1")  # read by NumPy when it is imported

import numpy as np  # noqa: E402
from numpy.lib.stride_tricks import sliding_window_view  # noqa: E402
from results import quartiles  # noqa: E402

import tinygrad_fs as tg  # noqa: E402
from tinygrad_fs.ops import blocks  # noqa: E402
from tinygrad_fs.ops.elementwise import activation, gaussian  # noqa: E402
from tinygrad_fs.ops.images import convolution, correlation  # noqa: E402
from tinygrad_fs.ops.images.convolution import Conv2dFilterGradient, Conv2dInputGradient  # noqa: E402
from tinygrad_fs.ops.images.winograd import WinogradBlocks  # noqa: E402
from tinygrad_fs.ops.layers import attention_blocks  # noqa: E402

Side: TypeAlias = Callable[[], Any]
Attempt: TypeAlias = Callable[..., tuple[Side, Side]]

ATTEMPTS: dict[str, Attempt] = {}
"""By name. Each makes the two sides, for so many rows or images; its docstring says "this, against that"."""

ON_THREADS = {"threads-add", "threads-exp"}
"""Timed by the clock on the wall, since the time of the processor is that of both threads."""

_PAIRS = 31
_TURN_SECONDS = 0.02


def attempt(function: Attempt) -> Attempt:
    """Enter it into `ATTEMPTS`."""
    ATTEMPTS[function.__name__.replace("_", "-")] = function
    return function


def drawn(*shape: int, dtype: str = "float32") -> Any:
    """Standard normal numbers, the same every time."""
    return np.random.default_rng(0).standard_normal(shape).astype(dtype)


def changed(side: Side, where: Any, name: str, value: Any) -> Side:
    """The side with another value of a constant, or another function, of the package."""

    def with_it() -> Any:
        with mock.patch.object(where, name, value):
            return side()

    return with_it


def gradients(function: Callable[..., Any], *arrays: Any) -> Side:
    """Forward and backward; the gradients of all arrays."""

    def step() -> Any:
        inputs = [tg.tensor(array, requires_grad=True) for array in arrays]
        output = function(*inputs)
        return [each.data for each in tg.autograd.grad(output, inputs, np.ones_like(output.data))]

    return step


# Passes through memory


def softmax_in_blocks(rows: int, block_bytes: int) -> tuple[Side, Side]:
    softmax = gradients(tg.softmax, drawn(rows, 1024))
    return changed(softmax, blocks, "_BLOCK", block_bytes), softmax


@attempt
def blocks_of_16_kib(rows: int = 4096) -> tuple[Side, Side]:
    """Softmax of rows of 1024, forward and backward, in blocks of 16 KiB, against blocks of 1 MiB."""
    return softmax_in_blocks(rows, 16 << 10)


@attempt
def blocks_of_128_kib(rows: int = 4096) -> tuple[Side, Side]:
    """Softmax of rows of 1024, forward and backward, in blocks of 128 KiB, against blocks of 1 MiB."""
    return softmax_in_blocks(rows, 128 << 10)


@attempt
def one_block(rows: int = 4096) -> tuple[Side, Side]:
    """Softmax of rows of 1024, forward and backward, in passes over all of it, against blocks of 1 MiB."""
    return softmax_in_blocks(rows, 1 << 40)


@attempt
def softmax_always_shifted(rows: int = 4096) -> tuple[Side, Side]:
    """Softmax of rows of 32, forward, where the largest is always subtracted, against where it may be needed."""
    x = drawn(32 * rows, 32)

    def softmax() -> Any:
        return tg.softmax(x)

    return changed(softmax, activation, "are_moderate", lambda _: False), softmax


@attempt
def usual_buffer(rows: int = 256) -> tuple[Side, Side]:
    """A row times each of many rows of 1024 with NumPy's buffer of 8192, against one of 1024."""
    x, row, out = drawn(rows, 1024), drawn(1024), np.empty((rows, 1024), "float32")

    def short_buffer() -> Any:
        with np.errstate():
            np.setbufsize(1024)
            return np.multiply(x, row, out=out)

    return lambda: np.multiply(x, row, out=out), short_buffer


@attempt
def broadcast_by_einsum(rows: int = 64) -> tuple[Side, Side]:
    """A row times each of many rows of 256 by np.einsum, against np.multiply."""
    x, row, out = drawn(rows, 256), drawn(256), np.empty((rows, 256), "float32")
    return lambda: np.einsum("ij,j->ij", x, row, out=out), lambda: np.multiply(x, row, out=out)


@attempt
def polynomials_by_blas(rows: int = 128) -> tuple[Side, Side]:
    """The two polynomials of gelu as a product of coefficients with powers, against Horner's rule."""
    u, coefficients = np.abs(drawn(rows * 1024)), np.array([gaussian._ABOVE, (1.0, *gaussian._BELOW)], "float32")

    def product() -> Any:
        powers = np.empty((5, u.size), u.dtype)
        powers[4], powers[3] = 1, u
        np.multiply(u, u, out=powers[2])
        np.multiply(powers[2], u, out=powers[1])
        np.multiply(powers[2], powers[2], out=powers[0])
        return coefficients @ powers

    def horner() -> Any:
        values = np.empty((2, u.size), u.dtype)
        for row, value in zip(coefficients, values):
            np.multiply(u, row[0], out=value)
            for coefficient in row[1:-1]:
                value += coefficient
                value *= u
            value += row[-1]
        return values

    return product, horner


@attempt
def gelu_by_tables(rows: int = 1024) -> tuple[Side, Side]:
    """Gelu by erfc, forward and backward, against the quotient of polynomials."""
    x = drawn(rows, 1024)
    return gradients(lambda x: 0.5 * x * tg.erfc(-(0.5**0.5) * x), x), gradients(tg.gelu, x)


# Attention of 32 heads of causal queries and keys, 128 x 32


def attention(heads: int) -> tuple[list[Any], Side]:
    arrays = [drawn(heads, 128, 32) for _ in range(3)]
    return arrays, gradients(lambda q, k, v: tg.scaled_dot_product_attention(q, k, v, is_causal=True), *arrays)


@attempt
def attention_by_single_ops(heads: int = 32) -> tuple[Side, Side]:
    """Attention, forward and backward, as products and a softmax, against one op."""
    arrays, one_op = attention(heads)
    beyond = np.triu(np.full((128, 128), -np.inf, "float32"), 1)
    return gradients(lambda q, k, v: tg.softmax(q @ k.mT * 32**-0.5 + beyond) @ v, *arrays), one_op


@attempt
def strips_of_32(heads: int = 32) -> tuple[Side, Side]:
    """Attention, forward and backward, in strips of 32 queries, against 64."""
    _, strips = attention(heads)
    return changed(strips, attention_blocks, "_STRIP", 32), strips


# Depthwise convolution of images of 64 x 28 x 28


def depthwise(images: int) -> tuple[Any, Any, Any, Side]:
    """Images, filters, the images with zeros around them, and what is done today."""
    x, w = drawn(images, 64, 28, 28), drawn(64, 3, 3)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    return x, w, padded, lambda: tg.conv2d(x, w[:, None], padding=1, groups=64)


@attempt
def depthwise_by_shifts(images: int = 32) -> tuple[Side, Side]:
    """Depthwise, an image at a time, by shifted products and sums, against columns."""
    x, w, padded, columns = depthwise(images)

    def shifts() -> Any:
        out, term = np.empty_like(x), np.empty_like(x[0])
        for image, y in zip(padded, out):
            np.multiply(image[:, :28, :28], w[:, 0, 0, None, None], out=y)
            for tap in range(1, 9):
                i, j = divmod(tap, 3)
                np.multiply(image[:, i : i + 28, j : j + 28], w[:, i, j, None, None], out=term)
                y += term
        return out

    return shifts, columns


@attempt
def depthwise_by_correlate(images: int = 32) -> tuple[Side, Side]:
    """Depthwise by np.correlate of whole channels with a row of taps at a time, against columns."""
    x, w, padded, columns = depthwise(images)

    def correlate() -> Any:
        out = np.empty_like(x)
        for image, y in zip(padded, out):
            for channel, filters, into in zip(image, w, y):
                total = np.zeros(28 * 30, x.dtype)
                for i, taps in enumerate(filters):
                    total[:-2] += np.correlate(channel[i : i + 28].reshape(-1), taps)
                into[...] = total.reshape(28, 30)[:, :28]
        return out

    return correlate, columns


@attempt
def depthwise_by_einsum(images: int = 32) -> tuple[Side, Side]:
    """Depthwise by np.einsum over windows, against columns."""
    _, w, padded, columns = depthwise(images)
    windows = sliding_window_view(padded, (3, 3), axis=(2, 3))
    return lambda: np.einsum("nchwij,cij->nchw", windows, w), columns


def side_by_side(padded: Any) -> Any:
    """What the three rows of taps see, the images in one line: (channels, rows, 3, positions), a view."""
    wide = padded.transpose(1, 2, 0, 3).reshape(64, 30, -1)
    return sliding_window_view(wide, 3, axis=1).swapaxes(2, 3)


def apart(lines: Any, images: int) -> Any:
    return lines.reshape(64, 28, images, 30)[..., :28].transpose(2, 0, 1, 3).copy()


@attempt
def depthwise_by_products(images: int = 32) -> tuple[Side, Side]:
    """Depthwise by a product with each column of taps, against columns."""
    _, w, padded, columns = depthwise(images)

    def products() -> Any:
        seen = side_by_side(padded)
        total = np.zeros((64, 28, images * 30), "float32")
        for j in range(3):
            total[..., :-2] += np.matmul(w[:, None, None, :, j], seen[..., j : seen.shape[3] - 2 + j])[:, :, 0]
        return apart(total, images)

    return products, columns


@attempt
def depthwise_in_one_product(images: int = 32) -> tuple[Side, Side]:
    """Depthwise by one product with all columns of taps, against columns."""
    _, w, padded, columns = depthwise(images)

    def product() -> Any:
        parts = np.matmul(w.swapaxes(1, 2).copy()[:, None], side_by_side(padded))
        total = parts[:, :, 0]
        total[..., :-2] += parts[:, :, 1, 1:-1]
        total[..., :-2] += parts[:, :, 2, 2:]
        return apart(total, images)

    return product, columns


@attempt
def depthwise_at_once(images: int = 32) -> tuple[Side, Side]:
    """Depthwise, columns of all channels at once, against some channels at a time."""
    *_, columns = depthwise(images)
    return changed(columns, correlation, "_parts", lambda *_: []), columns


# Convolution of narrow images, and its copies and products


def image_gradients(images: int, channels: int, filters: int, size: int) -> Side:
    w, g = drawn(filters, channels, 3, 3), drawn(images, filters, size, size)
    return lambda: Conv2dInputGradient.apply(g, w, size=(size, size), **_AROUND)


def filter_gradients(images: int, channels: int, filters: int, size: int) -> Side:
    x, g = drawn(images, channels, size, size), drawn(images, filters, size, size)
    return lambda: Conv2dFilterGradient.apply(x, g, kernel=(3, 3), **_AROUND)


_AROUND = {"stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1}


@attempt
def lines_for_many_channels(images: int = 256) -> tuple[Side, Side]:
    """The gradient of images of 64 x 8 x 8 with 64 filters by lines, against blocks."""
    held = image_gradients(images, 64, 64, 8)
    return changed(held, convolution, "pay_for_images", lambda *_: True), held


@attempt
def lines_for_filters(images: int = 256) -> tuple[Side, Side]:
    """The gradient of 32 filters of images of 16 x 8 x 8 by lines, against blocks."""
    held = filter_gradients(images, 16, 32, 8)
    return changed(held, correlation, "pay_for_filters", lambda *_: True), held


@attempt
def filters_without_winograd(images: int = 32) -> tuple[Side, Side]:
    """The gradient of 512 filters of images of 512 x 4 x 4 by plain sums, against Winograd's algorithm."""
    held = filter_gradients(images, 512, 512, 4)
    return changed(held, WinogradBlocks, "pay", staticmethod(lambda *_: False)), held


@attempt
def filters_transposed(positions: int = 2048) -> tuple[Side, Side]:
    """The gradient of 32 filters of 16 x 3 x 3 as columns times outputs, against outputs times columns."""
    columns, outputs = drawn(144, positions), drawn(32, positions)
    return lambda: (columns @ outputs.T).T, lambda: outputs @ columns.T


@attempt
def products_of_28(rows: int = 16) -> tuple[Side, Side]:
    """Products of 32 filters of 16 x 3 x 3 with 28 positions at a time, against 224."""
    w, short = drawn(32, 144), drawn(rows, 8, 144, 28)
    long = short.swapaxes(1, 2).reshape(rows, 144, 224)
    return lambda: w @ short, lambda: (w @ long).reshape(rows, 32, 8, 28).swapaxes(1, 2)


@attempt
def rows_by_numbers(images: int = 256) -> tuple[Side, Side]:
    """Images of 16 x 8 x 8 copied side by side, rows as 8 numbers, against rows as one item."""
    x = drawn(images, 16, 8, 8)
    wide = np.empty((16, 8, images, 8), "float32")

    def by_numbers() -> Any:
        wide[...] = x.transpose(1, 2, 0, 3)
        return wide

    def by_items() -> Any:
        wide.view("V32")[...] = x.view("V32").transpose(1, 2, 0, 3)
        return wide

    return by_numbers, by_items


# Threads


_CALLS = 512


def on_two_threads(function: Callable[[Any, Any], Any], size: int) -> tuple[Side, Side]:
    """Calls divided among two threads, and one after another."""
    arrays = [drawn(size), drawn(size)]
    results = [np.empty_like(array) for array in arrays]

    def half(part: int) -> Any:
        for _ in range(_CALLS):
            function(arrays[part], results[part])
        return results[part]

    def two() -> Any:
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(half, (0, 1)))

    return two, lambda: [half(0), half(1)]


@attempt
def threads_add(size: int = 25_000) -> tuple[Side, Side]:
    """Additions of 25,000 numbers on two threads, against one."""
    return on_two_threads(lambda x, out: np.add(x, 1, out=out), size)


@attempt
def threads_exp(size: int = 65_000) -> tuple[Side, Side]:
    """Exponentials of 65,000 numbers on two threads, against one."""
    return on_two_threads(lambda x, out: np.exp(x, out=out), size)


def main() -> None:
    names = parse().names or list(ATTEMPTS)
    print(f"{'attempt':26}{'ratio':>6}  {'quartiles':12}what, against what")
    for name in names:
        clock = time.perf_counter if name in ON_THREADS else time.process_time
        low, ratio, high = quartiles(ratios(*ATTEMPTS[name](), clock))
        print(f"{name:26}{ratio:6.2f}  {low:.2f}-{high:.2f}   {ATTEMPTS[name].__doc__}", flush=True)


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python tests/benchmarks/attempts.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(ATTEMPTS)}; all if none is given")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.names if name not in ATTEMPTS]:
        parser.error(f"no attempt is called {unknown[0]!r}; there are {', '.join(ATTEMPTS)}")
    return options


def ratios(tried: Side, held: Side, clock: Callable[[], float]) -> list[float]:
    """The times of pairs of turns, divided; each side goes first in every second pair."""
    if not agree(tried(), held()):
        raise SystemExit("both sides do not compute the same, so their times say nothing")
    calls = math.ceil(_TURN_SECONDS / max(seconds(held, 1, clock), 1e-6))
    found = []
    for number in range(_PAIRS):
        first, second = (held, tried) if number % 2 else (tried, held)
        times = {side: seconds(side, calls, clock) for side in (first, second)}
        found.append(times[tried] / times[held])
    return found


def agree(tried: Any, held: Any) -> bool:
    """Whether both sides compute the same."""
    return all(np.allclose(one, other, rtol=1e-3, atol=1e-2) for one, other in zip(tried, held, strict=True))


def seconds(side: Side, calls: int, clock: Callable[[], float]) -> float:
    begin = clock()
    for _ in range(calls):
        side()
    return clock() - begin


if __name__ == "__main__":
    main()
