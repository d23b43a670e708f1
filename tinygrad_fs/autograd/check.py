"""Numeric checks of derivatives: `gradcheck` and `gradgradcheck`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from tinygrad_fs.autograd.differentiate import grad
from tinygrad_fs.tensor import Tensor

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]

Function: TypeAlias = Callable[..., "Tensor | Sequence[Tensor]"]


class GradcheckError(AssertionError):
    """An analytic derivative differs from the numeric one; the message says where, and by how much."""


def gradcheck(
    fn: Function, inputs: Tensor | Sequence[Any], eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3
) -> bool:
    """Compare the derivatives of `fn` with central differences, entry by entry.

    Each input entry x is moved by `eps` to both sides: (f(x + eps) - f(x - eps)) / (2 eps) must agree with the
    Jacobian that backward gives, within ``atol + rtol * |numeric|``.

    Parameters
    ----------
    fn : callable
        Takes the inputs and returns a Tensor or several. It must give the same for the same inputs.
    inputs : Tensor or sequence
        Those that are Tensors and require grad are checked; they must be float64.
    eps, atol, rtol : float

    Returns
    -------
    bool
        True; a difference raises.

    Raises
    ------
    GradcheckError
        On the largest difference; the message names output, input, entry, and both values. Also if `fn` does not
        repeat itself.
    ValueError
        If no input requires grad, or one that does is not float64.
    TypeError
        If `fn` returns something else than Tensors.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.randn(3, dtype="float64", requires_grad=True)
    >>> tg.autograd.gradcheck(tg.tanh, x)
    True
    """
    arguments, checked = _arguments("gradcheck", inputs)
    check = _Check("gradcheck", fn, "output {}".format, "input {}".format, eps, atol, rtol)
    return check.run(arguments, checked)


def gradgradcheck(
    fn: Function,
    inputs: Tensor | Sequence[Any],
    grad_outputs: Tensor | Sequence[Tensor] | None = None,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
) -> bool:
    """Compare the second derivatives of `fn` with central differences of its first ones.

    The check of `gradcheck` is run on the function that takes the inputs and the gradients of the outputs, and
    returns the gradients of the inputs; so the derivative of every vjp is checked in all that it depends on.

    Parameters
    ----------
    fn, inputs, eps, atol, rtol
        As in `gradcheck`.
    grad_outputs : Tensor or sequence of Tensor, optional
        The gradients of the outputs to check at; random numbers if not given.

    Returns
    -------
    bool
        True; a difference raises.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.randn(3, dtype="float64", requires_grad=True)
    >>> tg.autograd.gradgradcheck(tg.tanh, x)
    True
    """
    arguments, checked = _arguments("gradgradcheck", inputs)
    outputs = _outputs("gradgradcheck", fn(*arguments))
    if grad_outputs is None:
        generator = np.random.default_rng(0)
        grad_outputs = [Tensor(generator.standard_normal(output.shape), requires_grad=True) for output in outputs]
    seeds = [grad_outputs] if isinstance(grad_outputs, Tensor) else list(grad_outputs)
    count = len(arguments)

    def first_derivatives(*values: Any) -> list[Tensor]:
        results = _outputs("gradgradcheck", fn(*values[:count]))
        used = [(result, seed) for result, seed in zip(results, values[count:]) if result.requires_grad]
        wanted = [values[i] for i in checked]
        found = grad(
            [result for result, _ in used], wanted, [seed for _, seed in used], create_graph=True, allow_unused=True
        )
        return [Tensor(np.zeros(x.shape)) if g is None else g for g, x in zip(found, wanted)]

    check = _Check(
        "gradgradcheck",
        first_derivatives,
        lambda o: f"(gradient of input {checked[o]})",
        lambda i: f"input {i}" if i < count else f"grad_outputs {i - count}",
        eps,
        atol,
        rtol,
    )
    return check.run(*_arguments("gradgradcheck", [*arguments, *seeds]))


def _arguments(what: str, inputs: Any) -> tuple[list[Any], list[int]]:
    """The arguments, with Tensors that require grad as fresh leaves with memory of their own."""
    arguments = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    checked = [i for i, value in enumerate(arguments) if isinstance(value, Tensor) and value.requires_grad]
    if not checked:
        raise ValueError(f"{what}: no input requires grad; make one with requires_grad=True")
    for i in checked:
        if arguments[i].dtype != np.float64:
            raise ValueError(
                f"{what}: input {i} is {arguments[i].dtype}, too coarse for differences of 1e-6; use float64"
            )
        arguments[i] = Tensor(arguments[i].data.copy(order="K"), requires_grad=True)
    return arguments, checked


def _outputs(name: str, result: Any) -> list[Tensor]:
    """The floating Tensors that a function returned."""
    outputs = [result] if isinstance(result, Tensor) else list(result) if isinstance(result, (tuple, list)) else None
    for output in [result] if outputs is None else outputs:
        if not isinstance(output, Tensor):
            raise TypeError(f"{name}: fn returned a {type(output).__name__}; it must return a Tensor, or several")
    return [output for output in outputs or [] if output.dtype.kind == "f"]


def _jacobians(output: Tensor, inputs: list[Tensor]) -> list[Any]:
    """The Jacobian of one output in each input, of shape (output.size, input.size), a row per sweep."""
    jacobians = [np.zeros((output.size, each.size)) for each in inputs]
    if not output.requires_grad:
        return jacobians
    for row in range(output.size):
        seed = np.zeros(output.shape, output.dtype)
        seed.reshape(-1)[row] = 1.0
        for jacobian, g in zip(jacobians, grad(output, inputs, seed, retain_graph=True, allow_unused=True)):
            if g is not None:
                jacobian[row] = g.data.reshape(-1)
    return jacobians


class _Check(NamedTuple):
    """A function whose derivatives are to be compared, and what its outputs and inputs are called in messages."""

    name: str
    function: Function
    output: Callable[[int], str]
    input: Callable[[int], str]
    eps: float
    atol: float
    rtol: float

    def run(self, arguments: list[Any], checked: list[int]) -> bool:
        """True, or a GradcheckError on the first Jacobian that differs."""
        outputs = self._called(arguments)
        for first, second in zip(outputs, self._called(arguments)):
            if first.shape != second.shape or not np.array_equal(first.data, second.data, equal_nan=True):
                raise GradcheckError(
                    f"{self.name}: the function gives other values when it is called again with the same inputs; give "
                    "it a generator that begins anew in each call"
                )
        numeric = [self._numeric_jacobians(arguments, i, outputs) for i in checked]
        for o, output in enumerate(outputs):
            analytic = _jacobians(output, [arguments[i] for i in checked])
            for i, jacobian, differences in zip(checked, analytic, numeric):
                self._compare(jacobian, differences[o], o, output, i, arguments[i])
        return True

    def _called(self, arguments: Sequence[Any]) -> list[Tensor]:
        return _outputs(self.name, self.function(*arguments))

    def _numeric_jacobians(self, arguments: list[Any], i: int, outputs: list[Tensor]) -> list[Any]:
        """The Jacobian of every output in input `i`, by central differences, a column per entry."""
        jacobians = [np.zeros((output.size, arguments[i].size)) for output in outputs]
        for column, entry in enumerate(np.ndindex(arguments[i].shape)):
            above, below = (self._moved(arguments, i, entry, step, outputs) for step in (self.eps, -self.eps))
            for jacobian, up, down in zip(jacobians, above, below):
                jacobian[:, column] = (up - down) / (2 * self.eps)
        return jacobians

    def _moved(self, arguments: list[Any], i: int, entry: Any, step: float, outputs: list[Tensor]) -> list[Any]:
        """The values of all outputs when one entry of an input is moved."""
        # A fresh leaf each time: the function may keep what it was given.
        shifted = arguments[i].data.copy()
        shifted[entry] += step
        results = self._called([*arguments[:i], Tensor(shifted, requires_grad=True), *arguments[i + 1 :]])
        if (now := [result.shape for result in results]) != (before := [output.shape for output in outputs]):
            raise GradcheckError(
                f"{self.name}: the function returns shapes {now} in place of {before} when {self.input(i)}"
                f"{list(entry)} is moved by {step}; where shapes change there is no derivative"
            )
        return [result.data.astype(np.float64).reshape(-1) for result in results]

    def _compare(self, analytic: Any, numeric: Any, o: int, output: Tensor, i: int, argument: Tensor) -> None:
        agree = np.isclose(analytic, numeric, self.rtol, self.atol, equal_nan=True)
        if agree.all():
            return
        with np.errstate(invalid="ignore"):
            excess = np.where(agree, -1.0, np.nan_to_num(np.abs(analytic - numeric), nan=np.inf))
        row, column = np.unravel_index(int(excess.argmax()), excess.shape)
        at_output = [int(k) for k in np.unravel_index(row, output.shape)]
        at_input = [int(k) for k in np.unravel_index(column, argument.shape)]
        raise GradcheckError(
            f"{self.name}: d {self.output(o)}{at_output} / d {self.input(i)}{at_input}: "
            f"analytic {analytic[row, column]:.9g}, numeric {numeric[row, column]:.9g}; "
            f"{int((~agree).sum())} of {agree.size} entries differ (shapes {argument.shape} -> {output.shape})"
        )
