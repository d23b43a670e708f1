"""Functions of large arrays, forward and backward: along the rows of a matrix, and element by element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from workloads.tasks import both_ways
from workloads.workload import Workload, beside_torch

__all__ = ["ROWS"]

_ROWS, _COLUMNS = 4096, 1024
_NUMBERS = 10**7


def _layer_norm(lib: Any, x: Any, weight: Any, bias: Any) -> Any:
    return lib.nn.functional.layer_norm(x, (_COLUMNS,), weight, bias)


def _cross_entropy(lib: Any, x: Any) -> Any:
    labels = np.random.default_rng(3).integers(_COLUMNS, size=_ROWS)
    return lib.nn.functional.cross_entropy(x, lib.tensor(labels))


def _of_matrix(name: str, function: Callable[..., Any], *others: tuple[int, ...]) -> Workload:
    title = f"{name} on ({_ROWS}, {_COLUMNS}), forward and backward"
    build = both_ways(function, (_ROWS, _COLUMNS), *others)
    return beside_torch(name, title, build, on_all_cores=False, time=1.5)


def _elementwise(name: str, formula: str, function: Callable[..., Any], inputs: int = 1) -> Workload:
    title = f"{formula} on 10^7 numbers, forward and backward"
    return beside_torch(name, title, both_ways(function, *[(_NUMBERS,)] * inputs), on_all_cores=False, time=1.2)


ROWS = (
    _of_matrix("softmax", lambda lib, x: lib.nn.functional.softmax(x, -1)),
    _of_matrix("log_softmax", lambda lib, x: lib.nn.functional.log_softmax(x, -1)),
    _of_matrix("layer_norm", _layer_norm, (_COLUMNS,), (_COLUMNS,)),
    _of_matrix("gelu", lambda lib, x: lib.nn.functional.gelu(x)),
    _of_matrix("cross_entropy", _cross_entropy),
    _elementwise("elementwise-arithmetic", "x * y + x", lambda lib, x, y: x * y + x, 2),
    _elementwise("elementwise-relu", "relu(x)", lambda lib, x: lib.nn.functional.relu(x)),
    _elementwise("elementwise-exp", "exp(x)", lambda lib, x: lib.exp(x)),
    _elementwise("elementwise-tanh", "tanh(x)", lambda lib, x: lib.tanh(x)),
)
