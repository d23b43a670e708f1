"""Loss functions: the loss of each element, its derivative in the prediction, and the accuracy.

`loss` takes arrays or Tensors as predictions; `gradient` and `acc` take arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_fs.deep_learning.entropy import ClippedCrossEntropy
from tinygrad_fs.tensor import Tensor

__all__ = ["CrossEntropy", "Loss", "SquareLoss"]


class Loss:
    """The base of losses.

    A subclass defines ``loss(y, y_pred)``, one number per element of the prediction, and ``gradient(y, y_pred)``, its
    derivative in `y_pred`. A network minimises the sum of `loss` and reports the mean.
    """

    def loss(self, y: Any, y_pred: Any) -> Any:
        """The loss of each element."""
        raise NotImplementedError(f"{type(self).__name__}: define `def loss(self, y, y_pred): ...` in the class")

    def gradient(self, y: Any, y_pred: Any) -> Any:
        """The derivative of `loss` in `y_pred`, element by element."""
        raise NotImplementedError(f"{type(self).__name__}: define `def gradient(self, y, y_pred): ...` in the class")

    def acc(self, y: Any, y_pred: Any) -> float:
        """The share of right answers; 0 where answers are neither right nor wrong."""
        return 0


class SquareLoss(Loss):
    """``0.5 * (y - y_pred)**2``, with the derivative y_pred - y.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.loss_functions import SquareLoss
    >>> y, y_pred = np.array([1.0, 2.0]), np.array([1.0, 4.0])
    >>> SquareLoss().loss(y, y_pred)
    array([0., 2.])
    >>> SquareLoss().gradient(y, y_pred)
    array([0., 2.])
    """

    def loss(self, y: Any, y_pred: Any) -> Any:
        return 0.5 * np.square(_given(y_pred) - _given(y))

    def gradient(self, y: Any, y_pred: Any) -> Any:
        return _given(y_pred) - _given(y)


class CrossEntropy(Loss):
    """Binary cross-entropy of each element: ``-y * log(p) - (1 - y) * log(1 - p)``.

    Probabilities are clipped to [1e-15, 1 - 1e-15] first, and the derivative -y / p + (1 - y) / (1 - p) is that at
    the clipped values. A network that ends in a sigmoid or a softmax takes the derivative in the input of that
    instead, where nothing is clipped and saturation does not stop the training.

    Each class counts: with one-hot targets this is not the *categorical* cross-entropy -log(p of the label), which
    looks at one of them. The derivatives of the two after a softmax are therefore different (see
    `docs/differences.md`).

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.loss_functions import CrossEntropy
    >>> y, p = np.array([[0.0, 1.0]]), np.array([[0.5, 0.5]])
    >>> CrossEntropy().loss(y, p)
    array([[0.69314718, 0.69314718]])
    >>> CrossEntropy().gradient(y, p)
    array([[ 2., -2.]])
    >>> CrossEntropy().acc(y, p)
    0.0
    """

    def loss(self, y: Any, p: Any) -> Any:
        return ClippedCrossEntropy.apply(_given(p), target=_given(y))

    def gradient(self, y: Any, p: Any) -> Any:
        return ClippedCrossEntropy.vjp(1.0, _given(p), _given(y))

    def acc(self, y: Any, p: Any) -> float:
        """How often the largest entries of `y` and `p` along axis 1 stand at the same place."""
        hits = np.argmax(y, axis=1) == np.argmax(p, axis=1)
        return float(np.count_nonzero(hits) / hits.size)


def _given(x: Any) -> Any:
    return x if isinstance(x, (Tensor, np.ndarray)) else np.asarray(x)
