"""What is asked for on the command line."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from workloads import GROUPS, WORKLOADS

__all__ = ["IMPORT", "PEERS", "parse"]

IMPORT = "import"
"""The row that is no workload: the time to import."""

PEERS = tuple(dict.fromkeys(peer for workload in WORKLOADS for peer in workload.limits))

_PAIRS = 31
_QUICK = 7
_PATIENCE = 10.0


def parse(arguments: Sequence[str] | None = None, description: str | None = None) -> argparse.Namespace:
    """The options, with names of groups replaced by those of their rows; ends the program where they make no sense."""
    names = [*[workload.name for workload in WORKLOADS], IMPORT]
    parser = argparse.ArgumentParser(
        prog="python tests/benchmarks",
        description=description,
        epilog=_rows_by_group(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", choices=[*GROUPS, *names], help="rows or groups, see below"
    )
    parser.add_argument(
        "--against", nargs="+", metavar="PEER", choices=PEERS, help="instead of all installed ones: " + ", ".join(PEERS)
    )
    parser.add_argument("--threads", nargs="+", metavar="N", type=int, help="instead of 1 and all cores")
    parser.add_argument("--pairs", metavar="N", type=int, help=f"pairs of turns; {_PAIRS} if not given")
    parser.add_argument("--quick", action="store_true", help=f"{_QUICK} pairs, one thread, nothing that takes a minute")
    parser.add_argument(
        "--patience",
        metavar="SECONDS",
        type=float,
        default=_PATIENCE,
        help="for waiting until no other process runs, and repeating what one disturbed; %(default)s per row",
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the results there as well")
    parser.add_argument(
        "--profile", metavar="NAME", choices=names[:-1], help="show where the time of our side goes instead"
    )
    options = parser.parse_args(arguments)
    for option in ("threads", "pairs"):
        given = getattr(options, option)
        if given is not None and min(given if isinstance(given, list) else [given]) < 1:
            parser.error(f"--{option} must be at least 1")
    options.is_complete = not (options.only or options.against or options.threads or options.pairs or options.quick)
    options.only = [name for each in options.only or names for name in _rows_of(each)]
    options.pairs = options.pairs or (_QUICK if options.quick else _PAIRS)
    return options


def _rows_of(name: str) -> list[str]:
    return [workload.name for workload in GROUPS[name]] if name in GROUPS else [name]


def _rows_by_group() -> str:
    lines = [f"  {group}: {', '.join(workload.name for workload in rows)}" for group, rows in GROUPS.items()]
    return "\n".join(["groups and their rows:", *lines, f"and {IMPORT}"])
