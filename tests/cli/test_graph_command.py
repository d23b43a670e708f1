"""`tinygrad-fs graph`: what it draws, what it says, and the code that it ends with."""

import json

import pytest

from tinygrad_fs.cli import main

LESSON = """
import tinygrad_fs as tg
from tinygrad_fs import nn


class Net(nn.Module):
    def __init__(self, size=4):
        super().__init__()
        self.fc = nn.Linear(size, 2)

    def forward(self, images, mask=None):
        print("computing")
        return self.fc(images)


class Sized(nn.Module):
    def __init__(self, size):
        super().__init__()


class Words(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(10, 3)

    def forward(self, tokens):
        return self.table(tokens)


net = Net()
number = 3
tensor = tg.tensor([1.0], requires_grad=True) * 2


def make():
    return Net()


def loss():
    return tensor.sum()


def product(x, y):
    return tg.tanh(x * y).sum()


def text(x):
    return "no tensor"


def broken():
    raise ZeroDivisionError("as it happens")
"""


@pytest.fixture(autouse=True)
def lesson(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "drawn_lesson.py").write_text(LESSON, encoding="utf-8")
    yield
    import sys

    sys.modules.pop("drawn_lesson", None)


def drawn(*argv):
    assert main(["graph", *argv, "-o", "x.json"]) == 0
    with open("x.json", encoding="utf-8") as file:
        return json.load(file)


@pytest.mark.parametrize("name", ["Net", "net", "make"])
def test_a_model_is_drawn_with_its_modules(name, capsys):
    data = drawn(f"drawn_lesson:{name}", "--input", "5,4")
    assert {node["title"] for node in data["nodes"]} == {"images", "weight", "bias", "Linear"}
    assert [scope["title"] for scope in data["scopes"]] == ["Net, 10 params, 40 B", "fc: Linear, 10 params, 40 B"]
    output = capsys.readouterr()
    assert output.out == "<Graph: 1 op, 2 leaves, 1 input, 3 edges, 2 modules>\nx.json\n"
    assert output.err == "computing\n"


@pytest.mark.parametrize(
    ("argv", "titles"),
    [
        (["drawn_lesson:product", "--input", "3", "--input", "3"], ["x", "y", "Multiply", "Tanh", "Sum"]),
        (["drawn_lesson:loss"], ["leaf", "Multiply", "Sum"]),
        (["drawn_lesson:tensor"], ["leaf", "Multiply"]),
        (["drawn_lesson:Words", "--input", "2,5:int64"], ["weight", "tokens", "Take"]),
        (["drawn_lesson:net", "--input", "5,4", "--depth", "0"], ["images", "Net, 10 params, 40 B"]),
    ],
)
def test_functions_and_tensors_are_drawn_too(argv, titles):
    shown = [node["title"] for node in drawn(*argv)["nodes"]]
    assert sorted(shown) == sorted(titles) or argv[0].endswith("Words")
    assert set(titles) - {"Take"} <= set(shown)


@pytest.mark.parametrize("target", [["net", "--input", "5,4"], ["product", "--input", "3", "--input", "3"], ["loss"]])
def test_a_page_goes_forward_and_back(target):
    assert main(["graph", f"drawn_lesson:{target[0]}", *target[1:], "-o", "x.html"]) == 0
    with open("x.html", encoding="utf-8") as file:
        text = file.read()
    assert f"<title>drawn_lesson:{target[0]}</title>" in text
    assert '"phases":["forward","backward' in text


def test_options(capsys):
    data = drawn("drawn_lesson:product", "--input", "3", "--input", "3", "--graph", "backward", "--direction", "LR")
    assert data["direction"] == "LR"
    assert {node["kind"] for node in data["nodes"]} == {"gradient", "backward"}
    assert main(["graph", "drawn_lesson:net", "--input", "5,4"]) == 0
    with open("graph.svg", encoding="utf-8") as file:
        assert "</svg>" in file.read()


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ([], "package.module:name"),
        (["drawn_lesson"], "does not name an object in a module"),
        (["no_such_module:x"], "no_such_module cannot be imported: ModuleNotFoundError"),
        (["drawn_lesson:nothing"], "module drawn_lesson has no nothing"),
        (["drawn_lesson:number"], "drawn_lesson:number is a int; name an nn.Module"),
        (["drawn_lesson:Sized"], "drawn_lesson:Sized is a class that needs arguments; name an instance"),
        (["drawn_lesson:broken"], "drawn_lesson:broken() raised ZeroDivisionError: as it happens"),
        (["drawn_lesson:net"], "takes 1 to 2 inputs (images, mask), and 0 are given; give --input SHAPE once for each"),
        (["drawn_lesson:product", "--input", "3"], "takes 2 inputs (x, y), and 1 are given"),
        (["drawn_lesson:net", "--input", "5,x"], "'5,x' is not a shape"),
        (["drawn_lesson:net", "--input", "5,4:color"], "'color' is not a dtype"),
        (["drawn_lesson:net", "--input", "5,4:U3"], "'U3' is not a dtype of numbers"),
        (["drawn_lesson:net", "--input", "5,4", "-o", "x.gif"], "'x.gif' must end in one of .svg, .png"),
        (["drawn_lesson:net", "--input", "5,4", "-o", "nowhere/x.svg"], "the folder 'nowhere' does not exist"),
        (["drawn_lesson:net", "--input", "5,4", "--direction", "RL"], "invalid choice: 'RL'"),
        (["drawn_lesson:net", "--input", "5,4", "--depth", "-1"], "'-1' is not a whole number, 0 or more"),
    ],
)
def test_misuse_ends_with_2_and_one_line(capsys, argv, message):
    with pytest.raises(SystemExit) as caught:
        main(["graph", *argv])
    output = capsys.readouterr()
    assert caught.value.code == 2
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert message in output.err


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["drawn_lesson:net", "--input", "5,7"], "drawn_lesson:net raised ValueError: linear: "),
        (["drawn_lesson:text", "--input", "5,7"], "graph: text returned no Tensor"),
        (["drawn_lesson:net", "--input", "5,4", "-o", "x.pdf"], "a PDF needs a Graphviz of the system"),
    ],
)
def test_what_fails_ends_with_1_and_one_line(capsys, monkeypatch, argv, message):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("TINYGRAD_FS_DOT", raising=False)
    assert main(["graph", *argv]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert message in output.err.splitlines()[-1]
