"""Under which conditions a layer is audited: draws, modes, batches of one, strides, kernels, warm layers."""

from __future__ import annotations

import numpy as np
import pytest
import right_layers

from tinygrad_fs import compare
from tinygrad_fs.compare.draws import Draw, Template


class Watched(right_layers.Flatten):
    """Keeps what it has seen, where all its copies can reach it."""

    seen: list = []  # noqa: RUF012 (shared by all copies, on purpose)

    def forward_pass(self, X, training=True):
        if isinstance(X, np.ndarray):
            self.seen.append((X.copy(), training, self.trainable))
        return super().forward_pass(X, training)

    def backward_pass(self, accum_grad):
        self.seen.append(("backward", accum_grad.copy()))
        return super().backward_pass(accum_grad)


@pytest.fixture
def seen():
    Watched.seen.clear()
    compare.audit(Watched, input_shape=(2, 2))
    return Watched.seen


def inputs(seen):
    return [entry for entry in seen if isinstance(entry[0], np.ndarray)]


def test_a_batch_of_one_is_tried(seen):
    assert {len(entry[0]) for entry in inputs(seen)} == {1, 3}


def test_ties_are_among_the_draws(seen):
    values = [entry[0] for entry in inputs(seen) if len(entry[0]) == 3]
    assert any(np.array_equal(np.unique(x), [-1.0, 0.0, 1.0]) for x in values)
    assert any(not x.any() for x in values)


def test_upstream_gradients_are_not_uniform(seen):
    gradients = [entry[1] for entry in seen if isinstance(entry[0], str) and entry[1].size > 4]
    assert all(np.unique(g).size > g.size / 2 for g in gradients)


def test_evaluation_and_frozen_come_after_a_training_batch_that_is_another(seen):
    calls = inputs(seen)
    first_frozen = next(i for i, (_, _, trainable) in enumerate(calls) if not trainable)
    first_evaluation = next(i for i, (_, training, _) in enumerate(calls) if not training)
    for first in (first_frozen, first_evaluation):
        before, now = calls[first - 1], calls[first]
        assert before[1:] == (True, True)
        assert before[0].shape == now[0].shape
        assert not np.array_equal(before[0], now[0])


class WithSettings(right_layers.Flatten):
    """Has a stride for each axis and a kernel, of which nothing depends."""

    def __init__(self, strides=(1, 2), kernel_size=3):
        self.strides, self.kernel_size = strides, kernel_size


@pytest.mark.parametrize(
    ("layer", "configurations"),
    [
        (right_layers.Conv2D, {"batch 3", "batch 1", "stride=2", "filter_shape=(2, 2)"}),
        (right_layers.Conv2D(2, (2, 2), 2), {"batch 3", "batch 1", "stride=1"}),
        (right_layers.Flatten, {"batch 3", "batch 1"}),
        (WithSettings, {"batch 3", "batch 1", "strides=(2, 1)", "kernel_size=2"}),
        (WithSettings((2, 2), (3, 5)), {"batch 3", "batch 1", "strides=(1, 1)", "kernel_size=(2, 2)"}),
        (WithSettings(None, True), {"batch 3", "batch 1"}),
    ],
)
def test_strides_and_even_kernels_are_tried_where_there_are_such(layer, configurations):
    report = compare.audit(layer, input_shape=(1, 4, 4), draws=1)
    assert {finding.configuration for finding in report.findings} == configurations
    assert report.ok


class OddKernelsOnly(right_layers.Conv2D):
    """Pads alike on both sides, so that the gradient of an even kernel is shifted."""

    def backward_pass(self, accum_grad):
        *rest, rows, columns = self.edges
        height, width = (k // 2 for k in self.filter_shape)
        self.edges = (
            *rest,
            slice(height, height + rows.stop - rows.start),
            slice(width, width + columns.stop - columns.start),
        )
        return super().backward_pass(accum_grad)


def test_a_mistake_with_even_kernels_is_found():
    report = compare.audit(OddKernelsOnly, input_shape=(1, 4, 4), draws=1)
    assert {(finding.name, finding.configuration) for finding in report.wrong} == {("input", "filter_shape=(2, 2)")}


class FrozenAtStrideOne(right_layers.Conv2D):
    """Frozen, it takes the stride for 1."""

    def backward_pass(self, accum_grad):
        if not self.trainable and self.stride > 1:
            accum_grad = np.repeat(accum_grad[..., :1], accum_grad.shape[-1], axis=-1)
        return super().backward_pass(accum_grad)


def test_other_strides_are_tried_in_every_mode():
    report = compare.audit(FrozenAtStrideOne, input_shape=(1, 4, 4), draws=1)
    assert {(f.name, f.mode, f.configuration) for f in report.wrong} == {("input", "frozen", "stride=2")}
    tried = {(f.mode, f.configuration) for f in report.findings if f.name == "input"}
    assert tried == {
        (mode, configuration)
        for mode in ("training", "evaluation", "frozen")
        for configuration in ("batch 3", "batch 1", "stride=2", "filter_shape=(2, 2)")
    }


class ForgetsGamma(right_layers.BatchNormalization):
    """Without the factor gamma, which is 1 as long as the layer is new."""

    def backward_pass(self, accum_grad):
        self.gamma = np.ones_like(self.gamma)
        return super().backward_pass(accum_grad)


def test_parameters_are_moved_from_their_first_values():
    report = compare.audit(ForgetsGamma, input_shape=(3,), modes=["training"])
    assert ("input", "wrong") in {(finding.name, finding.verdict) for finding in report.wrong}


class FreezesByZero(right_layers.Dense):
    """Frozen, it hands over gradients of zero: an optimizer with momentum would go on."""

    def backward_pass(self, accum_grad):
        W, trainable, self.trainable = self.W, self.trainable, True
        X = self.layer_input if trainable else 0 * self.layer_input
        self.layer_input, kept = X, self.layer_input
        super().backward_pass(accum_grad if trainable else 0 * accum_grad)
        self.layer_input, self.trainable = kept, trainable
        return accum_grad.dot(W.T)


def test_an_update_by_zero_is_an_update():
    report = compare.audit(FreezesByZero, input_shape=(3,))
    assert {(finding.name, finding.mode) for finding in report.wrong} == {("W", "frozen"), ("w0", "frozen")}


def test_the_modes_are_those_that_a_layer_has():
    def modes(layer, **arguments):
        return {finding.mode for finding in compare.audit(layer, draws=1, **arguments).findings}

    assert modes(right_layers.Flatten, input_shape=(2,)) == {"training", "evaluation", "frozen"}
    assert modes(right_layers.Affine(), input_shape=(3,)) == {"training"}
    assert modes(right_layers.SwitchedDropout(), input_shape=(3,)) == {"training", "evaluation"}
    assert modes(right_layers.Flatten, input_shape=(2,), modes=["frozen"]) == {"frozen"}


def test_the_same_call_gives_the_same_report():
    first = compare.audit(right_layers.Dropout, input_shape=(4,))
    np.random.rand(5)
    assert compare.audit(right_layers.Dropout, input_shape=(4,)) == first
    assert compare.audit(right_layers.Dropout, input_shape=(4,), seed=1).ok


DOMAINS = {
    "real": np.array([[-1.0, 0.5]]),
    "positive": np.array([1.0, 7.0]),
    "unit": np.array([[0.2, 0.4]]),
    "simplex": np.array([[0.2, 0.8], [0.5, 0.5]]),
    "binary": np.array([1.0, 0.0, 1.0]),
    "one-hot": np.eye(3),
    "integers": np.array([3, 5]),
}


@pytest.mark.parametrize("domain", DOMAINS)
def test_draws_are_of_the_kind_that_was_given(domain):
    template = Template.of(DOMAINS[domain])
    assert template.domain == domain
    for draw in Draw.series(3, True, 0):
        drawn = template.draw(draw, draw.rng)
        assert drawn.shape == template.shape
        if draw.is_generic and domain != "real":
            assert Template.of(drawn).domain == domain
    given = template.draw(Draw.as_given(), np.random.default_rng(0))
    np.testing.assert_array_equal(given, DOMAINS[domain])
