"""Matrices of derivatives: `jacobian` and `hessian`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tinygrad_fs import ops
from tinygrad_fs.autograd.trees import unflatten
from tinygrad_fs.func.call import Argnums, Call, as_tuple
from tinygrad_fs.tensor import Tensor

__all__ = ["hessian", "jacobian"]


def jacobian(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The function that computes the Jacobian of `f`: each output entry differentiated by each input entry.

    One forward pass, and one backward pass per output entry.

    Parameters
    ----------
    f : callable
        Takes arrays, Tensors or floats and returns Tensors, both also in nested tuples, lists and dicts.
    argnums : int or sequence of int, default 0
        Which positional arguments to differentiate with respect to.
    has_aux : bool, default False
        `f` returns a pair (outputs, aux), and so does the new function: (Jacobian, aux).

    Returns
    -------
    callable
        Takes what `f` takes. For one output and one argument it returns a Tensor of shape ``output.shape +
        argument.shape``. Otherwise it returns the nesting of the outputs, and in that, for each output, the nesting of
        the argument, or a tuple with one entry per argument if `argnums` is a sequence.

    Raises
    ------
    ValueError
        When called, if `argnums` is out of range.
    TypeError
        When called, if an argument to differentiate is not of a floating dtype, or `f` returns something else than
        floating Tensors.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_fs as tg
    >>> tg.func.jacobian(lambda x: x**2)(np.array([1.0, 2.0, 3.0]))
    tensor([[2., 0., 0.],
            [0., 4., 0.],
            [0., 0., 6.]], dtype=float64)
    """
    return _jacobian("jacobian", f, argnums, has_aux)


def hessian(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The function that computes the Hessian of `f`, the Jacobian of its Jacobian.

    For a scalar function of n numbers: a recorded backward pass, and a further one for each of the n.

    Parameters
    ----------
    f, argnums, has_aux
        As in `jacobian`.

    Returns
    -------
    callable
        Takes what `f` takes. For one output and one argument it returns a Tensor of shape ``output.shape +
        argument.shape + argument.shape``. For several arguments a and b, ``result[a][b]`` is the mixed derivative.

    Raises
    ------
    ValueError, TypeError
        When called, as in `jacobian`.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_fs as tg
    >>> tg.func.hessian(lambda x: x[0] ** 2 * x[1])(np.array([3.0, 5.0]))
    tensor([[10.,  6.],
            [ 6.,  0.]], dtype=float64)
    """
    return _jacobian("hessian", _jacobian("hessian", f, argnums, has_aux), argnums, has_aux)


def _jacobian(what: str, f: Callable[..., Any], argnums: Argnums, has_aux: bool) -> Callable[..., Any]:
    @functools.wraps(f, updated=())
    def differentiated(*args: Any, **kwargs: Any) -> Any:
        call = Call(what, f, args, kwargs, as_tuple(what, argnums, len(args)), has_aux)
        single = not isinstance(argnums, (tuple, list))
        parts = [[call.settled(matrix) for matrix in _jacobians(call, output)] for output in call.outputs]
        result = unflatten(call.outputs_as, [call.as_inputs(matrices, single) for matrices in parts])
        return (result, call.aux) if has_aux else result

    return differentiated


def _jacobians(call: Call, output: Tensor) -> list[Tensor]:
    """The Jacobians of one output in all inputs."""
    rows = [call.gradients([output], [seed], recorded=call.recorded, retain_graph=True) for seed in _unit_seeds(output)]
    to = [output.shape + x.shape for x in call.inputs]
    if not rows:
        return [Tensor._of(np.zeros_like(x.data, shape=shape)) for x, shape in zip(call.inputs, to)]
    return [ops.reshape(ops.stack(column), shape) for column, shape in zip(zip(*rows), to)]


def _unit_seeds(output: Tensor) -> Iterator[Tensor]:
    """For each entry of the output, the weights that select it."""
    for row in range(output.size):
        seed = np.zeros_like(output.data, order="C")
        np.reshape(seed, -1)[row] = 1
        yield Tensor._of(seed)
