"""Dropout: elements or channels left out at random while training."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from tinygrad_fs.nn import functional
from tinygrad_fs.nn.module import Module
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "FeatureAlphaDropout"]


class _Dropout(Module):
    """What the kinds of dropout have in common; they differ in what is left out."""

    _drop: ClassVar[Any]

    def __init__(self, p: float = 0.5, inplace: bool = False, *, generator: np.random.Generator | None = None) -> None:
        super().__init__()
        if not 0.0 <= p <= 1.0:
            raise ValueError(f"{type(self).__name__}: p={p} is no probability; it must be in [0, 1]")
        self.p = p
        self.inplace = inplace
        self.generator = generator

    def forward(self, x: TensorLike) -> Tensor:
        """Apply it to `x`."""
        result: Tensor = self._drop(x, self.p, self.training, generator=self.generator)
        return result

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """Zero each element with probability p and multiply the others by 1 / (1 - p), in training mode only.

    Parameters
    ----------
    p : float, default 0.5
        From 0 (identity) to 1 (zeros).
    inplace : bool, default False
        Taken for PyTorch's sake and shown in the repr. The input is left alone in any case.
    generator : numpy.random.Generator, optional
        Draws the masks; the default generator if not given.

    Raises
    ------
    ValueError
        If `p` is not in [0, 1].

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.Dropout(0.5).eval()(tg.ones(3))
    tensor([1., 1., 1.])
    """

    _drop = staticmethod(functional.dropout)


class Dropout1d(_Dropout):
    """Leave whole channels out of sequences, of shape (N, C, L) or (C, L); parameters and errors as in `Dropout`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> y = tg.nn.Dropout1d(0.5)(tg.ones((4, 5)))
    >>> bool((y == y[:, :1]).all())
    True
    """

    _drop = staticmethod(functional.dropout1d)


class Dropout2d(_Dropout):
    """Leave whole channels out of images, of shape (N, C, H, W); parameters and errors as in `Dropout`.

    Tompson et al. 2015, "Efficient object localization using convolutional networks".

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> y = tg.nn.Dropout2d(0.5)(tg.ones((2, 4, 3, 3)))
    >>> bool((y == y[:, :, :1, :1]).all())
    True
    """

    _drop = staticmethod(functional.dropout2d)


class Dropout3d(_Dropout):
    """Leave whole channels out of volumes, of shape (N, C, D, H, W) or without N; as `Dropout2d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.Dropout3d(0.0)(tg.ones((1, 2, 1, 1, 1))).ravel()
    tensor([1., 1.])
    """

    _drop = staticmethod(functional.dropout3d)


class AlphaDropout(_Dropout):
    """Leave elements out so that mean 0 and variance 1 stay, as `SELU` needs it; see `tinygrad_fs.alpha_dropout`.

    Parameters and errors are those of `Dropout`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.AlphaDropout(0.5).eval()(tg.ones(3))
    tensor([1., 1., 1.])
    """

    _drop = staticmethod(functional.alpha_dropout)


class FeatureAlphaDropout(_Dropout):
    """`AlphaDropout` of whole channels, of inputs of shape (N, C, ...); parameters and errors as in `Dropout`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> y = tg.nn.FeatureAlphaDropout(0.5)(tg.ones((4, 5, 3)))
    >>> bool((y == y[:, :, :1]).all())
    True
    """

    _drop = staticmethod(functional.feature_alpha_dropout)
