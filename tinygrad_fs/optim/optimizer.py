"""Optimizer: groups of parameters with their options, and what is remembered of each parameter."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from tinygrad_fs.gradmode import enable_grad
from tinygrad_fs.optim.gradients import GradientPack
from tinygrad_fs.tensor import Tensor

__all__ = ["Group", "Optimizer", "Params"]

Group: TypeAlias = dict[str, Any]
"""The options of a group of parameters, and the list of them under "params"."""

Params: TypeAlias = Iterable[Tensor] | Iterable[tuple[str, Tensor]] | Iterable[Group]
"""What an optimizer takes: parameters, or pairs of names and parameters, or groups."""


class Optimizer:
    """The base of all optimizers.

    A subclass hands its defaults to ``super().__init__``, checks options in `_check_options` and defines `step`,
    which may keep what it likes in ``self.state[p]``. For an update that treats each element alone, derive from
    `Elementwise`.

    Parameters
    ----------
    params : iterable of Tensor, of (name, Tensor) or of dict
        What to optimise. A dict is a group: its parameters under "params", and options that differ from the defaults.
    defaults : dict
        The options of groups that do not give their own.

    Attributes
    ----------
    param_groups : list of dict
        The groups; their options may be changed between steps, as a schedule of learning rates does.
    defaults : dict
        The defaults.

    Raises
    ------
    TypeError
        If `params` is a single Tensor or a set, or something in it is no Tensor.
    ValueError
        If there are no parameters, one occurs twice or is not a leaf, or an option is out of range.
    """

    def __init__(self, params: Params, defaults: dict[str, Any]) -> None:
        self.defaults = dict(defaults)
        self.param_groups: list[Group] = []
        self._state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self._gradients = GradientPack()
        self._check_options(self.defaults)
        if isinstance(params, Tensor):
            raise TypeError(
                f"{self._name}: the parameters are a list or another iterable, not one Tensor; use [tensor]"
            )
        given = list(_in_order(params, self._name))
        if not given:
            raise ValueError(f"{self._name}: the list of parameters is empty; a generator can be used up only once")
        for group in given if isinstance(given[0], dict) else [{"params": given}]:
            self.add_param_group(group)

    @property
    def _name(self) -> str:
        return type(self).__name__

    # ---- groups

    def _check_options(self, group: Mapping[str, Any]) -> None:
        """Raise a ValueError if an option of the group is out of range."""

    def add_param_group(self, param_group: Group) -> None:
        """Optimise further parameters, with their own options.

        Parameters
        ----------
        param_group : dict
            The parameters under "params", and options that differ from the defaults.

        Raises
        ------
        TypeError, ValueError
            As for the optimizer itself; the optimizer is then as it was.
        """
        if not isinstance(param_group, dict) or "params" not in param_group:
            raise TypeError(f"{self._name}: a group is a dict with the parameters under 'params'")
        given = param_group["params"]
        group = {**self.defaults, **param_group}
        group["params"] = [given] if isinstance(given, Tensor) else list(_in_order(given, self._name))
        _take_names(group)
        self._check_options(group)
        self._check_params(group["params"])
        self.param_groups.append(group)

    def _check_params(self, params: list[Any]) -> None:
        known = {p for group in self.param_groups for p in group["params"]}
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(f"{self._name}: parameters are Tensors, not {type(p).__name__}")
            if not p.is_leaf:
                raise ValueError(
                    f"{self._name}: a tensor of shape {p.shape} was made by an op ({p.grad_fn!r}) and is no leaf; its "
                    "gradient is not kept. Optimise what it was made from, or p.detach().requires_grad_()"
                )
            if p.dtype.kind != "f":
                raise TypeError(
                    f"{self._name}: a parameter of dtype {p.dtype} cannot be optimised; use a floating dtype"
                )
            if p in known:
                raise ValueError(
                    f"{self._name}: a parameter of shape {p.shape} occurs more than once; leave it out once"
                )
            known.add(p)

    # ---- steps

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the parameters that have a gradient.

        Parameters
        ----------
        closure : callable, optional
            Computes the loss anew, calls its `backward` and returns it.

        Returns
        -------
        What `closure` returned, or None.
        """
        raise NotImplementedError(f"{self._name}: define `def step(self, closure=None): ...` in the class")

    @staticmethod
    def _evaluate(closure: Callable[[], Any] | None) -> Any:
        """Run the closure of a step."""
        if closure is None:
            return None
        if not callable(closure):
            raise TypeError(
                f"step: the closure is a function that computes the loss, not a {type(closure).__name__}; "
                "after loss.backward() it is optimizer.step()"
            )
        with enable_grad():
            return closure()

    def packed_gradients(self) -> list[Any]:
        """All gradients side by side, for whoever works on them as a whole between `backward` and `step`.

        From then on each `p.grad` is a view of them: what is written into these arrays is what `step` sees. So the
        gradients of several processes are averaged with one message, however many parameters there are.

        Returns
        -------
        list of array
            One flat array per dtype, in the order of the parameters, without those that have no gradient. It is for
            this step: the next backward pass brings new gradients, and the next call may use the same memory.

        Examples
        --------
        >>> import tinygrad_fs as tg
        >>> a, b = tg.zeros(2, requires_grad=True), tg.zeros((), requires_grad=True)
        >>> optimizer = tg.optim.SGD([a, b], lr=1.0)
        >>> def averaged_step(workers):
        ...     for flat in optimizer.packed_gradients():
        ...         flat *= workers                      # comm.Allreduce(MPI.IN_PLACE, flat), with mpi4py
        ...         flat /= workers
        ...     optimizer.step()
        >>> (a.sum() + 3 * b).backward()
        >>> averaged_step(workers=4)
        >>> a, b
        (tensor([-1., -1.], requires_grad=True), tensor(-3., requires_grad=True))
        """
        return self._gradients.pack(p for group in self.param_groups for p in group["params"])

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or make those that there are zero."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    p._grad = None
                elif (g := p.grad) is not None:
                    p.grad = Tensor(np.zeros_like(g.data))

    # ---- state

    @property
    def state(self) -> Mapping[Tensor, Mapping[str, Any]]:
        """What is remembered of each parameter that was updated, by name."""
        return self._state

    def _numbering(self) -> dict[Tensor, int]:
        """The number of each parameter, counted through the groups."""
        return {p: i for i, p in enumerate(p for group in self.param_groups for p in group["params"])}

    def state_dict(self) -> dict[str, Any]:
        """The options and the state, without the parameters themselves.

        Returns
        -------
        dict
            "state": for the number of each parameter, counted through the groups, what is remembered of it; its
            Tensors share memory with the optimizer. "param_groups": the options, and the numbers under "params".
        """
        numbers = self._numbering()
        groups = [{**group, "params": [numbers[p] for p in group["params"]]} for group in self.param_groups]
        return {"state": {numbers[p]: dict(kept) for p, kept in self.state.items()}, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from a state; all of it is taken, or nothing.

        Parameters
        ----------
        state_dict : mapping
            As `state_dict` returns it; of a PyTorch optimizer of the same name and parameters too. It is copied.

        Raises
        ------
        ValueError
            If it does not fit: other groups, numbers, names or shapes.
        """
        groups, state = self._fitting_parts(state_dict)
        loaded = {}
        for own, group in zip(self.param_groups, groups):
            options = {**own, **group}
            self._check_loaded(options)
            for number, p in zip(group["params"], own["params"]):
                if number in state:
                    loaded[p] = self._fitting_state(number, p, state[number], options)
        for own, group in zip(self.param_groups, groups):
            own.update({key: value for key, value in group.items() if key != "params"})
        self._set_state(loaded)

    def _fitting_parts(self, state_dict: Mapping[str, Any]) -> tuple[Sequence[Group], Mapping[Any, Any]]:
        """The groups and the state of a state dict, once it is known that they are of the same parameters."""
        what = f"{self._name}.load_state_dict"
        if not isinstance(state_dict, Mapping) or not {"state", "param_groups"} <= set(state_dict):
            raise ValueError(f"{what}: it takes what state_dict() returns, a dict with 'state' and 'param_groups'")
        groups, state = state_dict["param_groups"], state_dict["state"]
        if not isinstance(groups, (list, tuple)) or not all(map(_is_group, groups)):
            raise ValueError(f"{what}: 'param_groups' is no list of dicts, each with a list under 'params'")
        if not isinstance(state, Mapping) or not all(isinstance(kept, Mapping) for kept in state.values()):
            raise ValueError(f"{what}: 'state' is no dict with a dict for each parameter")
        sizes = [len(group["params"]) for group in groups]
        own = [len(group["params"]) for group in self.param_groups]
        if sizes != own:
            raise ValueError(f"{what}: the state is of groups of {sizes} parameters, the optimizer has groups of {own}")
        numbers = {number for group in groups for number in group["params"]}
        if strangers := [number for number in state if number not in numbers]:
            raise ValueError(f"{what}: there is state for parameter {strangers[0]!r}, but no group has it")
        return groups, state

    def _check_loaded(self, options: Group) -> None:
        try:
            self._check_options(options)
        except TypeError as error:
            raise ValueError(f"{self._name}.load_state_dict: an option is of another kind: {error}") from error

    def _fitting_state(self, number: Any, p: Tensor, kept: Mapping[str, Any], group: Group) -> Any:
        """What is to be remembered of `p`, as `_set_state` takes it; an error if it does not fit."""
        return copy.deepcopy(dict(kept))

    def _set_state(self, state: dict[Tensor, Any]) -> None:
        """Remember this, and nothing else."""
        self._state.clear()
        self._state.update(state)

    def __repr__(self) -> str:
        lines = []
        for number, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {number}")
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key not in ("params", "param_names")]
        return "\n".join([f"{self._name} (", *lines, ")"])


def _in_order(params: Any, name: str) -> Iterable[Any]:
    """`params`, if they can be gone through in an order that is the same every time."""
    if isinstance(params, (set, frozenset)):
        raise TypeError(f"{name}: a set has no fixed order; give the parameters in a list")
    if isinstance(params, Mapping):
        raise TypeError(f"{name}: a dict was given; use [dict] for a group with options, or dict.values()")
    if not isinstance(params, Iterable):
        remedy = (
            "; use module.parameters()" if hasattr(params, "parameters") else "; call it" if callable(params) else ""
        )
        raise TypeError(f"{name}: parameters are given in a list or the like, not in a {type(params).__name__}{remedy}")
    return params


def _is_group(value: Any) -> bool:
    """Whether it can be a group of a state dict."""
    return isinstance(value, Mapping) and isinstance(value.get("params"), (list, tuple))


def _take_names(group: Group) -> None:
    """Split pairs of names and parameters."""
    params = group["params"]
    if params and all(isinstance(each, tuple) and len(each) == 2 for each in params):
        group["param_names"] = [name for name, _ in params]
        group["params"] = [p for _, p in params]
