"""Special functions that SciPy computes have a test file of their own, which is skipped without it."""

from __future__ import annotations

TESTED_ELSEWHERE = dict.fromkeys(
    ("digamma", "erfinv", "i0", "lgamma", "polygamma"), "tests/ops/elementwise/test_special.py"
)
