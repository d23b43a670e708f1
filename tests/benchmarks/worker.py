"""The process in which one library runs one workload: `python worker.py LIBRARY WORKLOAD THREADS`.

Every library has a process of its own, as its users have. In one process the libraries would disturb each other:
threads of BLAS that have nothing to do go on spinning for a tenth of a second, on the core that the other library
is measured on. Requests come in by standard input, one per line; each is answered by one line of JSON.
"""

from __future__ import annotations

import importlib
import json
import os
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
_LONG = 1.0


def build(library: str, workload: str, threads: int) -> Task:
    """Import the library and make the workload ready in it."""
    if library == "jax":
        hold_to(threads)
    lib = importlib.import_module(MODULES.get(library, library))
    if library == "torch":
        lib.set_num_threads(threads)
    (row,) = [each for each in WORKLOADS if each.name == workload]
    task: Task = row.build[library](lib)
    return task


def hold_to(cores: int) -> None:
    """Let this process run on so many cores only: JAX makes as many threads as it finds cores, whatever it is told."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])


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
    begin, steps = time.perf_counter(), 0
    while True:
        seconds = seconds_of_step(task)
        steps += 1
        elapsed = time.perf_counter() - begin
        if elapsed > _LONG or (elapsed > _WARM_UP_SECONDS and steps >= _WARM_UP_STEPS):
            settle()
            return seconds


def seconds_per_step(task: Task, count: int) -> float:
    """The mean over `count` steps, after one that is not counted: the other library's turn has cooled the caches.

    A turn of one step is so long that this does not matter.
    """
    if count > 1:
        seconds_of_step(task)
    if task.prepare is None:
        begin = time.perf_counter()
        for _ in range(count):
            task.step()
        seconds = time.perf_counter() - begin
    else:
        seconds = sum(seconds_of_step(task) for _ in range(count))
    settle()
    return seconds / count


def seconds_of_step(task: Task) -> float:
    """One step, after what it needs."""
    if task.prepare is not None:
        task.prepare()
    begin = time.perf_counter()
    task.step()
    return time.perf_counter() - begin


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
    if task.wake is None:
        raise ValueError("this workload has no step on next to no data, so its memory cannot be measured")
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
