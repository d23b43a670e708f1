"""The ops: one file per family, a class and a function per op.

This is the map of the families. A family is imported when one of its names is first asked for, here or in
`tinygrad_fs`, by a method of a Tensor or by NumPy's function of that name: a program loads what it uses.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from tinygrad_fs.ops.keywords import told
from tinygrad_fs.ops.methods import bind
from tinygrad_fs.ops.protocol import expect

if TYPE_CHECKING:
    from tinygrad_fs.ops.activation import *
    from tinygrad_fs.ops.adaptive import *
    from tinygrad_fs.ops.affine import *
    from tinygrad_fs.ops.applying import *
    from tinygrad_fs.ops.arithmetic import *
    from tinygrad_fs.ops.attention import *
    from tinygrad_fs.ops.bilinear_maps import *
    from tinygrad_fs.ops.cases import *
    from tinygrad_fs.ops.choice import *
    from tinygrad_fs.ops.coefficients import *
    from tinygrad_fs.ops.comparison import *
    from tinygrad_fs.ops.convolution import *
    from tinygrad_fs.ops.copying import *
    from tinygrad_fs.ops.counting import *
    from tinygrad_fs.ops.covariance import *
    from tinygrad_fs.ops.ctc import *
    from tinygrad_fs.ops.cumulative import *
    from tinygrad_fs.ops.differences import *
    from tinygrad_fs.ops.distances import *
    from tinygrad_fs.ops.dropouts import *
    from tinygrad_fs.ops.editing import *
    from tinygrad_fs.ops.error_function import *
    from tinygrad_fs.ops.exponential import *
    from tinygrad_fs.ops.filtering import *
    from tinygrad_fs.ops.fitting import *
    from tinygrad_fs.ops.floats import *
    from tinygrad_fs.ops.gates import *
    from tinygrad_fs.ops.gathering import *
    from tinygrad_fs.ops.gaussian import *
    from tinygrad_fs.ops.histograms import *
    from tinygrad_fs.ops.hyperbolic import *
    from tinygrad_fs.ops.indexing import *
    from tinygrad_fs.ops.interpolation import *
    from tinygrad_fs.ops.joining import *
    from tinygrad_fs.ops.layer_norms import *
    from tinygrad_fs.ops.likelihood import *
    from tinygrad_fs.ops.loss import *
    from tinygrad_fs.ops.missing import *
    from tinygrad_fs.ops.nesting import *
    from tinygrad_fs.ops.normalization import *
    from tinygrad_fs.ops.order_statistics import *
    from tinygrad_fs.ops.padding import *
    from tinygrad_fs.ops.phases import *
    from tinygrad_fs.ops.polynomials import *
    from tinygrad_fs.ops.pooling import *
    from tinygrad_fs.ops.power_pooling import *
    from tinygrad_fs.ops.products import *
    from tinygrad_fs.ops.rearranging import *
    from tinygrad_fs.ops.rectifiers import *
    from tinygrad_fs.ops.reduction import *
    from tinygrad_fs.ops.resampling import *
    from tinygrad_fs.ops.roots import *
    from tinygrad_fs.ops.rounding import *
    from tinygrad_fs.ops.sequences import *
    from tinygrad_fs.ops.shape import *
    from tinygrad_fs.ops.slopes import *
    from tinygrad_fs.ops.sorting import *
    from tinygrad_fs.ops.special import *
    from tinygrad_fs.ops.statistics import *
    from tinygrad_fs.ops.summation import *
    from tinygrad_fs.ops.transposed import *
    from tinygrad_fs.ops.triangles import *
    from tinygrad_fs.ops.trigonometric import *
    from tinygrad_fs.ops.unfolding import *
    from tinygrad_fs.ops.volumes import *

FAMILIES: dict[str, tuple[str, ...]] = {
    # Arithmetic, and functions of single elements.
    "arithmetic": (
        "abs", "absolute", "add", "divide", "divmod", "fabs", "float_power", "floor_divide", "fmod", "mod", "multiply",
        "negative", "positive", "power", "remainder", "subtract",
    ),
    "exponential": ("exp", "exp2", "expm1", "log", "log10", "log1p", "log2", "logaddexp", "logaddexp2", "xlogy"),
    "roots": ("cbrt", "reciprocal", "rsqrt", "sqrt", "square"),
    "trigonometric": (
        "arccos", "arcsin", "arctan", "arctan2", "cos", "deg2rad", "degrees", "hypot", "rad2deg", "radians", "sin",
        "sinc", "tan",
    ),
    "hyperbolic": ("arccosh", "arcsinh", "arctanh", "cosh", "sinh"),
    "rounding": ("ceil", "floor", "heaviside", "rint", "round", "sign", "trunc"),
    "comparison": (
        "allclose", "array_equal", "equal", "greater", "greater_equal", "isclose", "isfinite", "isinf", "isnan", "less",
        "less_equal", "logical_and", "logical_not", "logical_or", "logical_xor", "not_equal", "signbit",
    ),
    "choice": ("clip", "fmax", "fmin", "lerp", "maximum", "minimum", "nan_to_num", "where"),
    "floats": ("copysign", "frexp", "ldexp", "modf", "nextafter"),
    "error_function": ("erf", "erfc"),
    "special": ("digamma", "erfinv", "i0", "lgamma", "polygamma"),
    # Reductions and statistics.
    "reduction": ("amax", "amin", "logsumexp", "max", "mean", "min", "prod", "sum"),
    "counting": ("all", "any", "argmax", "argmin", "count_nonzero"),
    "statistics": ("average", "ptp", "std", "var"),
    "order_statistics": ("median", "percentile", "quantile"),
    "missing": (
        "nanargmax", "nanargmin", "nancumprod", "nancumsum", "nanmax", "nanmean", "nanmedian", "nanmin",
        "nanpercentile", "nanprod", "nanquantile", "nanstd", "nansum", "nanvar",
    ),
    "cumulative": ("cummax", "cummin", "cumprod", "cumsum", "cumulative_prod", "cumulative_sum", "logcumsumexp"),
    "covariance": ("corrcoef", "cov"),
    "histograms": ("bincount", "histogram", "histogram2d", "histogramdd"),
    # Shapes, indexing, rearranging.
    "shape": (
        "atleast_1d", "atleast_2d", "atleast_3d", "broadcast_arrays", "broadcast_to", "expand_dims", "flatten",
        "meshgrid", "moveaxis", "permute", "ravel", "reshape", "rollaxis", "squeeze", "swapaxes", "transpose",
    ),
    "joining": (
        "append", "array_split", "column_stack", "concatenate", "dsplit", "dstack", "hsplit", "hstack", "split",
        "stack", "unstack", "vsplit", "vstack",
    ),
    "nesting": ("block",),
    "rearranging": ("flip", "fliplr", "flipud", "repeat", "roll", "rot90", "tile"),
    "indexing": ("getitem",),
    "gathering": (
        "embedding", "gather", "index_add", "index_put", "masked_fill", "masked_select", "one_hot", "put_along_axis",
        "scatter", "scatter_add", "take", "take_along_axis",
    ),
    "sorting": ("argpartition", "argsort", "partition", "searchsorted", "sort", "topk", "unique"),
    "triangles": ("diag", "diagflat", "diagonal", "trace", "tril", "triu"),
    "padding": ("pad",),
    "editing": ("compress", "delete", "extract", "insert", "resize", "trim_zeros"),
    "copying": ("astype", "clone"),
    # Linear algebra; the families without names here have theirs in `tinygrad_fs.linalg`.
    "products": ("cross", "dot", "inner", "kron", "matmul", "matvec", "outer", "tensordot", "vdot", "vecdot", "vecmat"),
    "summation": ("einsum",),
    "chains": (), "decomposition": (), "determinant": (), "norms": (), "solving": (), "spectrum": (), "stacks": (),
    "vector_norms": (),
    # Neural networks.
    "affine": ("linear",),
    "bilinear_maps": ("bilinear",),
    "activation": ("elu", "leaky_relu", "log_softmax", "relu", "selu", "sigmoid", "softmax", "softplus", "tanh"),
    "gaussian": ("gelu",),
    "rectifiers": ("celu", "hardswish", "hardtanh", "prelu", "relu6", "softsign"),
    "gates": ("glu", "log_sigmoid", "mish", "silu", "softmin"),
    "convolution": ("conv2d",),
    "sequences": ("avg_pool1d", "conv1d", "max_pool1d"),
    "volumes": ("conv3d",),
    "transposed": ("conv_transpose1d", "conv_transpose2d"),
    "unfolding": ("fold", "unfold"),
    "pooling": ("avg_pool2d", "max_pool2d"),
    "adaptive": ("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_max_pool1d", "adaptive_max_pool2d"),
    "power_pooling": ("lp_pool1d", "lp_pool2d"),
    "resampling": ("pixel_shuffle", "pixel_unshuffle", "upsample"),
    "normalization": ("batch_norm",),
    "layer_norms": ("group_norm", "instance_norm", "layer_norm", "rms_norm"),
    "dropouts": ("alpha_dropout", "dropout", "dropout2d"),
    "attention": ("scaled_dot_product_attention",),
    "recurrent": (),
    # Losses.
    "loss": ("cross_entropy", "mse_loss"),
    "likelihood": ("binary_cross_entropy", "binary_cross_entropy_with_logits", "kl_div", "nll_loss"),
    "distances": (
        "cosine_embedding_loss", "hinge_embedding_loss", "huber_loss", "l1_loss", "margin_ranking_loss",
        "smooth_l1_loss", "triplet_margin_loss",
    ),
    "ctc": ("ctc_loss",),
    # NumPy's further families.
    "polynomials": ("polyval", "vander"),
    "coefficients": ("poly", "polyadd", "polyder", "polydiv", "polyint", "polymul", "polysub"),
    "fitting": ("polyfit",),
    "differences": ("diff", "ediff1d", "trapezoid"),
    "slopes": ("gradient",),
    "interpolation": ("interp",),
    "filtering": ("convolve", "correlate"),
    "phases": ("unwrap",),
    "applying": ("apply_along_axis", "apply_over_axes"),
    "cases": ("choose", "piecewise", "select"),
    # How Tensors come by all this: methods, NumPy's protocols, rules for what has no name here.
    "methods": (), "inplace": (), "protocol": (), "signatures": (), "rules": (), "ranges": (), "shifts": (),
    "writers": (), "keywords": (),
    # What several families share.
    "operands": (), "axes": (), "axis_maps": (), "positions": (), "accumulation": (), "masking": (), "selection": (),
    "blocks": (), "attention_blocks": (), "logarithm": (), "matrices": (), "spatial": (), "steps": (),
    "columns": (), "correlation": (), "lines": (), "winograd": (),
}  # fmt: skip
"""The files of this folder by subject, each with the public functions that stand in it."""

_FAMILY_OF = {name: family for family, names in FAMILIES.items() for name in names}


def bare(name: str) -> Any:
    """The function of a public name as it stands in its family: what methods and NumPy's functions call."""
    return getattr(importlib.import_module(f"tinygrad_fs.ops.{_FAMILY_OF[name]}"), name)


if not TYPE_CHECKING:  # they see the imports above, and a mistyped name must not pass for Any
    __all__ = sorted(_FAMILY_OF)

    def __getattr__(name: str) -> Any:
        """Find a function in its family when it is first asked for; from then on it stands here."""
        if name in FAMILIES:
            return importlib.import_module(f"tinygrad_fs.ops.{name}")
        if name not in _FAMILY_OF:
            raise AttributeError(f"module 'tinygrad_fs.ops' has no attribute {name!r}")
        return globals().setdefault(name, told(bare(name)))

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


bind()
expect(_FAMILY_OF)
