"""Sequential: modules one after another."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, overload

from tinygrad_fs.nn.module import Kind, Module

__all__ = ["Sequential"]


class Sequential(Module):
    """Modules one after another: each takes what the one before it returns.

    Parameters
    ----------
    *modules : Module, or one mapping of str to Module
        In the order of application; named "0", "1", ... or by the mapping.

    Raises
    ------
    TypeError
        If one of them is not a Module.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs import nn
    >>> net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    >>> net(tg.ones((5, 4))).shape
    (5, 2)
    >>> net[1]
    ReLU()
    >>> nn.Sequential({"first": nn.Linear(4, 8), "then": nn.ReLU()})
    Sequential(
      (first): Linear(in_features=4, out_features=8, bias=True)
      (then): ReLU()
    )
    """

    def __init__(self, *modules: Module | Mapping[str, Module]) -> None:
        super().__init__()
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            named: Iterable[tuple[str, Any]] = modules[0].items()
        else:
            named = ((str(position), module) for position, module in enumerate(modules))
        for name, module in named:
            self.add_module(name, module)

    def forward(self, x: Any) -> Any:
        """Hand `x` through all modules."""
        for module in self:
            x = module(x)
        return x

    def __len__(self) -> int:
        return len(self._names())

    def __iter__(self) -> Iterator[Module]:
        return iter([self.__dict__[name] for name in self._names()])

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> Sequential: ...

    def __getitem__(self, index: int | slice) -> Module:
        if isinstance(index, slice):
            return Sequential({name: self.__dict__[name] for name in self._names()[index]})
        return list(self)[self._position(index)]

    def __setitem__(self, index: int, module: Module) -> None:
        self.add_module(self._names()[self._position(index)], module)

    def __delitem__(self, index: int | slice) -> None:
        modules = list(self)
        del modules[index if isinstance(index, slice) else self._position(index)]
        self._refill(modules)

    def append(self, module: Module) -> Sequential:
        """Add a module at the end; returns the container."""
        number = len(self)
        while str(number) in self._registered:
            number += 1
        self.add_module(str(number), module)
        return self

    def extend(self, modules: Iterable[Module]) -> Sequential:
        """Add several modules at the end; returns the container."""
        for module in list(modules):
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> Sequential:
        """Add a module before the one at `index`; returns the container, whose modules are numbered anew."""
        modules = list(self.append(module))
        modules.insert(index, modules.pop())
        self._refill(modules)
        return self

    def pop(self, index: int = -1) -> Module:
        """Take out the module at `index` and return it; the others are numbered anew."""
        module = self[index]
        del self[index]
        return module

    def _names(self) -> list[str]:
        return [name for name, _ in self._own(Kind.MODULE)]

    def _position(self, index: int) -> int:
        """`index` as a position from the left."""
        position = operator.index(index)
        if not -len(self) <= position < len(self):
            raise IndexError(f"Sequential: index {position} is out of range, there are {len(self)} modules")
        return position % len(self)

    def _refill(self, modules: list[Module]) -> None:
        """Hold these modules alone, numbered from 0."""
        for name in self._names():
            delattr(self, name)
        for number, module in enumerate(modules):
            self.add_module(str(number), module)
