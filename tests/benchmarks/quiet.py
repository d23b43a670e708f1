"""Measuring while no other process runs: whatever uses all cores is disturbed by any that does."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

__all__ = ["Quiet"]

T = TypeVar("T")

_PROC = Path("/proc")
_IDLE = (3, 4)
"""Where the processor's account in /proc/stat has the time without work, and that of waiting for disks."""
_GUESTS = 8
"""From here on it repeats, under the name of guests, what it has counted before."""
_SHARE = 0.2
_LOOKS = 5
_BETWEEN_LOOKS = 0.004
_REST = 0.05


class Quiet:
    """Waits for moments in which no other process runs, and repeats what one disturbed, while its patience lasts.

    What comes out has no say in whether it is repeated, only what other processes did meanwhile. Where the system does
    not tell (it is asked in the way of Linux), everything counts as undisturbed.

    Parameters
    ----------
    patience : float
        Seconds of waiting and of repeated work, in all.
    processes : iterable of int
        The running processes that belong to the measurement, besides this one and its children that have ended.
    """

    def __init__(self, patience: float, processes: Iterable[int] = ()) -> None:
        self._left = patience
        self._processes = tuple(processes)
        self._tells = (_PROC / "stat").exists() and (_PROC / "loadavg").exists()

    def measure(self, function: Callable[[], T]) -> T:
        """What `function` returns, called in a quiet moment."""
        while True:
            self._wait()
            begin, others = time.monotonic(), self._seconds_of_others()
            result = function()
            elapsed = time.monotonic() - begin
            if self._left <= 0 or self._seconds_of_others() - others <= _SHARE * elapsed:
                return result
            self._left -= elapsed

    def _wait(self) -> None:
        begin = time.monotonic()
        while time.monotonic() - begin < self._left and not self._is_quiet():
            time.sleep(_REST)
        self._left -= time.monotonic() - begin

    def _is_quiet(self) -> bool:
        """Whether this process is the only one that runs, in several looks."""
        if not self._tells:
            return True
        for _ in range(_LOOKS):
            running, _, _ = (_PROC / "loadavg").read_text(encoding="utf-8").split()[3].partition("/")
            if int(running) > 1:
                return False
            time.sleep(_BETWEEN_LOOKS)
        return True

    def _seconds_of_others(self) -> float:
        """Seconds in which any core worked for other processes, or was withheld from this virtual machine."""
        if not self._tells:
            return 0.0
        counts = [int(count) for count in (_PROC / "stat").read_text(encoding="utf-8").split("\n", 1)[0].split()[1:]]
        total = sum(count for position, count in enumerate(counts[:_GUESTS]) if position not in _IDLE)
        own = sum(_ticks(process) for process in self._processes)
        return (total - own) / os.sysconf("SC_CLK_TCK") - sum(os.times()[:4])


def _ticks(process: int) -> int:
    """How long a process ran, in the clock ticks of the system."""
    _, _, fields = (_PROC / str(process) / "stat").read_text(encoding="utf-8").rpartition(") ")
    return sum(map(int, fields.split()[11:13]))
