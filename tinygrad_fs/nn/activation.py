"""Activations as modules: each applies the function of its name."""

from __future__ import annotations

from typing import Any

from tinygrad_fs import ops
from tinygrad_fs.creation import full
from tinygrad_fs.dtypes import DTypeLike
from tinygrad_fs.nn import functional, init
from tinygrad_fs.nn.module import Module
from tinygrad_fs.nn.parameter import Parameter
from tinygrad_fs.ops.dispatch.keywords import says_axis
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "PReLU",
    "RReLU",
    "ReLU",
    "ReLU6",
    "SELU",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softmax2d",
    "Softmin",
    "Softplus",
    "Softshrink",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "Threshold",
]


class _InPlace(Module):
    """What activations with an option `inplace` have in common: it is shown, and nothing else."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        if isinstance(inplace, Tensor):
            name = type(self).__name__
            raise TypeError(f"{name}: make the module first, and call it then: {name}()(x)")
        self.inplace = inplace

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""

    def _said(self, *parts: str) -> str:
        return ", ".join([*parts, "inplace=True"] if self.inplace else parts)


class ReLU(_InPlace):
    """max(x, 0), elementwise; the derivative at 0 is taken as 0.

    Parameters
    ----------
    inplace : bool, default False
        Taken for PyTorch's sake and shown in the repr, here and in all other activations. The input is left alone in
        any case.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.ReLU()(tg.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Apply it to `x` of any shape."""
        return ops.relu(x)


class ReLU6(_InPlace):
    """min(max(x, 0), 6), elementwise; see `tinygrad_fs.relu6`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.ReLU6()(tg.tensor([-1.0, 2.0, 7.0]))
    tensor([0., 2., 6.])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Apply it to `x` of any shape."""
        return ops.relu6(x)


class SELU(_InPlace):
    """The exponential linear unit that keeps mean 0 and variance 1; see `tinygrad_fs.selu`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.SELU()(tg.tensor([0.0, 1.0]))
    tensor([0.      , 1.050701])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Apply it to `x` of any shape."""
        return ops.selu(x)


class SiLU(_InPlace):
    """x sigmoid(x), elementwise, also called swish; see `tinygrad_fs.silu`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.SiLU()(tg.tensor([0.0, 1.0]))
    tensor([0.       , 0.7310586])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Apply it to `x` of any shape."""
        return ops.silu(x)


class Mish(_InPlace):
    """x tanh(softplus(x)), elementwise; see `tinygrad_fs.mish`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.Mish()(tg.tensor([0.0, 1.0]))
    tensor([0.       , 0.8650984])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Apply it to `x` of any shape."""
        return ops.mish(x)


class Hardswish(_InPlace):
    """x min(max(x + 3, 0), 6) / 6, elementwise; see `tinygrad_fs.hardswish`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.Hardswish()(tg.tensor([-4.0, 0.0, 4.0]))
    tensor([-0.,  0.,  4.])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Apply it to `x` of any shape."""
        return ops.hardswish(x)


class Hardsigmoid(_InPlace):
    """min(max(x + 3, 0), 6) / 6, elementwise.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.Hardsigmoid()(tg.tensor([-4.0, 0.0, 4.0]))
    tensor([0. , 0.5, 1. ])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Apply it to `x` of any shape."""
        return functional.hardsigmoid(x)


class LeakyReLU(_InPlace):
    """x above 0, `negative_slope` x below, elementwise; see `tinygrad_fs.leaky_relu`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.LeakyReLU(0.5)(tg.tensor([-1.0, 2.0]))
    tensor([-0.5,  2. ])
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.negative_slope = negative_slope

    def forward(self, x: TensorLike) -> Tensor:
        """Apply it to `x` of any shape."""
        return ops.leaky_relu(x, self.negative_slope)

    def extra_repr(self) -> str:
        return self._said(f"negative_slope={self.negative_slope}")


class RReLU(_InPlace):
    """A leaky ReLU whose slope is drawn from [lower, upper] for each element in training, and their mean otherwise.

    Xu et al. 2015, "Empirical evaluation of rectified activations in convolutional network".

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.RReLU(0.25, 0.75).eval()(tg.tensor([-4.0, 1.0]))
    tensor([-2.,  1.])
    """

    def __init__(self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.lower = lower
        self.upper = upper

    def forward(self, x: TensorLike) -> Tensor:
        """Apply it to `x` of any shape."""
        return functional.rrelu(x, self.lower, self.upper, self.training)

    def extra_repr(self) -> str:
        return self._said(f"lower={self.lower}", f"upper={self.upper}")


class ELU(_InPlace):
    """x above 0, alpha (e^x - 1) below, elementwise; see `tinygrad_fs.elu`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.ELU()(tg.tensor([-1000.0, 2.0]))
    tensor([-1.,  2.])
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.alpha = alpha

    def forward(self, x: TensorLike) -> Tensor:
        """Apply it to `x` of any shape."""
        return ops.elu(x, self.alpha)

    def extra_repr(self) -> str:
        return self._said(f"alpha={self.alpha}")


class CELU(ELU):
    """x above 0, alpha (e^(x / alpha) - 1) below, elementwise; see `tinygrad_fs.celu`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.CELU(2.0)(tg.tensor([-1000.0, 2.0]))
    tensor([-2.,  2.])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Apply it to `x` of any shape."""
        return ops.celu(x, self.alpha)


class Hardtanh(_InPlace):
    """x brought into the interval from `min_val` to `max_val`, elementwise; see `tinygrad_fs.hardtanh`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.Hardtanh()(tg.tensor([-2.0, 0.5]))
    tensor([-1. ,  0.5])
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        if not min_val < max_val:
            raise ValueError(f"Hardtanh: min_val={min_val} must be below max_val={max_val}")
        self.min_val = min_val
        self.max_val = max_val

    def forward(self, x: TensorLike) -> Tensor:
        """Apply it to `x` of any shape."""
        return ops.hardtanh(x, self.min_val, self.max_val)

    def extra_repr(self) -> str:
        return self._said(f"min_val={self.min_val}", f"max_val={self.max_val}")


class Threshold(_InPlace):
    """x where it is above `threshold`, else `value`, elementwise.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.Threshold(1.0, -1.0)(tg.tensor([0.5, 1.5]))
    tensor([-1. ,  1.5])
    """

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.threshold = threshold
        self.value = value

    def forward(self, x: TensorLike) -> Tensor:
        """Apply it to `x` of any shape."""
        return functional.threshold(x, self.threshold, self.value)

    def extra_repr(self) -> str:
        return self._said(f"threshold={self.threshold}", f"value={self.value}")


class Sigmoid(Module):
    """1 / (1 + e^-x), elementwise; see `tinygrad_fs.sigmoid`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.Sigmoid()(tg.tensor([0.0, 1000.0]))
    tensor([0.5, 1. ])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Apply it to `x` of any shape."""
        return ops.sigmoid(x)


class LogSigmoid(Module):
    """log(1 / (1 + e^-x)), elementwise; see `tinygrad_fs.log_sigmoid`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.LogSigmoid()(tg.tensor([-1000.0]))
    tensor([-1000.])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Apply it to `x` of any shape."""
        return ops.log_sigmoid(x)


class Tanh(Module):
    """The hyperbolic tangent, elementwise.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.Tanh()(tg.tensor([0.0, 0.5]))
    tensor([0.       , 0.4621172])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Apply it to `x` of any shape."""
        return ops.tanh(x)


class Tanhshrink(Module):
    """x - tanh(x), elementwise.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.Tanhshrink()(tg.tensor([0.0, 100.0]))
    tensor([ 0., 99.])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Apply it to `x` of any shape."""
        return functional.tanhshrink(x)


class Softsign(Module):
    """x / (1 + |x|), elementwise.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.Softsign()(tg.tensor([-1.0, 3.0]))
    tensor([-0.5 ,  0.75])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Apply it to `x` of any shape."""
        return ops.softsign(x)


class Softplus(Module):
    """log(1 + e^(beta x)) / beta, elementwise, and x itself where beta x is above `threshold`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.Softplus()(tg.tensor([-1000.0, 0.0, 1000.0]))
    tensor([0.000000e+00, 6.931472e-01, 1.000000e+03])
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, x: TensorLike) -> Tensor:
        """Apply it to `x` of any shape."""
        return functional.softplus(x, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


class Hardshrink(Module):
    """x where |x| is above `lambd`, else 0, elementwise.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.Hardshrink()(tg.tensor([0.25, 0.75]))
    tensor([0.  , 0.75])
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, x: TensorLike) -> Tensor:
        """Apply it to `x` of any shape."""
        return functional.hardshrink(x, self.lambd)

    def extra_repr(self) -> str:
        return str(self.lambd)


class Softshrink(Hardshrink):
    """x moved towards 0 by `lambd`, elementwise, and 0 where it would cross it.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.Softshrink()(tg.tensor([-1.0, 0.25]))
    tensor([-0.5,  0. ])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Apply it to `x` of any shape."""
        return functional.softshrink(x, self.lambd)


class GELU(Module):
    """x times the probability that a standard normal variable is below x, elementwise; see `tinygrad_fs.gelu`.

    Parameters
    ----------
    approximate : {"none", "tanh"}
        Whether by the error function, or by an approximation with tanh.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.GELU()(tg.tensor([0.0, 1.0]))
    tensor([0.       , 0.8413447])
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, x: TensorLike) -> Tensor:
        """Apply it to `x` of any shape."""
        return ops.gelu(x, self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class _AlongAxis(Module):
    """What activations along an axis have in common."""

    @says_axis
    def __init__(self, axis: int | None = None) -> None:
        super().__init__()
        self.axis = axis

    def extra_repr(self) -> str:
        return f"axis={self.axis}"


class Softmax(_AlongAxis):
    """Exponentials, scaled to the sum 1 along an axis; see `tinygrad_fs.softmax`.

    Parameters
    ----------
    axis : int
        Without it, it is the one that PyTorch takes, with a warning: see `functional.softmax`.

    Raises
    ------
    TypeError
        If it is called `dim`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.Softmax(axis=-1)(tg.tensor([1000.0, 1000.0]))
    tensor([0.5, 0.5])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Apply it to `x` of any shape that has the axis."""
        return functional.softmax(x, self.axis)


class LogSoftmax(_AlongAxis):
    """The logarithm of `Softmax`, without overflow; parameters and errors are the same.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.LogSoftmax(axis=-1)(tg.tensor([0.0, 1000.0]))
    tensor([-1000.,     0.])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Apply it to `x` of any shape that has the axis."""
        return functional.log_softmax(x, self.axis)


class Softmin(_AlongAxis):
    """`Softmax` of -x; parameters and errors are the same.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.Softmin(axis=-1)(tg.tensor([0.0, 1000.0]))
    tensor([1., 0.])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Apply it to `x` of any shape that has the axis."""
        return functional.softmin(x, self.axis)


class Softmax2d(Module):
    """`Softmax` over the channels of images, (n, channels, height, width) or without n.

    Raises
    ------
    ValueError
        When called with an input of other axes.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.Softmax2d()(tg.zeros((4, 1, 1))).ravel()
    tensor([0.25, 0.25, 0.25, 0.25])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Apply it to `x` of shape (n, channels, height, width) or (channels, height, width)."""
        shape = getattr(x, "shape", ())
        if len(shape) not in (3, 4):
            raise ValueError(f"Softmax2d: the input has shape {shape}; it must be (n, channels, height, width)")
        return ops.softmax(x, -3)


class GLU(Module):
    """The first half along an axis times the sigmoid of the second; see `tinygrad_fs.glu`.

    Raises
    ------
    TypeError
        If the axis is called `dim`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.GLU()(tg.tensor([2.0, 4.0, 0.0, 1000.0]))
    tensor([1., 4.])
    """

    @says_axis
    def __init__(self, axis: int = -1) -> None:
        super().__init__()
        self.axis = axis

    def forward(self, x: TensorLike) -> Tensor:
        """Apply it to `x`, of an even size along the axis."""
        return ops.glu(x, self.axis)

    def extra_repr(self) -> str:
        return f"axis={self.axis}"


class PReLU(Module):
    """x above 0, `weight` x below, with slopes that are learned; see `tinygrad_fs.prelu`.

    Parameters
    ----------
    num_parameters : int, default 1
        1, or the number of channels.
    init : float, default 0.25
        The slope to begin with.
    dtype : dtype, optional
        Of the parameter; the default dtype if not given.

    Attributes
    ----------
    weight : Parameter of shape (num_parameters,)

    Raises
    ------
    TypeError
        When called with an input of another dtype than the parameter's.
    ValueError
        When called with an input of other channels.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.PReLU()(tg.tensor([-1.0, 2.0]))
    tensor([-0.25,  2.  ], grad_fn=<Prelu>)
    """

    weight: Parameter

    def __init__(self, num_parameters: int = 1, init: float = 0.25, *, dtype: DTypeLike | None = None) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(full(num_parameters, float(init), dtype))

    def reset_parameters(self) -> None:
        """Begin with the first slopes again."""
        init.constant_(self.weight, self.init)

    def forward(self, x: TensorLike) -> Any:
        """Apply it to `x` of shape (n, channels, ...)."""
        self._check_dtype(x, self.weight)
        return ops.prelu(x, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"
