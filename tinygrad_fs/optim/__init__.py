"""Optimizers: names, arguments, defaults and trajectories as in PyTorch."""

from __future__ import annotations

from tinygrad_fs.optim.adam import Adam
from tinygrad_fs.optim.elementwise import Elementwise
from tinygrad_fs.optim.optimizer import Optimizer
from tinygrad_fs.optim.sgd import SGD

__all__ = ["Adam", "Elementwise", "Optimizer", "SGD"]
