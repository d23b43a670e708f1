"""The benchmark of ops leaves no op out."""

from __future__ import annotations

import importlib
from operator import attrgetter
from pathlib import Path

from table import without_gradient

import tinygrad_fs as tg

BENCHMARKS = Path(__file__).parent / "benchmarks"

NOT_BY_NAME = {
    "allclose": "a truth value",
    "amax": "calls max",
    "amin": "calls min",
    "argpartition": "gives places",
    "array_equal": "a truth value",
    "getitem": "written x[...]: its cases are called after what stands in the brackets",
    "one_hot": "takes whole numbers, so it has no gradient",
    "nanpercentile": "calls nanquantile",
    "percentile": "calls quantile",
}
"""Public functions that no case is named after, with the reason."""


def test_every_differentiable_function_is_measured_or_explained(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    cases = importlib.import_module("op_case").all_cases()
    in_linalg = [f"linalg.{name}" for name in tg.linalg.__all__ if not hasattr(tg, name) and name != "LinAlgError"]
    functions = {name: attrgetter(name)(tg) for name in [*tg.ops.__all__, *in_linalg]}
    measured = {
        functions[case.subject] for case in cases if case.subject in functions
    }  # other names are the same object
    missing = {name for name, function in functions.items() if function not in measured} - set(without_gradient())
    assert missing == set(NOT_BY_NAME)
    assert len({case.name for case in cases}) == len(cases), "two cases have the same name"
