"""docs/for-pytorch-users.md: its lists are complete, and both columns of its tables give the same."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path

import pytest
from torch_calls import CALLS, EXTRA, for_torch, outcome, same

import tinygrad_fs as tg
from tinygrad_fs.othernames import _IN_PACKAGES, INSTEAD

try:
    import torch
except ImportError:
    torch = None

PAGE = (Path(__file__).parent.parent / "docs" / "for-pytorch-users.md").read_text(encoding="utf-8")

RECORDED = """
adaptive_max_pool1d add alpha_dropout arange argsort avg_pool1d batch_norm binary_cross_entropy_with_logits conv1d
conv2d conv3d conv_transpose1d conv_transpose2d cosine_embedding_loss cov cross ctc_loss diag diagflat divide
dropout embedding equal flip full gradient heaviside hinge_embedding_loss histogram histogramdd instance_norm kl_div
ldexp lerp linspace margin_ranking_loss max max_pool1d max_pool2d median meshgrid min nanmedian nanquantile ones
outer quantile rand randint randn roll searchsorted select sort split squeeze std subtract swapaxes tile transpose
tril triplet_margin_loss triu var zeros
"""
"""What differs from PyTorch 2.13 at the top level."""

NAMESPACES = {
    "F": ("nn.functional", "nn.functional"),
    "nn": ("nn", "nn"),
    "optim": ("optim", "optim"),
    "optim.lr_scheduler": ("optim.lr_scheduler", "optim.lr_scheduler"),
    "optim.swa_utils": ("optim.swa_utils", "optim.swa_utils"),
    "nn.init": ("nn.init", "nn.init"),
    "nn.utils": ("nn.utils", "nn.utils"),
    "nn.utils.rnn": ("nn.utils.rnn", "nn.utils.rnn"),
    "data": ("utils.data", "data"),
}
"""What the page calls a namespace, PyTorch's, and ours."""

NOT_FOR_USERS = re.compile(
    "^_|DataPipe|DataChunk|datapipe|deterministic|validation|^assert_int_or_pair$|^factory_kwargs$|^(Scaling|Swizzle)Type$"
)
"""Data pipes, which PyTorch gave up, and its own helpers."""


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    found = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")]
    assert found
    return found


DIFFERENT = rows("Names that mean something else at the top level")
SPELLED = rows("Names that NumPy spells otherwise")


def named(cell: str) -> str:
    """The function that is called first in a cell."""
    return re.match(r"`torch\.(\w+)\(", cell).group(1)


def code(cell: str) -> str:
    """The code in a cell, with the library called `lib`."""
    return re.sub(r"\b(torch|tg)\.", "lib.", cell.strip("`"))


def missing(ours: str, theirs: str) -> set[str]:
    """The functions and classes of a namespace of PyTorch that ours does not have."""
    module, own = importlib.import_module(f"torch.{theirs}"), importlib.import_module(f"tinygrad_fs.{ours}")
    listed = getattr(module, "__all__", None) or [name for name in vars(module) if not name.startswith("_")]
    return {
        name
        for name in listed
        if not hasattr(own, name) and is_of_torch(getattr(module, name), theirs) and not NOT_FOR_USERS.search(name)
    }


def is_of_torch(value: object, theirs: str) -> bool:
    """Whether it is a function or a class that PyTorch has for users, and not for typing or for overriding."""
    home = getattr(value, "__module__", None) or "torch"
    if inspect.isbuiltin(value):
        return not value.__name__.startswith("_has_torch")
    return callable(value) and home.startswith(f"torch.{theirs.split('.')[0]}")


def absent(prefix: str) -> set[str]:
    """The names that the page says are not there, in the namespace with this prefix."""
    found = {name for cells in rows("What is not here") for name in re.findall(r"`([\w.]+)`", cells[0])}
    return {name.removeprefix(f"{prefix}.") for name in found if name.rpartition(".")[0] == prefix}


def test_the_list_of_different_names_is_as_recorded():
    assert sorted({named(cells[0]) for cells in DIFFERENT}) == RECORDED.split()


def test_the_list_of_different_names_is_complete():
    pytest.importorskip("torch")
    shared = {name for name in tg.__all__ if hasattr(torch, name)}
    assert shared == set(CALLS) | set(EXTRA.split()), "how does a PyTorch user call it? See tests/torch_calls.py"
    different = set()
    for name, calls in CALLS.items():
        for call in calls:
            theirs = outcome(torch, for_torch(f"lib.{call}"))
            if not isinstance(theirs, type) and not same(outcome(tg, f"lib.{call}"), theirs):
                different.add(name)
    assert sorted(different) == RECORDED.split()


@pytest.mark.parametrize("cells", DIFFERENT + SPELLED, ids=lambda cells: cells[0])
def test_both_columns_give_the_same(cells):
    ours = outcome(tg, code(cells[1]))
    assert not isinstance(ours, type), "ours raises"
    if torch is not None:
        assert same(ours, outcome(torch, code(cells[0])))


@pytest.mark.parametrize("prefix", NAMESPACES)
def test_what_is_not_here_is_listed_with_a_reason(prefix):
    theirs, ours = NAMESPACES[prefix]
    own = importlib.import_module(f"tinygrad_fs.{ours}")
    assert [name for name in absent(prefix) if hasattr(own, name)] == []
    if torch is not None:
        left_out = re.compile("_$|_with_indices$" if prefix == "F" else "$^")
        assert {name for name in missing(ours, theirs) if not left_out.search(name)} == absent(prefix)


def test_methods_of_modules_that_are_not_here_are_listed_with_a_reason():
    assert [name for name in absent("nn.Module") if hasattr(tg.nn.Module, name)] == []
    if torch is not None:
        methods = {name for name in dir(torch.nn.Module) if not name.startswith("_")}
        assert {name for name in methods if not hasattr(tg.nn.Module, name)} == absent("nn.Module")


def test_every_reason_is_one():
    assert [cells for cells in rows("What is not here") if len(cells) != 2 or len(cells[1]) < 10] == []


def test_who_asks_for_a_name_of_pytorch_is_told_ours():
    assert {named(cells[0]) for cells in SPELLED} <= set(INSTEAD)
    for name in INSTEAD:
        with pytest.raises(AttributeError, match=f"has no attribute '{name}'; write "):
            getattr(tg, name)
    assert torch is None or [name for name in INSTEAD if not hasattr(torch, name)] == []


@pytest.mark.parametrize("package", _IN_PACKAGES)
def test_who_asks_a_package_for_a_name_of_pytorch_is_told_ours(package):
    ours = importlib.import_module(f"tinygrad_fs.{package}")
    for name, remedy in _IN_PACKAGES[package].items():
        with pytest.raises(AttributeError, match=f"has no attribute '{name}'; write {re.escape(remedy)}"):
            getattr(ours, name)
    with pytest.raises(AttributeError, match=rf"module 'tinygrad_fs.{package}' has no attribute 'nothing'$"):
        _ = ours.nothing
    if torch is not None:
        theirs = importlib.import_module(f"torch.{'utils.data' if package == 'data' else package}")
        assert [name for name in _IN_PACKAGES[package] if not hasattr(theirs, name)] == []
