"""Containers: modules and parameters in order or by name."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Generic, TypeVar, overload

from tinygrad_fs.nn.module import Kind, Module
from tinygrad_fs.nn.parameter import Parameter
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"]

_L = TypeVar("_L", bound="_Numbered")
_Given = TypeVar("_Given")
_Held = TypeVar("_Held")


class _Numbered(Module):
    """What containers whose items are named "0", "1", ... have in common."""

    _kind = Kind.MODULE

    def _add(self, name: str, item: Any) -> None:
        """Register an item under a name."""
        self.add_module(name, item)

    def _part(self: _L, names: list[str]) -> _L:
        """A container of the same kind with these items."""
        return type(self)([self.__dict__[name] for name in names])  # type: ignore[call-arg]

    def __len__(self) -> int:
        return len(self._names())

    def __iter__(self) -> Iterator[Any]:
        return iter([value for _, value in self._own(self._kind)])

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self: _L, index: slice) -> _L: ...

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return self._part(self._names()[index])
        return list(self)[self._position(index)]

    def __setitem__(self, index: int, item: Any) -> None:
        self._add(self._names()[self._position(index)], item)

    def __delitem__(self, index: int | slice) -> None:
        items = list(self)
        del items[index if isinstance(index, slice) else self._position(index)]
        self._refill(items)

    def __iadd__(self: _L, items: Iterable[Any]) -> _L:
        return self.extend(items)

    def append(self: _L, item: Any) -> _L:
        """Add an item at the end; returns the container."""
        number = len(self)
        while str(number) in self._registered:
            number += 1
        self._add(str(number), item)
        return self

    def extend(self: _L, items: Iterable[Any]) -> _L:
        """Add several items at the end; returns the container."""
        if not isinstance(items, Iterable):
            given = type(items).__name__
            raise TypeError(f"{type(self).__name__}: items come in a list or the like, not in a {given}; use [item]")
        for item in list(items):
            self.append(item)
        return self

    def insert(self: _L, index: int, item: Any) -> _L:
        """Add an item before the one at `index`; returns the container, whose items are numbered anew."""
        items = list(self.append(item))
        items.insert(index, items.pop())
        self._refill(items)
        return self

    def pop(self, index: int = -1) -> Any:
        """Take out the item at `index` and return it; the others are numbered anew."""
        item = self[index]
        del self[index]
        return item

    def _names(self) -> list[str]:
        return [name for name, _ in self._own(self._kind)]

    def _position(self, index: int) -> int:
        """`index` as a position from the left."""
        position = operator.index(index)
        if not -len(self) <= position < len(self):
            what = f"{self._kind.value}s"
            raise IndexError(f"{type(self).__name__}: index {position} is out of range, there are {len(self)} {what}")
        return position % len(self)

    def _refill(self, items: list[Any]) -> None:
        """Hold these items alone, numbered from 0."""
        for name in self._names():
            delattr(self, name)
        for number, item in enumerate(items):
            self._add(str(number), item)


class Sequential(_Numbered):
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

    def _part(self, names: list[str]) -> Sequential:
        return Sequential({name: self.__dict__[name] for name in names})

    def __add__(self, other: Sequential) -> Sequential:
        return Sequential(*self, *other) if isinstance(other, Sequential) else NotImplemented

    def forward(self, x: Any) -> Any:
        """Hand `x` through all modules."""
        for module in self:
            x = module(x)
        return x


class ModuleList(_Numbered):
    """A list of modules, whose parameters count as those of the module that holds the list.

    It is indexed, iterated and changed as a list is; what the modules do with each other is up to `forward`.

    Parameters
    ----------
    modules : iterable of Module, optional

    Raises
    ------
    TypeError
        If one of them is not a Module.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs import nn
    >>> class Residual(nn.Module):
    ...     def __init__(self, depth):
    ...         super().__init__()
    ...         self.layers = nn.ModuleList(nn.Linear(4, 4) for _ in range(depth))
    ...
    ...     def forward(self, x):
    ...         for layer in self.layers:
    ...             x = x + layer(x).tanh()
    ...         return x
    >>> net = Residual(3)
    >>> net(tg.ones((2, 4))).shape, len(list(net.parameters()))
    ((2, 4), 6)
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        self.extend(() if modules is None else modules)

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList([*self, *other])


class ParameterList(_Numbered):
    """A list of parameters; what it is given becomes a `Parameter` if it is none.

    Parameters
    ----------
    values : iterable of Parameter, Tensor or array_like, optional

    Raises
    ------
    TypeError
        If one of them cannot become a Parameter.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> weights = tg.nn.ParameterList([tg.ones(2), tg.zeros((2, 3))])
    >>> [(name, weight.shape) for name, weight in weights.named_parameters()]
    [('0', (2,)), ('1', (2, 3))]
    """

    _kind = Kind.PARAMETER

    def __init__(self, values: Iterable[TensorLike] | None = None) -> None:
        super().__init__()
        self.extend(() if values is None else values)

    def _add(self, name: str, item: TensorLike) -> None:
        self.register_parameter(name, item if isinstance(item, Parameter) else Parameter(item))

    def __repr__(self) -> str:
        return _listed(self, [(name, self.__dict__[name]) for name in self._names()])


class _Named(Module, Generic[_Given, _Held]):
    """Modules or parameters by name, in order of insertion."""

    _kind: ClassVar[Kind]

    def _add(self, name: str, item: _Given) -> None:
        """Register one, or put it in the place of the one of that name; raise if it cannot be."""
        raise NotImplementedError

    def __getitem__(self, name: str) -> _Held:
        return dict(self.items())[name]

    def __setitem__(self, name: str, item: _Given) -> None:
        self._add(name, item)

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(name)
        delattr(self, name)

    def __len__(self) -> int:
        return len(self.keys())

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __contains__(self, name: object) -> bool:
        return name in self.keys()

    def keys(self) -> list[str]:
        """The names."""
        return [name for name, _ in self._own(self._kind)]

    def values(self) -> list[_Held]:
        """What stands under the names."""
        return [item for _, item in self._own(self._kind)]

    def items(self) -> list[tuple[str, _Held]]:
        """The names with what stands under them."""
        return list(self._own(self._kind))

    def update(self, items: Mapping[str, _Given] | Iterable[tuple[str, _Given]]) -> None:
        """Add all of them, or put them in the place of those of the same names."""
        for name, item in dict(items).items():
            self._add(name, item)

    def pop(self, name: str) -> _Held:
        """Take out what stands under this name and return it."""
        item = self[name]
        del self[name]
        return item

    def clear(self) -> None:
        """Take out all."""
        for name in self.keys():
            delattr(self, name)


class ModuleDict(_Named[Module, Module]):
    """Modules by name, in order of insertion.

    Parameters
    ----------
    modules : mapping of str to Module, or iterable of pairs, optional

    Raises
    ------
    TypeError
        If a value is not a Module.
    KeyError
        If a name is empty, has a dot or is that of an attribute.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs import nn
    >>> choices = nn.ModuleDict({"relu": nn.ReLU(), "flat": nn.Flatten()})
    >>> choices["relu"](tg.tensor([-1.0, 1.0]))
    tensor([0., 1.])
    >>> list(choices), "tanh" in choices
    (['relu', 'flat'], False)
    """

    _kind = Kind.MODULE

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] | None = None) -> None:
        super().__init__()
        self.update(() if modules is None else modules)

    def _add(self, name: str, item: Module) -> None:
        self.add_module(name, item)


class ParameterDict(_Named[TensorLike, Parameter]):
    """Parameters by name, in order of insertion; what it is given becomes a `Parameter` if it is none.

    Parameters
    ----------
    parameters : mapping of str to Parameter, Tensor or array_like, or iterable of pairs, optional

    Raises
    ------
    TypeError
        If a value cannot become a Parameter.
    KeyError
        If a name is empty, has a dot or is that of an attribute.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> scales = tg.nn.ParameterDict({"left": tg.ones(2), "right": tg.zeros(3)})
    >>> [(name, scale.shape) for name, scale in scales.named_parameters()]
    [('left', (2,)), ('right', (3,))]
    """

    _kind = Kind.PARAMETER

    def __init__(self, parameters: Mapping[str, TensorLike] | Iterable[tuple[str, TensorLike]] | None = None) -> None:
        super().__init__()
        self.update(() if parameters is None else parameters)

    def _add(self, name: str, item: TensorLike) -> None:
        self.register_parameter(name, item if isinstance(item, Parameter) else Parameter(item))

    def __repr__(self) -> str:
        return _listed(self, self.items())


def _listed(container: Module, parameters: Iterable[tuple[str, Tensor]]) -> str:
    """The repr of a container of parameters."""
    lines = [f"  ({name}): Parameter of shape {each.shape}, {each.dtype}" for name, each in parameters]
    name = type(container).__name__
    return "\n".join([f"{name}(", *lines, ")"]) if lines else f"{name}()"
