"""Every op on a look-alike array: forward, backward and double backward. What passes takes arrays on other devices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from beyond_table import ROWS as MORE
from lookalike import LookAlike
from recurrent_rows import ROWS as RECURRENT
from table import Row, all_rows

import tinygrad_fs as tg
from tinygrad_fs.autograd import grad


def as_list(result: Any) -> list[Any]:
    return list(result) if isinstance(result, (tuple, list)) else [result]


def computed(row: Row, kind: Any) -> list[list[Any]]:
    """The arrays of the values, of the gradients and of the gradients of the gradients."""
    rng = np.random.default_rng(0)
    inputs = [tg.Tensor(kind(x.copy()), requires_grad=True) for x in row.inputs]
    seeds: list[tg.Tensor] = []

    def derivatives(outputs: list[tg.Tensor], create_graph: bool) -> list[tg.Tensor]:
        live = [output for output in outputs if output.requires_grad]
        if not live:
            return []
        weights = [tg.Tensor(kind(rng.standard_normal(y.shape)), requires_grad=create_graph) for y in live]
        found = grad(live, [*inputs, *seeds], weights, create_graph=create_graph, allow_unused=True)
        seeds.extend(weights)
        return [g for g in found if g is not None]

    results = as_list(row(*inputs))
    first = derivatives(results, create_graph=row.second)
    second = derivatives(first, create_graph=False) if row.second else []
    return [[tensor.data for tensor in tensors] for tensors in (results, first, second)]


@pytest.mark.parametrize("row", [*all_rows(), *MORE, *RECURRENT], ids=str)
def test_an_op_takes_any_array_that_speaks_the_protocols(row):
    for ours, theirs in zip(computed(row, LookAlike), computed(row, np.asarray), strict=True):
        for mine, expected in zip(ours, theirs, strict=True):
            assert isinstance(mine, LookAlike)
            np.testing.assert_allclose(mine.hidden, expected, rtol=1e-12, atol=1e-14)
