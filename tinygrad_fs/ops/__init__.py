"""The ops: one file per family, a class and a function per op; a folder is a room of families.

This is the map of the families. A family is imported when one of its names is first asked for, here or in
`tinygrad_fs`, by a method of a Tensor or by NumPy's function of that name: a program loads what it uses.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from tinygrad_fs.ops.dispatch.keywords import told
from tinygrad_fs.ops.dispatch.methods import bind
from tinygrad_fs.ops.dispatch.protocol import expect

if TYPE_CHECKING:
    from tinygrad_fs.ops.arranging.applying import *
    from tinygrad_fs.ops.arranging.cases import *
    from tinygrad_fs.ops.arranging.editing import *
    from tinygrad_fs.ops.arranging.joining import *
    from tinygrad_fs.ops.arranging.nesting import *
    from tinygrad_fs.ops.arranging.padding import *
    from tinygrad_fs.ops.arranging.rearranging import *
    from tinygrad_fs.ops.arranging.sorting import *
    from tinygrad_fs.ops.arranging.triangles import *
    from tinygrad_fs.ops.copying import *
    from tinygrad_fs.ops.curves.coefficients import *
    from tinygrad_fs.ops.curves.differences import *
    from tinygrad_fs.ops.curves.filtering import *
    from tinygrad_fs.ops.curves.fitting import *
    from tinygrad_fs.ops.curves.interpolation import *
    from tinygrad_fs.ops.curves.phases import *
    from tinygrad_fs.ops.curves.polynomials import *
    from tinygrad_fs.ops.curves.slopes import *
    from tinygrad_fs.ops.elementwise.activation import *
    from tinygrad_fs.ops.elementwise.arithmetic import *
    from tinygrad_fs.ops.elementwise.choice import *
    from tinygrad_fs.ops.elementwise.comparison import *
    from tinygrad_fs.ops.elementwise.error_function import *
    from tinygrad_fs.ops.elementwise.exponential import *
    from tinygrad_fs.ops.elementwise.floats import *
    from tinygrad_fs.ops.elementwise.gates import *
    from tinygrad_fs.ops.elementwise.gaussian import *
    from tinygrad_fs.ops.elementwise.hyperbolic import *
    from tinygrad_fs.ops.elementwise.rectifiers import *
    from tinygrad_fs.ops.elementwise.roots import *
    from tinygrad_fs.ops.elementwise.rounding import *
    from tinygrad_fs.ops.elementwise.special import *
    from tinygrad_fs.ops.elementwise.trigonometric import *
    from tinygrad_fs.ops.images.adaptive import *
    from tinygrad_fs.ops.images.convolution import *
    from tinygrad_fs.ops.images.pooling import *
    from tinygrad_fs.ops.images.power_pooling import *
    from tinygrad_fs.ops.images.resampling import *
    from tinygrad_fs.ops.images.sequences import *
    from tinygrad_fs.ops.images.transposed import *
    from tinygrad_fs.ops.images.unfolding import *
    from tinygrad_fs.ops.images.volumes import *
    from tinygrad_fs.ops.indexing.gathering import *
    from tinygrad_fs.ops.indexing.reading import *
    from tinygrad_fs.ops.layers.affine import *
    from tinygrad_fs.ops.layers.attention import *
    from tinygrad_fs.ops.layers.bilinear_maps import *
    from tinygrad_fs.ops.layers.dropouts import *
    from tinygrad_fs.ops.layers.gated_linear import *
    from tinygrad_fs.ops.layers.layer_norms import *
    from tinygrad_fs.ops.layers.normalization import *
    from tinygrad_fs.ops.linear_algebra.covariance import *
    from tinygrad_fs.ops.linear_algebra.products import *
    from tinygrad_fs.ops.linear_algebra.summation import *
    from tinygrad_fs.ops.losses.ctc import *
    from tinygrad_fs.ops.losses.distances import *
    from tinygrad_fs.ops.losses.likelihood import *
    from tinygrad_fs.ops.losses.loss import *
    from tinygrad_fs.ops.reductions.counting import *
    from tinygrad_fs.ops.reductions.cumulative import *
    from tinygrad_fs.ops.reductions.histograms import *
    from tinygrad_fs.ops.reductions.missing import *
    from tinygrad_fs.ops.reductions.order_statistics import *
    from tinygrad_fs.ops.reductions.reduction import *
    from tinygrad_fs.ops.reductions.statistics import *
    from tinygrad_fs.ops.shape import *

FAMILIES: dict[str, tuple[str, ...]] = {
    "shape": (
        "atleast_1d", "atleast_2d", "atleast_3d", "broadcast_arrays", "broadcast_to", "expand_dims", "flatten",
        "meshgrid", "moveaxis", "permute", "ravel", "reshape", "rollaxis", "squeeze", "swapaxes", "transpose",
    ),
    "copying": ("astype", "clone"),
    "elementwise.arithmetic": (
        "abs", "absolute", "add", "divide", "divmod", "fabs", "float_power", "floor_divide", "fmod", "mod", "multiply",
        "negative", "positive", "power", "remainder", "subtract",
    ),
    "elementwise.exponential": (
        "exp", "exp2", "expm1", "log", "log10", "log1p", "log2", "logaddexp", "logaddexp2", "xlogy",
    ),
    "elementwise.roots": ("cbrt", "reciprocal", "rsqrt", "sqrt", "square"),
    "elementwise.trigonometric": (
        "arccos", "arcsin", "arctan", "arctan2", "cos", "deg2rad", "degrees", "hypot", "rad2deg", "radians", "sin",
        "sinc", "tan",
    ),
    "elementwise.hyperbolic": ("arccosh", "arcsinh", "arctanh", "cosh", "sinh"),
    "elementwise.rounding": ("ceil", "floor", "heaviside", "rint", "round", "sign", "trunc"),
    "elementwise.comparison": (
        "allclose", "array_equal", "equal", "greater", "greater_equal", "isclose", "isfinite", "isinf", "isnan", "less",
        "less_equal", "logical_and", "logical_not", "logical_or", "logical_xor", "not_equal", "signbit",
    ),
    "elementwise.choice": ("clip", "fmax", "fmin", "lerp", "maximum", "minimum", "nan_to_num", "where"),
    "elementwise.floats": ("copysign", "frexp", "ldexp", "modf", "nextafter"),
    "elementwise.activation": (
        "elu", "leaky_relu", "log_softmax", "relu", "selu", "sigmoid", "softmax", "softplus", "tanh",
    ),
    "elementwise.rectifiers": ("celu", "hardswish", "hardtanh", "prelu", "relu6", "softsign"),
    "elementwise.gates": ("log_sigmoid", "mish", "silu", "softmin"),
    "elementwise.gaussian": ("gelu",),
    "elementwise.error_function": ("erf", "erfc"),
    "elementwise.special": ("digamma", "erfinv", "i0", "lgamma", "polygamma"),
    "indexing.reading": ("getitem",),
    "indexing.gathering": (
        "embedding", "gather", "index_add", "index_put", "masked_fill", "masked_select", "one_hot", "put_along_axis",
        "scatter", "scatter_add", "take", "take_along_axis",
    ),
    "reductions.reduction": ("amax", "amin", "logsumexp", "max", "mean", "min", "prod", "sum"),
    "reductions.counting": ("all", "any", "argmax", "argmin", "count_nonzero"),
    "reductions.statistics": ("average", "ptp", "std", "var"),
    "reductions.order_statistics": ("median", "percentile", "quantile"),
    "reductions.missing": (
        "nanargmax", "nanargmin", "nancumprod", "nancumsum", "nanmax", "nanmean", "nanmedian", "nanmin",
        "nanpercentile", "nanprod", "nanquantile", "nanstd", "nansum", "nanvar",
    ),
    "reductions.cumulative": (
        "cummax", "cummin", "cumprod", "cumsum", "cumulative_prod", "cumulative_sum", "logcumsumexp",
    ),
    "reductions.histograms": ("bincount", "histogram", "histogram2d", "histogramdd"),
    "arranging.joining": (
        "append", "array_split", "column_stack", "concatenate", "dsplit", "dstack", "hsplit", "hstack", "split",
        "stack", "unstack", "vsplit", "vstack",
    ),
    "arranging.nesting": ("block",),
    "arranging.rearranging": ("flip", "fliplr", "flipud", "repeat", "roll", "rot90", "tile"),
    "arranging.sorting": ("argpartition", "argsort", "partition", "searchsorted", "sort", "topk", "unique"),
    "arranging.triangles": ("diag", "diagflat", "diagonal", "trace", "tril", "triu"),
    "arranging.padding": ("pad",),
    "arranging.editing": ("compress", "delete", "extract", "insert", "resize", "trim_zeros"),
    "arranging.applying": ("apply_along_axis", "apply_over_axes"),
    "arranging.cases": ("choose", "piecewise", "select"),
    "linear_algebra.covariance": ("corrcoef", "cov"),
    "linear_algebra.products": (
        "cross", "dot", "inner", "kron", "matmul", "matvec", "outer", "tensordot", "vdot", "vecdot", "vecmat",
    ),
    "linear_algebra.summation": ("einsum",),
    "curves.polynomials": ("polyval", "vander"),
    "curves.coefficients": ("poly", "polyadd", "polyder", "polydiv", "polyint", "polymul", "polysub"),
    "curves.fitting": ("polyfit",),
    "curves.differences": ("diff", "ediff1d", "trapezoid"),
    "curves.slopes": ("gradient",),
    "curves.interpolation": ("interp",),
    "curves.filtering": ("convolve", "correlate"),
    "curves.phases": ("unwrap",),
    "images.convolution": ("conv2d",),
    "images.sequences": ("avg_pool1d", "conv1d", "max_pool1d"),
    "images.volumes": ("conv3d",),
    "images.transposed": ("conv_transpose1d", "conv_transpose2d"),
    "images.unfolding": ("fold", "unfold"),
    "images.pooling": ("avg_pool2d", "max_pool2d"),
    "images.adaptive": ("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_max_pool1d", "adaptive_max_pool2d"),
    "images.power_pooling": ("lp_pool1d", "lp_pool2d"),
    "images.resampling": ("pixel_shuffle", "pixel_unshuffle", "upsample"),
    "layers.affine": ("linear",),
    "layers.gated_linear": ("glu",),
    "layers.bilinear_maps": ("bilinear",),
    "layers.normalization": ("batch_norm",),
    "layers.layer_norms": ("group_norm", "instance_norm", "layer_norm", "rms_norm"),
    "layers.dropouts": ("alpha_dropout", "dropout", "dropout2d"),
    "layers.attention": ("scaled_dot_product_attention",),
    "losses.loss": ("cross_entropy", "mse_loss"),
    "losses.likelihood": ("binary_cross_entropy", "binary_cross_entropy_with_logits", "kl_div", "nll_loss"),
    "losses.distances": (
        "cosine_embedding_loss", "hinge_embedding_loss", "huber_loss", "l1_loss", "margin_ranking_loss",
        "smooth_l1_loss", "triplet_margin_loss",
    ),
    "losses.ctc": ("ctc_loss",),
}  # fmt: skip
"""The families, room by room, with their public functions. `linear_algebra` has more, for `tinygrad_fs.linalg`."""

_FAMILY_OF = {name: family for family, names in FAMILIES.items() for name in names}


def bare(name: str) -> Any:
    """The function of a public name as it stands in its family: what methods and NumPy's functions call."""
    return getattr(importlib.import_module(f"tinygrad_fs.ops.{_FAMILY_OF[name]}"), name)


if not TYPE_CHECKING:  # they see the imports above, and a mistyped name must not pass for Any
    __all__ = sorted(_FAMILY_OF)

    def __getattr__(name: str) -> Any:
        """Find a function in its family when it is first asked for; from then on it stands here."""
        if name not in _FAMILY_OF:
            raise AttributeError(f"module 'tinygrad_fs.ops' has no attribute {name!r}")
        return globals().setdefault(name, told(bare(name)))

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


bind()
expect(_FAMILY_OF)
