"""What was measured on: machine, versions, date."""

from __future__ import annotations

import contextlib
import datetime
import importlib.metadata
import os
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["all_cores", "describe", "load"]


def all_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def load() -> float:
    """How many processes wanted a core in the last minute; 0 where the system does not tell."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def describe(libraries: Iterable[str], missing: Iterable[str] = ()) -> dict[str, str]:
    """Machine, versions and date, by name."""
    versions = {name: _version(name) for name in (*libraries, "numpy")} | dict.fromkeys(missing, "not installed")
    return {
        "processor": f"{_processor()}, {all_cores()} cores",
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        **versions,
        "BLAS of NumPy": _blas(),
        "load before the run": f"{load():.2f}",
        "date": datetime.date.today().isoformat(),
    }


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name.replace("_", "-"))
    except importlib.metadata.PackageNotFoundError:  # found on the path, but not as an installation
        return "unknown version"


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def _blas() -> str:
    settings: Any = np.show_config(mode="dicts")
    blas = settings["Build Dependencies"]["blas"]
    return f"{blas['name']} {blas['version']}"
