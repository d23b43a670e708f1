"""Arguments in, exit code out: 0 done, 1 failed, 2 bad arguments, 130 interrupted, 141 nobody reads on."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tinygrad_fs import __version__
from tinygrad_fs.cli import audit_command, compare_command, demo_command, doctor_command, graph_command
from tinygrad_fs.cli.arguments import Parser
from tinygrad_fs.cli.outcome import INTERRUPTED, fail, is_unread, leave_unread

__all__ = ["main"]

_COMMANDS = (demo_command, graph_command, compare_command, audit_command, doctor_command)
"""Each adds its parser by `add`, with a default `run`: a function of the arguments that returns the exit code."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; those of the process if not given.

    Returns
    -------
    int
        The exit code: 0 done, 1 failed, 130 interrupted, 141 if nobody reads on. Bad arguments leave by SystemExit with
        code 2, ``-h`` and ``--version`` with code 0.

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
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
        return code
    except OSError as error:
        if is_unread(error):
            return leave_unread()
        raise
    except KeyboardInterrupt:
        return fail("interrupted", INTERRUPTED)


def _parser() -> Parser:
    parser = Parser(prog="tinygrad-fs", description="A define-by-run autograd engine on NumPy.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"tinygrad-fs {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="command", title="commands")
    for command in _COMMANDS:
        command.add(commands)
    return parser
