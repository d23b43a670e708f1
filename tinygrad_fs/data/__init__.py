"""Data: the handwritten digits that come with the package, splits, and minibatches."""

from tinygrad_fs.data.datasets import digits
from tinygrad_fs.data.sampling import batches, train_test_split

__all__ = ["batches", "digits", "train_test_split"]
