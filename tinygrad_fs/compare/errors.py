"""What can go wrong in an audit: what was asked for, what the audited code does, and what it raises."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["AuditError", "RunError", "UnfitError", "check_numbers", "guarded"]


class AuditError(ValueError):
    """What was asked for cannot be audited; the message says why, and what to write."""


class UnfitError(Exception):
    """The audited code did something that cannot be audited, without raising anything itself."""


class RunError(Exception):
    """The audited code raised an exception.

    Attributes
    ----------
    stage : {"initialize", "forward", "backward", "train_on_batch"}
        Where.
    error : Exception
        What it raised.
    """

    def __init__(self, stage: str, error: Exception) -> None:
        what = str(error) if isinstance(error, UnfitError) else f"raised {type(error).__name__}: {error}"
        super().__init__(f"{stage} {what}")
        self.stage = stage
        self.error = error

    @property
    def is_refusal(self) -> bool:
        """Whether the code raised on purpose, by a `raise` or an `assert` of its own."""
        last = traceback.extract_tb(self.error.__traceback__)[-1]
        return (last.line or "").startswith(("raise ", "assert "))


def check_numbers(caller: str, **numbers: tuple[Any, int]) -> None:
    """Raise unless each of the numbers is whole and as large as what is given with it.

    Examples
    --------
    >>> check_numbers("audit", draws=(0, 1))
    Traceback (most recent call last):
    tinygrad_fs.compare.errors.AuditError: audit: draws=0; it must be a whole number, 1 or more
    """
    for name, (value, least) in numbers.items():
        if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < least:
            raise AuditError(f"{caller}: {name}={value!r}; it must be a whole number, {least} or more")


def guarded(stage: str, run: Callable[[], Any]) -> Any:
    """Run code of the subject; what it raises becomes a `RunError`."""
    try:
        return run()
    except RunError:
        raise
    except Exception as error:
        raise RunError(stage, error) from error
