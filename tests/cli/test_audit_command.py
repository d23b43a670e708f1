"""`tinygrad-fs audit`: what it takes, what it prints, and the code that it ends with."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from tinygrad_fs.cli import main
from tinygrad_fs.compare import Report

LESSON = """
import abc
import sys

import numpy as np

print("imported")


class Scale:
    def __init__(self, factor=2.0, name="none"):
        self.factor, self.name = factor, name

    def forward(self, x):
        print("forward")
        return x * self.factor

    def backward(self, g):
        return g * self.factor


class Wrong(Scale):
    def backward(self, g):
        return g


class Grouped:
    class Inner(Scale):
        pass


class Weighted:
    def __init__(self):
        self.W = np.ones(3)

    def forward(self, x):
        self.x = x
        return x * self.W

    def backward(self, g):
        self.slope = (g * self.x).sum(axis=0)
        return g * self.W


class Abstract(abc.ABC):
    @abc.abstractmethod
    def forward(self, x): ...

    @abc.abstractmethod
    def backward(self, g): ...


class Product:
    def forward(self, a, b):
        return a * b

    def backward(self, g):
        return g


class Quits(Scale):
    def forward(self, x):
        sys.exit(3)


layer = Scale(3.0)


def forward(x, w):
    return x @ w, (x, w)


def backward(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout
"""


@pytest.fixture(autouse=True)
def lesson(tmp_path, monkeypatch):
    (tmp_path / "lesson.py").write_text(LESSON, encoding="utf-8")
    (tmp_path / "broken.py").write_text("1 / 0", encoding="utf-8")
    (tmp_path / "quitting.py").write_text("raise SystemExit(5)", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    sys.modules.pop("lesson", None)


@pytest.mark.parametrize(
    "argv",
    [
        ["lesson:Scale", "--input", "3"],
        ["lesson:Scale", "--input", "1,2,2", "--args", "1.5"],
        ["lesson:Scale", "--input", "3", "--args", "factor=-2", "name=text"],
        ["lesson:Grouped.Inner", "--input", "3"],
        ["lesson:layer", "--input", "3", "--budget", "100"],
        ["lesson:Weighted", "--input", "3", "--names", "W=slope"],
        ["lesson:forward,backward", "--input", "3,2", "--input", "2,4"],
        ["lesson:forward,lesson:backward", "--input", "3,2", "--input", "2,4", "--seed", "7"],
        ["tinygrad_fs.deep_learning.layers:Dense", "--input", "4", "--args", "n_units=3"],
        ["tinygrad_fs.deep_learning.layers:Activation", "--input", "4", "--args", "relu"],
    ],
)
def test_what_is_right_ends_with_0(argv, capsys):
    assert main(["audit", *argv]) == 0
    output = capsys.readouterr()
    assert ": right (" in output.out.splitlines()[0]
    assert "forward\n" not in output.out + output.err


def test_what_is_wrong_ends_with_1_and_a_script(capsys):
    assert main(["audit", "lesson:Wrong", "--input", "3"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("Wrong: input wrong, of 1 gradient\n")
    script = "\n".join(line[4:] for line in out.split("To see it, run:\n\n")[1].splitlines())
    names: dict[str, object] = {}
    exec(script, names)
    assert not np.allclose(names["by_hand"], names["truth"])


def test_json_is_all_that_is_printed(capsys):
    assert main(["audit", "lesson:Wrong", "--input", "3", "--json"]) == 1
    content = json.loads(capsys.readouterr().out)
    assert content["ok"] is False
    assert {finding["verdict"] for finding in content["findings"]} == {"scaled"}


def test_a_page_is_written(lesson, capsys):
    assert main(["audit", "lesson:Scale", "--input", "3", "--html", "page.html"]) == 0
    assert "Audit of Scale" in (lesson / "page.html").read_text(encoding="utf-8")


def test_a_page_that_fails_is_no_finding(lesson, capsys, monkeypatch):
    def full(self, path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Report, "to_html", full)
    assert main(["audit", "lesson:Scale", "--input", "3", "--html", "page.html"]) == 2
    output = capsys.readouterr()
    assert output.out.startswith("Scale: right (")
    assert output.err.splitlines()[-1].startswith("tinygrad-fs: error: the page cannot be written: ")


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["lesson:Scale"], "the following arguments are required: --input"),
        (["lesson", "--input", "3"], "'lesson' does not name an object in a module"),
        (["lesson:", "--input", "3"], "'lesson:' does not name an object in a module"),
        (["quitting:Scale", "--input", "3"], "quitting cannot be imported: SystemExit: 5"),
        (["lesson:Abstract", "--input", "3"], "Abstract is abstract: it leaves backward, forward to others"),
        (["lesson:Product", "--input", "3"], "Product was given 1 input, which do not fit forward(a, b)"),
        (["lesson:forward,backward,forward", "--input", "3"], "names more than a pair of functions"),
        (["lesson:Scale", "--input", "9999999999,9999999999"], "does not fit into memory; give a smaller one"),
        (["lesson:Scale", "--input", "3", "--budget", "0"], "argument --budget: '0' is not a whole number"),
        (["lesson:Scale", "--input", "3", "--html", "nowhere/page.html"], "the folder 'nowhere' does not exist"),
        (["lesson:Scale", "--input", "3", "--html", "."], "'.' is a folder"),
        (["lesson:np", "--input", "3"], "numpy is a module"),
        (["nothing:Scale", "--input", "3"], "nothing cannot be imported: ModuleNotFoundError"),
        (["broken:Scale", "--input", "3"], "broken cannot be imported: ZeroDivisionError"),
        (["lesson:Nothing", "--input", "3"], "module lesson has no Nothing"),
        (["lesson:Scale", "--input", "three"], "argument --input: 'three' is not a shape"),
        (["lesson:Scale", "--input", "3", "--args", "1", "2", "3"], "give what it needs as --args 16 name=value"),
        (["lesson:Weighted", "--input", "3", "--names", "W"], "'W' is not a parameter and its gradient"),
        (["lesson:Weighted", "--input", "3", "--names", "V=slope"], "names= has 'V'"),
        (["math:pi", "--input", "3"], "float has no forward_pass and backward_pass"),
        (["math:pi", "--input", "3"], "name functions as module:forward,backward"),
        (["lesson:Scale", "--input", "3", "--seed", "-1"], "argument --seed"),
    ],
)
def test_misuse_ends_with_2_and_one_line(argv, message, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["audit", *argv])
    output = capsys.readouterr()
    assert caught.value.code == 2
    assert output.out == ""
    assert output.err.splitlines()[-1].startswith("tinygrad-fs audit: error: ")
    assert message in output.err.splitlines()[-1]


def test_it_finds_modules_of_the_current_folder(lesson):
    command = [sys.executable, "-m", "tinygrad_fs", "audit", "lesson:Wrong", "--input", "2", "--json"]
    result = subprocess.run(command, cwd=lesson, capture_output=True, encoding="utf-8")
    assert result.returncode == 1
    assert json.loads(result.stdout)["title"] == "Wrong"


def test_a_layer_that_ends_the_program_is_a_finding(capsys):
    assert main(["audit", "lesson:Quits", "--input", "3"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("Quits: it fails\n")
    assert "forward called sys.exit(3)" in out


def test_a_reader_that_goes_away_is_no_error(lesson):
    command = [sys.executable, "-m", "tinygrad_fs", "audit", "lesson:Wrong", "--input", "2"]
    with subprocess.Popen(
        command, cwd=lesson, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == "imported\n"
    assert process.returncode == 141
