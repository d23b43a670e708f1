"""Schedules of learning rates: names, arguments and trajectories as in PyTorch."""

from __future__ import annotations

from tinygrad_fs.optim.lr_scheduler.combination import ChainedScheduler, SequentialLR
from tinygrad_fs.optim.lr_scheduler.cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from tinygrad_fs.optim.lr_scheduler.cycle import CyclicLR, OneCycleLR
from tinygrad_fs.optim.lr_scheduler.decay import (
    ConstantLR,
    ExponentialLR,
    LinearLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from tinygrad_fs.optim.lr_scheduler.function import LambdaLR, MultiplicativeLR
from tinygrad_fs.optim.lr_scheduler.plateau import ReduceLROnPlateau
from tinygrad_fs.optim.lr_scheduler.scheduler import LRScheduler

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]
