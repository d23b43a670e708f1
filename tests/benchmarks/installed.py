"""Which peers are there to be measured."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence

from workloads import MODULES

__all__ = ["is_installed", "present_and_missing"]

_REMEDIES = {"mlfromscratch": "put a checkout of ML-From-Scratch, and what it imports, on PYTHONPATH"}
_REMEDY = 'pip install "tinygrad-fs[bench]"'


def is_installed(peer: str) -> bool:
    """Whether what the peer imports can be found."""
    try:
        return importlib.util.find_spec(MODULES.get(peer, peer)) is not None
    except ModuleNotFoundError:  # not even the package that the module is in
        return False


def present_and_missing(
    peers: Sequence[str], asked: Sequence[str] | None, is_installed: Callable[[str], bool] = is_installed
) -> tuple[list[str], list[str]]:
    """Those of the peers that are to be measured, and those that are left out since they are not installed.

    One that was asked for by name is not left out: that raises LookupError, with the remedy.

    Examples
    --------
    >>> present_and_missing(["torch", "jax"], None, {"torch"}.__contains__)
    (['torch'], ['jax'])
    """
    missing = [peer for peer in asked or peers if not is_installed(peer)]
    if asked and missing:
        remedies = dict.fromkeys(_REMEDIES.get(peer, _REMEDY) for peer in missing)
        raise LookupError(f"{' and '.join(missing)} is not installed; {'; '.join(remedies)}")
    return [peer for peer in asked or peers if peer not in missing], missing
