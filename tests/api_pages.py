"""The pages of docs/api/: ``python tests/api_pages.py`` writes them from the docstrings.

Each lists what a module makes public, with the first sentence of its docstring. The site adds the docstrings.
"""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

__all__ = ["FOLDER", "PAGES", "ApiPage", "contents"]

FOLDER = Path(__file__).parent.parent / "docs" / "api"


class ApiPage(NamedTuple):
    """A page: its file, what it is about in a sentence, where more is told, and the modules that it lists."""

    name: str
    about: str
    more: str
    modules: tuple[str, ...]


PAGES = (
    ApiPage(
        "tinygrad_fs",
        "`Tensor` and what makes one, the modes of recording, `Op`, and every function",
        "A function behaves as that of NumPy with the same name, or as PyTorch's where NumPy has none. "
        "[Every op](../ops.md) has them by family, with formulas.",
        ("",),
    ),
    ApiPage("autograd", "Gradients as values, checks of gradients, and time for memory", "", ("autograd",)),
    ApiPage("func", "Derivatives as functions of functions", "", ("func",)),
    ApiPage(
        "nn",
        "Modules: layers, losses, containers, initial values and utilities",
        "They are PyTorch's; [what is named or meant otherwise](../for-pytorch-users.md).",
        ("nn", "nn.init", "nn.utils", "nn.utils.rnn"),
    ),
    ApiPage("functional", "What layers compute, as functions with PyTorch's arguments", "", ("nn.functional",)),
    ApiPage(
        "optim",
        "Optimizers, schedules of learning rates, averages of weights",
        "[Training](../training.md#the-loop) uses them.",
        ("optim", "optim.lr_scheduler", "optim.swa_utils"),
    ),
    ApiPage(
        "data",
        "Datasets, a loader that works ahead, readers of local files, transforms of images",
        "[Training](../training.md#data) uses them.",
        ("data", "data.transforms"),
    ),
    ApiPage("io", "Checkpoints without pickle", "[Checkpoints](../checkpoints.md) tells how they are used.", ("io",)),
    ApiPage("linalg", "The functions of `numpy.linalg`, recorded", "", ("linalg",)),
    ApiPage(
        "viz",
        "Drawings of graphs, and pages that step through them",
        "[Drawing](../drawing.md) shows what they look like.",
        ("viz",),
    ),
    ApiPage(
        "compare",
        "Backward passes that were written by hand, held against autograd",
        "[Auditing your own backprop](../auditing.md) is the guide.",
        ("compare",),
    ),
    ApiPage(
        "deep_learning",
        "The API of ML-From-Scratch",
        "[Differences](../differences.md) tells what is not the same.",
        (
            "deep_learning",
            "deep_learning.layers",
            "deep_learning.activation_functions",
            "deep_learning.loss_functions",
            "deep_learning.optimizers",
        ),
    ),
)


def contents() -> dict[str, str]:
    """The text of every page, by the name of its file."""
    rows = [f"| [{page.name}]({page.name}.md) | {page.about} |" for page in PAGES]
    index = [
        "# API",
        "What is public, written by `python tests/api_pages.py` from the docstrings; a test fails when it is out of "
        "date. In a session, `help(tg.conv2d)` says all of it; so does the site.",
        "\n".join(["| page | what it holds |", "|---|---|", *rows]),
    ]
    return {"index.md": "\n\n".join(index) + "\n", **{f"{page.name}.md": _text(page) for page in PAGES}}


def _text(page: ApiPage) -> str:
    parts = [f"# {page.name}", f"{page.about}. {page.more}".strip()]
    for name in page.modules:
        module = importlib.import_module(f"tinygrad_fs.{name}".rstrip("."))
        parts += [f"## {module.__name__}", _table(module)]
    return "\n\n".join(parts) + "\n"


def _table(module: ModuleType) -> str:
    rows = [f"| {_name(module, name)} | {_first_sentence(getattr(module, name))} |" for name in module.__all__]
    return "\n".join(["| name | what it is |", "|---|---|", *rows])


def _name(module: ModuleType, name: str) -> str:
    """A name; that of a module leads to where the module is listed."""
    value = getattr(module, name)
    if inspect.ismodule(value):
        dotted = value.__name__.removeprefix("tinygrad_fs.")
        for page in PAGES:
            if dotted in page.modules:
                anchor = value.__name__.replace(".", "")  # of its heading
                return f"[`{name}`]({page.name}.md#{anchor})"
    return f"`{name}`"


def _first_sentence(value: Any) -> str:
    """The first paragraph of a docstring up to its first full stop, fit for a table."""
    if not (inspect.isclass(value) or inspect.isroutine(value) or inspect.ismodule(value)):
        return ""
    paragraph = " ".join((inspect.getdoc(value) or "").partition("\n\n")[0].split())
    sentence, stop, _ = paragraph.partition(". ")
    return (sentence + stop.strip()).replace("``", "`").replace("|", r"\|")


def main() -> None:
    """Write them."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in contents().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
