"""Outcome: the exit codes, and the last words of what failed."""

from __future__ import annotations

import errno
import os
import sys
from typing import Final

__all__ = ["FAILED", "INTERRUPTED", "MISUSED", "UNREAD", "fail", "is_unread", "leave_unread"]

FAILED: Final = 1
MISUSED: Final = 2
INTERRUPTED: Final = 130  # 128 + SIGINT, as shells have it
UNREAD: Final = 141  # 128 + SIGPIPE


def fail(message: str, code: int) -> int:
    """Say why on standard error; returns the exit code."""
    print(f"tinygrad-fs: {message}", file=sys.stderr)
    return code


def is_unread(error: OSError) -> bool:
    """Whether it says that nobody reads on; Windows says only that an argument is invalid, and names no file."""
    if sys.platform == "win32" and error.errno == errno.EINVAL and error.filename is None:
        return True
    return isinstance(error, BrokenPipeError)


def leave_unread() -> int:
    """Say nothing more, since whoever read the output has gone, as `head` does; returns the exit code."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())  # or the interpreter would try once more on its way out
    os.close(nowhere)
    return UNREAD
