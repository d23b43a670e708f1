"""Differentiation beyond `backward`: gradients as values, less memory, numeric checks, and the search for nan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinygrad_fs.autograd.anomaly import AnomalyError, detect_anomaly
from tinygrad_fs.autograd.check import GradcheckError, gradcheck, gradgradcheck
from tinygrad_fs.autograd.checkpoint import checkpoint, is_recomputing
from tinygrad_fs.autograd.differentiate import grad
from tinygrad_fs.gradmode import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from tinygrad_fs.graph import BackwardError
from tinygrad_fs.othernames import missing

__all__ = [
    "AnomalyError",
    "BackwardError",
    "GradcheckError",
    "checkpoint",
    "detect_anomaly",
    "enable_grad",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "is_grad_enabled",
    "is_recomputing",
    "no_grad",
    "set_grad_enabled",
]

if not TYPE_CHECKING:  # or a mistyped name would pass for Any
    __getattr__ = missing(__name__)
