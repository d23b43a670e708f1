"""Arguments: what the commands' parsers have in common."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

__all__ = ["Commands", "Parser", "file_to_write", "imported", "shape", "whole"]


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line; argparse would put the usage before it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message} (see {self.prog} -h)\n")


Commands: TypeAlias = "argparse._SubParsersAction[Parser]"
"""What a command adds its parser to."""


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """A reader of whole numbers in a range."""
    wanted = f"a whole number, {least} or more" if most is None else f"a whole number from {least} to {most}"

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least or (most is not None and number > most):
            raise argparse.ArgumentTypeError(f"{text!r} is not {wanted}")
        return number

    return read


def shape(text: str) -> tuple[int, ...]:
    """A reader of shapes: whole numbers from 1 on, with commas between them.

    Examples
    --------
    >>> shape("1,8,8")
    (1, 8, 8)
    """
    try:
        sizes = tuple([int(size) for size in text.split(",")])
    except ValueError:
        sizes = (0,)
    if min(sizes) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a shape, such as 1,8,8")
    return sizes


def file_to_write(text: str) -> Path:
    """A reader of names of files that can be written, so that this is known before any work is done."""
    path = Path(text)
    if path.is_dir():
        raise argparse.ArgumentTypeError(f"'{path}' is a folder; give the name of a file in it")
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"the folder '{path.parent}' does not exist")
    if not os.access(path.parent, os.W_OK):
        raise argparse.ArgumentTypeError(f"the folder '{path.parent}' cannot be written to")
    return path


def imported(text: str) -> Any:
    """A reader of objects in modules, as ``package.module:name``; modules of the current folder are found too.

    Examples
    --------
    >>> imported("math:pi")
    3.141592653589793
    """
    module, separator, name = text.partition(":")
    if not separator or not module or not name:
        raise argparse.ArgumentTypeError(f"{text!r} does not name an object in a module, as package.module:name does")
    if "" not in sys.path:
        sys.path.insert(0, "")  # as `python -m` has it
    try:
        found = importlib.import_module(module)
    except (Exception, SystemExit) as error:  # a module of the user's may do anything
        raise argparse.ArgumentTypeError(f"{module} cannot be imported: {type(error).__name__}: {error}") from error
    try:
        return attrgetter(name)(found)
    except AttributeError:
        raise argparse.ArgumentTypeError(f"module {module} has no {name}") from None
