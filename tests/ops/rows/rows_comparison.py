"""Comparisons and logic have no gradient; their values are tested in a file of their own."""

from __future__ import annotations

OF_TWO = (
    "equal", "greater", "greater_equal", "isclose", "less", "less_equal", "logical_and", "logical_or", "logical_xor",
    "not_equal",
)  # fmt: skip
OF_ONE = ("isfinite", "isinf", "isnan", "logical_not", "signbit")

WITHOUT_GRADIENT = dict.fromkeys(OF_TWO + OF_ONE, "bools")

TESTED_ELSEWHERE = dict.fromkeys(("allclose", "array_equal"), "tests/ops/elementwise/test_comparison.py")
