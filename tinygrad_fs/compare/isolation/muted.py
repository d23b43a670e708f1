"""Silence: what audited code prints while it is run hundreds of times."""

from __future__ import annotations

import contextlib
import io
import sys
import threading
from collections.abc import Iterator
from typing import Any

__all__ = ["muted"]


class _Sink(io.TextIOBase):
    """A stream that swallows what one thread writes, and passes on what others do."""

    def __init__(self, behind: Any) -> None:
        self._behind = behind
        self._thread = threading.get_ident()

    def write(self, text: str) -> int:
        if threading.get_ident() != self._thread:
            self._behind.write(text)
        return len(text)

    def flush(self) -> None:
        self._behind.flush()

    def writable(self) -> bool:
        return True


@contextlib.contextmanager
def muted() -> Iterator[None]:
    """Swallow what this thread prints to stdout, for the length of the block.

    Examples
    --------
    >>> with muted():
    ...     print("not seen")
    """
    with contextlib.redirect_stdout(_Sink(sys.stdout)):
        yield
