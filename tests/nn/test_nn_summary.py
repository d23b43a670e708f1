"""nn.summary: the numbers are right, and the model is left as it was."""

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs import nn
from tinygrad_fs.nn import summaries


class Residual(nn.Module):
    """A layer that is called twice, and a product in `forward`."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(4, 4)
        self.unused = nn.Linear(4, 9)

    def forward(self, x):
        x = self.inner(self.inner(x))
        return x @ x.T


def by_name(result):
    return {row.name: row for row in result.rows}


def test_parameters_calls_and_shapes():
    rows = by_name(nn.summary(nn.Sequential(Residual(), nn.ReLU()), tg.ones((3, 4))))
    assert list(rows) == ["", "0", "0.inner", "0.unused", "1"]
    assert [row.kind for row in rows.values()] == ["Sequential", "Residual", "Linear", "Linear", "ReLU"]
    assert [row.calls for row in rows.values()] == [1, 1, 2, 0, 1]
    assert [row.output for row in rows.values()] == [(3, 3), (3, 3), (3, 4), None, (3, 3)]
    assert [row.parameters for row in rows.values()] == [65, 65, 20, 45, 0]


@pytest.mark.parametrize(
    ("model", "shape", "expected"),
    [
        (nn.Linear(4, 5), (3, 2, 4), 3 * 2 * 4 * 5),
        (nn.Conv2d(4, 6, (3, 2), padding=1, groups=2), (2, 4, 5, 5), 2 * 6 * 5 * 6 * (2 * 3 * 2)),
        (nn.Conv1d(4, 6, 3, stride=2), (2, 4, 9), 2 * 6 * 4 * (4 * 3)),
        (nn.Conv3d(1, 2, 2), (1, 1, 3, 3, 3), 2 * 8 * 8),
        (nn.ConvTranspose2d(4, 6, 3), (2, 4, 5, 5), 2 * 4 * 5 * 5 * 6 * 9),
        (nn.LSTM(4, 5), (3, 2, 4), 3 * 2 * 4 * 5 * (4 + 5)),
        (nn.GRU(4, 5, bidirectional=True), (3, 2, 4), 2 * 3 * 2 * 3 * 5 * (4 + 5)),
        (nn.RNN(4, 5, 2), (3, 2, 4), 3 * 2 * 5 * (4 + 5 + 5 + 5)),
        (Residual(), (3, 4), 2 * 3 * 4 * 4 + 3 * 4 * 3),
        (nn.ReLU(), (3, 4), 0),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else None,
)
def test_multiply_adds(model, shape, expected):
    assert nn.summary(model, tg.ones(shape)).multiply_adds == expected


def test_multiply_adds_of_attention_and_einsum():
    class Products(nn.Module):
        def forward(self, q, k):
            return tg.einsum("bqd,bkd->bqk", q, k)

    q, k = tg.ones((2, 3, 4), requires_grad=True), tg.ones((2, 5, 4))
    assert nn.summary(Products(), (q, k)).multiply_adds == 2 * 3 * 5 * 4
    assert nn.summary(Products(), (q.detach(), k)).multiply_adds > 0
    attention = nn.MultiheadAttention(4, 2)
    x = tg.ones((3, 2, 4))
    projections, products = 3 * 2 * (4 * 12 + 4 * 4), 2 * 2 * (2 * 3 * 3 * 2)
    assert nn.summary(attention, (x, x, x)).multiply_adds == projections + products


def test_kept_memory_is_that_of_the_graph_and_counts_once():
    x = tg.ones((10, 4), dtype="float64")
    net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2)).double()
    rows = by_name(nn.summary(net, x))
    assert rows["0"].kept == x.data.nbytes  # the input; its weight is the model's own
    assert rows["1"].kept == 10 * 8 * 8  # the output of tanh, which the next layer needs too
    assert rows["2"].kept == 0
    assert rows[""].kept == rows["0"].kept + rows["1"].kept


def test_totals():
    net = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8))
    net[0].requires_grad_(False)
    result = nn.summary(net, tg.ones((2, 4)))
    assert (result.parameters, result.trainable) == (4 * 8 + 8 + 16, 16)
    assert result.parameter_bytes == 4 * (4 * 8 + 8 + 16 + 16) + 8
    assert result.kept_bytes == result.rows[0].kept


def test_shared_parameters_count_once():
    net = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    net[1].weight = net[0].weight
    assert [row.parameters for row in nn.summary(net, tg.ones((1, 3))).rows] == [15, 12, 12]


def test_the_model_is_left_as_it_was():
    generator = np.random.default_rng(3)
    net = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Dropout(), nn.Dropout(generator=generator))
    tg.manual_seed(5)
    expected = [tg.rand(2).tolist(), np.random.default_rng(3).random()]
    tg.manual_seed(5)
    state = {name: value.tolist() for name, value in net.state_dict().items()}
    nn.summary(net, tg.randn(4, 3, generator=np.random.default_rng(0)))
    assert {name: value.tolist() for name, value in net.state_dict().items()} == state
    assert [tg.rand(2).tolist(), generator.random()] == expected
    assert net.training
    assert all(not (m._hooks and (m._hooks.before.functions or m._hooks.after.functions)) for m in net.modules())


def test_a_call_that_fails_leaves_nothing_behind():
    net = nn.Sequential(nn.Linear(3, 3))
    with pytest.raises(ValueError, match="linear"):
        nn.summary(net, tg.ones((2, 4)))
    assert not net[0]._hooks.before.functions


def test_lazy_layers_and_several_outputs():
    assert nn.summary(nn.LazyLinear(2), tg.ones((1, 3))).parameters == 8
    (row,) = nn.summary(nn.LSTM(3, 4), tg.ones((5, 2, 3))).rows
    assert row.output == ((5, 2, 4), ((1, 2, 4), (1, 2, 4)))


def test_the_table():
    text = repr(nn.summary(nn.Sequential(Residual(), nn.ReLU()), tg.ones((3, 4))))
    lines = text.splitlines()
    assert [line.split()[0] for line in lines[2:7]] == ["Sequential", "0", "inner", "unused", "1"]
    assert "    inner Linear x2" in text
    assert "not called" in lines[5]
    assert len({len(line) for line in lines[:8]}) == 1
    assert "parameters: 65, of which trainable: 65" in text


def test_every_op_that_is_counted_exists():
    from tinygrad_fs.op import Op

    def everything(kind):
        return {kind.__name__}.union(*map(everything, kind.__subclasses__()))

    assert set(summaries._MULTIPLY_ADDS) <= everything(Op)


@pytest.mark.parametrize(("count", "text"), [(0, "0 B"), (999, "999 B"), (1234, "1.23 kB"), (5_600_000, "5.6 MB")])
def test_bytes_are_readable(count, text):
    assert summaries._bytes(count) == text
