"""What makes large graphs small: folding, closing, drawing again; each can be switched off and says what it did."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from looking import leaf, titles_of

import tinygrad_fs as tg
from tinygrad_fs import nn, viz
from tinygrad_fs.viz.repeats import fold_repeats
from tinygrad_fs.viz.sketch import Area, Argument, Sketch, Thing


def scopes_of(picture):
    return [scope.title for scope in picture.scene.scopes]


class Block(nn.Module):
    """A residual block."""

    def __init__(self, size=4):
        super().__init__()
        self.norm = nn.LayerNorm(size)
        self.fc = nn.Linear(size, size)

    def forward(self, x):
        return x + self.fc(self.norm(x)).relu()


class Stack(nn.Module):
    """Blocks one after another, between two layers."""

    def __init__(self, depth, block=Block):
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.blocks = nn.Sequential(*[block() for _ in range(depth)])
        self.last = nn.Linear(4, 2)

    def forward(self, x):
        return self.last(self.blocks(self.first(x)))


# ---- folding


def test_blocks_that_are_alike_are_drawn_as_one_that_says_how_many():
    picture = Stack(12).graph(tg.ones((2, 4)))
    assert "0 to 11: Block x 12, 336 params, 1.3 kB" in scopes_of(picture)
    assert picture.note == "12 calls that are alike are drawn as one"
    assert titles_of(picture).count("Relu") == 1
    (scope,) = [scope for scope in picture.scene.scopes if scope.count > 1]
    assert scope.count == 12
    whole = Stack(12).graph(tg.ones((2, 4)), fold_repeats=False)
    assert titles_of(whole).count("Relu") == 12
    assert whole.note == ""


def test_edges_lead_into_and_out_of_the_block_that_stands_for_all():
    picture = Stack(12).graph(tg.ones((2, 4)))
    titles = titles_of(picture)
    edges = [(titles[link.source], titles[link.reader]) for link in picture.edges]
    assert edges.count(("Linear", "LayerNorm")) == 1
    assert ("Add", "Linear") in edges
    assert len(edges) == len(picture.edges)
    assert all(link.source < link.reader for link in picture.edges)


def test_a_small_graph_is_left_alone_unless_it_is_asked_for():
    assert "note" not in viz.graph(leaf(1)).note
    picture = Stack(3).graph(tg.ones((2, 4)))
    assert titles_of(picture).count("Relu") == 3
    picture = Stack(3).graph(tg.ones((2, 4)), fold_repeats=True)
    assert titles_of(picture).count("Relu") == 1


def test_blocks_that_differ_are_not_folded():
    class Mixed(nn.Module):
        def __init__(self):
            super().__init__()
            self.parts = nn.Sequential(*[nn.Linear(4, 4, bias=n % 5 > 0) for n in range(30)])

        def forward(self, x):
            return self.parts(x)

    picture = Mixed().graph(tg.ones((2, 4)))
    assert titles_of(picture).count("Linear") == 6 + 6  # each run of four is one
    assert picture.note == "4 calls that are alike are drawn as one"


def test_branches_side_by_side_are_not_copies():
    class Branches(nn.Module):
        def __init__(self):
            super().__init__()
            self.parts = nn.ModuleList([nn.Linear(4, 4) for _ in range(25)])

        def forward(self, x):
            return sum(part(x) for part in self.parts)

    picture = Branches().graph(tg.ones((2, 4)))
    assert titles_of(picture).count("Linear") == 25


def test_what_lies_inside_of_a_block_is_folded_too():
    class Outer(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Sequential(*[nn.Linear(4, 4) for _ in range(5)])

        def forward(self, x):
            return tg.tanh(self.inner(x))

    picture = Stack(6, Outer).graph(tg.ones((2, 4)))
    assert "0 to 5: Outer x 6, 600 params, 2.4 kB" in scopes_of(picture)
    assert "0 to 4: Linear x 5, 100 params, 400 B" in scopes_of(picture)
    assert titles_of(picture).count("Linear") == 3
    assert picture.note.count("drawn as one") == 2


def test_a_repeated_pattern_of_calls_and_ops():
    class Steps(nn.Module):
        def __init__(self):
            super().__init__()
            self.parts = nn.ModuleList([nn.Linear(4, 4) for _ in range(20)])

        def forward(self, x):
            for part in self.parts:
                x = x + part(x) * 2
            return x

    picture = Steps().graph(tg.ones((2, 4), requires_grad=True), fold_repeats=True)
    assert "steps of a loop x 20" in scopes_of(picture)
    assert titles_of(picture).count("Linear") == 1


def rnn(steps):
    """A loop as people write it, with the data cut up by step."""
    x, h = tg.Tensor(np.ones((steps, 2, 4), "float32")), tg.Tensor(np.zeros((2, 4), "float32"))
    u, w, b = leaf(4, 4), leaf(4, 4), leaf(4)
    for step in range(steps):
        h = tg.tanh(x[step] @ u + h @ w + b)
    return h.sum()


def test_the_steps_of_a_loop_are_folded_where_there_are_too_many():
    picture = viz.graph(rnn(1000))
    assert len(picture.nodes) < 30
    assert [scope for scope in scopes_of(picture) if re.fullmatch(r"steps of a loop x \d+", scope)]
    assert "steps of a loop that are alike are drawn as one" in picture.note
    whole = viz.graph(rnn(1000), fold_repeats=False, show_params="shared", max_nodes=None)
    assert repr(whole) == "<Graph: 5,001 ops, 3 leaves, 1,001 stubs, 9,001 edges>"
    assert whole.note == ""


def test_a_chain_is_one_op_that_says_how_many():
    x = leaf(1)
    y = x
    for _ in range(30_000):
        y = tg.tanh(y)
    picture = viz.graph(y, names={"x": x})
    assert titles_of(picture) == ["x", "Tanh"]
    assert scopes_of(picture) == ["steps of a loop x 30,000"]


def test_copies_must_read_from_one_another():
    node = tg.tanh(leaf(2))._node
    things = [Thing(leaf(2)._node, "leaf"), *[Thing(node, "op", [Argument(0, 0)]) for _ in range(6)]]
    assert fold_repeats(Sketch(things), least=3, plain=True).things == things
    for number, thing in enumerate(things[1:], 1):
        thing.arguments = [Argument(number - 1, 0)]
    folded = fold_repeats(Sketch(things), least=3, plain=True)
    assert [thing.members for thing in folded.things] == [1, 6]
    assert folded.areas == [Area(-1, "", "", 0, 0, 6)]


# ---- closing


@pytest.mark.parametrize(
    ("depth", "titles"),
    [
        (0, ["x", "Stack, 86 params, 344 B"]),
        (
            1,
            [
                "x",
                "first: Linear, 20 params, 80 B",
                "blocks: Sequential, 56 params, 224 B",
                "last: Linear, 10 params, 40 B",
            ],
        ),
    ],
)
def test_depth_closes_modules(depth, titles):
    picture = Stack(2).graph(tg.ones((2, 4)), depth=depth)
    assert titles_of(picture) == titles
    assert {box.kind for box in picture.nodes[1:]} == {"scope"}
    assert [box.is_output for box in picture.nodes][-1]
    assert len(picture.edges) == len(titles) - 1


def test_a_closed_module_says_what_is_in_it():
    box = Stack(2).graph(tg.ones((2, 4)), depth=0).nodes[1]
    assert box.details == ["22 ops and values", "(2, 2)"]


def test_expand_opens_modules_that_depth_would_close():
    picture = Stack(2).graph(tg.ones((2, 4)), depth=1, expand=["blocks.1"])
    assert "first: Linear, 20 params, 80 B" in titles_of(picture)
    assert "0: Block, 28 params, 112 B" in titles_of(picture)
    assert scopes_of(picture)[1:] == ["blocks: Sequential, 56 params, 224 B", "1: Block, 28 params, 112 B"]
    with pytest.raises(ValueError, match=r"expand='blocks'; it must be names of modules"):
        Stack(2).graph(tg.ones((2, 4)), expand="blocks")


def test_modules_are_closed_until_max_nodes_fits():
    model, x = Stack(12), tg.ones((2, 4))
    counts = {}
    for most in (500, 60, 30, 4, 1):
        picture = model.graph(x, fold_repeats=False, max_nodes=most)
        counts[most] = len(picture.nodes)
        if most < 500:
            assert "for max_nodes=" in picture.note or "no modules left to close" in picture.note
    assert counts[500] > 100
    assert counts[60] <= 60
    assert counts[4] == 4
    assert counts[1] == 2
    assert model.graph(x, fold_repeats=False, max_nodes=None).note == ""


def test_what_cannot_be_made_smaller_says_so():
    picture = viz.graph(sum(tg.tanh(leaf(n + 1)).sum() for n in range(20)), max_nodes=10, renderer="builtin")
    assert picture.note == "there are more nodes than max_nodes=10, and no modules left to close"
    assert picture.note in picture.svg()


# ---- drawing again


def test_a_leaf_that_many_read_is_drawn_again_at_each_use_with_a_badge():
    w = leaf(2)
    y = leaf(2)
    for _ in range(30):
        y = tg.tanh(y * w) + 1
    picture = viz.graph(y, names={"w": w})
    assert titles_of(picture).count("w") == 30
    assert {tuple(box.details) for box in picture.nodes if box.title == "w"} == {("(2,)", "one of 30 uses")}
    assert picture.note == "1 leaf or input that many read is drawn again at each use"
    shared = viz.graph(y, names={"w": w}, show_params="shared")
    assert titles_of(shared).count("w") == 1
    assert shared.note == ""


def test_a_leaf_that_few_read_is_drawn_once():
    w = leaf(2)
    picture = viz.graph(w * 1 + w * 2 + w * 3 + w * 4, names={"w": w})
    assert titles_of(picture).count("w") == 1


def test_leaves_can_be_left_out():
    x, w = leaf(2), leaf(2)
    picture = viz.graph(tg.tanh(x * w), show_params=False)
    assert titles_of(picture) == ["Multiply", "Tanh"]


# ---- proofs at size


def test_numbers_can_have_boxes_of_their_own():
    picture = viz.graph((leaf(2) * 2.5) ** 2, fold_constants=False)
    assert titles_of(picture) == ["leaf", "constant", "Multiply", "constant", "Power"]
    assert [box.details for box in picture.nodes if box.kind == "constant"] == [["2.5"], ["2"]]
    assert [box.details for box in picture.nodes if box.kind == "op"] == [["(2,)"], ["(2,)"]]


def test_a_long_rnn():
    picture = viz.graph(rnn(10_000), renderer="builtin")
    ET.fromstring(picture.svg())
    assert len(picture.nodes) < 30


def test_a_long_rnn_with_nothing_folded_is_left_to_the_built_in_layout():
    picture = viz.graph(rnn(300), fold_repeats=False, show_params="shared", max_nodes=None)
    assert picture.stats["virtual_nodes"] > 20_000
    svg = picture.svg()
    ET.fromstring(svg)
    assert picture.note.startswith("drawn by the built-in layout: Graphviz would have to place ")
    assert picture.note in svg


def test_a_transformer_of_10_000_nodes():
    model = nn.Sequential(*[nn.TransformerEncoderLayer(4, 1, 4) for _ in range(245)])
    with viz.record(values=False) as tape:
        model(tg.ones((2, 1, 4)))
    picture = tape.graph(fold_repeats=False, max_nodes=None, renderer="builtin")
    assert len(picture.nodes) > 10_000
    ET.fromstring(picture.svg())
    small = tape.graph()
    assert len(small.nodes) < 100
    assert small.note == "244 calls that are alike are drawn as one"


def test_the_same_program_gives_the_same_picture():
    def picture():
        tg.manual_seed(0)
        return Stack(12).graph(tg.ones((2, 4)), renderer="builtin")

    assert picture().source == picture().source
    assert picture().svg() == picture().svg()
