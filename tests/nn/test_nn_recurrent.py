"""Recurrent layers: lengths, states, what is refused; and sequences that are packed and padded."""

import re

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs import nn
from tinygrad_fs.nn.utils import rnn

LAYERS = [nn.RNN, nn.LSTM, nn.GRU]
CELLS = {nn.RNN: nn.RNNCell, nn.LSTM: nn.LSTMCell, nn.GRU: nn.GRUCell}


def hidden(state):
    """The h of a state, which is a pair for LSTM."""
    return state[0] if isinstance(state, tuple) else state


@pytest.mark.parametrize("layer", LAYERS)
class TestEveryLayer:
    def test_is_a_loop_over_its_cell(self, layer):
        it, cell = layer(3, 4), CELLS[layer](3, 4)
        cell.load_state_dict({name.removesuffix("_l0"): value for name, value in it.state_dict().items()})
        x = tg.randn(5, 2, 3)
        output, last = it(x)
        state = None
        for step, expected in zip(x, output):
            state = cell(step, state)
            np.testing.assert_allclose(hidden(state).data, expected.data, rtol=1e-5, atol=1e-7)
        np.testing.assert_allclose(hidden(last).data[0], hidden(state).data, rtol=1e-5, atol=1e-7)

    def test_goes_on_where_it_stopped(self, layer):
        it = layer(3, 4, 2)
        x = tg.randn(6, 2, 3)
        whole, end = it(x)
        first, state = it(x[:4])
        second, stop = it(x[4:], state)
        np.testing.assert_allclose(np.concatenate([first.data, second.data]), whole.data, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(hidden(stop).data, hidden(end).data, rtol=1e-5, atol=1e-6)

    def test_packed_sequences_are_as_if_each_ran_alone(self, layer):
        it = layer(3, 4, 2, bidirectional=True)
        sequences = [tg.randn(length, 3) for length in (2, 5, 3)]
        output, last = it(rnn.pack_sequence(sequences, enforce_sorted=False))
        for n, (sequence, found) in enumerate(zip(sequences, rnn.unpack_sequence(output))):
            alone, end = it(sequence)
            np.testing.assert_allclose(found.data, alone.data, rtol=1e-5, atol=1e-6)
            np.testing.assert_allclose(hidden(last).data[:, n], hidden(end).data, rtol=1e-5, atol=1e-6)

    def test_nothing_flows_in_from_the_padding(self, layer):
        it = layer(3, 4, bidirectional=True)
        x = tg.randn(5, 2, 3, requires_grad=True)
        output, last = it(rnn.pack_padded_sequence(x, [5, 2]))
        (output.data.sum() + hidden(last).sum()).backward()
        gradients = np.abs(x.grad.data).sum(-1)
        assert (gradients[:, 0] > 0).all()
        assert (gradients[:2, 1] > 0).all()
        assert (gradients[2:, 1] == 0).all()

    def test_dropout_is_between_layers_while_training(self, layer):
        it = layer(3, 4, 2, dropout=0.5, generator=np.random.default_rng(0))
        x = tg.randn(3, 1, 3)
        assert it(x)[0].tolist() != it(x)[0].tolist()
        it.eval()
        assert it(x)[0].tolist() == it(x)[0].tolist()
        it.train().generator = np.random.default_rng(5)
        first = it(x)[0].tolist()
        it.generator = np.random.default_rng(5)
        assert it(x)[0].tolist() == first

    def test_initial_values_are_uniform_within_the_bound(self, layer):
        for parameter in layer(8, 64, 2, bidirectional=True).parameters():
            assert np.abs(parameter.data).max() <= 1 / 8
            assert np.abs(parameter.data).max() > 0.12
            assert parameter.data.std() == pytest.approx(1 / 8 / 3**0.5, rel=0.1)

    def test_initial_values_come_from_the_generator(self, layer):
        a, b = (layer(2, 3, generator=np.random.default_rng(1)) for _ in range(2))
        assert [p.tolist() for p in a.parameters()] == [p.tolist() for p in b.parameters()]
        assert layer(2, 3, dtype="float64").weight_hh_l0.dtype == np.float64

    def test_an_empty_batch_has_gradients(self, layer):
        it = layer(3, 4)
        output, _ = it(tg.zeros((5, 0, 3)))
        assert output.shape == (5, 0, 4)
        output.sum().backward()
        assert it.weight_hh_l0.grad.tolist() == np.zeros_like(it.weight_hh_l0.data).tolist()

    @pytest.mark.parametrize(
        ("call", "message"),
        [
            (
                lambda it: it(tg.ones((4, 2, 5))),
                "the input has shape (4, 2, 5); it must be (steps, N, 3) or (steps, 3)",
            ),
            (lambda it: it(tg.ones(3)), "the input has shape (3,)"),
            (lambda it: it(tg.ones((0, 2, 3))), "the input has no steps"),
        ],
    )
    def test_what_it_refuses(self, layer, call, message):
        with pytest.raises(ValueError, match=re.escape(f"{layer.__name__}: {message}")):
            call(layer(3, 4))

    def test_it_refuses_options_that_make_no_sense(self, layer):
        for options, message in (
            ({"input_size": 0}, "input_size=0"),
            ({"num_layers": 0}, "num_layers=0 must be positive"),
            ({"dropout": 1.5}, "dropout=1.5 is no probability"),
        ):
            with pytest.raises(ValueError, match=f"^{layer.__name__}: .*{message}"):
                layer(**{"input_size": 3, "hidden_size": 4, **options})
        with pytest.warns(UserWarning, match=f"{layer.__name__}: dropout=0.5 is between layers"):
            layer(3, 4, dropout=0.5)

    def test_another_dtype_is_refused(self, layer):
        with pytest.raises(TypeError, match=rf"{layer.__name__}\(3, 4\): the input has dtype float64"):
            layer(3, 4)(tg.ones((2, 1, 3), dtype="float64"))

    def test_states_of_other_shapes_are_refused(self, layer):
        state = tg.zeros((1, 3, 4))
        with pytest.raises(ValueError, match=r"h has shape \(1, 3, 4\); for this input it must be \(1, 2, 4\)"):
            layer(3, 4)(tg.ones((5, 2, 3)), (state, state) if layer is nn.LSTM else state)


def test_an_lstm_wants_a_pair():
    with pytest.raises(TypeError, match=r"LSTM: hx is a pair \(h, c\), not a Tensor"):
        nn.LSTM(3, 4)(tg.ones((5, 2, 3)), tg.zeros((1, 2, 4)))
    with pytest.raises(TypeError, match=r"LSTMCell: hx is a pair \(h, c\), not a Tensor"):
        nn.LSTMCell(3, 4)(tg.ones((2, 3)), tg.zeros((2, 4)))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.LSTM(3, 4, proj_size=2), "LSTM: proj_size=2: there are no projections"),
        (lambda: nn.RNN(3, 4, nonlinearity="gelu"), "RNN: nonlinearity='gelu' is unknown"),
        (lambda: nn.RNNCell(3, 4, nonlinearity="gelu"), "RNNCell: nonlinearity='gelu' is unknown"),
        (lambda: nn.GRUCell(3, 4)(tg.ones((2, 2, 3))), "GRUCell: the input has shape (2, 2, 3); it must be (N, 3)"),
        (lambda: nn.GRUCell(3, 4)(tg.ones((2, 3)), tg.ones(4)), "hx has shape (4,); for this input it must be (2, 4)"),
        (lambda: rnn.pack_padded_sequence(tg.ones((3, 2)), [2, 3]), "lengths [2, 3] do not fall"),
        (lambda: rnn.pack_padded_sequence(tg.ones((3, 2)), [3, 0]), "do not fit 2 sequences of up to 3 steps"),
        (lambda: rnn.pack_padded_sequence(tg.ones((3, 2)), [4, 1]), "do not fit"),
        (lambda: rnn.pack_padded_sequence(tg.ones((3, 2)), [3]), "do not fit"),
        (lambda: rnn.pad_sequence([]), "sequences of shapes (none)"),
        (lambda: rnn.pad_sequence([tg.ones((2, 1)), tg.ones((2, 2))]), "(2, 1), (2, 2); they may differ in axis 0"),
        (lambda: rnn.pad_sequence([tg.ones(2)], padding_side="top"), "padding_side='top'"),
        (
            lambda: rnn.pad_packed_sequence(rnn.pack_sequence([tg.ones(3)]), total_length=2),
            "total_length=2 is less than the 3 steps",
        ),
        (lambda: rnn.pad_packed_sequence(tg.ones(3)), "pad_packed_sequence: it takes a PackedSequence, not a Tensor"),
    ],
)
def test_what_cannot_be(call, message):
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        call()


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (nn.LSTM(3, 4), "LSTM(3, 4)"),
        (
            nn.GRU(3, 4, 2, bias=False, batch_first=True, dropout=0.1, bidirectional=True),
            "GRU(3, 4, num_layers=2, bias=False, batch_first=True, dropout=0.1, bidirectional=True)",
        ),
        (nn.RNNCell(3, 4, bias=False, nonlinearity="relu"), "RNNCell(3, 4, bias=False, nonlinearity=relu)"),
    ],
)
def test_repr(layer, expected):
    assert repr(layer) == expected


class TestPacking:
    SEQUENCES = [np.arange(4.0), np.array([10.0, 11.0]), np.array([20.0, 21.0, 22.0])]  # noqa: RUF012

    def test_there_and_back(self):
        leaves = [tg.tensor(each, requires_grad=True) for each in self.SEQUENCES]
        packed = rnn.pack_sequence(leaves, enforce_sorted=False)
        assert packed.data.tolist() == [0.0, 20.0, 10.0, 1.0, 21.0, 11.0, 2.0, 22.0, 3.0]
        assert packed.batch_sizes.tolist() == [3, 3, 2, 1]
        assert (packed.sorted_indices.tolist(), packed.unsorted_indices.tolist()) == ([0, 2, 1], [0, 2, 1])
        back = rnn.unpack_sequence(packed)
        assert [each.tolist() for each in back] == [each.tolist() for each in self.SEQUENCES]
        sum((each * each).sum() for each in back).backward()
        assert [each.grad.tolist() for each in leaves] == [(2 * each).tolist() for each in self.SEQUENCES]

    def test_padding(self):
        left = rnn.pad_sequence(self.SEQUENCES, batch_first=True, padding_value=-1.0, padding_side="left")
        assert left.tolist() == [[0.0, 1.0, 2.0, 3.0], [-1.0, -1.0, 10.0, 11.0], [-1.0, 20.0, 21.0, 22.0]]
        assert rnn.pad_sequence(self.SEQUENCES).shape == (4, 3)
        padded, lengths = rnn.pad_packed_sequence(
            rnn.pack_sequence(self.SEQUENCES, enforce_sorted=False), padding_value=-1.0, total_length=5
        )
        assert padded.tolist()[3:] == [[3.0, -1.0, -1.0], [-1.0, -1.0, -1.0]]
        assert lengths.tolist() == [4, 2, 3]

    def test_padding_comes_off(self):
        x = tg.randn((3, 4, 2), requires_grad=True)
        for batch_first in (False, True):
            rows = x if batch_first else x.swapaxes(0, 1)
            parts = nn.utils.rnn.unpad_sequence(rows, [4, 0, 2], batch_first)
            assert [part.tolist() for part in parts] == [x[0].tolist(), [], x[2, :2].tolist()]
        parts[2].sum().backward()
        assert x.grad[2].tolist() == [[1.0, 1.0], [1.0, 1.0], [0.0, 0.0], [0.0, 0.0]]
        for wrong in ([4, 1], [4, 1, 5], [4, -1, 1]):
            with pytest.raises(ValueError, match="for 3 sequences of 4 steps"):
                nn.utils.rnn.unpad_sequence(x, wrong, batch_first=True)

    def test_as_pytorch(self):
        torch = pytest.importorskip("torch")
        theirs = torch.nn.utils.rnn
        x = np.arange(24.0).reshape(4, 3, 2)
        for lengths, options in (([4, 2, 2], {}), ([1, 4, 3], {"enforce_sorted": False})):
            a = rnn.pack_padded_sequence(x, lengths, **options)
            b = theirs.pack_padded_sequence(torch.tensor(x), lengths, **options)
            for mine, other in zip(a, b):
                assert (mine is None) == (other is None)
                assert mine is None or mine.tolist() == other.tolist()
