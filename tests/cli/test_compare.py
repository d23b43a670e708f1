"""`tinygrad-fs compare`."""

import json

import pytest

from tinygrad_fs.cli import main
from tinygrad_fs.cli.comparison import digits_network
from tinygrad_fs.compare import Comparison
from tinygrad_fs.deep_learning.layers import Dense


def run(tmp_path, *options):
    return main(["compare", "--steps", "2", "--batch-size", "8", "--out", str(tmp_path / "page.html"), *options])


def test_a_table_and_a_page(tmp_path, capsys):
    assert run(tmp_path) == 0
    said = capsys.readouterr().out
    assert "15 layers, a batch of 8: the two ways agree" in said
    assert f"Page      {tmp_path / 'page.html'}" in said
    assert "Activation (Softmax) with CrossEntropy" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_walkthrough(tmp_path, capsys):
    assert run(tmp_path, "--walkthrough", str(tmp_path / "steps.html")) == 0
    assert f"Steps     {tmp_path / 'steps.html'}" in capsys.readouterr().out
    assert "agree to the last bit" in (tmp_path / "steps.html").read_text(encoding="utf-8")


def test_json(tmp_path, capsys):
    assert run(tmp_path, "--json") == 0
    content = json.loads(capsys.readouterr().out)
    assert content["ok"] is True
    assert content["max_difference"] < 1e-12


def test_the_network_is_that_of_the_source():
    assert sum(layer.parameters() for layer in digits_network().layers) == 538_570


def test_a_wrong_gradient_gives_code_1(tmp_path, capsys, monkeypatch):
    right = Dense.backward_pass
    monkeypatch.setattr(Dense, "backward_pass", lambda layer, g: right(layer, g) * 1.01)
    assert run(tmp_path) == 1
    assert "THE TWO WAYS DIFFER" in capsys.readouterr().out


def test_a_page_that_cannot_be_written_gives_code_2(tmp_path, capsys, monkeypatch):
    def full(self, path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Comparison, "to_html", full)
    assert main(["compare", "--steps", "0", "--out", str(tmp_path / "page.html")]) == 2
    assert "the page cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    "option",
    [
        ("--steps", "-1"),
        ("--batch-size", "1"),
        ("--seed", "x"),
        ("--other",),
        ("--out", "nowhere/page.html"),
        ("--out", "."),
        ("--walkthrough", "nowhere/page.html"),
    ],
)
def test_misuse_gives_code_2(option):
    with pytest.raises(SystemExit) as caught:
        main(["compare", *option])
    assert caught.value.code == 2
