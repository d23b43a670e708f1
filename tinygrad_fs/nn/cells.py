"""Recurrent cells: one step of a recurrent layer, for loops of one's own."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from tinygrad_fs.creation import zeros
from tinygrad_fs.dtypes import DTypeLike
from tinygrad_fs.nn import init
from tinygrad_fs.nn.module import Module
from tinygrad_fs.nn.parameter import Parameter
from tinygrad_fs.nn.recurrent import check_nonlinearity
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.layers.recurrent import Gru, Lstm, Rnn
from tinygrad_fs.ops.layers.steps import Steps
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["GRUCell", "LSTMCell", "RNNCell"]


class _Cell(Module):
    """What cells have in common; they differ in the step, and in what they remember from one to the next."""

    weight_ih: Parameter
    weight_hh: Parameter
    bias_ih: Parameter | None
    bias_hh: Parameter | None

    _parts: ClassVar[int]
    """How many times hidden_size rows the weights have."""
    _states: ClassVar[tuple[str, ...]]
    """The names of what is remembered."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool,
        dtype: DTypeLike | None,
        generator: np.random.Generator | None,
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows = self._parts * hidden_size
        self.weight_ih = Parameter(zeros((rows, input_size), dtype))
        self.weight_hh = Parameter(zeros((rows, hidden_size), dtype))
        self.register_parameter("bias_ih", Parameter(zeros(rows, dtype)) if bias else None)
        self.register_parameter("bias_hh", Parameter(zeros(rows, dtype)) if bias else None)
        self.reset_parameters(generator)

    def reset_parameters(self, generator: np.random.Generator | None = None) -> None:
        """Draw the initial values anew."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size else 0.0
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound, generator)

    def _step(self, x: Any, states: list[Any]) -> list[Tensor]:
        """The next of each state, for inputs of shape (N, input_size)."""
        raise NotImplementedError

    def _stepped(self, input: TensorLike, states: tuple[Any, ...] | None) -> list[Tensor]:
        """`_step`, also for a single input without N, and with zeros where no states are given."""
        x, name = given(input), type(self).__name__
        if x.ndim not in (1, 2) or x.shape[-1] != self.input_size:
            raise ValueError(
                f"{name}: the input has shape {x.shape}; it must be (N, {self.input_size}) or ({self.input_size},)"
            )
        self._check_dtype(x, self.weight_ih)
        shape = (*x.shape[:-1], self.hidden_size)
        held = [zeros(shape, x.dtype)] * len(self._states) if states is None else [given(each) for each in states]
        for state, what in zip(held, self._states):
            if state.shape != shape:
                raise ValueError(f"{name}: {what} has shape {state.shape}; for this input it must be {shape}")
            self._check_dtype(state, self.weight_ih)
        if x.ndim == 2:
            return self._step(x, held)
        return [each[0] for each in self._step(x[None], [each[None] for each in held])]

    def _summed_bias(self) -> Any:
        return None if self.bias_ih is None or self.bias_hh is None else self.bias_ih + self.bias_hh

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias else ", bias=False")


class RNNCell(_Cell):
    """One step of `RNN`: h = tanh(W_ih x + b_ih + W_hh h + b_hh), or with relu.

    Parameters
    ----------
    input_size, hidden_size : int
        The features of x and of h.
    bias : bool, default True
        Whether there are the b.
    nonlinearity : {"tanh", "relu"}
    dtype : dtype, optional
        Of the parameters; the default dtype if not given.
    generator : numpy.random.Generator, optional
        Draws the initial values; the default generator if not given.

    Attributes
    ----------
    weight_ih, weight_hh : Parameter of shape (hidden_size, input_size) and (hidden_size, hidden_size)
        At first from U(-k, k) with k = 1 / sqrt(hidden_size), as the others.
    bias_ih, bias_hh : Parameter of shape (hidden_size,), or None

    Raises
    ------
    TypeError
        When called with an input of another dtype than the parameters'.
    ValueError
        If the nonlinearity is another one, or when called with shapes that do not fit.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> cell, h = tg.nn.RNNCell(3, 4), None
    >>> for x in tg.randn(6, 2, 3):
    ...     h = cell(x, h)
    >>> h.shape
    (2, 4)
    """

    _parts = 1
    _states = ("hx",)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        *,
        dtype: DTypeLike | None = None,
        generator: np.random.Generator | None = None,
    ) -> None:
        check_nonlinearity("RNNCell", nonlinearity)
        super().__init__(input_size, hidden_size, bias, dtype, generator)
        self.nonlinearity = nonlinearity

    def forward(self, input: TensorLike, hx: TensorLike | None = None) -> Tensor:
        """The next h, of shape (N, hidden_size) for an input of shape (N, input_size), or both without N."""
        return self._stepped(input, None if hx is None else (hx,))[0]

    def _step(self, x: Any, states: list[Any]) -> list[Tensor]:
        return Rnn.apply(
            x,
            *states,
            self.weight_ih,
            self.weight_hh,
            self._summed_bias(),
            steps=Steps((len(x),)),
            rectified=self.nonlinearity == "relu",
        )[1:]  # type: ignore[return-value]

    def extra_repr(self) -> str:
        return super().extra_repr() + ("" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity}")


class LSTMCell(_Cell):
    """One step of `LSTM`: takes and gives a pair (h, c).

    Parameters, attributes and errors are those of `RNNCell`, with four parts i, f, g, o.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> cell, state = tg.nn.LSTMCell(3, 4), None
    >>> for x in tg.randn(6, 2, 3):
    ...     state = cell(x, state)
    >>> h, c = state
    >>> h.shape, c.shape
    ((2, 4), (2, 4))
    """

    _parts = 4
    _states = ("h", "c")

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        *,
        dtype: DTypeLike | None = None,
        generator: np.random.Generator | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, dtype, generator)

    def forward(self, input: TensorLike, hx: tuple[TensorLike, TensorLike] | None = None) -> tuple[Tensor, Tensor]:
        """The next h and c, of shape (N, hidden_size) for an input of shape (N, input_size), or all without N."""
        if hx is not None and not (isinstance(hx, (tuple, list)) and len(hx) == 2):
            raise TypeError(f"LSTMCell: hx is a pair (h, c), not a {type(hx).__name__}")
        h, c = self._stepped(input, hx)
        return h, c

    def _step(self, x: Any, states: list[Any]) -> list[Tensor]:
        steps = Steps((len(x),))
        return Lstm.apply(x, *states, self.weight_ih, self.weight_hh, self._summed_bias(), steps=steps)[1:3]  # type: ignore[return-value]


class GRUCell(_Cell):
    """One step of `GRU`.

    Parameters, attributes and errors are those of `RNNCell`, with three parts r, z, n.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> cell = tg.nn.GRUCell(3, 4)
    >>> cell(tg.randn(2, 3)).shape
    (2, 4)
    """

    _parts = 3
    _states = ("hx",)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        *,
        dtype: DTypeLike | None = None,
        generator: np.random.Generator | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, dtype, generator)

    def forward(self, input: TensorLike, hx: TensorLike | None = None) -> Tensor:
        """The next h, of shape (N, hidden_size) for an input of shape (N, input_size), or both without N."""
        return self._stepped(input, None if hx is None else (hx,))[0]

    def _step(self, x: Any, states: list[Any]) -> list[Tensor]:
        weights = (self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        return Gru.apply(x, *states, *weights, steps=Steps((len(x),)))[1:2]  # type: ignore[return-value]
