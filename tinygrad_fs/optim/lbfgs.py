"""L-BFGS: a quasi-Newton method for losses that can be computed several times per step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tinygrad_fs.dtypes import Array, as_array
from tinygrad_fs.gradmode import no_grad
from tinygrad_fs.optim.formulas import check_not_negative
from tinygrad_fs.optim.line_search import Point, strong_wolfe
from tinygrad_fs.optim.optimizer import Group, Optimizer, Params
from tinygrad_fs.optim.packing import Record, Rule, Store, check_writable
from tinygrad_fs.tensor import Tensor

__all__ = ["LBFGS"]

_NUMBERS: dict[str, Callable[[float], float]] = {
    "func_evals": int,
    "n_iter": int,
    "t": float,
    "H_diag": float,
    "prev_loss": float,
}
_VECTORS = ("d", "prev_flat_grad")
_LISTS = ("old_dirs", "old_stps", "ro")
"""What the state is made of. The vectors, and those in the lists, are of all parameters."""

_CURVED = 1e-10
"""A pair of changes with a smaller product tells nothing of the curvature, and is not kept."""


_MOVE = Rule((), lambda numbers: numbers, lambda _, p, step, *__: np.add(p, step, out=p))
_PUT = Rule((), lambda numbers: numbers, lambda _, p, values, *__: np.copyto(p, values))
"""What becomes of the parameters, side by side, with a step, and with values for them."""


class LBFGS(Optimizer):
    """Steps along the gradient times an estimate of the inverse Hessian, from the last changes of both.

    One call of `step` goes through up to `max_iter` iterations. For losses without noise: the whole data set in each
    call of the closure, and no dropout. All parameters form one group.

    Nocedal and Wright 2006, "Numerical optimization", algorithm 7.4; the form and the tolerances are PyTorch's.

    Parameters
    ----------
    params : iterable of Tensor, of (name, Tensor) or of dict
        What to optimise.
    lr : float, default 1
        The length of a step, or the first one that a line search tries.
    max_iter : int, default 20
        How many iterations a step goes through.
    max_eval : int, optional
        How often it may compute the loss; by default ``1.25 max_iter``.
    tolerance_grad : float, default 1e-7
        No element of the gradient is larger: the step ends.
    tolerance_change : float, default 1e-9
        Neither the parameters nor the loss change by more: the step ends.
    history_size : int, default 100
        How many changes are kept; each takes twice the memory of the parameters.
    line_search_fn : {None, "strong_wolfe"}
        How the length of each step is found; with None it is `lr`.

    Raises
    ------
    TypeError, ValueError
        If parameters or options are not as they must be, or there is more than one group.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([-1.0, 2.0], requires_grad=True, dtype="float64")
    >>> optimizer = tg.optim.LBFGS([x], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2    # Rosenbrock's function
    ...     loss.backward()
    ...     return loss
    >>> for _ in range(3):
    ...     loss = optimizer.step(closure)
    >>> x.numpy().round(4)
    array([1., 1.])
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        options = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        self._store: Store | None = None
        super().__init__(params, options)

    def _check_options(self, group: Mapping[str, Any]) -> None:
        check_not_negative("LBFGS", group, "lr", "tolerance_grad", "tolerance_change")
        for name in ("max_iter", "max_eval", "history_size"):
            if not group[name] >= 1:
                raise ValueError(f"LBFGS: {name}={group[name]} must be at least 1")
        if group["line_search_fn"] not in (None, "strong_wolfe"):
            raise ValueError(f"LBFGS: line_search_fn={group['line_search_fn']!r}; use 'strong_wolfe' or None")

    def add_param_group(self, param_group: Group) -> None:
        """Take the parameters, all of which are in one group."""
        if self.param_groups:
            raise ValueError("LBFGS: all parameters form one group, since the steps depend on all; give one list")
        super().add_param_group(param_group)

    def _fitting_state(self, number: Any, p: Tensor, kept: Mapping[str, Any], group: Group) -> dict[str, Any]:
        what = f"LBFGS.load_state_dict: parameter {number}"
        size = sum(each.size for each in self.param_groups[0]["params"])
        state: dict[str, Any] = {}
        for name, value in kept.items():
            if name in _NUMBERS:
                state[name] = _NUMBERS[name](_number(value))
            elif name in _VECTORS:
                state[name] = _fitting_vector(what, size, name, value)
            elif name == "ro":
                state[name] = [_number(each) for each in value]
            elif name in _LISTS:
                state[name] = [_fitting_vector(what, size, name, each) for each in value]
            elif name != "al":  # PyTorch's scratch
                raise ValueError(f"{what}: the state has {name!r}, which LBFGS does not keep")
        if (
            missing := [name for name in (*_NUMBERS, *_VECTORS, *_LISTS) if name not in state]
            if state.get("n_iter")
            else []
        ):
            raise ValueError(f"{what}: the state has no {missing[0]!r}")
        return state

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Go through up to `max_iter` iterations.

        Parameters
        ----------
        closure : callable
            Clears the gradients, computes the loss, calls its `backward` and returns it. It is called several times.

        Returns
        -------
        What `closure` returned at first.

        Raises
        ------
        TypeError
            If there is no closure.
        """
        if closure is None:
            raise TypeError("LBFGS.step: it computes the loss several times; use optimizer.step(closure)")
        (group,) = self.param_groups
        for p in group["params"]:
            check_writable(p._data)
        with no_grad(), np.errstate(all="ignore"):
            kept = self._state[group["params"][0]]
            return _Descent(group, kept, self._current_store(), lambda: self._evaluate(closure)).run()

    def _current_store(self) -> Store:
        """The parameters, packed; anew if they are others."""
        (group,) = self.param_groups
        if self._store is None or not self._store.holds(group["params"]):
            self._store = Store(group["params"], Record((0,), {}))
        return self._store

    def __getstate__(self) -> dict[str, Any]:
        """What copies and pickles are made from: they pack parameters of their own."""
        return {**self.__dict__, "_store": None}


class _Descent:
    """The iterations of one step. `kept` is the state, which the next step goes on from."""

    def __init__(self, group: Group, kept: dict[str, Any], store: Store, closure: Callable[[], Any]) -> None:
        self._group = group
        self._params: list[Tensor] = group["params"]
        self._kept = kept
        self._store = store
        self._closure = closure
        self._evaluations = 0
        kept.setdefault("func_evals", 0)
        kept.setdefault("n_iter", 0)

    def run(self) -> Any:
        """Iterate until there is no progress, or no more is allowed; returns the first loss."""
        group, kept = self._group, self._kept
        first = self._evaluate()
        loss, gradient = _number(first), self._gradient()
        iterations = 0
        while _largest(gradient) > group["tolerance_grad"]:
            iterations += 1
            kept["n_iter"] += 1
            direction = self._direction(gradient)
            before, slope = loss, _dot(gradient, direction)
            t = float(group["lr"])
            if kept["n_iter"] == 1:
                t *= min(1.0, 1.0 / float(np.sum(np.absolute(gradient))))
            kept.update(d=Tensor._of(direction), t=t, prev_flat_grad=Tensor._of(gradient), prev_loss=loss)
            if slope > -group["tolerance_change"]:
                break
            start = Point(0.0, loss, gradient, slope)
            if group["line_search_fn"] is not None:
                loss, gradient, t = self._search(start, direction, t)
                kept["t"] = t
            else:
                self._change(_MOVE, t * direction)
                if iterations < group["max_iter"]:  # else the next step begins by it
                    loss, gradient = _number(self._evaluate()), self._gradient()
            moved = _largest(direction) * abs(t)
            if (
                iterations == group["max_iter"]
                or self._evaluations >= group["max_eval"]
                or moved <= group["tolerance_change"]
                or abs(loss - before) < group["tolerance_change"]
            ):
                break
        return first

    def _search(self, start: Point, direction: Array, t: float) -> tuple[float, Array, float]:
        """Move as far as a line search says; returns the loss, the gradient and how far it is."""
        origin = np.concatenate([p._data for p in self._params], axis=None)

        def evaluate(t: float) -> Point:
            self._change(_MOVE, t * direction)
            loss, gradient = _number(self._evaluate()), self._gradient()
            self._change(_PUT, origin)
            return Point(t, loss, gradient, _dot(gradient, direction))

        limit, tolerance = self._group["max_eval"] - self._evaluations, self._group["tolerance_change"]
        point, _ = strong_wolfe(evaluate, start, t, reach=_largest(direction), tolerance=tolerance, limit=limit)
        self._change(_MOVE, point.t * direction)
        return point.loss, point.gradient, point.t

    # ---- the direction

    def _direction(self, gradient: Array) -> Array:
        """Minus the gradient times the estimate of the inverse Hessian."""
        kept = self._kept
        if kept["n_iter"] == 1:
            kept.update(old_dirs=[], old_stps=[], ro=[], H_diag=1.0)
            return np.negative(gradient)
        self._remember(gradient - kept["prev_flat_grad"]._data, kept["d"]._data * kept["t"])
        steps = [each._data for each in kept["old_stps"]]
        changes = [each._data for each in kept["old_dirs"]]
        direction = np.negative(gradient)
        shares = []
        for s, y, rho in zip(reversed(steps), reversed(changes), reversed(kept["ro"])):
            shares.append(_dot(s, direction) * rho)
            direction -= shares[-1] * y
        direction *= kept["H_diag"]
        for s, y, rho, share in zip(steps, changes, kept["ro"], reversed(shares)):
            direction += (share - _dot(y, direction) * rho) * s
        return direction

    def _remember(self, change: Array, step: Array) -> None:
        """Keep how the gradient changed with a step, if the loss is curved there."""
        product = _dot(change, step)
        if product <= _CURVED:
            return
        kept = self._kept
        for name, value in (("old_dirs", Tensor._of(change)), ("old_stps", Tensor._of(step)), ("ro", 1.0 / product)):
            kept[name].append(value)
            del kept[name][: -self._group["history_size"]]
        kept["H_diag"] = product / _dot(change, change)

    # ---- the parameters, as one vector

    def _evaluate(self) -> Any:
        self._evaluations += 1
        self._kept["func_evals"] += 1
        return self._closure()

    def _gradient(self) -> Array:
        """All gradients as one new vector; zeros for parameters without."""
        gradients = [getattr(p, "_grad", None) for p in self._params]
        flat: Array = np.concatenate(
            [np.zeros_like(p._data) if g is None else g._data for p, g in zip(self._params, gradients)], axis=None
        )
        return flat

    def _change(self, rule: Rule, flat: Array) -> None:
        """Change each parameter by its part of a vector."""
        given, start = {}, 0
        for p in self._params:
            given[p] = Tensor._of(flat[start : start + p.size].reshape(p.shape))
            start += p.size
        self._store.step(rule, given)


def _number(value: Any) -> float:
    return float(value.item() if hasattr(value, "item") else value)


def _fitting_vector(what: str, size: int, name: str, value: Any) -> Tensor:
    """A copy of a vector of a state, if it is one of all parameters."""
    array = value._data if isinstance(value, Tensor) else as_array(value)
    if array.shape != (size,):
        raise ValueError(f"{what}: {name!r} has shape {array.shape}, but the parameters have {size} elements in all")
    return Tensor._of(array.copy())


def _dot(a: Array, b: Array) -> float:
    return float(np.dot(a, b))


def _largest(vector: Array) -> float:
    """The largest of the absolute values."""
    return float(np.max(np.absolute(vector), initial=0.0))
