"""Arguments in, exit code out: 0 done, 1 failed, 2 bad arguments, 130 interrupted."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from tinygrad_fs import __version__
from tinygrad_fs.cli.demo import TRAINING_SAMPLES, Demo, DemoError, Settings
from tinygrad_fs.viz import RenderError

__all__ = ["main"]

_INTERRUPTED = 130  # 128 + SIGINT, as shells have it


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line; argparse would put the usage before it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message} (see {self.prog} -h)\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; those of the process if not given.

    Returns
    -------
    int
        The exit code: 0 done, 1 failed, 130 interrupted. Bad arguments leave by SystemExit with code 2, ``-h`` and
        ``--version`` with code 0.

    Examples
    --------
    >>> from tinygrad_fs.cli import main
    >>> main(["demo", "--epochs", "0"])
    Traceback (most recent call last):
    SystemExit: 2
    """
    parser = _parser()
    arguments = parser.parse_args(argv)
    if arguments.command is None:
        parser.print_help()
        return 0
    settings = Settings(arguments.epochs, arguments.batch_size, arguments.seed, arguments.out)
    problem = _problem_with(settings)
    if problem:
        arguments.parser.error(f"argument --out: {problem}")
    demo = Demo(settings)
    try:
        demo.run()
    except KeyboardInterrupt:
        return _fail(f"interrupted: {demo.kept()}", _INTERRUPTED)
    except (DemoError, RenderError, OSError) as error:
        return _fail(f"error: {error}", 1)
    return 0


def _fail(message: str, code: int) -> int:
    print(f"tinygrad-fs: {message}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="tinygrad-fs", description="A define-by-run autograd engine on NumPy.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"tinygrad-fs {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="command", title="commands")
    _add_demo(commands)
    return parser


def _add_demo(commands: argparse._SubParsersAction[_Parser]) -> None:
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
    demo.set_defaults(parser=demo)
    demo.add_argument(
        "--epochs", metavar="N", type=_whole(1), default=defaults.epochs, help="how often to go through the data"
    )
    demo.add_argument(
        "--batch-size",
        metavar="N",
        type=_whole(2, TRAINING_SAMPLES),
        default=defaults.batch_size,
        help=f"how many digits to a step, 2 to {TRAINING_SAMPLES}",
    )
    demo.add_argument(
        "--seed", metavar="N", type=_whole(0), default=defaults.seed, help="the same seed gives the same result"
    )
    demo.add_argument(
        "--out", metavar="FOLDER", type=Path, default=defaults.out, help="the folder to write into; made if need be"
    )


def _whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """A reader of whole numbers in a range, for argparse."""
    wanted = f"a whole number, {least} or more" if most is None else f"a whole number from {least} to {most}"

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least or (most is not None and number > most):
            raise argparse.ArgumentTypeError(f"{text!r} is not {wanted}")
        return number

    return read


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
