"""Running the scripts that reports hand out."""

from __future__ import annotations

from typing import Any

__all__ = ["run"]


def run(script: str) -> dict[str, Any]:
    """The names that a script leaves behind."""
    names: dict[str, Any] = {}
    exec(script, names)
    return names
