"""`tinygrad-fs audit`: its arguments, and what becomes of them."""

from __future__ import annotations

import argparse
import ast
import contextlib
import sys
from typing import Any

from tinygrad_fs.cli.arguments import Commands, file_to_write, imported, shape, whole
from tinygrad_fs.cli.outcome import FAILED, MISUSED, fail

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add the command."""
    audit = commands.add_parser(
        "audit",
        help="tell whether a hand-written backward is the gradient of its forward",
        description="Run a layer forward and backward, compare what it gives with the gradients of its forward, and "
        "print what is wrong, with a script that shows it. The exit code is 0 if all is right, 1 if a gradient is "
        "wrong, 2 if the layer could not be audited as asked.",
        allow_abbrev=False,
    )
    audit.set_defaults(run=_run, parser=audit)
    audit.add_argument(
        "target",
        metavar="package.module:ClassName",
        help="a layer, its class, or two functions with a comma between them, forward and backward",
    )
    audit.add_argument(
        "--input",
        metavar="SHAPE",
        type=shape,
        action="append",
        required=True,
        help="the shape of one sample, as 1,8,8; once for each input (for functions whole shapes, with the batch)",
    )
    audit.add_argument(
        "--args",
        metavar="ARG",
        nargs="+",
        default=[],
        help="arguments of the class, as 16 or 'filter_shape=(3, 3)'; what is no Python literal is text",
    )
    audit.add_argument(
        "--names", metavar="W=dW", nargs="+", type=_pair, help="parameters, each with the attribute of its gradient"
    )
    audit.add_argument(
        "--budget",
        metavar="N",
        type=whole(1),
        help="how often the forward may run for the central differences of one gradient, where no tape can follow it; "
        "if not given, 8000, or fewer if it is slow",
    )
    audit.add_argument("--seed", metavar="N", type=whole(0), default=0, help="of the random draws")
    audit.add_argument("--json", action="store_true", help="print the report as JSON")
    audit.add_argument("--html", metavar="FILE", type=file_to_write, help="write the report as a page, too")


def _run(arguments: argparse.Namespace) -> int:
    from tinygrad_fs import compare  # not needed by other commands

    try:
        with contextlib.redirect_stdout(sys.stderr):  # what the audited module prints is no part of the report
            target = _target(arguments.target)
            args, kwargs = _constructor(arguments.args)
            report = compare.audit(
                target,
                input_shape=arguments.input,
                args=args,
                kwargs=kwargs,
                names=dict(arguments.names) if arguments.names else None,
                budget=arguments.budget,
                seed=arguments.seed,
            )
    except (argparse.ArgumentTypeError, compare.AuditError) as error:
        arguments.parser.error(_on_this_line(str(error)))
    print(report.to_json() if arguments.json else report)
    try:
        if arguments.html is not None:
            report.to_html(arguments.html)
    except OSError as error:
        return fail(f"error: the page cannot be written: {error}", MISUSED)
    return 0 if report.ok else FAILED


def _on_this_line(message: str) -> str:
    """What `audit` says, with the options of the command line in the place of its arguments."""
    message = message.removeprefix("audit: ")
    for written, option in (
        ("as args=(...) and kwargs={...}", "as --args 16 name=value"),
        ("for functions write audit((forward, backward), X=(x, w, b))", "name functions as module:forward,backward"),
        ("input_shape=[(4,), (4,)], or X=(a, b), and others as options={...}", "--input 4 --input 4"),
        ("names={'W': 'dW'}", "--names W=dW"),
    ):
        message = message.replace(written, option)
    return message


def _target(text: str) -> Any:
    """What the name stands for; a pair where there are two, of which the second may be in the first one's module."""
    module, colon, names = text.partition(":")
    if not colon:
        raise argparse.ArgumentTypeError(f"{text!r} does not name an object in a module, as package.module:name does")
    if names.count(",") > 1:
        raise argparse.ArgumentTypeError(f"{text!r} names more than a pair of functions, forward and backward")
    found = [imported(name if ":" in name else f"{module}:{name}") for name in names.split(",")]
    return found[0] if len(found) == 1 else tuple(found)


def _constructor(texts: list[str]) -> tuple[list[Any], dict[str, Any]]:
    """Positional and named arguments."""
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if equals and name.isidentifier():
            kwargs[name] = _literal(value)
        else:
            args.append(_literal(text))
    return args, kwargs


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text


def _pair(text: str) -> tuple[str, str]:
    name, equals, gradient = text.partition("=")
    if not (name and equals and gradient):
        raise argparse.ArgumentTypeError(f"{text!r} is not a parameter and its gradient, such as W=dW")
    return name, gradient
