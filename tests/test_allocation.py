"""Memory of arrays is used again: the system is not asked for the pages of each."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

resource = pytest.importorskip("resource", reason="pages are counted as Unix counts them")

PROGRAM = """
import resource
import numpy as np
{first}

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

for _ in range(3):
    arrays = [np.ones(1 << 18) for _ in range(8)]
    del arrays
before = faults()
for _ in range(10):
    arrays = [np.ones(1 << 18) for _ in range(8)]
    del arrays
print(faults() - before)
"""


def faults(first: str) -> int:
    """How many pages 10 rounds of 8 arrays of 2 MB ask for, in a new process that begins with the line `first`."""
    code = PROGRAM.replace("{first}", first)
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    return int(result.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the allocator of glibc is the one that this is about")
def test_freed_memory_is_used_again():
    pages = 10 * 8 * (1 << 21) // resource.getpagesize()
    assert faults("import tinygrad_fs") < pages / 100  # NumPy alone: all of them
