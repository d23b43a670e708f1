"""Ops against the NumPy calls that their mathematics needs, forward and backward: python tests/benchmarks/ops.py.

Prints the worst twenty. From 1e5 elements on, nothing should take more than twice the time. Both sides take turns in
one process, so that what disturbs one disturbs the other; of many turns the fastest counts. A backward pass goes
through up to eight applications of the op, each to inputs of its own, as one through a network does: what it costs to
begin a pass is not the op's.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ.setdefault(variable, "1")  # read by NumPy when it is imported

import numpy as np  # noqa: E402
from op_case import Case, all_cases  # noqa: E402

import tinygrad_fs as tg  # noqa: E402

CASES = all_cases()
_LIMIT = 2.0
_WORST = 20
_APPLICATIONS = 8
_TURN_SECONDS = 0.001
_FEWEST_TURNS = 12
_SECONDS = 0.15
_SECONDS_IN_DOUBT = 1.5


class Timing(NamedTuple):
    """Seconds for one call."""

    name: str
    direction: str
    ours: float
    numpy: float

    @property
    def ratio(self) -> float:
        return self.ours / self.numpy


def main() -> None:
    options = parse()
    cases = [case for case in CASES if not options.only or case.name in options.only]
    timings = sorted(
        [each for case in cases for each in measure(case, options.size, options.dtype)], key=lambda each: -each.ratio
    )
    print(f"{len(cases)} ops at {options.size:,} elements, {options.dtype}, one thread; the worst {options.worst}:\n")
    print(f"{'op':24}{'':10}{'ours':>12}{'NumPy':>12}{'ratio':>8}")
    for each in timings[: options.worst]:
        print(f"{each.name:24}{each.direction:10}{each.ours * 1e6:9.1f} us{each.numpy * 1e6:9.1f} us{each.ratio:8.2f}")
    above = [each for each in timings if each.ratio > _LIMIT]
    print(f"\n{len(above)} of {len(timings)} take more than {_LIMIT:g} times as long.")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python tests/benchmarks/ops.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=100_000, help="elements per input; %(default)s if not given")
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32", help="%(default)s if not given")
    parser.add_argument("--worst", type=int, default=_WORST, metavar="N", help="how many to print; %(default)s")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=[case.name for case in CASES])
    return parser.parse_args()


def measure(case: Case, size: int, dtype: str) -> Iterator[Timing]:
    """Time an op forward and backward, after a look at whether both sides compute the same."""
    arrays = case.draw(size, dtype)
    function = case.function()
    value, kept = case.value(*arrays), case.kept(*arrays)
    results = [np.asarray(each) for each in as_list(value)]
    rng = np.random.default_rng(3)
    seeds = [np.asarray(rng.standard_normal(y.shape), dtype=y.dtype) for y in results]
    g = tuple(seeds) if isinstance(value, (tuple, list)) else seeds[0]

    def derivative() -> Any:
        return case.derivative(g, value, *arrays, *kept)

    applications = min(_APPLICATIONS, calls_per_turn(derivative))
    inputs = [tg.tensor(array, requires_grad=True) for _ in range(applications) for array in arrays]
    each = [inputs[i : i + len(arrays)] for i in range(0, len(inputs), len(arrays))]
    outputs = [y for tensors in each for y in as_list(function(*tensors))]
    check(case, outputs[: len(results)], results)

    def backward() -> Any:
        return tg.autograd.grad(outputs, inputs, seeds * applications, retain_graph=True)

    def derivatives() -> Any:
        return [derivative() for _ in range(applications)]

    check(case, backward()[: len(arrays)], as_list(derivative()))
    if "forward" in case.timed:
        yield Timing(case.name, "forward", *compare(lambda: function(*each[0]), lambda: case.value(*arrays)))
    if "backward" in case.timed:
        ours, theirs = compare(backward, derivatives)
        yield Timing(case.name, "backward", ours / applications, theirs / applications)


def check(case: Case, ours: Sequence[Any], references: Sequence[Any]) -> None:
    """Refuse to time a computation that is not the same one."""
    if len(ours) != len(references):
        raise SystemExit(f"{case.name}: {len(ours)} results of ours, {len(references)} of NumPy")
    for mine, other in zip(ours, references):
        scale = np.abs(other).max(initial=1e-6)
        if mine.shape != np.shape(other) or not np.allclose(mine.data, other, rtol=1e-2, atol=1e-3 * scale):
            raise SystemExit(f"{case.name}: both sides do not compute the same, so their times say nothing")


def as_list(result: Any) -> list[Any]:
    return list(result) if isinstance(result, (tuple, list)) else [result]


def compare(ours: Callable[[], Any], reference: Callable[[], Any]) -> tuple[float, float]:
    """The fastest turn of each, in seconds per call. While ours looks too slow, both go on for longer."""
    count = calls_per_turn(reference)
    start = time.perf_counter()
    best = [float("inf"), float("inf")]
    turns = 0
    while True:
        in_doubt = best[0] > _LIMIT * best[1]
        if turns >= _FEWEST_TURNS and time.perf_counter() - start > (_SECONDS_IN_DOUBT if in_doubt else _SECONDS):
            return best[0], best[1]
        for side, run in enumerate((ours, reference)):
            begin = time.perf_counter()
            for _ in range(count):
                run()
            best[side] = min(best[side], (time.perf_counter() - begin) / count)
        turns += 1


def calls_per_turn(run: Callable[[], Any]) -> int:
    start = time.perf_counter()
    run()
    return max(1, int(_TURN_SECONDS / (time.perf_counter() - start)))


if __name__ == "__main__":
    main()
