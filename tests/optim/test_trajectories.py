"""SGD and Adam follow PyTorch's trajectories: recorded ones always, live ones where PyTorch is installed."""

import math

import numpy as np
import pytest

import tinygrad_fs as tg

START = [1.0, -2.0, 0.5, 3.0]
CURVATURE = [1.0, 0.1, 10.0, 0.5]

# Optimizer, options, and where PyTorch 2.13 is after 1, 10 and 200 steps, in float64.
RECORDED = {
    "sgd": (
        tg.optim.SGD,
        {"lr": 0.05},
        {
            1: [0.9079264507596052, -2.035464871341284, 0.2429439995970066, 2.9628401247653966],
            10: [0.5482418777797736, -1.933841458016824, 0.03370086232227412, 2.3265857193640933],
            200: [0.04652721595566852, -0.7268899808737951, -0.003047860548563094, 0.0014761729061771578],
        },
    ),
    "sgd, momentum": (
        tg.optim.SGD,
        {"lr": 0.02, "momentum": 0.9},
        {
            1: [0.9631705803038421, -2.0141859485365137, 0.39717759983880263, 2.9851360499061586],
            10: [0.20265644874046806, -1.880024328731814, 0.008713929201671076, 1.8885985817569129],
            200: [0.0008423729464883667, -0.015242262732708059, -0.0010167046795799067, -0.0017285471290924075],
        },
    ),
    "sgd, dampening and decay": (
        tg.optim.SGD,
        {"lr": 0.05, "momentum": 0.8, "dampening": 0.5, "weight_decay": 0.1},
        {
            1: [0.9029264507596052, -2.025464871341284, 0.24044399959700663, 2.9478401247653965],
            10: [0.08498745430270209, -1.7776945012144738, 0.18175645425394496, 1.6542536541829806],
            200: [0.004431788023071255, -0.008391618334962487, -0.0013243687306043461, -0.002481580263662446],
        },
    ),
    "sgd, nesterov, maximize": (
        tg.optim.SGD,
        {"lr": 0.001, "momentum": 0.9, "nesterov": True, "weight_decay": 0.5, "maximize": True},
        {
            1: [1.002548794871135, -1.9967523348890313, 0.5092931280153138, 2.998562075258915],
            10: [1.031971427894329, -1.9597698133873136, 0.75178451346283, 2.9985775972041098],
            200: [2.5413575226194594, -0.9029639980185863, 109842.97346170951, 2.9981330325085267],
        },
    ),
    "adam": (
        tg.optim.Adam,
        {"lr": 0.05},
        {
            1: [0.9500000002715221, -2.049999999295077, 0.45000000009725505, 2.9500000006727687],
            10: [0.5934970368951361, -1.9501180898795814, 0.04288816297617308, 2.5505235017488537],
            200: [0.00027974813147895773, -0.4820196287869569, -0.00022510482050401722, 0.0021466737041909234],
        },
    ),
    "adam, decay": (
        tg.optim.Adam,
        {"lr": 0.02, "betas": (0.8, 0.99), "eps": 0.001, "weight_decay": 0.1},
        {
            1: [0.9800102961640902, -2.019960807170586, 0.4800038519910882, 2.980019153464656],
            10: [0.83296241678212, -1.9368984329717527, 0.30795507250380977, 2.813087440652447],
            200: [0.004601729880366168, -0.7087457146967167, -0.00020854097378645157, 0.5087007008124164],
        },
    ),
    "adam, amsgrad": (
        tg.optim.Adam,
        {"lr": 0.1, "betas": (0.5, 0.9), "amsgrad": True},
        {
            1: [0.9000000005430441, -2.099999998590154, 0.40000000019451015, 2.9000000013455374],
            10: [0.34208209787231775, -1.8479597582478597, -0.011317607692299773, 2.1334535581509617],
            200: [0.03676606750169824, -0.13469602300098515, -0.0013519959195278835, -0.005665947534451002],
        },
    ),
    "adam, amsgrad, maximize": (
        tg.optim.Adam,
        {"lr": 0.01, "amsgrad": True, "maximize": True, "weight_decay": 0.5},
        {
            1: [1.009999999925455, -1.9900000000585036, 0.5099999999795548, 2.990000000132135],
            10: [1.07251747141823, -1.9242457105357127, 0.6000304988513505, 2.987887290727978],
            200: [2.6658484539792457, -0.8531440109901748, 3.178061186654166, 2.98677824356639],
        },
    ),
}


def gradient(p, step):
    """A quadratic bowl with a push that changes from step to step."""
    return [c * x + math.sin(step * (i + 1)) for i, (c, x) in enumerate(zip(CURVATURE, p))]


@pytest.mark.parametrize("case", RECORDED)
def test_recorded(case):
    optimizer_class, options, recorded = RECORDED[case]
    p = tg.tensor(START, requires_grad=True, dtype="float64")
    optimizer = optimizer_class([p], **options)
    for step in range(1, 201):
        p.grad = tg.tensor(gradient(p.tolist(), step), dtype="float64")
        optimizer.step()
        if step in recorded:
            np.testing.assert_allclose(p.data, recorded[step], rtol=1e-6, err_msg=f"step {step}")


SHAPES = [(3, 4), (4,), (150, 100), (), (0, 2), (5,)]
"""Small and large ones, scalars and empty ones."""


@pytest.mark.parametrize("skipping", [False, True], ids=["all gradients", "some gradients missing"])
@pytest.mark.parametrize("case", RECORDED)
def test_live(case, skipping, rng):
    torch = pytest.importorskip("torch")
    optimizer_class, options, _ = RECORDED[case]
    start = [rng.standard_normal(shape) for shape in SHAPES]
    ours = [tg.tensor(values, requires_grad=True) for values in start]
    theirs = [torch.tensor(values, requires_grad=True) for values in start]
    optimizer = optimizer_class(ours, **options)
    reference = getattr(torch.optim, optimizer_class.__name__)(theirs, **options)
    for step in range(200):
        for i, (p, q) in enumerate(zip(ours, theirs)):
            if skipping and (step + i) % 5 == 0:
                p.grad = q.grad = None
            else:
                g = rng.standard_normal(p.shape)
                p.grad, q.grad = tg.tensor(np.asarray(g)), torch.tensor(g)
        optimizer.step()
        reference.step()
    for p, q in zip(ours, theirs):
        np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("case", RECORDED)
def test_each_dtype_stays_and_stays_near(case, dtype):
    optimizer_class, options, recorded = RECORDED[case]
    p = tg.tensor(START, requires_grad=True, dtype=dtype)
    if optimizer_class is tg.optim.Adam and dtype == "float16":
        options = {"eps": 1e-3, **options}  # the default is 0 in half precision
    optimizer = optimizer_class([p], **options)
    for step in range(1, 11):
        p.grad = tg.tensor(gradient(p.tolist(), step), dtype=dtype)
        optimizer.step()
    assert p.dtype == dtype
    assert all(kept.dtype == dtype for kept in optimizer.state.get(p, {}).values() if isinstance(kept, tg.Tensor))
    np.testing.assert_allclose(p.data, recorded[10], rtol=0.05 if dtype == "float16" else 1e-4)


def test_a_state_of_pytorch_is_taken_up(rng):
    torch = pytest.importorskip("torch")
    for name, options in [("Adam", {"amsgrad": True}), ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.5})]:
        start = [rng.standard_normal((3, 2)), rng.standard_normal(2)]
        theirs = [torch.tensor(values, requires_grad=True) for values in start]
        reference = getattr(torch.optim, name)(theirs, **options)

        def step_theirs(gradients, theirs=theirs, reference=reference):
            for q, g in zip(theirs, gradients):
                q.grad = torch.tensor(g)
            reference.step()

        gradients = [[rng.standard_normal(values.shape) for values in start] for _ in range(6)]
        for each in gradients[:3]:
            step_theirs(each)
        ours = [tg.tensor(q.detach().numpy(), requires_grad=True) for q in theirs]
        optimizer = getattr(tg.optim, name)(ours)
        optimizer.load_state_dict(reference.state_dict())
        for each in gradients[3:]:
            step_theirs(each)
            for p, g in zip(ours, each):
                p.grad = tg.tensor(g)
            optimizer.step()
        for p, q in zip(ours, theirs):
            np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=1e-9)
