"""What a step costs: as many NumPy calls for a hundred small parameters as for one."""

import numpy as np
import pytest
from trajectories import CASES

import tinygrad_fs as tg
from tinygrad_fs import optim

HANDFUL = 30


class Counting:
    """NumPy, with its calls noted."""

    def __init__(self, calls):
        self._calls = calls

    def __getattr__(self, name):
        attribute = getattr(np, name)
        if isinstance(attribute, type) or not callable(attribute):
            return attribute
        return lambda *args, **kwargs: (self._calls.append(name), attribute(*args, **kwargs))[1]


@pytest.fixture
def calls(monkeypatch):
    """The NumPy functions that the package `optim` calls, from now on."""
    found = []
    modules = {value for name, value in vars(optim).items() if hasattr(value, "np")}
    assert {optim.packing, optim.formulas, optim.adam, optim.lbfgs} <= modules
    for module in modules:
        monkeypatch.setattr(module, "np", Counting(found))
    return found


def counted(calls, name, options, n_params):
    """The calls of the second step."""
    params = [tg.tensor([1.0, 2.0], dtype="float64", requires_grad=True) for _ in range(n_params)]

    def closure():
        for p in params:
            p.grad = tg.Tensor(p.data * [1.0, 0.5])
        return tg.tensor(float(sum(p.data[0] + p.data[1] for p in params)))

    closure()
    optimizer = getattr(optim, name)(params, **options)
    for _ in range(2):
        calls.clear()
        optimizer.step(closure)
    return list(calls)


TABLE = [(name, options) for name, several in CASES.items() for options in several]
TABLE += [("Lion", {}), ("Lion", {"weight_decay": 0.1, "maximize": True})]
TABLE += [("LBFGS", {"lr": 1e-3, "max_iter": 1, "line_search_fn": search}) for search in (None, "strong_wolfe")]


@pytest.mark.parametrize(("name", "options"), TABLE, ids=str)
def test_a_hundred_small_parameters_cost_as_many_calls_as_one(calls, name, options):
    one, many = (counted(calls, name, options, n_params) for n_params in (1, 100))
    brought_together = many.count("concatenate") - one.count("concatenate")
    assert brought_together <= (3 if name == "LBFGS" else 1)  # how often it changes the parameters
    assert 0 < len(one) <= len(many) == len(one) + brought_together <= HANDFUL


def test_every_optimizer_is_counted():
    optimizers = {name for name in optim.__all__ if isinstance(getattr(optim, name), type)}
    assert optimizers - {"Optimizer", "Elementwise"} == {name for name, _ in TABLE}
