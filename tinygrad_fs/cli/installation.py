"""Installation: what there is of Python, NumPy and its BLAS, and of the packages that extras bring."""

from __future__ import annotations

import ctypes
import importlib
import os
import platform
import re
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_fs

__all__ = ["Extra", "blas", "blas_threads", "cores", "extras", "versions"]

DISTRIBUTION = "tinygrad-fs"

# Under these names the wheels of NumPy, Debian and conda have the function that tells.
_TELL_THREADS = (
    "scipy_openblas_get_num_threads64_",
    "scipy_openblas_get_num_threads",
    "openblas_get_num_threads64_",
    "openblas_get_num_threads",
    "MKL_Get_Max_Threads",
)

_REQUIREMENT = re.compile(
    r"""(?P<name>[\w.-]+)(?:\[[^\]]*\])?\s*(?:>=(?P<least>[\d.]+))?.*;.*extra == ['"](?P<extra>[\w-]+)['"]"""
)


@dataclass
class Extra:
    """An extra of this distribution, and how much of it there is.

    Attributes
    ----------
    name : str
    found : list of str
        Packages that are installed, with their versions.
    missing : list of str
        Packages that are not, or that are too old, with the version that is needed.
    """

    name: str
    found: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @property
    def command(self) -> str:
        """What installs it."""
        return f'pip install "{DISTRIBUTION}[{self.name}]"'


def versions() -> list[tuple[str, str]]:
    """What runs here, by name: this package, Python, NumPy and graphviz."""
    return [
        (DISTRIBUTION, f"{tinygrad_fs.__version__}, in {Path(tinygrad_fs.__file__).parent}"),
        ("Python", f"{platform.python_version()}, {platform.system()} {platform.machine()}"),
        ("numpy", np.__version__),
        ("graphviz", _version_of("graphviz") or "missing: pip install graphviz"),
    ]


def blas() -> str:
    """The library that NumPy was built to multiply matrices with."""
    settings: Any = np.show_config(mode="dicts")
    found = settings.get("Build Dependencies", {}).get("blas", {})
    return f"{found.get('name', 'unknown')} {found.get('version', '')}".strip()


def blas_threads() -> int | None:
    """How many threads that library takes; None if it does not tell.

    The library is asked itself, through NumPy's own extension module, which is linked to it.
    """
    extension = importlib.import_module("numpy._core._multiarray_umath").__file__
    try:
        library = ctypes.CDLL(extension)
    except OSError:
        return None
    for name in _TELL_THREADS:
        ask = getattr(library, name, None)
        if ask is not None:
            return int(ask())
    return None


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def extras() -> list[Extra]:
    """The extras of the installed distribution, as its metadata lists them."""
    try:
        requirements = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return []
    found: dict[str, Extra] = {}
    for match in filter(None, map(_REQUIREMENT.match, requirements)):
        extra = found.setdefault(match["extra"], Extra(match["extra"]))
        version = _version_of(match["name"])
        if version is not None and _numbers(version) >= _numbers(match["least"] or "0"):
            extra.found.append(f"{match['name']} {version}")
        else:
            needed = f">={match['least']}" if match["least"] else ""
            extra.missing.append(f"{match['name']}{needed}" + (f" (there is {version})" if version else ""))
    return sorted(found.values(), key=lambda extra: extra.name)


def _version_of(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _numbers(version: str) -> tuple[int, ...]:
    """The numbers that a version begins with, to be compared."""
    leading = re.match(r"\d+(?:\.\d+)*", version)
    return tuple([int(part) for part in leading[0].split(".")]) if leading else ()
