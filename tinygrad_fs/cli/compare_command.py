"""`tinygrad-fs compare`: a network on digits, trained by autograd and by its layers' own backward passes."""

from __future__ import annotations

import argparse
from pathlib import Path

from tinygrad_fs.cli.arguments import Commands, file_to_write, whole
from tinygrad_fs.cli.outcome import FAILED, MISUSED, fail

__all__ = ["add"]

_PAGE = Path("tinygrad-fs-compare.html")


def add(commands: Commands) -> None:
    """Add the command."""
    compare = commands.add_parser(
        "compare",
        help="hold hand-written backprop against autograd, layer by layer",
        description="Take the convolutional network of the layer-based API, run it on 1,797 real handwritten digits by "
        "autograd and by the layers' own backward passes, print what each layer gave and cost in both ways, and "
        "write a page with pictures. The exit code is 0 if the two agree, and 1 if not.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        allow_abbrev=False,
    )
    compare.set_defaults(run=_run)
    compare.add_argument("--steps", metavar="N", type=whole(0), default=20, help="how many steps to train for")
    compare.add_argument("--batch-size", metavar="N", type=whole(2), default=64, help="how many digits to a step")
    compare.add_argument("--seed", metavar="N", type=whole(0), default=0, help="the same seed gives the same weights")
    compare.add_argument("--out", metavar="FILE", type=file_to_write, default=_PAGE, help="the page to write")
    compare.add_argument(
        "--walkthrough",
        metavar="FILE",
        type=file_to_write,
        help="another page to write: the first step, op by op, beside the layers",
    )
    compare.add_argument("--json", action="store_true", help="print the figures as JSON instead of a table")


def _run(arguments: argparse.Namespace) -> int:
    from tinygrad_fs.cli.comparison import digits_comparison

    comparison = digits_comparison(arguments.seed, arguments.steps, arguments.batch_size)
    print(comparison.to_json() if arguments.json else comparison)
    try:
        comparison.to_html(arguments.out)
        if arguments.walkthrough:
            comparison.to_walkthrough(arguments.walkthrough)
    except OSError as error:
        return fail(f"error: the page cannot be written: {error}", MISUSED)
    if not arguments.json:
        print(f"\nPage      {arguments.out}")
        if arguments.walkthrough:
            print(f"Steps     {arguments.walkthrough}")
    return 0 if comparison.ok else FAILED
