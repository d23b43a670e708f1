"""The deep-learning API of ML-From-Scratch, made right: layers, losses, optimizers."""

from __future__ import annotations

__all__: list[str] = []
