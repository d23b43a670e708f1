"""Helpers for modules and their parameters."""

from __future__ import annotations

from tinygrad_fs.nn.utils import rnn

__all__ = ["rnn"]
