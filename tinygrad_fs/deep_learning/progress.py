"""How far the training is, on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

__all__ = ["counted"]

_LABEL = "Training"
_WAIT = 0.1  # seconds between two looks of a terminal
_LINES = 10  # of a run whose standard error is a file


def counted(total: int) -> Iterator[int]:
    """Count up to `total`, and show it: on one line of a terminal, or in ten lines of a file.

    The line says what share is done, how many of how many, and for how long it will go on at this rate.
    """
    stream = sys.stderr
    is_terminal = stream.isatty()
    begin = shown = time.monotonic()
    try:
        for done in range(1, total + 1):
            yield done - 1
            now = time.monotonic()
            left = _clock((now - begin) * (total / done - 1))
            line = f"{_LABEL}: {100 * done // total:3d}% ({done}/{total}), {left} left"
            if is_terminal and (now - shown >= _WAIT or done == total):
                shown = now
                stream.write(f"\r{line}\x1b[K")
                stream.flush()
            elif not is_terminal and done * _LINES // total > (done - 1) * _LINES // total:
                stream.write(f"{line}\n")
                stream.flush()
    finally:
        if is_terminal:
            stream.write("\n")
            stream.flush()


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
