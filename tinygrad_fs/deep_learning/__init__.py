"""The deep-learning API of ML-From-Scratch, made right: networks of layers that know their own backward pass."""

from __future__ import annotations

from tinygrad_fs.deep_learning.early_stopping import EarlyStopping
from tinygrad_fs.deep_learning.neural_network import NeuralNetwork

__all__ = ["EarlyStopping", "NeuralNetwork"]
