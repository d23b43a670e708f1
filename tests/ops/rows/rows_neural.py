"""Functions of neural networks, whose many options have test files of their own."""

from __future__ import annotations

TESTED_ELSEWHERE = {
    "avg_pool2d": "tests/ops/images/test_pooling.py",
    "batch_norm": "tests/ops/layers/test_normalization.py",
    "conv2d": "tests/ops/images/test_convolution.py",
    "cross_entropy": "tests/ops/losses/test_loss.py",
    "dropout": "tests/ops/layers/test_dropouts.py",
    "linear": "tests/ops/layers/test_affine.py",
    "max_pool2d": "tests/ops/images/test_pooling.py",
    "mse_loss": "tests/ops/losses/test_loss.py",
}
