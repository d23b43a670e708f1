"""Activation functions: values in forms that neither overflow nor lose digits, and the derivative written out.

An instance is called on arrays or on Tensors; on a Tensor the call is recorded. `gradient` takes arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_fs import ops
from tinygrad_fs.ops.elementwise.activation import SELU_ALPHA, SELU_SCALE
from tinygrad_fs.tensor import Tensor

__all__ = [
    "ActivationFunction",
    "ELU",
    "LeakyReLU",
    "Linear",
    "ReLU",
    "SELU",
    "Sigmoid",
    "SoftPlus",
    "Softmax",
    "Swish",
    "TanH",
    "backward_through",
]

_FAR = 1e4  # beyond, a sigmoid is exactly 0 or 1, while inf times 0 would be nan


class ActivationFunction:
    """A function of each element by itself, unless the subclass says otherwise.

    A subclass defines ``__call__(x)``, on arrays and, with functions that record, on Tensors; and ``gradient(x)``,
    the derivative at the same `x`.
    """

    def __call__(self, x: Any) -> Any:
        """The values at `x`."""
        raise NotImplementedError(f"{type(self).__name__}: define `def __call__(self, x): ...` in the class")

    def gradient(self, x: Any) -> Any:
        """The derivative at `x`, which is the input and not the output of the function."""
        raise NotImplementedError(f"{type(self).__name__}: define `def gradient(self, x): ...` in the class")

    def backward_pass(self, x: Any, accum_grad: Any) -> Any:
        """The gradient of the loss at the input `x` from that at the output."""
        return accum_grad * self.gradient(x)


class Sigmoid(ActivationFunction):
    """``1 / (1 + exp(-x))``;  derivative p (1 - p).

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.activation_functions import Sigmoid
    >>> Sigmoid()(np.array([-1000.0, 0.0]))
    array([0. , 0.5])
    >>> Sigmoid().gradient(np.array([-1000.0, 0.0]))
    array([0.  , 0.25])
    """

    def __call__(self, x: Any) -> Any:
        return ops.sigmoid(_given(x))

    def gradient(self, x: Any) -> Any:
        p = self(x)
        return p * (1.0 - p)


class Softmax(ActivationFunction):
    """Exponentials scaled to the sum 1 over the last axis;  derivative of p_i in x_j: p_i ([i = j] - p_j).

    Every output depends on every input of its row, so `gradient` has room for the diagonal of that matrix alone,
    and no backward pass may be built on it. `backward_pass` uses the whole matrix.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.activation_functions import Softmax
    >>> x = np.array([[0.0, 0.0]])
    >>> Softmax()(x)
    array([[0.5, 0.5]])
    >>> Softmax().gradient(x)
    array([[0.25, 0.25]])
    >>> Softmax().backward_pass(x, np.array([[1.0, 1.0]]))   # the sum of a row is always 1
    array([[0., 0.]])
    """

    def __call__(self, x: Any) -> Any:
        return ops.softmax(_given(x), axis=-1)

    def gradient(self, x: Any) -> Any:
        """The diagonal p (1 - p): how each output depends on its own input."""
        p = self(x)
        return p * (1.0 - p)

    def backward_pass(self, x: Any, accum_grad: Any) -> Any:
        """``p * (accum_grad - sum(accum_grad * p))``, the sum over the last axis."""
        p = self(x)
        return p * (accum_grad - np.sum(accum_grad * p, axis=-1, keepdims=True))


class TanH(ActivationFunction):
    """The hyperbolic tangent;  derivative 1 - y^2.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.activation_functions import TanH
    >>> TanH().gradient(np.array([0.0]))
    array([1.])
    """

    def __call__(self, x: Any) -> Any:
        return ops.tanh(_given(x))

    def gradient(self, x: Any) -> Any:
        return 1.0 - np.square(self(x))


class ReLU(ActivationFunction):
    """``max(x, 0)``;  derivative 1 above 0, else 0; at 0 it is taken as 0.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.activation_functions import ReLU
    >>> ReLU().gradient(np.array([-1.0, 0.0, 2.0]))
    array([0., 0., 1.])
    """

    def __call__(self, x: Any) -> Any:
        return ops.relu(_given(x))

    def gradient(self, x: Any) -> Any:
        return np.where(_given(x) > 0, 1.0, 0.0)

    def backward_pass(self, x: Any, accum_grad: Any) -> Any:
        """The gradient where `x` is positive."""
        return accum_grad * (x > 0)


class LeakyReLU(ActivationFunction):
    """`x` above 0, ``alpha * x`` below;  derivative 1 or alpha; at 0 it is taken as alpha.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.activation_functions import LeakyReLU
    >>> LeakyReLU()(np.array([-1.0, 2.0]))
    array([-0.2,  2. ])
    """

    def __init__(self, alpha: float = 0.2) -> None:
        self.alpha = alpha

    def __call__(self, x: Any) -> Any:
        return ops.leaky_relu(_given(x), self.alpha)

    def gradient(self, x: Any) -> Any:
        return np.where(_given(x) > 0, 1.0, self.alpha)


class ELU(ActivationFunction):
    """`x` above 0, ``alpha * (exp(x) - 1)`` below;  derivative 1 or alpha exp(x); at 0 it is taken as alpha.

    Clevert, Unterthiner and Hochreiter 2016, "Fast and accurate deep network learning by exponential linear
    units", equation 15.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.activation_functions import ELU
    >>> ELU()(np.array([-1000.0, 2.0]))
    array([-0.1,  2. ])
    """

    def __init__(self, alpha: float = 0.1) -> None:
        self.alpha = alpha

    def __call__(self, x: Any) -> Any:
        return ops.elu(_given(x), self.alpha)

    def gradient(self, x: Any) -> Any:
        x = _given(x)
        return np.where(x > 0, 1.0, self.alpha * np.exp(np.minimum(x, 0)))


class SELU(ActivationFunction):
    """``scale * x`` above 0, ``scale * alpha * (exp(x) - 1)`` below;  at 0 the derivative is taken as scale alpha.

    Klambauer et al. 2017, "Self-normalizing neural networks", equation 2.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.activation_functions import SELU
    >>> SELU()(np.array([0.0, 1.0]))
    array([0.        , 1.05070099])
    """

    def __init__(self) -> None:
        self.alpha = SELU_ALPHA
        self.scale = SELU_SCALE

    def __call__(self, x: Any) -> Any:
        return ops.selu(_given(x))

    def gradient(self, x: Any) -> Any:
        x = _given(x)
        return self.scale * np.where(x > 0, 1.0, self.alpha * np.exp(np.minimum(x, 0)))


class SoftPlus(ActivationFunction):
    """``log(1 + exp(x))``, without overflow;  derivative: the sigmoid of x.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.activation_functions import SoftPlus
    >>> SoftPlus()(np.array([-1000.0, 0.0, 1000.0]))
    array([0.00000000e+00, 6.93147181e-01, 1.00000000e+03])
    """

    def __call__(self, x: Any) -> Any:
        return ops.softplus(_given(x))

    def gradient(self, x: Any) -> Any:
        return ops.sigmoid(_given(x))


class Linear(ActivationFunction):
    """The identity;  derivative 1.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.activation_functions import Linear
    >>> Linear()(np.array([-1.0, 2.0]))
    array([-1.,  2.])
    """

    def __call__(self, x: Any) -> Any:
        return _given(x)

    def gradient(self, x: Any) -> Any:
        return np.ones(np.shape(x))


class Swish(ActivationFunction):
    """``x * sigmoid(x)``;  derivative s (1 + x (1 - s)) with s the sigmoid.

    Ramachandran, Zoph and Le 2017, "Searching for activation functions", section 3.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.activation_functions import Swish
    >>> Swish().gradient(np.array([0.0]))
    array([0.5])
    """

    def __call__(self, x: Any) -> Any:
        return ops.silu(_given(x))

    def gradient(self, x: Any) -> Any:
        x = _given(x)
        s = ops.sigmoid(x)
        return s * (1.0 + np.clip(x, -_FAR, _FAR) * (1.0 - s))


def backward_through(function: Any, x: Any, accum_grad: Any) -> Any:
    """The gradient at the input `x` of an activation function, which may have nothing but a `gradient`.

    Parameters
    ----------
    function : ActivationFunction or any object with ``gradient(x)``
        With ``backward_pass(x, accum_grad)`` where elements depend on each other.
    x, accum_grad : array
        What the function was called on, and the gradient of the loss at its output.
    """
    if hasattr(function, "backward_pass"):
        return function.backward_pass(x, accum_grad)
    return accum_grad * function.gradient(x)


def _given(x: Any) -> Any:
    return x if isinstance(x, (Tensor, np.ndarray)) else np.asarray(x)
