"""The order in which a recurrent layer goes through sequences, and the rows in which they stand."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

__all__ = ["Steps"]


class Steps:
    """Sequences in rows, one step after the other, and in each step the longer sequences first.

    So the sequences that are still going on at a step are the first ones, and its rows lie together. Where all have one
    length the rows are those of an array of shape (steps, sequences, features).

    Parameters
    ----------
    sizes : sequence of int
        How many sequences each step has; never more than the one before.
    reverse : bool
        Whether the layer begins at the end.
    """

    def __init__(self, sizes: Any, reverse: bool = False) -> None:
        self.sizes: tuple[int, ...] = tuple(sizes)
        self.reverse = reverse
        self.rows = [slice(end - size, end) for size, end in zip(self.sizes, itertools.accumulate(self.sizes))]

    def __repr__(self) -> str:
        return f"{len(self.rows)} steps of up to {max(self.sizes, default=0)}{', backwards' if self.reverse else ''}"

    def in_order(self) -> list[slice]:
        """The rows of each step, in the order in which the layer takes them."""
        return self.rows[::-1] if self.reverse else self.rows

    def before(self, states: Any, first: Any) -> Any:
        """For each row the state from which its step began: that of the step before, or the sequence's first."""
        pieces = [(states if inner else first)[rows] for inner, rows in self._pieces()]
        return np.concatenate(pieces) if len(pieces) > 1 else pieces[0]

    def _pieces(self) -> list[tuple[bool, slice]]:
        """What `before` joins: rows of the states (True) or of the first ones (False); neighbours as one piece."""
        pieces: list[tuple[bool, slice]] = []
        for step, size in enumerate(self.sizes):
            earlier = step + 1 if self.reverse else step - 1
            going, start = 0, 0
            if 0 <= earlier < len(self.rows):
                going, start = min(size, self.sizes[earlier]), self.rows[earlier].start
            for piece in ((True, slice(start, start + going)), (False, slice(going, size))):
                if pieces and piece[0] == pieces[-1][0] and pieces[-1][1].stop == piece[1].start:
                    piece = (piece[0], slice(pieces.pop()[1].start, piece[1].stop))
                if piece[1].stop > piece[1].start:
                    pieces.append(piece)
        return pieces or [(True, slice(0, 0))]
