"""Values, first and second derivatives of every op that PyTorch has too, against PyTorch's, in float64.

A row of the op table runs in PyTorch as it is: in the place of `tg` stands a namespace that looks names up in PyTorch,
which takes NumPy's `axis` and `keepdims`. What has another name or other arguments there stands in a table, and what
PyTorch does not have in another one, which a test keeps exact.
"""

from __future__ import annotations

import types
import warnings
from collections.abc import Callable
from operator import attrgetter
from typing import Any

import numpy as np
import pytest
from beyond_table import ROWS as MORE
from beyond_table import WITH_SCIPY
from table import Row, all_rows

import tinygrad_fs as tg

torch = pytest.importorskip("torch")
F = torch.nn.functional


def flat_by_default(function: Callable[..., Any]) -> Callable[..., Any]:
    """For functions that NumPy runs on all elements where no axis is given."""
    return lambda x, axis=None: function(x.reshape(-1), 0) if axis is None else function(x, axis)


def over_all_by_default(function: Callable[..., Any]) -> Callable[..., Any]:
    """For functions that PyTorch asks for an axis; NumPy takes all if none is given."""

    def run(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return function(x, tuple(range(x.ndim)) if axis is None else axis, keepdim=keepdims)

    return run


def as_tensors(function: Callable[..., Any]) -> Callable[..., Any]:
    """For functions that take no numbers in PyTorch."""
    return lambda *args: function(*[torch.as_tensor(arg, dtype=torch.float64) for arg in args])


def sizes(value: Any) -> Any:
    """A number or an array as PyTorch takes it for sizes."""
    return tuple(np.atleast_1d(np.asarray(value)).tolist())


def taken(x: Any, indices: Any, axis: int | None = None) -> Any:
    indices = torch.as_tensor(indices)
    return x.reshape(-1)[indices] if axis is None else x[(slice(None),) * (axis % x.ndim) + (indices,)]


def padded(x: Any, width: Any, mode: str = "constant", constant_values: float = 0) -> Any:
    if mode != "constant":
        raise TypeError("PyTorch pads the last axes alone in this mode")
    widths = np.broadcast_to(np.asarray(width), (x.ndim, 2))[::-1].ravel().tolist()
    return F.pad(x, widths, value=constant_values)


def selected(conditions: Any, values: Any, default: float = 0) -> Any:
    result = torch.as_tensor(default, dtype=torch.float64)
    for condition, value in zip(reversed(conditions), reversed(values)):
        result = torch.where(condition, value, result)
    return result


def chosen(numbers: Any, values: Any, mode: str = "raise") -> Any:
    count = len(values)
    numbers = numbers.clip(0, count - 1) if mode == "clip" else numbers % count
    return selected([numbers == i for i in range(count)], values)


def without(x: Any, obj: Any, axis: int | None = None) -> Any:
    return taken(x, np.delete(np.arange(x.numel() if axis is None else x.shape[axis]), obj), axis)


def resized(x: Any, new_shape: Any) -> Any:
    to = sizes(new_shape)
    return x.reshape(-1)[torch.arange(int(np.prod(to))) % x.numel()].reshape(to)


def quantiles(
    x: Any, q: Any, axis: int | None = None, method: str = "linear", keepdims: bool = False, of: Any = torch.quantile
) -> Any:
    return of(x, torch.as_tensor(q, dtype=x.dtype), axis, keepdims, interpolation=method)


def quantiles_of_numbers(x: Any, q: Any, *args: Any, **kwargs: Any) -> Any:
    return quantiles(x, q, *args, **kwargs, of=torch.nanquantile)


def logits_loss(x: Any, t: Any, weight: Any = None, reduction: str = "mean", pos_weight: Any = None) -> Any:
    return F.binary_cross_entropy_with_logits(x, t, weight, reduction=reduction, pos_weight=pos_weight)


def solved(a: Any, b: Any, lower: bool = False, unit_diagonal: bool = False) -> Any:
    columns = b if b.ndim == a.ndim else b[..., None]
    x = torch.linalg.solve_triangular(a, columns, upper=not lower, unitriangular=unit_diagonal)
    return x if b.ndim == a.ndim else x[..., 0]


def of_one_triangle(function: Callable[..., Any]) -> Callable[..., Any]:
    """Only one triangle of the matrix is read; PyTorch takes the gradient as if it were both."""

    def run(x: Any, upper: bool = False, UPLO: str = "L") -> Any:  # noqa: N803
        read = x.mT if upper or UPLO == "U" else x
        symmetric = torch.tril(read) + torch.tril(read, -1).mT
        return function(symmetric, upper=True) if upper else function(symmetric)

    return run


def ctc(x: Any, *integers: Any, **options: Any) -> Any:
    return F.ctc_loss(x, *map(torch.as_tensor, integers), **options)


def put(x: Any, at: Any, v: Any, accumulate: bool = False) -> Any:
    parts = at if isinstance(at, tuple) else (at,)
    return torch.index_put(x, tuple(map(torch.as_tensor, parts)), v, accumulate)


def put_along(x: Any, indices: Any, v: Any, axis: int) -> Any:
    indices = torch.as_tensor(indices)
    return torch.scatter(x, axis, indices, v.expand(indices.shape))


DIFFERENT: dict[str, Callable[..., Any]] = {
    "append": lambda x, y, axis=None: torch.cat((x.ravel(), y.ravel()) if axis is None else (x, y), axis or 0),
    "array_split": torch.tensor_split,
    "astype": lambda x, dtype: x.to(torch.float64),
    "binary_cross_entropy": lambda p, t, w=None, reduction="mean": F.binary_cross_entropy(p, t, w, reduction=reduction),
    "binary_cross_entropy_with_logits": logits_loss,
    "broadcast_arrays": torch.broadcast_tensors,
    "choose": chosen,
    "clip": lambda x, a_min=None, a_max=None, min=None, max=None: torch.clip(
        x, min if a_min is None else a_min, max if a_max is None else a_max
    ),
    "compress": lambda condition, x, axis=None: taken(x, np.flatnonzero(condition), axis),
    "concatenate": lambda xs, axis=0: torch.cat([x.ravel() for x in xs] if axis is None else list(xs), axis or 0),
    "cross": torch.linalg.cross,
    "ctc_loss": ctc,
    "cummax": flat_by_default(torch.cummax),
    "cummin": flat_by_default(torch.cummin),
    "cumprod": flat_by_default(torch.cumprod),
    "cumsum": flat_by_default(torch.cumsum),
    "cumulative_prod": lambda x, axis=0: torch.cumprod(x, axis),
    "cumulative_sum": lambda x, axis=0: torch.cumsum(x, axis),
    "degrees": torch.rad2deg,
    "delete": lambda x, obj, axis=None: taken(
        x, np.delete(np.arange(x.numel() if axis is None else x.shape[axis]), obj), axis
    ),
    "ediff1d": lambda x, *ends: torch.cat([*[y.ravel() for y in ends[1:]], torch.diff(x.ravel()), *ends[:1]]),
    "einsum": lambda *operands, optimize=True: torch.einsum(*operands),
    "embedding": lambda i, w, padding_idx=None: F.embedding(torch.as_tensor(i), w, padding_idx),
    "expand_dims": torch.unsqueeze,
    "extract": lambda condition, x: x[torch.as_tensor(condition)],
    "fabs": torch.abs,
    "flip": lambda x, axis=None: torch.flip(x, tuple(range(x.ndim)) if axis is None else sizes(axis)),
    "gelu": lambda x, approximate="none": F.gelu(x, approximate=approximate),
    "index_add": lambda x, axis, i, v, alpha=1: torch.index_add(
        x, axis, torch.as_tensor(i) % x.shape[axis], v, alpha=alpha
    ),
    "index_put": put,
    "kl_div": lambda x, t, reduction="mean", log_target=False: F.kl_div(
        x, t, reduction=reduction, log_target=log_target
    ),
    "layer_norm": lambda x, shape, *rest: F.layer_norm(x, sizes(shape), *rest),
    "linalg.cholesky": of_one_triangle(torch.linalg.cholesky),
    "linalg.eigh": of_one_triangle(torch.linalg.eigh),
    "linalg.eigvalsh": of_one_triangle(torch.linalg.eigvalsh),
    "linalg.matrix_transpose": lambda x: x.mT,
    "linalg.solve_triangular": solved,
    "linalg.tensorsolve": lambda a, b, axes=None: torch.linalg.tensorsolve(a, b, axes),
    "linalg.trace": lambda x, offset=0: torch.diagonal(x, offset, -2, -1).sum(-1),
    "log_sigmoid": F.logsigmoid,
    "log_softmax": lambda x, axis=-1: torch.log_softmax(x, axis),
    "logaddexp": as_tensors(torch.logaddexp),
    "logcumsumexp": flat_by_default(torch.logcumsumexp),
    "logsumexp": over_all_by_default(torch.logsumexp),
    "matvec": lambda x, y: (x @ y[..., None])[..., 0],
    "max": over_all_by_default(torch.amax),
    "maximum": as_tensors(torch.maximum),
    "median": lambda x, axis=None, keepdims=False: quantiles(x, 0.5, axis, keepdims=keepdims),
    "meshgrid": lambda *xs, indexing="xy": torch.meshgrid(*xs, indexing=indexing),
    "min": over_all_by_default(torch.amin),
    "minimum": as_tensors(torch.minimum),
    "mod": torch.remainder,
    "nanmedian": lambda x, axis=None, keepdims=False: quantiles_of_numbers(x, 0.5, axis, keepdims=keepdims),
    "nanpercentile": lambda x, q, *args, **kwargs: quantiles_of_numbers(x, np.asarray(q) / 100, *args, **kwargs),
    "nanquantile": quantiles_of_numbers,
    "pad": padded,
    "percentile": lambda x, q, *args, **kwargs: quantiles(x, np.asarray(q) / 100, *args, **kwargs),
    "power": torch.pow,
    "ptp": lambda x, axis=None, keepdims=False: (
        torch.amax(x, axis or (), keepdims) - torch.amin(x, axis or (), keepdims)
    ),
    "put_along_axis": put_along,
    "quantile": quantiles,
    "radians": torch.deg2rad,
    "repeat": lambda x, often, axis=None: torch.repeat_interleave(
        x, often if isinstance(often, int) else torch.as_tensor(often), axis
    ),
    "resize": resized,
    "rint": torch.round,
    "rms_norm": lambda x, shape, weight=None, eps=None: F.rms_norm(x, sizes(shape), weight, eps),
    "round": lambda x, decimals=0: torch.round(x, decimals=decimals),
    "smooth_l1_loss": lambda x, y, reduction="mean", beta=1.0: F.smooth_l1_loss(x, y, reduction=reduction, beta=beta),
    "softmax": lambda x, axis=-1: torch.softmax(x, axis),
    "softmin": lambda x, axis=-1: torch.softmax(-x, axis),
    "select": selected,
    "sort": lambda x, axis=-1: torch.sort(x.ravel() if axis is None else x, dim=-1 if axis is None else axis),
    "split": lambda x, where, axis=0: torch.tensor_split(x, where, dim=axis),
    "std": lambda x, axis=None, ddof=0, keepdims=False: torch.std(x, axis, correction=ddof, keepdim=keepdims),
    "take": taken,
    "take_along_axis": torch.take_along_dim,
    "tile": lambda x, often: torch.tile(x, sizes(often)),
    "transpose": lambda x, axes=None: x.permute(tuple(range(x.ndim))[::-1] if axes is None else axes),
    "unstack": lambda x, axis=0: torch.unbind(x, axis),
    "var": lambda x, axis=None, ddof=0, keepdims=False: torch.var(x, axis, correction=ddof, keepdim=keepdims),
    "vecdot": lambda x, y, axis=-1: torch.linalg.vecdot(x, y, dim=axis),
    "vecmat": lambda x, y: (x[..., None, :] @ y)[..., 0, :],
}
"""Functions that PyTorch calls otherwise, or gives other arguments or defaults."""

OTHER_MEANING = {
    "ctc_loss": "its gradient is right through a log_softmax only",
    "getitem-number apart from an array": "another order of the axes",
    "getitem-small unsigned": "uint8 is a mask",
    "ldexp": "no gradient where the exponent is a negative integer",
    "linalg.lstsq": "residuals in other cases",
    "mean-no axis": "an empty tuple is all axes",
    "sinc-near 0": "the derivative loses all digits",
    "sum-no axis": "an empty tuple is all axes",
    "take_along_axis-broadcast": "the flattened tensor by default",
}
"""Rows, or functions with all their rows, that PyTorch accepts and understands otherwise."""

WITHOUT = {
    "adaptive_max_pool2d": "the rows have no axis of channels",
    "average": "none",
    "cbrt": "none",
    "divmod": "none",
    "insert": "none",
    "lp_pool2d": "the rows have no axis of channels",
    **dict.fromkeys(("nancumprod", "nancumsum", "nanmax", "nanmin", "nanprod", "nanstd", "nanvar"), "none"),
    **dict.fromkeys(("apply_along_axis", "apply_over_axes", "block", "modf", "trim_zeros", "unwrap"), "none"),
    **dict.fromkeys(("poly", "polyadd", "polyder", "polydiv", "polyfit", "polyint", "polymul", "polysub"), "none"),
    **dict.fromkeys(("histogram", "histogram2d", "histogramdd"), "none in the weights"),
    "convolve": "none",
    "correlate": "none",
    "interp": "none",
    "partition": "none",
    "polyval": "none",
    "piecewise": "none",
    "rollaxis": "none",
}
"""Functions of which no row can be compared."""


class Torch:
    """PyTorch under our names; arrays among the arguments become its tensors."""

    def __init__(self, prefix: str, *modules: Any) -> None:
        self.prefix = prefix
        self.modules = modules

    def __getattr__(self, name: str) -> Any:
        if name == "linalg":
            return Torch("linalg.", torch.linalg)
        if self.prefix + name in DIFFERENT:
            return given_tensors(DIFFERENT[self.prefix + name])
        for module in self.modules:
            if hasattr(module, name):
                return given_tensors(getattr(module, name))
        raise AttributeError(f"PyTorch has no {name}")


def given_tensors(function: Callable[..., Any]) -> Callable[..., Any]:
    def as_tensor(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return torch.as_tensor(value)
        return type(value)(map(as_tensor, value)) if type(value) in (tuple, list) else value

    return lambda *args, **kwargs: function(
        *map(as_tensor, args), **{key: as_tensor(value) for key, value in kwargs.items()}
    )


PEER = Torch("", F, torch, torch.special)


def in_torch(row: Row) -> Callable[..., Any]:
    """The row's function, as PyTorch has it."""
    return attrgetter(row.name)(PEER) if row.call is None else moved(row.call)


def moved(value: Any) -> Any:
    """A function of the tables, in whose sight our package is PyTorch."""
    if value is tg:
        return PEER
    if value is tg.linalg:
        return PEER.linalg
    if not isinstance(value, types.FunctionType) or "Row" not in value.__globals__:
        return value
    names = {key: moved(each) if each is tg or each is tg.linalg else each for key, each in value.__globals__.items()}
    cells = tuple([types.CellType(moved(cell.cell_contents)) for cell in value.__closure__ or ()])
    result = types.FunctionType(
        value.__code__, names, value.__name__, tuple(map(moved, value.__defaults__ or ())), cells
    )
    result.__kwdefaults__ = {key: moved(each) for key, each in (value.__kwdefaults__ or {}).items()}
    return result


def floats(result: Any) -> list[Any]:
    """The floating results; PyTorch gives the places of extremes beside their values."""
    results = result if isinstance(result, (tuple, list)) else [result]
    return [each for each in results if str(each.dtype).rpartition(".")[2].startswith("float")]


class IncomparableError(Exception):
    """PyTorch does not have the row, or not all of it."""


def theirs(row: Row, run: Callable[[], Any]) -> Any:
    """What PyTorch gives, if it takes the row as it is."""
    if reason := OTHER_MEANING.get(str(row), OTHER_MEANING.get(row.name)):
        raise IncomparableError(f"in PyTorch: {reason}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return run()
        except (AttributeError, IndexError, NotImplementedError, RuntimeError, TypeError, ValueError) as error:
            raise IncomparableError(f"PyTorch: {str(error).splitlines()[0]}") from error


def agree(ours: list[Any], reference: list[Any]) -> None:
    assert len(ours) == len(reference)
    for mine, other in zip(ours, reference):
        values = other.detach().numpy(force=True)
        scale = 1 + np.abs(values).max(initial=0)
        np.testing.assert_allclose(mine.data, values, rtol=1e-7, atol=1e-9 * scale)
        assert mine.shape == values.shape


def derivatives(library: Any, outputs: list[Any], inputs: list[Any], weights: list[Any], create_graph: bool) -> Any:
    """The gradients of the weighted outputs, with zeros where there are none."""
    live = [(y, library.tensor(w)) for y, w in zip(outputs, weights) if y.requires_grad]
    if not live:
        return [library.zeros_like(x) for x in inputs]
    found = library.autograd.grad(
        [y for y, _ in live], inputs, [w for _, w in live], create_graph=create_graph, allow_unused=True
    )
    return [library.zeros_like(x) if g is None else g for x, g in zip(inputs, found)]


ROWS = [row for row in (*all_rows(), *MORE, *WITH_SCIPY) if not row.name.startswith("np.")]
RUN: list[object] = []
COMPARED: set[str] = set()


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_values_and_derivatives_are_those_of_pytorch(row):
    RUN.append(row)
    rng = np.random.default_rng(0)
    inputs = [tg.tensor(x, requires_grad=True) for x in row.inputs]
    other_inputs = [torch.tensor(x, requires_grad=True) for x in row.inputs]
    try:
        others = theirs(row, lambda: floats(in_torch(row)(*other_inputs)))
    except IncomparableError as reason:
        pytest.skip(str(reason))
    COMPARED.add(row.name)
    ours = floats(row(*inputs))
    agree(ours, others)
    for order in (1, 2) if row.second else (1,):
        weights = [rng.uniform(0.5, 1.5, y.shape) for y in ours]
        try:
            others = theirs(row, lambda: derivatives(torch, others, other_inputs, weights, order == 1))  # noqa: B023
        except IncomparableError as reason:
            pytest.skip(f"values agree; derivatives of order {order}: {reason}")
        ours = derivatives(tg, ours, inputs, weights, order == 1)
        agree(ours, others)


def test_every_function_is_compared_or_has_a_reason():
    names = {row.name for row in ROWS}
    if len(RUN) < len(ROWS):
        pytest.skip("only some rows were run")
    assert names - COMPARED - set(WITHOUT) - set(OTHER_MEANING) == set(), (
        "no row runs in PyTorch: adapt DIFFERENT, or give the reason"
    )
    assert set(WITHOUT) & COMPARED == set(), "they are compared"
