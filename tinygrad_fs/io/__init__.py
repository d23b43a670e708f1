"""Reading and writing files: checkpoints without pickle, and writes that never lose the old file."""

from tinygrad_fs.io.checkpoint import load, save
from tinygrad_fs.io.files import replacing
from tinygrad_fs.io.restoring import Restored, restore

__all__ = ["Restored", "load", "replacing", "restore", "save"]
