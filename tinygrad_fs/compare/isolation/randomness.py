"""Random states: set alike before every run, and put back when all is done."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

import numpy as np

from tinygrad_fs.compare.isolation.parts import walk
from tinygrad_fs.random import default_generator

__all__ = ["GENERATORS", "drawn_by", "held_by", "preserved", "replay"]

GENERATORS = (np.random.Generator, np.random.RandomState, random.Random)
"""The kinds of objects that random numbers are drawn from."""

Generator: TypeAlias = Any


def held_by(root: Any) -> list[Generator]:
    """The generators that stand in an object."""
    found = {id(value): value for _, value in walk(root) if isinstance(value, GENERATORS)}
    return list(found.values())


def replay(seed: int, generators: Iterable[Generator] = ()) -> None:
    """Start the global generators and those given from a seed.

    Parameters
    ----------
    seed : int
    generators : iterable of numpy.random.Generator, numpy.random.RandomState or random.Random
    """
    for number, each in enumerate((*_shared_by_all(), *generators)):
        _start(each, (seed + 7919 * number) % 2**32)


@contextlib.contextmanager
def preserved(generators: Iterable[Generator] = ()) -> Iterator[None]:
    """Put the states of the global generators, and of those given, back at the end of the block.

    Examples
    --------
    >>> before = np.random.get_state()[1]
    >>> with preserved():
    ...     replay(0)
    ...     _ = np.random.rand(3)
    >>> bool((np.random.get_state()[1] == before).all())
    True
    """
    restorers = [_restorer(each) for each in (*_shared_by_all(), *generators)]
    try:
        yield
    finally:
        for restore in restorers:
            restore()


def drawn_by(run: Callable[[], Any]) -> list[str]:
    """The modules whose global generators `run` draws from, when it is called; what it raises comes through.

    Examples
    --------
    >>> drawn_by(lambda: np.random.rand(2))
    ['np.random']
    """
    before = _global_states()
    run()
    after = _global_states()
    return [name for name in before if before[name] != after[name]]


def _global_states() -> dict[str, Any]:
    legacy: Any = np.random.get_state()  # noqa: NPY002 (what is audited may draw from it)
    return {"random": random.getstate(), "np.random": (legacy[1].tobytes(), *legacy[2:])}


def _shared_by_all() -> list[Generator]:
    return [np.random, random, default_generator()]  # the modules have the methods of their global generators


def _start(generator: Generator, seed: int) -> None:
    if isinstance(generator, np.random.Generator):
        bits = generator.bit_generator
        bits.state = type(bits)(seed).state
    else:
        generator.seed(seed)


def _restorer(generator: Generator) -> Callable[[], None]:
    if isinstance(generator, np.random.Generator):
        bits, state = generator.bit_generator, generator.bit_generator.state
        return lambda: setattr(bits, "state", state)
    if hasattr(generator, "getstate"):
        inner = generator.getstate()
        return lambda: generator.setstate(inner)
    legacy = generator.get_state(legacy=False)
    return lambda: generator.set_state(legacy)
