"""Getting the next items ready in the background, while the last one is worked on."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Generator, Iterator
from queue import Empty, Queue
from typing import Any, TypeVar

from tinygrad_fs.graph import mode

__all__ = ["prefetched"]

T = TypeVar("T")

_END = object()


def prefetched(items: Iterator[T], ahead: int) -> Generator[T]:
    """Go through `items` in a thread of its own, up to `ahead` of them before they are asked for.

    What `items` raises is raised here, where its item would have come. When this iterator is closed, dropped or
    exhausted, the thread has ended, and `items` is closed. The thread has the grad mode and NumPy's error handling of
    whoever asked for the first item.
    """
    queue: Queue[Any] = Queue(maxsize=ahead)
    stopping = threading.Event()
    run, grad = contextvars.copy_context().run, mode.grad
    thread = threading.Thread(
        target=run, args=(_fill, queue, items, stopping, grad), name="tinygrad_fs prefetch", daemon=True
    )
    thread.start()
    try:
        while True:
            item, error = queue.get()
            if error is not None:
                raise error
            if item is _END:
                return
            yield item
    finally:
        item = error = None  # the traceback of the error holds this frame
        stopping.set()
        _drain(queue)  # a thread that waits for room finds it, and then that it is to stop
        thread.join()


def _fill(queue: Queue[Any], items: Iterator[Any], stopping: threading.Event, grad: bool) -> None:
    """What the thread does; it holds nothing that holds the iterator, which can so be dropped."""
    mode.grad = grad
    try:
        for item in items:
            queue.put((item, None))
            item = None
            if stopping.is_set():
                return
        queue.put((_END, None))
    except BaseException as error:
        queue.put((None, error))
    finally:
        if hasattr(items, "close"):
            items.close()


def _drain(queue: Queue[Any]) -> None:
    try:
        while True:
            queue.get_nowait()
    except Empty:
        return
