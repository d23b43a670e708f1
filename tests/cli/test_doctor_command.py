"""`tinygrad-fs doctor`: it says what there is, and the command that brings the rest."""

from __future__ import annotations

import ctypes
from importlib import metadata

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.cli import installation, main

REQUIREMENTS = [
    "numpy>=2.0",
    "pytest>=8; extra == 'test'",
    "pytest>=9999; extra == 'future'",
    'nothing-of-that-name; extra == "other"',
    "nothing.of_that-name[of,it]>=1.2; python_version < '4' and extra == 'test'",
]


@pytest.fixture
def said(capsys):
    """What the command prints."""
    assert main(["doctor"]) == 0
    return capsys.readouterr().out


def test_it_names_versions_renderers_and_every_extra(said):
    assert said.startswith("tinygrad-fs ")
    for fact in (tg.__version__, np.__version__, metadata.version("graphviz"), installation.blas(), "built-in layout"):
        assert fact in said
    listed = [line.split()[0] for line in said.partition("\nextras\n")[2].splitlines()]
    assert listed == sorted(metadata.metadata("tinygrad-fs").get_all("Provides-Extra"))


def test_an_extra_is_there_if_all_of_it_is_in_a_version_that_will_do(monkeypatch):
    monkeypatch.setattr(metadata, "requires", lambda name: REQUIREMENTS)
    found = {extra.name: extra for extra in installation.extras()}
    here = f"pytest {metadata.version('pytest')}"
    assert sorted(found) == ["future", "other", "test"]
    assert (found["test"].found, found["test"].missing) == ([here], ["nothing.of_that-name>=1.2"])
    assert found["future"].missing == [f"pytest>=9999 (there is {metadata.version('pytest')})"]
    assert found["other"].missing == ["nothing-of-that-name"]


def test_what_is_missing_comes_with_the_command_that_installs_it(monkeypatch, capsys):
    monkeypatch.setattr(metadata, "requires", lambda name: REQUIREMENTS)
    main(["doctor"])
    assert 'other   missing nothing-of-that-name: pip install "tinygrad-fs[other]"' in capsys.readouterr().out


def test_a_checkout_that_is_not_installed_is_told_so(monkeypatch, capsys):
    def requires(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", requires)
    main(["doctor"])
    assert "this is not an installed distribution" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("version", "least", "is_enough"),
    [("2.0.1", "2.0", True), ("1.26.4", "2.0", False), ("2.10", "2.9", True), ("0.2rc1", "0.2", True)],
)  # fmt: skip
def test_versions_are_compared_by_their_numbers(version, least, is_enough):
    assert (installation._numbers(version) >= installation._numbers(least)) == is_enough


class Library:
    """A BLAS that tells its threads under one of the names."""

    def __init__(self, path):
        self.openblas_get_num_threads = lambda: 3


@pytest.mark.parametrize(("library", "threads"), [(Library, 3), (lambda path: object(), None)])
def test_threads_are_those_that_the_library_tells(monkeypatch, capsys, library, threads):
    monkeypatch.setattr(ctypes, "CDLL", library)
    assert installation.blas_threads() == threads
    main(["doctor"])
    assert ("threads unknown" if threads is None else f"threads: {threads}") in capsys.readouterr().out


def test_no_library_no_threads(monkeypatch):
    def fails(path):
        raise OSError(path)

    monkeypatch.setattr(ctypes, "CDLL", fails)
    assert installation.blas_threads() is None
