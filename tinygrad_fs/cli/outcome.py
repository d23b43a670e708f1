"""Outcome: the exit codes, and the last words of what failed."""

from __future__ import annotations

import sys
from typing import Final

__all__ = ["FAILED", "INTERRUPTED", "MISUSED", "fail"]

FAILED: Final = 1
MISUSED: Final = 2
INTERRUPTED: Final = 130  # 128 + SIGINT, as shells have it


def fail(message: str, code: int) -> int:
    """Say why on standard error; returns the exit code."""
    print(f"tinygrad-fs: {message}", file=sys.stderr)
    return code
