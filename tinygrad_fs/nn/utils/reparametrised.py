"""Weights that are computed from other parameters before each call: weight norm and spectral norm.

Names of parameters and buffers are those of PyTorch's functions of the same names, so that states load.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from tinygrad_fs import linalg
from tinygrad_fs.autograd import is_recomputing
from tinygrad_fs.changes import mark_changed
from tinygrad_fs.gradmode import no_grad
from tinygrad_fs.graph import HookHandle
from tinygrad_fs.nn.conv_transpose import ConvTranspose1d, ConvTranspose2d
from tinygrad_fs.nn.module import Module
from tinygrad_fs.nn.parameter import Parameter
from tinygrad_fs.ops.dispatch.keywords import says_axis
from tinygrad_fs.random import generator_or_default
from tinygrad_fs.tensor import Tensor

__all__ = ["remove_spectral_norm", "remove_weight_norm", "spectral_norm", "weight_norm"]

_M = TypeVar("_M", bound=Module)


class _Weight(Tensor):
    """A computed weight. It is computed anew before each call, so that copies of a module need its values alone."""

    __slots__ = ()

    @classmethod
    def of(cls, weight: Tensor) -> _Weight:
        """The same value with the same history."""
        same = object.__new__(cls)
        same._data, same._node = weight._data, weight._node
        return same

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        return memo.setdefault(id(self), self.detach().clone())  # type: ignore[no-any-return]

    def __reduce__(self) -> tuple[Any, ...]:
        return self.detach().__reduce__()


class _Computed:
    """A weight that is an attribute of a module and computed from others, by a hook before each call."""

    replaced: tuple[str, ...]
    """What the names of the parameters and buffers in its place end with."""

    def __init__(self, name: str, axis: int | None) -> None:
        self.name = name
        self.axis = axis
        self.handle: HookHandle | None = None

    def __call__(self, module: Module, args: tuple[Any, ...]) -> None:
        setattr(module, self.name, _Weight.of(self.compute(module)))

    def compute(self, module: Module) -> Tensor:
        """The weight as it is now."""
        raise NotImplementedError

    def put_on(self, module: Module, weight: Tensor) -> None:
        """Compute the weight from now on; what it is computed from has been registered."""
        setattr(module, self.name, weight.detach().clone())
        self.handle = module.register_forward_pre_hook(self)

    def take_off(self, module: Module) -> None:
        """Make the weight a parameter again, with its present value."""
        with no_grad():
            value = self.compute(module)
        for ending in self.replaced:
            delattr(module, self.name + ending)
        delattr(module, self.name)
        module.register_parameter(self.name, Parameter(value))
        if self.handle is not None:
            self.handle.remove()


class WeightNorm(_Computed):
    """The weight is g v / |v|."""

    replaced = ("_g", "_v")

    def compute(self, module: Module) -> Tensor:
        """The weight as it is now."""
        g, v = getattr(module, f"{self.name}_g"), getattr(module, f"{self.name}_v")
        return v * (g / _length(v, self.axis))  # type: ignore[no-any-return]


class SpectralNorm(_Computed):
    """The weight is w / s with s the largest singular value, by power iteration."""

    replaced = ("_orig", "_u", "_v")

    def __init__(self, name: str, axis: int | None, iterations: int, eps: float) -> None:
        super().__init__(name, axis)
        self.iterations = iterations
        self.eps = eps

    def __call__(self, module: Module, args: tuple[Any, ...]) -> None:
        if module.training and not is_recomputing():
            self.improve(module)
        super().__call__(module, args)

    def compute(self, module: Module) -> Tensor:
        """The weight as it is now."""
        weight = getattr(module, f"{self.name}_orig")
        u, v = (vector.copy() for vector in self.vectors(module))  # the estimate goes on in place
        return weight / (u @ (self.as_matrix(weight) @ v))  # type: ignore[no-any-return]

    def improve(self, module: Module) -> None:
        """Let the estimate of the singular vectors go on, in place."""
        rows = self.as_matrix(getattr(module, f"{self.name}_orig")).data
        u, v = self.vectors(module)
        for _ in range(self.iterations):
            for vector, matrix, other in ((v, rows.T, u), (u, rows, v)):
                product = matrix @ other
                vector[...] = product / max(float(np.linalg.norm(product)), self.eps)
                mark_changed(vector)

    def vectors(self, module: Module) -> list[Any]:
        """The singular vectors, as arrays."""
        return [getattr(module, self.name + ending).data for ending in ("_u", "_v")]

    def as_matrix(self, weight: Tensor) -> Tensor:
        """The weight with one row for each output."""
        first = weight.moveaxis(self.axis or 0, 0)
        return first.reshape(len(first), -1)


@says_axis
def weight_norm(module: _M, name: str = "weight", axis: int | None = 0) -> _M:
    """Learn the direction and the length of a weight apart: weight = g v / |v|.

    Salimans and Kingma 2016, "Weight normalization", equation 2. The parameter is replaced by two, ``weight_g`` and
    ``weight_v``, from which it is computed before each call.

    Parameters
    ----------
    module : Module
    name : str, default "weight"
        The parameter.
    axis : int or None, default 0
        Each slice along it has a length of its own; None for one length of all.

    Returns
    -------
    Module
        The module.

    Raises
    ------
    ValueError
        If the module has no such parameter, or that no such axis; the module is then as it was.
    TypeError
        If the axis is called `dim`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> layer = tg.nn.utils.weight_norm(tg.nn.Linear(3, 2))
    >>> [(name, value.shape) for name, value in layer.named_parameters()]
    [('bias', (2,)), ('weight_g', (2, 1)), ('weight_v', (2, 3))]
    >>> layer(tg.ones((5, 3))).shape
    (5, 2)
    """
    weight = _parameter(module, name, "weight_norm")
    if axis is not None:
        axis = normalize_axis_index(axis, weight.ndim, "weight_norm")
    length = _length(weight.detach(), axis)
    delattr(module, name)
    module.register_parameter(f"{name}_g", Parameter(length))
    module.register_parameter(f"{name}_v", weight)
    WeightNorm(name, axis).put_on(module, weight)
    return module


def remove_weight_norm(module: _M, name: str = "weight") -> _M:
    """Undo `weight_norm`: the weight is a parameter again, with its present value.

    Raises
    ------
    ValueError
        If there is no weight norm on it.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> layer = tg.nn.utils.weight_norm(tg.nn.Linear(3, 2))
    >>> list(dict(tg.nn.utils.remove_weight_norm(layer).named_parameters()))
    ['bias', 'weight']
    """
    _computed(module, name, WeightNorm, "remove_weight_norm").take_off(module)
    return module


@says_axis
def spectral_norm(
    module: _M,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    axis: int | None = None,
    *,
    generator: np.random.Generator | None = None,
) -> _M:
    """Divide a weight by its largest singular value, so that the layer lengthens no vector.

    Miyato et al. 2018, "Spectral normalization for generative adversarial networks", algorithm 1. The parameter is
    replaced by ``weight_orig`` and two buffers, ``weight_u`` and ``weight_v``, the singular vectors, whose estimate
    goes on at each call in training mode.

    Parameters
    ----------
    module : Module
    name : str, default "weight"
        The parameter.
    n_power_iterations : int, default 1
        How often the estimate is improved at a call.
    eps : float, default 1e-12
        The least norm to divide by.
    axis : int, optional
        The axis of the outputs; 0 if not given, and 1 for transposed convolutions.
    generator : numpy.random.Generator, optional
        Draws the vectors to begin with; the default generator if not given.

    Returns
    -------
    Module
        The module.

    Raises
    ------
    ValueError
        If the module has no such parameter, or that no such axis, or the number of iterations is not positive; the
        module is then as it was.
    TypeError
        If the axis is called `dim`.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_fs as tg
    >>> layer = tg.nn.utils.spectral_norm(tg.nn.Linear(3, 2), n_power_iterations=20)
    >>> y = layer(tg.ones((1, 3)))
    >>> round(float(np.linalg.norm(layer.weight.numpy(), 2)), 3)
    1.0
    """
    if n_power_iterations < 1:
        raise ValueError(f"spectral_norm: n_power_iterations={n_power_iterations} must be positive")
    weight = _parameter(module, name, "spectral_norm")
    if axis is None:
        axis = 1 if isinstance(module, (ConvTranspose1d, ConvTranspose2d)) else 0
    it = SpectralNorm(name, axis, n_power_iterations, eps)
    rows, draw = it.as_matrix(weight.detach()), generator_or_default(generator).standard_normal
    delattr(module, name)
    module.register_parameter(f"{name}_orig", weight)
    for ending, size in (("_u", rows.shape[0]), ("_v", rows.shape[1])):
        vector = draw(size).astype(weight.dtype)
        module.register_buffer(name + ending, Tensor(vector / max(float(np.linalg.norm(vector)), eps)))
    it.put_on(module, weight)
    return module


def remove_spectral_norm(module: _M, name: str = "weight") -> _M:
    """Undo `spectral_norm`: the weight is a parameter again, with its present value.

    Raises
    ------
    ValueError
        If there is no spectral norm on it.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> layer = tg.nn.utils.spectral_norm(tg.nn.Linear(3, 2))
    >>> list(tg.nn.utils.remove_spectral_norm(layer).state_dict())
    ['bias', 'weight']
    """
    _computed(module, name, SpectralNorm, "remove_spectral_norm").take_off(module)
    return module


def _parameter(module: Module, name: str, what: str) -> Parameter:
    """The parameter that is to be replaced."""
    parameters = dict(module.named_parameters(recurse=False))
    if name not in parameters:
        had = ", ".join(parameters) or "none"
        raise ValueError(f"{what}: {type(module).__name__} has no parameter {name!r}; it has {had}")
    return parameters[name]


def _computed(module: Module, name: str, kind: type[_Computed], what: str) -> _Computed:
    """What computes the weight of that name."""
    for hook in module._hooks.given_before() if module._hooks is not None else ():
        if isinstance(hook, kind) and hook.name == name:
            return hook
    raise ValueError(f"{what}: {name!r} of {type(module).__name__} has no such norm")


def _length(v: Tensor, axis: int | None) -> Tensor:
    """The length of each slice along an axis, which stay; or of all, 0-d."""
    if axis is None:
        return linalg.vector_norm(v)
    others = tuple([each for each in range(v.ndim) if each != axis % v.ndim])
    return linalg.vector_norm(v, axis=others, keepdims=True) if others else abs(v)
