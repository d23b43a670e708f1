"""What was measured on: machine, versions, date; and whether it has nothing else to do."""

from __future__ import annotations

import contextlib
import datetime
import importlib.metadata
import os
import platform
import time
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["Patience", "all_cores", "describe", "load"]

_LOAD = Path("/proc/loadavg")
_LOOKS = 5
_BETWEEN_LOOKS = 0.004


def all_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def load() -> float:
    """How many processes wanted a core in the last minute; 0 where the system does not tell."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


class Patience:
    """Waits for a moment in which no other process runs, for so many seconds in all; then it waits no longer."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds

    def wait(self) -> None:
        """Return once the machine is free, or when the patience is used up."""
        begin = time.monotonic()
        while time.monotonic() - begin < self._left and not _is_free():
            time.sleep(0.05)
        self._left -= time.monotonic() - begin


def _is_free() -> bool:
    """Whether this process is the only one that runs, in several looks; always, where the system does not tell."""
    if not _LOAD.exists():
        return True
    for _ in range(_LOOKS):
        running, _, _ = _LOAD.read_text().split()[3].partition("/")
        if int(running) > 1:
            return False
        time.sleep(_BETWEEN_LOOKS)
    return True


def describe(libraries: list[str]) -> dict[str, str]:
    """Machine, versions and date, by name."""
    versions = {name: importlib.metadata.version(name.replace("_", "-")) for name in (*libraries, "numpy")}
    return {
        "processor": f"{_processor()}, {all_cores()} cores",
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        **versions,
        "BLAS of NumPy": _blas(),
        "load before the run": f"{load():.2f}",
        "date": datetime.date.today().isoformat(),
    }


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def _blas() -> str:
    settings: Any = np.show_config(mode="dicts")
    blas = settings["Build Dependencies"]["blas"]
    return f"{blas['name']} {blas['version']}"
