"""The loss over alignments, beside a forward and a backward recursion in NumPy.

The recursions are those of Graves et al. 2006, section 4.1, in log space, with -1e30 in the place of log 0.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from op_case import Case

import tinygrad_fs as tg

STEPS, CLASSES, LABELS = 50, 20, 10
STATES = 2 * LABELS + 1
NEVER = np.float32(-1e30)


def sequences(size: int, rng: np.random.Generator) -> Any:
    """Logarithms of chances, of shape (steps, samples, classes)."""
    scores = rng.standard_normal((STEPS, size // (STEPS * CLASSES), CLASSES))
    return scores - np.log(np.exp(scores).sum(-1, keepdims=True))


@lru_cache(maxsize=8)
def labels(samples: int) -> Any:
    return np.random.default_rng(4).integers(1, CLASSES, (samples, LABELS))


@lru_cache(maxsize=8)
def states(samples: int) -> tuple[Any, Any]:
    """The label of each state, blanks in between and around, and what it costs to skip the blank before it."""
    extended = np.zeros((samples, STATES), np.intp)
    extended[:, 1::2] = labels(samples)
    skips = np.full((samples, STATES), NEVER)
    skips[:, 2:][(extended[:, 2:] != 0) & (extended[:, 2:] != extended[:, :-2])] = 0
    return extended, skips


def shifted(a: Any, by: int) -> Any:
    result = np.full_like(a, NEVER)
    if by > 0:
        result[:, by:] = a[:, :-by]
    else:
        result[:, :by] = a[:, -by:]
    return result


def log_of_sum(a: Any, b: Any, c: Any) -> Any:
    top = np.maximum(np.maximum(a, b), c)
    return top + np.log(np.exp(a - top) + np.exp(b - top) + np.exp(c - top))


def emitted(x: Any) -> Any:
    samples = x.shape[1]
    return x[:, np.arange(samples)[:, None], states(samples)[0]]


def forwards(x: Any) -> Any:
    """Logarithms of the chances to be in a state after each step."""
    skips, emissions = states(x.shape[1])[1], emitted(x)
    alphas = np.empty_like(emissions)
    alphas[0] = NEVER
    alphas[0, :, :2] = emissions[0, :, :2]
    for t in range(1, len(x)):
        a = alphas[t - 1]
        alphas[t] = log_of_sum(a, shifted(a, 1), shifted(a, 2) + skips) + emissions[t]
    return alphas


def losses(alphas: Any) -> Any:
    return -np.logaddexp(alphas[-1, :, -1], alphas[-1, :, -2])


def value(x: Any) -> Any:
    return losses(forwards(x)).sum()


def derivative(g: Any, y: Any, x: Any, alphas: Any) -> Any:
    extended, skips = states(x.shape[1])
    emissions = emitted(x)
    beta = np.full_like(alphas[0], NEVER)
    beta[:, -2:] = 0
    dx = np.zeros_like(x)
    rows = np.arange(x.shape[1])[:, None]
    base = alphas + losses(alphas)[:, None]
    for t in reversed(range(len(x))):
        np.add.at(dx[t], (rows, extended), -g * np.exp(base[t] + beta))
        ahead = beta + emissions[t]
        beta = log_of_sum(ahead, shifted(ahead, -1), shifted(ahead + skips, -2))
    return dx


def ours(x: Any) -> Any:
    samples = x.shape[1]
    return tg.ctc_loss(x, labels(samples), [STEPS] * samples, [LABELS] * samples, reduction="sum")


CASES = [Case("ctc_loss", [sequences], value, derivative, ours, keep=lambda x: (forwards(x),))]
