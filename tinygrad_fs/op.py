"""Op: one application of a differentiable function.

An op is a class with a `forward` and its derivative:

    class Tanh(Op):
        '''y = tanh(x);  dy/dx = 1 - y^2.'''

        def forward(x):
            return np.tanh(x)

        def vjp(g, out):
            return g * (1.0 - out * out)

`Tanh.apply(x)` computes it: arrays in, array out; Tensors in, Tensor out. Where a gradient is needed, an
instance of the class is made and is the node of the graph.

What the derivative's parameters name is what is saved. A `vjp` gets arrays in an ordinary backward; with
`create_graph=True` it gets Tensors, and what it does is recorded in turn. It is written once, in NumPy.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING, Any, ClassVar

from tinygrad_fs.changes import changed_since
from tinygrad_fs.graph import BackwardError, Node, Output
from tinygrad_fs.recorder import Recipe, write_accumulate, write_apply, write_pull
from tinygrad_fs.tensor import Tensor

__all__ = ["Op"]


class _OpType(type):
    """Settles all that can be known of an op when its class is defined, so that a call does no introspection."""

    def __new__(meta, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> _OpType:
        for key, value in body.items():
            if isinstance(value, FunctionType) and (key == "forward" or key.startswith("vjp")):
                body[key] = staticmethod(value)
        options: tuple[str, ...] = ()
        if "forward" in body:
            options = Recipe.check_forward(name, body["forward"].__func__).keyword_only
        body["__slots__"] = tuple(body.get("__slots__", ())) + options
        return super().__new__(meta, name, bases, body)

    def __init__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> None:
        super().__init__(name, bases, body)
        if hasattr(cls, "forward"):
            cls.recipe = Recipe.read(cls)
            if any("recipe" in vars(base) for base in cls.__mro__[1:]):
                cls._write()  # or the functions of the op that it is derived from would be found in their place

    def __getattr__(cls, name: str) -> Any:
        """Write `apply` when it is first asked for: a program uses few of the ops that there are."""
        if name == "apply" and "recipe" in vars(cls):
            return cls._write()
        raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")

    def _write(cls) -> Callable[..., Any]:
        recipe: Recipe = cls.recipe
        cls.pull = write_pull(recipe)
        if recipe.into is not None:
            cls.accumulate = write_accumulate(recipe, recipe.into)
        cls.apply = staticmethod(write_apply(cls, recipe))
        return cls.apply


class Op(Node, metaclass=_OpType):
    """A differentiable function; its instances are the nodes of the graph.

    A subclass defines

    ``forward(x, y, *, option=default)``
        Arrays in, an array out, or a tuple of arrays. Inputs are positional (``*xs`` for any number), options
        are keyword-only and stay with the node as attributes. It must not write into its inputs.
    ``vjp(g, ...)`` or one ``vjp_<input>(g, ...)`` per input
        The vector-Jacobian product: from `g`, the gradient of the output (a tuple where there are several),
        the gradient of the input. A `vjp` that serves several inputs returns a tuple. An input without a rule
        gets no gradient. Further parameters are named after what they need, which is then saved: an input,
        ``out``, an option, ``shapes`` (of all inputs; keeps no array) or ``needs`` (which inputs need a gradient).

    Whatever else a derivative needs from forward must be an integer, boolean or otherwise independent of the
    inputs, and is an option; a float that depends on an input is an input, an output or is computed again.
    Otherwise second derivatives would silently miss a part.

    Attributes
    ----------
    broadcasts : bool
        The inputs broadcast against each other: the engine sums the gradients back to their shapes.
    makes_view : bool
        The output may be a view of the input, so that writing into it is refused.
    owns_cotangent : bool
        The vjp may write into `g`: the sweep hands it an array of its own.
    updates_in_place : bool
        The forward writes into its first input, which the public function has made private.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_fs as tg
    >>> class Cube(tg.Op):
    ...     '''y = x^3;  dy/dx = 3 x^2.'''
    ...
    ...     def forward(x):
    ...         return x**3
    ...
    ...     def vjp(g, x):
    ...         return g * 3.0 * x**2
    >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> Cube.apply(x).sum().backward()
    >>> x.grad
    tensor([ 3., 12.])
    """

    if TYPE_CHECKING:
        apply: ClassVar[Callable[..., Tensor]]
        recipe: ClassVar[Recipe]

    makes_view: ClassVar[bool] = False

    def lift(self) -> tuple[Any, ...]:
        """What was saved as Tensors that know where they came from, for a backward pass that is recorded."""
        recipe = self.recipe
        lifted = []
        for name, value in zip(recipe.saved, self.saved):
            if name == "out":
                lifted.append(self._lift_output(value))
            elif name == "shapes" or value is None:
                lifted.append(value)
            elif recipe.variadic:
                lifted.append(tuple([_lift(item, edge) for item, edge in zip(value, self.inputs)]))
            else:
                lifted.append(_lift(value, self.inputs[recipe.inputs.index(name)]))
        return tuple(lifted)

    def _lift_output(self, value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple([Tensor._of(array, Output(self, position)) for position, array in enumerate(value)])
        return Tensor._of(value, self)

    def check_unchanged(self) -> None:
        """Raise if an array that the derivative needs was written to since it was saved."""
        for name, value in zip(self.recipe.saved, self.saved):
            if name == "shapes":
                continue
            for array in value if isinstance(value, tuple) else (value,):
                if changed_since(array, self.index):
                    what = "its output" if name == "out" else f"its input {name!r}"
                    raise BackwardError(
                        f"backward of {self.name}: {what}, saved for the derivative, of shape {array.shape}, was "
                        "changed in place before backward; change a copy (x.clone()), or change it after backward"
                    )


def _lift(value: Any, edge: Node | None) -> Any:
    return value if isinstance(value, (bool, int, float)) else Tensor._of(value, edge)
