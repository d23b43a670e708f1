"""Which parameters a layer has, and where its backward leaves their gradients."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tinygrad_fs.compare.errors import AuditError
from tinygrad_fs.compare.isolation.parts import Place, parts, places_of, walk
from tinygrad_fs.compare.subjects.recorder import Recorder, Update

__all__ = ["Backward", "Parameter", "discover", "is_there", "zero_gradients"]

_TABLES = (("params", "grads"), ("parameters", "gradients"))
_VALUES_OF_OBJECTS = ("value", "data")


class Backward(NamedTuple):
    """What is left after a hand-written backward.

    Attributes
    ----------
    layer : object
        The layer on which it ran.
    updates : list of Update
        What it handed to the recording optimizer.
    before : dict of Place to ndarray
        The arrays of floats that the layer held when backward began.
    rate : float or None
        The learning rate that backward was told, if it takes one.
    extra : tuple
        What it returned besides the gradients of the inputs.
    """

    layer: Any
    updates: list[Update]
    before: dict[Place, Any]
    rate: float | None
    extra: tuple[Any, ...]


class Parameter(NamedTuple):
    """A parameter of a layer.

    Attributes
    ----------
    name : str
    places : tuple of Place
        All places where its array stands in the layer.
    gradient : callable
        Reads its gradient.
    reading : str
        The same as an expression in `used`, the layer after backward, `returned`, what backward returned,
        `caught`, the gradients that an optimizer was handed for it, and `held`, what it was before.
    """

    name: str
    places: tuple[Place, ...]
    gradient: Callable[[Backward], Any]
    reading: str

    def put(self, layer: Any, value: Any) -> None:
        """Let a Tensor, or a copy of an array, stand in all its places in a layer."""
        value = value.copy() if isinstance(value, np.ndarray) else value
        for place in self.places:
            place.put(layer, value)


def discover(
    layer: Any, ran: Backward, names: Mapping[str, str] | Sequence[str] | None
) -> tuple[list[Parameter], list[str]]:
    """Find the parameters of a layer by what one backward has left.

    They are what `names` says, or else what was handed to the recording optimizer, what stands in dictionaries
    ``params`` and ``grads`` (or ``parameters`` and ``gradients``), what has a gradient called ``dW`` for ``W``, or
    what backward changed by the learning rate that it was told.

    Parameters
    ----------
    layer : object
        As it was before; it names the places.
    ran : Backward
    names : mapping of str to str, or sequence of str, or None
        Parameters and their gradients as attributes; or parameters alone.

    Returns
    -------
    list of Parameter
    list of str
        Remarks for the report.

    Raises
    ------
    AuditError
        If `names` names what is not there.
    """
    if names is not None:
        return list(_named(layer, ran, names)), []
    found = list(_updated(layer, ran)) or list(_listed(layer, ran.layer)) or list(_prefixed(layer, ran.layer))
    remarks = []
    if not found:
        found = list(_stepped(layer, ran)) if ran.rate else []
        changed = [] if found else [str(place) for place in _changed(ran) if is_there(layer, place)]
        if changed:
            remarks.append(
                f"backward changes {', '.join(changed)} in a way that could not be caught: its gradient is not audited"
            )
        elif ran.extra and not found:
            remarks.append(
                f"backward returned {1 + len(ran.extra)} values; the first is taken for the gradient of the input. "
                "Name the others, in their order: names=['W', 'b']"
            )
    strays = [update for update in ran.updates if not update.places]
    if strays:
        remarks.append(
            f"update was handed {len(strays)} array{'s' * (len(strays) > 1)} that the layer holds nowhere: "
            "no gradient of it is audited"
        )
    return found, remarks


def zero_gradients(layer: Any, names: Mapping[str, str] | Sequence[str] | None) -> None:
    """Set to zero what backward may add to."""
    for method in ("zero_grad", "zero_grads", "zero_gradients"):
        if callable(getattr(layer, method, None)):
            getattr(layer, method)()
    held = [place.of(layer) for _, place in _pairs(layer, names) if is_there(layer, place)] if names else []
    for _, grads in _TABLES:
        held += [value for _, value in _items(layer, grads)]
    for parameters, _ in _TABLES:
        held += [value.grad for _, value in _items(layer, parameters) if hasattr(value, "grad")]
    for name, value in _attributes(layer):
        beside: Any = getattr(layer, f"d{name}", None)
        held += [beside] if _is_float(value) and _is_float(beside) and beside.shape == value.shape else []
    for value in held:
        if _is_float(value) and value.flags.writeable:
            value[...] = 0.0


def _is_float(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def is_there(layer: Any, place: Place) -> bool:
    """Whether an array of floats stands in that place of a layer."""
    try:
        return _is_float(place.of(layer))
    except (AttributeError, LookupError, TypeError):
        return False


def _attributes(layer: Any) -> list[tuple[str, Any]]:
    return [(name, value) for (kind, name), value in parts(layer) if kind == "attribute"]


def _at(
    layer: Any, place: Place, gradient: Callable[[Backward], Any], reading: str, name: str | None = None
) -> Parameter:
    """The parameter at a place of a layer, with all places where the same array stands."""
    places = tuple(places_of(layer, place.of(layer)))
    return Parameter(name or _name_of(places[0]), places, gradient, reading)


def _name_of(place: Place) -> str:
    kind, key = place.steps[-1]
    return key if kind == "item" and isinstance(key, str) and len(place.steps) == 2 else str(place)


# ---- handed to the recording optimizer


def _updated(layer: Any, ran: Backward) -> Iterator[Parameter]:
    places = [update.places[0] for update in ran.updates if update.places]
    for place, value in walk(layer):  # a parameter has an optimizer of its own, used or not
        kind, key = place.steps[-1]
        if isinstance(value, Recorder) and kind == "attribute" and key.endswith("_opt"):
            places.append(Place((*place.steps[:-1], (kind, key.removesuffix("_opt")))))
    taken: set[Place] = set()
    for place in places:
        if place not in taken and is_there(layer, place):
            parameter = _at(layer, place, _sum_of_updates(place), "sum(caught)")
            taken.update(parameter.places)
            yield parameter


def _sum_of_updates(place: Place) -> Callable[[Backward], Any]:
    def gradient(ran: Backward) -> Any:
        handed = [update.gradient for update in ran.updates if place in update.places]
        return sum(handed[1:], handed[0]) if handed else None

    return gradient


# ---- in dictionaries or lists


def _items(layer: Any, attribute: str) -> list[tuple[Any, Any]]:
    """Keys and values of a dictionary or list that is an attribute, or that a method returns."""
    table = getattr(layer, attribute, None)
    if callable(table):
        try:
            table = table()
        except Exception:  # a method that is something else
            return []
    if isinstance(table, dict):
        return list(table.items())
    return list(enumerate(table)) if isinstance(table, (list, tuple)) else []


def _listed(layer: Any, after: Any) -> Iterator[Parameter]:
    for parameters, grads in _TABLES:
        gradients = {key for key, _ in _items(after, grads)}
        for key, value in _items(layer, parameters):
            name = key if isinstance(key, str) else None
            if _is_float(value) and places_of(layer, value):
                under = next((each for each in (key, f"d{key}", f"grad_{key}") if each in gradients), None)
                if under is not None:
                    reading = f"used.{grads}{_brackets(layer, grads)}[{under!r}]"
                    yield _at(layer, places_of(layer, value)[0], _item(grads, under), reading, name)
            elif _value_of(value) is not None and places_of(layer, _value_of(value)):
                reading = f"used.{parameters}{_brackets(layer, parameters)}[{key!r}].grad"
                yield _at(layer, places_of(layer, _value_of(value))[0], _grad_of_object(parameters, key), reading, name)


def _brackets(layer: Any, attribute: str) -> str:
    return "()" if callable(getattr(layer, attribute)) else ""


def _item(attribute: str, key: Any) -> Callable[[Backward], Any]:
    return lambda ran: dict(_items(ran.layer, attribute)).get(key)


def _value_of(thing: Any) -> Any:
    """The array of an object that has its gradient beside it."""
    if not hasattr(thing, "grad"):
        return None
    return next((getattr(thing, name) for name in _VALUES_OF_OBJECTS if _is_float(getattr(thing, name, None))), None)


def _grad_of_object(attribute: str, key: Any) -> Callable[[Backward], Any]:
    return lambda ran: dict(_items(ran.layer, attribute))[key].grad


# ---- by name


def _prefixed(layer: Any, after: Any) -> Iterator[Parameter]:
    """Attributes ``W``, or properties, for which backward has left a ``dW``."""
    for left, gradient in _attributes(after):
        value: Any = getattr(layer, left[1:], None) if left.startswith("d") and len(left) > 1 else None
        if not _is_float(value) or not _is_float(gradient):
            continue
        is_new = getattr(layer, left, None) is None  # what was there before may be something else, such as a dt
        places = places_of(layer, value)
        if places and (is_new or gradient.shape == value.shape):
            yield _at(layer, places[0], _read(_place(left)), f"used.{left}", left[1:])


def _named(layer: Any, ran: Backward, names: Mapping[str, str] | Sequence[str]) -> Iterator[Parameter]:
    if not isinstance(names, Mapping) and len(ran.extra) == len(names):  # backward returns them
        for number, name in enumerate(names):
            count = len(ran.extra)
            yield _at(layer, _checked(layer, name), _extra(number), f"returned[{number - count}]", name)
        return
    pairs = dict(_pairs(ran.layer, names))
    for name in names:
        if name not in pairs:
            raise AuditError(
                f"audit: backward has left no gradient of {name!r} that was found; say where it is: "
                f"names={{{name!r}: 'd{name}'}}"
            )
        yield _at(layer, _checked(layer, name), _read(pairs[name]), f"used.{pairs[name]}", name)


def _extra(number: int) -> Callable[[Backward], Any]:
    return lambda ran: ran.extra[number]


def _pairs(layer: Any, names: Mapping[str, str] | Sequence[str]) -> Iterator[tuple[str, Place]]:
    """Each name of a parameter with the place of its gradient."""
    if isinstance(names, Mapping):
        yield from ((name, _place(gradient)) for name, gradient in names.items())
        return
    for name in names:
        usual = (f"d{name}", f"grad_{name}", f"{name}_grad", f"d_{name}", f"grad{name}", f"{name}.grad")
        places = [place for place in map(_place, usual) if is_there(layer, place)]
        if places:
            yield name, places[0]


def _checked(layer: Any, name: str) -> Place:
    place = _place(name)
    if not is_there(layer, place):
        arrays = ", ".join(str(place) for place, value in walk(layer) if _is_float(value)) or "none"
        raise AuditError(f"audit: names= has {name!r}, which is no array of floats in the layer; it holds {arrays}")
    return place


def _read(place: Place) -> Callable[[Backward], Any]:
    def gradient(ran: Backward) -> Any:
        return place.of(ran.layer)

    return gradient


def _place(text: str) -> Place:
    """The place that ``W``, ``cell.W`` or ``params['W']`` names."""
    try:
        node: ast.expr = ast.parse(f"_.{text}", mode="eval").body
        steps: list[tuple[str, Any]] = []
        while not isinstance(node, ast.Name):
            if isinstance(node, ast.Attribute):
                steps.append(("attribute", node.attr))
                node = node.value
            elif isinstance(node, ast.Subscript):
                steps.append(("item", ast.literal_eval(node.slice)))
                node = node.value
            else:
                raise ValueError(text)
    except (SyntaxError, ValueError):
        raise AuditError(f"audit: {text!r} names no attribute; write 'W', 'cell.W' or \"params['W']\"") from None
    return Place(tuple(reversed(steps)))


# ---- changed by backward itself


def _changed(ran: Backward) -> list[Place]:
    return [
        place
        for place, value in ran.before.items()
        if is_there(ran.layer, place) and not np.array_equal(place.of(ran.layer), value, equal_nan=True)
    ]


def _stepped(layer: Any, ran: Backward) -> Iterator[Parameter]:
    """What backward moved by the learning rate that it was told, times the gradient."""
    for place in _changed(ran):
        if is_there(layer, place):
            yield _at(layer, place, _step(place), f"held - used.{place}")


def _step(place: Place) -> Callable[[Backward], Any]:
    return lambda ran: (ran.before[place] - place.of(ran.layer)) / ran.rate
