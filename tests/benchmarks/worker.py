"""The process in which one library runs one workload: `python worker.py LIBRARY WORKLOAD THREADS`.

Every library has a process of its own, as its users have. In one process the libraries would disturb each other:
threads of BLAS that have nothing to do go on spinning for a tenth of a second, on the core that the other library
is measured on. Requests come in by standard input, one per line; each is answered by one line of JSON.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from typing import Any

from memory import restart_peak, rise_of_peak
from workloads import MODULES, WORKLOADS, Task

__all__ = ["THREAD_VARIABLES"]

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""Read by the libraries when they are imported, so the parent sets them."""

_WARM_UP_SECONDS = 0.3
_WARM_UP_STEPS = 3


def build(library: str, workload: str, threads: int) -> Task:
    """Import the library and make the workload ready in it."""
    lib = importlib.import_module(MODULES.get(library, library))
    if library == "torch":
        lib.set_num_threads(threads)
    (row,) = [each for each in WORKLOADS if each.name == workload]
    return row.build[library](lib)


def answer(task: Task, request: str, count: int) -> Any:
    """Do what the parent asks for."""
    if request == "check":
        return task.check()
    if request == "warm":
        return warm_up(task)
    if request == "time":
        return seconds_per_step(task, count)
    if request == "memory":
        return rise_in_memory(task, count)
    raise ValueError(f"unknown request {request!r}")


def warm_up(task: Task) -> float:
    """Run until caches, pools and the processor's clock are settled; returns the seconds of the last step."""
    end = time.perf_counter() + _WARM_UP_SECONDS
    steps = 0
    while steps < _WARM_UP_STEPS or time.perf_counter() < end:
        begin = time.perf_counter()
        task.step()
        seconds = time.perf_counter() - begin
        steps += 1
    settle()
    return seconds


def seconds_per_step(task: Task, count: int) -> float:
    """The mean over `count` steps, after one that is not counted: the other library's turn has cooled the caches."""
    task.step()
    begin = time.perf_counter()
    for _ in range(count):
        task.step()
    seconds = (time.perf_counter() - begin) / count
    settle()
    return seconds


def settle() -> None:
    """Wait until the threads of this process sleep, so that they do not run in the other library's turn."""
    end = time.perf_counter() + 1.0
    while time.perf_counter() < end:
        before = time.process_time()
        time.sleep(0.002)
        if time.process_time() - before < 0.0005:
            return


def rise_in_memory(task: Task, count: int) -> int | None:
    """By how many bytes the peak of the resident memory rises in `count` steps, after one on next to no data."""
    task.wake()
    before = restart_peak()
    for _ in range(count):
        task.step()
    return rise_of_peak(before)


def main() -> None:
    library, workload, threads = sys.argv[1:]
    replies, sys.stdout = sys.stdout, sys.stderr  # whatever a library prints is no answer
    task = build(library, workload, int(threads))
    for line in sys.stdin:
        request, count = line.split()
        print(json.dumps(answer(task, request, int(count))), file=replies, flush=True)


if __name__ == "__main__":
    main()
