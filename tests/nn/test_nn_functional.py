"""nn.functional: PyTorch's names and order of arguments; what is refused, and what it does with it."""

import inspect
import re

import numpy as np
import pytest
from parity_rows import ROWS

import tinygrad_fs as tg
from tinygrad_fs import nn
from tinygrad_fs.nn import functional as F  # noqa: N812

NOT_TAKEN_OVER = {"size_average", "reduce", "_stacklevel", "out", "self"}
OF_ITS_OWN = {
    "softmax": {"dtype"},
    "log_softmax": {"dtype"},
    "softmin": {"dtype"},
    "mse_loss": {"weight"},  # of recent versions
    "l1_loss": {"weight"},
    "huber_loss": {"weight"},
}


def their_arguments(torch, name):
    """The arguments of PyTorch's function; those of built-in ones stand in the first line of the docstring."""
    function = getattr(torch.nn.functional, name)
    if hasattr(function, "__name__") and name.startswith(("max_pool", "adaptive_max_pool")):
        function = getattr(torch.nn.functional, f"{name}_with_indices")
    try:
        return list(inspect.signature(function).parameters)
    except ValueError:
        line = re.search(rf"{name}\((.*?)\) ->", function.__doc__, re.DOTALL).group(1)
        return [part.split("=")[0].strip() for part in re.sub(r"\s", " ", line).split(",") if "*" not in part]


@pytest.mark.parametrize("name", F.__all__)
def test_arguments_are_pytorchs(name):
    torch = pytest.importorskip("torch")
    theirs = [each for each in their_arguments(torch, name) if each not in NOT_TAKEN_OVER]
    ours = [each for each in inspect.signature(getattr(F, name)).parameters if each != "generator"]
    spelled = [{"dim": "axis", "keepdim": "keepdims"}.get(each, each) for each in theirs]
    extra = OF_ITS_OWN.get(name, set())
    assert [each for each in ours if each not in extra] == [each for each in spelled if each not in extra]


def test_every_function_is_compared_with_pytorch():
    compared = {row.name.removeprefix("functional.") for row in ROWS if row.name.startswith("functional.")}
    assert set(F.__all__) - compared == {"gumbel_softmax"}  # random; below


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin"])
def test_the_axis_that_is_left_out_is_pytorchs_with_a_warning(name):
    for shape, axis in (((3,), 0), ((2, 3), 1), ((2, 3, 2), 0), ((2, 3, 2, 2), 1)):
        x = tg.randn(shape)
        with pytest.warns(UserWarning, match=f"{name}: no axis was given, and for {len(shape)} axes.*axis={axis}"):
            y = getattr(F, name)(x)
        assert y.tolist() == getattr(F, name)(x, axis).tolist()


@pytest.mark.parametrize(
    ("call", "hint"),
    [
        (lambda x: F.softmax(x, dim=1), "axis= in place of dim="),
        (lambda x: F.log_softmax(x, dim=1), "log_softmax: axes are named as in NumPy"),
        (lambda x: F.softmin(x, dim=1), "axis="),
        (lambda x: F.glu(x, dim=1), "axis="),
        (lambda x: F.normalize(x, dim=1), "axis="),
        (lambda x: F.cosine_similarity(x, x, dim=1), "axis="),
        (lambda x: F.pairwise_distance(x, x, keepdim=True), "keepdims= in place of keepdim="),
        (lambda x: F.gumbel_softmax(x, dim=1), "axis="),
    ],
)
def test_dim_is_called_axis(call, hint):
    with pytest.raises(TypeError, match=hint):
        call(tg.ones((2, 2)))


HERE = {"axis": "dim", "start_axis": "start_dim", "end_axis": "end_dim", "keepdims": "keepdim"}
CALLABLE = {**vars(F), **vars(nn), **vars(nn.utils)}


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        (name, ours)
        for name in sorted({*F.__all__, *nn.__all__, *nn.utils.__all__})
        if callable(CALLABLE[name])
        for ours in HERE
        if ours in inspect.signature(CALLABLE[name]).parameters
    ],
)
def test_whatever_takes_an_axis_says_so_to_who_writes_dim(name, ours):
    with pytest.raises(TypeError, match=f"^{name}: .* write {ours}= in place of {HERE[ours]}="):
        CALLABLE[name](**{HERE[ours]: 1})


def test_other_type_errors_are_left_alone():
    with pytest.raises(TypeError, match="unexpected keyword argument 'dimension'"):
        F.softmax(tg.ones(2), dimension=1)


@pytest.mark.parametrize(
    "call",
    [
        F.hardshrink,
        F.softshrink,
        lambda x: F.threshold(x, 0.5, 2.0),
        lambda x: F.kl_div(tg.zeros(3), tg.tensor([0.5, -0.5, 0.0]) * x.abs(), reduction="none"),
        lambda x: F.kl_div(tg.zeros(3), tg.tensor([0.5, -0.5, 0.0]), reduction="none"),
    ],
    ids=["hardshrink", "softshrink", "threshold", "kl_div", "kl_div of what is no probability"],
)
def test_what_is_no_number_is_not_hidden(call):
    result = call(tg.tensor([1.0, np.nan, 1.0]))
    assert np.isnan(result.numpy()).tolist() == [False, True, False]


def test_softmax_casts_first():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = F.softmax(x, 0, dtype="float64")
    assert y.dtype == np.float64
    y[0].backward()
    assert x.grad.dtype == np.float32


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: F.pad(x, (1,)), r"\(1,\) are no widths for 2 axes"),
        (lambda x: F.pad(x, 1), r"\(1,\) are no widths for 2 axes"),
        (lambda x: F.pad(x, (1,) * 6), "no widths for 2 axes"),
        (lambda x: F.pad(x, (0.5, 1)), "pairs of ints"),
        (lambda x: F.pad(x, (-1, -2)), r"\(-1, -2\) takes more off than there is in shape \(2, 2\)"),
        (lambda x: F.pad(x, (1, 1), "edge"), "mode='edge' is unknown; use one of constant, reflect, replicate"),
        (lambda x: F.pad(x, (1, 1), "reflect", 2.0), "mode='reflect' takes no value"),
        (lambda x: F.interpolate(x[None], 4, antialias=True), "there is no antialiasing"),
        (lambda x: F.interpolate(x[None], 4, mode="cubic"), "mode='cubic' is unknown"),
        (lambda x: F.softshrink(x, -1.0), "lambd=-1.0 must not be negative"),
        (lambda x: F.gaussian_nll_loss(x, x, -x), "var has negative entries"),
        (lambda x: F.gaussian_nll_loss(x, x, np.ones((5, 1))), r"var has shape \(5, 1\); it must broadcast to"),
        (lambda x: F.soft_margin_loss(x, x[0]), r"shapes \(2, 2\) and \(2,\) differ"),
        (lambda x: F.local_response_norm(x, 2), r"needs \(n, channels, length, ...\)"),
        (lambda x: F.embedding([0], x, sparse=True), "gradients are dense"),
        (lambda x: F.embedding([0], x, padding_idx=2), r"padding_idx=2 is no row of a weight of shape \(2, 2\)"),
        (lambda x: F.scaled_dot_product_attention(x, x, x[:1], enable_gqa=True), "do not divide among"),
        (lambda x: F.multi_margin_loss(x, [0, 1], p=3), "p=3 must be 1 or 2"),
        (lambda x: F.multi_margin_loss(x, [0]), r"scores of shape \(2, 2\) and labels of shape \(1,\)"),
        (lambda x: F.multi_margin_loss(x, [0, 1], weight=[1, 2, 3]), r"weight has shape \(3,\); it must be \(2,\)"),
        (lambda x: F.multilabel_margin_loss(x, [0, 1]), r"shapes \(2, 2\) and \(2,\)"),
        (lambda x: F.triplet_margin_with_distance_loss(x, x, x, margin=0), "margin=0 must be positive"),
        (lambda x: F.channel_shuffle(x[None], 3), "no channels .* that divide into 3 groups"),
        (lambda x: F.feature_alpha_dropout(x[0]), r"shape \(2,\); it needs \(n, channels, ...\)"),
        (lambda x: F.pdist(x[0]), r"shape \(2,\); it must be \(n, features\)"),
        (lambda x: F.max_pool3d(x, 2), r"max_pool3d: the input has shape \(2, 2\); it must be \(n, channels, depth"),
        (lambda x: F.avg_pool3d(x[None, None], 2, padding=3), "avg_pool3d: padding=.* is more than half"),
        (lambda x: F.adaptive_avg_pool3d(x[None, None], (1, 2)), "must be an int or three of them"),
        (lambda x: F.max_unpool1d(x, [[0]], 2), r"input of shape \(2, 2\) and indices of shape \(1, 1\)"),
        (lambda x: F.max_unpool1d(x, x, 2), "max_unpool1d: the indices are integers, .* not float32"),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call(tg.ones((2, 2)))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: F.multi_margin_loss(x, [0, 2]), "label 2 is out of range for 2 classes"),
        (lambda x: F.multilabel_margin_loss(x, [[0, -1], [5, -1]]), "label 5 is out of range for 2 classes"),
        (lambda x: F.max_unpool1d(x, [[0, 1], [2, 4]], 2), "the indices run from 0 to 4, but there are 4 places"),
    ],
)
def test_numbers_of_what_there_is_not(call, message):
    with pytest.raises(IndexError, match=message):
        call(tg.ones((2, 2)))


def test_factors_of_classes_have_no_gradient():
    factors = tg.ones(2, requires_grad=True)
    with pytest.raises(TypeError, match=r"multi_margin_loss: weight is a constant .* pass it with .detach\(\)"):
        F.multi_margin_loss(tg.ones((1, 2)), [0], weight=factors)


def test_rows_that_are_the_same_have_distance_0_and_no_gradient():
    x = tg.ones((2, 3), requires_grad=True)
    distances = F.pdist(x)
    distances.sum().backward()
    assert (distances.tolist(), np.abs(x.grad.data).max()) == ([0.0], 0.0)


def test_the_first_of_the_largest_in_a_box_takes_the_gradient():
    x = tg.ones((1, 3, 3, 3), requires_grad=True)
    pooled, places = F.max_pool3d(x, 2, 1, return_indices=True)
    pooled.sum().backward()
    assert places.ravel().tolist() == [0, 1, 3, 4, 9, 10, 12, 13]
    assert np.flatnonzero(x.grad.data).tolist() == [0, 1, 3, 4, 9, 10, 12, 13]


def test_inputs_stay_as_they_are_whatever_inplace_says():
    x = tg.tensor([-1.0, 2.0])
    assert F.relu(x, inplace=True).tolist() == [0.0, 2.0]
    assert x.tolist() == [-1.0, 2.0]


class TestRandom:
    def test_generators_decide(self):
        x = tg.ones((4, 6, 2, 2, 2))
        for name in ("dropout", "dropout2d", "dropout3d"):
            a, b = (getattr(F, name)(x, generator=np.random.default_rng(3)) for _ in range(2))
            assert a.tolist() == b.tolist()
            assert len(np.unique(a.numpy())) == 2

    def test_whole_channels_are_left_out_to_where_selu_tends(self):
        x = tg.randn((50, 40, 3), requires_grad=True)
        y = F.feature_alpha_dropout(x, 0.3, training=True, generator=np.random.default_rng(0))
        y.sum().backward()
        slopes = x.grad.numpy()
        left_out = slopes[..., 0] == 0
        assert (slopes == slopes[..., :1]).all()
        assert left_out.mean() == pytest.approx(0.3, abs=0.03)
        assert len(np.unique(y.numpy()[left_out])) == 1
        assert (y.numpy().mean(), y.numpy().std()) == pytest.approx((0, 1), abs=0.05)

    def test_rrelu_draws_slopes_from_the_interval(self):
        y = F.rrelu(tg.full(1000, -1.0), 0.25, 0.5, training=True)
        assert -0.5 <= y.min().item() < -0.49
        assert -0.26 < y.max().item() <= -0.25

    def test_gumbel_softmax_draws_by_probability_and_has_the_soft_gradient(self):
        logits = tg.tensor(np.log([[0.2, 0.5, 0.3]] * 4000), requires_grad=True)
        draws = F.gumbel_softmax(logits, tau=0.5, hard=True, generator=np.random.default_rng(0))
        assert set(np.unique(draws.numpy().round(6))) == {0.0, 1.0}
        np.testing.assert_allclose(draws.numpy().mean(0), [0.2, 0.5, 0.3], atol=0.03)
        soft = F.gumbel_softmax(logits, tau=0.5, generator=np.random.default_rng(0))
        weights = np.arange(3.0)
        (of_draws,) = tg.autograd.grad((draws * weights).sum(), logits)
        (of_soft,) = tg.autograd.grad((soft * weights).sum(), logits)
        assert of_draws.tolist() == of_soft.tolist()
        assert (soft.numpy().argmax(1) == draws.numpy().argmax(1)).all()


@pytest.mark.parametrize(("numbers", "error"), [([0, -1], IndexError), ([0, 3], IndexError), ([0.0], TypeError)])
def test_embedding_max_norm_changes_nothing_where_there_is_no_row(numbers, error):
    weight = tg.ones((3, 2))
    with pytest.raises(error, match="embedding: "):
        F.embedding(numbers, weight, max_norm=0.5)
    assert (weight == 1.0).all()


def test_embedding_max_norm_shortens_only_what_is_read_and_says_so():
    weight = tg.tensor([[3.0, 4.0], [6.0, 8.0]], requires_grad=True)
    squares = weight * weight
    F.embedding([1, 1], weight, max_norm=5.0)
    np.testing.assert_allclose(weight.numpy(), [[3.0, 4.0], [3.0, 4.0]], rtol=1e-6)
    with pytest.raises(RuntimeError, match="changed in place"):
        squares.sum().backward()
