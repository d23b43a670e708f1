"""Networks written once for two libraries: `lib` is tinygrad_fs or torch, which name the same things alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["NETWORKS", "Network", "TEXT", "char_lstm"]

TEXT = (Path(__file__).parent / "declaration.txt").read_text(encoding="ascii")
"""Of the Declaration of Independence of 1776, which is in the public domain."""


@dataclass(frozen=True)
class Network:
    """A network, what goes in, and what is to be minimised.

    Attributes
    ----------
    build : callable
        Takes the library and gives the module.
    loss : callable
        Takes the library, the module and the inputs; gives the loss and the outputs to compare.
    inputs : callable
        Gives the inputs, as arrays or as whatever the loss takes.
    lr : float
        For ten steps of SGD with momentum 0.9.
    dtype : str
        In float32 one rounding moves some of a hundred thousand ReLUs across its kink, and all gradients before it by
        a percent; so networks of ReLUs are compared in float64.
    """

    build: Callable[[Any], Any]
    loss: Callable[..., tuple[Any, Any]]
    inputs: Callable[[np.random.Generator], tuple[Any, ...]]
    lr: float
    dtype: str = "float32"


# ---- ResNet-18: He et al. 2016, "Deep residual learning for image recognition"


def resnet18(lib: Any, width: int = 16) -> Any:
    """The paper's network for a width of 64; with a quarter of that by default, for the sake of the tests' time."""
    nn = lib.nn

    class Block(nn.Module):
        def __init__(self, inputs: int, outputs: int, stride: int) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(outputs)
            self.relu = nn.ReLU(inplace=True)
            self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
            self.bn2 = nn.BatchNorm2d(outputs)
            self.downsample = None
            if stride != 1 or inputs != outputs:
                shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
                self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(outputs))

        def forward(self, x: Any) -> Any:
            y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
            return self.relu(y + (x if self.downsample is None else self.downsample(x)))

    class ResNet18(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
            self.bn1 = nn.BatchNorm2d(width)
            self.relu = nn.ReLU(inplace=True)
            self.maxpool = nn.MaxPool2d(3, 2, 1)
            self.layer1 = nn.Sequential(Block(width, width, 1), Block(width, width, 1))
            self.layer2 = nn.Sequential(Block(width, 2 * width, 2), Block(2 * width, 2 * width, 1))
            self.layer3 = nn.Sequential(Block(2 * width, 4 * width, 2), Block(4 * width, 4 * width, 1))
            self.layer4 = nn.Sequential(Block(4 * width, 8 * width, 2), Block(8 * width, 8 * width, 1))
            self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
            self.flatten = nn.Flatten(1)
            self.fc = nn.Linear(8 * width, 1000)

        def forward(self, x: Any) -> Any:
            x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
            x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
            return self.fc(self.flatten(self.avgpool(x)))

    return ResNet18()


def images(rng: np.random.Generator, count: int = 4, size: int = 40) -> tuple[Any, ...]:
    return rng.standard_normal((count, 3, size, size)), rng.integers(1000, size=count)


def classified(lib: Any, model: Any, x: Any, labels: Any) -> tuple[Any, Any]:
    scores = model(lib.tensor(x))
    return lib.nn.functional.cross_entropy(scores, lib.tensor(labels)), scores


# ---- a small GPT with tied weights: Radford et al. 2019, "Language models are unsupervised multitask learners"

SYMBOLS, CONTEXT, WIDTH, HEADS = 65, 32, 64, 4


def gpt(lib: Any) -> Any:
    nn, functional = lib.nn, lib.nn.functional

    class Attention(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
            self.out = nn.Linear(WIDTH, WIDTH)

        def forward(self, x: Any) -> Any:
            count, length, _ = x.shape
            heads = self.qkv(x).reshape(count, length, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
            y = functional.scaled_dot_product_attention(heads[0], heads[1], heads[2], is_causal=True)
            return self.out(y.permute(0, 2, 1, 3).reshape(count, length, WIDTH))

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.ln1 = nn.LayerNorm(WIDTH)
            self.attention = Attention()
            self.ln2 = nn.LayerNorm(WIDTH)
            self.mlp = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))

        def forward(self, x: Any) -> Any:
            x = x + self.attention(self.ln1(x))
            return x + self.mlp(self.ln2(x))

    class Gpt(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.tokens = nn.Embedding(SYMBOLS, WIDTH)
            self.places = nn.Embedding(CONTEXT, WIDTH)
            self.blocks = nn.ModuleList(Block() for _ in range(4))
            self.ln = nn.LayerNorm(WIDTH)
            self.head = nn.Linear(WIDTH, SYMBOLS, bias=False)
            self.head.weight = self.tokens.weight

        def forward(self, x: Any) -> Any:
            x = self.tokens(x) + self.places(lib.arange(x.shape[1]))
            for block in self.blocks:
                x = block(x)
            return self.head(self.ln(x))

    return Gpt()


def tokens(rng: np.random.Generator) -> tuple[Any, ...]:
    return rng.integers(SYMBOLS, size=(4, CONTEXT)), rng.integers(SYMBOLS, size=(4, CONTEXT))


def predicted(lib: Any, model: Any, x: Any, following: Any) -> tuple[Any, Any]:
    scores = model(lib.tensor(x))
    flat = scores.reshape(-1, scores.shape[-1])
    return lib.nn.functional.cross_entropy(flat, lib.tensor(following.reshape(-1))), scores


# ---- a language model of characters


def char_lstm(lib: Any, hidden: int = 64, layers: int = 2) -> Any:
    nn = lib.nn

    class CharLstm(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(len(set(TEXT)), hidden)
            self.lstm = nn.LSTM(hidden, hidden, layers, batch_first=True)
            self.head = nn.Linear(hidden, len(set(TEXT)))

        def forward(self, x: Any) -> Any:
            return self.head(self.lstm(self.embedding(x))[0])

    return CharLstm()


def passages(rng: np.random.Generator, count: int = 4, length: int = 32) -> tuple[Any, ...]:
    """Passages of the text as numbers, and what follows each character."""
    numbers = np.searchsorted(sorted(set(TEXT)), list(TEXT))
    rows = rng.integers(len(numbers) - length, size=count)[:, None] + np.arange(length + 1)
    return numbers[rows[:, :-1]], numbers[rows[:, 1:]]


# ---- a variational autoencoder: Kingma and Welling 2014, "Auto-encoding variational Bayes"


def vae(lib: Any) -> Any:
    nn = lib.nn

    class Vae(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = nn.Sequential(nn.Linear(64, 32), nn.Tanh())
            self.mean = nn.Linear(32, 4)
            self.log_variance = nn.Linear(32, 4)
            self.decoder = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 64))

        def forward(self, x: Any, noise: Any) -> Any:
            h = self.encoder(x)
            mean, log_variance = self.mean(h), self.log_variance(h)
            return self.decoder(mean + noise * (0.5 * log_variance).exp()), mean, log_variance

    return Vae()


def pixels(rng: np.random.Generator) -> tuple[Any, ...]:
    return rng.random((16, 64), np.float32), rng.standard_normal((16, 4), np.float32)


def evidence(lib: Any, model: Any, x: Any, noise: Any) -> tuple[Any, Any]:
    x = lib.tensor(x)
    logits, mean, log_variance = model(x, lib.tensor(noise))
    reconstruction = lib.nn.functional.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    divergence = -0.5 * (1.0 + log_variance - mean * mean - log_variance.exp()).sum()
    return (reconstruction + divergence) / len(x), logits


# ---- recursion over trees: Tai, Socher and Manning 2015, "Improved semantic representations from tree-structured long
# short-term memory networks"

Tree = Any
"""A symbol, or a pair of trees."""


def tree_lstm(lib: Any) -> Any:
    nn = lib.nn

    class TreeLstm(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.leaves = nn.Embedding(5, 8)
            self.gates = nn.Linear(16, 40)
            self.head = nn.Linear(8, 3)

        def states(self, tree: Tree) -> Any:
            """The h and c of a tree, from those of its parts."""
            if isinstance(tree, int):
                h = self.leaves(lib.tensor([tree]))
                return h, lib.tanh(h)
            (left, left_c), (right, right_c) = self.states(tree[0]), self.states(tree[1])
            z = self.gates(lib.concatenate([left, right], 1))
            i, o, f, g, a = (z[:, part * 8 : part * 8 + 8] for part in range(5))
            c = lib.sigmoid(i) * lib.tanh(a) + lib.sigmoid(f) * left_c + lib.sigmoid(g) * right_c
            return lib.sigmoid(o) * lib.tanh(c), c

        def forward(self, tree: Tree) -> Any:
            return self.head(self.states(tree)[0])

    return TreeLstm()


def random_tree(rng: np.random.Generator, leaves: int) -> Tree:
    if leaves == 1:
        return int(rng.integers(5))
    left = int(rng.integers(1, leaves))
    return random_tree(rng, left), random_tree(rng, leaves - left)


def trees(rng: np.random.Generator) -> tuple[Any, ...]:
    return [random_tree(rng, leaves) for leaves in (1, 2, 5, 9)], rng.integers(3, size=4)


def judged(lib: Any, model: Any, forest: list[Tree], labels: Any) -> tuple[Any, Any]:
    scores = lib.concatenate([model(tree) for tree in forest], 0)
    return lib.nn.functional.cross_entropy(scores, lib.tensor(labels)), scores


NETWORKS = {
    "resnet18": Network(resnet18, classified, images, 0.01, "float64"),
    "gpt": Network(gpt, predicted, tokens, 0.1),
    "char_lstm": Network(char_lstm, predicted, passages, 0.5),
    "vae": Network(vae, evidence, pixels, 0.01),
    "tree_lstm": Network(tree_lstm, judged, trees, 0.1),
}
