"""Functions that run before and after a module's forward, and see its gradients."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from tinygrad_fs.graph import HookHandle, Hooks, mode
from tinygrad_fs.nn.backward_hooks import GradientHooks
from tinygrad_fs.watching import watchers

__all__ = ["ModuleHooks", "watched"]


class ModuleHooks:
    """What runs around the forward of one module, and around its backward, each in order of registration."""

    def __init__(self) -> None:
        self.before = Hooks()
        self.after = Hooks()
        self.before_backward = Hooks()
        self.after_backward = Hooks()

    def call(self, forward: Callable[..., Any], module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Compute `forward` between the hooks."""
        for hook in tuple(self.before.functions.values()):
            args, kwargs = hook(module, args, kwargs)
        gradients = self._gradient_hooks(module)
        if gradients is not None:
            args = gradients.enter(args)
        output = forward(*args, **kwargs)
        for hook in tuple(self.after.functions.values()):
            output = hook(module, args, kwargs, output)
        return output if gradients is None else gradients.leave(output)

    def _gradient_hooks(self, module: Any) -> GradientHooks | None:
        """What this call has to do with gradients, if anything."""
        before, after = self.before_backward.functions, self.after_backward.functions
        if not (before or after) or not mode.grad:
            return None
        return GradientHooks(module, list(before.values()), list(after.values()))

    def given_before(self) -> list[Callable[..., Any]]:
        """The hooks that see the arguments, as they were given."""
        return [form.args[0] for form in self.before.functions.values()]  # type: ignore[attr-defined]

    def add_before(self, hook: Callable[..., Any], prepend: bool, with_kwargs: bool) -> HookHandle:
        """Register a hook that sees the arguments."""
        form = _before_with_kwargs if with_kwargs else _before
        return _add("register_forward_pre_hook", self.before, hook, prepend, form)

    def add_after(self, hook: Callable[..., Any], prepend: bool, with_kwargs: bool) -> HookHandle:
        """Register a hook that sees the output."""
        form = _after_with_kwargs if with_kwargs else _after
        return _add("register_forward_hook", self.after, hook, prepend, form)

    def add_before_backward(self, hook: Callable[..., Any], prepend: bool) -> HookHandle:
        """Register a hook that sees the gradients of the outputs."""
        return _add("register_full_backward_pre_hook", self.before_backward, hook, prepend)

    def add_after_backward(self, hook: Callable[..., Any], prepend: bool) -> HookHandle:
        """Register a hook that sees the gradients of the inputs and of the outputs."""
        return _add("register_full_backward_hook", self.after_backward, hook, prepend)


def watched(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Compute, between telling those who watch that it begins and that it is over."""
    witnesses = tuple(watchers)
    for watcher in witnesses:
        watcher.before_call(module, (*args, *kwargs.values()))
    try:
        hooks = module._hooks
        return module.forward(*args, **kwargs) if hooks is None else hooks.call(module.forward, module, args, kwargs)
    finally:
        for watcher in witnesses:
            watcher.after_call(module)


def _add(
    name: str, hooks: Hooks, hook: Callable[..., Any], prepend: bool, form: Callable[..., Any] | None = None
) -> HookHandle:
    if not callable(hook):
        raise TypeError(f"{name}: a hook is a function, not a {type(hook).__name__}")
    number = hooks.add(hook if form is None else functools.partial(form, hook))
    if prepend:
        hooks.functions = {number: hooks.functions.pop(number), **hooks.functions}
    return HookHandle(hooks, number)


# The forms of a hook, brought to one: so that a module with hooks can be pickled, they are functions of this file.


def _before(
    hook: Callable[..., Any], module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    result = hook(module, args)
    if result is None:
        return args, kwargs
    return result if isinstance(result, tuple) else (result,), kwargs


def _before_with_kwargs(
    hook: Callable[..., Any], module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    result = hook(module, args, kwargs)
    if result is None:
        return args, kwargs
    if isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], dict):
        return result
    raise TypeError(
        f"{type(module).__name__}: a forward pre-hook with kwargs must return None or (args, kwargs), "
        f"not a {type(result).__name__}"
    )


def _after(hook: Callable[..., Any], module: Any, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> Any:
    result = hook(module, args, output)
    return output if result is None else result


def _after_with_kwargs(
    hook: Callable[..., Any], module: Any, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any
) -> Any:
    result = hook(module, args, kwargs, output)
    return output if result is None else result
