"""Measuring side by side: two processes take turns, and every turn of ours is paired with one of the peer's."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from quiet import Quiet
from results import FEWEST, Result
from worker import THREAD_VARIABLES
from workloads import OURS, Workload

__all__ = ["BenchmarkError", "import_times", "memory", "times"]

Numbers = dict[str, list[float]]

_WORKER = Path(__file__).with_name("worker.py")
_TURN_SECONDS = 0.05
_ROUNDS = 3
_STEPS_FOR_MEMORY = 3
_AGREEMENT = 1e-3
_NOTHING = 1e-6
_SECONDS = 5.0


class BenchmarkError(Exception):
    """The measurement would not mean what it says."""


class Worker:
    """A process in which a library runs a workload on request."""

    def __init__(self, library: str, workload: Workload, threads: int) -> None:
        self._name = f"{workload.name} in {library}"
        self._process = subprocess.Popen(
            [sys.executable, str(_WORKER), library, workload.name, str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            env=os.environ | dict.fromkeys(THREAD_VARIABLES, str(threads)),
        )

    @property
    def process(self) -> int:
        """The number of the process."""
        return self._process.pid

    def ask(self, request: str, count: int = 0) -> Any:
        """The answer to a request; see `worker.answer`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(f"{request} {count}\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # its end shows below
        line = self._process.stdout.readline()
        if not line:
            raise BenchmarkError(f"{self._name}: the process ended with {self._process.wait()}; its error is above")
        return json.loads(line)

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


@contextmanager
def workers(workload: Workload, peer: str, threads: int) -> Iterator[tuple[Worker, Worker]]:
    """A process for us and one for the peer."""
    started = [Worker(OURS, workload, threads)]
    try:
        started.append(Worker(peer, workload, threads))
        yield started[0], started[1]
    finally:
        for worker in started:
            worker.close()


def times(workload: Workload, peer: str, threads: int, pairs: int, patience: float) -> Result:
    """Seconds per step, pair by pair. While the result is too noisy, as many pairs again are taken, twice at most."""
    ours: list[float] = []
    theirs: list[float] = []
    result = Result(workload.name, workload.title, "time", peer, threads, ours, theirs, workload.limits[peer]["time"])
    with workers(workload, peer, threads) as both:
        _check_agreement(workload, peer, *[worker.ask("check") for worker in both])
        seconds = [worker.ask("warm") for worker in both]
        steps = math.ceil(_TURN_SECONDS / max(seconds))
        affordable = int(_SECONDS / (sum(seconds) * steps))
        pairs = min(pairs, max(FEWEST, affordable))
        quiet = Quiet(patience, [worker.process for worker in both])
        for _ in range(_ROUNDS):
            for number in range(pairs):
                our_seconds, their_seconds = quiet.measure(partial(_pair, both, steps, number % 2 == 1))
                ours.append(our_seconds)
                theirs.append(their_seconds)
            if not result.is_noisy:
                break
    return result


def _pair(both: tuple[Worker, Worker], steps: int, reverse: bool) -> tuple[float, float]:
    """A turn of each. Each goes first in every second pair: what changes steadily then favours neither."""
    first, second = reversed(both) if reverse else both
    seconds = first.ask("time", steps), second.ask("time", steps)
    return (seconds[1], seconds[0]) if reverse else seconds


def memory(workload: Workload, peer: str, pairs: int) -> Result | None:
    """By how much steps raise the peak of the resident memory, each time in new processes.

    What is compared is the rise above the state after one step on next to no data, in which the library has loaded
    what it needs, and data, network, gradients and the optimizer's state exist. None where the system does not tell.
    """
    rises: list[list[float]] = []
    for _ in range(pairs):
        with workers(workload, peer, 1) as both:
            rises.append([worker.ask("memory", _STEPS_FOR_MEMORY) for worker in both])
    if any(rise is None for pair in rises for rise in pair):
        return None
    ours, theirs = map(list, zip(*rises))
    return Result(workload.name, workload.title, "memory", peer, 1, ours, theirs, workload.limits[peer]["memory"])


def import_times(limit: float, pairs: int, patience: float) -> Result:
    """Seconds for `import tinygrad_fs` and for `import numpy`, each time in a new process."""
    ours: list[float] = []
    theirs: list[float] = []
    quiet = Quiet(patience)
    with tempfile.TemporaryDirectory() as compiled:
        measure = partial(_import_pair, os.environ | {"PYTHONPYCACHEPREFIX": compiled, "PYTHONDONTWRITEBYTECODE": ""})
        measure()  # compiles all modules, as their installation does
        for _ in range(pairs):
            our_seconds, their_seconds = quiet.measure(measure)
            ours.append(our_seconds)
            theirs.append(their_seconds)
    return Result("import", f"`import {OURS}` against `import numpy`", "import", "numpy", None, ours, theirs, limit)


def _import_pair(env: dict[str, str]) -> tuple[float, float]:
    return _import_time(OURS, env), _import_time("numpy", env)


def _import_time(module: str, env: dict[str, str]) -> float:
    code = f"import time; begin = time.perf_counter(); import {module}; print(time.perf_counter() - begin)"
    result = subprocess.run(
        [sys.executable, "-c", code], check=False, stdout=subprocess.PIPE, encoding="utf-8", env=env
    )
    if result.returncode:
        raise BenchmarkError(f"import {module}: the process ended with {result.returncode}; its error is above")
    return float(result.stdout)


def _check_agreement(workload: Workload, peer: str, ours: Numbers, theirs: Numbers) -> None:
    """Refuse to time a computation that is not the same one."""
    common = [name for name in ours if name in theirs]
    apart = [name for name in common if not _agree(ours[name], theirs[name])]
    if apart or not common:
        told = "".join(f"\n  {name}\n    {OURS}: {ours[name]}\n    {peer}: {theirs[name]}" for name in apart)
        raise BenchmarkError(
            f"{workload.name}: {OURS} and {peer} do not compute the same, so their times say nothing"
            f"{told or ' (nothing to compare)'}"
        )


def _agree(ours: list[float], theirs: list[float]) -> bool:
    """Whether no two numbers are further apart than a thousandth of the largest: what is close to 0 is rounding."""
    if len(ours) != len(theirs):
        return False
    scale = max(map(abs, [*ours, *theirs]))
    return all(abs(a - b) <= max(_AGREEMENT * scale, _NOTHING) for a, b in zip(ours, theirs))
