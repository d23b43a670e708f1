"""Define-by-run: `forward` is Python and may do something else at each call; gradients are those of what it did."""

import numpy as np
import pytest
from proof_networks import random_tree, tree_lstm

import tinygrad_fs as tg
from tinygrad_fs import nn
from tinygrad_fs.autograd import gradcheck


def parameters_of(model):
    return list(model.double().parameters())


class UntilLarge(nn.Module):
    """Applies its layer until the values are large: how often depends on the data."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 3)
        self.last_count = 0

    def forward(self, x):
        self.last_count = 0
        while float(np.abs(x.data).max()) < 5.0 and self.last_count < 20:
            x = x + tg.tanh(self.layer(x))
            self.last_count += 1
        return x


class Branches(nn.Module):
    """One of two layers, as the mean of the input decides; the other takes no part."""

    def __init__(self):
        super().__init__()
        self.low, self.high = nn.Linear(3, 2), nn.Linear(3, 2)

    def forward(self, x):
        return (self.high if x.mean().item() > 0 else self.low)(x)


class TestControlFlow:
    def test_a_loop_whose_length_depends_on_the_data(self):
        model = UntilLarge().double()
        with tg.no_grad():
            model.layer.weight.data[...] = np.eye(3)
            model.layer.bias.data[...] = 0.5
        counts = []
        for start in (0.5, 2.0, 4.5, 9.0):
            x = tg.full((1, 3), start, dtype="float64", requires_grad=True)
            assert gradcheck(lambda x, *_: model(x), [x, *model.parameters()])
            model(x)
            counts.append(model.last_count)
        assert counts == sorted(counts, reverse=True)
        assert counts[0] > counts[-1] == 0

    def test_a_branch_leaves_the_other_one_without_gradient(self):
        model = Branches()
        for sign, used, unused in ((1.0, model.high, model.low), (-1.0, model.low, model.high)):
            model.zero_grad()
            model(tg.full((2, 3), sign)).sum().backward()
            assert used.weight.grad.tolist() == [[2 * sign] * 3] * 2
            assert unused.weight.grad is None

    def test_layers_made_on_the_way(self):
        """A network that grows: the new layer is part of it from then on."""
        net = nn.Sequential(nn.Linear(2, 2))
        optimizer = tg.optim.SGD(net.parameters(), lr=0.1)
        for depth in (1, 2, 3):
            assert len(list(net.parameters())) == 2 * depth
            before = net[-1].weight.tolist()
            optimizer.zero_grad()
            (net(tg.ones((1, 2))) ** 2).sum().backward()
            optimizer.step()
            assert net[-1].weight.tolist() != before
            net.append(nn.Linear(2, 2))
            optimizer.add_param_group({"params": net[-1].parameters()})


class TestSharing:
    def test_a_module_in_two_places_sums_its_gradients(self):
        layer = nn.Linear(3, 3).double()
        twins = [nn.Linear(3, 3).double() for _ in range(2)]
        for twin in twins:
            twin.load_state_dict(layer.state_dict())
        x = tg.randn(4, 3, dtype="float64")
        nn.Sequential(layer, nn.Tanh(), layer)(x).sum().backward()
        nn.Sequential(twins[0], nn.Tanh(), twins[1])(x).sum().backward()
        summed = twins[0].weight.grad.data + twins[1].weight.grad.data
        np.testing.assert_allclose(layer.weight.grad.data, summed, rtol=1e-12)

    def test_a_weight_that_is_embedding_and_output_in_one(self):
        class Tied(nn.Module):
            def __init__(self):
                super().__init__()
                self.embedding = nn.Embedding(5, 3)
                self.output = nn.Linear(3, 5, bias=False)
                self.output.weight = self.embedding.weight

            def forward(self, x):
                return self.output(tg.tanh(self.embedding(x)))

        model = Tied()
        (weight,) = parameters_of(model)
        assert gradcheck(lambda _: model([0, 2, 2]), [weight])
        assert len(model.state_dict()) == 2
        optimizer = tg.optim.SGD(model.parameters(), lr=0.1)
        model([1, 2]).sum().backward()
        optimizer.step()
        assert model.output.weight is model.embedding.weight

    def test_one_cell_at_every_step(self):
        cell = nn.LSTMCell(2, 3).double()
        x = tg.randn(4, 1, 2, dtype="float64")

        def last(*_):
            state = None
            for step in x:
                state = cell(step, state)
            return state[0]

        assert gradcheck(last, list(cell.parameters()))


class TestVariableLengths:
    def test_every_sequence_its_own_loop(self):
        cell, head = nn.GRUCell(2, 3).double(), nn.Linear(3, 1).double()
        sequences = [tg.randn(length, 2, dtype="float64") for length in (1, 4, 2)]

        def loss(*_):
            total = 0.0
            for sequence in sequences:
                state = None
                for step in sequence:
                    state = cell(step, state)
                total = total + head(state)
            return total

        assert gradcheck(loss, [*cell.parameters(), *head.parameters()])

    def test_loops_and_packed_sequences_agree_in_all_gradients(self):
        layer, cell = nn.GRU(2, 3).double(), nn.GRUCell(2, 3).double()
        cell.load_state_dict({name.removesuffix("_l0"): value for name, value in layer.state_dict().items()})
        sequences = [tg.randn(length, 2, dtype="float64") for length in (3, 1, 4)]
        _, last = layer(nn.utils.rnn.pack_sequence(sequences, enforce_sorted=False))
        (last**2).sum().backward()
        for sequence in sequences:
            state = None
            for step in sequence:
                state = cell(step, state)
            (state**2).sum().backward()
        for packed, looped in zip(layer.parameters(), cell.parameters()):
            np.testing.assert_allclose(packed.grad.data, looped.grad.data, rtol=1e-9, atol=1e-12)


class TestTrees:
    @pytest.mark.parametrize("tree", [3, (1, 2), ((0, 1), (2, (3, 4))), ((((4, 0), 1), 2), 3)], ids=str)
    def test_recursion(self, tree):
        tg.manual_seed(2)
        model = tree_lstm(tg)
        assert gradcheck(lambda *_: model(tree), parameters_of(model), atol=1e-6)

    def test_parts_that_occur_twice_may_be_computed_once(self):
        """A directed graph in the place of a tree: the shared part gets the gradients of both its uses."""
        model = tree_lstm(tg).double()
        part = (1, (2, 3))
        whole = model.states((part, part))[0].sum()
        whole.backward()
        expected = [p.grad.data.copy() for p in model.parameters() if p.grad is not None]
        model.zero_grad()
        states = model.states(part)
        model.states = lambda tree, inner=model.states: states if tree == part else inner(tree)
        shared = model.states((part, part))[0].sum()
        assert shared.item() == pytest.approx(whole.item(), rel=1e-12)
        shared.backward()
        found = [p.grad.data for p in model.parameters() if p.grad is not None]
        for mine, other in zip(found, expected):
            np.testing.assert_allclose(mine, other, rtol=1e-10, atol=1e-14)

    def test_learns_a_property_of_trees(self):
        """Whether a tree has more leaves to the left than to the right, from trees of all shapes."""
        tg.manual_seed(0)
        rng = np.random.default_rng(0)

        def count(tree):
            return 1 if isinstance(tree, int) else count(tree[0]) + count(tree[1])

        forest = [random_tree(rng, int(rng.integers(2, 7))) for _ in range(24)]
        labels = np.array([int(count(left) > count(right)) for left, right in forest])
        model = tree_lstm(tg)
        optimizer = tg.optim.Adam(model.parameters(), lr=0.03)
        for _ in range(25):
            optimizer.zero_grad()
            scores = tg.concatenate([model(tree) for tree in forest])
            tg.cross_entropy(scores, labels).backward()
            optimizer.step()
        assert (scores.data.argmax(1) == labels).mean() >= 0.95
