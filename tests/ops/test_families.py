"""The map of the families: it lists what there is, nothing else, and a family is imported when it is asked for."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest

import tinygrad_fs as tg
from tinygrad_fs import ops
from tinygrad_fs.ops.dispatch import protocol, rules, writers

FOLDER = Path(ops.__file__).parent
FILES = sorted(path for path in FOLDER.rglob("*.py") if path.stem != "__init__")
NAMELESS = sorted({".".join(path.relative_to(FOLDER).with_suffix("").parts) for path in FILES} - set(ops.FAMILIES))


def module_of(family: str):
    return importlib.import_module(f"tinygrad_fs.ops.{family}")


class TestMap:
    @pytest.mark.parametrize("family", ops.FAMILIES)
    def test_its_names_are_those_of_the_file(self, family):
        assert list(ops.FAMILIES[family]) == sorted(module_of(family).__all__)
        assert all(ops.bare(name).__module__ == f"tinygrad_fs.ops.{family}" for name in ops.FAMILIES[family])

    @pytest.mark.parametrize("family", sorted(set(NAMELESS) - {"dispatch.rules", "dispatch.writers"}))
    def test_a_file_without_names_has_no_function_for_users(self, family):
        module = module_of(family)
        functions = {name: getattr(module, name) for name in getattr(module, "__all__", ())}
        for_users = {name for name, function in functions.items() if ">>> " in (inspect.getdoc(function) or "")}
        assert for_users - set(tg.linalg.__all__) == set()

    def test_a_name_stands_in_one_family(self):
        names = list(chain(*ops.FAMILIES.values()))
        assert sorted(set(names)) == sorted(names) == ops.__all__

    def test_a_family_has_another_name_than_any_function(self):
        """The import of `ops/exp.py` would put the module in the place of `ops.exp`; as would a room of that name."""
        here = {path.stem for path in FOLDER.iterdir()}
        assert here & {*tg.__all__, *ops.__all__} == set()

    def test_type_checkers_see_the_same(self):
        tree = ast.parse((FOLDER / "__init__.py").read_text(encoding="utf-8"))
        (block,) = [node for node in tree.body if ast.unparse(node).startswith("if TYPE_CHECKING")]
        assert [ast.unparse(line) for line in block.body] == [
            f"from tinygrad_fs.ops.{family} import *" for family in sorted(ops.FAMILIES)
        ]

    def test_numpys_own_names(self):
        assert [function.__name__ for function in protocol._WITHOUT_A_NAME] == rules.__all__
        assert sorted(function.__name__ for function in protocol._WRITERS) == writers.__all__

    def test_every_expected_rule_is_there(self):
        missing = [place for place in protocol._expected.values() if not callable(protocol._in_family(*place))]
        assert missing == []


def fresh(code: str) -> str:
    """What a program prints that begins with the import."""
    code = f"import sys, threading\nimport numpy as np\nimport tinygrad_fs as tg\n{code}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


THREADS = """
found, errors, gate = [], [], threading.Barrier(8)
def ask():
    gate.wait()
    try:
        t = tg.tensor([1.0, 2.0], requires_grad=True)
        found.append((tg.softmax, tg.ops.softmax, tg.linalg.cross, tg.cross, t.softmax().size, np.linalg.norm(t).size))
    except BaseException as error:
        errors.append(error)
threads = [threading.Thread(target=ask) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(found), len(set(found)), found[0][0] is found[0][1], found[0][2] is found[0][3], errors)
"""


class TestFirstUse:
    def test_the_import_loads_what_arithmetic_and_indexing_need(self):
        loaded = fresh("print(*[m for m in sys.modules if m.startswith('tinygrad_fs.')])").split()
        families = {name.removeprefix("tinygrad_fs.ops.") for name in loaded if name.startswith("tinygrad_fs.ops.")}
        assert {"elementwise.arithmetic", "indexing.reading", "linear_algebra.products", "shape"} <= families
        assert families.isdisjoint(
            {
                "elementwise.activation",
                "images.convolution",
                "reductions.histograms",
                "reductions.reduction",
                "dispatch.writers",
            }
        )
        assert "tinygrad_fs.autograd" not in loaded

    @pytest.mark.parametrize(
        ("code", "printed"),
        [
            ("print(np.histogram(tg.tensor([1.0, 2.0, 2.0]), 2)[0].tolist())", "[1, 2]"),
            ("print(np.exp(tg.tensor([0.0], requires_grad=True)))", "tensor([1.], grad_fn=<Exp>)"),
            ("print(np.add.reduce(tg.tensor([1.0, 2.0], requires_grad=True)))", "tensor(3., grad_fn=<Sum>)"),
            ("print(np.linspace(tg.tensor(0.0, requires_grad=True), 1, 2))", "tensor([0., 1.], grad_fn=<Linspace>)"),
            ("t = tg.tensor([1.0, 2.0]); np.copyto(t, t[::-1]); print(t.tolist())", "[2.0, 1.0]"),
            ("t = tg.ones(1, requires_grad=True) * 1; np.subtract.at(t, [0], [3.0]); print(t.tolist())", "[-2.0]"),
            ("print(tg.tensor([1.0, 3.0]).mean(), tg.Tensor.mean.__name__, vars(tg.Tensor)['mean'] is tg.Tensor.mean)",
             "tensor(2.) mean True"),
            ("print(tg.autograd.grad.__name__, tg.nn.functional.gelu.__name__)", "grad gelu"),
            ("print(tg.gelu is tg.ops.gelu is vars(tg)['gelu'] is vars(tg.ops)['gelu'])", "True"),
            ("tg.scaled_dot_product_attention; print(tg.ops.dropout.__name__, tg.dropout.__name__)", "dropout dropout"),
            ("from tinygrad_fs.ops import *; print(exp.__name__, conv3d.__name__)", "exp conv3d"),
            ("from tinygrad_fs import *; print(exp.__name__, conv3d.__name__)", "exp conv3d"),
            ("print({*tg.__all__} - {*dir(tg)}, {*tg.ops.__all__} - {*dir(tg.ops)})", "set() set()"),
            (THREADS, "8 1 True True []"),
        ],
    )  # fmt: skip
    def test_in_a_program_that_has_imported_nothing_else(self, code, printed):
        assert fresh(code) == printed


def test_a_name_that_no_family_has():
    with pytest.raises(AttributeError, match=r"module 'tinygrad_fs\.ops' has no attribute 'maxium'"):
        ops.maxium  # noqa: B018
    with pytest.raises(AttributeError, match=r"has no attribute 'clamp'; write clip\(x, low, high\)"):
        tg.clamp  # noqa: B018
