"""What PyTorch says: live where it is installed, recorded where it is not.

A row names a module and inputs. `ours` and `theirs` give all that there is to compare, under the same names: outputs,
gradients of inputs and parameters, and the state after. Of PyTorch's, `python tests/nn/parity.py` keeps fingerprints:
the shape, and a few sums with random factors, which no wrong array passes.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_fs as tg
from tinygrad_fs import nn

try:
    import torch

    torch.set_num_threads(1)  # more of them wait for each other where tests run side by side
except ImportError:
    torch = None

RECORDED = Path(__file__).parent / "recorded.npz"

_THEIR_NAMES = {"axis": "dim", "start_axis": "start_dim", "end_axis": "end_dim", "keepdims": "keepdim"}


@dataclass(frozen=True)
class Row:
    """One module, made in one way, and called once or several times; or one function of `nn.functional`.

    Attributes
    ----------
    name : str
        The name in `nn` and in `torch.nn`; "functional.relu" for a function.
    args, options
        What the module is made with, or what the function takes after the inputs.
    inputs : sequence of (shape or array)
        A shape stands for normal numbers that are differentiated; an array for itself, differentiated if floating and
        not wrapped in `Fixed`.
    training : bool
        The mode.
    calls : int
        How often it is called before the state is compared.
    note : str
        What sets this row apart from others of the same name.
    call : callable, optional
        Takes the module and the inputs; by default it calls the one with the others.
    state : (float, float)
        What the parameters are drawn from.
    """

    name: str
    args: tuple[Any, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    inputs: Sequence[Any] = ((3, 4),)
    training: bool = True
    calls: int = 1
    note: str = ""
    call: Callable[..., Any] | None = None
    state: tuple[float, float] = (0.5, 1.5)

    def __str__(self) -> str:
        said = [_shown(each) for each in self.args] + [f"{key}={_shown(value)}" for key, value in self.options.items()]
        shapes = " ".join(_shown(each).replace(" ", "") for each in self.inputs)
        parts = [f"{self.name}({', '.join(said)})", shapes, self.note, "" if self.training else "eval"]
        return " ".join(part for part in parts if part)

    def generator(self) -> np.random.Generator:
        return np.random.default_rng(zlib.crc32(self.name.encode()))

    def arrays(self) -> list[np.ndarray]:
        """The inputs as arrays."""
        generator = self.generator()
        return [
            each.value if isinstance(each, Fixed) else generator.standard_normal(each) if _is_shape(each) else each
            for each in self.inputs
        ]

    def differentiated(self) -> list[bool]:
        """Which inputs are."""
        return [
            not isinstance(each, Fixed) and array.dtype == np.float64 for each, array in zip(self.inputs, self.arrays())
        ]


@dataclass(frozen=True)
class Fixed:
    """An input that is not differentiated."""

    value: Any


def _shown(value: Any) -> str:
    if isinstance(value, Fixed):
        value = value.value
    if isinstance(value, (np.ndarray, tg.Tensor)):
        return f"{value.dtype}{value.shape}".replace(" ", "")
    return repr(value)


def _is_shape(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(each, int) for each in value)


def values_for(row: Row, state: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Parameters and buffers for names and shapes, the same for both sides."""
    generator = row.generator()
    return {name: generator.uniform(*row.state, shape) for name, shape in state.items()}


def ours(row: Row) -> dict[str, np.ndarray]:
    """What we compute, in float64."""
    module = _made(row, nn, row.args, row.options)
    own = {name: value.shape for name, value in module.state_dict().items() if value.dtype == np.float64}
    module.load_state_dict(values_for(row, own), strict=False)
    inputs = [tg.tensor(array, requires_grad=needed) for array, needed in zip(row.arrays(), row.differentiated())]
    return _everything(
        row, module, inputs, lambda t: t.numpy(), lambda x: tg.tensor(x), lambda p: None if p.grad is None else p.grad
    )


def theirs(row: Row) -> dict[str, np.ndarray]:
    """What PyTorch computes, in float64."""
    options = {_THEIR_NAMES.get(key, key): _for_torch(value) for key, value in row.options.items()}
    module = _made(row, torch.nn, tuple(map(_for_torch, row.args)), options)
    own = {n: tuple(v.shape) for n, v in module.state_dict().items() if v.dtype == torch.float64}
    module.load_state_dict({n: torch.tensor(v) for n, v in values_for(row, own).items()}, strict=False)
    inputs = [torch.tensor(array, requires_grad=needed) for array, needed in zip(row.arrays(), row.differentiated())]
    return _everything(row, module, inputs, lambda t: t.detach().numpy(), lambda x: torch.tensor(x), lambda p: p.grad)


def _made(row: Row, library: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """The module of the row, or its function in a module of the same library."""
    if not row.name.startswith("functional."):
        return getattr(library, row.name)(*args, **options).double().train(row.training)
    module = library.Module()
    function = getattr(library.functional, row.name.removeprefix("functional."))
    module.forward = lambda *inputs: function(*inputs, *args, **options)
    return module


def _for_torch(value: Any) -> Any:
    return torch.tensor(value.numpy()) if isinstance(value, tg.Tensor) else value


def _everything(
    row: Row, module: Any, inputs: list[Any], array: Any, constant: Any, grad: Any
) -> dict[str, np.ndarray]:
    """Call the module, go backward from a weighted sum of all floating outputs, and collect."""
    found: dict[str, np.ndarray] = {}
    generator = row.generator()
    for _ in range(row.calls):
        result = row.call(module, *inputs) if row.call else module(*inputs)
        outputs = list(_flat(result))
        total: Any = 0
        for output in outputs:
            if "float" in str(output.dtype):
                total = total + (output * output * constant(generator.uniform(0.5, 1.5, tuple(output.shape)))).sum()
        if not isinstance(total, int) and total.requires_grad:
            total.backward()
    found |= {f"output {i}": array(output) for i, output in enumerate(outputs)}
    for i, tensor in enumerate(inputs):
        if grad(tensor) is not None:
            found[f"gradient of input {i}"] = array(grad(tensor))
    for name, parameter in module.named_parameters():
        if grad(parameter) is not None:
            found[f"gradient of {name}"] = array(grad(parameter))
    found |= {f"state {name}": array(value) for name, value in module.state_dict().items()}
    return {name: np.asarray(value) for name, value in found.items()}


def _flat(result: Any) -> Any:
    if isinstance(result, (tuple, list)):
        for each in result:
            yield from _flat(each)
    elif result is not None:
        yield result


def fingerprint(array: np.ndarray) -> np.ndarray:
    """The sum, three sums with random factors, and the shape."""
    values = np.asarray(array, np.float64).ravel()
    factors = np.random.default_rng(values.size).uniform(0.5, 1.5, (3, values.size))
    return np.concatenate([[values.sum()], factors @ values, array.shape])


def recorded() -> dict[str, dict[str, np.ndarray]]:
    """PyTorch's fingerprints, as they were recorded, by row and name."""
    found: dict[str, dict[str, np.ndarray]] = {}
    with np.load(RECORDED) as kept:
        lengths, names, values = kept["lengths"], kept["names"], kept["values"]
    for name, value in zip(names, np.split(values, np.cumsum(lengths)[:-1])):
        row, _, what = str(name).partition("|")
        found.setdefault(row, {})[what] = value
    return found


def record(rows: Sequence[Row]) -> None:
    """Record PyTorch's fingerprints of these rows."""
    prints = {f"{row}|{name}": fingerprint(array) for row in rows for name, array in theirs(row).items()}
    np.savez_compressed(
        RECORDED,
        names=np.array(list(prints)),
        lengths=np.array([len(each) for each in prints.values()]),
        values=np.concatenate(list(prints.values())),
    )


if __name__ == "__main__":
    from parity_rows import ROWS

    record(ROWS)
