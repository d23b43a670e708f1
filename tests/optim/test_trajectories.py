"""Optimizers follow PyTorch's trajectories: recorded ones always, live ones where PyTorch is installed."""

import inspect

import numpy as np
import pytest
from trajectories import (
    CASES,
    LBFGS_CASES,
    RECORD,
    RECORDED,
    START,
    STEPS,
    TABLE,
    go_down,
    gradient,
    title,
)

import tinygrad_fs as tg
from tinygrad_fs.optim import packing

every_case = pytest.mark.parametrize(("name", "options"), TABLE, ids=[title(*row) for row in TABLE])
every_lbfgs = pytest.mark.parametrize("options", LBFGS_CASES, ids=[title("LBFGS", row) for row in LBFGS_CASES])


@pytest.fixture(scope="module")
def torch():
    """PyTorch on one thread: more would wait for each other over arrays as small as these."""
    torch = pytest.importorskip("torch")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield torch
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def recorded():
    with np.load(RECORD) as archive:
        return dict(archive)


def test_every_option_has_a_case():
    for name, cases in {**CASES, "LBFGS": LBFGS_CASES}.items():
        accepted = set(inspect.signature(getattr(tg.optim, name)).parameters) - {"params"}
        assert set().union(*cases) == accepted, name


def test_the_record_is_of_these_cases(recorded):
    assert set(recorded) == {title(*row) for row in TABLE} | {title("LBFGS", row) for row in LBFGS_CASES}


@every_case
def test_recorded(name, options, recorded):
    p = tg.tensor(START, requires_grad=True)
    optimizer = getattr(tg.optim, name)([p], **options)
    expected = dict(zip(RECORDED, recorded[title(name, options)]))
    for step in range(1, STEPS + 1):
        p.grad = tg.tensor(gradient(p.data, step))
        optimizer.step()
        if step in expected:
            np.testing.assert_allclose(p.data, expected[step], rtol=1e-6, err_msg=f"step {step}")


@every_lbfgs
def test_recorded_lbfgs(options, recorded):
    p = tg.tensor(START, requires_grad=True)
    places = go_down(tg.optim.LBFGS([p], **options), p)
    np.testing.assert_allclose(places, recorded[title("LBFGS", options)], rtol=1e-6)


SHAPES = [(3, 4), (4,), (10, 9), (), (0, 2), (5,)]
"""Small ones, a large one, a scalar and an empty one."""


def assert_near(p, q):
    """Within 1e-6; next to 0 that is of the numbers around, since PyTorch keeps the product of NAdam in float32."""
    expected = q.detach().numpy()
    np.testing.assert_allclose(p.data, expected, rtol=1e-6, atol=1e-8 * np.max(np.abs(expected), initial=0.0))


@every_case
def test_live(name, options, rng, torch, monkeypatch):
    """Over parameters of which some miss a gradient now and then."""
    monkeypatch.setattr(packing, "SMALL", 50)
    monkeypatch.setattr(packing, "BLOCK", 32 * 8)
    start = [rng.standard_normal(shape) for shape in SHAPES]
    ours = [tg.tensor(values, requires_grad=True) for values in start]
    theirs = [torch.tensor(values, requires_grad=True) for values in start]
    optimizer = getattr(tg.optim, name)(ours, **options)
    reference = getattr(torch.optim, name)(theirs, **options)
    gradients = [rng.standard_normal((7, *shape)) for shape in SHAPES]
    for step in range(STEPS):
        for i, (p, q, several) in enumerate(zip(ours, theirs, gradients)):
            if i % 2 and (step + i) % 5 == 0:
                p.grad = q.grad = None
            else:
                g = several[step % 7] * np.cos(step)
                p.grad, q.grad = tg.tensor(np.asarray(g)), torch.tensor(g)
        optimizer.step()
        reference.step()
    for p, q in zip(ours, theirs):
        assert_near(p, q)


@pytest.mark.parametrize("options", [{}, {"weight_decay": 0.3, "betas": (0.8, 0.9)}, {"maximize": True}], ids=str)
def test_lion(options, rng):
    """Which PyTorch does not have: against the formula of its paper, written down for one number."""
    start, gradients = rng.standard_normal(5), rng.standard_normal((STEPS, 5))
    p = tg.tensor(start, requires_grad=True)
    optimizer = tg.optim.Lion([p], lr=0.01, **options)
    beta1, beta2 = options.get("betas", (0.9, 0.99))
    expected = []
    for i in range(5):
        x, m = start[i], 0.0
        for g in gradients[:, i] * (-1.0 if "maximize" in options else 1.0):
            x -= 0.01 * (np.sign(beta1 * m + (1 - beta1) * g) + options.get("weight_decay", 0.0) * x)
            m = beta2 * m + (1 - beta2) * g
        expected.append(x)
    for g in gradients:
        p.grad = tg.tensor(g)
        optimizer.step()
    np.testing.assert_allclose(p.data, expected, rtol=1e-9)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("name", CASES)
def test_each_dtype_stays_and_stays_near(name, dtype, recorded):
    options = CASES[name][0]
    if "eps" in inspect.signature(getattr(tg.optim, name)).parameters:
        options = {"eps": 1e-3, **options}  # the default is 0 in half precision
    narrow, wide = (tg.tensor(START, requires_grad=True, dtype=each) for each in (dtype, "float64"))
    optimizers = [getattr(tg.optim, name)([p], **options) for p in (narrow, wide)]
    for step in range(1, 11):
        for p in (narrow, wide):
            p.grad = tg.tensor(gradient(p.data.astype("float64"), step), dtype=p.dtype)
        for optimizer in optimizers:
            optimizer.step()
    kept = optimizers[0].state.get(narrow, {}).values()
    assert {p.dtype for p in (narrow, *(each for each in kept if isinstance(each, tg.Tensor)))} == {np.dtype(dtype)}
    np.testing.assert_allclose(narrow.data, wide.data, rtol=0.05 if dtype == "float16" else 1e-4)


@pytest.mark.parametrize("name", CASES)
def test_a_state_of_pytorch_is_taken_up(name, rng, torch):
    for options in CASES[name]:
        start = [rng.standard_normal((3, 2)), rng.standard_normal(2)]
        gradients = [[rng.standard_normal(values.shape) for values in start] for _ in range(6)]
        theirs = [torch.tensor(values, requires_grad=True) for values in start]
        reference = getattr(torch.optim, name)(theirs, **options)
        for taken in (0, 3):
            for each in gradients[:taken]:
                for q, g in zip(theirs, each):
                    q.grad = torch.tensor(g)
                reference.step()
            ours = [tg.tensor(q.detach().numpy(), requires_grad=True) for q in theirs]
            optimizer = getattr(tg.optim, name)(ours)
            optimizer.load_state_dict(reference.state_dict())
            for each in gradients[3:]:
                for p, q, g in zip(ours, theirs, each):
                    p.grad, q.grad = tg.tensor(g), torch.tensor(g)
                optimizer.step()
                reference.step()
            for p, q in zip(ours, theirs):
                assert_near(p, q)
            assert names_of(optimizer.state_dict()) == names_of(reference.state_dict())


def names_of(state_dict):
    """What is kept of each parameter; PyTorch's SGD without momentum keeps a None."""
    kept = {n: {k for k, v in each.items() if v is not None} for n, each in state_dict["state"].items()}
    return {n: names for n, names in kept.items() if names}


@every_lbfgs
def test_a_state_of_pytorchs_lbfgs_is_taken_up(options, torch):
    q = torch.tensor(START, requires_grad=True)
    reference = torch.optim.LBFGS([q], **options)
    go_down(reference, q)
    p = tg.tensor(q.detach().numpy(), requires_grad=True)
    optimizer = tg.optim.LBFGS([p])
    optimizer.load_state_dict(reference.state_dict())
    np.testing.assert_allclose(go_down(optimizer, p), go_down(reference, q), rtol=1e-6)
