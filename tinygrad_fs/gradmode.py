"""Whether ops are recorded: `no_grad`, `enable_grad`, `set_grad_enabled`, `is_grad_enabled`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from tinygrad_fs.graph import mode

__all__ = ["enable_grad", "is_grad_enabled", "no_grad", "set_grad_enabled"]

_F = TypeVar("_F", bound=Callable[..., Any])


def is_grad_enabled() -> bool:
    """Whether ops are being recorded in this thread.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.is_grad_enabled()
    True
    """
    return mode.grad


class _GradMode:
    """A grad mode for a block or a function. It can be entered again while it is in force."""

    _enabled: bool

    def __init__(self) -> None:
        self._previous: list[bool] = []

    def __enter__(self) -> None:
        self._previous.append(mode.grad)
        mode.grad = self._enabled

    def __exit__(self, *_: object) -> None:
        mode.grad = self._previous.pop()

    def __call__(self, function: _F) -> _F:
        return _wrap(function, self._enabled)


def _wrap(function: _F, enabled: bool) -> _F:
    name = "enable_grad" if enabled else "no_grad"
    if not callable(function):
        raise TypeError(f"{name}: a {type(function).__name__} was given; use `with {name}():`, or decorate a function")
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise TypeError(
            f"{name}: the mode of {function.__qualname__} would hold for whatever else runs while it awaits; use "
            f"`with {name}():` in it, around what awaits nothing"
        )
    wrapper = _for_generator if inspect.isgeneratorfunction(function) else _for_function
    return wrapper(function, enabled)  # type: ignore[return-value]


def _for_function(function: Callable[..., Any], enabled: bool) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        with set_grad_enabled(enabled):
            return function(*args, **kwargs)

    return wrapped


def _for_generator(function: Callable[..., Any], enabled: bool) -> Callable[..., Any]:
    """The mode holds while the body runs, and not in between, where the consumer runs."""

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        body = function(*args, **kwargs)
        resume: Callable[[], Any] = functools.partial(next, body)
        try:
            while True:
                try:
                    with set_grad_enabled(enabled):
                        value = resume()
                except StopIteration as stop:
                    return stop.value
                try:
                    sent = yield value
                except GeneratorExit:
                    raise
                except BaseException as error:
                    resume = functools.partial(body.throw, error)
                else:
                    resume = functools.partial(body.send, sent)
        finally:
            with set_grad_enabled(enabled):
                body.close()

    return wrapped


class no_grad(_GradMode):
    """Do not record ops: as a context manager or as a decorator, with or without brackets.

    It holds for the running thread, nests, and is undone when an exception passes. On a generator function it
    holds while the body runs. (A `with` block that contains a `yield` stays in force in the consumer until the
    generator goes on: decorate the function instead.)

    Raises
    ------
    TypeError
        On what is no function, and on a coroutine function, for which it could not hold.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([1.0], requires_grad=True)
    >>> with tg.no_grad():
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    _enabled = False

    def __new__(cls, function: _F | None = None) -> Any:
        return super().__new__(cls) if function is None else _wrap(function, cls._enabled)


class enable_grad(no_grad):
    """Record ops, inside of `no_grad`. Used as `no_grad` is.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([1.0], requires_grad=True)
    >>> with tg.no_grad(), tg.enable_grad():
    ...     y = x * 2
    >>> y.requires_grad
    True
    """

    _enabled = True


class set_grad_enabled(_GradMode):
    """Switch recording on or off: at once by a plain call, for a block as a context manager, or as a decorator.

    Parameters
    ----------
    enabled : bool
        Whether to record.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> training = False
    >>> with tg.set_grad_enabled(training):
    ...     tg.is_grad_enabled()
    False
    """

    def __init__(self, enabled: bool) -> None:
        super().__init__()
        self._enabled = bool(enabled)
        # A plain call holds from now on; as a context manager it is undone to what was before the call.
        self._before: bool | None = mode.grad
        mode.grad = self._enabled

    def __enter__(self) -> None:
        previous = mode.grad if self._before is None else self._before
        self._before = None
        self._previous.append(previous)
        mode.grad = self._enabled

    def __call__(self, function: _F) -> _F:
        if self._before is not None:
            mode.grad, self._before = self._before, None
        return super().__call__(function)
