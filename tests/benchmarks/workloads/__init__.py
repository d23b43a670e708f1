"""What is measured, a file per family of workloads.

A function takes a library, builds what the workload needs in it, and returns a `Task`. Where two libraries have the
same names, one function serves both, so that both do the same by construction; a library with other names has a file
of its own, `in_jax.py` and the like.
"""

from __future__ import annotations

from workloads import convolution, functions, indexing, layers, networks, optimizers, pooling, sequences, tape
from workloads.workload import MODULES, OURS, OWN, Task, Workload

__all__ = ["GROUPS", "MODULES", "OURS", "OWN", "WORKLOADS", "Task", "Workload"]

_FAMILIES = (tape, networks, sequences, convolution, pooling, functions, indexing, optimizers, layers)

GROUPS = {family.__name__.rpartition(".")[2]: family.rows() for family in _FAMILIES}
"""The rows of the table by family, in its order."""

WORKLOADS = tuple(workload for rows in GROUPS.values() for workload in rows)
