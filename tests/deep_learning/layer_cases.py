"""The table of layers that drives their tests: every layer, in every configuration that computes differently."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_fs.deep_learning import layers
from tinygrad_fs.deep_learning.layers.layer import parameter_names

MODES = ("training", "evaluation", "frozen")


class Recorder:
    """An optimizer that changes nothing and remembers what it was handed."""

    def __init__(self) -> None:
        self.seen: list[tuple[Any, Any]] = []

    def __copy__(self) -> Recorder:
        return Recorder()

    def update(self, w: Any, grad_wrt_w: Any) -> Any:
        self.seen.append((w, grad_wrt_w))
        return w


@dataclass(frozen=True)
class Case:
    """One way to make a layer, and what goes into it.

    Attributes
    ----------
    make : callable
        Returns a new layer.
    shape : tuple of int
        Of a sample.
    parameters : int
        How many the layer has.
    tokens : int
        If not 0, the inputs are whole numbers below it.
    exact : bool
        Whether the backward pass is the gradient; False for an approximation.
    """

    name: str
    make: Callable[[], Any]
    shape: tuple[int, ...]
    parameters: int = 0
    tokens: int = 0
    exact: bool = True

    def __str__(self) -> str:
        return self.name

    def inputs(self, samples: int, seed: int = 0) -> np.ndarray:
        generator = np.random.default_rng(seed)
        shape = (samples, *self.shape)
        return generator.integers(self.tokens, size=shape) if self.tokens else generator.standard_normal(shape)

    def layer(self, mode: str = "training", samples: int = 3, optimizer: Any = None) -> Any:
        """A new layer in a mode; in other modes than training it has seen another batch in training before."""
        np.random.seed(7)
        layer = self.make()
        layer.set_input_shape(self.shape)
        layer.initialize(optimizer or Recorder())
        for name in parameter_names(layer):  # biases of zero, or factors of one, would hide mistakes
            array = getattr(layer, name)
            array += np.random.uniform(-0.3, 0.3, array.shape)
        if mode != "training":
            layer.forward_pass(self.inputs(samples + 1, seed=1), True)
        layer.trainable = mode != "frozen"
        return layer


def _case(text: str, shape: tuple[int, ...], parameters: int = 0, **options: Any) -> Case:
    return Case(text, lambda: eval(text, vars(layers)), shape, parameters, **options)


CASES = [
    _case("Dense(4)", (3,), 16),
    _case("Dense(1)", (3,), 4),
    _case("Dense(4)", (5, 3), 16),
    _case("Embedding(6, 4)", (5,), 24, tokens=6),
    _case("Embedding(6, 4)", (2, 3), 24, tokens=6),
    _case("Conv2D(4, (3, 3))", (2, 5, 6), 76),
    _case("Conv2D(4, (3, 3), padding='valid')", (2, 5, 6), 76),
    _case("Conv2D(3, (2, 2))", (2, 5, 5), 27),
    _case("Conv2D(3, (2, 4), padding='valid', stride=2)", (1, 5, 7), 27),
    _case("Conv2D(3, (4, 3), stride=2)", (2, 6, 5), 75),
    _case("Conv2D(3, (3, 3), stride=3)", (2, 7, 8), 57),
    _case("Conv2D(3, (1, 1))", (4, 3, 3), 15),
    _case("Conv2D(3, (1, 1), stride=2)", (4, 4, 5), 15),
    _case("Conv2D(2, (5, 5))", (1, 3, 3), 52),
    _case("Conv2D(2, (3, 3), padding='valid')", (2, 3, 3), 38),
    *[_case(f"RNN(4, bptt_trunc={k})", (7, 3), 40, exact=k >= 6) for k in (0, 1, 5, 6)],
    _case("RNN(4, bptt_trunc=None)", (7, 3), 40),
    _case("RNN(4, 'sigmoid', bptt_trunc=2)", (7, 3), 40, exact=False),
    _case("RNN(4, 'softmax', bptt_trunc=2)", (4, 3), 40, exact=False),
    _case("RNN(4, 'softmax', bptt_trunc=None)", (4, 3), 40),
    _case("RNN(2)", (1, 3), 16),
    _case("LSTM(4)", (5, 3), 128),
    _case("LSTM(4, return_sequences=False)", (5, 3), 128),
    _case("GRU(4)", (5, 3), 96),
    _case("GRU(4, return_sequences=False)", (5, 3), 96),
    _case("BatchNormalization()", (4,), 8),
    _case("BatchNormalization(0.8)", (2, 3, 4), 48),
    _case("Dropout()", (20,)),
    _case("Dropout(0.5)", (2, 3, 4)),
    _case("Dropout(0)", (4,)),
    _case("Dropout(1)", (4,)),
    *[_case(f"Activation({name!r})", (5,)) for name in sorted(layers.activation_functions)],
    _case("Activation('softmax')", (4, 5)),
    *[
        _case(f"{kind}({options})", (2, 5, 6))
        for kind in ("MaxPooling2D", "AveragePooling2D")
        for options in (
            "",
            "stride=2",
            "(3, 2), stride=2",
            "(2, 2), 2, 1",
            "(3, 3), 1, (1, 0)",
            "(3, 3), 2, ((0, 1), (1, 2))",
            "(2, 3), 1, 'same'",
            "(2, 2), 3, 'valid'",
            "(5, 6)",
        )
    ],
    _case("GlobalAveragePooling2D()", (3, 4, 5)),
    _case("UpSampling2D()", (2, 3, 4)),
    _case("UpSampling2D((1, 3))", (2, 3, 4)),
    _case("ConstantPadding2D((1, 2), 0.5)", (2, 3, 4)),
    _case("ConstantPadding2D(((1, 0), (2, 3)))", (2, 3, 4)),
    _case("ConstantPadding2D((1, (0, 3)), -1)", (2, 3, 4)),
    _case("ZeroPadding2D((0, 0))", (2, 3, 4)),
    _case("ZeroPadding2D((1, 1))", (2, 3, 4)),
    _case("Flatten()", (2, 3, 4)),
    _case("Reshape((4, 6))", (2, 3, 4)),
    _case("Reshape((-1, 6))", (2, 3, 4)),
]
