"""Elementwise: optimizers that update each element from its own gradient and state alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from tinygrad_fs.dtypes import as_array
from tinygrad_fs.optim.optimizer import Group, Optimizer, Params
from tinygrad_fs.optim.packing import Numbers, Record, Rule, Store
from tinygrad_fs.tensor import Tensor

__all__ = ["Elementwise"]


class Elementwise(Optimizer):
    """An optimizer whose formula holds for each element alone, so that many parameters are updated at once.

    A subclass says which arrays it keeps (`_kept`) and how it updates a stretch of elements (`_update`). What it is
    handed may be one parameter, a part of a large one, or many small ones side by side.
    """

    _numbers: ClassVar[Mapping[str, float]] = {"step": 0}
    """The numbers that are kept of each parameter, and what they are at first; the first one counts its updates.

    Names that begin with an underscore are no part of the state that can be seen.
    """

    def __init__(self, params: Params, defaults: dict[str, Any]) -> None:
        self._stores: list[Store] = []
        super().__init__(params, defaults)

    def _kept(self, group: Group) -> tuple[str, ...]:
        """The names of the arrays that `_update` keeps for a group with these options."""
        raise NotImplementedError(f"{self._name}: define `def _kept(self, group): ...` in the class")

    def _advance(self, group: Group, numbers: Numbers) -> Numbers:
        """What becomes of the numbers of a parameter with an update; they are those of `_numbers`."""
        count, *others = numbers
        return (count + 1, *others)

    def _update(
        self, group: Group, numbers: Numbers, p: Any, g: Any, state: tuple[Any, ...], scratch: tuple[Any, Any]
    ) -> None:
        """Update `p` and `state` in place.

        Parameters
        ----------
        group : dict
            The options.
        numbers : tuple of float
            The numbers of `_numbers`, advanced: the first one is how many updates there are with this one, 1 at first.
        p, g : array
            Elements of parameters, and their gradient, which must not be written to.
        state : tuple of array
            What is kept, in the order of `_kept`; zeros at first.
        scratch : tuple of two arrays
            For results in between.
        """
        raise NotImplementedError(
            f"{self._name}: define `def _update(self, group, numbers, p, g, state, scratch): ...`"
        )

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the parameters that have a gradient, in place.

        Parameters
        ----------
        closure : callable, optional
            Computes the loss anew, calls its `backward` and returns it.

        Returns
        -------
        What `closure` returned, or None.
        """
        loss = self._evaluate(closure)
        with np.errstate(all="ignore"):
            for group, store in zip(self.param_groups, self._current_stores()):
                store.step(Rule(self._kept(group), partial(self._advance, group), partial(self._update, group)))
        return loss

    def _current_stores(self) -> list[Store]:
        """One store per group, made anew where a group has changed; what is remembered of a parameter goes along."""
        groups, stores = self.param_groups, self._stores
        if len(stores) == len(groups) and all(store.holds(g["params"]) for store, g in zip(stores, groups)):
            return stores
        remembered = {p: store.read(p) for store in stores for p in store.params}
        self._stores = [Store(group["params"], self._nothing) for group in groups]
        self._remember(remembered)
        return self._stores

    @property
    def _nothing(self) -> Record:
        """What is remembered of a parameter at first."""
        return Record(tuple(self._numbers.values()), {})

    def _remember(self, records: Mapping[Tensor, Record]) -> None:
        nothing = self._nothing
        for store in self._stores:
            for p in store.params:
                store.write(p, records.get(p, nothing))

    # ---- state

    @property
    def state(self) -> Mapping[Tensor, Mapping[str, Any]]:
        """What is remembered of each parameter that was updated, by name.

        The Tensors share memory with the optimizer: writing into them changes it. The mapping itself is made for
        each call and read-only; `load_state_dict` replaces what is remembered.
        """
        return MappingProxyType({p: MappingProxyType(kept) for p, kept in self._remembered()})

    def _remembered(self) -> Iterable[tuple[Tensor, dict[str, Any]]]:
        for group, store in zip(self.param_groups, self._stores):
            names = self._kept(group)
            for p in store.params:
                numbers, arrays = store.read(p)
                if numbers[0]:
                    shown: dict[str, Any] = {k: v for k, v in zip(self._numbers, numbers) if not k.startswith("_")}
                    yield p, shown | {name: Tensor._of(arrays[name]) for name in names if name in arrays}

    def _fitting_state(self, number: Any, p: Tensor, kept: Mapping[str, Any], group: Group) -> Record:
        what = f"{self._name}.load_state_dict: parameter {number}"
        given = {name: value for name, value in kept.items() if value is not None}
        if not given:
            return self._nothing
        arrays = self._kept(group)
        expected = {name for name in self._numbers if not name.startswith("_")} | set(arrays)
        if set(given) != expected:
            raise ValueError(
                f"{what}: the state has {sorted(given)}, but with its options {self._name} keeps {sorted(expected)}"
            )
        # A number that is no part of the state counts updates, of which there was one or more.
        numbers = tuple([_number(given.pop(name, 1), like) for name, like in self._numbers.items()])
        if numbers[0] < 0:
            raise ValueError(f"{what}: there is no state after {numbers[0]} steps")
        if numbers[0] == 0:
            return self._nothing  # PyTorch writes down what some optimizers begin with
        return Record(numbers, {name: _fitting_array(what, p, name, given[name]) for name in arrays})

    def _set_state(self, state: dict[Tensor, Any]) -> None:
        self._current_stores()
        self._remember(
            {p: Record(numbers, {k: a.copy() for k, a in arrays.items()}) for p, (numbers, arrays) in state.items()}
        )

    def __getstate__(self) -> dict[str, Any]:
        """What copies and pickles are made from: records in place of packed memory."""
        records = [(p, store.read(p)) for store in self._stores for p in store.params]
        return {**self.__dict__, "_stores": [], "_records": records}

    def __setstate__(self, state: dict[str, Any]) -> None:
        records = state.pop("_records")
        self.__dict__.update(state)
        if records:
            self._current_stores()
            self._remember(dict(records))


def _number(value: Any, like: float) -> float:
    """A number of a state, which PyTorch keeps in a tensor: of the type of what is there at first."""
    return type(like)(value.item() if hasattr(value, "item") else value)


def _fitting_array(what: str, p: Tensor, name: str, value: Any) -> Any:
    """An array of a state, if it is of the shape of its parameter."""
    array = value._data if isinstance(value, Tensor) else as_array(value)
    if array.shape != p.shape:
        raise ValueError(f"{what}: {name!r} has shape {array.shape}, but the parameter has {p.shape}")
    return array
