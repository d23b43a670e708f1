"""Optimizers: from a parameter and its gradient, the new parameter.

An instance remembers what concerns one parameter, so each parameter needs an instance of its own; layers copy the
one that they are given.
"""

from __future__ import annotations

import copy
import math
from typing import Any, ClassVar

import numpy as np

__all__ = [
    "Adadelta",
    "Adagrad",
    "Adam",
    "NesterovAcceleratedGradient",
    "Optimizer",
    "RMSprop",
    "StochasticGradientDescent",
]

_BLOCK = 1 << 15
"""Elements to work on at a time: all that belongs to them fits into the second level of the cache."""


class Optimizer:
    """The base of optimizers: it goes through a parameter block by block and keeps what the rule remembers.

    A subclass names in `_kept` the arrays of the parameter's shape that it remembers, None before the first update,
    and in `_counters` what counts the updates. It defines ``_step(w, g, out, *kept)``, which writes the new `w` to
    `out` and updates what is kept in place.
    """

    _kept: ClassVar[tuple[str, ...]] = ()
    _counters: ClassVar[tuple[str, ...]] = ()

    def update(self, w: Any, grad_wrt_w: Any) -> Any:
        """The parameter after a step.

        Parameters
        ----------
        w : array
            The parameter, which is not written to.
        grad_wrt_w : array
            The gradient in it, of the same shape.

        Returns
        -------
        array
            A new one.

        Raises
        ------
        ValueError
            If the shapes differ, from each other or from those of the updates before.
        """
        w, g = np.asarray(w), np.asarray(grad_wrt_w)
        if w.shape != g.shape:
            raise ValueError(f"{self._name}.update: the gradient has shape {g.shape}, the parameter {w.shape}")
        out = np.empty(w.shape, w.dtype if w.dtype.kind == "f" else np.float64)
        kept = [self._remembered(name, out) for name in self._kept]
        for name in self._counters:
            setattr(self, name, getattr(self, name) + 1)
        if out.size <= _BLOCK:
            self._step(w, g, out, *kept)
            return out
        flat = [array.reshape(-1) for array in (w, g, out, *kept)]
        for start in range(0, out.size, _BLOCK):
            self._step(*[array[start : start + _BLOCK] for array in flat])
        return out

    def _step(self, w: Any, g: Any, out: Any, *kept: Any) -> None:
        raise NotImplementedError(f"{self._name}: define `def _step(self, w, g, out, *kept): ...` in the class")

    def _remembered(self, name: str, out: Any) -> Any:
        array = getattr(self, name)
        if array is None:
            array = np.zeros(out.shape, out.dtype)
            setattr(self, name, array)
        elif array.shape != out.shape:
            raise ValueError(
                f"{self._name}.update: the parameter has shape {out.shape}, but the updates before were of one of "
                f"shape {array.shape}; give each parameter an optimizer of its own: copy.copy(optimizer)"
            )
        return array

    def state(self) -> dict[str, Any]:
        """What is remembered of the parameter, by name: arrays, None before the first update, and counts."""
        return {name: getattr(self, name) for name in (*self._kept, *self._counters)}

    @property
    def _name(self) -> str:
        return type(self).__name__

    def __copy__(self) -> Optimizer:
        """An optimizer that goes on from here by itself: what is remembered is copied, since updates write into it."""
        new = object.__new__(type(self))
        new.__dict__.update({key: copy.deepcopy(value) for key, value in vars(self).items()})
        return new


class StochasticGradientDescent(Optimizer):
    """``u = momentum * u + (1 - momentum) * g``;  ``w - learning_rate * u``.

    The step follows a running mean of the gradients. (In the form of Polyak 1964, u = momentum u + g, steps are
    1 / (1 - momentum) times as long.)

    Parameters
    ----------
    learning_rate : float, default 0.01
    momentum : float, default 0
        From 0 to below 1.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.optimizers import StochasticGradientDescent
    >>> StochasticGradientDescent(learning_rate=0.5).update(np.array([1.0]), np.array([2.0]))
    array([0.])
    """

    _kept = ("w_updt",)

    def __init__(self, learning_rate: float = 0.01, momentum: float = 0) -> None:
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.w_updt: Any = None

    def _step(self, w: Any, g: Any, out: Any, *kept: Any) -> None:
        (u,) = kept
        u *= self.momentum
        u += np.multiply(g, 1 - self.momentum, out=out)
        np.subtract(w, np.multiply(u, self.learning_rate, out=out), out=out)


class NesterovAcceleratedGradient(Optimizer):
    """``g = clip(gradient at w - momentum * u, -1, 1)``;  ``u = momentum * u + learning_rate * g``;  ``w - u``.

    The gradient is taken where the momentum leads to, which a layer cannot do after the fact. Given an array,
    `update` therefore takes `w` for the place that the momentum led to, moves on by the same rule and returns the next
    such place: ``w + momentum * u_old - (1 + momentum) * u_new``. The two forms visit the same points.

    Nesterov 1983, "A method for solving the convex programming problem with convergence rate O(1/k^2)"; Sutskever et
    al. 2013, "On the importance of initialization and momentum in deep learning", equations 3 and 4. Clipping is not
    theirs.

    Parameters
    ----------
    learning_rate : float, default 0.001
    momentum : float, default 0.4

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.optimizers import NesterovAcceleratedGradient
    >>> w = np.array([1.0])
    >>> NesterovAcceleratedGradient(0.5).update(w, lambda w: 0.5 * w)
    array([0.75])
    >>> NesterovAcceleratedGradient(0.5).update(w, 0.5 * w)
    array([0.65])
    """

    _kept = ("w_updt",)

    def __init__(self, learning_rate: float = 0.001, momentum: float = 0.4) -> None:
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.w_updt: Any = None

    def update(self, w: Any, grad_func: Any) -> Any:
        """The parameter after a step; from a function that returns the gradient at a place, or from an array.

        Parameters
        ----------
        w : array
            The parameter; with an array of gradients, where they were taken.
        grad_func : callable or array
            Not a mixture of both over the life of an instance.

        Returns
        -------
        array
            A new one.
        """
        if not callable(grad_func):
            return super().update(w, grad_func)
        w = np.asarray(w)
        u = 0.0 if self.w_updt is None else self.w_updt
        g = np.clip(grad_func(w - self.momentum * u), -1, 1)
        self.w_updt = self.momentum * u + self.learning_rate * g
        return w - self.w_updt

    def _step(self, w: Any, g: Any, out: Any, *kept: Any) -> None:
        (u,) = kept
        before = self.momentum * u
        np.add(before, np.multiply(np.clip(g, -1, 1), self.learning_rate, out=out), out=u)
        before -= np.multiply(u, 1 + self.momentum, out=out)
        np.add(w, before, out=out)


class Adagrad(Optimizer):
    """``G = G + g**2``;  ``w - learning_rate * g / sqrt(G + 1e-8)``.

    Duchi, Hazan and Singer 2011, "Adaptive subgradient methods for online learning and stochastic optimization".

    Parameters
    ----------
    learning_rate : float, default 0.01

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.optimizers import Adagrad
    >>> Adagrad().update(np.array([1.0]), np.array([2.0]))
    array([0.99])
    """

    _kept = ("G",)

    def __init__(self, learning_rate: float = 0.01) -> None:
        self.learning_rate = learning_rate
        self.G: Any = None
        self.eps = 1e-8

    def _step(self, w: Any, g: Any, out: Any, *kept: Any) -> None:
        (squares,) = kept
        squares += np.multiply(g, g, out=out)
        _scaled_step(w, g, squares, self.eps, self.learning_rate, out)


class Adadelta(Optimizer):
    """``u = sqrt(E_u + eps) / sqrt(E_g + eps) * g``;  ``w - u``, with E_g and E_u running means of g^2 and u^2.

    Zeiler 2012, "ADADELTA: an adaptive learning rate method", algorithm 1. There is no learning rate.

    Parameters
    ----------
    rho : float, default 0.95
        Of the running means.
    eps : float, default 1e-6

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.optimizers import Adadelta
    >>> Adadelta().update(np.array([1.0]), np.array([2.0])).round(6)
    array([0.995528])
    """

    _kept = ("E_w_updt", "E_grad")

    def __init__(self, rho: float = 0.95, eps: float = 1e-6) -> None:
        self.E_w_updt: Any = None
        self.E_grad: Any = None
        self.eps = eps
        self.rho = rho

    def _step(self, w: Any, g: Any, out: Any, *kept: Any) -> None:
        steps, squares = kept
        _average_square(squares, g, self.rho, out)
        np.add(squares, self.eps, out=out)
        np.divide(steps + self.eps, out, out=out)
        u = g * np.sqrt(out, out=out)
        _average_square(steps, u, self.rho, out)
        np.subtract(w, u, out=out)


class RMSprop(Optimizer):
    """``w - learning_rate * g / sqrt(E_g + 1e-8)``, with E_g the running mean of g^2.

    Tieleman and Hinton 2012, "Neural networks for machine learning", lecture 6.5.

    Parameters
    ----------
    learning_rate : float, default 0.01
    rho : float, default 0.9
        Of the running mean.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.optimizers import RMSprop
    >>> RMSprop().update(np.array([1.0]), np.array([2.0])).round(6)
    array([0.968377])
    """

    _kept = ("Eg",)

    def __init__(self, learning_rate: float = 0.01, rho: float = 0.9) -> None:
        self.learning_rate = learning_rate
        self.Eg: Any = None
        self.eps = 1e-8
        self.rho = rho

    def _step(self, w: Any, g: Any, out: Any, *kept: Any) -> None:
        (squares,) = kept
        _average_square(squares, g, self.rho, out)
        _scaled_step(w, g, squares, self.eps, self.learning_rate, out)


class Adam(Optimizer):
    """``w - learning_rate * mh / (sqrt(vh) + 1e-8)``, mh and vh the running means of g and g^2 without their bias.

    After t updates ``mh = m / (1 - b1**t)`` and ``vh = v / (1 - b2**t)``: the running means begin with 0, and the
    divisors make up for it.

    Kingma and Ba 2015, "Adam: a method for stochastic optimization", algorithm 1.

    Parameters
    ----------
    learning_rate : float, default 0.001
    b1, b2 : float, default 0.9 and 0.999
        Of the running means.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.optimizers import Adam
    >>> adam = Adam()
    >>> w = adam.update(np.array([1.0]), np.array([2.0]))
    >>> adam.update(w, np.array([0.1])).round(6)   # the first steps are as long as the learning rate allows
    array([0.998294])
    """

    _kept = ("m", "v")
    _counters = ("t",)

    def __init__(self, learning_rate: float = 0.001, b1: float = 0.9, b2: float = 0.999) -> None:
        self.learning_rate = learning_rate
        self.eps = 1e-8
        self.m: Any = None
        self.v: Any = None
        self.t = 0
        self.b1 = b1
        self.b2 = b2

    def _step(self, w: Any, g: Any, out: Any, *kept: Any) -> None:
        m, v = kept
        m *= self.b1
        m += np.multiply(g, 1 - self.b1, out=out)
        _average_square(v, g, self.b2, out)
        # sqrt(v / c) = sqrt(v) / sqrt(c): numbers are cheaper to divide than arrays.
        root = math.sqrt(1 - self.b2**self.t)
        np.sqrt(v, out=out)
        out += self.eps * root
        np.divide(m, out, out=out)
        out *= self.learning_rate * root / (1 - self.b1**self.t)
        np.subtract(w, out, out=out)


def _average_square(mean: Any, values: Any, rho: float, scratch: Any) -> None:
    """Move the running mean of squares towards the squares of `values`, in place."""
    mean *= rho
    np.multiply(values, values, out=scratch)
    scratch *= 1 - rho
    mean += scratch


def _scaled_step(w: Any, g: Any, squares: Any, eps: float, learning_rate: float, out: Any) -> None:
    """Write w - learning_rate g / sqrt(squares + eps) to `out`."""
    np.add(squares, eps, out=out)
    np.sqrt(out, out=out)
    np.divide(g, out, out=out)
    out *= learning_rate
    np.subtract(w, out, out=out)
