"""Recording: `viz.record` watches a block of a program, so that all of it can be drawn."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from tinygrad_fs.random import default_generator
from tinygrad_fs.tensor import Tensor
from tinygrad_fs.viz.drawing import Names, draw, draw_nodes
from tinygrad_fs.viz.options import Options
from tinygrad_fs.viz.page.document import framed
from tinygrad_fs.viz.picture import Graph
from tinygrad_fs.viz.tape import Pulled, Tape, tensors_in
from tinygrad_fs.watching import line_of_user, watchers

__all__ = ["FOR_A_PAGE", "graph_of_call", "record"]

FOR_A_PAGE: dict[str, Any] = {"fold_repeats": False, "max_nodes": 20_000}
"""How a recording is drawn that is to be walked through."""


class record(Tape):
    """Record what a block does, so that drawings show all of it.

    The engine keeps what derivatives need. A recording keeps the rest: inputs and ops without gradient, the modules
    in which ops ran, values, times, sizes, and every step of a backward pass. While one is at work in its thread, and
    for as long as it is kept afterwards, `viz.graph` draws what it knows. Outside of such blocks it costs nothing.

    Parameters
    ----------
    values : bool, default True
        Whether to keep values and gradients. They stay in memory for as long as the recording does, and show what
        in-place changes that were not recorded, such as an optimizer's, made of them.

    Attributes
    ----------
    steps : list
        Everything that happened, in order: `Applied` for an op, `Pulled` for the derivative of one.
    calls : list of Call
        The calls of modules.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs import viz
    >>> model = tg.nn.Sequential(tg.nn.Linear(4, 3), tg.nn.ReLU())
    >>> with viz.record() as tape:
    ...     loss = model(tg.ones((2, 4))).sum()
    ...     loss.backward()
    >>> tape.graph()
    <Graph: 3 ops, 2 leaves, 1 input, 5 edges, 3 modules>
    """

    def __enter__(self) -> record:
        self.begun_at = line_of_user()
        watchers.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        watchers.remove(self)

    def graph(
        self, outputs: Tensor | Iterable[Tensor] | None = None, *, names: Names | None = None, **options: Any
    ) -> Graph:
        """Draw what was recorded.

        Parameters
        ----------
        outputs : Tensor or iterable of Tensor, optional
            What to draw; by default all that was computed, as far as it led to something that nothing else read.
        names : mapping of str to Tensor, or Module, optional
            Names for any tensors; the parameters of modules have theirs.
        **options
            Those of `viz.graph`.

        Raises
        ------
        ValueError
            If nothing was recorded, or an option is wrong.
        """
        checked = Options.of(options)
        if outputs is not None:
            return draw(outputs, names, checked, self)
        results = self.results()
        if not results:
            raise ValueError("record: no op ran while it was recording; compute inside of the block")
        return draw_nodes(dict.fromkeys(results), names, checked, self)

    def save(self, path: str | os.PathLike[str], **options: Any) -> Path:
        """Draw what was recorded into a file; as ``graph(**options).save(path)``.

        A page (``.html``) is there to walk through, step by step: unless the options say otherwise it has every op of
        up to 20,000, where a picture would fold what is alike.

        Examples
        --------
        >>> import tempfile
        >>> import tinygrad_fs as tg
        >>> from tinygrad_fs import viz
        >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
        >>> with viz.record() as tape:
        ...     (x * x).sum().backward()
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     tape.save(f"{folder}/steps.html", names={"x": x}).name
        'steps.html'
        """
        is_page = Path(path).suffix.lower() == ".html"
        return self.graph(**(FOR_A_PAGE | options if is_page else options)).save(path)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows: the page, in a frame of its own, or a text where it cannot be made."""
        try:
            return {"text/html": framed(self.graph(**FOR_A_PAGE).html()), "text/plain": repr(self)}
        except Exception as error:  # a notebook must not be broken by a picture
            return {"text/plain": f"{self!r}\n{error}"}

    def __repr__(self) -> str:
        backward = sum([isinstance(step, Pulled) for step in self.steps])
        return f"<record: {len(self.steps) - backward:,} ops, {backward:,} derivatives>"


def graph_of_call(
    module: Any, inputs: tuple[Any, ...], names: Names | None, options: dict[str, Any], backward: bool = False
) -> Graph:
    """Call a module or a function, and draw what it does; buffers and random numbers are as before afterwards.

    With `backward`, gradients are sent back from its outputs, ones to begin with, and stay on the leaves.
    """
    checked = Options.of(options)
    with _undisturbed(module), record() as tape:
        outputs = list(tensors_in(module(*inputs)))
        for output in outputs if backward else ():
            if output.requires_grad:
                output.backward(np.ones(output.shape, output.dtype), retain_graph=True)
    if not outputs:
        name = getattr(module, "__name__", type(module).__name__)
        raise TypeError(f"graph: {name} returned no Tensor, so that there is no graph of it")
    known = dict(zip(_argument_names(module), inputs))
    given = {name: value for name, value in known.items() if isinstance(value, Tensor)}
    return draw(outputs, given if names is None else names, checked, tape)


def _argument_names(module: Any) -> list[str]:
    """The names of the arguments of a module's forward, or of a function."""
    try:
        return list(inspect.signature(getattr(module, "forward", module)).parameters)
    except (TypeError, ValueError):
        return []


@contextmanager
def _undisturbed(module: Any) -> Iterator[None]:
    """Put the buffers of a module and the default generator back to what they were."""
    buffers = [(buffer, buffer.data.copy()) for _, buffer in getattr(module, "named_buffers", tuple)()]
    generator = default_generator()
    state = generator.bit_generator.state
    try:
        yield
    finally:
        generator.bit_generator.state = state
        for buffer, array in buffers:
            buffer.data[...] = array
