"""The resident memory of this process, and its peak."""

from __future__ import annotations

import ctypes
import gc
import sys
from pathlib import Path

__all__ = ["restart_peak", "rise_of_peak"]

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")
_RESET_PEAK = "5"


def restart_peak() -> int | None:
    """Let the peak count from here; returns the resident bytes at this moment, or None where none are told.

    Linux can restart the count. Elsewhere the count goes on, so that a peak during the imports may hide a lower one.
    What was freed, but not given back to the system, is given back first: a step would find room there unseen.
    """
    if sys.platform != "linux":
        return _peak()
    gc.collect()
    _give_back()
    _CLEAR.write_text(_RESET_PEAK, encoding="utf-8")
    return _status("VmRSS")


def _give_back() -> None:
    """Let the allocator of glibc return what it keeps for the next arrays; others have no such call."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def rise_of_peak(before: int | None) -> int | None:
    """How far the peak is above `before`, what `restart_peak` returned."""
    peak = _peak()
    return None if before is None or peak is None else peak - before


def _peak() -> int | None:
    if sys.platform == "linux":
        return _status("VmHWM")
    if sys.platform == "win32":
        return None
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _status(field: str) -> int:
    """A line of the kernel's account of this process, in bytes."""
    for line in _STATUS.read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) * 1024
    raise LookupError(f"{_STATUS} has no line {field}")
