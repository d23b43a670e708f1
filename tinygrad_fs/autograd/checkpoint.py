"""Checkpointing: memory for time. What a function saved is thrown away and computed again when backward needs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from tinygrad_fs.autograd.region import Region
from tinygrad_fs.autograd.trees import flatten, mapped, unflatten
from tinygrad_fs.changes import changed_since
from tinygrad_fs.gradmode import enable_grad
from tinygrad_fs.graph import BackwardError, Leaf, Node, Output, mode, sweep
from tinygrad_fs.random import default_generator
from tinygrad_fs.tensor import Tensor
from tinygrad_fs.watching import observed, watchers

__all__ = ["checkpoint", "is_recomputing"]

_SAMPLES = 32
"""So many entries of each output are kept, to notice when the recomputation gives others."""


def checkpoint(fn: Callable[..., Any], *args: Any, preserve_rng_state: bool = True, **kwargs: Any) -> Any:
    """Call ``fn(*args, **kwargs)``, but let it save nothing: backward calls it again.

    Of the whole call only the arguments are kept. Backward runs `fn` once more, with what it saves this time, and
    goes back through that. So a network cut into n checkpointed parts needs the memory of one part and of what passes
    between them, for the time of one more forward pass.

    Gradients flow to the arguments and to all that `fn` closes over, such as the parameters of a module. Calls nest,
    and `create_graph=True` works.

    Parameters
    ----------
    fn : callable
        Must do the same when it is called again: no input but its arguments, the Tensors that it closes over and
        random numbers. The running averages of normalizations take in a batch once; a module that remembers
        something else between calls asks `is_recomputing`.
    *args, **kwargs
        What `fn` takes; Tensors also in nested tuples, lists and dicts.
    preserve_rng_state : bool, default True
        Draw the same random numbers in the recomputation, so that dropout has the same mask. This concerns the default
        generator and any `numpy.random.Generator` among the arguments. Their states are put back afterwards.

    Returns
    -------
    What `fn` returns.

    Raises
    ------
    BackwardError
        In backward, if an argument or a parameter was changed in place since, or `fn` gives something else in
        the recomputation, as it does when it draws from a generator of its own.

    Notes
    -----
    The method is that of Chen et al. 2016, "Training deep nets with sublinear memory cost". A Tensor that `fn`
    makes and that requires grad by itself gets no gradient, unless `fn` uses nothing else.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> block = tg.nn.Sequential(tg.nn.Linear(4, 64), tg.nn.ReLU(), tg.nn.Dropout(0.5), tg.nn.Linear(64, 4))
    >>> x = tg.ones((2, 4), requires_grad=True)
    >>> y = tg.autograd.checkpoint(block, x)
    >>> y.grad_fn
    <Checkpoint>
    >>> y.sum().backward()
    >>> block[0].weight.grad.shape
    (64, 4)
    """
    if not mode.grad:
        return fn(*args, **kwargs)
    call = _Call(fn, args, kwargs, preserve_rng_state)
    region = Region()
    result = call.run()
    values, skeleton = flatten(result)
    inside, border = region.explore(_nodes(values))
    positions = [i for i, value in enumerate(values) if isinstance(value, Tensor) and value._node in inside]
    if not positions or not border:
        return result
    arrays = tuple([values[i].data for i in positions])
    node = Checkpoint(call, border, positions, arrays)
    if watchers:
        observed(node.name, node, (), arrays)
    for number, i in enumerate(positions):
        values[i] = Tensor._of(arrays[number], Output(node, number) if len(positions) > 1 else node)
    return unflatten(skeleton, values)


def is_recomputing() -> bool:
    """Whether a checkpointed function is being run again, in backward.

    Then nothing is to be remembered from the call, since it has been remembered the first time.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> def counted(x):
    ...     if not tg.autograd.is_recomputing():
    ...         calls.append(x.shape)
    ...     return x * x
    >>> calls = []
    >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> tg.autograd.checkpoint(counted, x).sum().backward()
    >>> calls
    [(2,)]
    """
    return mode.recomputing


class Checkpoint(Node):
    """A function whose graph is made when backward needs it.

    Its inputs are all nodes that the function read from: those of its arguments and of what it closes over.
    """

    __slots__ = ("_positions", "_samples")

    def __init__(self, call: _Call, border: list[Node], positions: list[int], outputs: tuple[Any, ...]) -> None:
        shapes, dtypes = tuple([array.shape for array in outputs]), tuple([array.dtype for array in outputs])
        several = len(outputs) > 1
        super().__init__(shapes if several else shapes[0], dtypes if several else dtypes[0], tuple(border))
        self.saved = (call, [(node, _array_of(node)) for node in border])
        self._positions = positions
        self._samples = [_sample(array) for array in outputs]

    def pull(self, g: Any, edges: tuple[Node | None, ...], saved: Any) -> list[Any]:
        """Run the function again, and go back through what it records this time."""
        call, border = saved
        self._check_inputs(call, border)
        region = Region()
        with call.rewound(), enable_grad(), _recomputing():
            values, _ = flatten(call.run())
        outputs = self._check_outputs(values)
        weights = g if len(outputs) > 1 else (g,)
        recorded = isinstance(weights[0], Tensor)
        inside, outside = region.explore(_nodes(outputs))
        wanted = [node for (node, _), edge in zip(border, edges) if edge is not None]
        if not set(outside).issuperset(wanted):
            raise self._differs("depends on other Tensors")
        # The sweep must end at the border, whose hooks the sweep around this one runs. What a recorded sweep makes
        # goes on depending on all that is outside, whether or not the gradient is asked for.
        edge_of = {node: edge for (node, _), edge in zip(border, self.inputs)}
        ends: dict[Node | None, Node] = {
            node: _End(edge_of.get(node) or node, region, linked=recorded) for node in (outside if recorded else wanted)
        }
        for node in inside:
            node.inputs = tuple([ends.get(edge) if edge not in inside else edge for edge in node.inputs])
        targets = {ends[node] for node in wanted}
        found = sweep(_seeds(outputs, weights), targets, retain_graph=recorded, recorded=recorded)
        return [None if edge is None else found.get(ends[node]) for (node, _), edge in zip(border, edges)]

    def _check_inputs(self, call: _Call, border: list[tuple[Node, Any]]) -> None:
        """Raise if what the function is to be called with again is not what it was."""
        for tensor in call.tensors():
            if changed_since(tensor.data, self.index):
                raise self._changed("an argument", tensor.data)
        for node, array in border:
            now = _array_of(node)
            if now is not None and (now is not array or changed_since(array, self.index)):
                raise self._changed("a parameter", array)

    def _changed(self, what: str, array: Any) -> BackwardError:
        return BackwardError(
            f"backward of Checkpoint: {what} of the function, of shape {array.shape}, was changed in place before "
            "backward, so that the function cannot be computed again; change it after backward, or change a copy"
        )

    def _check_outputs(self, values: list[Any]) -> list[Any]:
        """The outputs of the recomputation, which must be what they were."""
        if len(values) <= self._positions[-1]:
            raise self._differs(f"returns {len(values)} values")
        outputs = [values[i] for i in self._positions]
        for output, shape, dtype, sample in zip(outputs, *self._as_tuples(), self._samples):
            if not isinstance(output, Tensor) or output._node is None:
                raise self._differs("returns a value without gradient")
            if (output.shape, output.dtype) != (shape, dtype):
                raise self._differs(f"returns shape {output.shape} and {output.dtype} in place of {shape} and {dtype}")
            if not _agree(_sample(output.data), sample):
                raise self._differs("returns other values")
        return outputs

    def _as_tuples(self) -> tuple[Any, Any]:
        return (self.shape, self.dtype) if len(self._positions) > 1 else ((self.shape,), (self.dtype,))

    @staticmethod
    def _differs(how: str) -> BackwardError:
        return BackwardError(
            f"backward of Checkpoint: in the recomputation the function {how}; it must depend on nothing but its "
            "arguments, the Tensors that it closes over and the default generator (pass any other generator as an "
            "argument, and keep preserve_rng_state=True)"
        )


@contextmanager
def _recomputing() -> Iterator[None]:
    before, mode.recomputing = mode.recomputing, True
    try:
        yield
    finally:
        mode.recomputing = before


class _End(Node):
    """Where the sweep of a recomputation ends: what stands for a node at its border."""

    __slots__ = ()

    def __init__(self, node: Node, region: Region, linked: bool) -> None:
        super().__init__(node.shape, node.dtype, (node,) if linked else ())
        self.index = region.start  # after all that is outside, before all that is inside

    def pull(self, g: Any, edges: tuple[Node | None, ...], saved: Any) -> tuple[Any]:
        return (g,)


class _Call:
    """A function and what it is called with, any number of times, each time with the same random numbers."""

    def __init__(self, function: Callable[..., Any], args: Any, kwargs: Any, preserve_rng_state: bool) -> None:
        self._function = function
        # Tensors of their own, since those of the caller may move on to other values, by `t[i] = v` and the like.
        self._leaves, self._skeleton = flatten((mapped(_copied, args), mapped(_copied, kwargs)))
        self._generators = [leaf for leaf in self._leaves if isinstance(leaf, np.random.Generator)]
        self._states = self._read_states() if preserve_rng_state else None

    def run(self) -> Any:
        args, kwargs = unflatten(self._skeleton, [_copied(leaf) for leaf in self._leaves])
        return self._function(*args, **kwargs)

    def tensors(self) -> list[Tensor]:
        return [leaf for leaf in self._leaves if isinstance(leaf, Tensor)]

    @contextmanager
    def rewound(self) -> Iterator[None]:
        """With the states that the generators had at first; afterwards they have those that they have now."""
        if self._states is None:
            yield
            return
        now = self._read_states()
        self._write_states(self._states)
        try:
            yield
        finally:
            self._write_states(now)

    def _all_generators(self) -> list[np.random.Generator]:
        return [default_generator(), *self._generators]  # the default one may be another one by now

    def _read_states(self) -> list[Any]:
        return [generator.bit_generator.state for generator in self._all_generators()]

    def _write_states(self, states: list[Any]) -> None:
        for generator, state in zip(self._all_generators(), states):
            generator.bit_generator.state = state


def _copied(leaf: Any) -> Any:
    return Tensor._of(leaf.data, leaf._node) if isinstance(leaf, Tensor) else leaf


def _nodes(values: list[Any]) -> list[Node | None]:
    return [value._node for value in values if isinstance(value, Tensor)]


def _seeds(outputs: list[Any], weights: Any) -> dict[Node, Any]:
    seeds: dict[Node, Any] = {}
    for output, weight in zip(outputs, weights):
        held = seeds.get(output._node)
        seeds[output._node] = weight if held is None else held + weight
    return seeds


def _array_of(node: Node) -> Any:
    """The array of a leaf, such as a parameter, by which it shows whether somebody has changed it."""
    tensor = node.tensor() if isinstance(node, Leaf) else None
    return None if tensor is None else tensor.data


def _sample(array: Any) -> Any:
    """Some entries of an array, spread over all of it."""
    positions = np.linspace(0, array.size - 1, min(array.size, _SAMPLES)).astype(np.intp)
    return array[np.unravel_index(positions, array.shape)] if array.ndim else array


def _agree(sample: Any, earlier: Any) -> bool:
    """Whether they are the same but for rounding, which need not be the same twice where threads share the work."""
    scale = np.max(np.abs(earlier), initial=0, where=np.isfinite(earlier))
    return bool(np.allclose(sample, earlier, rtol=1e-2, atol=1e-2 * scale, equal_nan=True))
