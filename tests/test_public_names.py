"""What is public: it is listed, it is there, it is described, and its examples run (by pytest's doctests)."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import pytest

import tinygrad_fs as tg

MODULES = ["tinygrad_fs"] + [
    f"tinygrad_fs.{info.name}"
    for info in pkgutil.iter_modules(tg.__path__)
    if info.name not in ("__main__", "cli", "bound")
]
MODULES += [f"tinygrad_fs.{name}" for name in ("data.transforms", "optim.lr_scheduler", "optim.swa_utils")]


def public(module_name: str) -> list[tuple[str, object]]:
    module = importlib.import_module(module_name)
    return [(name, getattr(module, name)) for name in getattr(module, "__all__", ())]


@pytest.mark.parametrize("module_name", MODULES)
def test_all_is_sorted_and_complete(module_name):
    module = importlib.import_module(module_name)
    listed = list(module.__all__)
    if module_name == "tinygrad_fs":  # its own names, then those of the ops
        assert listed[-len(tg.ops.__all__) :] == list(tg.ops.__all__)
        listed = listed[: -len(tg.ops.__all__)]
    assert listed == sorted(listed)
    assert [name for name, value in public(module_name) if value is None and name != "None"] == []


@pytest.mark.parametrize("module_name", MODULES)
def test_everything_public_is_described(module_name):
    missing = []
    for name, value in public(module_name):
        if not (inspect.isclass(value) or inspect.isfunction(value)):
            continue
        if not inspect.getdoc(value):
            missing.append(name)
        if inspect.isclass(value):
            for key, member in vars(value).items():
                described = member.fget if isinstance(member, property) else member
                own = callable(described) and (getattr(described, "__module__", None) or "").startswith("tinygrad_fs")
                generated = getattr(described, "__source__", None) is not None
                if not key.startswith("_") and own and not generated and not inspect.getdoc(described):
                    missing.append(f"{name}.{key}")
    assert missing == []


@pytest.mark.parametrize("name", sorted(tg.ops.__all__))
def test_every_function_has_an_example(name):
    assert ">>> " in inspect.getdoc(getattr(tg, name))


def test_an_unknown_name_is_told_so():
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        tg.nothing  # noqa: B018


def test_the_version_is_that_of_the_distribution():
    from importlib.metadata import version

    assert tg.__version__ == version("tinygrad-fs")
