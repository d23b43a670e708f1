"""The built-in layout: layers, scopes as boxes in boxes, and the curves of edges. It knows no graph of ours."""

from tinygrad_fs.viz.layout.curves import Path
from tinygrad_fs.viz.layout.nested import Layout, Link, Rectangle, ScopeShape, lay_out
from tinygrad_fs.viz.layout.ranks import spans
from tinygrad_fs.viz.layout.routing import led_around

__all__ = ["Layout", "Link", "Path", "Rectangle", "ScopeShape", "lay_out", "led_around", "spans"]
