"""`audit`: whether a hand-written backward is the gradient of its forward."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tinygrad_fs.compare.errors import AuditError, check_numbers
from tinygrad_fs.compare.inquiry import Inquiry
from tinygrad_fs.compare.isolation.muted import muted
from tinygrad_fs.compare.isolation.randomness import preserved
from tinygrad_fs.compare.report import Report
from tinygrad_fs.compare.subjects.protocols import subject_of

__all__ = ["assert_backward_matches", "audit"]


def audit(
    layer: Any,
    backward: Callable[..., Any] | None = None,
    *,
    input_shape: Any = None,
    X: Any = None,
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
    names: Mapping[str, str] | Sequence[str] | None = None,
    modes: Sequence[str] | None = None,
    batch_size: int = 3,
    draws: int = 3,
    variations: bool = True,
    budget: int | None = None,
    seed: int = 0,
) -> Report:
    """Tell whether a hand-written backward is the gradient of its forward.

    The forward runs on Tensors, unmodified, and so gives the true gradients; where it cannot, under a namespace in
    which ``np.zeros`` and the like give Tensors; where that fails too, central differences give them. They confirm the
    other two. What the backward gives is compared on several random draws, on ties and kinks, on a batch of one, with
    other strides and even kernels where the layer has such settings, in training, in evaluation and frozen.

    Parameters
    ----------
    layer : object, class or callable
        One of

        - a layer with ``forward_pass`` and ``backward_pass`` that updates its weights by the optimizer that
          ``initialize`` is given, or its class;
        - a layer with ``forward`` and ``backward`` that leaves gradients in a dictionary ``grads`` beside ``params``
          (or ``gradients`` beside ``parameters``), in attributes ``dW`` beside ``W``, or where `names` says;
        - a pair of functions, ``forward(x, w, ...) -> (out, cache)`` and ``backward(dout, cache) -> gradients``;
        - a function ``loss(x, y) -> (loss, gradient)``;
        - an object with ``loss(y, p)`` and ``gradient(y, p)``, or one that is called and has a ``gradient``.
    backward : callable, optional
        The second function of a pair.
    input_shape : tuple of int, optional
        Of one sample, without the batch. For functions: the whole shapes of all arguments.
    X : array, or tuple of arguments, optional
        In the place of `input_shape`: inputs to begin with, the batch first. For functions all positional arguments;
        those that are no arrays are passed on, as copies where they can change. Further draws are alike: labels stay
        labels, probabilities probabilities.
    args, kwargs : sequence and mapping, optional
        For the constructor, if a class is given.
    options : mapping, optional
        Keyword arguments of the forward.
    names : mapping or sequence of str, optional
        The parameters of a layer, each with the attribute of its gradient, as ``{"W": "dW"}``; or the arguments of a
        function whose gradients are returned, in their order.
    modes : sequence of str, optional
        Of "training", "evaluation" and "frozen" those to audit; all that the layer has, if not given.
    batch_size : int, default 3
    draws : int, default 3
        How many random draws, besides those with ties.
    variations : bool, default True
        Audit it with a batch of one, another stride and an even kernel, too, in all modes.
    budget : int, optional
        Where the truth is found by central differences: how often the forward may run for one gradient in one draw.
        An entry takes four runs. A gradient with too many entries for that is compared along as many random directions
        as there is room for, from 3 to 40. If not given, 8,000 runs, or fewer if they would take longer than ten
        seconds. (All else takes some hundred runs.)
    seed : int, default 0

    Returns
    -------
    Report
        With `ok`, `findings`, a table as its text, `to_json()` and `to_html(path)`.

    Raises
    ------
    AuditError
        If what was asked for cannot be audited: a shape is missing, a class needs arguments, inputs hold nan, `names`
        names nothing.

    Examples
    --------
    >>> class Cube:
    ...     def forward(self, x):
    ...         self.x = x
    ...         return x**3
    ...
    ...     def backward(self, grad):
    ...         return grad * 3 * self.x
    >>> report = audit(Cube(), input_shape=(2,))
    >>> report.ok
    False
    >>> {(finding.name, finding.verdict) for finding in report.findings}
    {('input', 'wrong')}
    """
    check_numbers("audit", batch_size=(batch_size, 1), draws=(draws, 1), seed=(seed, 0))
    if budget is not None:
        check_numbers("audit", budget=(budget, 1))
    with preserved(), muted(), np.errstate(all="ignore"):
        subject = subject_of(
            layer, backward, input_shape=input_shape, X=X, args=args, kwargs=kwargs, options=options, names=names,
            batch_size=batch_size,
        )  # fmt: skip
        subject.budget = budget
        with preserved(subject.generators):
            inquiry = Inquiry(
                subject,
                [modes] if isinstance(modes, str) else modes,
                draws=draws,
                given=X is not None,
                seed=seed,
                variations=variations,
            )
    if not inquiry.findings:
        raise AuditError(
            f"audit: {subject.title} has no gradient that could be audited: its input is of integers, and no "
            "parameters were found; give X of floats, or name the parameters: names={'W': 'dW'}"
        )
    return Report(subject.title, tuple(inquiry.findings), tuple(inquiry.remarks))


def assert_backward_matches(layer: Any, backward: Callable[..., Any] | None = None, **arguments: Any) -> None:
    """Raise if a hand-written backward is not the gradient of its forward: `audit`, for test suites.

    Parameters
    ----------
    layer, backward, **arguments
        As for `audit`.

    Raises
    ------
    AssertionError
        With the report as its message, and a script that reproduces what is wrong.

    Examples
    --------
    >>> def double(x):
    ...     return 2 * x, None
    >>> def double_backward(dout, cache):
    ...     return 2 * dout
    >>> assert_backward_matches(double, double_backward, X=np.ones(3))
    """
    report = audit(layer, backward, **arguments)
    if not report.ok:
        raise AssertionError(str(report))
