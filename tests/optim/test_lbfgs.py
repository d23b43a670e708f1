"""L-BFGS as an object, and its line search. Where it goes is told by the trajectories."""

import copy
import pickle

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.optim import LBFGS
from tinygrad_fs.optim.line_search import Point, strong_wolfe


def bowl(*params):
    return sum(((i + 1.0) * (p - 1.0) ** 2).sum() for i, p in enumerate(params))


def closure_of(optimizer, loss):
    def closure():
        optimizer.zero_grad()
        value = loss()
        value.backward()
        return value

    return closure


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_it_finds_the_lowest_point(search, dtype):
    a, b = tg.zeros((2, 2), dtype, requires_grad=True), tg.full((), 5.0, dtype, requires_grad=True)
    unused = tg.ones(3, dtype, requires_grad=True)
    optimizer = LBFGS([a, b, unused], line_search_fn=search, lr=0.3 if search is None else 1.0)
    closure = closure_of(optimizer, lambda: bowl(a, b))
    losses = [optimizer.step(closure).item() for _ in range(4)]
    assert losses[0] == 4 + 2 * 16
    np.testing.assert_allclose([*a.data.flat, b.item()], 1.0, rtol=1e-3)
    assert unused.tolist() == [1.0] * 3
    assert (a.dtype, b.dtype) == (dtype, dtype)


def test_what_it_needs_is_said():
    a = tg.zeros(2, requires_grad=True)
    with pytest.raises(TypeError, match=r"use optimizer.step\(closure\)"):
        LBFGS([a]).step()
    with pytest.raises(ValueError, match="all parameters form one group"):
        LBFGS([{"params": [a]}, {"params": [tg.zeros(1, requires_grad=True)]}])


def test_a_read_only_array_is_refused():
    a = tg.zeros(2, requires_grad=True)
    a.data.flags.writeable = False
    optimizer = LBFGS([a])
    with pytest.raises(ValueError, match="read-only"):
        optimizer.step(closure_of(optimizer, lambda: bowl(a)))


def test_no_gradient_no_step():
    a = tg.ones(2, requires_grad=True)
    optimizer = LBFGS([a])
    assert optimizer.step(closure_of(optimizer, lambda: bowl(a))).item() == 0.0
    assert optimizer.state[a] == {"func_evals": 1, "n_iter": 0}


def test_a_step_counts_as_a_change():
    a = tg.zeros(2, requires_grad=True)
    optimizer = LBFGS([a])
    loss = (a * a).sum()
    optimizer.step(closure_of(optimizer, lambda: bowl(a)))
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


@pytest.mark.parametrize("through", ["same", "deepcopy", "pickle", "file"])
def test_going_on_from_a_state(through, tmp_path):
    def make(start):
        p = tg.tensor(start, requires_grad=True)
        optimizer = LBFGS([p], max_iter=3, history_size=2, line_search_fn="strong_wolfe")
        scale = np.array([1.0, 10.0, 100.0])
        return p, optimizer, closure_of(optimizer, lambda: ((p - 1.0) ** 2 * scale).sum() + (p**4).sum())

    p, optimizer, closure = make([3.0, -2.0, 5.0])
    optimizer.step(closure)
    state = optimizer.state_dict()
    if through == "file":
        tg.io.save(tmp_path / "x.npz", state)
        state = tg.io.load(tmp_path / "x.npz")
    elif through != "same":
        state = copy.deepcopy(state) if through == "deepcopy" else pickle.loads(pickle.dumps(state))
    q, other, other_closure = make(p.data)
    other.load_state_dict(state)
    for _ in range(3):
        optimizer.step(closure)
        other.step(other_closure)
    assert p.tolist() == q.tolist()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"d": tg.zeros(3)}, r"'d' has shape \(3,\), but the parameters have 2 elements"),
        ({"old_dirs": [tg.zeros(3)]}, "'old_dirs' has shape"),
        ({"exp_avg": tg.zeros(2)}, "'exp_avg', which LBFGS does not keep"),
        ({"d": None}, "the state has no 'd'"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(changes, message):
    a = tg.zeros(2, requires_grad=True)
    optimizer = LBFGS([a])
    optimizer.step(closure_of(optimizer, lambda: bowl(a)))
    state = optimizer.state_dict()
    kept = {name: value for name, value in {**state["state"][0], **changes}.items() if value is not None}
    before = pickle.dumps(state)
    with pytest.raises(ValueError, match=message):
        optimizer.load_state_dict({**state, "state": {0: kept}})
    assert pickle.dumps(optimizer.state_dict()) == before


# ---- the line search


def along(function, slope):
    return lambda t: Point(t, function(t), np.array([slope(t)]), slope(t))


@pytest.mark.parametrize("first", [1e-3, 0.1, 1.0, 10.0])
@pytest.mark.parametrize(
    ("function", "slope"),
    [
        (lambda t: (t - 3.0) ** 2, lambda t: 2 * (t - 3.0)),
        (lambda t: np.cosh(t - 2.0), lambda t: np.sinh(t - 2.0)),
        (lambda t: -t / (t**2 + 2.0), lambda t: (t**2 - 2.0) / (t**2 + 2.0) ** 2),  # Moré and Thuente 1994, 5.1
        (lambda t: (t + 0.004) ** 5 - 2 * (t + 0.004) ** 4, lambda t: 5 * (t + 0.004) ** 4 - 8 * (t + 0.004) ** 3),
    ],
    ids=["parabola", "cosh", "fraction", "flat start"],
)
def test_the_strong_wolfe_conditions_hold(function, slope, first):
    evaluate = along(function, slope)
    start = evaluate(0.0)
    point, count = strong_wolfe(evaluate, start, first, reach=1.0, tolerance=1e-12, limit=25)
    assert point.loss <= start.loss + 1e-4 * point.t * start.slope
    assert abs(point.slope) <= 0.9 * abs(start.slope)
    assert 1 <= count <= 26


def test_a_search_ends_at_its_limit_with_the_best_it_has():
    evaluate = along(lambda t: -t, lambda t: -1.0)  # falls for ever
    point, count = strong_wolfe(evaluate, evaluate(0.0), 1.0, reach=1.0, tolerance=1e-9, limit=4)
    assert (point.t, count) == (10.0**4, 5)
    point, count = strong_wolfe(evaluate, evaluate(0.0), 1.0, reach=1.0, tolerance=1e-9, limit=0)
    assert (point.t, count) == (1.0, 1)


def test_a_search_ends_where_no_parameter_would_move():
    evaluate = along(lambda t: abs(t - 0.3), lambda t: np.sign(t - 0.3))  # never flat
    point, count = strong_wolfe(evaluate, evaluate(0.0), 1.0, reach=1e-3, tolerance=1e-6, limit=100)
    assert abs(point.t - 0.3) < 2e-3
    assert count < 40
