"""Getting the next items ready in the background, while the last one is worked on."""

from __future__ import annotations

import contextlib
import contextvars
import threading
from collections.abc import Generator, Iterator
from queue import SimpleQueue
from typing import Any, TypeVar

from tinygrad_fs.graph import mode

__all__ = ["prefetched"]

T = TypeVar("T")

_END = object()


class _Exchange:
    """What thread and loop hand to each other.

    A `Queue` has a lock that Ctrl-C can leave locked, between taking it and the block that gives it back; then the
    loop would wait for itself for ever. The calls of a `SimpleQueue` cannot be interrupted halfway.
    """

    def __init__(self, ahead: int) -> None:
        self.items: SimpleQueue[Any] = SimpleQueue()
        self.stopping = False
        self._asked: SimpleQueue[None] = SimpleQueue()
        for _ in range(ahead):
            self.ask()

    def ask(self) -> None:
        """Let the thread load one more item."""
        self._asked.put(None)

    def wanted(self) -> bool:
        """Wait until there is room for an item; False if none is wanted any more."""
        self._asked.get()
        return not self.stopping

    def stop(self) -> None:
        """Let the thread end as soon as it asks."""
        self.stopping = True
        self.ask()


def prefetched(items: Iterator[T], ahead: int) -> Generator[T]:
    """Go through `items` in a thread of its own, up to `ahead` of them before they are asked for.

    What `items` raises is raised here, where its item would have come. When this iterator is closed, dropped or
    exhausted, the thread has ended, and `items` is closed. The thread has the grad mode and NumPy's error handling of
    whoever asked for the first item.
    """
    exchange = _Exchange(ahead)
    run, grad = contextvars.copy_context().run, mode.grad
    thread = threading.Thread(target=run, args=(_fill, exchange, items, grad), name="tinygrad_fs prefetch", daemon=True)
    try:
        thread.start()
        while True:
            item, error = exchange.items.get()
            exchange.ask()
            if error is not None:
                raise error
            if item is _END:
                return
            yield item
    finally:
        item = error = None  # the traceback of the error holds this frame
        exchange.stop()
        with contextlib.suppress(RuntimeError):  # it was interrupted while it started; it ends by itself then
            thread.join()


def _fill(exchange: _Exchange, items: Iterator[Any], grad: bool) -> None:
    """What the thread does; it holds nothing that holds the iterator, which can so be dropped."""
    mode.grad = grad
    try:
        while exchange.wanted():
            item = next(items, _END)
            exchange.items.put((item, None))
            if item is _END:
                return
            item = None
    except BaseException as error:
        exchange.items.put((None, error))
    finally:
        if hasattr(items, "close"):
            items.close()
