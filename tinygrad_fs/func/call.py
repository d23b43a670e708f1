"""One recorded call of a function that is being differentiated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from tinygrad_fs import autograd
from tinygrad_fs.autograd.region import Region
from tinygrad_fs.autograd.trees import flatten, leaves_like, mapped, paths, unflatten
from tinygrad_fs.gradmode import enable_grad
from tinygrad_fs.graph import mode
from tinygrad_fs.op import Op
from tinygrad_fs.tensor import Tensor

__all__ = ["Argnums", "Call", "as_tuple", "zeros_like"]

Argnums: TypeAlias = int | Sequence[int]


class Argument(Op):
    """y = x, an argument of a function that is being differentiated;  dy/dx = 1."""

    makes_view = True

    def forward(x: Any) -> Any:
        return x

    def vjp(g: Any) -> Any:
        return g


class Call:
    """What a function returned, recorded down to stand-ins of the arguments that are differentiated.

    The stand-ins are new, so that nothing is written to the arguments and a call inside of another one
    has its own. Where an argument has a history, its stand-in goes on from there.

    Parameters
    ----------
    what : str
        The name of the transform, for messages.
    function : callable
    args, kwargs
        What it is called with.
    argnums : tuple of int
        The positions of the arguments that are differentiated.
    has_aux : bool
        The function returns a pair, of which only the first is differentiated.

    Attributes
    ----------
    inputs, outputs : list of Tensor
        The stand-ins and the results, without their nesting, which `inputs_as` and `outputs_as` keep.
    aux
        The second of the pair, as it is seen from outside.
    recorded : bool
        Whether what is made of the outputs must itself be recorded: they depend on Tensors outside that
        require grad.
    """

    def __init__(
        self,
        what: str,
        function: Callable[..., Any],
        args: Sequence[Any],
        kwargs: Mapping[str, Any] | None = None,
        argnums: tuple[int, ...] | None = None,
        has_aux: bool = False,
    ) -> None:
        self.what = what
        self._observed = mode.grad
        self._region = Region()
        chosen = tuple(range(len(args))) if argnums is None else argnums
        values, self.inputs_as = flatten(tuple([args[i] for i in chosen]))
        self.inputs = [self._stand_in(value, path) for value, path in zip(values, self._paths(chosen))]
        replaced = list(args)
        for i, value in zip(chosen, unflatten(self.inputs_as, self.inputs)):
            replaced[i] = value
        with enable_grad():
            result = function(*replaced, **(kwargs or {}))
        aux = None
        if has_aux:
            if not isinstance(result, tuple) or len(result) != 2:
                raise TypeError(f"{what}: with has_aux=True the function must return a pair (output, aux)")
            result, aux = result
        outputs, self.outputs_as = flatten(result)
        self.outputs = [self._output(value, path) for value, path in zip(outputs, paths(self.outputs_as))]
        others = [value for value in flatten(aux)[0] if isinstance(value, Tensor)]
        self.recorded = self._observed and self._lead_out([*self.outputs, *others])
        self.aux = mapped(lambda value: self.seen_from_outside(value) if isinstance(value, Tensor) else value, aux)

    def _paths(self, argnums: tuple[int, ...]) -> list[str]:
        return [f"argument {i}{path}" for i, part in zip(argnums, self.inputs_as) for path in paths(part)]

    def _stand_in(self, value: Any, name: str) -> Tensor:
        if not isinstance(value, Tensor):
            if not (isinstance(value, (bool, int, float, np.generic)) or hasattr(value, "__array_function__")):
                raise TypeError(
                    f"{self.what}: {name} is a {type(value).__name__}, which has no derivative; "
                    "arrays, Tensors and floats do; leave it out of argnums, or pass it by keyword"
                )
            value = Tensor(value)
        if value.dtype.kind != "f":
            raise TypeError(
                f"{self.what}: {name} has dtype {value.dtype}, and only floating values can change by a little; "
                "use .astype('float64') or a float, leave it out of argnums, or pass it by keyword"
            )
        if self._observed and value.requires_grad:
            return Argument.apply(value)
        return Tensor._of(value.data).requires_grad_()

    def _output(self, value: Any, path: str) -> Tensor:
        if not isinstance(value, Tensor):
            raise TypeError(
                f"{self.what}: the function returned a value of type {type(value).__name__}{path and ' at ' + path}; "
                "it must return Tensors, computed from its arguments without .item(), .numpy() or .detach()"
            )
        if value.dtype.kind != "f":
            raise TypeError(
                f"{self.what}: the function returned a Tensor of dtype {value.dtype}{path and ' at ' + path}, "
                "which has no derivative; return it beside the output, with has_aux=True"
            )
        return value

    def _lead_out(self, tensors: Sequence[Tensor]) -> bool:
        """Whether one of them depends on a Tensor outside of the call that requires grad."""
        return bool(self._region.explore([tensor._node for tensor in tensors])[1])

    def seen_from_outside(self, tensor: Tensor) -> Tensor:
        """The tensor without its history, unless that leads out of the call."""
        if self._observed and self._lead_out([tensor]):
            return Tensor._of(tensor.data, tensor._node)
        return tensor.detach()

    @property
    def values(self) -> Any:
        """What the function returned, as it is seen from outside."""
        return unflatten(self.outputs_as, [self.seen_from_outside(output) for output in self.outputs])

    def scalar(self) -> Tensor:
        """The only output, which must be one number."""
        if len(self.outputs) != 1 or not isinstance(self.outputs_as, int):
            raise TypeError(
                f"{self.what}: the function returned {len(self.outputs)} Tensors in a "
                f"{type(self.outputs_as).__name__}; it must return one scalar (and more only with has_aux=True); "
                "for several outputs use func.jacobian or func.vjp"
            )
        (output,) = self.outputs
        if output.size != 1:
            raise ValueError(
                f"{self.what}: the function returned shape {output.shape}, and only a scalar has a gradient; "
                "reduce it, as in .sum(), or use func.jacobian"
            )
        return output

    def like_inputs(self, tree: Any, name: str) -> list[Tensor]:
        """The leaves of `tree` as Tensors, which must fit the inputs: a direction to go from them."""
        return self._fitting(tree, name, self.inputs_as, self.inputs)

    def like_outputs(self, tree: Any, name: str) -> list[Tensor]:
        """The leaves of `tree` as Tensors, which must fit the outputs: weights for them."""
        return self._fitting(tree, name, self.outputs_as, self.outputs)

    def _fitting(self, tree: Any, name: str, skeleton: Any, models: list[Tensor]) -> list[Tensor]:
        leaves = leaves_like(skeleton, tree, f"{self.what}: {name}")
        names = [f"{self.what}: {name}{path}" for path in paths(skeleton)]
        return [_fit(leaf, model, each) for leaf, model, each in zip(leaves, models, names)]

    def gradients(
        self, outputs: Sequence[Tensor | None], seeds: Sequence[Any], *, recorded: bool, retain_graph: bool = False
    ) -> list[Tensor]:
        """The gradients of the inputs from those of `outputs`, zeros where nothing depends on an input."""
        found = self.pulled(outputs, seeds, self.inputs, recorded=recorded, retain_graph=retain_graph)
        return [zeros_like(x) if g is None else g for x, g in zip(self.inputs, found)]

    @staticmethod
    def pulled(
        outputs: Sequence[Tensor | None],
        seeds: Sequence[Any],
        inputs: Sequence[Tensor],
        *,
        recorded: bool,
        retain_graph: bool = False,
    ) -> Sequence[Tensor | None]:
        """As `autograd.grad`, with None for outputs that are constant and gradients that are 0."""
        live = [(y, seed) for y, seed in zip(outputs, seeds) if y is not None and y.requires_grad]
        if not live or not inputs:
            return [None] * len(inputs)
        return autograd.grad(
            [y for y, _ in live],
            inputs,
            [seed for _, seed in live],
            retain_graph=retain_graph or recorded,
            create_graph=recorded,
            allow_unused=True,
        )

    def as_inputs(self, gradients: Sequence[Tensor], single: bool) -> Any:
        """Gradients in the nesting of the inputs; of the one argument, or in a tuple of one per argument."""
        result = unflatten(self.inputs_as, gradients)
        return result[0] if single else result

    def settled(self, result: Tensor) -> Tensor:
        """A result, as it is seen from outside; with memory of its own where its history is cut off."""
        if not result.requires_grad:
            return result
        outside = self.seen_from_outside(result)
        return outside if outside.requires_grad else outside.clone()


def as_tuple(what: str, argnums: Argnums, count: int) -> tuple[int, ...]:
    """The positions as a tuple, from 0 on, of a function that was called with `count` positional arguments.

    Raises
    ------
    ValueError
        If one is out of range or given twice.
    TypeError
        If one is no integer.
    """
    given = argnums if isinstance(argnums, (tuple, list)) else (argnums,)
    found: list[int] = []
    for position in given:
        if isinstance(position, bool) or not isinstance(position, (int, np.integer)):
            raise TypeError(f"{what}: argnums must be an integer or a tuple of integers, not {argnums!r}")
        if not -count <= position < count:
            raise ValueError(
                f"{what}: argnums={argnums!r}, but the function was called with {count} positional arguments "
                "(arguments by keyword are not differentiated)"
            )
        if position % count in found:
            raise ValueError(f"{what}: argnums={argnums!r} names argument {position % count} twice")
        found.append(int(position) % count)
    return tuple(found)


def _fit(leaf: Any, model: Tensor, name: str) -> Tensor:
    tensor = leaf if isinstance(leaf, Tensor) else Tensor(leaf)
    if tensor.shape != model.shape:
        raise ValueError(f"{name}: shape {tensor.shape} was given; it must be {model.shape}")
    if tensor.dtype.kind not in "fiu":
        raise TypeError(f"{name}: dtype {tensor.dtype} was given; it must be of numbers")
    return tensor if tensor.dtype == model.dtype else tensor.astype(model.dtype)


def zeros_like(x: Tensor) -> Tensor:
    """Zeros of the shape, dtype and kind of array of `x`."""
    return Tensor._of(np.zeros_like(x.data))
