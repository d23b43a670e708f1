"""Gradients as values: `autograd.grad`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, overload

import numpy as np

from tinygrad_fs.changes import copied, unshared
from tinygrad_fs.graph import BackwardError, Node, mode, sweep
from tinygrad_fs.tensor import Tensor, TensorLike, as_seed

__all__ = ["grad"]

_NUMBERS = (int, float, np.generic)


@overload
def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: TensorLike | Sequence[TensorLike | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: Literal[False] = False,
) -> tuple[Tensor, ...]: ...
@overload
def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: TensorLike | Sequence[TensorLike | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Tensor | None, ...]: ...
def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: TensorLike | Sequence[TensorLike | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Tensor | None, ...]:
    """Gradients of the sum of `outputs` with respect to `inputs`, without writing any `.grad`.

    Parameters
    ----------
    outputs : Tensor or sequence of Tensor
        What to differentiate.
    inputs : Tensor or sequence of Tensor
        With respect to what; leaves or results of ops.
    grad_outputs : array_like or sequence, optional
        The gradient to begin with for each output, of its shape; None stands for 1 at a scalar.
    retain_graph : bool, optional
        Keep what the graph saved, so that it can be gone through again. By default as `create_graph`.
    create_graph : bool, default False
        Record the backward pass, so that the gradients can themselves be differentiated.
    allow_unused : bool, default False
        Give None for an input that no output depends on, instead of raising.

    Returns
    -------
    tuple of Tensor
        One gradient per input, always as a tuple.

    Raises
    ------
    BackwardError
        If an output has no graph, or the graph was used up; or an input is not used and `allow_unused` is false.
    ValueError
        If a seed is missing or has the wrong shape.
    TypeError
        If an output or an input is no Tensor.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor(3.0, requires_grad=True)
    >>> (dy,) = tg.autograd.grad(x**3, x, create_graph=True)
    >>> (ddy,) = tg.autograd.grad(dy, x)
    >>> dy, ddy
    (tensor(27., grad_fn=<Multiply>), tensor(18.))
    """
    outputs, inputs = _as_tensors("output", outputs), _as_tensors("input", inputs)
    given = _per_output(grad_outputs, len(outputs))
    targets: list[Any] = [tensor._node for tensor in inputs]
    if None in targets:
        raise BackwardError(f"grad: input {targets.index(None)} does not require grad; make it with requires_grad=True")
    seeds: dict[Node, Any] = {}
    for i, (output, seed) in enumerate(zip(outputs, given)):
        node = output._node
        if node is None:
            raise BackwardError(
                f"grad: output {i} has no graph; nothing that it was computed from requires grad, or it was computed "
                "under no_grad"
            )
        start = as_seed("grad", output, seed, create_graph)
        held = seeds.get(node)
        seeds[node] = start if held is None else held + start
    before, mode.grad = mode.grad, create_graph
    try:
        found = sweep(
            seeds,
            set(targets),
            retain_graph=create_graph if retain_graph is None else retain_graph,
            recorded=create_graph,
        )
    finally:
        mode.grad = before
    return tuple([_result(found, tensor, i, allow_unused) for i, tensor in enumerate(inputs)])


def _as_tensors(what: str, given: Any) -> tuple[Tensor, ...]:
    if isinstance(given, Tensor):
        return (given,)
    several = isinstance(given, (list, tuple)) or (isinstance(given, Iterable) and not isinstance(given, str))
    tensors = tuple(given) if several else (given,)
    for i, tensor in enumerate(tensors):
        if not isinstance(tensor, Tensor):
            raise TypeError(f"grad: {what} {i} is a {type(tensor).__name__}; it must be a Tensor")
    return tensors


def _per_output(grad_outputs: Any, count: int) -> tuple[Any, ...]:
    if grad_outputs is None:
        return (None,) * count
    if isinstance(grad_outputs, (list, tuple)) and not (
        count == 1 and grad_outputs and isinstance(grad_outputs[0], _NUMBERS)
    ):
        if len(grad_outputs) != count:
            raise ValueError(f"grad: {count} outputs, but {len(grad_outputs)} grad_outputs; give one each, or None")
        return tuple(grad_outputs)
    if count != 1:
        raise ValueError(f"grad: {count} outputs need a sequence of {count} grad_outputs")
    return (grad_outputs,)


def _result(found: dict[Any, Any], tensor: Tensor, position: int, allow_unused: bool) -> Tensor | None:
    g = found.get(tensor._node)
    if g is None:
        if allow_unused:
            return None
        raise BackwardError(
            f"grad: no output depends on input {position}, of shape {tensor.shape}; "
            "pass allow_unused=True to get None for it"
        )
    if isinstance(g, Tensor):
        return g
    return Tensor._of(g if unshared(g) else copied(g))
