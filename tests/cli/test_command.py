"""The command line: what it accepts, what it says, and the code that it ends with."""

import errno
import os
import subprocess
import sys

import pytest

import tinygrad_fs as tg
from tinygrad_fs.cli import main, outcome
from tinygrad_fs.cli.demo import TRAINING_SAMPLES, Demo, Settings


@pytest.fixture
def settings_of(monkeypatch):
    """Runs the command line without the demo itself, and gives what the demo would run with."""
    seen = []
    monkeypatch.setattr(Demo, "run", lambda demo: seen.append(demo.settings))

    def run(*argv):
        assert main(["demo", *argv]) == 0
        return seen.pop()

    return run


def refused(capsys, *argv):
    """The one line on stderr that bad arguments get."""
    with pytest.raises(SystemExit) as caught:
        main(argv)
    output = capsys.readouterr()
    assert caught.value.code == 2
    assert output.out == ""
    assert output.err.count("\n") == 1
    return output.err


def test_without_a_command_the_help_is_printed(capsys):
    assert main([]) == 0
    assert "demo" in capsys.readouterr().out


def test_the_version_is_printed(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"tinygrad-fs {tg.__version__}\n"


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_names_every_option_and_its_default(capsys, flag):
    with pytest.raises(SystemExit) as caught:
        main(["demo", flag])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert "%%" not in text
    defaults = Settings()
    for option, default in (
        ("--epochs", defaults.epochs),
        ("--batch-size", defaults.batch_size),
        ("--seed", defaults.seed),
        ("--out", defaults.out),
    ):
        assert option in text
        assert f"(default: {default})" in " ".join(text.split())


def test_arguments_become_settings(settings_of, tmp_path):
    out = tmp_path / "a" / "b"
    settings = settings_of("--epochs", "3", "--batch-size", "32", "--seed", "7", "--out", str(out))
    assert settings == Settings(3, 32, 7, out)
    assert out.is_dir()
    assert list(out.iterdir()) == []


def test_no_arguments_mean_the_defaults(settings_of, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert settings_of() == Settings()
    assert (tmp_path / "tinygrad-fs-demo").is_dir()


@pytest.mark.parametrize("size", ["2", str(TRAINING_SAMPLES)])
def test_the_outermost_batch_sizes_are_accepted(settings_of, tmp_path, size):
    assert settings_of("--batch-size", size, "--out", str(tmp_path)).batch_size == int(size)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--epochs", "0"], "argument --epochs: '0' is not a whole number, 1 or more"),
        (["--epochs", "-3"], "argument --epochs: '-3' is not a whole number, 1 or more"),
        (["--epochs", "2.5"], "argument --epochs: '2.5' is not a whole number"),
        (["--epochs", "many"], "argument --epochs: 'many' is not a whole number"),
        (["--epochs", ""], "argument --epochs: '' is not a whole number"),
        (["--epochs"], "argument --epochs: expected one argument"),
        (["--batch-size", "-1"], "argument --batch-size: '-1' is not a whole number from 2 to 1078"),
        (["--batch-size", "0"], "argument --batch-size: '0'"),
        (["--batch-size", "1"], "argument --batch-size: '1'"),
        (["--batch-size", "1079"], "argument --batch-size: '1079'"),
        (["--seed", "-1"], "argument --seed: '-1' is not a whole number, 0 or more"),
        (["--seed", "x"], "argument --seed: 'x'"),
        (["--epoch", "3"], "unrecognized arguments"),
        (["extra"], "unrecognized arguments: extra"),
    ],
)
def test_bad_arguments_get_one_line_and_nothing_is_written(capsys, tmp_path, monkeypatch, argv, message):
    monkeypatch.chdir(tmp_path)
    assert message in refused(capsys, "demo", *argv)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_command_gets_one_line(capsys):
    assert "invalid choice: 'train'" in refused(capsys, "train")


def test_a_file_in_the_place_of_the_folder_is_refused(capsys, tmp_path):
    path = tmp_path / "file"
    path.write_text("mine", encoding="utf-8")
    assert f"argument --out: '{path}' is a file" in refused(capsys, "demo", "--out", str(path))
    assert "cannot be written to" in refused(capsys, "demo", "--out", str(path / "below"))
    assert path.read_text(encoding="utf-8") == "mine"


def test_a_name_that_no_folder_can_have_is_refused(capsys, tmp_path):
    assert "cannot be written to" in refused(capsys, "demo", "--out", str(tmp_path / ("x" * 300)))


@pytest.mark.parametrize("name", ["graph.svg", "curves.png", "weights.npz"])
def test_a_folder_in_the_place_of_a_file_is_refused(capsys, tmp_path, name):
    (tmp_path / name).mkdir()
    assert f"{name}' is a folder" in refused(capsys, "demo", "--out", str(tmp_path))


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_a_folder_that_cannot_be_written_to_is_refused(capsys, tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    if os.access(folder, os.W_OK):
        folder = "/proc" if os.path.isdir("/proc") else pytest.skip("nothing is locked for this user")
    assert "cannot be written to" in refused(capsys, "demo", "--out", str(folder))


def test_it_runs_as_a_module():
    result = subprocess.run([sys.executable, "-m", "tinygrad_fs", "--version"], capture_output=True, encoding="utf-8")
    assert (result.returncode, result.stdout) == (0, f"tinygrad-fs {tg.__version__}\n")


@pytest.mark.parametrize(
    ("platform", "error", "unread"),
    [
        ("linux", BrokenPipeError(errno.EPIPE, "Broken pipe"), True),
        ("linux", OSError(errno.EINVAL, "Invalid argument"), False),
        ("win32", BrokenPipeError(errno.EPIPE, "Broken pipe"), True),
        ("win32", OSError(errno.EINVAL, "Invalid argument"), True),
        ("win32", OSError(errno.EINVAL, "Invalid argument", "a?b"), False),
        ("win32", OSError(errno.ENOSPC, "No space left on device"), False),
    ],
)
def test_a_reader_that_goes_away_is_told_from_what_fails(monkeypatch, platform, error, unread):
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(sys, "platform", platform)
        found = outcome.is_unread(error)
    assert found == unread
