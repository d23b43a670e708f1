"""Data: datasets, batches, readers of local files, transforms of images, and the digits that come with the package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinygrad_fs.data import transforms
from tinygrad_fs.data.bundled import digits
from tinygrad_fs.data.collation import default_collate
from tinygrad_fs.data.datasets import Dataset, Subset, TensorDataset, random_split
from tinygrad_fs.data.idx import read_idx
from tinygrad_fs.data.loader import DataLoader
from tinygrad_fs.data.sampling import batches, train_test_split
from tinygrad_fs.data.table import read_csv
from tinygrad_fs.othernames import missing

__all__ = [
    "DataLoader",
    "Dataset",
    "Subset",
    "TensorDataset",
    "batches",
    "default_collate",
    "digits",
    "random_split",
    "read_csv",
    "read_idx",
    "train_test_split",
    "transforms",
]

if not TYPE_CHECKING:  # or a mistyped name would pass for Any
    __getattr__ = missing(__name__)
