"""Sequences of different lengths: padded to one length, or packed without padding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tinygrad_fs import ops
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = [
    "PackedSequence",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]


class PackedSequence(NamedTuple):
    """Sequences of different lengths without padding, step after step; what `pack_padded_sequence` makes.

    Attributes
    ----------
    data : Tensor
        Of shape (sum of lengths, ...): the first step of all sequences, longest first, then the second of those that
        have one, and so on.
    batch_sizes : Tensor
        How many sequences each step has.
    sorted_indices, unsorted_indices : Tensor or None
        The sequences in this order, and their places in it; None where they were given in order.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> packed = tg.nn.utils.rnn.pack_sequence([tg.tensor([1, 2, 3]), tg.tensor([4])])
    >>> packed.data, packed.batch_sizes
    (tensor([1, 4, 2, 3]), tensor([2, 1, 1]))
    """

    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None = None
    unsorted_indices: Tensor | None = None


def pack_padded_sequence(
    input: TensorLike, lengths: TensorLike, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Pack padded sequences.

    Parameters
    ----------
    input : array_like
        Of shape (steps, sequences, ...), or (sequences, steps, ...) if `batch_first`.
    lengths : array_like of int
        Of shape (sequences,), each at least 1.
    batch_first : bool, default False
    enforce_sorted : bool, default True
        Whether the longest sequence comes first; False sorts them.

    Raises
    ------
    ValueError
        If the lengths do not fit the input, or are not in order where they have to be.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> padded = tg.tensor([[1.0, 2.0], [3.0, 0.0]])
    >>> tg.nn.utils.rnn.pack_padded_sequence(padded, [2, 1], batch_first=True).data
    tensor([1., 3., 2.])
    """
    x, counts = given(input), np.asarray(array_of(lengths))
    sequences, steps = x.shape[:2] if batch_first else x.shape[1::-1]
    if counts.shape != (sequences,) or not sequences or counts.min() < 1 or counts.max() > steps:
        raise ValueError(
            f"pack_padded_sequence: lengths {counts.tolist()} do not fit {sequences} sequences of up to {steps} steps; "
            "there is one for each, from 1 on"
        )
    order = np.argsort(-counts, kind="stable")
    if enforce_sorted and (np.diff(counts) > 0).any():
        raise ValueError(
            f"pack_padded_sequence: lengths {counts.tolist()} do not fall; sort the sequences, or use "
            "enforce_sorted=False"
        )
    sizes = (counts > np.arange(counts.max())[:, None]).sum(1)
    step = np.repeat(np.arange(len(sizes)), sizes)
    sequence = order[np.concatenate([np.arange(size) for size in sizes])]
    data = x[(sequence, step) if batch_first else (step, sequence)]
    indices = (None, None) if enforce_sorted else (Tensor(order), Tensor(np.argsort(order)))
    return PackedSequence(_as_tensor(data), Tensor(sizes), *indices)


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Undo `pack_padded_sequence`.

    Parameters
    ----------
    sequence : PackedSequence
    batch_first : bool, default False
        Give (sequences, steps, ...) in place of (steps, sequences, ...).
    padding_value : float, default 0
        What follows after the end of a sequence.
    total_length : int, optional
        How many steps to pad to; those of the longest sequence if not given.

    Returns
    -------
    padded : Tensor
    lengths : Tensor

    Raises
    ------
    ValueError
        If `total_length` is too small.
    TypeError
        If `sequence` is not packed.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> rnn = tg.nn.utils.rnn
    >>> packed = rnn.pack_sequence([tg.tensor([1.0, 2.0]), tg.tensor([3.0])])
    >>> rnn.pad_packed_sequence(packed, batch_first=True)
    (tensor([[1., 2.],
            [3., 0.]]), tensor([2, 1]))
    """
    if not isinstance(sequence, PackedSequence):
        raise TypeError(f"pad_packed_sequence: it takes a PackedSequence, not a {type(sequence).__name__}")
    sizes = sequence.batch_sizes.data
    steps = len(sizes) if total_length is None else total_length
    if steps < len(sizes):
        raise ValueError(
            f"pad_packed_sequence: total_length={total_length} is less than the {len(sizes)} steps there are"
        )
    lengths = (sizes[:, None] > np.arange(sizes[0])).sum(0)
    starts = np.cumsum(sizes) - sizes
    rows = np.full((steps, sizes[0]), len(sequence.data))  # a row of padding, which is joined below
    for step, (start, size) in enumerate(zip(starts, sizes)):
        rows[step, :size] = np.arange(start, start + size)
    if sequence.unsorted_indices is not None:
        back = sequence.unsorted_indices.data
        rows, lengths = rows[:, back], lengths[back]
    padding = np.full_like(sequence.data.data, padding_value, shape=(1, *sequence.data.shape[1:]))
    padded = ops.concatenate([sequence.data, padding])[rows.T if batch_first else rows]
    return padded, Tensor(lengths)


def pad_sequence(
    sequences: Sequence[TensorLike],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Pad sequences to the length of the longest one.

    Parameters
    ----------
    sequences : sequence of array_like
        Each of shape (its length, ...).
    batch_first : bool, default False
        Give (sequences, steps, ...) in place of (steps, sequences, ...).
    padding_value : float, default 0
    padding_side : {"right", "left"}

    Raises
    ------
    ValueError
        If there are none, their other axes differ, or the side is another one.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.utils.rnn.pad_sequence([tg.tensor([1, 2, 3]), tg.tensor([4])], batch_first=True)
    tensor([[1, 2, 3],
            [4, 0, 0]])
    """
    if padding_side not in ("right", "left"):
        raise ValueError(f"pad_sequence: padding_side={padding_side!r} is neither 'right' nor 'left'")
    parts = _checked("pad_sequence", sequences)
    longest = max(len(part) for part in parts)
    padded = []
    for part in parts:
        more = longest - len(part)
        sides = (0, more) if padding_side == "right" else (more, 0)
        padded.append(ops.pad(part, (sides, *[(0, 0)] * (part.ndim - 1)), constant_values=padding_value))
    return _as_tensor(ops.stack(padded, axis=0 if batch_first else 1))


def pack_sequence(sequences: Sequence[TensorLike], enforce_sorted: bool = True) -> PackedSequence:
    """Pack sequences, each of shape (its length, ...); see `pack_padded_sequence`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.utils.rnn.pack_sequence([tg.tensor([4]), tg.tensor([1, 2])], enforce_sorted=False).data
    tensor([1, 4, 2])
    """
    lengths = [len(part) for part in _checked("pack_sequence", sequences)]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences, each of shape (its length, ...): undoes `pack_sequence`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> rnn = tg.nn.utils.rnn
    >>> rnn.unpack_sequence(rnn.pack_sequence([tg.tensor([1, 2]), tg.tensor([3])]))
    [tensor([1, 2]), tensor([3])]
    """
    return unpad_sequence(*pad_packed_sequence(packed_sequences, batch_first=True), batch_first=True)


def unpad_sequence(padded_sequences: TensorLike, lengths: TensorLike, batch_first: bool = False) -> list[Tensor]:
    """The sequences, each of shape (its length, ...), without what `pad_sequence` put after them.

    Parameters
    ----------
    padded_sequences : array_like
        Of shape (steps, sequences, ...), or (sequences, steps, ...) with `batch_first`.
    lengths : array_like of int
        One for each sequence.
    batch_first : bool, default False

    Raises
    ------
    ValueError
        If there are other numbers of lengths than of sequences, or a length is out of range.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.utils.rnn.unpad_sequence(tg.tensor([[1, 2, 3], [4, 0, 0]]), [3, 1], batch_first=True)
    [tensor([1, 2, 3]), tensor([4])]
    """
    padded = given(padded_sequences)
    rows = padded if batch_first else ops.swapaxes(padded, 0, 1)
    counts = np.asarray(array_of(given(lengths))).tolist()
    if len(counts) != rows.shape[0] or any(not 0 <= count <= rows.shape[1] for count in counts):
        raise ValueError(
            f"unpad_sequence: lengths {counts} for {rows.shape[0]} sequences of {rows.shape[1]} steps; "
            f"batch_first={batch_first}"
        )
    return [_as_tensor(rows[n, :count]) for n, count in enumerate(counts)]


def _checked(name: str, sequences: Sequence[TensorLike]) -> list[Any]:
    parts = [given(part) for part in sequences]
    if not parts or any(part.ndim < 1 or part.shape[1:] != parts[0].shape[1:] for part in parts):
        shapes = ", ".join(str(part.shape) for part in parts)
        raise ValueError(f"{name}: sequences of shapes {shapes or '(none)'}; they may differ in axis 0 alone")
    return parts


def _as_tensor(x: Any) -> Tensor:
    return x if isinstance(x, Tensor) else Tensor(x)
