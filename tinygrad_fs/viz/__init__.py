"""Drawings of graphs: `viz.graph(loss)` shows how a tensor came to be.

It reads nodes from outside; the engine does not know that it is drawn.
"""

from tinygrad_fs.viz.drawing import graph
from tinygrad_fs.viz.picture import Graph
from tinygrad_fs.viz.programs import Diagnosis, RenderError, doctor
from tinygrad_fs.viz.record import record

__all__ = ["Diagnosis", "Graph", "RenderError", "doctor", "graph", "record"]
