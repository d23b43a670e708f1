"""What tests of drawings look at: titles, boxes, edges."""

from __future__ import annotations

import numpy as np

import tinygrad_fs as tg
from tinygrad_fs import viz
from tinygrad_fs.viz.scene import Box

__all__ = ["box_of", "edges_of", "leaf", "titles_of"]


def leaf(*shape: int, dtype: str = "float32") -> tg.Tensor:
    return tg.Tensor(np.ones(shape, dtype), requires_grad=True)


def titles_of(picture: viz.Graph) -> list[str]:
    return [box.title for box in picture.nodes]


def box_of(picture: viz.Graph, title: str) -> Box:
    (box,) = [box for box in picture.nodes if box.title == title]
    return box


def edges_of(picture: viz.Graph) -> set[tuple[str, str, str]]:
    """The edges by the titles of their ends, each with its kind."""
    titles = titles_of(picture)
    return {(titles[link.source], titles[link.reader], link.kind) for link in picture.edges}
