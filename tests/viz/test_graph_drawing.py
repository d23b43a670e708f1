"""What is drawn of a graph: nodes, edges, labels and names."""

import inspect
import re
import subprocess
import sys
from collections import Counter
from dataclasses import fields

import graphviz
import numpy as np
import pytest
from looking import box_of, leaf, titles_of

import tinygrad_fs as tg
from tinygrad_fs import nn, viz
from tinygrad_fs.viz.options import Options


def lines_of(picture, title):
    return box_of(picture, title).details


def numbered_edges(picture):
    """The edges of a drawing by the titles of their ends, each with what stands at its head."""
    titles = titles_of(picture)
    return [(titles[link.source], titles[link.reader], link.number) for link in picture.edges]


# ---- nodes and edges


def test_it_is_backed_by_a_digraph_that_can_be_changed():
    picture = viz.graph(leaf(2))
    assert isinstance(picture.digraph, graphviz.Digraph)
    picture.digraph.attr(label="mine")
    assert "\tlabel=mine\n" in picture.source


def test_an_argument_that_is_given_twice_has_one_edge_that_says_so():
    x = leaf(3)
    assert numbered_edges(viz.graph(x * x)) == [("leaf", "Multiply", "x2")]
    assert numbered_edges(viz.graph(x - x)) == [("leaf", "Subtract", "0, 1 x2")]
    assert numbered_edges(viz.graph(tg.concatenate([x, x, x]))) == [("leaf", "Concatenate", "0, 1, 2 x3")]


def test_arguments_are_numbered_where_their_order_matters():
    x, y = leaf(3), leaf(3)
    named = {"x": x, "y": y}
    assert numbered_edges(viz.graph(y - x, names=named)) == [
        ("y", "Subtract", "0"),
        ("x", "Subtract", "1"),
    ]
    assert numbered_edges(viz.graph(y + x, names=named)) == [("y", "Add", ""), ("x", "Add", "")]
    assert numbered_edges(viz.graph(tg.tanh(x), names=named)) == [("x", "Tanh", "")]


def test_what_is_shared_is_drawn_once():
    x = leaf(3)
    y = tg.tanh(x)
    picture = viz.graph((y * y + tg.exp(y)) - x)
    assert sorted(titles_of(picture)) == ["Add", "Exp", "Multiply", "Subtract", "Tanh", "leaf"]
    assert repr(picture) == "<Graph: 5 ops, 1 leaf, 7 edges>"


def test_a_diamond_with_more_paths_than_could_be_walked():
    x = leaf(1)
    for _ in range(60):
        x = x + x
    assert repr(viz.graph(x)) == "<Graph: 60 ops, 1 leaf, 60 edges>"


def test_a_long_chain_needs_no_recursion():
    x = leaf(1)
    for _ in range(2_000):
        x = tg.tanh(x)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(200)
    try:
        picture = viz.graph(x, renderer="builtin", fold_repeats=False)
        assert picture.source
        assert picture.svg()
    finally:
        sys.setrecursionlimit(limit)
    assert (len(picture.nodes), len(picture.edges)) == (2_001, 2_000)


def test_the_work_grows_with_the_nodes_and_no_faster():
    def calls(length):
        x = leaf(1)
        for _ in range(length):
            x = tg.tanh(x * x)
        count = 0

        def counted(frame, event, argument):
            nonlocal count
            count += 1

        sys.setprofile(counted)
        try:
            assert viz.graph(x).source
        finally:
            sys.setprofile(None)
        return count

    assert calls(800) < 4.4 * calls(200)


# ---- constants


def test_an_input_without_gradient_is_an_oval_drawn_once_with_dashed_edges():
    w, x = leaf(3), tg.Tensor(np.ones(3, "float32"))
    picture = viz.graph(w * x - x, names={"w": w, "x": x})
    assert sorted(titles_of(picture)) == ["Multiply", "Subtract", "w", "x"]
    assert box_of(picture, "x").kind == "input"
    titles = [box.title for box in picture.nodes]
    kinds = Counter((titles[link.source], link.kind) for link in picture.edges)
    assert kinds == {("w", "flow"): 1, ("x", "no-grad"): 2, ("Multiply", "flow"): 1}


def test_what_was_not_recorded_is_a_stub_with_its_shape():
    hidden = tg.exp(tg.Tensor(np.zeros((2, 1), "float32")))
    picture = viz.graph(leaf(2, 3) * hidden)
    stub = box_of(picture, "(2, 1)")
    assert (stub.kind, stub.details, stub.tooltip) == ("stub", [], "value without gradient, (2, 1) float32")
    assert [edge.kind for edge in picture.edges] == ["flow", "no-grad"]
    assert "value without gradient, not recorded" in [key.words for key in picture.scene.legend]
    assert repr(picture) == "<Graph: 1 op, 1 leaf, 1 stub, 2 edges>"
    assert "value" in titles_of(viz.graph(leaf(2, 3) * hidden, show_shapes=False))


def test_a_name_or_a_recording_makes_an_input_of_it():
    array = np.ones((2, 1), "float32")
    assert box_of(viz.graph(leaf(2, 3) * (data := tg.Tensor(array)), names={"data": data}), "data").kind == "input"
    with viz.record() as tape:
        y = leaf(2, 3) * array
    assert box_of(tape.graph(y), "input").details == ["(2, 1)"]


@pytest.mark.parametrize(
    ("function", "title", "operands"),
    [
        (lambda x: x**2, "Power", "(_, 2)"),
        (lambda x: 1.5 - x, "Subtract", "(1.5, _)"),
        (lambda x: x / 3e-7, "Divide", "(_, 3e-07)"),
        (lambda x: tg.clip(x, None, 6), "Clip", "(_, None, 6)"),
    ],
)
def test_numbers_stand_in_the_label_of_their_op(function, title, operands):
    picture = viz.graph(function(leaf(3)))
    assert lines_of(picture, title) == [operands, "(3,)"]
    assert len(numbered_edges(picture)) == 1


def test_a_zero_dimensional_tensor_is_a_small_constant_unless_it_has_a_name():
    c = tg.Tensor(2.0)
    y = leaf(3) * c
    assert "constant" in titles_of(viz.graph(y))
    assert box_of(viz.graph(y, names={"scale": c}), "scale").kind == "input"


# ---- options


@pytest.mark.parametrize(
    ("function", "shown"),
    [
        (lambda x: x.sum(), []),
        (lambda x: x.sum(axis=1), ["axis=1"]),
        (lambda x: x.mean(axis=(0, 1), keepdims=True), ["axis=(0, 1), keepdims=True"]),
        (lambda x: x[1:, 0], ["at=(1:, 0)"]),
        (lambda x: x[..., None, ::2], ["at=(..., None, ::2)"]),
        (lambda x: x[np.array([0, 1])], []),
    ],
)
def test_options_that_are_not_their_defaults(function, shown):
    (box,) = [box for box in viz.graph(function(leaf(4, 6))).nodes if box.is_output]
    assert box.details[:-1] == shown


def test_a_long_option_is_shortened():
    details = lines_of(viz.graph(leaf(1).reshape((1,) * 30)), "Reshape")[0]
    assert re.fullmatch(r"to=\(1, [1, ]*…[1, ]*1\)", details)
    assert len(details) < 40


def test_an_option_that_is_an_array_is_left_out():
    x = leaf(3)
    assert lines_of(viz.graph(tg.where(np.array([True, False, True]), x, 0)), "Where") == ["(_, 0)", "(3,)"]


# ---- several outputs


def test_one_of_several_outputs_stands_on_its_edge():
    first, second = tg.split(leaf(4, 3), 2)
    picture = viz.graph(first - second)
    assert numbered_edges(picture)[1:] == [("Split", "Subtract", "0"), ("Split", "Subtract", "1")]
    assert [link.part for link in picture.edges[1:]] == ["[0]", "[1]"]


def test_one_of_several_outputs_is_drawn_when_it_is_an_output_of_the_drawing():
    first, second = tg.split(leaf(4, 3), 2)
    picture = viz.graph([first, second * 2])
    assert sorted(titles_of(picture)) == ["Multiply", "Split", "Split[0]", "leaf"]
    assert box_of(picture, "Split[0]").is_output
    assert lines_of(picture, "Split")[-1] == "(2, 3), (2, 3)"
    assert "b = Split[1]" in titles_of(viz.graph(second * 2, names={"b": second}))


# ---- names


class Layer:
    """A stand-in for a module: two parameters and a buffer."""

    def __init__(self):
        self.weight, self.bias, self.mean = leaf(3, 2), leaf(2), tg.Tensor(np.ones(2, "float32"))

    def named_parameters(self):
        yield "fc.weight", self.weight
        yield "fc.bias", self.bias

    def named_buffers(self):
        yield "fc.mean", self.mean

    def __call__(self, x):
        return x @ self.weight + self.bias - self.mean


def test_names_of_a_module():
    layer = Layer()
    picture = viz.graph(layer(tg.Tensor(np.ones((5, 3), "float32"))), names=layer)
    assert {"fc.weight", "fc.bias", "fc.mean", "(5, 3)"} <= set(titles_of(picture))
    assert lines_of(picture, "fc.weight") == ["(3, 2)"]


def test_names_of_ops_and_outputs():
    x = leaf(3)
    y = tg.tanh(x)
    loss = y.sum()
    names = {"x": x, "y": y, "loss": loss, "elsewhere": leaf(1)}
    assert sorted(titles_of(viz.graph(loss, names=names))) == ["loss = Sum", "x", "y = Tanh"]


def test_a_tensor_with_two_names_gets_both():
    w = leaf(3)
    assert sorted(titles_of(viz.graph(w, names={"encoder.w": w, "decoder.w": w}))) == ["encoder.w, decoder.w"]


def test_a_long_name_is_shortened_in_the_label_and_whole_in_the_tooltip():
    x, name = leaf(3), "encoder." + "block." * 20 + "weight"
    picture = viz.graph(x, names={name: x})
    (title,) = titles_of(picture)
    assert title.startswith("encoder.")
    assert title.endswith(".weight")
    assert len(title) == 48
    assert name in box_of(picture, title).tooltip


# ---- outputs


def test_outputs_have_a_double_border_whatever_they_are():
    x, c = leaf(3), tg.Tensor([1, 2])
    picture = viz.graph([tg.tanh(x), x, c])
    assert sorted(titles_of(picture)) == ["Tanh", "input", "leaf"]
    assert all(box.is_output for box in picture.nodes)


def test_a_tensor_without_a_graph_is_drawn_alone():
    assert repr(viz.graph(tg.Tensor([1.0, 2.0]))) == "<Graph: 1 input, 0 edges>"
    assert repr(viz.graph(tg.Tensor(1.0))) == "<Graph: 1 input, 0 edges>"
    assert repr(viz.graph(leaf(2))) == "<Graph: 1 leaf, 0 edges>"
    with tg.no_grad():
        assert repr(viz.graph(leaf(2) * 2)) == "<Graph: 1 input, 0 edges>"


def test_an_output_given_twice_is_drawn_once():
    y = tg.tanh(leaf(2))
    assert viz.graph([y, y]).source == viz.graph(y).source


# ---- the same every time


def loss_of_a_small_network():
    x, w, b = tg.Tensor(np.ones((4, 3), "float32")), leaf(3, 2), leaf(2)
    return ((tg.tanh(x @ w + b) - np.ones((4, 2), "float32")) ** 2).mean()


def test_backward_leaves_the_drawing_as_it_was():
    loss = loss_of_a_small_network()
    before = viz.graph(loss).source
    loss.backward()
    assert viz.graph(loss).source == before


def test_the_same_program_gives_the_same_source():
    first = viz.graph(loss_of_a_small_network()).source
    others = [loss_of_a_small_network() for _ in range(3)]
    assert [viz.graph(loss).source for loss in others] == [first] * 3


def test_a_recorded_backward_pass_can_be_drawn():
    x = leaf(3)
    (gradient,) = tg.autograd.grad((x**3).sum(), [x], create_graph=True)
    picture = viz.graph(gradient, names={"x": x})
    assert "x" in titles_of(picture)
    assert picture.svg()


def test_nodes_stand_in_the_order_of_arguments_whenever_they_were_made():
    w, x = leaf(3, 2), tg.Tensor(np.ones((4, 3), "float32"))
    drawings = [viz.graph(x @ w, names={"w": w, "x": x})]
    w = leaf(3, 2)  # now younger than x and its node
    drawings.append(viz.graph(x @ w, names={"w": w, "x": x}))
    for picture in drawings:
        assert [box.title for box in picture.nodes] == ["x", "w", "Matmul"]


# ---- options of the drawing


@pytest.mark.parametrize(("show", "count"), [("auto", 0), (True, 1), (False, 0)])
def test_dtypes(show, count):
    picture = viz.graph(tg.tanh(leaf(3)), show_dtypes=show)
    assert [box.details[-1].count("float32") for box in picture.nodes] == [count, count]


def test_auto_shows_the_dtypes_that_are_rare():
    x = leaf(3, dtype="float64")
    picture = viz.graph(tg.tanh(x) * np.ones(3, "float32"))
    assert lines_of(picture, "leaf") == ["(3,)"]
    assert "(3,) float32" in titles_of(picture)


def test_shapes_can_be_left_out():
    assert lines_of(viz.graph(leaf(3, 4), show_shapes=False), "leaf") == []
    assert lines_of(viz.graph(leaf(3, 4), show_shapes=False, show_dtypes=True), "leaf") == ["float32"]


@pytest.mark.parametrize("direction", ["TB", "LR"])
def test_direction(direction):
    assert f"rankdir={direction}" in viz.graph(leaf(1), direction=direction).source


@pytest.mark.parametrize(
    ("outputs", "options", "error", "message"),
    [
        (np.ones(3), {}, TypeError, "one of those given is a float64"),
        (3, {}, TypeError, "must be a Tensor or several Tensors, not int"),
        (nn.Linear(2, 3), {}, TypeError, "not the Linear that makes them; give what it returns, or call its graph(x)"),
        ([tg.Tensor([1.0]), None], {}, TypeError, "one of those given is a NoneType"),
        ([], {}, ValueError, "none was given"),
        (tg.Tensor([1.0]), {"direction": "RL"}, ValueError, "direction='RL'; it must be 'TB' or 'LR'"),
        (tg.Tensor([1.0]), {"show_dtypes": "always"}, ValueError, "must be True, False or 'auto'"),
        (tg.Tensor([1.0]), {"timeout": 0}, ValueError, "must be a positive number of seconds"),
        (tg.Tensor([1.0]), {"renderer": None}, ValueError, "must be 'auto', 'builtin' or the path of a Graphviz"),
        (tg.Tensor([1.0]), {"names": ["x"]}, TypeError, "a dict of str to Tensor, or a Module, not a list"),
        (tg.Tensor([1.0]), {"names": {"x": 1.0}}, TypeError, "one leads from str to float"),
        (tg.Tensor([1.0]), {"names": {0: tg.Tensor([1.0])}}, TypeError, "one leads from int to Tensor"),
    ],
)
def test_wrong_arguments(outputs, options, error, message):
    with pytest.raises(error, match=re.escape(message)):
        viz.graph(outputs, **options)


def test_the_defaults_are_those_of_all_doors():
    given = inspect.signature(viz.graph).parameters
    defaults = {field.name: field.default for field in fields(Options)}
    assert defaults == {name: given[name].default for name in defaults}
    assert given.keys() - defaults.keys() == {"outputs", "names"}


def test_the_library_is_imported_without_graphviz():
    program = "import sys, tinygrad_fs; from tinygrad_fs import viz; sys.exit('graphviz' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
