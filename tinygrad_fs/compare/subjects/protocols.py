"""Which protocol something follows, and the subject of an audit that it is therefore."""

from __future__ import annotations

import inspect
import operator
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tinygrad_fs.compare.draws import Draw, Template
from tinygrad_fs.compare.errors import AuditError
from tinygrad_fs.compare.subjects.calls import Methods, is_numbers, is_several
from tinygrad_fs.compare.subjects.case import Subject
from tinygrad_fs.compare.subjects.functions import Functions, FunctionSubject
from tinygrad_fs.compare.subjects.layer import LayerCase, LayerSubject
from tinygrad_fs.compare.subjects.origin import Origin
from tinygrad_fs.tensor import Tensor

__all__ = ["subject_of"]

_DERIVATIVES = (("loss", "gradient"), ("__call__", "gradient"), ("__call__", "derivative"), ("forward", "gradient"))


def subject_of(
    target: Any,
    backward: Callable[..., Any] | None,
    *,
    input_shape: Any,
    X: Any,
    args: Sequence[Any],
    kwargs: Mapping[str, Any] | None,
    options: Mapping[str, Any] | None,
    names: Mapping[str, str] | Sequence[str] | None,
    batch_size: int,
) -> Subject:
    """The subject that `target` is, with the arguments of `audit`."""
    if isinstance(target, (tuple, list)) and len(target) == 2 and all(map(callable, target)):
        target, backward = target
    if isinstance(names, str):
        names = [names]
    _check_target(target, backward, args, kwargs, names)
    if backward is not None or inspect.isroutine(target):
        title = getattr(target, "__name__", type(target).__name__)
        inputs = _inputs_of_function(title, target, input_shape, X, options or {})
        return FunctionSubject(Functions(None, target, backward, title), inputs, options, names)
    origin = Origin(target, tuple(args), kwargs)
    sample = origin.sample()
    if Methods.of(sample) is not None:
        inputs = _inputs_of_layer(origin.name, sample, input_shape, X, batch_size)
        _check_inputs(origin.name, sample, inputs, options or {})
        return _with_inputs_that_fit(LayerSubject(origin, inputs, options, names), X is None)
    functions = Functions(sample, *_pair_of(sample, origin.name), origin.name)
    inputs = _inputs_of_pair(functions, input_shape, X, batch_size)
    return FunctionSubject(functions, inputs, options, names, "as given" if X is not None else f"batch {batch_size}")


def _check_target(target: Any, backward: Any, args: Any, kwargs: Any, names: Any) -> None:
    """Refuse what can be no subject."""
    if isinstance(target, types.ModuleType):
        raise AuditError(f"audit: {target.__name__} is a module; name a layer or functions in it")
    if isinstance(target, (tuple, list)) or (backward is not None and not (callable(target) and callable(backward))):
        raise AuditError(
            "audit: functions come in pairs, forward and backward: audit((forward, backward), X=(x, w, b))"
        )
    if names is not None and not isinstance(names, (Mapping, Sequence)):
        raise AuditError(
            "audit: names lead from parameters to their gradients, names={'W': 'dW'}, or list them, names=['W']"
        )
    if (args or kwargs) and not inspect.isclass(target):
        raise AuditError("audit: args and kwargs are for the constructor of a class, and none was given")


def _pair_of(sample: Any, title: str) -> tuple[str, str]:
    """The methods of an object that compute a value and its derivative."""
    for pair in _DERIVATIVES:
        if all(callable(getattr(sample, each, None)) for each in pair):
            return pair
    raise AuditError(
        f"audit: {title} has no forward_pass and backward_pass, no forward and backward, and no loss and gradient; "
        "for functions write audit((forward, backward), X=(x, w, b))"
    )


def _check_inputs(title: str, layer: Any, inputs: list[Any], options: Mapping[str, Any]) -> None:
    """Refuse inputs of a layer that would show nothing."""
    arrays = [each for each in inputs if isinstance(each, Template)]
    if not arrays:
        given = ", ".join(_kind(each) for each in inputs) or "nothing"
        raise AuditError(
            f"audit: {title} was given no array of real numbers to begin with, but {given}; write X=np.array(...)"
        )
    for each in arrays:
        if 0 in each.shape:
            raise AuditError(f"audit: an input of shape {each.shape} has no entries, so that nothing would be compared")
        if each.example is not None and not np.isfinite(each.example).all():
            raise AuditError("audit: X holds nan or infinite values; give numbers at which there is a gradient")
    methods = Methods.of(layer)
    misfit = methods and methods.misfit(layer, tuple(inputs), options)
    if misfit:
        many = f"{len(inputs)} input{'s' * (len(inputs) != 1)}"
        raise AuditError(
            f"audit: {title} was given {many}, which do not fit {misfit}; give one for each: "
            "input_shape=[(4,), (4,)], or X=(a, b), and others as options={...}"
        )


def _kind(value: Any) -> str:
    return f"an array of {value.dtype}" if isinstance(value, np.ndarray) else f"a {type(value).__name__}"


def _with_inputs_that_fit(subject: LayerSubject, drawn: bool) -> LayerSubject:
    """The subject, or the same with integers for inputs if that is what it takes."""
    return subject.with_integers() if drawn and not _runs(subject) and _runs(subject.with_integers()) else subject


def _runs(subject: LayerSubject) -> bool:
    try:
        case = LayerCase(subject, "training", Draw("random", "own", False, 0), [])
        case.forward(case.values)
    except Exception:  # if it is not the inputs' fault, the audit will say so
        return False
    return True


def _inputs_of_layer(title: str, layer: Any, input_shape: Any, X: Any, batch_size: int) -> list[Any]:
    if X is not None:
        return _templates(X)
    if input_shape is None:
        input_shape = getattr(layer, "input_shape", None)
    if input_shape is None or callable(input_shape):
        raise AuditError(
            f"audit: {title} takes inputs of a shape that is not known; give input_shape=(8,), without the batch, "
            "or X=array, with it"
        )
    return [Template((batch_size, *shape)) for shape in _shapes(input_shape)]


def _inputs_of_pair(functions: Functions, input_shape: Any, X: Any, batch_size: int) -> list[Any]:
    if X is not None:
        return _templates(X)
    if input_shape is None:
        raise AuditError(f"audit: give {functions.title} input_shape=(8,), without the batch, or X=(y, p)")
    shapes = [(batch_size, *shape) for shape in _shapes(input_shape)]
    if functions.forward == "loss" and len(shapes) == 1:
        labels = "one-hot" if len(shapes[0]) > 1 and shapes[0][-1] > 1 else "binary"
        return [Template(shapes[0], labels), Template(shapes[0], "simplex" if labels == "one-hot" else "unit")]
    return [*map(Template, shapes)]


def _inputs_of_function(
    title: str, function: Callable[..., Any], input_shape: Any, X: Any, options: Mapping[str, Any]
) -> list[Any]:
    inputs = _arguments_of_function(title, function, input_shape, X)
    try:
        inspect.signature(function).bind(*inputs, **options)
    except TypeError as error:
        raise AuditError(f"audit: X does not fit the arguments of {title}: {error}") from None
    except ValueError:  # a builtin without a signature
        pass
    return inputs


def _arguments_of_function(title: str, function: Callable[..., Any], input_shape: Any, X: Any) -> list[Any]:
    if isinstance(X, Mapping):
        try:
            bound = inspect.signature(function).bind(**X)
        except TypeError as error:
            raise AuditError(f"audit: X does not fit the arguments of {title}: {error}") from None
        if bound.kwargs:
            raise AuditError(f"audit: {', '.join(bound.kwargs)} of {title} can only be passed by name; use options=")
        return [*map(_template, bound.args)]
    if X is not None:
        return _templates(X)
    if input_shape is None:
        raise AuditError(f"audit: give the arguments of {title}, in their order: X=(x, w, b)")
    return [*map(Template, _shapes(input_shape))]


def _templates(X: Any) -> list[Any]:
    return [*map(_template, X)] if is_several(X) else [_template(X)]


def _template(value: Any) -> Any:
    """An argument as the template of others like it, if it is an array."""
    if isinstance(value, Tensor):
        value = value.data
    if is_numbers(value) and isinstance(value, (list, tuple)):
        value = np.asarray(value)
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fiub":
        return value
    return Template.of(value)


def _shapes(input_shape: Any) -> list[tuple[int, ...]]:
    """One shape or several."""
    if isinstance(input_shape, (int, np.integer)):
        input_shape = (input_shape,)
    try:
        one = all(isinstance(each, (int, np.integer)) for each in input_shape)
        shapes = [tuple(map(operator.index, shape)) for shape in ([input_shape] if one else input_shape)]
    except TypeError:
        shapes = [(-1,)]
    if any(size < 0 for shape in shapes for size in shape):
        raise AuditError(f"audit: input_shape={input_shape!r} is no shape; write (1, 8, 8)")
    return shapes
