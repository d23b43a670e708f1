"""Einstein summation: products and sums of tensors, spelled with one letter per axis."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.ops.arranging.triangles import OnDiagonal
from tinygrad_fs.ops.elementwise.arithmetic import multiply
from tinygrad_fs.ops.linear_algebra.products import LETTERS, Contract
from tinygrad_fs.ops.reductions.reduction import sum
from tinygrad_fs.ops.shape import squeeze, transpose
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["einsum"]

Path: TypeAlias = "tuple[tuple[int, ...], ...]"
Shapes: TypeAlias = "tuple[tuple[int, ...], ...]"


class Diagonal(Op):
    """y: the entries of x whose indices agree wherever `term` repeats a name;  dx: g there, 0 elsewhere."""

    makes_view = True

    def forward(x: Any, *, term: str) -> Any:
        return np.einsum(f"{term}->{_once(term)}", x)

    def vjp(g: Any, shapes: Any, term: str) -> Any:
        place = {i: axis for axis, i in enumerate(term)}  # the last, if a name is repeated
        order = [place[i] for i in _once(term)]  # which axis of x each axis of g is
        for axis, i in enumerate(term):
            if axis == place[i]:
                continue
            # An axis more for the name: what stood along one of them stands on the diagonal of both.
            at = order.index(place[i])
            g = g if at == g.ndim - 1 else np.moveaxis(g, at, -1)
            del order[at]
            order += [axis, place[i]]
            size = g.shape[-1]
            g = OnDiagonal.apply(g, to=(*g.shape, size), offset=0, axis1=g.ndim - 1, axis2=g.ndim)
        back = [order.index(axis) for axis in range(len(term))]
        return g if back == list(range(g.ndim)) else np.transpose(g, back)


def _once(term: str) -> str:
    return "".join(dict.fromkeys(term))


def einsum(*operands: Any, optimize: bool | str | Sequence[Any] = True) -> Tensor:
    """Einstein summation.

    Parameters
    ----------
    *operands : str, then array_like
        First the subscripts: one letter per axis of each tensor, tensors apart by commas, ``->`` and the axes of the
        result. Letters that the result lacks are summed over. Without ``->`` the result has the letters that occur
        once, in alphabetical order. ``...`` stands for all axes that are not named, which broadcast. Then the tensors.
        Instead of a string, each may be followed by its list of integers (and Ellipsis), and the last list is that
        of the result: ``einsum(x, [0, 1], y, [1, 2], [0, 2])``.
    optimize : bool, str or path, default True
        In which order more than two operands are multiplied: in the one that `numpy.einsum_path` finds (True;
        or its method "greedy" or "optimal", or a path that it returned), or from left to right (False). The
        pairs are multiplied as matrices where that is faster. (NumPy's default is False.)

    Returns
    -------
    Tensor
        Axes of size 1 broadcast against axes of the same letter.

    Raises
    ------
    ValueError
        If the subscripts do not fit the operands, sizes of one letter differ, or the result names an axis twice
        or one that no operand has.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> tg.einsum("ij,jk->ik", x, x)
    tensor([[ 7., 10.],
            [15., 22.]])
    >>> tg.einsum("ii", x)
    tensor(5.)
    """
    subscripts, tensors = _as_text(operands)
    shapes = tuple([tuple(np.shape(x)) for x in tensors])
    if (pair := _plain_pair(subscripts, shapes)) is not None:
        left, right, result = pair
        return Contract.apply(*tensors, left=left, right=right, result=result)
    if (dropped := _plain_sum(subscripts, shapes)) is not None:
        return sum(tensors[0], axis=dropped)
    terms, result, sizes = _parsed(subscripts, shapes)
    factors: list[tuple[Any, str]] = [
        _own_axes(x, term, shape, sizes) for x, term, shape in zip(tensors, terms, shapes)
    ]
    for i, (x, term) in enumerate(factors):
        wanted = result + "".join(other for k, (_, other) in enumerate(factors) if k != i)
        factors[i] = _reduced(x, term, wanted)
    for positions in _path([term for _, term in factors], result, sizes, optimize):
        chosen = [factors.pop(position) for position in sorted(positions, reverse=True)][::-1]
        product = chosen.pop(0)
        while chosen:
            product = _multiplied(product, chosen.pop(0), [*chosen, *factors], result)
        factors.append(product)
    ((product, term),) = factors
    if term == result and len(terms) > 1:
        return product  # type: ignore[no-any-return]
    return transpose(product, [term.index(i) for i in result])


@lru_cache(maxsize=1024)
def _plain_pair(subscripts: str, shapes: Shapes) -> tuple[str, str, str] | None:
    """The names of the axes of two factors and of their product, where each name stands in two of the three."""
    terms, result, sizes = _parsed(subscripts, shapes)
    if len(terms) != 2 or not all(terms):
        return None
    for term, shape in zip(terms, shapes):
        if _once(term) != term or any(size != sizes[i] for size, i in zip(shape, term)):
            return None
    if any((i in terms[0]) + (i in terms[1]) + (i in result) < 2 for i in sizes):
        return None
    return terms[0], terms[1], result


@lru_cache(maxsize=1024)
def _plain_sum(subscripts: str, shapes: Shapes) -> tuple[int, ...] | None:
    """The axes that a single factor lacks in the result, if the others stand in it in their order."""
    terms, result, _ = _parsed(subscripts, shapes)
    if len(terms) != 1 or _once(terms[0]) != terms[0] or "".join(i for i in terms[0] if i in result) != result:
        return None
    return tuple([axis for axis, i in enumerate(terms[0]) if i not in result]) or None


def _own_axes(x: Any, term: str, shape: tuple[int, ...], sizes: dict[str, int]) -> tuple[Any, str]:
    """An operand without its axes of size 1 that broadcast: it does not depend on those letters."""
    stretched = tuple([axis for axis, i in enumerate(term) if shape[axis] != sizes[i]])
    if not stretched:
        return x, term
    return squeeze(x, stretched), "".join(i for axis, i in enumerate(term) if axis not in stretched)


def _reduced(x: Any, term: str, wanted: str) -> tuple[Any, str]:
    """A factor with every letter once, and without those that nobody else wants."""
    own = _once(term)
    if own != term:
        x = Diagonal.apply(x, term=term)
    if dropped := tuple([axis for axis, i in enumerate(own) if i not in wanted]):
        x = sum(x, axis=dropped)
    return x, "".join(i for i in own if i in wanted)


def _multiplied(
    factor: tuple[Any, str], other: tuple[Any, str], rest: list[tuple[Any, str]], result: str
) -> tuple[Any, str]:
    """The product of two factors, summed over what neither the rest nor the result needs."""
    (x, left), (y, right) = factor, other
    wanted = result + "".join(term for _, term in rest)
    letters = "".join(i for i in dict.fromkeys(left + right) if i in wanted)
    if not rest:
        letters = result
    if not left or not right:
        return multiply(x, y), left or right  # a 0-d factor counts as a number, whatever its dtype
    return Contract.apply(x, y, left=left, right=right, result=letters), letters


def _path(terms: list[str], result: str, sizes: dict[str, int], optimize: Any) -> Path:
    """Which factors are multiplied in each step, by their positions; the product goes to the end."""
    if len(terms) <= 2 or optimize is False:
        return (tuple(range(len(terms))),)
    if isinstance(optimize, list):
        optimize = tuple([tuple(step) if isinstance(step, list) else step for step in optimize])
    return _found_path(tuple(terms), result, tuple(sizes.items()), optimize)


@lru_cache(maxsize=1024)
def _found_path(terms: tuple[str, ...], result: str, sizes: tuple[tuple[str, int], ...], optimize: Any) -> Path:
    size_of = dict(sizes)
    stand_ins = [np.broadcast_to(np.zeros(()), [size_of[i] for i in term]) for term in terms]
    how = list(optimize) if isinstance(optimize, tuple) and optimize[:1] == ("einsum_path",) else optimize
    path = np.einsum_path(f"{','.join(terms)}->{result}", *stand_ins, optimize=how)[0]
    return tuple([tuple(step) for step in path[1:]])


def _as_text(operands: tuple[Any, ...]) -> tuple[str, list[TensorLike]]:
    """The subscripts and the operands, in whichever of the two forms they were given."""
    if not operands:
        raise ValueError("einsum: no subscripts and no operands were given; write einsum('ij,jk->ik', x, y)")
    if isinstance(operands[0], str):
        return operands[0].replace(" ", ""), list(operands[1:])
    terms = [_letters_of(labels) for labels in operands[1::2]]
    result = f"->{_letters_of(operands[-1])}" if len(operands) % 2 else ""
    return ",".join(terms) + result, list(operands[: len(terms) * 2 : 2])


def _letters_of(labels: Sequence[Any]) -> str:
    try:
        return "".join("..." if label is Ellipsis else LETTERS[int(label)] for label in labels)
    except (TypeError, ValueError, IndexError):
        raise ValueError(
            f"einsum: {labels!r} does not name axes; after each operand comes a list of integers from 0 to 51 and "
            "Ellipsis, as in einsum(x, [0, 1], y, [1, 2], [0, 2])"
        ) from None


@lru_cache(maxsize=1024)
def _parsed(subscripts: str, shapes: Shapes) -> tuple[tuple[str, ...], str, dict[str, int]]:
    """One letter per axis for each operand and the result, with letters in the place of the dots; and their sizes."""
    given, arrow, wanted = subscripts.partition("->")
    terms = given.split(",")
    if len(terms) != len(shapes):
        raise ValueError(f"einsum: {subscripts!r} is for {len(terms)} operands, but {len(shapes)} were given")
    for term in [*terms, wanted]:
        if term.count("...") > 1 or set(term.replace("...", "")) - set(LETTERS):
            raise ValueError(f"einsum: {subscripts!r}: {term!r} may consist of letters and one '...'")
    unnamed = [len(shape) - len(term.replace("...", "")) for term, shape in zip(terms, shapes)]
    for position, (term, shape, extra) in enumerate(zip(terms, shapes, unnamed)):
        if extra < 0 or (extra and "..." not in term):
            raise ValueError(
                f"einsum: {subscripts!r}: {term!r} does not fit operand {position} of shape {shape}; name every axis, "
                "or write '...' for the others"
            )
    free = [i for i in LETTERS if i not in subscripts]
    dots = free[: max(unnamed)]
    if len(dots) < max(unnamed):
        raise ValueError(f"einsum: {subscripts!r}: there are more than {len(LETTERS)} different axes")
    full = tuple([term.replace("...", "".join(dots[len(dots) - n :])) for term, n in zip(terms, unnamed)])
    if arrow:
        _check_result(subscripts, given, wanted, bool(dots))
        result = wanted.replace("...", "".join(dots))
    else:
        named = given.replace(",", "").replace("...", "")
        result = "".join(dots) + "".join(sorted(i for i in named if named.count(i) == 1))
    return full, result, _sizes(subscripts, full, shapes)


def _check_result(subscripts: str, given: str, wanted: str, dots: bool) -> None:
    letters = wanted.replace("...", "")
    if twice := sorted({i for i in letters if letters.count(i) > 1}):
        raise ValueError(f"einsum: {subscripts!r}: the result names the axis {twice[0]!r} twice")
    if unknown := [i for i in letters if i not in given]:
        raise ValueError(f"einsum: {subscripts!r}: no operand has the axis {unknown[0]!r} of the result")
    if dots and "..." not in wanted:
        raise ValueError(f"einsum: {subscripts!r}: the result lacks '...', for which the operands have axes")


def _sizes(subscripts: str, terms: tuple[str, ...], shapes: Shapes) -> dict[str, int]:
    """The size of every letter; size 1 gives way to another."""
    sizes: dict[str, int] = {}
    for position, (term, shape) in enumerate(zip(terms, shapes)):
        own: dict[str, int] = {}
        for i, size in zip(term, shape):
            known = sizes.get(i, 1)
            if own.setdefault(i, size) != size or (size != known and 1 not in (size, known)):
                differing = own[i] if own[i] != size else known
                raise ValueError(
                    f"einsum: {subscripts!r}: the axis {i!r} has size {size} in operand {position}, and elsewhere "
                    f"{differing} (shapes {', '.join(map(str, shapes))})"
                )
            sizes[i] = size if known == 1 else known
    return sizes
