"""Functions of neural networks, whose many options have test files of their own."""

from __future__ import annotations

TESTED_ELSEWHERE = {
    "avg_pool2d": "tests/ops/test_pooling.py",
    "batch_norm": "tests/ops/test_normalization.py",
    "conv2d": "tests/ops/test_convolution.py",
    "cross_entropy": "tests/ops/test_loss.py",
    "dropout": "tests/ops/test_dropout.py",
    "linear": "tests/ops/test_linear.py",
    "max_pool2d": "tests/ops/test_pooling.py",
    "mse_loss": "tests/ops/test_loss.py",
}
