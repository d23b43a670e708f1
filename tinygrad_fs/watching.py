"""Watching: observers of ops, sweeps and calls of modules, and how they are told."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tinygrad_fs.graph import Node

__all__ = ["Watcher", "announced", "line_of_user", "observed", "watchers"]

_PACKAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "")


class Watcher:
    """An observer of ops, sweeps and calls of modules: it overrides what it needs. `watchers` has those at work."""

    def before_forward(self, op: Any, given: tuple[Any, ...], options: dict[str, Any]) -> None:
        """An op, a class, is about to compute on what was given, with these options."""

    def after_forward(self, name: str, node: Node | None, arrays: tuple[Any, ...], result: Any) -> None:
        """An op made `result` from arrays; `node` is None where it was not recorded."""

    def before_sweep(self, seeds: dict[Node, Any]) -> None:
        """A sweep begins."""

    def after_sweep(self) -> None:
        """The sweep is over, or has failed."""

    def after_backward(self, node: Node, g: Any, edges: tuple[Node | None, ...], parts: Any) -> None:
        """The derivative of a node made the parts, one per edge, of the gradient `g` of its output."""

    def before_call(self, module: Any, arguments: tuple[Any, ...]) -> None:
        """A module is about to compute on these arguments."""

    def after_call(self, module: Any) -> None:
        """The module is done, or has failed."""


watchers: list[Watcher] = []
"""Those who watch (anomaly detection, recordings for drawings). Empty costs one truth test per op."""


def announced(op: Any, given: tuple[Any, ...], options: dict[str, Any]) -> None:
    """Tell those who watch that an op is about to compute."""
    for watcher in tuple(watchers):
        watcher.before_forward(op, given, options)


def observed(name: str, node: Node | None, arrays: tuple[Any, ...], result: Any) -> None:
    """Show an application to those who watch."""
    for watcher in tuple(watchers):
        watcher.after_forward(name, node, arrays, result)


def line_of_user() -> tuple[str, int] | None:
    """File and line of the nearest caller outside of this package (and never its frame, which would keep it alive)."""
    frame = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith(_PACKAGE) and file != "<string>":
            return file, frame.f_lineno
        frame = frame.f_back  # type: ignore[assignment]
    return None
