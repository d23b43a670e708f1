"""Gradients as values: `autograd.grad`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_fs.changes import copied, unshared
from tinygrad_fs.gradmode import set_grad_enabled
from tinygrad_fs.graph import BackwardError, Node, sweep
from tinygrad_fs.tensor import Tensor, TensorLike, as_seed

__all__ = ["grad"]


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

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor(3.0, requires_grad=True)
    >>> (dy,) = tg.autograd.grad(x**3, x, create_graph=True)
    >>> (ddy,) = tg.autograd.grad(dy, x)
    >>> dy, ddy
    (tensor(27., grad_fn=<Multiply>), tensor(18.))
    """
    outputs = (outputs,) if isinstance(outputs, Tensor) else tuple(outputs)
    inputs = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    given = _per_output(grad_outputs, len(outputs))
    for i, tensor in enumerate(inputs):
        if tensor._node is None:
            raise BackwardError(f"grad: input {i} does not require grad; make it with requires_grad=True")
    seeds: dict[Node, Any] = {}
    for i, (output, seed) in enumerate(zip(outputs, given)):
        if output._node is None:
            raise BackwardError(
                f"grad: output {i} has no graph; nothing that it was computed from requires grad, or it was computed "
                "under no_grad"
            )
        start = as_seed("grad", output, seed, create_graph)
        held = seeds.get(output._node)
        seeds[output._node] = start if held is None else held + start
    with set_grad_enabled(create_graph):
        found = sweep(
            seeds,
            {tensor._node for tensor in inputs if tensor._node is not None},
            retain_graph=create_graph if retain_graph is None else retain_graph,
            recorded=create_graph,
        )
    return tuple([_result(found, tensor, i, allow_unused) for i, tensor in enumerate(inputs)])


def _per_output(grad_outputs: Any, count: int) -> tuple[Any, ...]:
    if grad_outputs is None:
        return (None,) * count
    if isinstance(grad_outputs, (list, tuple)) and not (count == 1 and np.isscalar(grad_outputs[0])):
        if len(grad_outputs) != count:
            raise ValueError(f"grad: {count} outputs, but {len(grad_outputs)} grad_outputs; give one each, or None")
        return tuple(grad_outputs)
    if count != 1:
        raise ValueError(f"grad: {count} outputs need a sequence of {count} grad_outputs")
    return (grad_outputs,)


def _result(found: dict[Node, Any], tensor: Tensor, position: int, allow_unused: bool) -> Tensor | None:
    node = tensor._node
    if node not in found:
        if allow_unused:
            return None
        raise BackwardError(
            f"grad: no output depends on input {position}, of shape {tensor.shape}; "
            "pass allow_unused=True to get None for it"
        )
    g = found[node]
    if isinstance(g, Tensor):
        return g
    return Tensor._of(g if unshared(g) else copied(g))
