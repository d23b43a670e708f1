"""Fixtures for all tests: each starts from the same state and fails if it leaves another one behind."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.graph import mode
from tinygrad_fs.watching import watchers


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Give BLAS one thread in each worker: workers that take all cores wait for one another."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def no_leaks() -> Iterator[None]:
    """Fail a test that leaves global state changed: the grad mode, observers, dtype, NumPy's settings."""
    tg.manual_seed(0)
    before = (tg.get_default_dtype(), np.geterr(), np.get_printoptions())
    yield
    leaked = []
    if not mode.grad:
        leaked.append("grad mode")
    if watchers:
        leaked.append("observers")
    if (tg.get_default_dtype(), np.geterr(), np.get_printoptions()) != before:
        leaked.append("default dtype or NumPy's settings")
    mode.grad = True
    watchers.clear()
    tg.set_default_dtype("float32")
    assert not leaked, f"the test leaks: {', '.join(leaked)}"


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(1234)
