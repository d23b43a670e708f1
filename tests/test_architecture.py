"""The floors: imports run downward only, as `docs/architecture.md` draws them."""

from __future__ import annotations

import ast
import functools
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "tinygrad_fs"

# From the cellar up. A module may import from its own floor and from those below it.
FLOORS = [
    {"allocation", "changes", "dtypes", "othernames", "watching"},
    {"graph"},
    {"gradmode"},
    {"tensor", "bound"},
    {"random"},
    {"recorder"},
    {"op"},
    {"ops"},
    {"creation", "linalg"},
    {"autograd", "func"},
    {"io"},
    {"data", "nn", "optim"},
    {"deep_learning"},
    {"compare"},
    {"cli"},
]
BESIDE = {"viz": {"graph", "io", "random", "tensor", "viz", "watching"}}  # the engine never knows that it is drawn
# Within `ops`: what stands in no room comes first, and the rooms import each other in this direction.
ROOMS_OF_OPS = [
    "elementwise",
    "indexing",
    "reductions",
    "arranging",
    "linear_algebra",
    "curves",
    "images",
    "layers",
    "losses",
    "dispatch",
]
DOORS = {"tensor.py", "nn/module.py"}  # their method `graph` imports viz when it is called
MAY_DRAW = {"compare", "cli"}

MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    return path.parts[0] if len(path.parts) > 1 else path.stem


@functools.cache
def imported_names(path: Path) -> frozenset[str]:
    """What a module imports of this package, wherever in the file (type checkers' imports aside)."""
    tree = ast.parse((PACKAGE / path).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            node.body = []
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return frozenset(name for name in names if name.startswith("tinygrad_fs."))


def imported_rooms(path: Path) -> set[str]:
    return {name.split(".")[1] for name in imported_names(path)}


def floor(name: str) -> int:
    return next(i for i, rooms in enumerate(FLOORS) if name in rooms)


def storey(name: str) -> int:
    """How high a room of ops stands; 0 for what is in no room."""
    return ROOMS_OF_OPS.index(name) + 1 if name in ROOMS_OF_OPS else 0


@pytest.mark.parametrize(
    "path", [p for p in MODULES if p.stem not in ("__main__",) and len(p.parts) + (p.stem != "__init__") > 1], ids=str
)
def test_imports_run_downward(path):
    here = room(path)
    imported = imported_rooms(path) & (set().union(*FLOORS) | set(BESIDE))
    if here in BESIDE:
        assert imported <= BESIDE[here]
    elif here == "cli":
        assert imported <= set().union(*FLOORS) | set(BESIDE)
    elif len(path.parts) == 1 and path.stem == "__init__":
        pytest.skip("the front door imports all that it shows")
    else:
        may_draw = here in MAY_DRAW or path.as_posix() in DOORS
        rooms = imported - set(BESIDE) if may_draw else imported
        above = {name for name in rooms if name in BESIDE or floor(name) > floor(here)}
        assert not above, f"{here} imports from above: {sorted(above)}"


def test_no_files_import_each_other():
    """Not even late, within a function; the faces of packages, which only hand names on, are passed by."""
    files = {".".join(("tinygrad_fs", *path.with_suffix("").parts)): path for path in MODULES}
    files = {name: path for name, path in files.items() if path.stem != "__init__"}
    imported = {
        name: {file for found in imported_names(path) for file in (found, found.rpartition(".")[0]) if file in files}
        - {name}
        for name, path in files.items()
    }
    graphlib.TopologicalSorter(imported).prepare()  # raises where there is a circle, and names it


def test_the_rooms_of_ops_import_downward():
    paths = [path for path in MODULES if path.parts[0] == "ops" and path != Path("ops/__init__.py")]
    assert {path.parts[1] for path in paths if len(path.parts) > 2} == set(ROOMS_OF_OPS)
    above = [
        f"{path} imports {name}"
        for path in paths
        for name in sorted(imported_names(path))
        if name.startswith("tinygrad_fs.ops.") and storey(name.split(".")[2]) > storey(path.parts[1])
    ]
    assert above == []


def test_every_room_has_a_floor():
    rooms = {room(path) for path in MODULES} - {"__init__", "__main__"}
    assert rooms == set().union(*FLOORS, BESIDE) - {"bound"}


def test_the_engine_imports_only_numpy():
    """No drawing, no progress bars, nothing that takes time, on `import tinygrad_fs`."""
    code = "import sys, tinygrad_fs; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    ).stdout.split()
    assert not {"graphviz", "matplotlib", "tqdm", "scipy", "torch", "fractions"} & set(loaded)


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_a_file_has_one_subject(path):
    """About 400 lines is where a file begins to have two; docstrings and lists of names do not count."""
    source = (PACKAGE / path).read_text(encoding="utf-8")
    tree = ast.parse(source)
    prose = 0
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node) is not None:
            text = node.body[0]
            prose += text.end_lineno - text.lineno + 1
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            prose += node.end_lineno - node.lineno + 1
    assert len(source.splitlines()) - prose <= 400
