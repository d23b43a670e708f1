"""The demo: what it does, in which order, and what it says."""

from __future__ import annotations

import copy
import importlib
import sys
from dataclasses import dataclass
from pathlib import Path

from tinygrad_fs import io, nn, random, viz
from tinygrad_fs.cli import training
from tinygrad_fs.cli.gradients import check_gradients
from tinygrad_fs.data import digits, train_test_split
from tinygrad_fs.dtypes import Array
from tinygrad_fs.ops import cross_entropy
from tinygrad_fs.tensor import Tensor

__all__ = ["TRAINING_SAMPLES", "Demo", "DemoError", "Settings"]

TRAINING_SAMPLES = 1078
"""What is left of the 1,797 digits when 40 % are held out."""

_FEW = 32  # images for one pass that is checked or drawn


class DemoError(RuntimeError):
    """The demo cannot go on; the message is one line for the user."""


@dataclass(frozen=True)
class Settings:
    """What the user can choose. The folder `out` must exist when the demo runs."""

    epochs: int = 40
    batch_size: int = 96
    seed: int = 0
    out: Path = Path("tinygrad-fs-demo")

    @property
    def graph(self) -> Path:
        return self.out / "graph.svg"

    @property
    def page(self) -> Path:
        return self.out / "graph.html"

    @property
    def curves(self) -> Path:
        return self.out / "curves.png"

    @property
    def comparison(self) -> Path:
        return self.out / "compare.html"

    @property
    def walkthrough(self) -> Path:
        return self.out / "layers.html"

    @property
    def weights(self) -> Path:
        return self.out / "weights.npz"

    @property
    def products(self) -> tuple[Path, ...]:
        """All files that are written."""
        return self.graph, self.page, self.curves, self.weights, self.comparison, self.walkthrough


class Demo:
    """Trains a network on handwritten digits, examines it, and writes down what came of it.

    Parameters
    ----------
    settings : Settings
        What the user has chosen.

    Examples
    --------
    >>> from tinygrad_fs.cli.demo import Demo, Settings
    >>> Demo(Settings()).kept()
    'no epoch was complete, so no weights were written'
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.history: list[training.Epoch] = []

    def run(self) -> None:
        """Do it all.

        Raises
        ------
        DemoError
            If an extra is not installed, or the gradients turn out wrong.
        RenderError
            If ``TINYGRAD_FS_DOT`` names no program.
        OSError
            If a file cannot be written.
        """
        _require_extras()
        random.manual_seed(self.settings.seed)
        images, labels = digits()
        split = train_test_split(images, labels, test_size=0.4, seed=self.settings.seed)
        train_images, test_images, train_labels, test_labels = split
        model = training.network()
        parameters = sum(parameter.size for parameter in model.parameters())
        print(f"Digits          {len(train_images):,} to train on, {len(test_images):,} held out")
        print(f"Network         {parameters:,} parameters, seed {self.settings.seed}", flush=True)

        self._train(model, train_images, train_labels)
        right = training.count_right(model, test_images, test_labels)
        accuracy = right / len(test_labels)
        print(f"Test accuracy   {accuracy:.4f} ({right} of {len(test_labels)} held-out digits)", flush=True)
        self._check(model, train_images[:_FEW], train_labels[:_FEW])
        self._draw(model, train_images[:_FEW], train_labels[:_FEW], accuracy)
        self._record(model, train_images[:_FEW], train_labels[:_FEW])
        print(f"Graph           {self.settings.graph}")
        print(f"Steps           {self.settings.page}")
        print(f"Curves          {self.settings.curves}")
        print(f"Weights         {self.settings.weights}", flush=True)
        self._compare()

    def kept(self) -> str:
        """What an interrupted run leaves behind, for its last words."""
        done, wanted, path = len(self.history), self.settings.epochs, self.settings.weights
        if done == 0:
            return "no epoch was complete, so no weights were written"
        if done < wanted:
            return f"{path} holds the weights of the last complete epoch, {done} of {wanted}"
        return f"training was complete, and {path} holds its weights"

    def _train(self, model: nn.Module, images: Array, labels: Array) -> None:
        """Train with a progress bar, and write the weights after every epoch."""
        from tqdm import tqdm  # type: ignore[import-untyped]

        epochs, batch_size = self.settings.epochs, self.settings.batch_size
        with tqdm(total=epochs * (len(labels) // batch_size), unit="step", file=sys.stderr) as bar:
            run = training.train(model, images, labels, epochs=epochs, batch_size=batch_size, after_step=bar.update)
            for epoch in run:
                io.save(self.settings.weights, model.state_dict())
                self.history.append(epoch)
                bar.set_description(f"Epoch {len(self.history)}/{epochs}", refresh=False)
                bar.set_postfix(loss=f"{epoch.loss:.4f}", accuracy=f"{epoch.accuracy:.4f}")

    def _check(self, model: nn.Module, images: Array, labels: Array) -> None:
        """Compare the gradients of the trained model with finite differences."""
        exact = copy.deepcopy(model).train().to("float64")
        training.fix_dropout(exact)
        inputs = images.astype("float64")
        wrong = (labels + 1) % 10  # where the answers are right, the trained loss is all but flat
        result = check_gradients(lambda: cross_entropy(exact(inputs), wrong), dict(exact.named_parameters()))
        print(f"Gradients       {result}", flush=True)
        if not result.passed:
            raise DemoError("the gradients do not stand up to finite differences, as the line above says")

    def _compare(self) -> None:
        """Hold the backward passes of the layer-based API, written by hand, against autograd."""
        from tinygrad_fs.cli.comparison import digits_comparison

        comparison = digits_comparison(self.settings.seed, steps=5)
        comparison.to_html(self.settings.comparison)
        comparison.to_walkthrough(self.settings.walkthrough)
        verdict = "agree" if comparison.ok else "DIFFER"
        ratio = comparison.steps["autograd"] / comparison.steps["layerwise"]
        print(f"Backprop        by tape and layers {verdict} to {comparison.max_difference:.1e}")
        print(f"Their times     the tape takes {ratio:.2f}x that of the layers")
        print(f"Side by side    {self.settings.comparison}")
        print(f"Layer by layer  {self.settings.walkthrough}")
        if not comparison.ok:
            raise DemoError("the two ways of backprop do not agree, as the line above says")

    def _draw(self, model: nn.Module, images: Array, labels: Array, accuracy: float) -> None:
        """Write the graph of one step of training, and the curves of all of them."""
        from tinygrad_fs.cli.curves import save_curves

        drawn = copy.deepcopy(model).train()  # a forward pass in training moves the running statistics
        batch = Tensor(images)
        loss = cross_entropy(drawn(batch), labels)
        names = {"images": batch, **dict(drawn.named_parameters()), "loss": loss}
        viz.graph(loss, names=names).save(self.settings.graph)
        save_curves(self.settings.curves, self.history, accuracy)

    def _record(self, model: nn.Module, images: Array, labels: Array) -> None:
        """Write the page that walks through one step of training."""
        drawn = copy.deepcopy(model).train()
        batch = Tensor(images)
        with viz.record() as tape:
            loss = cross_entropy(drawn(batch), labels)
            loss.backward()
        tape.save(self.settings.page, outputs=loss, names={"images": batch, "loss": loss})


def _require_extras() -> None:
    """Raise, before any work is done, if something that the demo needs is not installed."""
    missing = [name for name in ("tqdm", "matplotlib") if not _is_there(name)]
    if missing:
        raise DemoError(f'the demo needs {" and ".join(missing)}; run: pip install "tinygrad-fs[demo]"')


def _is_there(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True
