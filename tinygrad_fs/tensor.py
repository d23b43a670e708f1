"""Tensor: a value, and the node that it came from.

Arithmetic, indexing and the other methods that compute are bound by `tinygrad_fs.ops`, which stands above.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import ref

import numpy as np

from tinygrad_fs.changes import copied, mark_changed, unshared
from tinygrad_fs.dtypes import Array, DTypeLike, as_array
from tinygrad_fs.graph import BackwardError, Constant, HookHandle, Hooks, Leaf, Node, mode, sweep

__all__ = ["Tensor", "TensorLike", "read_only", "tensor"]

if TYPE_CHECKING:
    from tinygrad_fs.bound import BoundMethods
    from tinygrad_fs.viz import Graph
else:
    BoundMethods = object  # they come from the ops, which stand above and bind them

TensorLike: TypeAlias = "Tensor | np.typing.ArrayLike"
"""What an op accepts: a Tensor, an array, a number or nested lists of numbers."""

_MANY = 100
"""From this size on, `repr` gives the shape too."""


class Tensor(BoundMethods):
    """An array that remembers how it was computed.

    Parameters
    ----------
    data : array_like
        The values. An array is used as it is and shares its memory (`tensor` copies); Python floats, and lists
        of them, get the default dtype.
    requires_grad : bool, default False
        Whether gradients are to be computed for it. Only floating dtypes can.
    dtype : dtype, optional
        Cast to it.

    Raises
    ------
    TypeError
        If the dtype is not supported, `requires_grad` is asked of integers or bools, or `data` is a Tensor that
        requires grad, of which a new one would know nothing.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.Tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> y = (x * x).sum()
    >>> y.backward()
    >>> x.grad
    tensor([2., 4., 6.])
    """

    __slots__ = ("__weakref__", "_constant", "_data", "_grad", "_node")

    # `_data` is the array and `_node` the node, or None where no gradient is needed.
    # `_grad` and `_constant` stay unset until they are needed: most Tensors live for one op.
    _data: Any
    _node: Node | None
    _grad: Tensor | None
    _constant: Constant

    def __init__(self, data: TensorLike, requires_grad: bool = False, dtype: DTypeLike | None = None) -> None:
        if isinstance(data, Tensor):
            data._refuse_conversion("a new Tensor", "t.detach() for the values alone, or t.clone() to go on recording")
            data = data._data
        self._data = as_array(data, dtype)
        self._node = None
        if requires_grad:
            self.requires_grad_()

    @classmethod
    def _of(cls, array: Any, node: Node | None = None) -> Tensor:
        """Wrap an array as it is; the way of the engine itself, without any check."""
        result = object.__new__(Tensor)
        result._data = array
        result._node = node
        return result

    # ---- what it holds

    @property
    def data(self) -> Any:
        """The array itself, outside of the graph. Assigning to it, as `p.data -= step` does, counts as a change."""
        return self._data

    @data.setter
    def data(self, value: TensorLike) -> None:
        if value is self._data:
            mark_changed(self._data)
            return
        array = as_array(value._data if isinstance(value, Tensor) else value)
        if array.shape != self._data.shape:
            raise ValueError(
                f"Tensor.data: the new array has shape {array.shape}, the tensor {self._data.shape}; "
                "make a new Tensor for another shape"
            )
        if array.dtype != self._data.dtype and type(self._node) is Leaf:
            self._node = Leaf(self, array.shape, array.dtype)
        self._data = array

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of the axes."""
        return self._data.shape  # type: ignore[no-any-return]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The NumPy dtype."""
        return self._data.dtype  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._data.ndim  # type: ignore[no-any-return]

    @property
    def size(self) -> int:
        """The number of elements."""
        return self._data.size  # type: ignore[no-any-return]

    def numpy(self) -> Any:
        """The values as an array that shares the Tensor's memory; changes made through it are not seen."""
        return self._data

    @property
    def itemsize(self) -> int:
        """The number of bytes of one element."""
        return self._data.itemsize  # type: ignore[no-any-return]

    @property
    def nbytes(self) -> int:
        """The number of bytes of all elements."""
        return self._data.nbytes  # type: ignore[no-any-return]

    def item(self, *index: Any) -> Any:
        """The value of a Tensor with one element, or of the element at `index`, as a Python number."""
        if not index and self._data.size != 1:
            raise ValueError(f"item: the tensor has {self._data.size} elements, not one; use .tolist() or .numpy()")
        return self._data.item(*index)

    def tolist(self) -> Any:
        """The values as nested lists of Python numbers."""
        return self._data.tolist()

    # ---- autograd

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to it or through it."""
        return self._node is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    @property
    def is_leaf(self) -> bool:
        """Whether it was not made by a recorded op."""
        return self._node is None or type(self._node) is Leaf

    @property
    def grad_fn(self) -> Node | None:
        """The node that made it; None for a leaf."""
        return None if self.is_leaf else self._node

    @property
    def grad(self) -> Tensor | None:
        """The gradient that `backward` accumulated, or None."""
        gradient = getattr(self, "_grad", None)
        if gradient is None and not self.is_leaf and not self._retains_grad:
            warnings.warn(
                "Tensor.grad: this tensor was made by an op, and backward keeps gradients of leaves only; "
                "call .retain_grad() on it before backward, or use autograd.grad",
                stacklevel=2,
            )
        return gradient

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(f"Tensor.grad: a {type(value).__name__} was given; wrap it: t.grad = Tensor(array)")
            if value.shape != self.shape:
                raise ValueError(f"Tensor.grad: the gradient has shape {value.shape}, the tensor {self.shape}")
        self._grad = value

    @property
    def _retains_grad(self) -> bool:
        return self._node is not None and self._node.hooks is not None and self._node.hooks.keeper is not None

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Ask for gradients, or no longer; returns the tensor.

        Raises
        ------
        TypeError
            If the dtype is not floating.
        RuntimeError
            If the tensor was made by a recorded op and is to stop requiring grad.
        """
        if not requires_grad:
            if not self.is_leaf:
                raise RuntimeError(
                    "requires_grad_: this tensor was made by a recorded op; use .detach() for one without gradient"
                )
            self._node = None
        elif self._node is None:
            if self._data.dtype.kind != "f":
                raise TypeError(
                    f"requires_grad: a tensor of dtype {self._data.dtype} has no gradient, since only floating "
                    "values can change by a little; use .astype('float32')"
                )
            self._node = Leaf(self, self._data.shape, self._data.dtype)
        return self

    def detach(self) -> Tensor:
        """The same values, sharing memory, as a tensor without history."""
        return Tensor._of(self._data)

    def zero_grad(self) -> None:
        """Forget the gradient: `.grad` becomes None."""
        self._grad = None

    def retain_grad(self) -> None:
        """Have `backward` write `.grad` of this tensor even though an op made it.

        Raises
        ------
        RuntimeError
            If the tensor does not require grad.
        """
        if self._node is None:
            raise RuntimeError("retain_grad: this tensor does not require grad, so it will have no gradient to retain")
        if not self.is_leaf:
            self._hooks().keeper = ref(self)

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> HookHandle:
        """Run `hook` on the gradient of this tensor whenever a backward pass has completed it.

        Hooks run in the order in which they were registered, once per backward pass. What a hook returns, if
        not None, replaces the gradient from there on.

        Parameters
        ----------
        hook : callable
            Takes the gradient, a Tensor that cannot be changed in place since others may hold the same array,
            and returns a Tensor of the same shape or None.

        Returns
        -------
        HookHandle
            Its `remove()` takes the hook off again.

        Examples
        --------
        >>> import tinygrad_fs as tg
        >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
        >>> handle = x.register_hook(lambda g: g * 10)
        >>> x.sum().backward()
        >>> x.grad
        tensor([10., 10.])
        >>> handle.remove()
        """
        if self._node is None:
            raise RuntimeError("register_hook: this tensor does not require grad, so no gradient will reach it")
        if not callable(hook):
            raise TypeError(f"register_hook: a hook is a function of the gradient, not a {type(hook).__name__}")

        def on_cotangent(g: Any) -> Any:
            recorded = isinstance(g, Tensor)
            result = hook(g if recorded else Tensor._of(read_only(g)))
            if result is None:
                return g
            if not isinstance(result, Tensor) or result.shape != g.shape:
                got = f"shape {result.shape}" if isinstance(result, Tensor) else f"a {type(result).__name__}"
                raise BackwardError(f"hook: it must return None or a Tensor of shape {g.shape}, not {got}")
            return result if recorded else result._data.astype(g.dtype, copy=False)

        hooks = self._hooks()
        return HookHandle(hooks, hooks.add(on_cotangent))

    def _hooks(self) -> Hooks:
        node = self._node
        assert node is not None
        if node.hooks is None:
            node.hooks = Hooks()
        return node.hooks

    def _as_constant(self) -> Constant:
        """The node that stands for this tensor in drawings where it is an input without gradient."""
        try:
            return self._constant
        except AttributeError:
            self._constant = Constant(self._data.shape, self._data.dtype)
            return self._constant

    def backward(
        self, gradient: TensorLike | None = None, retain_graph: bool | None = None, create_graph: bool = False
    ) -> None:
        """Compute the gradients of this tensor for all leaves below it and add them to their `.grad`.

        Parameters
        ----------
        gradient : array_like, optional
            The gradient of what is to be differentiated with respect to this tensor; of its shape. A scalar
            needs none: it is 1.
        retain_graph : bool, optional
            Keep what the graph saved, so that it can be gone through again. By default as `create_graph`.
        create_graph : bool, default False
            Record the backward pass, so that the gradients can themselves be differentiated.

        Raises
        ------
        BackwardError
            If there is no graph, or it was already used up, or a saved array was changed in place.
        ValueError
            If `gradient` is missing for a tensor that is not a scalar, or has the wrong shape.
        """
        if self._node is None:
            raise BackwardError(
                "backward: this tensor has no graph; nothing that it was computed from requires grad, or it was "
                "computed under no_grad. Make a leaf with Tensor(data, requires_grad=True) and compute from that"
            )
        seed = as_seed("backward", self, gradient, create_graph)
        before, mode.grad = mode.grad, create_graph
        try:
            found = sweep(
                {self._node: seed},
                retain_graph=create_graph if retain_graph is None else retain_graph,
                recorded=create_graph,
            )
        finally:
            mode.grad = before
        for node in found:
            g = found[node]
            target = _keeper_of(node)
            if target is not None:
                _add_gradient(target, g if create_graph or unshared(g) else copied(g))

    def graph(self, **options: Any) -> Graph:
        """Draw how this tensor came to be: `viz.graph`, with its options.

        Examples
        --------
        >>> import tinygrad_fs as tg
        >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
        >>> (x * 2).sum().graph()
        <Graph: 2 ops, 1 leaf, 2 edges>
        """
        from tinygrad_fs import viz  # a picture is made of what stands above; nothing here needs it

        return viz.graph(self, **options)

    # ---- Python's protocols

    __hash__ = object.__hash__

    def __len__(self) -> int:
        if self._data.ndim == 0:
            raise TypeError("len() of a 0-d tensor")
        return self._data.shape[0]  # type: ignore[no-any-return]

    def __iter__(self) -> Iterator[Tensor]:
        if self._data.ndim == 0:
            raise TypeError("iteration over a 0-d tensor")
        return (self[i] for i in range(self._data.shape[0]))

    def __bool__(self) -> bool:
        if self._data.size != 1:
            raise ValueError(
                f"bool: the truth of a tensor of shape {self.shape} is ambiguous; use (t > 0).any(), .all() or t.size"
            )
        return bool(self._data)

    def __float__(self) -> float:
        self._refuse_conversion("float(t)", "t.item(), or, to fill an array with t, a Tensor in place of the array")
        return float(self._data)

    def __int__(self) -> int:
        self._refuse_conversion("int(t)", "int(t.item())")
        return int(self._data)

    def __index__(self) -> int:
        return self._data.__index__()  # type: ignore[no-any-return]

    def __complex__(self) -> complex:
        self._refuse_conversion("complex(t)", "t.item()")
        return complex(self._data)

    def __format__(self, spec: str) -> str:
        return format(self._data.item(), spec) if spec and self._data.ndim == 0 else format(str(self), spec)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Array:
        self._refuse_conversion(
            "a conversion to a NumPy array",
            "np.stack([t, ...]) for a list of tensors, np.dot(a, t) for a.dot(t), a Tensor made beforehand and filled "
            "by t[i] = v, .item() for a number, or .numpy() for the values alone",
        )
        return np.array(self._data, dtype=dtype, copy=copy)

    def _refuse_conversion(self, what: str, remedy: str) -> None:
        """Nothing is detached silently: refuse what would lose the history of a tensor that has one."""
        if self._node is not None and mode.grad:
            raise TypeError(f"{what} would drop the gradient of a tensor that requires grad; use {remedy}")

    def __repr__(self) -> str:
        values = np.array2string(np.asarray(self._data), separator=", ", prefix="tensor(")
        notes = []
        if self._data.size >= _MANY:
            notes.append(f"shape={self._data.shape}")
        if self._data.dtype not in (np.float32, np.int64, np.bool_):
            notes.append(f"dtype={self._data.dtype}")
        if self.grad_fn is not None:
            notes.append(f"grad_fn={self.grad_fn!r}")
        elif self._node is not None:
            notes.append("requires_grad=True")
        return f"tensor({', '.join([values, *notes])})"

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if not self.is_leaf:
            raise RuntimeError("deepcopy: this tensor was made by a recorded op; copy t.detach() instead")
        copied = object.__new__(type(self))
        memo[id(self)] = copied
        copied._data = self._data.copy()
        copied._node = None
        if (gradient := getattr(self, "_grad", None)) is not None:
            copied._grad = gradient.detach().clone()
        return copied.requires_grad_(self._node is not None)

    def __reduce__(self) -> tuple[Any, ...]:
        if not self.is_leaf:
            raise RuntimeError("pickle: this tensor was made by a recorded op; pickle t.detach() instead")
        return _rebuild, (type(self), self._data, self._node is not None)


def tensor(data: TensorLike, requires_grad: bool = False, dtype: DTypeLike | None = None) -> Tensor:
    """Make a Tensor from a copy of `data`.

    Parameters and errors are those of `Tensor`, which shares the memory of an array where this copies it.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    """
    result = Tensor(data, dtype=dtype)
    result._data = result._data.copy()
    return result.requires_grad_() if requires_grad else result


def as_seed(what: str, output: Tensor, gradient: TensorLike | None, recorded: bool) -> Any:
    """The cotangent to begin a sweep at `output` with: a Tensor if the sweep is recorded, else an array."""
    data = output._data
    if type(gradient) is np.ndarray and gradient.dtype is data.dtype and gradient.shape == data.shape and not recorded:
        return gradient  # the usual seed: nothing to check or to convert
    if gradient is None:
        if output.size != 1:
            raise ValueError(
                f"{what}: the output has shape {output.shape}, and only a scalar has a gradient without a seed; "
                f"reduce it, as in {what}(y.sum()), or pass the gradient to begin with, of shape {output.shape}"
                if what == "grad"
                else f"{what}: the tensor has shape {output.shape}, and only a scalar has a gradient without a seed; "
                f"reduce it, as in y.sum().backward(), or pass gradient=, of shape {output.shape}"
            )
        ones = np.ones(data.shape, data.dtype) if type(data) is np.ndarray else np.ones_like(data)
        seed = Tensor._of(ones)
    else:
        seed = gradient if isinstance(gradient, Tensor) else Tensor(gradient)
        if seed.shape != output.shape:
            raise ValueError(f"{what}: the gradient has shape {seed.shape}, but the output has shape {output.shape}")
        if seed.dtype.kind not in "fiu":
            raise TypeError(f"{what}: the gradient has dtype {seed.dtype}; it must be of numbers, as the output is")
        if seed.dtype != output.dtype:
            if isinstance(gradient, (Tensor, np.ndarray)) and seed.dtype.kind == "f":
                raise TypeError(
                    f"{what}: the gradient has dtype {seed.dtype}, but the output has {output.dtype}; "
                    f"use .astype('{output.dtype}')"
                )
            seed = Tensor._of(seed._data.astype(output.dtype))
    return seed if recorded else seed._data


def read_only(g: Any) -> Any:
    """A view of a gradient that whoever is shown it cannot write into."""
    if not isinstance(g, (np.ndarray, np.generic)):
        return g
    view = np.asarray(g).view()
    view.flags.writeable = False
    return view


def _keeper_of(node: Node) -> Tensor | None:
    """The tensor whose `.grad` takes the gradient of `node`, if it is still there."""
    if isinstance(node, Leaf):
        return node.tensor()
    return node.hooks.keeper() if node.hooks and node.hooks.keeper else None


def _add_gradient(target: Tensor, g: Any) -> None:
    """Add `g`, an array that nobody else holds or a recorded Tensor, to `.grad`."""
    held = getattr(target, "_grad", None)
    if held is None:
        target._grad = g if isinstance(g, Tensor) else Tensor._of(g)
    elif isinstance(g, Tensor) or held._node is not None:
        target._grad = held + g
    else:
        np.add(held._data, g, out=held._data)
        mark_changed(held._data)


def _rebuild(cls: type[Tensor], array: Any, requires_grad: bool) -> Tensor:
    result = object.__new__(cls)
    result._data = array
    result._node = None
    return result.requires_grad_(requires_grad)
