"""Two ways of backprop through the same layers, side by side."""

from tinygrad_fs.compare.two_ways.comparison import Comparison
from tinygrad_fs.compare.two_ways.side_by_side import side_by_side

__all__ = ["Comparison", "side_by_side"]
