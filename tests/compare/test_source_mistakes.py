"""The proof: of the source's mistakes the audit finds each, calls it by its name, and finds nothing else wrong."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import replicas
import right_layers
from scripts import run

from tinygrad_fs import compare

MODES = ("training", "evaluation", "frozen")


def verdicts(report: compare.Report) -> dict[tuple[str, str], set[str]]:
    """The verdicts on each gradient in each mode, over all configurations."""
    found: dict[tuple[str, str], set[str]] = {}
    for finding in report.findings:
        found.setdefault((finding.name, finding.mode), set()).add(finding.verdict)
    return found


def in_modes(verdict: str, *names: str, modes: tuple[str, ...] = MODES) -> dict[tuple[str, str], str]:
    return {(name, mode): verdict for name in names for mode in modes}


# What is wrong with each; all else about it must be right.
MISTAKES = {
    "softmax": (replicas.SoftmaxDiagonal, (4,), {}, in_modes("wrong", "input")),
    "upsampling": (replicas.UpSamplingTopLeft, (2, 3, 2), {}, in_modes("wrong", "input")),
    "dropout": (replicas.DropoutStaleMask, (6,), {}, in_modes("stale", "input", modes=("evaluation",))),
    "batch normalization": (
        replicas.BatchNormalizationBatchFormula,
        (4,),
        {},
        in_modes("wrong", "input", modes=("evaluation", "frozen")),
    ),
    "batch normalization of images": (
        replicas.BatchNormalizationBatchFormula,
        (2, 2, 2),
        {},
        in_modes("wrong", "input", modes=("evaluation", "frozen")),
    ),
    "rnn, not truncated": (
        replicas.RnnReplica,
        (4, 2),
        {},
        in_modes("partial", "input") | in_modes("wrong", "U", "V", "W", modes=("frozen",)),
    ),
    "rnn, truncated": (
        replicas.RnnReplica,
        (6, 2),
        {"bptt_trunc": 2},
        in_modes("partial", "input")
        | in_modes("convention", "U", "W", modes=("training", "evaluation"))
        | in_modes("wrong", "U", "V", "W", modes=("frozen",)),
    ),
    "relu": (replicas.ReluOneAtZero, (4,), {}, in_modes("convention", "input")),
    "leaky relu": (replicas.LeakyReluOneAtZero, (4,), {}, in_modes("convention", "input")),
    "elu": (replicas.EluOneAtZero, (4,), {}, in_modes("convention", "input")),
    "selu": (replicas.SeluScaleAtZero, (4,), {}, in_modes("convention", "input")),
    "max pooling": (replicas.MaxPoolingFirstOfTies, (1, 3, 3), {}, in_modes("convention", "input")),
    "cross-entropy": (replicas.CrossEntropyClipped, (3,), {}, in_modes("convention", "p", modes=("training",))),
}


@functools.cache
def report_on(name: str) -> compare.Report:
    layer, shape, settings, _ = MISTAKES[name]
    return compare.audit(layer, input_shape=shape, kwargs=settings)


@pytest.mark.parametrize("name", MISTAKES)
def test_the_mistake_is_found_and_nothing_else(name):
    expected = MISTAKES[name][-1]
    found = verdicts(report_on(name))
    assert found == {key: {expected.get(key, "right")} for key in found}
    assert expected.keys() <= found.keys()
    assert report_on(name).ok == (set(expected.values()) <= {"convention"})


@pytest.mark.parametrize("name", MISTAKES)
def test_every_finding_comes_with_a_script_that_shows_it(name, capsys):
    scripts = {f.reproducer: f for f in report_on(name).findings if f.verdict != "right"}
    for script, finding in scripts.items():
        names = run(script)
        printed = capsys.readouterr().out
        if finding.detail.startswith("updated"):
            assert not np.allclose(names["before"], names["after"])
            assert "although frozen" in printed
        elif finding.verdict == "convention" and "truncated" not in finding.detail:
            assert not np.allclose(names["left"], names["right"])
            assert "slopes to the left" in printed
        else:
            assert not np.allclose(names["by_hand"], names["truth"], rtol=1e-3)
            assert "the gradient:" in printed


@pytest.mark.parametrize(
    ("name", "finding", "words"),
    [
        ("rnn, not truncated", ("input", "training"), "wrong at [:, :3]"),
        ("rnn, truncated", ("U", "training"), "truncated, as declared: without bptt_trunc=2 it is right"),
        ("rnn, truncated", ("W", "frozen"), "updated, although trainable is False"),
        ("dropout", ("input", "evaluation"), "it is that of an earlier forward, of which something was kept"),
        ("relu", ("input", "training"), "at kinks and ties it takes the slope on the right"),
        ("softmax", ("input", "training"), "cosine 0.9"),
    ],
)
def test_it_is_said_what_is_wrong(name, finding, words):
    found = next(f for f in report_on(name).findings if (f.name, f.mode) == finding)
    assert words in found.detail


@pytest.mark.parametrize("trunc", [0, 1, 2, 3, 4])
def test_truncation_shows_from_the_step_on_at_which_it_cuts(trunc):
    """Of T = 4 steps, U is exact iff bptt_trunc >= T - 1, and W iff bptt_trunc >= T - 2."""
    report = compare.audit(
        replicas.RnnReplica(2, bptt_trunc=trunc), input_shape=(4, 2), modes=["training"], batch_size=1, draws=2
    )
    found = verdicts(report)
    assert found["U", "training"] == {"right" if trunc >= 3 else "convention"}
    assert found["W", "training"] == {"right" if trunc >= 2 else "convention"}
    assert found["V", "training"] == {"right"}


RIGHT = {
    "softmax": (right_layers.Softmax, (4,)),
    "upsampling": (right_layers.UpSampling, (2, 3, 2)),
    "dropout": (right_layers.Dropout, (6,)),
    "batch normalization": (right_layers.BatchNormalization, (4,)),
    "rnn": (right_layers.Rnn, (4, 2)),
    "dense": (right_layers.Dense, (3,)),
    "convolution": (right_layers.Conv2D, (1, 4, 5)),
    "flatten": (right_layers.Flatten, (2, 3)),
}


@pytest.mark.parametrize("name", RIGHT)
def test_no_alarm_where_it_is_right(name):
    layer, shape = RIGHT[name]
    report = compare.audit(layer, input_shape=shape)
    assert {finding.verdict for finding in report.findings} == {"right"}, str(report)
    assert not report.remarks


def test_cross_entropy_after_a_right_softmax_is_right():
    """Between its clips it is; the convention is at saturation."""
    report = compare.audit(
        replicas.CrossEntropyClipped(), X=(np.eye(3)[[0, 2]], np.array([[0.2, 0.3, 0.5], [0.1, 0.2, 0.7]]))
    )
    (finding,) = [f for f in report.findings if f.configuration == "as given"]
    assert (finding.name, finding.verdict) == ("p", "convention")
