"""Benchmarks against PyTorch and other peers: time per step, peak memory, growth, time to import.

From a checkout:

    pip install -e ".[bench]"
    python tests/benchmarks

Everything is measured side by side in one run, and medians of paired ratios count; see docs/benchmarks.md. A peer that
is not installed is left out. A complete run takes half an hour and writes its results there; one with --only,
--against, --threads, --pairs or --quick prints them.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
import time
from collections.abc import Iterator

from installed import is_installed, present_and_missing
from machine import all_cores, describe, load
from options import IMPORT, PEERS, parse
from pairs import BenchmarkError, import_times, memory, times
from results import Result
from summaries import summaries
from workloads import OURS, OWN, WORKLOADS, Workload

_IMPORT_LIMIT = 0.050
_PAIRS_OF_PROCESSES = 15
_PAIRS_FOR_MEMORY = 5
_CALM = 0.3
_PROFILED_STEPS = 200
_PROFILED_SECONDS = 10.0
_PROFILE_ROWS = 25


def main() -> None:
    options = parse(description=__doc__)
    if not is_installed(OURS):
        sys.exit(f'benchmarks: {OURS} is not installed; pip install -e ".[bench]"')
    if options.profile:
        profile(options.profile)
        return
    from page import DOCS, README, Row, table, write_json, write_page, write_readme  # needs the package

    try:
        peers, missing = present_and_missing(PEERS, options.against)
    except LookupError as error:
        sys.exit(f"benchmarks: {error}")
    if missing:
        print(f"left out, since not installed: {', '.join(missing)}", file=sys.stderr)
    machine = describe([OURS, *[peer for peer in peers if peer not in OWN]], missing)
    if load() > _CALM:
        print(f"note: the load is {load():.1f}; other processes make results noisy", file=sys.stderr)
    results: list[Result] = []
    errors: list[BenchmarkError] = []
    for result in run(options, peers):
        if isinstance(result, BenchmarkError):
            errors.append(result)
            print(f"error: {result}", file=sys.stderr)
            continue
        results.append(result)
        print(f"{result.workload}  {'  '.join(result.cells()[1:])}", file=sys.stderr)
    rows: list[Row] = [*results, *summaries(results)]
    print(table(rows), end="")
    if options.json:
        write_json(options.json, rows, machine)
    if errors:
        sys.exit("benchmarks: " + "\n".join(map(str, errors)))
    if options.is_complete and "torch" in peers:
        write_page(DOCS / "benchmarks.md", rows, machine)
        write_json(DOCS / "benchmarks.json", rows, machine)
        write_readme(README, rows)


def run(options: argparse.Namespace, peers: list[str]) -> Iterator[Result | BenchmarkError]:
    """Measure what was asked for, one result at a time; where a row cannot be measured, why."""
    for workload in WORKLOADS:
        if workload.name not in options.only or (options.quick and workload.takes_long):
            continue
        for peer in workload.limits:
            if peer in peers:
                yield from row(workload, peer, options)
    if IMPORT in options.only:
        yield import_times(_IMPORT_LIMIT, min(options.pairs, _PAIRS_OF_PROCESSES), options.patience)


def row(workload: Workload, peer: str, options: argparse.Namespace) -> Iterator[Result | BenchmarkError]:
    """Time on each number of threads, and memory, as far as the row has them."""
    limits = workload.limits[peer]
    try:
        if "time" in limits:
            for threads in options.threads or threads_of(workload, peer, options.quick):
                yield times(workload, peer, threads, options.pairs, options.patience)
        if "memory" in limits:
            result = memory(workload, peer, min(options.pairs, _PAIRS_FOR_MEMORY))
            if result is None:
                print(f"{workload.name}: this system does not tell the peak of memory", file=sys.stderr)
            else:
                yield result
    except BenchmarkError as error:
        yield error


def threads_of(workload: Workload, peer: str, quick: bool) -> list[int]:
    """One thread, and all cores where something was promised for them."""
    promised = workload.on_all_cores and workload.limits[peer]["time"] is not None
    return sorted({1, all_cores()}) if promised and not quick else [1]


def profile(name: str) -> None:
    """Print where steps of ours spend their time, most expensive first; short functions look longer than they are."""
    import tinygrad_fs

    (workload,) = [each for each in WORKLOADS if each.name == name]
    task = workload.build[OURS](tinygrad_fs)
    profiler = cProfile.Profile()
    end = time.monotonic() + _PROFILED_SECONDS
    for step in range(1 + _PROFILED_STEPS):
        if task.prepare is not None:
            task.prepare()
        if step == 0:
            task.step()  # loads and allocates what the others find
            continue
        with profiler:
            task.step()
        if time.monotonic() > end:
            break
    pstats.Stats(profiler).strip_dirs().sort_stats("tottime").print_stats(_PROFILE_ROWS)


if __name__ == "__main__":
    main()
