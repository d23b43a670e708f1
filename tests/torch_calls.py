"""What a PyTorch user may type at the top level, as Python expressions; and what comes of them in a library.

Only the names of axes are ours, `axis` and `keepdims`; `for_torch` puts PyTorch's in their place.
"""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np

__all__ = ["CALLS", "EXTRA", "for_torch", "outcome", "same"]

_RNG = np.random.default_rng(0)
_ARRAYS = {
    "x": _RNG.standard_normal((2, 4)),
    "y": _RNG.standard_normal((2, 4)),
    "u": _RNG.uniform(0.1, 0.9, (2, 4)),  # within the domain of every function
    "more": _RNG.uniform(1.5, 3.0, (2, 4)),
    "v": np.array([3.0, 1.0, 2.0, 2.0]),
    "w": np.array([0.5, -1.0, 4.0, 1.0]),
    "s": _RNG.standard_normal((3, 3)),
    "volume": _RNG.standard_normal((2, 3, 4)),
    "image": _RNG.standard_normal((1, 4, 6, 6)),
    "series": _RNG.standard_normal((1, 4, 6)),
    "kernel1": _RNG.standard_normal((2, 4, 3)),
    "kernel2": _RNG.standard_normal((2, 4, 3, 3)),
    "kernel3": _RNG.standard_normal((2, 1, 2, 2, 2)),
    "spread1": _RNG.standard_normal((4, 2, 3)),
    "spread2": _RNG.standard_normal((4, 2, 3, 3)),
    "pairs": _RNG.standard_normal((3, 4, 4)),
    "bias": np.array([0.5, -0.5]),
    "mask": np.array([[True, False, True, True], [False, False, True, False]]),
    "number": np.array([[0, 1, 1, 0]]),
    "place": np.array([1, 0]),
    "z": np.array([-1.5, 0.0, 2.5, 3.5]),
    "row": np.array([1.0, 2.0, 3.0]),
    "signs": np.array([1, -1, 1, 1]),
    "count": np.array([1, 1, 1]),
}

_ONE = """
abs absolute arccos arcsin arcsinh arctan arctanh ceil cos cosh deg2rad digamma erf erfc erfinv exp exp2 expm1 floor
i0 isfinite isinf isnan lgamma log log10 log1p log2 logical_not nan_to_num negative positive rad2deg reciprocal relu
round rsqrt selu celu sigmoid sign signbit sin sinc sinh sqrt square tan tanh trunc ravel clone
atleast_1d atleast_2d atleast_3d fliplr flipud diag diagflat diagonal tril triu flatten squeeze
"""
_TWO = """
add subtract multiply divide maximum minimum fmax fmin hypot arctan2 equal not_equal greater greater_equal less
less_equal logical_and logical_or logical_xor logaddexp logaddexp2 isclose allclose floor_divide remainder fmod
float_power xlogy heaviside kron copysign nextafter
"""
_REDUCTIONS = "sum mean prod amax amin max min any all std var median nansum nanmean argmax argmin count_nonzero"
_SCANS = "cumsum cumprod cummax cummin logcumsumexp softmax log_softmax logsumexp sort argsort"

CALLS: dict[str, list[str]] = {
    **{name: [f"{name}(u)"] for name in _ONE.split()},
    **{name: [f"{name}(u, more)"] for name in _TWO.split()},
    **{name: [f"{name}(x)", f"{name}(x, 1)", f"{name}(x, axis=0, keepdims=True)"] for name in _REDUCTIONS.split()},
    **{name: [f"{name}(x, 1)", f"{name}(x, axis=0)"] for name in _SCANS.split()},
    "argsort": ["argsort(x)", "argsort(x, axis=0)", "argsort(x, descending=True)"],
    "sort": ["sort(x)", "sort(x, descending=True)"],
    "arange": ["arange(5)", "arange(1, 6, 2)", "arange(start=1, end=6)", "arange(0.5, 3)"],
    "linspace": ["linspace(0, 1, 5)", "linspace(start=0, end=1, steps=3)"],
    "eye": ["eye(2)", "eye(2, 3)"],
    "full": ["full((2, 3), 1.5)", "full(size=(2,), fill_value=1.0)"],
    "full_like": ["full_like(x, 2.0)"],
    "zeros": ["zeros((2, 3))", "zeros(2, 3)", "zeros(size=(2,))"],
    "ones": ["ones((2, 3))", "ones(2, 3)", "ones(size=(2,))"],
    "zeros_like": ["zeros_like(x)"],
    "ones_like": ["ones_like(x)"],
    "rand": ["rand(2, 3).shape", "rand((2, 3)).shape", "rand(size=(2,)).shape"],
    "randn": ["randn(2, 3).shape", "randn((2, 3)).shape", "randn(size=(2,)).shape"],
    "randint": ["randint(5, (2,)).shape", "randint(0, 5, (2, 3)).shape", "randint(0, 5, size=(2,)).shape"],
    "tensor": ["tensor([1.0, 2.0])", "tensor([1, 2])", "tensor(1.0)"],
    "add": ["add(x, y)", "add(x, y, alpha=2)"],
    "subtract": ["subtract(x, y)", "subtract(x, y, alpha=2)"],
    "divide": ["divide(x, y)", "divide(x, y, rounding_mode='floor')"],
    "remainder": ["remainder(x, y)"],
    "fmod": ["fmod(x, y)"],
    "floor_divide": ["floor_divide(x, y)"],
    "round": ["round(x)", "round(z)", "round(x, decimals=1)"],
    "clip": ["clip(x, -0.5, 0.5)", "clip(x, min=0)", "clip(x, max=0.1)"],
    "where": ["where(mask, x, y)", "where(mask, x, 0.0)", "where(mask)"],
    "lerp": ["lerp(x, y, 0.3)", "lerp(x, end=y, weight=0.3)"],
    "heaviside": ["heaviside(z, w)", "heaviside(z, values=w)"],
    "std": ["std(x)", "std(x, 1)", "std(x, axis=0, correction=0)"],
    "var": ["var(x)", "var(x, 1)", "var(x, axis=0, correction=0)"],
    "median": ["median(w)", "median(x, axis=1)", "median(s)"],
    "quantile": ["quantile(v, 0.4)", "quantile(x, 0.4, axis=1)", "quantile(v, 0.4, interpolation='lower')"],
    "nanmedian": ["nanmedian(w)", "nanmedian(x, axis=1)"],
    "nanquantile": ["nanquantile(v, 0.4)", "nanquantile(v, 0.4, interpolation='lower')"],
    "cov": ["cov(x)", "cov(x, correction=0)"],
    "corrcoef": ["corrcoef(x)"],
    "vander": ["vander(v)", "vander(v, 3)", "vander(v, N=3, increasing=True)"],
    "gradient": ["gradient(v)", "gradient(x, axis=0)", "gradient(v, spacing=2.0)"],
    "trapezoid": ["trapezoid(v)", "trapezoid(v, w)", "trapezoid(x, axis=0)"],
    "diff": ["diff(v)", "diff(x, axis=0)", "diff(x, n=2)"],
    "logsumexp": ["logsumexp(x, 1)", "logsumexp(x, axis=0, keepdims=True)"],
    "bincount": ["bincount(place)", "bincount(signs + 1, w)", "bincount(place, minlength=5)"],
    "histogram": ["histogram(v, row)", "histogram(v, row, weight=w)"],
    "histogramdd": ["histogramdd(volume[0].T, [row, row, row])", "histogramdd(x.T, [row, row], weight=w)"],
    "frexp": ["frexp(w)"],
    "ldexp": ["ldexp(v, signs)", "ldexp(v, w)"],
    "topk": ["topk(v, 2)", "topk(x, 2, axis=1)", "topk(w, 2, largest=False)"],
    "unique": ["unique(v)", "unique(v, return_counts=True)", "unique(v, return_inverse=True)"],
    "searchsorted": ["searchsorted(row, v)", "searchsorted(row, v, side='right')", "searchsorted(row, v, right=True)"],
    "split": ["split(v, 2)", "split(v, 3)", "split(v, [1, 3])", "split(x, 2, axis=1)"],
    "hsplit": ["hsplit(x, 2)", "hsplit(x, [1])"],
    "vsplit": ["vsplit(x, 2)"],
    "dsplit": ["dsplit(volume, 2)"],
    "stack": ["stack([x, y])", "stack([x, y], axis=1)"],
    "concatenate": ["concatenate([x, y])", "concatenate([x, y], axis=1)"],
    "hstack": ["hstack([x, y])"],
    "vstack": ["vstack([x, y])"],
    "dstack": ["dstack([x, y])"],
    "column_stack": ["column_stack([v, w])"],
    "meshgrid": ["meshgrid(row, v)", "meshgrid(row, v, indexing='ij')"],
    "reshape": ["reshape(x, (4, 2))", "reshape(x, (-1,))"],
    "flatten": ["flatten(volume)", "flatten(volume, 1)", "flatten(volume, start_axis=1)"],
    "transpose": ["transpose(x, 0, 1)", "transpose(volume, 0, 2)"],
    "swapaxes": ["swapaxes(volume, 0, 2)", "swapaxes(volume, axis0=0, axis1=2)"],
    "moveaxis": ["moveaxis(volume, 0, 2)", "moveaxis(volume, source=0, destination=1)"],
    "permute": ["permute(volume, (2, 0, 1))", "permute(volume, axes=(2, 0, 1))"],
    "squeeze": ["squeeze(x[None])", "squeeze(x[None], 0)", "squeeze(x, 0)"],
    "broadcast_to": ["broadcast_to(v, (2, 4))"],
    "flip": ["flip(x, (0, 1))", "flip(x, [0])", "flip(x, axes=(0,))"],
    "roll": ["roll(v, 1)", "roll(x, 1, 0)", "roll(v, shifts=1)"],
    "rot90": ["rot90(x)", "rot90(x, 1, (0, 1))"],
    "tile": ["tile(v, (2,))", "tile(x, (2, 1))", "tile(v, axes=(2,))"],
    "diag": ["diag(v)", "diag(s)", "diag(s, 1)", "diag(s, diagonal=1)"],
    "diagflat": ["diagflat(x)", "diagflat(v, 1)", "diagflat(v, offset=1)"],
    "diagonal": ["diagonal(s)", "diagonal(volume, 0, 0, 2)", "diagonal(volume, offset=0)"],
    "tril": ["tril(s)", "tril(s, 1)", "tril(s, diagonal=1)"],
    "triu": ["triu(s)", "triu(s, 1)", "triu(s, diagonal=1)"],
    "trace": ["trace(s)"],
    "gather": ["gather(x, 0, number)"],
    "select": ["select(volume, 1, 2)"],
    "take": ["take(x, place)", "take(x, number)"],
    "scatter": ["scatter(x, 0, number, y[:1])", "scatter(x, 0, number, 2.0)"],
    "scatter_add": ["scatter_add(x, 0, number, y[:1])"],
    "index_add": ["index_add(x, 0, place, y)", "index_add(x, 0, place, y, alpha=2)"],
    "index_put": ["index_put(v, (place,), w[:2])", "index_put(v, (place,), w[:2], accumulate=True)"],
    "masked_fill": ["masked_fill(x, mask, 0.0)"],
    "masked_select": ["masked_select(x, mask)"],
    "matmul": ["matmul(x, y.T)", "matmul(v, w)", "matmul(volume, v)"],
    "dot": ["dot(v, w)"],
    "vdot": ["vdot(v, w)"],
    "inner": ["inner(v, w)", "inner(x, y)"],
    "outer": ["outer(v, w)", "outer(v, vec2=w)"],
    "cross": ["cross(s, s.T, axis=1)", "cross(s, s.T)"],
    "tensordot": ["tensordot(x, y, 2)", "tensordot(x, y, axes=([1], [1]))"],
    "einsum": ["einsum('ij,kj->ik', x, y)", "einsum('ii', s)"],
    "polygamma": ["polygamma(1, u)"],
    "arccosh": ["arccosh(more)"],
    "prelu": ["prelu(x, v[:1])"],
    "bilinear": ["bilinear(x, y, pairs, row)"],
    "conv1d": ["conv1d(series, kernel1)", "conv1d(series, kernel1, bias, padding=1)", "conv1d(series, weight=kernel1)"],
    "conv2d": ["conv2d(image, kernel2)", "conv2d(image, kernel2, bias, stride=2)", "conv2d(image, weight=kernel2)"],
    "conv3d": ["conv3d(image[:, None], kernel3)", "conv3d(image[:, None], weight=kernel3)"],
    "conv_transpose1d": ["conv_transpose1d(series, spread1)", "conv_transpose1d(series, weight=spread1)"],
    "conv_transpose2d": ["conv_transpose2d(image, spread2)", "conv_transpose2d(image, weight=spread2)"],
    "avg_pool1d": ["avg_pool1d(series, 2)", "avg_pool1d(series, 4, ceil_mode=True)"],
    "max_pool1d": ["max_pool1d(series, 2)", "max_pool1d(series, 4, ceil_mode=True)"],
    "max_pool2d": ["max_pool2d(image, 2)", "max_pool2d(image, 4, ceil_mode=True)"],
    "adaptive_avg_pool1d": ["adaptive_avg_pool1d(series, 3)"],
    "adaptive_max_pool1d": ["adaptive_max_pool1d(series, 3)"],
    "pixel_shuffle": ["pixel_shuffle(image, 2)"],
    "pixel_unshuffle": ["pixel_unshuffle(image, 2)"],
    "dropout": ["dropout(x, 0.5, False)", "dropout(x, p=0.5, train=False)"],
    "alpha_dropout": ["alpha_dropout(x, 0.5, False)", "alpha_dropout(x, p=0.5, train=False)"],
    "embedding": ["embedding(x, place)"],
    "layer_norm": ["layer_norm(x, (4,))", "layer_norm(x, normalized_shape=(4,))"],
    "rms_norm": ["rms_norm(x, (4,))"],
    "group_norm": ["group_norm(image, 2)"],
    "batch_norm": ["batch_norm(x, None, None, None, None, True, 0.1, 1e-5, False)"],
    "instance_norm": ["instance_norm(series, None, None, None, None, True, 0.1, 1e-5, False)"],
    "kl_div": ["kl_div(u, u)", "kl_div(u, u, 1)"],
    "binary_cross_entropy_with_logits": ["binary_cross_entropy_with_logits(x, u)"],
    "cosine_embedding_loss": ["cosine_embedding_loss(x, y, signs[:2])"],
    "hinge_embedding_loss": ["hinge_embedding_loss(v, signs)"],
    "margin_ranking_loss": ["margin_ranking_loss(v, w, signs)"],
    "triplet_margin_loss": ["triplet_margin_loss(x, y, u)"],
    "ctc_loss": ["ctc_loss(lib.log_softmax(volume, 2), count, count, count, reduction=1)"],
}

EXTRA = """
Tensor autograd default_generator enable_grad func get_default_dtype is_grad_enabled linalg manual_seed nn no_grad
optim set_default_dtype set_grad_enabled
"""
"""Names that are no functions of arrays."""

_THEIRS = [
    (r"\baxis=", "dim="),
    (r"\baxes=", "dims="),
    (r"\bkeepdims=", "keepdim="),
    (r"\bstart_axis=", "start_dim="),
]


def outcome(lib: Any, code: str) -> Any:
    """What code gives with a library, whose name in it is `lib`: nested tuples of arrays, or the type of the error."""
    names = {name: lib.tensor(array) for name, array in _ARRAYS.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _plain(eval(code, {"lib": lib}, names))
        except (TypeError, ValueError, RuntimeError, IndexError) as error:
            return type(error)


def for_torch(code: str) -> str:
    """The same call with PyTorch's names of axes."""
    for ours, theirs in _THEIRS:
        code = re.sub(ours, theirs, code)
    return code


def _plain(result: Any) -> Any:
    if isinstance(result, (tuple, list)):
        return tuple(_plain(each) for each in result)
    return np.asarray(result.numpy() if hasattr(result, "numpy") else result)


def same(ours: Any, theirs: Any) -> bool:
    """Whether two outcomes are the same: errors, or arrays of the same kind, shape and values."""
    if isinstance(ours, tuple) and isinstance(theirs, tuple):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(ours, np.ndarray) and isinstance(theirs, np.ndarray):
        alike = ours.shape == theirs.shape and ours.dtype.kind == theirs.dtype.kind
        return alike and np.allclose(ours, theirs, rtol=1e-6, equal_nan=True)
    return isinstance(ours, type) and isinstance(theirs, type)
