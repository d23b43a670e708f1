"""What PyTorch calls by a name that is none here: whoever asks for it is told what to write."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeVar

__all__ = ["Absent", "INSTEAD", "instead_of", "missing"]

_F = TypeVar("_F", bound=Callable[..., Any])


def instead_of(options: Mapping[str, str]) -> Callable[[_F], _F]:
    """Have a constructor that is called with one of these options say what to write in its place."""

    def decorate(init: _F) -> _F:
        @functools.wraps(init)
        def called(self: Any, *args: Any, **kwargs: Any) -> None:
            if unknown := [name for name in kwargs if name in options]:
                raise TypeError(f"{type(self).__name__}: {unknown[0]}= is not here; {options[unknown[0]]}")
            init(self, *args, **kwargs)

        return called  # type: ignore[return-value]

    return decorate


class Absent:
    """An attribute that a class does not have: whoever asks for it is told what to write."""

    def __init__(self, name: str, remedy: str) -> None:
        self._name, self._remedy = name, remedy

    def __get__(self, instance: Any, owner: type[Any]) -> NoReturn:
        raise AttributeError(f"{owner.__name__!r} object has no attribute {self._name!r}; {self._remedy}")


def missing(package: str) -> Callable[[str], NoReturn]:
    """The `__getattr__` of a package, which says what is written in place of names that PyTorch's has."""
    instead = _IN_PACKAGES[package.partition(".")[2]]

    def asked(name: str) -> NoReturn:
        remedy = f"; write {instead[name]}" if name in instead else ""
        raise AttributeError(f"module {package!r} has no attribute {name!r}{remedy}")

    return asked


INSTEAD = {
    "acos": "arccos(x)",
    "acosh": "arccosh(x)",
    "addmm": "a + b @ c",
    "argwhere": "np.argwhere(x.numpy())",
    "as_tensor": "Tensor(array), which shares memory, or tensor(data)",
    "asin": "arcsin(x)",
    "asinh": "arcsinh(x)",
    "atan": "arctan(x)",
    "atan2": "arctan2(y, x)",
    "atanh": "arctanh(x)",
    "bmm": "x @ y",
    "bool": "dtype='bool'",
    "cat": "concatenate(xs, axis)",
    "cholesky": "linalg.cholesky(x)",
    "chunk": "array_split(x, n, axis)",
    "clamp": "clip(x, low, high)",
    "concat": "concatenate(xs, axis)",
    "cuda": "nothing: arrays are in the host's memory",
    "det": "linalg.det(x)",
    "device": "nothing: arrays are in the host's memory",
    "div": "x / y, or divide(x, y)",
    "double": "dtype='float64'",
    "empty": "zeros(shape)",
    "eq": "x == y, or equal(x, y)",
    "Generator": "numpy.random.default_rng(seed)",
    "float": "dtype='float32'",
    "float16": "dtype='float16'",
    "float32": "dtype='float32'",
    "float64": "dtype='float64'",
    "from_numpy": "Tensor(array)",
    "ge": "x >= y, or greater_equal(x, y)",
    "ger": "outer(x, y)",
    "gt": "x > y, or greater(x, y)",
    "index_select": "take(x, indices, axis)",
    "inference_mode": "no_grad()",
    "int": "dtype='int32'",
    "int32": "dtype='int32'",
    "int64": "dtype='int64'",
    "inverse": "linalg.inv(x)",
    "is_tensor": "isinstance(x, Tensor)",
    "le": "x <= y, or less_equal(x, y)",
    "load": "io.load(path)",
    "long": "dtype='int64'",
    "lt": "x < y, or less(x, y)",
    "mm": "x @ y",
    "movedim": "moveaxis(x, source, destination)",
    "mul": "x * y, or multiply(x, y)",
    "mv": "x @ y",
    "narrow": "a slice, as in x[:, start : start + length]",
    "ne": "x != y, or not_equal(x, y)",
    "neg": "-x, or negative(x)",
    "nonzero": "x.nonzero()",
    "norm": "linalg.norm(x)",
    "numel": "x.size",
    "pow": "x ** y, or power(x, y)",
    "rand_like": "rand(x.shape)",
    "randn_like": "randn(x.shape)",
    "randperm": "default_generator().permutation(n)",
    "repeat_interleave": "repeat(x, n, axis)",
    "save": "io.save(path, state)",
    "std_mean": "std(x), mean(x)",
    "sub": "x - y, or subtract(x, y)",
    "svd": "linalg.svd(x)",
    "t": "x.T",
    "true_divide": "x / y, or divide(x, y)",
    "unbind": "unstack(x, axis)",
    "unsqueeze": "expand_dims(x, axis)",
    "utils": "data, for utils.data",
    "var_mean": "var(x), mean(x)",
    "vmap": "a function of arrays with one more axis",
}

_SAMPLES = "shuffle=True of DataLoader, or Subset(dataset, indices)"

_IN_PACKAGES: dict[str, dict[str, str]] = {
    "autograd": {
        "Function": "a class of tinygrad_fs.Op with `forward` and `vjp`",
        "Variable": "tinygrad_fs.Tensor",
        "backward": "y.backward()",
        "functional": "tinygrad_fs.func",
        "set_detect_anomaly": "detect_anomaly()",
    },
    "data": {
        "BatchSampler": "batch_size= of DataLoader",
        "ChainDataset": "a loop over both",
        "ConcatDataset": "a Dataset whose __getitem__ looks into both",
        "IterableDataset": "a loop; a dataset has samples by number",
        "RandomSampler": _SAMPLES,
        "Sampler": _SAMPLES,
        "SubsetRandomSampler": _SAMPLES,
        "WeightedRandomSampler": "Subset(dataset, rng.choice(len(dataset), n, p=weights))",
    },
    "func": {
        "functional_call": "the module itself, with parameters set by load_state_dict",
        "jacfwd": "jacobian(f)",
        "jacrev": "jacobian(f)",
        "vmap": "a function of arrays with one more axis",
    },
    "nn.init": {
        name: f"{name}_(tensor), which fills it in place"
        for name in (
            "constant", "dirac", "eye", "kaiming_normal", "kaiming_uniform", "normal", "orthogonal", "sparse",
            "uniform", "xavier_normal", "xavier_uniform",
        )
    },
    "nn.utils": {
        "clip_grad_norm": "clip_grad_norm_(parameters, max_norm)",
        "parametrizations": "weight_norm or spectral_norm of nn.utils",
    },
    "optim": {
        "ASGD": "SGD, with an average of weights from optim.swa_utils",
        "SparseAdam": "Adam; gradients are dense",
    },
}  # fmt: skip
