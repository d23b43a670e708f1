"""Lines: of the user's program, as a page quotes them."""

from __future__ import annotations

import linecache
import os
from typing import NamedTuple

from tinygrad_fs.viz.labels import legible, shorten

__all__ = ["Line", "Lines"]

_LONGEST = 200


class Line(NamedTuple):
    """A line of a program: the file, as seen from the folder of work, the number, and what stands there."""

    file: str
    number: int
    text: str


class Lines:
    """The lines that a page quotes, each once."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, int], int] = {}
        self.known: list[Line] = []

    def add(self, where: tuple[str, int] | None) -> int:
        """The number of a line; -1 for none."""
        if where is None:
            return -1
        place = self._places.get(where)
        if place is None:
            place = self._places[where] = len(self.known)
            file, number = where
            text = shorten(legible(linecache.getline(file, number).strip()), _LONGEST)
            self.known.append(Line(legible(_near(file)), number, text))
        return place


def _near(file: str) -> str:
    """A path as seen from the current folder; of one elsewhere, its name."""
    try:
        path = os.path.relpath(file)
    except ValueError:  # on another drive
        return os.path.basename(file)
    return os.path.basename(file) if path.startswith("..") else path
