"""`tinygrad-fs graph`: its arguments, and what becomes of them."""

from __future__ import annotations

import argparse
import contextlib
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tinygrad_fs.cli.arguments import Commands, file_to_write, imported, shape, whole
from tinygrad_fs.cli.outcome import FAILED, fail
from tinygrad_fs.io import replacing
from tinygrad_fs.nn.module import Module
from tinygrad_fs.random import manual_seed, randn
from tinygrad_fs.tensor import Tensor

if TYPE_CHECKING:
    from tinygrad_fs.viz import Graph

__all__ = ["add"]


class Input(NamedTuple):
    """An input to be made up: its shape and dtype."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


def add(commands: Commands) -> None:
    """Add the command."""
    from tinygrad_fs.viz.picture import SUFFIXES

    graph = commands.add_parser(
        "graph",
        help="draw the computation graph of a model or a function",
        description="Call a model or a function on random inputs, and draw what it does. A file that ends in .html is "
        "a page to walk through, forward and back, with all values. The exit code is 0 if the drawing was written, 1 "
        "if the model or the drawing failed, 2 if it was not asked for rightly.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        allow_abbrev=False,
    )
    graph.set_defaults(run=_run, parser=graph)
    graph.add_argument(
        "target",
        metavar="package.module:name",
        help="an nn.Module, a class or function that makes one without arguments, a function of Tensors, or a Tensor",
    )
    graph.add_argument(
        "--input",
        metavar="SHAPE[:DTYPE]",
        type=_input,
        action="append",
        default=[],
        help="an input, as 1,1,8,8 (normally distributed) or 1,16:int64 (zeros); once for each",
    )
    graph.add_argument(
        "-o",
        "--out",
        metavar="FILE",
        type=_drawing,
        default=Path("graph.svg"),
        help=f"the file to write; its suffix is one of {', '.join(SUFFIXES)}",
    )
    graph.add_argument("--depth", metavar="N", type=whole(0), help="how many levels of modules to open")
    graph.add_argument(
        "--max-nodes", metavar="N", type=whole(1), help="how many nodes there may be (2,000; on a page 20,000)"
    )
    graph.add_argument("--direction", choices=["TB", "LR"], default="TB", help="top to bottom, or left to right")
    graph.add_argument(
        "--graph", choices=["forward", "backward", "both"], default="forward", help="which way of the computation"
    )
    graph.add_argument("--seed", metavar="N", type=whole(0), default=0, help="of the random inputs")


def _input(text: str) -> Input:
    """A reader of shapes with a dtype."""
    sizes, _, name = text.partition(":")
    try:
        dtype = np.dtype(name or "float32")
    except TypeError:
        raise argparse.ArgumentTypeError(f"{name!r} is not a dtype, such as int64") from None
    if dtype.kind not in "fiub":
        raise argparse.ArgumentTypeError(f"{name!r} is not a dtype of numbers, such as int64")
    return Input(shape(sizes), dtype)


def _drawing(text: str) -> Path:
    """A reader of names of files that can be written as a drawing."""
    from tinygrad_fs.viz.picture import SUFFIXES

    path = file_to_write(text)
    if path.suffix.lower() not in SUFFIXES:
        raise argparse.ArgumentTypeError(f"'{path}' must end in one of {', '.join(SUFFIXES)}")
    return path


def _run(arguments: argparse.Namespace) -> int:
    from tinygrad_fs.viz import RenderError

    manual_seed(arguments.seed)
    with contextlib.redirect_stdout(sys.stderr):  # what the model prints is not what was asked for
        try:
            target = _target(arguments.target, arguments.input)
        except argparse.ArgumentTypeError as error:
            arguments.parser.error(str(error))
        try:
            picture = _drawn(target, arguments)
        except Exception as error:  # the model is the user's, and may raise anything
            return fail(f"error: {arguments.target} raised {type(error).__name__}: {error}", FAILED)
    try:
        _write(picture, arguments)
    except (RenderError, OSError) as error:
        return fail(f"error: {error}", FAILED)
    print("\n".join(filter(None, [repr(picture), picture.note, str(arguments.out)])))
    return 0


def _write(picture: Graph, arguments: argparse.Namespace) -> None:
    if _is_page(arguments):
        with replacing(arguments.out) as file:
            file.write(picture.html(title=arguments.target).encode())
    else:
        picture.save(arguments.out)


def _is_page(arguments: argparse.Namespace) -> bool:
    return bool(arguments.out.suffix.lower() == ".html")


def _target(text: str, inputs: list[Input]) -> Any:
    """The Tensor, model or function to draw, which takes so many inputs."""
    found = imported(text)
    if isinstance(found, Tensor):
        return found
    if not callable(found):
        raise argparse.ArgumentTypeError(
            f"{text} is a {type(found).__name__}; name an nn.Module, something that makes one, a function or a Tensor"
        )
    if not isinstance(found, Module) and _takes(found)[0] == 0:
        found = _made(found, text) or found
    if isinstance(found, type):
        raise argparse.ArgumentTypeError(
            f"{text} is a class that needs arguments; name an instance, or a function that makes one"
        )
    _check_count(found, text, len(inputs))
    return found


def _made(maker: Callable[..., Any], text: str) -> Module | None:
    """The model that a class or a function makes; None if it makes something else."""
    try:
        made = maker()
    except Exception as error:  # it is the user's
        raise argparse.ArgumentTypeError(f"{text}() raised {type(error).__name__}: {error}") from error
    return made if isinstance(made, Module) else None


def _takes(function: Any) -> tuple[int, float, list[str]]:
    """How many positional arguments it needs, how many it takes, and their names."""
    try:
        computes = function if isinstance(function, type) else getattr(function, "forward", function)
        parameters = inspect.signature(computes).parameters.values()
    except (TypeError, ValueError):
        return 0, float("inf"), []
    positional = [each for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    needed = [each.name for each in positional if each.default is each.empty]
    any_number = any(each.kind is each.VAR_POSITIONAL for each in parameters)
    return len(needed), float("inf") if any_number else len(positional), [each.name for each in positional]


def _check_count(function: Any, text: str, given: int) -> None:
    least, most, names = _takes(function)
    if not least <= given <= most:
        listed = f" ({', '.join(names)})" if names else ""
        wanted = f"{least}" if least == most else f"{least} or more" if most == float("inf") else f"{least} to {most}"
        inputs = "1 input" if wanted == "1" else f"{wanted} inputs"
        raise argparse.ArgumentTypeError(
            f"{text} takes {inputs}{listed}, and {given} are given; give --input SHAPE once for each"
        )


def _drawn(target: Any, arguments: argparse.Namespace) -> Graph:
    """The drawing of the target."""
    from tinygrad_fs import viz
    from tinygrad_fs.viz.record import FOR_A_PAGE, graph_of_call

    is_page = _is_page(arguments)
    names = ("depth", "direction", "graph", "max_nodes")
    given = {name: value for name in names if (value := getattr(arguments, name)) is not None}
    options = FOR_A_PAGE | given if is_page else given
    if isinstance(target, Tensor):
        return viz.graph(target, **options)
    inputs = [_tensor(each, requires_grad=not isinstance(target, Module)) for each in arguments.input]
    return graph_of_call(target, tuple(inputs), None, options, backward=is_page)


def _tensor(wanted: Input, requires_grad: bool) -> Tensor:
    if wanted.dtype.kind != "f":
        return Tensor(np.zeros(wanted.shape, wanted.dtype))
    values = randn(*wanted.shape).data.astype(wanted.dtype)
    return Tensor(values, requires_grad=requires_grad)
