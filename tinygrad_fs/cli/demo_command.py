"""`tinygrad-fs demo`: its arguments, and what becomes of them."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from tinygrad_fs.cli.arguments import Commands, whole
from tinygrad_fs.cli.demo import TRAINING_SAMPLES, Demo, DemoError, Settings
from tinygrad_fs.cli.outcome import FAILED, INTERRUPTED, fail, is_unread
from tinygrad_fs.viz import RenderError

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add the command."""
    defaults = Settings()
    demo = commands.add_parser(
        "demo",
        help="train a network on handwritten digits, and draw its graph",
        description="Train a convolutional network on 1,797 real handwritten digits, test it on the 40 % of them that "
        "it has not seen, check its gradients numerically, draw its computation graph and its training curves, and "
        "write its weights. It takes less than a minute and no network.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        allow_abbrev=False,
    )
    demo.set_defaults(run=_run, parser=demo)
    demo.add_argument(
        "--epochs", metavar="N", type=whole(1), default=defaults.epochs, help="how often to go through the data"
    )
    demo.add_argument(
        "--batch-size",
        metavar="N",
        type=whole(2, TRAINING_SAMPLES),
        default=defaults.batch_size,
        help=f"how many digits to a step, 2 to {TRAINING_SAMPLES}",
    )
    demo.add_argument(
        "--seed", metavar="N", type=whole(0), default=defaults.seed, help="the same seed gives the same result"
    )
    demo.add_argument(
        "--out", metavar="FOLDER", type=Path, default=defaults.out, help="the folder to write into; made if need be"
    )


def _run(arguments: argparse.Namespace) -> int:
    settings = Settings(arguments.epochs, arguments.batch_size, arguments.seed, arguments.out)
    problem = _problem_with(settings)
    if problem:
        arguments.parser.error(f"argument --out: {problem}")
    demo = Demo(settings)
    try:
        demo.run()
    except KeyboardInterrupt:
        return fail(f"interrupted: {demo.kept()}", INTERRUPTED)
    except (DemoError, RenderError, OSError) as error:
        if isinstance(error, OSError) and is_unread(error):  # no failure
            raise
        return fail(f"error: {error}", FAILED)
    return 0


def _problem_with(settings: Settings) -> str | None:
    """Make the folder to write into; return what is wrong with it, so that nobody trains for nothing."""
    out = settings.out
    if os.path.exists(out) and not os.path.isdir(out):  # a Path would raise on a name that is too long
        return f"'{out}' is a file; name a folder"
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        return f"'{out}' cannot be written to: {error.strerror}"
    taken = next((path for path in settings.products if path.is_dir()), None)
    return f"'{taken}' is a folder, in the place of a file to be written" if taken else None
