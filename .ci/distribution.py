"""Build the wheel and the sdist, look into them, and use the wheel as a stranger would: ``python .ci/distribution.py``.

It runs on Linux, macOS and Windows, needs the package `build`, and leaves nothing behind but what it prints.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
LIMIT = 1_000_000
"""Bytes that the wheel may have: it is Python source with its documentation, of which there is more than 2 MB."""

DATA = {
    "tinygrad_fs/py.typed",
    "tinygrad_fs/bound.pyi",
    "tinygrad_fs/data/digits.npz",
    "tinygrad_fs/data/digits.LICENSE.txt",
    "tinygrad_fs/viz/page/frame.css",
    "tinygrad_fs/viz/page/body.html",
    "tinygrad_fs/viz/page/start.js",
}
"""What a wheel that was put together wrongly would lack, beside sources."""

IMPORT_ALL_THAT_IS_PUBLIC = """
import tinygrad_fs
for name in tinygrad_fs.__all__:
    getattr(tinygrad_fs, name)
"""

IMPORT_ALL = """
import importlib, pkgutil, tinygrad_fs
for module in pkgutil.walk_packages(tinygrad_fs.__path__, "tinygrad_fs."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
"""


class Environment:
    """A virtual environment with nothing in it, and a folder in which no source lies."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder / "environment", with_pip=True)
        self.programs = folder / "environment" / ("Scripts" if os.name == "nt" else "bin")
        self.work = folder / "work"
        self.work.mkdir()

    def run(self, program: str, *arguments: str) -> str:
        """Run one of its programs; what it printed."""
        # Paths in PYTHONPATH, or a check that runs under another's settings, would let the source be found.
        settings = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        return run(str(self.programs / program), *arguments, cwd=self.work, env=settings)

    def install(self, *what: str) -> None:
        """Install packages, without more words than are needed."""
        self.run("python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *what)


def run(*command: str, **how: Any) -> str:
    """Run a program; what it printed. If it fails, so does the check, with all that it said."""
    done = subprocess.run(command, **how, capture_output=True, encoding="utf-8", errors="replace", check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def build(folder: Path) -> tuple[Path, Path]:
    """The sdist, and the wheel that is built from it and not from the checkout."""
    run(sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT))
    (sdist,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return sdist, wheel


def look_into(sdist: Path, wheel: Path) -> None:
    """Check what both hold, and print how large they are, and where the wheel's bytes are."""
    with zipfile.ZipFile(wheel) as archive:
        entries = archive.infolist()
    names = {entry.filename for entry in entries}
    sources = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tinygrad_fs").rglob("*.py")}
    require(not (DATA | sources) - names, f"the wheel lacks {sorted((DATA | sources) - names)}")
    strangers = {name for name in names if name.split("/")[0] not in ("tinygrad_fs", dist_info(wheel))}
    require(not strangers, f"the wheel holds {sorted(strangers)}")
    with tarfile.open(sdist) as archive:
        members = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"README.md", "LICENSE", "pyproject.toml", "tests/conftest.py", "docs/architecture.md"}
    require(not wanted - members, f"the sdist lacks {sorted(wanted - members)}")

    size = wheel.stat().st_size
    rooms = Counter[str]()
    for entry in entries:
        rooms["/".join(entry.filename.split("/")[:2])] += entry.compress_size
    print(f"sdist: {sdist.stat().st_size / 1000:,.0f} kB; wheel: {size / 1000:,.0f} kB in {len(entries)} files")
    print("  " + ", ".join(f"{room} {taken / 1000:.0f}" for room, taken in rooms.most_common(8)))
    require(size <= LIMIT, f"the wheel has {size:,} bytes, and may have {LIMIT:,}")


def dist_info(wheel: Path) -> str:
    """The folder of a wheel in which its metadata lies."""
    return "-".join(wheel.name.split("-")[:2]) + ".dist-info"


def use(wheel: Path, folder: Path) -> None:
    """Install the wheel and run what a user would run: alone, then with the extras, then under a type checker."""
    here = Environment(folder)
    here.install(str(wheel))
    here.run("python", "-W", "error", "-c", IMPORT_ALL_THAT_IS_PUBLIC)
    version = here.run("tinygrad-fs", "--version").strip()
    require(version.split()[1] == wheel.name.split("-")[1], f"{wheel.name} says that it is {version}")
    print(here.run("tinygrad-fs", "doctor"))

    here.install(f"{wheel}[demo]")
    here.run("python", "-W", "error", "-c", IMPORT_ALL)
    here.run("tinygrad-fs", "demo", "--epochs", "1", "--out", "demo")
    print("demo:", ", ".join(sorted(path.name for path in (here.work / "demo").iterdir())))

    here.install("mypy")
    sample = here.work / "typed_program.py"
    sample.write_text((ROOT / "tests" / "typed_program.py").read_text(encoding="utf-8"), encoding="utf-8")
    print("mypy --strict of a user's program:", here.run("mypy", "--strict", sample.name).strip())
    here.run("python", "-W", "error", sample.name)


def require(holds: bool, otherwise: str) -> None:
    """End with a message if something does not hold."""
    if not holds:
        sys.exit(f"distribution: {otherwise}")


def main() -> None:
    """Check all of it."""
    with tempfile.TemporaryDirectory() as folder:
        sdist, wheel = build(Path(folder) / "dist")
        look_into(sdist, wheel)
        use(wheel, Path(folder))


if __name__ == "__main__":
    main()
