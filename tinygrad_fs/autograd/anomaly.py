"""Anomaly detection: where the first nan or inf came from."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from tinygrad_fs.graph import BackwardError, Node
from tinygrad_fs.watching import Watcher, line_of_user, watchers

__all__ = ["AnomalyError", "detect_anomaly"]


class AnomalyError(BackwardError):
    """An op made a nan or an inf, forward or backward."""


class detect_anomaly(Watcher):
    """Raise at the first nan or inf that an op makes, in forward or backward, and say where.

    The message names the op, the shapes of its inputs and the line of your code that called it. A nan always is
    an anomaly; an inf is one only where all inputs were finite, so that masks and paddings of -inf pass. It
    holds for the running thread, and looks at every result, which takes time: use it to search.

    An op that ran before the block is known by name alone: put the forward pass into the block too.

    Parameters
    ----------
    check_inf : bool, default True
        Whether an inf counts.

    Raises
    ------
    AnomalyError
        At the first anomaly.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([0.0, 1.0], requires_grad=True)
    >>> y = tg.where(x > 0, tg.sqrt(x), 0).sum()
    >>> with tg.autograd.detect_anomaly():
    ...     y.backward()
    Traceback (most recent call last):
    tinygrad_fs.autograd.anomaly.AnomalyError: backward of Sqrt made 1 nan in the gradient of input 0, of shape (2,)
    """

    def __init__(self, check_inf: bool = True) -> None:
        self.check_inf = check_inf
        self._thread = 0

    def __enter__(self) -> detect_anomaly:
        self._thread = threading.get_ident()
        watchers.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        watchers.remove(self)

    def after_forward(self, name: str, node: Node | None, arrays: tuple[Any, ...], result: Any) -> None:
        """Look at what an op made, and note who called it."""
        if threading.get_ident() != self._thread:
            return
        if node is not None:
            node.where = line_of_user()
        for array in result if isinstance(result, tuple) else (result,):
            if bad := self._anomaly(array, arrays):
                raise AnomalyError(f"{name} made {bad}, from {_describe(arrays)}{_at(line_of_user())}")

    def after_backward(self, node: Node, g: Any, edges: tuple[Node | None, ...], parts: Any) -> None:
        """Look at the gradients that an op's derivative made."""
        if threading.get_ident() != self._thread:
            return
        for position, (edge, part) in enumerate(zip(edges, parts)):
            if edge is None or part is None:
                continue
            if bad := self._anomaly(part, (g, node.saved)):
                raise AnomalyError(
                    f"backward of {node.name} made {bad} in the gradient of input {position}, "
                    f"of shape {edge.shape}{_at(node.where)}"
                )

    def _anomaly(self, result: Any, inputs: Any) -> str | None:
        """What is wrong with `result`, unless an inf is explained by the inputs."""
        array = _array(result)
        if getattr(array, "dtype", np.dtype(bool)).kind != "f" or bool(np.isfinite(array).all()):
            return None
        if nans := int(np.isnan(array).sum()):
            return f"{nans} nan"
        if self.check_inf and _all_finite(inputs):
            return f"{int(np.isinf(array).sum())} inf"
        return None


def _array(value: Any) -> Any:
    return getattr(value, "_data", value)


def _all_finite(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(_all_finite(each) for each in value)
    dtype = getattr(array := _array(value), "dtype", None)
    return dtype is None or dtype.kind != "f" or bool(np.isfinite(array).all())


def _describe(arrays: tuple[Any, ...]) -> str:
    return "inputs of shape " + ", ".join(str(np.shape(array)) for array in arrays if array is not None)


def _at(where: tuple[str, int] | None) -> str:
    return f", at {where[0]}:{where[1]}" if where else ""
