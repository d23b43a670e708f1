"""Benchmarks against PyTorch: time per step, peak memory, time to import.

From a checkout:

    pip install -e ".[bench]"
    python tests/benchmarks

Everything is measured side by side in one run, and medians of paired ratios count; see docs/benchmarks.md. A complete
run takes a few minutes and writes its results there; one with --only, --threads, --pairs or --quick prints them.
"""

from __future__ import annotations

import argparse
import cProfile
import importlib.util
import pstats
import sys
from collections.abc import Iterator
from pathlib import Path

from machine import all_cores, describe, load
from pairs import BenchmarkError, import_times, memory, times
from results import Result
from workloads import MODULES, OURS, WORKLOADS

_IMPORT = "import"
_IMPORT_LIMIT = 0.050
_PAIRS = 31
_PAIRS_OF_PROCESSES = 15
_PAIRS_FOR_MEMORY = 5
_QUICK = 7
_PATIENCE = 10.0
_CALM = 0.3
_PROFILED_STEPS = 200
_PROFILE_ROWS = 25


def main() -> None:
    options = parse()
    libraries = needed(options)
    missing = [name for name in libraries if importlib.util.find_spec(name) is None]
    if missing:
        sys.exit(f'benchmarks: {" and ".join(missing)} is not installed; pip install "tinygrad-fs[bench]"')
    if options.profile:
        profile(options.profile)
        return
    from page import DOCS, table, write_json, write_page  # needs the package

    complete = not (options.only or options.threads or options.pairs or options.quick)
    machine = describe(libraries)
    if load() > _CALM:
        print(f"note: the load is {load():.1f}; other processes make results noisy", file=sys.stderr)
    results = []
    try:
        for result in run(options):
            results.append(result)
            print("  ".join((result.workload, result.measure, result.figure(), result.verdict())), file=sys.stderr)
    except BenchmarkError as error:
        print(table(results), end="")
        sys.exit(f"benchmarks: {error}")
    print(table(results), end="")
    if complete:
        write_page(DOCS / "benchmarks.md", results, machine)
        write_json(DOCS / "benchmarks.json", results, machine)
    if options.json:
        write_json(options.json, results, machine)


def parse() -> argparse.Namespace:
    names = [workload.name for workload in WORKLOADS]
    parser = argparse.ArgumentParser(
        prog="python tests/benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", choices=[*names, _IMPORT], help=", ".join([*names, _IMPORT])
    )
    parser.add_argument("--threads", nargs="+", metavar="N", type=int, help="instead of 1 and all cores")
    parser.add_argument("--pairs", metavar="N", type=int, help=f"pairs of turns; {_PAIRS} if not given")
    parser.add_argument("--quick", action="store_true", help=f"{_QUICK} pairs, for a first impression")
    parser.add_argument(
        "--patience",
        metavar="SECONDS",
        type=float,
        default=_PATIENCE,
        help="for waiting until no other process runs, and repeating what one disturbed; %(default)s per row",
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the results there as well")
    parser.add_argument("--profile", metavar="NAME", choices=names, help="show where the time of our side goes instead")
    options = parser.parse_args()
    for option in ("threads", "pairs"):
        given = getattr(options, option)
        if given is not None and min(given if isinstance(given, list) else [given]) < 1:
            parser.error(f"--{option} must be at least 1")
    return options


def needed(options: argparse.Namespace) -> list[str]:
    """The libraries that take part, besides NumPy."""
    wanted = [workload for workload in WORKLOADS if not options.only or workload.name in options.only]
    modules = {MODULES.get(peer, peer) for workload in wanted for peer in workload.limits} - {OURS, "numpy"}
    return [OURS, *sorted(modules)]


def run(options: argparse.Namespace) -> Iterator[Result]:
    """Measure what was asked for, one result at a time."""
    wanted = options.only or [*[workload.name for workload in WORKLOADS], _IMPORT]
    pairs = options.pairs or (_QUICK if options.quick else _PAIRS)
    for workload in WORKLOADS:
        if workload.name not in wanted:
            continue
        for peer, limits in workload.limits.items():
            if "time" in limits:
                for threads in options.threads or sorted({1, all_cores()}):
                    yield times(workload, peer, threads, pairs, options.patience)
            if "memory" in limits:
                result = memory(workload, peer, min(pairs, _PAIRS_FOR_MEMORY))
                if result is None:
                    print(f"{workload.name}: this system does not tell the peak of memory", file=sys.stderr)
                else:
                    yield result
    if _IMPORT in wanted:
        yield import_times(_IMPORT_LIMIT, min(pairs, _PAIRS_OF_PROCESSES), options.patience)


def profile(name: str) -> None:
    """Print where steps of ours spend their time, most expensive first; short functions look longer than they are."""
    import tinygrad_fs

    (workload,) = [each for each in WORKLOADS if each.name == name]
    task = workload.build[OURS](tinygrad_fs)
    task.step()
    profiler = cProfile.Profile()
    with profiler:
        for _ in range(_PROFILED_STEPS):
            task.step()
    pstats.Stats(profiler).strip_dirs().sort_stats("tottime").print_stats(_PROFILE_ROWS)


if __name__ == "__main__":
    main()
