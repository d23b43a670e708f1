"""Schedules give PyTorch's rates: recorded ones always, live ones where PyTorch is installed."""

import copy
import inspect

import numpy as np
import pytest
from schedules import CASES, MEASURES, RECORD, all_schedules, go, two_groups

import tinygrad_fs as tg
from tinygrad_fs import optim
from tinygrad_fs.optim import lr_scheduler as schedulers

every_case = pytest.mark.parametrize("case", CASES)


def ours(case, adam=False):
    optimizer = two_groups(optim, lambda: tg.zeros(1, requires_grad=True), adam)
    return optimizer, CASES[case](all_schedules(optim), optimizer)


@pytest.fixture(scope="module")
def recorded():
    with np.load(RECORD) as archive:
        return dict(archive)


def test_every_schedule_has_a_case(recorded):
    assert {case.split(",")[0] for case in CASES} == {*schedulers.__all__, "SWALR"} - {"LRScheduler"}
    assert set(recorded) == set(CASES)


@every_case
def test_recorded(case, recorded):
    np.testing.assert_allclose(go(*ours(case)), recorded[case], rtol=1e-12, atol=1e-15)


@every_case
def test_live_with_betas(case):
    """With Adam, whose first beta is what momentum is to SGD."""
    torch = pytest.importorskip("torch")
    optimizer = two_groups(torch.optim, lambda: torch.zeros(1, requires_grad=True), adam=True)
    theirs = CASES[case](all_schedules(torch.optim), optimizer)
    np.testing.assert_allclose(go(*ours(case, adam=True)), go(optimizer, theirs), rtol=1e-12, atol=1e-15)


def test_arguments_and_defaults_are_pytorchs():
    torch = pytest.importorskip("torch")
    for name in (*schedulers.__all__, "SWALR"):
        mine, theirs = (
            inspect.signature(getattr(all_schedules(library), name)).parameters for library in (optim, torch.optim)
        )
        assert [(each.name, each.default) for each in mine.values()] == [
            (each.name, each.default) for each in theirs.values()
        ], name


@every_case
@pytest.mark.parametrize("at", [0, 7, 16])
@pytest.mark.parametrize("through", ["deepcopy", "file"])
def test_going_on_from_a_state(case, at, through, tmp_path):
    optimizer, schedule = ours(case)
    go(optimizer, schedule, MEASURES[:at])
    states = {"optimizer": optimizer.state_dict(), "schedule": schedule.state_dict()}
    if through == "file":
        tg.io.save(tmp_path / "x.npz", states)
        states = tg.io.load(tmp_path / "x.npz")
    other_optimizer, other = ours(case)
    go(other_optimizer, other, MEASURES[:3])  # from elsewhere
    other_optimizer.load_state_dict(copy.deepcopy(states["optimizer"]))
    other.load_state_dict(states["schedule"])
    assert other.get_last_lr() == schedule.get_last_lr()
    np.testing.assert_array_equal(go(other_optimizer, other, MEASURES[at:]), go(optimizer, schedule, MEASURES[at:]))


@every_case
def test_a_state_of_pytorch_is_taken_up(case):
    torch = pytest.importorskip("torch")
    their_optimizer = two_groups(torch.optim, lambda: torch.zeros(1, requires_grad=True))
    theirs = CASES[case](all_schedules(torch.optim), their_optimizer)
    go(their_optimizer, theirs, MEASURES[:9])
    optimizer, schedule = ours(case)
    optimizer.load_state_dict(their_optimizer.state_dict())
    schedule.load_state_dict(theirs.state_dict())
    rest = MEASURES[9:]
    np.testing.assert_allclose(go(optimizer, schedule, rest), go(their_optimizer, theirs, rest), rtol=1e-12, atol=1e-15)


@every_case
def test_a_state_that_does_not_fit_changes_nothing(case):
    optimizer, schedule = ours(case)
    go(optimizer, schedule, MEASURES[:4])
    before = copy.deepcopy(schedule.state_dict())
    lacking = copy.deepcopy(before)
    del lacking["_last_lr"]
    with pytest.raises(ValueError, match=f"{type(schedule).__name__}.load_state_dict: the state has no '_last_lr'"):
        schedule.load_state_dict(lacking)
    with pytest.raises(ValueError, match="it takes what state_dict"):
        schedule.load_state_dict([])
    for name in ("base_lrs", "min_lrs", "_schedulers"):
        if name in before:
            with pytest.raises(
                ValueError, match=r"1 groups|of 3 groups|has 3 schedules|has 4 schedules|has 2 schedules"
            ):
                schedule.load_state_dict({**before, name: [*before[name], before[name][0]]})
    assert schedule.state_dict() == before


def sgd(**options):
    return optim.SGD([tg.zeros(1, requires_grad=True)], **options)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: schedulers.StepLR(3, 1), TypeError, "StepLR: the first argument is the optimizer, not a int"),
        (lambda: schedulers.StepLR(sgd(), 0), ValueError, "step_size=0"),
        (lambda: schedulers.ConstantLR(sgd(), 2.0), ValueError, "factor=2.0"),
        (lambda: schedulers.LinearLR(sgd(), 0.0), ValueError, "start_factor=0.0"),
        (lambda: schedulers.LinearLR(sgd(), 0.5, 2.0), ValueError, "end_factor=2.0"),
        (lambda: schedulers.LinearLR(sgd(), total_iters=0), ValueError, "total_iters=0"),
        (lambda: schedulers.PolynomialLR(sgd(), total_iters=0), ValueError, "total_iters=0"),
        (lambda: schedulers.LambdaLR(sgd(), 0.5), TypeError, "a function of the epoch, not a float"),
        (lambda: schedulers.LambdaLR(sgd(), [abs, abs]), ValueError, "2 values were given, but the optimizer has 1"),
        (lambda: schedulers.CosineAnnealingLR(sgd(), 0), ValueError, "T_max=0"),
        (lambda: schedulers.CosineAnnealingWarmRestarts(sgd(), 0), ValueError, "T_0=0 must be a positive integer"),
        (lambda: schedulers.CosineAnnealingWarmRestarts(sgd(), 2, 0.5), ValueError, "T_mult=0.5"),
        (lambda: schedulers.CosineAnnealingWarmRestarts(sgd(), 2).step(-1), ValueError, "epoch=-1"),
        (lambda: schedulers.CyclicLR(sgd(), 0.1, 1.0, mode="up"), ValueError, "mode='up'; use one of 'triangular'"),
        (lambda: schedulers.CyclicLR(sgd(), 0.1, 1.0, scale_mode="x"), ValueError, "scale_mode='x'"),
        (
            lambda: schedulers.CyclicLR(optim.Adagrad([tg.zeros(1, requires_grad=True)]), 0.1, 1.0),
            ValueError,
            "Adagrad has neither momentum nor betas; use cycle_momentum=False",
        ),
        (lambda: schedulers.OneCycleLR(sgd(), 1.0), ValueError, "give total_steps, or epochs and steps_per_epoch"),
        (lambda: schedulers.OneCycleLR(sgd(), 1.0, 0), ValueError, "total_steps=0 must be a positive integer"),
        (lambda: schedulers.OneCycleLR(sgd(), 1.0, epochs=1, steps_per_epoch=2.5), ValueError, "steps_per_epoch=2.5"),
        (lambda: schedulers.OneCycleLR(sgd(), 1.0, 9, pct_start=1.5), ValueError, "pct_start=1.5"),
        (lambda: schedulers.OneCycleLR(sgd(), 1.0, 9, anneal_strategy="sin"), ValueError, "anneal_strategy='sin'"),
        (lambda: schedulers.ReduceLROnPlateau(sgd(), factor=1.0), ValueError, "factor=1.0 must be less than 1"),
        (lambda: schedulers.ReduceLROnPlateau(sgd(), mode="up"), ValueError, "mode='up'; use 'min' or 'max'"),
        (lambda: schedulers.ReduceLROnPlateau(sgd(), threshold_mode="x"), ValueError, "threshold_mode='x'"),
        (lambda: schedulers.ReduceLROnPlateau(sgd(), min_lr=[0.1, 0.1]), ValueError, "min_lr: 2 values"),
        (lambda: schedulers.SequentialLR(sgd(), [], []), ValueError, "0 schedules and 0 milestones"),
        (lambda: (lambda o: schedulers.SequentialLR(o, [schedulers.StepLR(o, 1)], [3]))(sgd()), ValueError, "1 miles"),
        (lambda: schedulers.SequentialLR(sgd(), [schedulers.StepLR(sgd(), 1)], []), ValueError, "another optimizer"),
        (
            lambda: (lambda o: schedulers.SequentialLR(o, [schedulers.ReduceLROnPlateau(o)], []))(sgd()),
            TypeError,
            "a ReduceLROnPlateau cannot be combined",
        ),
        (lambda: schedulers.ChainedScheduler([]), ValueError, "there are no schedules"),
        (lambda: schedulers.StepLR(sgd(), 1, last_epoch=3), KeyError, "group 0 has no 'initial_lr'"),
        (lambda: optim.swa_utils.SWALR(sgd(), 0.1, anneal_strategy="sin"), ValueError, "anneal_strategy='sin'"),
        (lambda: optim.swa_utils.SWALR(sgd(), 0.1, -1), ValueError, "anneal_epochs=-1"),
        (lambda: optim.swa_utils.SWALR(sgd(), [0.1, 0.2]), ValueError, "swa_lr: 2 values"),
        (lambda: schedulers.LRScheduler(sgd()), NotImplementedError, "define `def get_lr"),
    ],
)
def test_misuse_is_told(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_more_steps_than_a_cycle_has():
    schedule = schedulers.OneCycleLR(sgd(momentum=0.9), 1.0, 2)
    schedule.step()
    schedule.step()
    with pytest.raises(ValueError, match="this is step 3 of a cycle of 2"):
        schedule.step()


def test_a_group_that_came_later_is_told():
    optimizer = sgd(lr=1.0)
    schedule = schedulers.LambdaLR(optimizer, abs)
    optimizer.add_param_group({"params": [tg.zeros(1, requires_grad=True)]})
    with pytest.raises(ValueError, match="rates for 1 groups, but the optimizer has 2"):
        schedule.step()


def test_a_loss_is_taken_as_a_tensor():
    optimizer = sgd(lr=1.0)
    schedule = schedulers.ReduceLROnPlateau(optimizer, patience=0)
    for _ in range(2):
        schedule.step(tg.tensor(1.0, requires_grad=True) * 2)
    assert schedule.best == 2.0
    assert optimizer.param_groups[0]["lr"] == 0.1


def test_parts_of_an_epoch():
    torch = pytest.importorskip("torch")
    _, schedule = ours("CosineAnnealingWarmRestarts, longer")
    their_optimizer = two_groups(torch.optim, lambda: torch.zeros(1, requires_grad=True))
    theirs = CASES["CosineAnnealingWarmRestarts, longer"](torch.optim.lr_scheduler, their_optimizer)
    for epoch in np.arange(0, 40, 0.7):
        schedule.step(float(epoch))
        theirs.step(float(epoch))
        np.testing.assert_allclose(schedule.get_last_lr(), theirs.get_last_lr(), rtol=1e-12)
    schedule.step()
    theirs.step()
    np.testing.assert_allclose(schedule.get_last_lr(), theirs.get_last_lr(), rtol=1e-12)


@pytest.mark.parametrize("name", ["StepLR", "ExponentialLR", "CosineAnnealingLR", "LinearLR", "PolynomialLR"])
def test_going_on_at_an_epoch(name):
    torch = pytest.importorskip("torch")
    rates = []
    for library, make in ((optim, tg.zeros), (torch.optim, torch.zeros)):
        parameter = make(1, requires_grad=True)
        group = {"params": [parameter], "initial_lr": 0.7, "lr": 0.35}
        arguments = {"StepLR": [2], "ExponentialLR": [0.5], "CosineAnnealingLR": [8]}.get(name, [])
        optimizer = library.SGD([group])
        schedule = getattr(library.lr_scheduler, name)(optimizer, *arguments, last_epoch=1)
        rates.append(go(optimizer, schedule, MEASURES[:8])[:, 0, 0])
    np.testing.assert_allclose(*rates, rtol=1e-12)


def test_schedules_in_schedules():
    """A sequence within a sequence gives what the flat one gives; a chain begins anew where its turn comes."""
    rates = []
    for nested in (False, True):
        o = sgd(lr=1.0)
        a, b, c = schedulers.LinearLR(o, 0.1, total_iters=4), schedulers.ExponentialLR(o, 0.8), schedulers.StepLR(o, 3)
        if nested:
            schedule = schedulers.SequentialLR(o, [schedulers.SequentialLR(o, [a, b], [5]), c], [11])
        else:
            schedule = schedulers.SequentialLR(o, [a, b, c], [5, 11])
        rates.append(go(o, schedule)[:, 0, 0])
    np.testing.assert_array_equal(*rates)

    o = sgd(lr=1.0)
    chain = schedulers.ChainedScheduler([schedulers.ConstantLR(o, 0.5, 2), schedulers.ExponentialLR(o, 0.5)])
    schedule = schedulers.SequentialLR(o, [schedulers.ConstantLR(o, 1.0), chain], [2])
    assert go(o, schedule)[:6, 0, 0].tolist() == [1.0, 1.0, 0.5, 0.25, 0.25, 0.125]


class Falling:
    """A callable object with a state."""

    def __init__(self):
        self.factor = 1.0

    def __call__(self, epoch):
        self.factor *= 0.5
        return self.factor


@pytest.mark.parametrize(
    "make",
    [
        lambda o: schedulers.LambdaLR(o, Falling()),
        lambda o: schedulers.CyclicLR(o, 0.1, 1.0, 3, scale_fn=Falling(), cycle_momentum=False),
    ],
)
def test_what_a_callable_object_keeps_goes_along(make):
    optimizer = sgd(lr=1.0)
    schedule = make(optimizer)
    schedule.step()
    other = make(sgd(lr=1.0))
    other.load_state_dict(schedule.state_dict())
    schedule.step()
    other.step()
    assert schedule.get_last_lr() == other.get_last_lr()


@pytest.mark.parametrize(
    "make",
    [
        lambda optimizer, n: schedulers.CosineAnnealingWarmRestarts(optimizer, n(2), n(2)),
        lambda optimizer, n: schedulers.OneCycleLR(optimizer, 0.1, epochs=n(3), steps_per_epoch=n(4)),
        lambda optimizer, n: optim.swa_utils.SWALR(optimizer, 0.5, anneal_epochs=n(3)),
    ],
)
def test_integers_of_numpy_are_integers(make):
    rates = []
    for n in (int, np.int64):
        optimizer = optim.SGD([tg.ones(1, requires_grad=True)], lr=1.0, momentum=0.9)
        schedule = make(optimizer, n)
        for _ in range(5):
            optimizer.step()
            schedule.step()
            rates.append(optimizer.param_groups[0]["lr"])
    assert rates[:5] == rates[5:]
