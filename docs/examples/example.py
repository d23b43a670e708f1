"""What all examples do: take arguments, fix the seed, show progress, draw, and say what came out.

An example reads like this:

    def main(arguments=None):
        run = Run(__file__, __doc__, steps=300, arguments=arguments)
        for step in run:                        # a progress bar counts the steps
            ...
            run.note(loss=loss)                 # a number of this step: shown by the bar, and kept in run.history
        with run.picture(1, 2) as (left, right):  # written to the folder --out when the block ends
            curve(left, run.history["loss"], "loss")
        return run.result(accuracy=0.98)        # printed, written beside the picture, and returned
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from pydoc_data.topics import topics
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from PIL import Image
from tqdm import tqdm  # type: ignore[import-untyped]

import tinygrad_fs as tg
from tinygrad_fs import data, nn, optim
from tinygrad_fs.nn import functional as F

BLUE, ORANGE, GREY = "#1f6fb4", "#d9630c", "#8a8a8a"
SOLVED = 195  # steps that a pole has to stay up, on average over 100 episodes
STEP = 3  # evaluations that a gradient step costs: forward, and for each product of forward two in backward


class Run:
    """A run of an example: its arguments, its steps, its pictures and its result."""

    def __init__(self, file: str, about: str | None, *, steps: int, arguments: Sequence[str] | None) -> None:
        parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
        parser.add_argument("--steps", type=int, default=steps, help=f"how long to train (default: {steps})")
        parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same result (default: 0)")
        parser.add_argument("--out", type=Path, default=Path("examples-out"), help="the folder to write to")
        given = parser.parse_args(arguments)
        self.name, self.steps, self.seed = Path(file).stem, given.steps, given.seed
        self.out: Path = given.out
        self.history: defaultdict[str, list[float]] = defaultdict(list)
        self.bar: Any = None
        tg.manual_seed(self.seed)
        np.random.seed(self.seed)  # the layers of deep_learning draw from NumPy's own generator

    def __iter__(self) -> Iterator[int]:
        """Count the steps, and show a progress bar."""
        self.bar = tqdm(range(self.steps), desc=self.name, file=sys.stderr, mininterval=0.5)
        return iter(self.bar)

    def note(self, **numbers: Any) -> None:
        """Keep numbers of this step in `history`, and show them beside the bar."""
        for name, number in numbers.items():
            self.history[name].append(_plain(number))
        self.bar.set_postfix({name: f"{values[-1]:.4g}" for name, values in self.history.items()}, refresh=False)

    @contextmanager
    def picture(self, rows: int = 1, columns: int = 1, size: tuple[float, float] = (7, 3)) -> Iterator[Any]:
        """A figure with axes to draw on; it is written as a PNG of the example's name when the block ends."""
        figure, drawn = Figure(figsize=size, layout="constrained"), io.BytesIO()
        yield figure.subplots(rows, columns)
        figure.savefig(drawn, dpi=160)
        few_colours = Image.open(drawn).convert("RGB").quantize(64, Image.Quantize.MAXCOVERAGE)  # for a small file
        few_colours.save(self._file(".png"), optimize=True)

    def result(self, **figures: Any) -> dict[str, float]:
        """Print the figures that the run is judged by, write them beside the picture, and return them."""
        values = {name: _plain(value) for name, value in figures.items()}
        record = {"steps": self.steps, "seed": self.seed, "seconds": round(time.process_time(), 1), "figures": values}
        self._file(".json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        print(f"{self.name}: " + ", ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in values.items()))
        return values

    def _file(self, ending: str) -> Path:
        self.out.mkdir(parents=True, exist_ok=True)
        return self.out / f"{self.name}{ending}"


def _plain(number: Any) -> float:
    return float(number.item() if isinstance(number, tg.Tensor) else number)


def curve(axes: Any, values: Sequence[float], label: str, **style: Any) -> None:
    """Draw numbers over the steps; of many, the mean of each hundredth part."""
    part = max(1, len(values) // 100)
    means = [np.mean(values[start : start + part]) for start in range(0, len(values), part)]
    axes.plot(np.arange(len(means)) * part + 1, means, **({"color": BLUE} | style), label=label)
    axes.set(xlabel="step", ylabel=label)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)


def images(axes: Any, pictures: Any, columns: int, title: str = "", cmap: Any = "gray_r") -> None:
    """Draw images of equal size, (n, height, width), with values from 0 to 1, in rows of `columns`."""
    pictures = np.asarray(pictures)
    _, height, width = pictures.shape
    rows = -(-len(pictures) // columns)
    sheet = np.full((rows * (height + 1) - 1, columns * (width + 1) - 1), np.nan)
    for number, each in enumerate(pictures):
        top, left = (number // columns) * (height + 1), (number % columns) * (width + 1)
        sheet[top : top + height, left : left + width] = each
    axes.imshow(sheet, cmap=cmap, vmin=0, vmax=1)
    axes.set_title(title, fontsize=9)
    axes.set_axis_off()


def draw_adversaries(run: Run, made: Any) -> None:
    """Draw the losses of a discriminator and a generator, as `run` has noted them, and some of the 8x8 images made."""
    with run.picture(1, 2) as (left, right):
        curve(left, run.history["discriminator"], "discriminator")
        curve(left, run.history["generator"], "generator", color=ORANGE)
        left.set(ylabel="cross-entropy")
        left.legend(frameon=False)
        images(right, made[:50].reshape(-1, 8, 8), 10, "made of noise")


def accuracy(model: nn.Module, inputs: Any, labels: Any) -> float:
    """The share of inputs for which the output of the right label is the largest."""
    with tg.no_grad():
        return float(np.mean(model(inputs).argmax(axis=1).numpy() == labels))


def by_gradients(model: nn.Module, known: tuple[Any, Any], held_out: tuple[Any, Any]) -> dict[str, Any]:
    """Train on known inputs and labels by gradients; after each step, its evaluations and the accuracy on held-out."""
    optimizer, accuracies = optim.Adam(model.parameters(), lr=0.05), []
    for _ in range(200):
        optimizer.zero_grad()
        F.cross_entropy(model(known[0]), known[1]).backward()
        optimizer.step()
        accuracies.append(accuracy(model, *held_out))
    return {"evaluations": STEP * np.arange(1, 201), "accuracy": accuracies}


def costs(enough: float, history: dict[str, Any], gradients: dict[str, Any]) -> dict[str, float]:
    """The last accuracy, and how many evaluations it took until it was enough (all of them, if it never was)."""

    def until(accuracies: Sequence[float], evaluations: Sequence[int]) -> int:
        first = int(np.searchsorted(np.maximum.accumulate(accuracies), enough))
        return int(evaluations[min(first, len(evaluations) - 1)])

    own, theirs = (until(each["accuracy"], each["evaluations"]) for each in (history, gradients))
    return {"accuracy": history["accuracy"][-1], "evaluations": own, "evaluations_by_gradients": theirs}


def draw_costs(axes: Any, enough: float, histories: dict[str, dict[str, Any]]) -> None:
    """Draw accuracies over evaluations, and how much is enough."""
    for (label, history), color in zip(histories.items(), (BLUE, ORANGE)):
        axes.plot(history["evaluations"], history["accuracy"], color=color, label=label)
    axes.axhline(enough, linestyle="--", color=GREY, linewidth=1)
    axes.set(xscale="log", xlabel=f"evaluations (a gradient step counts as {STEP})", ylabel="accuracy", ylim=(0, 1.02))
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)


class Memory:
    """The last transitions of play: state, push, reward, next state, and whether the pole fell."""

    def __init__(self, capacity: int = 20_000) -> None:
        self.transitions: deque[tuple[Any, ...]] = deque(maxlen=capacity)

    def sample(self, count: int) -> list[Any]:
        """So many states, pushes, rewards, next states and falls drawn at random, each as an array."""
        chosen = np.random.randint(0, len(self.transitions), count)
        return [np.array(each) for each in zip(*[self.transitions[i] for i in chosen])]


def play(world: Any, seed: int, worth: Callable[[Any], Any], curiosity: float) -> Iterator[tuple[Any, ...]]:
    """Play an episode, push by push: the one worth most in this state, or as often as `curiosity` says, any."""
    state, _ = world.reset(seed=seed)
    over = False
    while not over:
        explores = np.random.random() < curiosity
        push = np.random.randint(2) if explores else int(worth(state).argmax())
        following, reward, fell, out_of_time, _ = world.step(push)
        yield state, push, reward, following, fell
        state, over = following, fell or out_of_time


def solved(run: Run, length: int) -> bool:
    """Note the length of an episode and the mean of the last 100, and say whether that solves the task."""
    lengths = [*run.history["length"], length][-100:]
    run.note(length=length, average=np.mean(lengths))
    return len(lengths) == 100 and bool(np.mean(lengths) >= SOLVED)


def draw_episodes(run: Run) -> None:
    """Draw the lengths of episodes and their means, as `solved` has noted them."""
    with run.picture() as axes:
        for name, color, label in (("length", GREY, "an episode"), ("average", ORANGE, "mean of the last 100")):
            axes.plot(np.arange(len(run.history[name])) + 1, run.history[name], color=color, label=label)
        axes.axhline(SOLVED, linestyle="--", color=BLUE, label=f"solved: {SOLVED}")
        axes.set(xlabel="episode", ylabel="steps until the pole falls")
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)


def digits(*, flat: bool = False) -> list[Any]:
    """Training and test images and labels of the handwritten digits: 1,078 and 719, pixels from 0 to 1."""
    pixels, labels = data.digits(flat=flat)
    return data.train_test_split(pixels, labels, test_size=0.4, seed=1)


def multiplication_series(count: int) -> tuple[Any, Any]:
    """Series such as 3, 6, ..., 30, (count, 10), and after each of their numbers the next; after the last comes 1."""
    starts = np.random.randint(2, 7, size=(count, 1))
    series = starts * np.arange(1, 11)
    return series, np.concatenate([series[:, 1:], np.ones_like(starts)], axis=1)


def error_of_principal_components(known: Any, held_out: Any, count: int) -> float:
    """The mean squared error of what the first principal components of known rows keep of held-out ones."""
    mean = known.mean(axis=0)
    axes = np.linalg.svd(known - mean, full_matrices=False)[2][:count]
    centred = held_out - mean
    return float(np.mean((centred @ axes.T @ axes - centred) ** 2))


def prose() -> str:
    """What Python's own `help` tells of the language, in ASCII; lines that it repeats are left out."""
    kept, seen = [], set()
    for line in "\n".join(topics[name] for name in sorted(topics)).splitlines():
        words = line.strip()
        if not words or words not in seen:
            kept.append(line.rstrip())
            seen.add(words)
    return "\n".join(kept).encode("ascii", "ignore").decode()


def likeness(made: Any) -> tuple[float, int]:
    """How far made images, (n, 64) with pixels from 0 to 1, are from the real digits, and how many digits occur.

    The first number is the mean distance to the nearest real digit, over that of digits which are real themselves
    (about 1: as near as a real one). The second counts the labels of the nearest ones that 2 % or more have.
    """
    known, real, labels, _ = digits(flat=True)
    nearest = _distances(made, known).argmin(axis=1)
    counts = np.bincount(labels[nearest], minlength=10)
    ratio = _distances(made, known).min(axis=1).mean() / _distances(real, known).min(axis=1).mean()
    return float(ratio), int((counts >= 0.02 * len(nearest)).sum())


def _distances(a: Any, b: Any) -> Any:
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return np.sqrt(np.maximum(squares, 0))
