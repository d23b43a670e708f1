"""Which peers are there to be measured."""

from __future__ import annotations

import importlib.util

from workloads import MODULES

__all__ = ["is_installed"]


def is_installed(peer: str) -> bool:
    """Whether what the peer imports can be found."""
    try:
        return importlib.util.find_spec(MODULES.get(peer, peer)) is not None
    except ModuleNotFoundError:  # not even the package that the module is in
        return False
