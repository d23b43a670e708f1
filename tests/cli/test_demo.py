"""The demo from end to end, in a few epochs."""

import importlib
import math
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.cli import demo, main, training
from tinygrad_fs.cli.gradients import GradientCheck
from tinygrad_fs.data import digits, train_test_split

pytest.importorskip("tqdm")
pytest.importorskip("matplotlib")


def run(folder, *, epochs=1, seed=0, batch_size=128):
    arguments = ["--epochs", epochs, "--seed", seed, "--batch-size", batch_size, "--out", folder]
    return main(["demo", *map(str, arguments)])


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder that a run of three epochs has written, and what it said."""
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patched:
        lines = []
        patched.setattr("builtins.print", lambda *args, **_: lines.append(" ".join(map(str, args))))
        assert run(folder, epochs=3) == 0
    return folder, lines


def test_it_says_what_came_of_it_and_where_that_is(finished):
    folder, lines = finished
    said = dict(line.split(maxsplit=1) for line in lines)
    assert said["Digits"].strip() == "1,078 to train on, 719 held out"
    assert said["Gradients"].startswith("right: largest relative error ")
    for name, file in (
        ("Graph", "graph.svg"),
        ("Steps", "graph.html"),
        ("Curves", "curves.png"),
        ("Weights", "weights.npz"),
    ):
        assert said[name].strip() == str(folder / file)
    assert said["Backprop"].startswith("by tape and layers agree to ")
    assert said["Side"] == f"by side    {folder / 'compare.html'}"
    files = sorted(path.name for path in folder.iterdir())
    assert said["Layer"] == f"by layer  {folder / 'layers.html'}"
    assert files == ["compare.html", "curves.png", "graph.html", "graph.svg", "layers.html", "weights.npz"]


def test_the_weights_give_the_accuracy_that_was_printed(finished):
    folder, lines = finished
    model = training.network()
    model.load_state_dict(tg.io.load(folder / "weights.npz"))
    _, images, _, labels = train_test_split(*digits(), test_size=0.4, seed=0)
    right = training.count_right(model, images, labels)
    assert f"({right} of 719 held-out digits)" in lines[2]
    assert right > 0.8 * 719


def test_the_graph_is_a_picture_of_the_network(finished):
    folder, _ = finished
    drawing = ElementTree.parse(folder / "graph.svg")
    assert drawing.getroot().tag.endswith("svg")
    text = " ".join(drawing.getroot().itertext())
    for name, _ in training.network().named_parameters():
        assert name in text


def test_the_pages_go_through_a_step_forward_and_back(finished):
    folder, _ = finished
    for name in ("graph.html", "layers.html"):
        text = (folder / name).read_text(encoding="utf-8")
        assert '"phases":["forward","backward"]' in text
    assert "Activation (Softmax) with CrossEntropy" in text


def test_the_curves_are_a_picture(finished):
    image = importlib.import_module("matplotlib.image").imread(finished[0] / "curves.png")
    assert image.shape[0] > 300
    assert image.shape[1] > 900
    assert image.std() > 0.05


def test_no_state_of_matplotlib_is_left_behind(tmp_path):
    code = (
        "import sys, matplotlib; from tinygrad_fs.cli.curves import save_curves; from tinygrad_fs.cli.training import "
        f"Epoch; save_curves({str(tmp_path / 'x.png')!r}, [Epoch(0.5, 0.9)], 0.95); "
        "print('matplotlib.pyplot' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert result.stdout == "False\n"


def test_the_same_seed_gives_the_same_files_and_another_seed_others(tmp_path):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        assert run(tmp_path / name, seed=seed) == 0
    for file in ("weights.npz", "graph.svg", "curves.png"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    assert (tmp_path / "a" / "weights.npz").read_bytes() != (tmp_path / "c" / "weights.npz").read_bytes()


def test_no_held_out_digit_is_trained_on(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(training, "_shift", lambda images: seen.append(images) or images)
    assert run(tmp_path, epochs=2) == 0
    _, held_out, _, _ = train_test_split(*digits(), test_size=0.4, seed=0)
    trained_on = {image.tobytes() for image in np.concatenate(seen)}
    assert len(trained_on) > 1000
    assert not trained_on & {image.tobytes() for image in held_out}


def interrupt_in(monkeypatch, step):
    """Have the batch with this number, counted from 1, end in Ctrl-C."""
    count = iter(range(1, step + 1))
    shift = training._shift

    def interrupted(*args):
        if next(count) == step:
            raise KeyboardInterrupt
        return shift(*args)

    monkeypatch.setattr(training, "_shift", interrupted)


def test_an_interrupted_run_keeps_the_last_complete_epoch(tmp_path, monkeypatch, capsys):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    weights = []
    save = tg.io.save
    monkeypatch.setattr(demo.io, "save", lambda path, state: (save(path, state), weights.append(path.read_bytes())))
    assert run(whole, epochs=3) == 0
    capsys.readouterr()

    interrupt_in(monkeypatch, step=2 * 8 + 5)
    assert run(broken, epochs=3) == 130
    last = capsys.readouterr().err.splitlines()[-1]
    path = broken / "weights.npz"
    assert last == f"tinygrad-fs: interrupted: {path} holds the weights of the last complete epoch, 2 of 3"
    assert path.read_bytes() == weights[1]
    assert [file.name for file in broken.iterdir()] == ["weights.npz"]


def test_an_interruption_while_saving_keeps_the_epoch_before(tmp_path, monkeypatch, capsys):
    write, written = np.lib.format.write_array, []

    def interrupted(*args, **kwargs):
        written.append(args)
        if len(written) == 30:
            raise KeyboardInterrupt
        write(*args, **kwargs)

    monkeypatch.setattr(np.lib.format, "write_array", interrupted)
    assert run(tmp_path, epochs=3) == 130
    assert capsys.readouterr().err.endswith("the last complete epoch, 1 of 3\n")
    assert [file.name for file in tmp_path.iterdir()] == ["weights.npz"]
    training.network().load_state_dict(tg.io.load(tmp_path / "weights.npz"))


def test_an_interruption_in_the_first_epoch_leaves_an_earlier_file_alone(tmp_path, monkeypatch, capsys):
    (tmp_path / "weights.npz").write_bytes(b"of an earlier run")
    interrupt_in(monkeypatch, step=3)
    assert run(tmp_path) == 130
    assert capsys.readouterr().err.endswith("interrupted: no epoch was complete, so no weights were written\n")
    assert (tmp_path / "weights.npz").read_bytes() == b"of an earlier run"


def test_an_interruption_after_training_says_that_training_is_done(tmp_path, monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(demo.Demo, "_check", interrupted)
    assert run(tmp_path) == 130
    assert "training was complete, and " in capsys.readouterr().err


# Started by a shell in the background, this process ignores Ctrl-C, and so would those that it starts.
HEARS_CTRL_C = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent otherwise on Windows")
def test_a_real_ctrl_c_ends_with_one_line_and_code_130(tmp_path):
    code = f"{HEARS_CTRL_C}; import sys; from tinygrad_fs.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "demo", "--epochs", "1000", "--out", str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, encoding="utf-8") as process:
        deadline = time.monotonic() + 60
        seen: set[int] = set()  # with the second file, the first epoch is counted for certain
        while len(seen) < 2 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
            seen |= {path.stat().st_ino for path in tmp_path.glob("weights.npz")}
        process.send_signal(signal.SIGINT)
        try:
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    assert "Traceback" not in said
    assert "holds the weights of the last complete epoch" in said.splitlines()[-1]
    tg.io.load(tmp_path / "weights.npz")


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    command = [sys.executable, "-m", "tinygrad_fs", "demo", "--epochs", "1", "--out", str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") as process:
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141


@pytest.mark.parametrize("missing", [["tqdm"], ["matplotlib"], ["tqdm", "matplotlib"]])
def test_a_missing_extra_is_named_before_any_work(tmp_path, monkeypatch, capsys, missing):
    for name in missing:
        monkeypatch.setitem(sys.modules, name, None)
    assert run(tmp_path) == 1
    output = capsys.readouterr()
    needed = " and ".join(missing)
    assert output.err == f'tinygrad-fs: error: the demo needs {needed}; run: pip install "tinygrad-fs[demo]"\n'
    assert output.out == ""
    assert list(tmp_path.iterdir()) == []


def test_wrong_gradients_end_the_demo_with_code_1(tmp_path, monkeypatch, capsys):
    def wrong(*_):
        return GradientCheck(math.inf, "0.weight", 10, 0)

    monkeypatch.setattr(demo, "check_gradients", wrong)
    assert run(tmp_path) == 1
    output = capsys.readouterr()
    assert "WRONG: largest relative error inf (0.weight)" in output.out
    assert "the gradients do not stand up to finite differences" in output.err.splitlines()[-1]


def test_a_full_disk_ends_with_one_line_and_code_1(tmp_path, monkeypatch, capsys):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(demo.io, "save", full)
    assert run(tmp_path) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "tinygrad-fs: error: [Errno 28] No space left on device"


def test_the_training_samples_are_as_many_as_the_command_line_says():
    train_images, *_ = train_test_split(*digits(), test_size=0.4, seed=0)
    assert len(train_images) == demo.TRAINING_SAMPLES
