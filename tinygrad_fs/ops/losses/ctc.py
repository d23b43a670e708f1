"""Connectionist temporal classification: the likelihood of labels, whatever their alignment with a sequence.

Graves et al. 2006, "Connectionist temporal classification: labelling unsegmented sequence data with recurrent
neural networks". The recursion over time is made of ops in log space, one for each step, for all samples and labels
at once; so its derivatives of every order follow, and no backward recursion is written.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_fs.dtypes import alongside
from tinygrad_fs.op import Op
from tinygrad_fs.ops.arranging.joining import stack
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.elementwise.choice import where
from tinygrad_fs.ops.losses.loss import check_labels, reduced
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.ops.reductions.reduction import logsumexp
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["ctc_loss"]


class CTCStep(Op):
    """y_s = e_s + log(exp x_s + exp x_(s-1) + exp x_(s-2)), the last where it may skip;  dx: each term's share of g.

    State s of a path is its place in the labels with blanks in between and around. From one step to the next it
    stays, goes on by one, or skips a blank between two labels that differ; x has the logarithms of the chances before
    the step, e those of what is emitted in it. `skips` is 0 where a state can be come to by a skip, and -inf elsewhere.
    """

    def forward(x: Any, e: Any, *, skips: Any) -> Any:
        ways = np.full_like(x, -np.inf, shape=(3, *x.shape), dtype=np.result_type(x, np.float32))
        ways[0], ways[1, :, 1:], ways[2, :, 2:] = x, x[:, :-1], x[:, :-2] + skips[:, 2:]
        # From what cannot be, at -inf, a finite number is subtracted: the difference stays -inf.
        top = np.maximum(np.maximum.reduce(ways, axis=0), np.finfo(ways.dtype).min)
        ways -= top
        with np.errstate(divide="ignore"):
            result = np.log(np.add.reduce(np.exp(ways, out=ways), axis=0))
        return (result + top + e).astype(x.dtype, copy=False)

    def vjp(g: Any, x: Any, e: Any, out: Any, skips: Any) -> Any:
        total = out - e
        total = np.where(total == total, np.maximum(total, np.finfo(total.dtype).min), 0)  # -inf - -inf is nan
        stays, goes = np.exp(x - total), np.exp(x[:, :-1] - total[:, 1:])
        skipped = np.exp(x[:, :-2] + skips[:, 2:] - total[:, 2:])
        # They add up to 1 but for the rounding of y, which costs digits where y is large.
        shares = stays.copy()
        shares[:, 1:] += goes
        shares[:, 2:] += skipped
        each = g / np.where(shares == 0, 1, shares)
        dx = each * stays
        dx[:, :-1] += each[:, 1:] * goes
        dx[:, :-2] += each[:, 2:] * skipped
        return dx, g


def ctc_loss(
    log_probs: TensorLike,
    targets: TensorLike,
    input_lengths: TensorLike,
    target_lengths: TensorLike,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """Negative log-likelihood of label sequences, summed over all their alignments with the input.

    Parameters
    ----------
    log_probs : array_like
        Of shape (T, N, C), or (T, C) for a single sample, as `log_softmax` gives them.
    targets : array_like of int
        Of shape (N, S), padded at will, or (sum of target lengths,), one sample after the other.
    input_lengths, target_lengths : array_like of int
        Of shape (N,), or one number for a single sample.
    blank : int, default 0
        The class that stands for no label.
    reduction : {"mean", "sum", "none"}
        The mean is that of losses per label: each is divided by its target length, or by 1 if that is 0.
    zero_infinity : bool, default False
        Count a loss that is inf, since the input is too short for its labels, as 0.

    Returns
    -------
    Tensor
        0-d, or of shape (N,) for reduction "none". A loss that is inf has gradient 0.

    Raises
    ------
    ValueError
        If shapes or lengths do not fit together, a target is blank, or `reduction` is another one.
    IndexError
        If a target or the blank is out of range.
    TypeError
        If targets or lengths are not integers.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> uniform = tg.log_softmax(tg.zeros((2, 1, 3)), axis=-1)
    >>> tg.ctc_loss(uniform, [[1]], [2], [1])  # three of nine paths: 1 1, 1 _ and _ 1
    tensor(1.0986123)
    """
    logs = given(log_probs)
    if logs.ndim not in (2, 3):
        raise ValueError(f"ctc_loss: log_probs have shape {logs.shape}; they need (T, N, C), or (T, C) for one sample")
    batched = logs.ndim == 3
    logs = logs if batched else logs[:, None]
    steps, samples, classes = logs.shape
    check_labels("ctc_loss", np.asarray([blank]), classes)
    inputs = _lengths("input_lengths", input_lengths, samples, steps)
    counts = _lengths("target_lengths", target_lengths, samples)
    extended = _with_blanks(_padded(targets, counts, blank, classes, batched), blank)
    likelihood = _log_likelihood(logs, extended, inputs, counts, blank)
    losses: Tensor = -likelihood
    if zero_infinity:
        losses = where(array_of(losses) == np.inf, 0, losses)
    if not batched:
        losses = losses[0]
    if reduction == "mean":
        per_label = np.maximum(counts, 1).astype(losses.dtype)
        losses = losses / (alongside(per_label, losses) if batched else per_label.item())
    return reduced("ctc_loss", losses, reduction)


def _log_likelihood(logs: Any, extended: Any, inputs: Any, counts: Any, blank: int) -> Any:
    """The logarithm of the sum over paths, for each sample."""
    samples, states = extended.shape
    rows = np.arange(samples)
    differ = (extended != blank) & (extended != np.roll(extended, 2, axis=1)) & (np.arange(states) >= 2)
    skips, may_start = _logarithm(differ, logs), _logarithm(np.arange(states) < 2, logs)
    longest = int(inputs.max(initial=0))
    emitted = logs[:longest][:, rows[:, None], extended]
    # Without steps, a sum of nothing: the loss is a constant, but it belongs to the graph.
    state: Any = may_start + (emitted[0] if longest else np.sum(emitted, axis=0))
    for t in range(1, longest):
        after = CTCStep.apply(state, emitted[t], skips=skips)
        going = t < inputs
        state = after if going.all() else where(going[:, None], after, state)
    # A path ends in the last label or in the blank after it.
    ends_in_label = _logarithm(counts > 0, logs)
    ends = stack([state[rows, 2 * counts], state[rows, np.maximum(2 * counts - 1, 0)] + ends_in_label])
    total = logsumexp(ends, axis=0)
    if (inputs == 0).any():  # no step is a path without labels
        total = where(inputs == 0, _logarithm(counts == 0, logs), total)
    return total


def _logarithm(possible: Any, logs: Any) -> Any:
    """The logarithm of 1 for what is possible and of 0 for what is not, as the kind of array that `logs` is."""
    return alongside(np.where(possible, 0, -np.inf).astype(logs.dtype), logs)


def _with_blanks(labels: Any, blank: int) -> Any:
    """Labels (N, S) as (N, 2 S + 1): a blank before, between and after them."""
    extended = np.full((len(labels), 2 * labels.shape[1] + 1), blank)
    extended[:, 1::2] = labels
    return extended


def _padded(targets: Any, counts: Any, blank: int, classes: int, batched: bool) -> Any:
    """The labels of shape (N, S), checked, with blanks after the end of each sample's."""
    labels = np.asarray(array_of(targets))
    longest = int(counts.max(initial=0))
    if labels.size == 0 and longest == 0:
        return np.zeros((len(counts), 0), np.intp)
    valid = np.arange(longest) < counts[:, None]
    padded = np.full(valid.shape, blank)
    if labels.ndim == 2 and labels.shape[0] == len(counts) and labels.shape[1] >= longest:
        given_labels = labels[:, :longest][valid]
    elif labels.ndim == 1 and (len(labels) == counts.sum() or (not batched and len(labels) >= longest)):
        given_labels = labels[: counts.sum()]
    else:
        raise ValueError(
            f"ctc_loss: targets of shape {labels.shape} do not fit {len(counts)} samples with target_lengths "
            f"{counts.tolist()}; they need (N, S) with S at least {longest}, or ({counts.sum()},)"
        )
    check_labels("ctc_loss", given_labels, classes)
    if (given_labels == blank).any():
        raise ValueError(
            f"ctc_loss: a target is {blank}, which stands for blank; choose another blank, or leave it out"
        )
    padded[valid] = given_labels
    return padded


def _lengths(name: str, lengths: Any, samples: int, most: int | None = None) -> Any:
    """Lengths as an array of shape (N,), checked."""
    array = np.asarray(array_of(lengths))
    array = array.reshape(1) if array.ndim == 0 and samples == 1 else array
    if array.size and array.dtype.kind not in "iu":
        raise TypeError(f"ctc_loss: {name} have dtype {array.dtype}; they must be integers")
    if array.shape != (samples,):
        raise ValueError(f"ctc_loss: {name} have shape {array.shape}; {samples} samples need ({samples},)")
    if (array < 0).any() or (most is not None and (array > most).any()):
        limit = "at least 0" if most is None else f"from 0 to T = {most}"
        raise ValueError(f"ctc_loss: {name}={array.tolist()} must be {limit}")
    return array.astype(np.intp)
