"""Products with vectors: `jvp` forward along a direction, `hvp` of second derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygrad_fs.autograd.trees import unflatten
from tinygrad_fs.func.call import Call, zeros_like
from tinygrad_fs.graph import mode

__all__ = ["hvp", "jvp"]


def jvp(f: Callable[..., Any], primals: Any, tangents: Any, has_aux: bool = False) -> Any:
    """The value of `f`, and how it changes along a direction.

    For y = f(x) with the Jacobian J, it computes J t from t. The backward pass gives v^T J, which is linear in v;
    its derivative with respect to v, pulled back in turn, is J t. So an op needs no second rule for this.

    Parameters
    ----------
    f : callable
        Takes the primals and returns Tensors, also in nested tuples, lists and dicts.
    primals : tuple
        Where to evaluate it, one entry per argument; Tensors, arrays or floats, also nested.
    tangents : tuple
        The direction, nested as the primals are and of the same shapes.
    has_aux : bool, default False
        `f` returns a pair (outputs, aux).

    Returns
    -------
    outputs
        What `f` returned.
    tangents
        The derivative of each output along the direction.
    aux
        With `has_aux` only.

    Raises
    ------
    TypeError
        If a primal is not of a floating dtype, or `f` returns something else than floating Tensors.
    ValueError
        If the tangents do not fit the primals.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.func.jvp(lambda x, y: (x * y, x + y), (2.0, 3.0), (1.0, 0.0))
    ((tensor(6.), tensor(5.)), (tensor(3.), tensor(1.)))
    """
    _check_tuple("jvp", primals)
    call = Call("jvp", f, primals, has_aux=has_aux)
    direction = call.like_inputs(tangents, "the tangents")
    probes = [zeros_like(y).requires_grad_() for y in call.outputs]
    gradients = call.pulled(call.outputs, probes, call.inputs, recorded=True)
    recorded = call.recorded or (mode.grad and any(t.requires_grad for t in direction))
    found = call.pulled(gradients, direction, probes, recorded=recorded)
    changes = [zeros_like(y) if t is None else call.settled(t) for y, t in zip(call.outputs, found)]
    result = (call.values, unflatten(call.outputs_as, changes))
    return (*result, call.aux) if has_aux else result


def hvp(f: Callable[..., Any], primals: Any, tangents: Any) -> Any:
    """The Hessian of a scalar function times a vector, without the Hessian.

    It is the gradient of <gradient of f, t>: two backward passes, whatever the number of parameters.

    Parameters
    ----------
    f : callable
        Takes the primals and returns a scalar Tensor.
    primals : tuple
        Where to evaluate it, one entry per argument; Tensors, arrays or floats, also nested.
    tangents : tuple
        The vector, nested as the primals are and of the same shapes.

    Returns
    -------
    Tensor, or nested as the primals are
        H t: for one primal nested as that is, for several a tuple with an entry for each.

    Raises
    ------
    TypeError
        If a primal is not of a floating dtype, or `f` returns something else than a Tensor.
    ValueError
        If `f` does not return a scalar, or the tangents do not fit the primals.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_fs as tg
    >>> tg.func.hvp(lambda x: tg.sum(x**3), (np.array([1.0, 2.0]),), (np.array([1.0, 0.0]),))
    tensor([6., 0.], dtype=float64)
    """
    _check_tuple("hvp", primals)
    call = Call("hvp", f, primals)
    direction = call.like_inputs(tangents, "the tangents")
    first = call.pulled([call.scalar()], [None], call.inputs, recorded=True)
    recorded = call.recorded or (mode.grad and any(t.requires_grad for t in direction))
    second = call.gradients(first, direction, recorded=recorded)
    return call.as_inputs([call.settled(g) for g in second], single=len(primals) == 1)


def _check_tuple(what: str, primals: Any) -> None:
    if not isinstance(primals, (tuple, list)):
        raise TypeError(
            f"{what}: the primals are a tuple with one entry per argument, (x,) for one; not {type(primals).__name__}"
        )
