"""`tinygrad-fs doctor`: what is installed, what it works with, and what could be installed besides."""

from __future__ import annotations

import argparse

from tinygrad_fs import viz
from tinygrad_fs.cli import installation
from tinygrad_fs.cli.arguments import Commands

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add the command."""
    doctor = commands.add_parser(
        "doctor",
        help="say what is installed, and what to install for more",
        description="Print the versions of what runs here, the BLAS behind NumPy and its threads, what draws graphs, "
        "and for each extra what is there or the command that installs it. Nothing is changed, and nothing is sent.",
        allow_abbrev=False,
    )
    doctor.set_defaults(run=_run, parser=doctor)


def _run(arguments: argparse.Namespace) -> int:
    threads = installation.blas_threads()
    products = f"{installation.blas()}, {'threads unknown' if threads is None else f'threads: {threads}'}"
    facts = [*installation.versions(), ("BLAS", f"{products} (cores: {installation.cores()})")]
    extras = [(extra.name, _state(extra)) for extra in installation.extras()]
    print(_table("", facts))
    print("\ndrawings")
    print("\n".join(f"  {line}" for line in viz.doctor().lines))
    print("\nextras")
    print(_table("  ", extras or [("unknown", "this is not an installed distribution; pip install it")]))
    return 0


def _state(extra: installation.Extra) -> str:
    if extra.missing:
        return f"missing {', '.join(extra.missing)}: {extra.command}"
    return ", ".join(extra.found)


def _table(indent: str, rows: list[tuple[str, str]]) -> str:
    width = max([len(name) for name, _ in rows])
    return "\n".join(f"{indent}{name:{width}}  {text}" for name, text in rows)
