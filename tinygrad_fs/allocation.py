"""Memory of large arrays that the process keeps for the next ones, instead of giving it back each time.

The allocator of glibc takes what is large straight from the system and gives it back when it is freed, and for each
page of the next array the system has to be called again. A step of training makes and frees dozens of such arrays: in
that of the CNN in docs/benchmarks.md this was 3,500 calls and a quarter of the time. The allocator itself moves the
bound of what is large up to the size of the largest such piece that was freed so far, to 32 MiB at most (mallopt(3),
M_MMAP_THRESHOLD), and from then on keeps up to twice that. So one array is freed here, in which nobody wrote and
which therefore took no memory. With other allocators, or where the environment sets the bound, that does nothing.
"""

from __future__ import annotations

import numpy as np

__all__ = ["keep_freed_memory"]

_NEARLY_MOST = 31 << 20
"""Bytes; the allocator adds a few of its own."""


def keep_freed_memory() -> None:
    """Let the allocator keep up to 62 MiB of freed memory for later arrays.

    Examples
    --------
    >>> from tinygrad_fs.allocation import keep_freed_memory
    >>> keep_freed_memory()   # done by `import tinygrad_fs`
    """
    np.empty(_NEARLY_MOST, np.uint8)
