"""Initial values, written into Tensors in place; names, arguments and formulas are PyTorch's.

Each function takes a `generator` (`numpy.random.Generator`); without one it draws from the default generator,
which `tinygrad_fs.manual_seed` sets. A change by one of them is counted and not recorded.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from tinygrad_fs.changes import mark_changed
from tinygrad_fs.dtypes import Array
from tinygrad_fs.othernames import missing
from tinygrad_fs.random import generator_or_default
from tinygrad_fs.tensor import Tensor

__all__ = [
    "calculate_gain",
    "constant_",
    "dirac_",
    "eye_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "sparse_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]

_T = TypeVar("_T", bound=Tensor)

_GAINS = {
    "linear": 1.0,
    "conv1d": 1.0,
    "conv2d": 1.0,
    "conv3d": 1.0,
    "conv_transpose1d": 1.0,
    "conv_transpose2d": 1.0,
    "conv_transpose3d": 1.0,
    "sigmoid": 1.0,
    "tanh": 5.0 / 3.0,
    "relu": math.sqrt(2.0),
    "selu": 3.0 / 4.0,
}


def _array(tensor: Tensor) -> Array:
    """The array to fill, if it is that of a Tensor."""
    if not isinstance(tensor, Tensor):
        raise TypeError(f"init: a {type(tensor).__name__} was given; it is a Tensor that is filled, as module.weight")
    return tensor._data  # type: ignore[no-any-return]


def uniform_(tensor: _T, a: float = 0.0, b: float = 1.0, generator: np.random.Generator | None = None) -> _T:
    """Fill with uniform numbers from [a, b); returns the tensor.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> weight = tg.nn.init.uniform_(tg.zeros(100), -2.0, 2.0)
    >>> bool((abs(weight) <= 2).all())
    True
    """
    array = _array(tensor)
    array[...] = generator_or_default(generator).random(array.shape, _drawn(array)) * (b - a) + a
    mark_changed(array)
    return tensor


def normal_(tensor: _T, mean: float = 0.0, std: float = 1.0, generator: np.random.Generator | None = None) -> _T:
    """Fill with normal numbers of this mean and standard deviation; returns the tensor."""
    array = _array(tensor)
    array[...] = generator_or_default(generator).standard_normal(array.shape, _drawn(array)) * std + mean
    mark_changed(array)
    return tensor


def constant_(tensor: _T, val: float) -> _T:
    """Fill with `val`; returns the tensor."""
    array = _array(tensor)
    array[...] = val
    mark_changed(array)
    return tensor


def zeros_(tensor: _T) -> _T:
    """Fill with 0; returns the tensor."""
    return constant_(tensor, 0.0)


def ones_(tensor: _T) -> _T:
    """Fill with 1; returns the tensor."""
    return constant_(tensor, 1.0)


def xavier_uniform_(tensor: _T, gain: float = 1.0, generator: np.random.Generator | None = None) -> _T:
    """Fill from U(-a, a) with a = gain sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio, 2010)."""
    bound = gain * math.sqrt(6.0 / sum(fans(tensor)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: _T, gain: float = 1.0, generator: np.random.Generator | None = None) -> _T:
    """Fill from N(0, s^2) with s = gain sqrt(2 / (fan_in + fan_out)) (Glorot and Bengio, 2010)."""
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / sum(fans(tensor))), generator)


def kaiming_uniform_(
    tensor: _T,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: np.random.Generator | None = None,
) -> _T:
    """Fill from U(-b, b) with b = gain sqrt(3 / fan) (He et al., 2015).

    Parameters
    ----------
    tensor : Tensor
        Of two or more axes.
    a : float, default 0
        The negative slope of a leaky ReLU that follows.
    mode : {"fan_in", "fan_out"}
        Whether variance is kept going forward or backward.
    nonlinearity : str, default "leaky_relu"
        What follows; see `calculate_gain`.
    generator : numpy.random.Generator, optional

    Returns
    -------
    Tensor
        The tensor.
    """
    bound = calculate_gain(nonlinearity, a) * math.sqrt(3.0 / _fan(tensor, mode))
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: _T,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: np.random.Generator | None = None,
) -> _T:
    """Fill from N(0, s^2) with s = gain / sqrt(fan) (He et al., 2015); parameters as in `kaiming_uniform_`."""
    return normal_(tensor, 0.0, calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode)), generator)


def trunc_normal_(
    tensor: _T,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: np.random.Generator | None = None,
) -> _T:
    """Fill with normal numbers of this mean and standard deviation, drawn again until they are in [a, b].

    Raises
    ------
    ValueError
        If the interval is empty.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> weight = tg.nn.init.trunc_normal_(tg.zeros(100), std=0.02, a=-0.04, b=0.04)
    >>> bool((abs(weight) <= 0.04).all())
    True
    """
    if not a < b or std <= 0:
        raise ValueError(f"trunc_normal_: std={std} must be positive, and a={a} below b={b}")
    generator = generator_or_default(generator)
    low, high = (a - mean) / std, (b - mean) / std
    array = _array(tensor)
    found = np.empty(array.size, _drawn(array))
    missing = np.arange(array.size)
    while missing.size:
        draws = _proposed(low, high, missing.size, generator)
        fits = ~np.isnan(draws)
        found[missing[fits]] = draws[fits]
        missing = missing[~fits]
    array[...] = np.clip(found.reshape(array.shape) * std + mean, a, b)
    mark_changed(array)
    return tensor


def _proposed(low: float, high: float, count: int, generator: np.random.Generator) -> Array:
    """Draws of a standard normal variable within [low, high]; nan for those that are to be drawn again."""
    inside = 0.5 * (math.erf(high / math.sqrt(2.0)) - math.erf(low / math.sqrt(2.0)))
    if inside > 0.25:
        draws = generator.standard_normal(count)
        return np.where((draws >= low) & (draws <= high), draws, np.nan)
    # Far from the middle hardly a draw is inside: uniform ones are, and are kept in proportion to the density.
    draws = generator.uniform(low, high, count)
    highest = min(max(low, 0.0), high)
    return np.where(generator.random(count) < np.exp((highest**2 - draws**2) / 2.0), draws, np.nan)


def orthogonal_(tensor: _T, gain: float = 1.0, generator: np.random.Generator | None = None) -> _T:
    """Fill with an orthogonal matrix, uniformly drawn, times `gain`; further axes count as columns.

    Its rows are orthonormal, or its columns where there are more rows. Saxe, McClelland and Ganguli 2014, "Exact
    solutions to the nonlinear dynamics of learning in deep linear neural networks".

    Raises
    ------
    ValueError
        If the tensor has fewer than two axes.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_fs as tg
    >>> weight = tg.nn.init.orthogonal_(tg.zeros((2, 3)))
    >>> np.allclose((weight @ weight.T).numpy(), np.eye(2), atol=1e-6)
    True
    """
    array = _array(tensor)
    if array.ndim < 2:
        raise ValueError(f"orthogonal_: a tensor of shape {array.shape} is no matrix; two or more axes are needed")
    if array.size:
        rows, columns = len(array), array.size // len(array)
        draws = generator_or_default(generator).standard_normal((max(rows, columns), min(rows, columns)))
        q, r = np.linalg.qr(draws)
        q *= np.where(np.diagonal(r) < 0, -1.0, 1.0)  # or some matrices would be likelier than others
        array[...] = gain * (q if rows >= columns else q.T).reshape(array.shape)
    mark_changed(array)
    return tensor


def eye_(tensor: _T) -> _T:
    """Fill a matrix with ones on the diagonal and zeros elsewhere; returns the tensor.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.init.eye_(tg.zeros((2, 3)))
    tensor([[1., 0., 0.],
            [0., 1., 0.]])
    """
    if tensor.ndim != 2:
        raise ValueError(f"eye_: a tensor of shape {tensor.shape} is no matrix; two axes are needed")
    tensor._data[...] = np.eye(tensor.shape[0], tensor.shape[1])
    mark_changed(tensor._data)
    return tensor


def dirac_(tensor: _T, groups: int = 1) -> _T:
    """Fill the filters of a convolution so that it hands its input through; channels beyond the filters are lost.

    Parameters
    ----------
    tensor : Tensor
        Of shape (filters, channels / groups, ...), with one to three axes of the kernel.
    groups : int, default 1
        Each group of filters hands its own channels through.

    Raises
    ------
    ValueError
        If the tensor has other axes, or the filters do not divide into the groups.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.init.dirac_(tg.zeros((1, 1, 3)))
    tensor([[[0., 1., 0.]]])
    """
    shape = tensor.shape
    if len(shape) not in (3, 4, 5) or shape[0] % groups:
        raise ValueError(
            f"dirac_: a tensor of shape {shape} with groups={groups}: it must have three to five axes, and as many "
            "filters as divide into the groups"
        )
    array = _array(tensor)
    array[...] = 0.0
    filters, middle = shape[0] // groups, tuple([size // 2 for size in shape[2:]])
    for group in range(groups):
        for channel in range(min(filters, shape[1])):
            place = (group * filters + channel, channel, *middle)
            array[place] = 1.0
    mark_changed(array)
    return tensor


def sparse_(tensor: _T, sparsity: float, std: float = 0.01, generator: np.random.Generator | None = None) -> _T:
    """Fill a matrix from N(0, std^2), with this share of each column set to 0; returns the tensor.

    Martens 2010, "Deep learning via Hessian-free optimization".

    Raises
    ------
    ValueError
        If the tensor is no matrix.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> weight = tg.nn.init.sparse_(tg.zeros((10, 3)), sparsity=0.25)
    >>> (weight.numpy() == 0).sum(axis=0)
    array([3, 3, 3])
    """
    if tensor.ndim != 2:
        raise ValueError(f"sparse_: a tensor of shape {tensor.shape} is no matrix; two axes are needed")
    generator = generator_or_default(generator)
    normal_(tensor, 0.0, std, generator)
    rows, columns = tensor.shape
    for column in range(columns):
        tensor._data[generator.permutation(rows)[: math.ceil(sparsity * rows)], column] = 0.0
    return tensor


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much weights should be larger before a nonlinearity so that the variance stays.

    Parameters
    ----------
    nonlinearity : str
        "linear", "conv1d" and the like, "sigmoid", "tanh", "relu", "leaky_relu" or "selu".
    param : float, optional
        The negative slope of "leaky_relu"; 0.01 if not given.

    Raises
    ------
    ValueError
        If the nonlinearity is unknown.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.init.calculate_gain("leaky_relu", 1.0)
    1.0
    """
    if nonlinearity == "leaky_relu":
        return math.sqrt(2.0 / (1.0 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in _GAINS:
        known = ", ".join(["leaky_relu", *_GAINS])
        raise ValueError(f"calculate_gain: {nonlinearity!r} is unknown; use one of {known}")
    return _GAINS[nonlinearity]


def fans(tensor: Tensor) -> tuple[int, int]:
    """How many inputs an output of this weight has, and how many outputs an input has.

    Raises
    ------
    ValueError
        If the tensor has fewer than two axes.
    """
    shape = _array(tensor).shape
    if len(shape) < 2:
        raise ValueError(f"init: fan in and fan out of shape {shape} are unknown; two or more axes are needed")
    field = math.prod(shape[2:])
    return shape[1] * field, shape[0] * field


def start(weight: Tensor, bias: Tensor | None, generator: np.random.Generator | None) -> None:
    """Fill both from U(-b, b) with b = 1 / sqrt(fan_in): how linear and convolution layers begin."""
    fan_in = fans(weight)[0]
    if fan_in == 0:  # no weight: the bias is all there is
        return
    kaiming_uniform_(weight, a=math.sqrt(5.0), generator=generator)
    if bias is not None:
        bound = 1.0 / math.sqrt(fan_in)
        uniform_(bias, -bound, bound, generator)


def _fan(tensor: Tensor, mode: str) -> int:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"init: mode {mode!r} is unknown; use 'fan_in' or 'fan_out'")
    return fans(tensor)[mode == "fan_out"]


def _drawn(array: Array) -> type[np.float32] | type[np.float64]:
    """The dtype to draw in: half precision is rounded from single."""
    return np.float64 if array.dtype == np.float64 else np.float32


if not TYPE_CHECKING:  # or a mistyped name would pass for Any
    __getattr__ = missing(__name__)
