"""Programs: which Graphviz there is on this machine, what it can do, and how it is run, with a limit of time."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import IO

__all__ = [
    "DPI",
    "VARIABLE",
    "Diagnosis",
    "Program",
    "ProgramError",
    "RenderError",
    "SlowError",
    "doctor",
    "find_program",
    "render",
    "size_of_svg",
]

VARIABLE = "TINYGRAD_FS_DOT"
BUILT_IN = "builtin"
AUTO = "auto"
WHEEL = "graphviz-pure"
PATIENCE = 10.0

DPI = 144
_FLAGS = {
    "svg": ("-Kdot", "-Tsvg"),
    "png": ("-Kdot", "-Tpng", f"-Gdpi={DPI}"),
    "pdf": ("-Kdot", "-Tpdf"),
}


class RenderError(RuntimeError):
    """A picture could not be made; the message names the remedy."""


class ProgramError(RenderError):
    """The program cannot be run, or it failed."""


class SlowError(RenderError):
    """The program did not end in time."""


@dataclass(frozen=True)
class Program:
    """A Graphviz executable.

    Attributes
    ----------
    path : str
    origin : str
        How it was found, in words.
    """

    path: str
    origin: str

    @property
    def is_wheel(self) -> bool:
        """Whether it is the one that the extra ``viz`` brings, which writes no PDF."""
        return Path(self.path).stem == WHEEL

    def version(self) -> str:
        """What it says of itself, or why it says nothing."""
        try:
            result = subprocess.run([self.path, "-V"], capture_output=True, timeout=PATIENCE, check=False)
        except (OSError, subprocess.SubprocessError) as error:
            return f"cannot be run: {error}"
        said = (result.stderr or result.stdout).decode(errors="replace").strip().partition("\n")[0]
        return said if said and result.returncode == 0 else f"ends with code {result.returncode} when asked its version"


# ---- finding one


def find_program(renderer: str = AUTO) -> Program | None:
    """The program to draw with; None for the built-in layout.

    Parameters
    ----------
    renderer : str, default "auto"
        The path or name of a program, "builtin", or "auto": then the environment variable ``TINYGRAD_FS_DOT`` decides
        in the same words, or else it is `dot` on the path, the executable of the wheel ``graphviz-pure``, or the
        built-in layout, in this order.

    Raises
    ------
    RenderError
        If the argument or the variable names a program that is not there.
    """
    if renderer != AUTO:
        return _named(renderer, f"renderer={renderer!r}")
    wanted = os.environ.get(VARIABLE, "")
    if wanted and wanted != AUTO:
        return _named(wanted, f"{VARIABLE}={wanted}")
    return _on_path() or _of_wheel()


def _named(name: str, origin: str) -> Program | None:
    if name == BUILT_IN:
        return None
    path = shutil.which(name)
    if path is None:
        raise RenderError(
            f"viz: {origin} is no program that can be run; give the path of a Graphviz `dot`, 'builtin' for the "
            "built-in layout, or 'auto'"
        )
    return Program(path, origin)


def _on_path() -> Program | None:
    path = shutil.which("dot")
    return None if path is None else Program(path, "dot on the path")


def _of_wheel() -> Program | None:
    """The executable among the files of the installed wheel, which need not be on the path."""
    try:
        files = metadata.files(WHEEL)
    except metadata.PackageNotFoundError:
        files = None
    for file in files or ():
        if file.name in (WHEEL, f"{WHEEL}.exe"):
            path = Path(str(file.locate())).resolve()
            if path.is_file():
                return Program(str(path), f"the wheel {WHEEL}")
    found = shutil.which(WHEEL)
    return None if found is None else Program(found, f"{WHEEL} on the path")


@dataclass(frozen=True)
class Diagnosis:
    """What `doctor` found; it shows itself as text.

    Attributes
    ----------
    program : str or None
        The path of the Graphviz that "auto" takes; None for the built-in layout.
    formats : tuple of str
        What drawings can be saved as.
    lines : tuple of str
        All that was found, in words.
    """

    program: str | None
    formats: tuple[str, ...]
    lines: tuple[str, ...]

    def __repr__(self) -> str:
        return "\n".join(self.lines)


def doctor() -> Diagnosis:
    """What drawings are made with on this machine, what they can be saved as, and what is missing.

    Returns
    -------
    Diagnosis
        Shows itself as text.

    Examples
    --------
    >>> from tinygrad_fs import viz
    >>> "svg" in viz.doctor().formats
    True
    """
    variable = os.environ.get(VARIABLE, "")
    lines = [f"{VARIABLE}: {variable or 'not set'}"]
    try:
        program = find_program()
    except RenderError as error:
        lines.append(str(error))
        program = None
    for name, found in (("dot on the path", _on_path()), (f"wheel {WHEEL}", _of_wheel())):
        lines.append(f"{name}: {'none' if found is None else f'{found.path} ({found.version()})'}")
    lines.append("built-in layout: always there")
    formats = ["svg", "html", "dot", "json"]
    if program is not None:
        formats.append("png")
        if not program.is_wheel:
            formats.append("pdf")
    lines.append(f"drawn with: {'the built-in layout' if program is None else f'{program.path}, {program.origin}'}")
    lines.append(f"can be saved as: {', '.join(formats)}")
    if "png" not in formats:
        lines.append('for PNG: pip install "tinygrad-fs[viz]", or install Graphviz')
    if "pdf" not in formats:
        lines.append("for PDF: install Graphviz, so that `dot` is on the path")
    return Diagnosis(None if program is None else program.path, tuple(formats), tuple(lines))


# ---- running it


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
