"""Random numbers: the default generator, and Tensors drawn from one."""

from __future__ import annotations

import operator
import threading
from collections.abc import Iterable, Sequence

import numpy as np

from tinygrad_fs.dtypes import DTypeLike, get_default_dtype
from tinygrad_fs.tensor import Tensor

__all__ = ["default_generator", "manual_seed", "rand", "randint", "randn"]


class _State:
    """The default generator; made at first use, since that costs more than importing the package."""

    generator: np.random.Generator | None = None
    lock = threading.Lock()


def default_generator() -> np.random.Generator:
    """The generator that random functions use when they are given none.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.manual_seed(0)
    >>> int(tg.default_generator().integers(10))
    8
    """
    if _State.generator is None:
        with _State.lock:
            if _State.generator is None:
                _State.generator = np.random.default_rng()
    return _State.generator


def manual_seed(seed: int) -> None:
    """Start the default generator anew from `seed`, so that what follows can be repeated.

    Parameters
    ----------
    seed : int
        Not negative.

    Raises
    ------
    ValueError
        If it is something else.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.manual_seed(0)
    >>> a = tg.rand(3)
    >>> tg.manual_seed(0)
    >>> bool((a == tg.rand(3)).all())
    True
    """
    if not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ValueError(f"manual_seed: seed={seed!r}; it is an int, and not negative")
    _State.generator = np.random.default_rng(int(seed))


def generator_or_default(generator: np.random.Generator | None) -> np.random.Generator:
    """The generator that was given, or the default one; an error if it is something else, as a seed."""
    if generator is None:
        return default_generator()
    if not isinstance(generator, np.random.Generator):
        raise TypeError(
            f"generator={generator!r} is no numpy.random.Generator; make one with numpy.random.default_rng(seed)"
        )
    return generator


def rand(
    *shape: int | Sequence[int],
    dtype: DTypeLike | None = None,
    generator: np.random.Generator | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Uniform numbers in [0, 1).

    Parameters
    ----------
    *shape : int, or one sequence of int
    dtype : dtype, optional
        A floating dtype; the default dtype if not given.
    generator : numpy.random.Generator, optional
        The default generator if not given.
    requires_grad : bool, default False

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_fs as tg
    >>> tg.rand(2, generator=np.random.default_rng(0))
    tensor([0.6369617 , 0.26978672])
    """
    values = generator_or_default(generator).random(_shape(shape))
    return Tensor(np.asarray(values), requires_grad, dtype or get_default_dtype())


def randn(
    *shape: int | Sequence[int],
    dtype: DTypeLike | None = None,
    generator: np.random.Generator | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Standard normal numbers; parameters as in `rand`.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_fs as tg
    >>> tg.randn((2, 3), generator=np.random.default_rng(0)).shape
    (2, 3)
    """
    values = generator_or_default(generator).standard_normal(_shape(shape))
    return Tensor(np.asarray(values), requires_grad, dtype or get_default_dtype())


def randint(
    low: int,
    high: int | None = None,
    shape: int | Sequence[int] = (),
    *,
    dtype: DTypeLike = np.int64,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """Integers from `low` up to, but without, `high`; from 0 up to `low` if there is no `high`.

    Parameters
    ----------
    low, high : int
    shape : int or sequence of int
    dtype : dtype, default int64
    generator : numpy.random.Generator, optional
        The default generator if not given.

    Raises
    ------
    ValueError
        If there is no integer to draw.
    TypeError
        If `high` is no int, as where the shape was given in its place.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_fs as tg
    >>> tg.randint(0, 10, 3, generator=np.random.default_rng(0))
    tensor([8, 6, 5])
    """
    if high is None:
        low, high = 0, low
    if not isinstance(high, (int, np.integer)):
        raise TypeError(
            f"randint: high={high!r} is no int; the shape comes after both bounds, as in randint(0, 5, (2, 3))"
        )
    if high <= low:
        raise ValueError(f"randint: there is no integer from {low} up to, but without, {high}")
    values = generator_or_default(generator).integers(low, high, shape)
    return Tensor(np.asarray(values), dtype=dtype)


def _shape(sizes: tuple[int | Sequence[int], ...]) -> tuple[int, ...]:
    given = sizes[0] if len(sizes) == 1 and isinstance(sizes[0], Iterable) else sizes
    try:
        return tuple(map(operator.index, given))  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"the shape is of integers, not {given!r}") from None
