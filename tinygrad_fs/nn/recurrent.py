"""Recurrent layers: RNN, LSTM and GRU over whole sequences, of one length or of different ones."""

from __future__ import annotations

import math
import warnings
from typing import Any, ClassVar

import numpy as np

from tinygrad_fs import ops
from tinygrad_fs.creation import zeros
from tinygrad_fs.dtypes import DTypeLike
from tinygrad_fs.nn import init
from tinygrad_fs.nn.module import Module
from tinygrad_fs.nn.parameter import Parameter
from tinygrad_fs.nn.utils.rnn import PackedSequence
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.layers.recurrent import Gru, Lstm, Rnn
from tinygrad_fs.ops.layers.steps import Steps
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["GRU", "LSTM", "RNN"]


class _Recurrent(Module):
    """What recurrent layers have in common; they differ in a step, and in what they remember from one to the next."""

    _parts: ClassVar[int]
    """How many times hidden_size rows the weights have."""
    _states: ClassVar[tuple[str, ...]]
    """The names of what is remembered."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int,
        bias: bool,
        batch_first: bool,
        dropout: float,
        bidirectional: bool,
        dtype: DTypeLike | None,
        generator: np.random.Generator | None,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        self._check_ints(input_size=input_size, hidden_size=hidden_size, num_layers=num_layers)
        if input_size < 1 or hidden_size < 1 or num_layers < 1:
            raise ValueError(
                f"{name}: input_size={input_size}, hidden_size={hidden_size}, num_layers={num_layers} must be positive"
            )
        if not 0.0 <= dropout <= 1.0:
            raise ValueError(f"{name}: dropout={dropout} is no probability; it must be in [0, 1]")
        if dropout and num_layers == 1:
            warnings.warn(f"{name}: dropout={dropout} is between layers, and there is one layer alone", stacklevel=3)
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = dropout
        self.bidirectional = bidirectional
        self.generator = generator
        rows = self._parts * hidden_size
        for layer, suffix in self._suffixes():
            size = input_size if layer == 0 else hidden_size * (1 + bidirectional)
            self.register_parameter(f"weight_ih{suffix}", Parameter(zeros((rows, size), dtype)))
            self.register_parameter(f"weight_hh{suffix}", Parameter(zeros((rows, hidden_size), dtype)))
            if bias:
                self.register_parameter(f"bias_ih{suffix}", Parameter(zeros(rows, dtype)))
                self.register_parameter(f"bias_hh{suffix}", Parameter(zeros(rows, dtype)))
        self.reset_parameters(generator)

    def reset_parameters(self, generator: np.random.Generator | None = None) -> None:
        """Draw the initial values anew."""
        bound = 1.0 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound, generator)

    def _suffixes(self) -> list[tuple[int, str]]:
        """The layers, and what the names of the parameters of each direction end with."""
        directions = ("", "_reverse") if self.bidirectional else ("",)
        return [(layer, f"_l{layer}{each}") for layer in range(self.num_layers) for each in directions]

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters of each layer and direction."""
        kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh") if self.bias else ("weight_ih", "weight_hh")
        return [[getattr(self, kind + suffix) for kind in kinds] for _, suffix in self._suffixes()]

    def _step_through(self, x: Any, states: list[Any], weights: list[Parameter], steps: Steps) -> Any:
        """All hidden states of one layer in one direction, and the last of each that is remembered."""
        raise NotImplementedError

    def forward(self, input: TensorLike | PackedSequence, hx: Any = None) -> Any:
        """Go through sequences.

        Parameters
        ----------
        input : array_like or PackedSequence
            Of shape (steps, N, input_size); (N, steps, input_size) if `batch_first`; (steps, input_size) for a single
            sequence.
        hx : array_like, or a pair (h, c) for LSTM, optional
            What to begin with, of shape (layers times directions, N, hidden_size), without N for a single sequence;
            zeros if not given.

        Returns
        -------
        output : Tensor or PackedSequence
            The hidden states of the last layer at all steps, of the shape of `input` with its last size replaced by
            directions times hidden_size.
        hx : Tensor, or a pair for LSTM
            What it ends with, as above.
        """
        if isinstance(input, PackedSequence):
            return self._forward_packed(input, hx)
        x = given(input)
        self._check_input(x, (2, 3))
        if x.ndim == 2:
            output, last = self._forward_batch(x[:, None], hx, single=True)
            return output[:, 0], self._given_back([each[:, 0] for each in last])
        output, last = self._forward_batch(x.swapaxes(0, 1) if self.batch_first else x, hx)
        return output.swapaxes(0, 1) if self.batch_first else output, self._given_back(last)

    def _forward_batch(self, x: Any, hx: Any, single: bool = False) -> tuple[Tensor, list[Tensor]]:
        """Sequences of one length, of shape (steps, N, input_size)."""
        length, count, size = x.shape
        if not length:
            raise ValueError(f"{type(self).__name__}: the input has no steps; there must be one at least")
        states = self._first_states(hx, count, x.dtype, single)
        rows, last = self._through_layers(np.reshape(x, (length * count, size)), states, (count,) * length)
        return rows.reshape(length, count, rows.shape[1]), last

    def _forward_packed(self, packed: PackedSequence, hx: Any) -> tuple[PackedSequence, Any]:
        self._check_input(packed.data, (2,))
        sizes = packed.batch_sizes.tolist()
        states = self._first_states(hx, sizes[0], packed.data.dtype, False)
        if hx is not None and packed.sorted_indices is not None:
            states = [each[:, packed.sorted_indices.data] for each in states]
        rows, last = self._through_layers(packed.data, states, tuple(sizes))
        if packed.unsorted_indices is not None:
            last = [each[:, packed.unsorted_indices.data] for each in last]
        return packed._replace(data=rows), self._given_back(last)

    def _through_layers(self, rows: Any, states: list[Any], sizes: tuple[int, ...]) -> tuple[Tensor, list[Tensor]]:
        """Go through all layers; the rows are those of `Steps`."""
        directions = [Steps(sizes, reverse) for reverse in ((False, True) if self.bidirectional else (False,))]
        weights, last = self.all_weights, []
        for layer in range(self.num_layers):
            outputs = []
            for way, steps in enumerate(directions):
                place = layer * len(directions) + way
                output, *ends = self._step_through(rows, [each[place] for each in states], weights[place], steps)
                outputs.append(output)
                last.append(ends)
            rows = outputs[0] if len(outputs) == 1 else ops.concatenate(outputs, axis=1)
            if self.dropout and layer < self.num_layers - 1:
                rows = ops.dropout(rows, self.dropout, self.training, self.generator)
        return rows, [ops.stack(each) for each in zip(*last)]

    def _first_states(self, hx: Any, count: int, dtype: Any, single: bool) -> list[Any]:
        """What to begin with, one of shape (layers times directions, N, hidden_size) for each state."""
        name = type(self).__name__
        shape = (self.num_layers * (1 + self.bidirectional), count, self.hidden_size)
        if hx is None:
            return [zeros(shape, dtype)] * len(self._states)
        several = len(self._states) > 1
        if several and not (isinstance(hx, (tuple, list)) and len(hx) == len(self._states)):
            raise TypeError(f"{name}: hx is a pair ({', '.join(self._states)}), not a {type(hx).__name__}")
        states = [given(each) for each in (hx if several else [hx])]
        expected = (shape[0], shape[2]) if single else shape
        for state, what in zip(states, self._states):
            if state.shape != expected:
                raise ValueError(f"{name}: {what} has shape {state.shape}; for this input it must be {expected}")
            self._check_dtype(state, self.all_weights[0][0])
        return [state[:, None] for state in states] if single else states

    def _given_back(self, states: list[Tensor]) -> Any:
        return tuple(states) if len(states) > 1 else states[0]

    def _check_input(self, x: Any, axes: tuple[int, ...]) -> None:
        name = type(self).__name__
        if x.ndim not in axes or x.shape[-1] != self.input_size:
            layout = "(N, steps, {0}) or (steps, {0})" if self.batch_first else "(steps, N, {0}) or (steps, {0})"
            expected = layout if len(axes) > 1 else "(rows, {0})"
            raise ValueError(f"{name}: the input has shape {x.shape}; it must be {expected.format(self.input_size)}")
        self._check_dtype(x, self.all_weights[0][0])

    def extra_repr(self) -> str:
        usual = {"num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0, "bidirectional": False}
        said = [f"{name}={getattr(self, name)}" for name, value in usual.items() if getattr(self, name) != value]
        return ", ".join([f"{self.input_size}, {self.hidden_size}", *said])


class LSTM(_Recurrent):
    """Long short-term memory over sequences, in one or several layers, in one direction or both.

    ::

        i = sigmoid(W_ii x + b_ii + W_hi h + b_hi)        f, o: the same with weights of their own
        g = tanh(W_ig x + b_ig + W_hg h + b_hg)
        c = f * c + i * g
        h = o * tanh(c)

    for each step x, with h and c of the step before. Each layer is one op. Hochreiter and Schmidhuber 1997, "Long
    short-term memory"; Gers, Schmidhuber and Cummins 2000, "Learning to forget".

    Parameters
    ----------
    input_size : int
        The features of a step.
    hidden_size : int
        The features of h and c.
    num_layers : int, default 1
        The layers; each goes through the hidden states of the one before.
    bias : bool, default True
        Whether there are the b.
    batch_first : bool, default False
        Whether inputs and outputs are (N, steps, features) in place of (steps, N, features).
    dropout : float, default 0
        The probability with which elements are left out between layers while training.
    bidirectional : bool, default False
        Whether each layer goes through the sequence backwards, too; its outputs are joined.
    proj_size : int, default 0
        Projections of h are not supported; other numbers are refused.
    dtype : dtype, optional
        Of the parameters; the default dtype if not given.
    generator : numpy.random.Generator, optional
        Draws initial values and what is left out; the default generator if not given.

    Attributes
    ----------
    weight_ih_l[k] : Parameter of shape (4 hidden_size, features of the layer's input)
        W_ii, W_if, W_ig and W_io of layer k. All parameters are at first from U(-k, k) with k = 1 / sqrt(hidden_size).
    weight_hh_l[k] : Parameter of shape (4 hidden_size, hidden_size)
        W_hi, W_hf, W_hg and W_ho.
    bias_ih_l[k], bias_hh_l[k] : Parameter of shape (4 hidden_size,)
        The b, in the same order. The names of backward directions end with "_reverse".

    Raises
    ------
    TypeError
        When called with an input of another dtype than the parameters', or an `hx` that is no pair.
    ValueError
        If an option makes no sense, or when called with shapes that do not fit.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> lstm = tg.nn.LSTM(10, 20, num_layers=2)
    >>> output, (h, c) = lstm(tg.randn(5, 3, 10))
    >>> output.shape, h.shape, c.shape
    ((5, 3, 20), (2, 3, 20), (2, 3, 20))
    """

    _parts = 4
    _states = ("h", "c")

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        *,
        dtype: DTypeLike | None = None,
        generator: np.random.Generator | None = None,
    ) -> None:
        if proj_size:
            raise ValueError(f"LSTM: proj_size={proj_size}: there are no projections; put an nn.Linear after it")
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, dtype, generator
        )

    def _step_through(self, x: Any, states: list[Any], weights: list[Parameter], steps: Steps) -> Any:
        w, u, *biases = weights
        b = biases[0] + biases[1] if biases else None
        return Lstm.apply(x, *states, w, u, b, steps=steps)[:3]


class GRU(_Recurrent):
    """Gated recurrent units over sequences, in one or several layers, in one direction or both.

    ::

        r = sigmoid(W_ir x + b_ir + W_hr h + b_hr)        z: the same with weights of its own
        n = tanh(W_in x + b_in + r * (W_hn h + b_hn))
        h = (1 - z) * n + z * h

    for each step x, with h of the step before. Each layer is one op. Cho et al. 2014, "Learning phrase representations
    using RNN encoder-decoder for statistical machine translation".

    Parameters and errors are those of `LSTM`, without `proj_size`; so are attributes, with three parts r, z, n in place
    of four.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> gru = tg.nn.GRU(10, 20, bidirectional=True, batch_first=True)
    >>> output, h = gru(tg.randn(3, 5, 10))
    >>> output.shape, h.shape
    ((3, 5, 40), (2, 3, 20))
    """

    _parts = 3
    _states = ("h",)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        dtype: DTypeLike | None = None,
        generator: np.random.Generator | None = None,
    ) -> None:
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, dtype, generator
        )

    def _step_through(self, x: Any, states: list[Any], weights: list[Parameter], steps: Steps) -> Any:
        return Gru.apply(x, *states, *weights, steps=steps)[:2]


class RNN(_Recurrent):
    """The plain recurrent layer, h = tanh(W_ih x + b_ih + W_hh h + b_hh), or with relu.

    Elman 1990, "Finding structure in time". Parameters and errors are those of `LSTM`, without `proj_size`; so are
    attributes, with one part in place of four.

    Parameters
    ----------
    nonlinearity : {"tanh", "relu"}

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> rnn = tg.nn.RNN(10, 20)
    >>> output, h = rnn(tg.randn(5, 10))
    >>> output.shape, h.shape
    ((5, 20), (1, 20))
    """

    _parts = 1
    _states = ("h",)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        dtype: DTypeLike | None = None,
        generator: np.random.Generator | None = None,
    ) -> None:
        check_nonlinearity("RNN", nonlinearity)
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, dtype, generator
        )
        self.nonlinearity = nonlinearity

    def _step_through(self, x: Any, states: list[Any], weights: list[Parameter], steps: Steps) -> Any:
        w, u, *biases = weights
        b = biases[0] + biases[1] if biases else None
        return Rnn.apply(x, *states, w, u, b, steps=steps, rectified=self.nonlinearity == "relu")


def check_nonlinearity(name: str, nonlinearity: str) -> None:
    """Raise if this is none of a plain recurrent layer."""
    if nonlinearity not in ("tanh", "relu"):
        raise ValueError(f"{name}: nonlinearity={nonlinearity!r} is unknown; use 'tanh' or 'relu'")
