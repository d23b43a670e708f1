"""Averages of weights: PyTorch's, parameter by parameter and buffer by buffer."""

import copy

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs import nn
from tinygrad_fs.optim import swa_utils
from tinygrad_fs.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn, update_bn


def network(library):
    return library.Sequential(library.Linear(3, 4), library.BatchNorm1d(4), library.Linear(4, 2))


AVERAGES = {
    "mean": {},
    "mean, function": {"avg_fn": "get_swa_avg_fn"},
    "mean, all at once": {"multi_avg_fn": "get_swa_multi_avg_fn"},
    "forgetting": {"avg_fn": "get_ema_avg_fn"},
    "forgetting, all at once": {"multi_avg_fn": "get_ema_multi_avg_fn"},
}


@pytest.mark.parametrize("use_buffers", [False, True])
@pytest.mark.parametrize("case", AVERAGES)
def test_pytorchs_averages(case, use_buffers, rng):
    torch = pytest.importorskip("torch")
    ours, theirs = network(nn).to("float64"), network(torch.nn).double()

    def make(module, model):
        functions = {k: getattr(module, f)(*([0.8] if "ema" in f else [])) for k, f in AVERAGES[case].items()}
        if case == "mean, all at once" and module is not swa_utils:
            functions = {}  # in PyTorch 2.13 it raises on a CPU; the mean is what it is to compute
        return module.AveragedModel(model, use_buffers=use_buffers, **functions)

    mine, reference = make(swa_utils, ours), make(torch.optim.swa_utils, theirs)
    for step in range(5):
        for (name, p), q in zip(ours.state_dict().items(), theirs.state_dict().values()):
            values = np.asarray(step * 3) if "num_batches" in name else rng.standard_normal(p.shape)
            np.copyto(p.data, values)
            q.copy_(torch.tensor(values))
        mine.update_parameters(ours)
        reference.update_parameters(theirs)
    expected = reference.state_dict()
    assert mine.state_dict().keys() == expected.keys()
    for name, value in mine.state_dict().items():
        slack = 1 if "num_batches" in name else 0  # the average of a count is cut to an integer
        np.testing.assert_allclose(value.data, expected[name].numpy(), rtol=1e-12, atol=slack, err_msg=name)


def test_the_average_is_a_copy_and_goes_through_a_state():
    model = network(nn)
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.5))
    before = copy.deepcopy(model.state_dict())
    for _ in range(2):
        average.update_parameters(model)
        nn.init.zeros_(model[0].weight)
    np.testing.assert_allclose(average.module[0].weight.data, before["0.weight"].data / 2)
    other = AveragedModel(network(nn))
    other.load_state_dict(average.state_dict())
    assert other.n_averaged.item() == 2
    np.testing.assert_array_equal(other.module[0].weight.data, average.module[0].weight.data)


def test_an_update_counts_as_a_change():
    average = AveragedModel(model := nn.Linear(2, 1))
    loss = (average.module.weight**2).sum()
    average.update_parameters(model)
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


def test_what_an_optimizer_has_packed_can_be_averaged():
    model = nn.Linear(2, 2)
    average = AveragedModel(model)
    optimizer = tg.optim.SGD(model.parameters(), lr=1.0)
    for _ in range(2):
        optimizer.zero_grad()
        model.weight.sum().backward()
        average.update_parameters(model)
        optimizer.step()
    np.testing.assert_allclose(average.module.weight.data, model.weight.data + 1.5, atol=1e-6)


def test_misuse_is_told():
    model = nn.Linear(2, 1)
    with pytest.raises(ValueError, match="give avg_fn or multi_avg_fn, not both"):
        AveragedModel(model, avg_fn=min, multi_avg_fn=min)
    with pytest.raises(ValueError, match="the Linear has other parameters than the model"):
        AveragedModel(model).update_parameters(nn.Linear(3, 1))
    for make in (swa_utils.get_ema_avg_fn, get_ema_multi_avg_fn):
        with pytest.raises(ValueError, match=f"{make.__name__}: decay=1.5 must be between 0 and 1"):
            make(1.5)


def test_statistics_are_those_of_the_weights_there_are(rng):
    model = network(nn)
    model.eval()
    model[2].train()
    momentum = model[1].momentum
    batches = [(tg.Tensor(rng.standard_normal((5, 3)).astype("float32")), None) for _ in range(3)]
    update_bn(batches, model)
    hidden = [model[0](x).data for x, _ in batches]
    np.testing.assert_allclose(model[1].running_mean.data, np.mean([h.mean(0) for h in hidden], axis=0), rtol=1e-5)
    np.testing.assert_allclose(model[1].running_var.data, np.mean([h.var(0, ddof=1) for h in hidden], 0), rtol=1e-5)
    assert model[1].momentum == momentum
    assert [each.training for each in model] == [False, False, True]


def test_a_loader_that_fails_leaves_the_modes_as_they_were():
    model = network(nn).eval()
    with pytest.raises(ZeroDivisionError):
        update_bn((1 / 0 for _ in range(1)), model)
    assert (model.training, model[1].momentum) == (False, 0.1)


def test_without_batch_normalisation_nothing_is_asked_of_the_loader():
    update_bn((pytest.fail("asked") for _ in range(1)), nn.Linear(1, 1))
