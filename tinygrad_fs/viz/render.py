"""Rendering: a Graphviz program is run on a source, with a limit of time and outside of this process."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
from typing import IO

from tinygrad_fs.viz.programs import Program, RenderError

__all__ = ["ProgramError", "SlowError", "render", "size_of_svg"]

DPI = 144
_FLAGS = {
    "svg": ("-Kdot", "-Tsvg"),
    "png": ("-Kdot", "-Tpng", f"-Gdpi={DPI}"),
    "pdf": ("-Kdot", "-Tpdf"),
}


class ProgramError(RenderError):
    """The program cannot be run, or it failed."""


class SlowError(RenderError):
    """The program did not end in time."""


def render(program: Program, source: str, form: str, timeout: float) -> bytes:
    """Lay out and draw a DOT source.

    Parameters
    ----------
    program : Program
    source : str
        The graph in the DOT language.
    form : {"svg", "png", "pdf"}
        What to make of it.
    timeout : float
        How many seconds it may take. Then it is stopped, with all that it started.

    Raises
    ------
    SlowError
        If it takes longer.
    ProgramError
        If it cannot be run, or fails.
    """
    # Files and not pipes: a pipe ends only when all that the program started has ended.
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as made, tempfile.TemporaryFile() as said:
        given.write(source.encode())
        given.seek(0)
        code = _run([program.path, *_FLAGS[form]], given, made, said, timeout)
        made.seek(0)
        picture = made.read()
        if code != 0 or not picture:
            said.seek(0)
            words = said.read().decode(errors="replace").strip()[-1000:] or "no message"
            raise ProgramError(f"viz: {program.path} failed with exit code {code}: {words}")
        return picture


def _run(command: list[str], given: IO[bytes], made: IO[bytes], said: IO[bytes], timeout: float) -> int:
    """Run a program and return its exit code."""
    try:
        process = subprocess.Popen(command, stdin=given, stdout=made, stderr=said, start_new_session=True)
    except OSError as error:
        raise ProgramError(f"viz: {command[0]} cannot be run: {error}") from error
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        raise SlowError(f"viz: {command[0]} took longer than timeout={timeout:g} seconds") from None
    finally:
        if process.poll() is None:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a process and, where the system knows sessions, all that it started."""
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def size_of_svg(picture: bytes) -> tuple[float, float]:
    """Width and height, in points, of an SVG that Graphviz wrote; zeros if it does not say."""
    found = re.search(rb'<svg width="([\d.]+)pt" height="([\d.]+)pt"', picture[:4000])
    return (float(found[1]), float(found[2])) if found else (0.0, 0.0)
