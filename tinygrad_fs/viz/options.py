"""Options: how a drawing is to be made, checked when they are given."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from tinygrad_fs.viz.scene import Direction

__all__ = ["Options"]

_Which = Literal["forward", "backward", "both"]
_Params = Literal["inline", "shared"] | bool


@dataclass(frozen=True)
class Options:
    """The options of `viz.graph`, which describes them."""

    depth: int | None = None
    expand: Iterable[str] = ()
    fold_repeats: bool | Literal["auto"] = "auto"
    fold_constants: bool = True
    direction: Direction = "TB"
    graph: _Which = "forward"
    show_shapes: bool = True
    show_dtypes: bool | Literal["auto"] = "auto"
    show_params: _Params = "inline"
    show_saved: bool = False
    show_values: bool = False
    show_grads: bool = False
    show_stats: bool = False
    show_time: bool = False
    show_memory: bool = False
    max_nodes: int | None = 2000
    renderer: str = "auto"
    timeout: float = 20.0

    def __post_init__(self) -> None:
        self._check("direction", get_args(Direction))
        self._check("graph", get_args(_Which))
        self._check("show_dtypes", (True, False, "auto"))
        self._check("fold_repeats", (True, False, "auto"))
        self._check("show_params", ("inline", "shared", True, False))
        if not isinstance(self.timeout, (int, float)) or not self.timeout > 0:
            raise self._wrong("timeout", "a positive number of seconds")
        if not isinstance(self.renderer, (str, os.PathLike)):
            raise self._wrong("renderer", "'auto', 'builtin' or the path of a Graphviz")
        object.__setattr__(self, "renderer", os.fspath(self.renderer))
        for name, least in (("depth", 0), ("max_nodes", 1)):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < least):
                raise self._wrong(name, f"None or a whole number, {least} or more")
        if isinstance(self.expand, str) or not all(isinstance(name, str) for name in self.expand):
            raise self._wrong("expand", "names of modules, as in expand=['encoder.0']")
        object.__setattr__(self, "expand", tuple(self.expand))

    @classmethod
    def of(cls, given: dict[str, Any]) -> Options:
        """The options with these values; an unknown name is told from those that there are."""
        known = [field.name for field in fields(cls)]
        for name in given:
            if name not in known:
                raise TypeError(f"viz.graph: there is no option {name!r}; there are {', '.join(known)}")
        return cls(**given)

    def _check(self, name: str, choices: tuple[Any, ...]) -> None:
        value = getattr(self, name)
        if not any(value is choice or (isinstance(choice, str) and value == choice) for choice in choices):
            *most, last = [repr(choice) for choice in choices]
            raise self._wrong(name, f"{', '.join(most)} or {last}")

    def _wrong(self, name: str, wanted: str) -> ValueError:
        return ValueError(f"viz.graph: {name}={getattr(self, name)!r}; it must be {wanted}")
