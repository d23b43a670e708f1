"""nn.utils: gradients clipped, parameters as a vector, weight norm and spectral norm."""

import copy
import math
import pickle

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs import nn
from tinygrad_fs.autograd import gradcheck
from tinygrad_fs.nn import utils


def with_gradients(*gradients):
    parameters = []
    for gradient in gradients:
        parameter = nn.Parameter(np.zeros(np.shape(gradient), np.asarray(gradient).dtype))
        parameter.grad = tg.tensor(np.asarray(gradient))
        parameters.append(parameter)
    return parameters


class TestClipping:
    def test_all_gradients_are_one_vector(self):
        a, b = with_gradients(np.array([3.0]), np.array([[4.0, 0.0]]))
        unused = nn.Parameter(np.zeros(3))
        norm = utils.clip_grad_norm_([a, unused, b], 1.0)
        assert norm.item() == 5.0
        np.testing.assert_allclose([a.grad.data[0], b.grad.data[0, 0]], [0.6, 0.8], rtol=1e-6)
        assert unused.grad is None

    @pytest.mark.parametrize("p", [1.0, 2.0, math.inf, -math.inf])
    @pytest.mark.parametrize("place", [0, 1])
    def test_no_nan_is_passed_over(self, p, place):
        gradients = [np.array([1.0]), np.array([1.0])]
        gradients[place][0] = np.nan
        assert math.isnan(utils.clip_grad_norm_(with_gradients(*gradients), 1.0, p).item())

    @pytest.mark.parametrize(
        ("call", "message"),
        [
            (
                lambda: utils.clip_grad_norm_(nn.Linear(1, 1), 1.0),
                "clip_grad_norm_: .* Linear; use module.param",
            ),
            (lambda: utils.clip_grad_value_(3.0, 1.0), "clip_grad_value_: .* not in a float"),
            (lambda: utils.clip_grad_norm_(with_gradients(np.ones(2)), 1.0, 0), "norm_type=0 counts the entries"),
        ],
    )
    def test_misuse_is_told(self, call, message):
        with pytest.raises((TypeError, ValueError), match=message):
            call()

    def test_short_ones_stay_to_the_last_bit(self):
        (a,) = with_gradients(np.array([0.1, 0.2], "float32"))
        before = a.grad.data.copy()
        assert utils.clip_grad_norm_([a], 1.0).dtype == np.float32
        assert (a.grad.data == before).all()

    @pytest.mark.parametrize(("p", "norm"), [(1, 7.0), (2, 5.0), (3, 91 ** (1 / 3)), (math.inf, 4.0), (-math.inf, 3.0)])
    def test_any_norm(self, p, norm):
        (a,) = with_gradients(np.array([3.0, -4.0]))
        assert utils.clip_grad_norm_(a, 100.0, p).item() == pytest.approx(norm)

    def test_squares_do_not_overflow(self):
        (a,) = with_gradients(np.full(2, 1e30, "float32"))
        assert utils.clip_grad_norm_(a, 1.0).item() == pytest.approx(math.sqrt(2) * 1e30)
        assert np.linalg.norm(a.grad.data.astype("f8")) == pytest.approx(1.0, rel=1e-5)

    def test_a_norm_that_is_nan(self):
        a, b = with_gradients(np.array([np.nan]), np.array([1.0]))
        with pytest.raises(RuntimeError, match="clip_grad_norm_: the norm is nan; autograd.detect_anomaly"):
            utils.clip_grad_norm_([a, b], 1.0, error_if_nonfinite=True)
        assert b.grad.tolist() == [1.0]
        assert math.isnan(utils.clip_grad_norm_([a, b], 1.0).item())
        assert math.isnan(b.grad.item())

    def test_nothing_to_clip(self):
        assert utils.clip_grad_norm_([], 1.0).item() == 0.0

    def test_in_two_steps_it_is_the_same(self):
        gradients = np.array([3.0, -1.0]), np.array([[4.0]])
        at_once, apart = with_gradients(*gradients), with_gradients(*gradients)
        norm = utils.clip_grad_norm_(at_once, 2.0)
        total = utils.get_total_norm([p.grad for p in apart])
        assert total.item() == norm.item()
        utils.clip_grads_with_norm_(apart, 2.0, total)
        assert [p.grad.tolist() for p in apart] == [p.grad.tolist() for p in at_once]
        with pytest.raises(RuntimeError, match="get_total_norm: the norm is inf"):
            utils.get_total_norm(tg.tensor([np.inf]), error_if_nonfinite=True)

    def test_values(self):
        (a,) = with_gradients(np.array([-3.0, 0.5, 2.0]))
        assert utils.clip_grad_value_([a], 1.0) is None
        assert a.grad.tolist() == [-1.0, 0.5, 1.0]

    def test_the_change_is_counted(self):
        w = nn.Parameter([2.0])
        (w**3).sum().backward()
        gradient = w.grad.requires_grad_()
        square = gradient * gradient
        utils.clip_grad_norm_(w, 1.0)
        with pytest.raises(RuntimeError, match="changed in place"):
            square.sum().backward()

    def test_as_pytorch(self, rng):
        torch = pytest.importorskip("torch")
        gradients = [rng.standard_normal((3, 4)), rng.standard_normal(5)]
        for p in (1.0, 2.0, math.inf):
            ours = with_gradients(*gradients)
            theirs = [torch.nn.Parameter(torch.zeros(g.shape, dtype=torch.float64)) for g in gradients]
            for parameter, gradient in zip(theirs, gradients):
                parameter.grad = torch.tensor(gradient)
            a, b = utils.clip_grad_norm_(ours, 0.5, p), torch.nn.utils.clip_grad_norm_(theirs, 0.5, p)
            assert a.item() == pytest.approx(b.item(), rel=1e-12)
            for mine, other in zip(ours, theirs):
                np.testing.assert_allclose(mine.grad.data, other.grad.numpy(), rtol=1e-12)


class TestVectors:
    def test_there_and_back(self):
        net = nn.Linear(2, 3)
        vector = utils.parameters_to_vector(net.parameters())
        np.testing.assert_array_equal(vector.data, [*net.weight.data.ravel(), *net.bias.data])
        utils.vector_to_parameters(vector.detach() * 2, net.parameters())
        np.testing.assert_array_equal(utils.parameters_to_vector(net.parameters()).data, vector.data * 2)

    def test_gradients_flow_to_the_parameters(self):
        net = nn.Linear(2, 1)
        (utils.parameters_to_vector(net.parameters()) * np.arange(3.0, dtype="float32")).sum().backward()
        assert (net.weight.grad.tolist(), net.bias.grad.tolist()) == ([[0.0, 1.0]], [2.0])

    def test_parameters_keep_memory_and_dtype_of_their_own(self):
        net, vector = nn.Linear(2, 1), tg.zeros(3, dtype="float64")
        utils.vector_to_parameters(vector, net.parameters())
        vector[...] = 5.0
        assert net.weight.tolist() == [[0.0, 0.0]]
        assert net.weight.dtype == np.float32

    def test_sizes_that_do_not_fit(self):
        net = nn.Linear(2, 1)
        before = net.weight.tolist()
        with pytest.raises(ValueError, match=r"has shape \(4,\); the parameters have 3 elements"):
            utils.vector_to_parameters(tg.zeros(4), net.parameters())
        with pytest.raises(TypeError, match="vector_to_parameters: the vector is a Tensor, not a list"):
            utils.vector_to_parameters([1.0, 2.0, 3.0], net.parameters())
        assert net.weight.tolist() == before
        with pytest.raises(ValueError, match="there are no parameters"):
            utils.parameters_to_vector([])


MAKERS = [
    lambda nn: nn.Linear(3, 4),
    lambda nn: nn.Conv2d(2, 4, (2, 3)),
    lambda nn: nn.ConvTranspose2d(2, 4, 2),
    lambda nn: nn.Conv1d(2, 4, 3, bias=False),
]
SHAPES = [(5, 3), (2, 2, 4, 5), (2, 2, 3, 3), (2, 2, 6)]
IDS = ["Linear", "Conv2d", "ConvTranspose2d", "Conv1d"]


@pytest.mark.parametrize(("make", "shape"), list(zip(MAKERS, SHAPES)), ids=IDS)
class TestReparametrised:
    @pytest.mark.parametrize("axis", [0, 1, None])
    def test_weight_norm_keeps_the_weight_and_learns_its_length(self, make, shape, axis):
        layer = make(nn)
        plain = copy.deepcopy(layer)
        utils.weight_norm(layer, axis=axis)
        x = tg.randn(shape)
        np.testing.assert_allclose(layer(x).data, plain(x).data, rtol=1e-4, atol=1e-6)
        with tg.no_grad():
            layer.weight_g.data *= 2.0
        layer(x)
        np.testing.assert_allclose(layer.weight.data, 2 * plain.weight.data, rtol=1e-5)
        names = [name for name, _ in layer.named_parameters()]
        assert names == [*(["bias"] if plain.bias is not None else []), "weight_g", "weight_v"]

    def test_weight_norm_as_pytorch(self, make, shape):
        torch = pytest.importorskip("torch")
        for axis in (0, 1, None):
            with pytest.warns(FutureWarning):
                theirs = torch.nn.utils.weight_norm(make(torch.nn).double(), dim=axis)
            ours = utils.weight_norm(make(nn).double(), axis=axis)
            self.compare(torch, ours, theirs, shape)

    @pytest.mark.parametrize("training", [True, False])
    def test_spectral_norm_as_pytorch(self, make, shape, training):
        torch = pytest.importorskip("torch")
        theirs = torch.nn.utils.spectral_norm(make(torch.nn).double(), n_power_iterations=2)
        ours = utils.spectral_norm(make(nn).double(), n_power_iterations=2)
        ours.train(training), theirs.train(training)
        self.compare(torch, ours, theirs, shape)

    @staticmethod
    def compare(torch, ours, theirs, shape):
        assert {name: value.shape for name, value in ours.state_dict().items()} == {
            name: tuple(value.shape) for name, value in theirs.state_dict().items()
        }
        ours.load_state_dict(theirs.state_dict())
        values = np.random.default_rng(0).standard_normal(shape)
        for _ in range(2):
            y, w = ours(tg.tensor(values)), theirs(torch.tensor(values))
            np.testing.assert_allclose(y.data, w.detach().numpy(), rtol=1e-9, atol=1e-12)
            (y * y).sum().backward()
            (w * w).sum().backward()
        gradients = dict(theirs.named_parameters())
        for name, parameter in ours.named_parameters():
            np.testing.assert_allclose(parameter.grad.data, gradients[name].grad.numpy(), rtol=1e-8, atol=1e-10)
        for name, value in theirs.state_dict().items():
            np.testing.assert_allclose(ours.state_dict()[name].data, value.numpy(), rtol=1e-9, err_msg=name)

    def test_spectral_norm_divides_by_the_largest_singular_value(self, make, shape):
        layer = make(nn)
        weight = layer.weight.data.copy()
        utils.spectral_norm(layer, n_power_iterations=50)
        layer(tg.randn(shape))
        axis = 1 if isinstance(layer, nn.ConvTranspose2d) else 0
        rows = np.moveaxis(weight, axis, 0)
        largest = np.linalg.norm(rows.reshape(len(rows), -1), 2)
        np.testing.assert_allclose(layer.weight.data, weight / largest, rtol=1e-4)

    @pytest.mark.parametrize(
        ("put_on", "take_off"),
        [(utils.weight_norm, utils.remove_weight_norm), (utils.spectral_norm, utils.remove_spectral_norm)],
    )
    def test_they_come_off(self, make, shape, put_on, take_off):
        layer = put_on(make(nn)).eval()
        x = tg.randn(shape)
        before = layer(x)
        assert take_off(layer) is layer
        np.testing.assert_allclose(layer(x).data, before.data, rtol=1e-5, atol=1e-7)
        assert isinstance(layer.weight, nn.Parameter)
        assert set(layer.state_dict()) <= {"bias", "weight"}
        with pytest.raises(ValueError, match="has no such norm"):
            take_off(layer)


def test_gradients_of_norms():
    layer = utils.weight_norm(nn.Linear(3, 2).double())
    x = tg.randn(4, 3, dtype="float64")
    assert gradcheck(lambda *_: layer(x), [layer.weight_g, layer.weight_v, layer.bias])
    layer = utils.spectral_norm(nn.Linear(3, 2).double()).eval()
    assert gradcheck(lambda *_: layer(x), [layer.weight_orig, layer.bias])


def test_evaluation_leaves_the_singular_vectors_as_they_are():
    layer = utils.spectral_norm(nn.Linear(3, 2)).eval()
    u = layer.weight_u.tolist()
    layer(tg.ones((1, 3)))
    assert layer.weight_u.tolist() == u
    layer.train()(tg.ones((1, 3)))
    assert layer.weight_u.tolist() != u


def test_a_checkpoint_moves_the_singular_vectors_once():
    layer = utils.spectral_norm(nn.Linear(3, 2))
    twin = copy.deepcopy(layer)
    x = tg.ones((1, 3), requires_grad=True)
    tg.autograd.checkpoint(layer, x).sum().backward()
    twin(x)
    assert layer.weight_u.tolist() == twin.weight_u.tolist()


@pytest.mark.parametrize("called", [False, True])
def test_copies_compute_from_parameters_of_their_own(called):
    layer = utils.weight_norm(nn.Linear(3, 2))
    if called:  # the weight has a history now
        layer(tg.ones((1, 3)))
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        twin.weight_g.data *= 0.0
        assert (twin(tg.ones((1, 3))).data == twin.bias.data).all()
        utils.remove_weight_norm(twin)
    assert not (layer(tg.ones((1, 3))).data == layer.bias.data).all()


def test_the_generator_decides_where_the_singular_vectors_begin():
    made = [utils.spectral_norm(nn.Linear(3, 2), generator=np.random.default_rng(1)) for _ in range(2)]
    assert made[0].weight.tolist() == made[0].weight_orig.tolist()  # no estimate before the first call
    assert made[0].weight_u.tolist() == made[1].weight_u.tolist()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: utils.weight_norm(nn.ReLU()), ValueError, "ReLU has no parameter 'weight'; it has none"),
        (lambda: utils.spectral_norm(nn.Linear(2, 2), "kernel"), ValueError, "it has weight, bias"),
        (lambda: utils.spectral_norm(nn.Linear(2, 2), n_power_iterations=0), ValueError, "must be positive"),
        (lambda: utils.weight_norm(nn.Linear(2, 2), dim=1), TypeError, "write axis= in place of dim="),
        (lambda: utils.spectral_norm(nn.Linear(2, 2), dim=1), TypeError, "write axis= in place of dim="),
    ],
)
def test_what_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    "change",
    [
        lambda layer: utils.weight_norm(layer, axis=2),
        lambda layer: utils.weight_norm(layer, axis="a"),
        lambda layer: utils.spectral_norm(layer, axis=2),
        lambda layer: utils.spectral_norm(layer, generator=3),
    ],
)
def test_what_is_refused_leaves_the_module_as_it_was(change):
    layer = nn.Linear(3, 2)
    before = dict(layer.named_parameters())
    with pytest.raises((TypeError, ValueError)):
        change(layer)
    assert dict(layer.named_parameters()) == before
    assert layer(tg.ones((1, 3))).shape == (1, 2)
