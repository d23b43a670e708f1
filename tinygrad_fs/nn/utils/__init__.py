"""Helpers for modules and their parameters: gradients clipped, parameters as a vector, weights reparametrised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinygrad_fs.nn.utils import rnn
from tinygrad_fs.nn.utils.clipping import clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_, get_total_norm
from tinygrad_fs.nn.utils.reparametrised import remove_spectral_norm, remove_weight_norm, spectral_norm, weight_norm
from tinygrad_fs.nn.utils.vectors import parameters_to_vector, vector_to_parameters
from tinygrad_fs.othernames import missing

__all__ = [
    "clip_grad_norm_",
    "clip_grad_value_",
    "clip_grads_with_norm_",
    "get_total_norm",
    "parameters_to_vector",
    "remove_spectral_norm",
    "remove_weight_norm",
    "rnn",
    "spectral_norm",
    "vector_to_parameters",
    "weight_norm",
]

if not TYPE_CHECKING:  # or a mistyped name would pass for Any
    __getattr__ = missing(__name__)
