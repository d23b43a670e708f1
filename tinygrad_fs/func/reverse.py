"""Reverse mode: `grad`, `value_and_grad`, `vjp`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from tinygrad_fs.func.call import Argnums, Call, as_tuple
from tinygrad_fs.graph import mode

__all__ = ["grad", "value_and_grad", "vjp"]


def grad(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The function that computes the gradient of `f`.

    Parameters
    ----------
    f : callable
        Takes arrays, Tensors or floats, also in nested tuples, lists and dicts, and returns a scalar Tensor. It
        gets Tensors in the place of what is differentiated, and everything else as it is.
    argnums : int or sequence of int, default 0
        Which positional arguments to differentiate with respect to. Arguments by keyword are not.
    has_aux : bool, default False
        `f` returns a pair (scalar, aux), and so does the new function: (gradient, aux).

    Returns
    -------
    callable
        Takes what `f` takes and returns the gradient as Tensors, nested as the argument is; a tuple of them if
        `argnums` is a sequence. Where an argument has no influence, the gradient is 0.

        Under `no_grad` it is a plain value. Otherwise it is recorded if it depends on Tensors that require
        grad: arguments, or what `f` closes over.

    Raises
    ------
    ValueError
        When called, if `f` returns something else than one number, or `argnums` is out of range.
    TypeError
        When called, if an argument to differentiate is not of a floating dtype, or `f` returns no Tensor.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_fs as tg
    >>> tg.func.grad(lambda x: np.exp(2 * x))(0.0)
    tensor(2.)
    >>> def loss(weights, x):
    ...     return tg.sum((weights["w"] * x + weights["b"]) ** 2)
    >>> tg.func.grad(loss)({"w": 2.0, "b": 1.0}, np.array([1.0, 3.0], np.float32))
    {'w': tensor(48.), 'b': tensor(20.)}
    >>> tg.func.grad(tg.func.grad(lambda x: x**3))(2.0)
    tensor(12.)
    """

    @functools.wraps(f, updated=())
    def gradient(*args: Any, **kwargs: Any) -> Any:
        call, result = _gradient("grad", f, argnums, has_aux, args, kwargs)
        return (result, call.aux) if has_aux else result

    return gradient


def value_and_grad(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The function that computes the value of `f` and its gradient.

    Parameters and errors are those of `grad`.

    Returns
    -------
    callable
        Takes what `f` takes and returns (value, gradient); with `has_aux`, ((value, aux), gradient).

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.func.value_and_grad(lambda x, y: x * y, argnums=(0, 1))(2.0, 3.0)
    (tensor(6.), (tensor(3.), tensor(2.)))
    """

    @functools.wraps(f, updated=())
    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        call, result = _gradient("value_and_grad", f, argnums, has_aux, args, kwargs)
        return ((call.values, call.aux) if has_aux else call.values), result

    return value_and_gradient


def _gradient(
    what: str, f: Callable[..., Any], argnums: Argnums, has_aux: bool, args: Any, kwargs: Any
) -> tuple[Call, Any]:
    call = Call(what, f, args, kwargs, as_tuple(what, argnums, len(args)), has_aux)
    gradients = call.gradients([call.scalar()], [None], recorded=call.recorded)
    settled = [call.settled(g) for g in gradients]
    return call, call.as_inputs(settled, single=not isinstance(argnums, (tuple, list)))


def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """The value of `f`, and the function that pulls weights of the outputs back to the inputs.

    For y = f(x) with the Jacobian J, it computes v^T J from v, in one backward pass.

    Parameters
    ----------
    f : callable
        Takes the primals and returns Tensors, also in nested tuples, lists and dicts.
    *primals : array_like
        Where to evaluate it; Tensors, arrays or floats, also nested. All are differentiated.
    has_aux : bool, default False
        `f` returns a pair (outputs, aux).

    Returns
    -------
    outputs
        What `f` returned.
    pullback : callable
        Takes weights that are nested as the outputs are, of the same shapes, and returns a tuple with one entry per
        primal, nested as it is. It can be called any number of times.
    aux
        With `has_aux` only.

    Raises
    ------
    TypeError
        If a primal is not of a floating dtype, or `f` returns something else than floating Tensors.
    ValueError
        By the pullback, if the weights do not fit the outputs.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_fs as tg
    >>> y, pullback = tg.func.vjp(lambda x, w: x @ w, np.ones((1, 2)), np.eye(2))
    >>> y
    tensor([[1., 1.]], dtype=float64)
    >>> dx, dw = pullback(np.array([[1.0, 10.0]]))
    >>> dw
    tensor([[ 1., 10.],
            [ 1., 10.]], dtype=float64)
    """
    call = Call("vjp", f, primals, has_aux=has_aux)

    def pullback(cotangents: Any) -> Any:
        seeds = call.like_outputs(cotangents, "the weights")
        seeds_count = any(seed.requires_grad for seed in seeds)
        recorded = mode.grad and (call.recorded or seeds_count)
        gradients = call.gradients(call.outputs, seeds, recorded=recorded, retain_graph=True)
        if not seeds_count:
            gradients = [call.settled(g) for g in gradients]
        return call.as_inputs(gradients, single=False)

    return (call.values, pullback, call.aux) if has_aux else (call.values, pullback)
