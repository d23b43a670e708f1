"""Optimizers, schedules and averages of weights: names, arguments, defaults and trajectories as in PyTorch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinygrad_fs.optim import lr_scheduler, swa_utils
from tinygrad_fs.optim.adadelta import Adadelta
from tinygrad_fs.optim.adagrad import Adagrad
from tinygrad_fs.optim.adam import Adam, AdamW
from tinygrad_fs.optim.adamax import Adamax
from tinygrad_fs.optim.elementwise import Elementwise
from tinygrad_fs.optim.lbfgs import LBFGS
from tinygrad_fs.optim.lion import Lion
from tinygrad_fs.optim.nadam import NAdam
from tinygrad_fs.optim.optimizer import Optimizer
from tinygrad_fs.optim.radam import RAdam
from tinygrad_fs.optim.rmsprop import RMSprop
from tinygrad_fs.optim.rprop import Rprop
from tinygrad_fs.optim.sgd import SGD
from tinygrad_fs.othernames import missing

__all__ = [
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Elementwise",
    "LBFGS",
    "Lion",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "SGD",
    "lr_scheduler",
    "swa_utils",
]

if not TYPE_CHECKING:  # or a mistyped name would pass for Any
    __getattr__ = missing(__name__)
