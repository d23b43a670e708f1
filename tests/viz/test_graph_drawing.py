"""What is drawn of a graph: nodes, edges, labels and names."""

import re
import subprocess
import sys
from collections import Counter

import graphviz
import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs import viz


def leaf(*shape, dtype="float32"):
    return tg.Tensor(np.ones(shape, dtype), requires_grad=True)


def nodes_of(picture):
    """The nodes of a drawing: what its label says, line by line, and its attributes as written."""
    found = {}
    for name, attributes in re.findall(r"^\t(n\d+) \[(label=<.*)\]$", picture.source, re.M):
        label = re.match(r"label=<(.*?)> (?:\w+=|$)", attributes).group(1)
        found[name] = ([re.sub(r"<[^>]*>", "", line) for line in label.split("<br/>")], attributes)
    return found


def titles_of(picture):
    return sorted(lines[0] for lines, _ in nodes_of(picture).values())


def edges_of(picture):
    """The edges of a drawing by the titles of their ends, each with its attributes as written."""
    titles = {name: lines[0] for name, (lines, _) in nodes_of(picture).items()}
    edges = re.findall(r"^\t(n\d+) -> (n\d+)(?: \[(.*)\])?$", picture.source, re.M)
    return [(titles[source], titles[reader], attributes) for source, reader, attributes in edges]


def lines_of(picture, title):
    (lines,) = [lines for lines, _ in nodes_of(picture).values() if lines[0] == title]
    return lines


def attributes_of(picture, title):
    (attributes,) = [attributes for lines, attributes in nodes_of(picture).values() if lines[0] == title]
    return attributes


# ---- nodes and edges


def test_it_is_backed_by_a_digraph_that_can_be_changed():
    picture = viz.graph(leaf(2))
    assert isinstance(picture.digraph, graphviz.Digraph)
    picture.digraph.attr(label="mine")
    assert "\tlabel=mine\n" in picture.source


def test_one_edge_per_argument():
    x = leaf(3)
    assert [edge[:2] for edge in edges_of(viz.graph(x * x))] == [("leaf", "Multiply")] * 2
    assert [edge[:2] for edge in edges_of(viz.graph(tg.concatenate([x, x, x])))] == [("leaf", "Concatenate")] * 3


def test_arguments_are_numbered_where_their_order_matters():
    x, y = leaf(3), leaf(3)
    named = {"x": x, "y": y}
    assert edges_of(viz.graph(y - x, names=named)) == [
        ("y", "Subtract", "headlabel=0"),
        ("x", "Subtract", "headlabel=1"),
    ]
    assert edges_of(viz.graph(y + x, names=named)) == [("y", "Add", ""), ("x", "Add", "")]
    assert edges_of(viz.graph(tg.tanh(x), names=named)) == [("x", "Tanh", "")]


def test_what_is_shared_is_drawn_once():
    x = leaf(3)
    y = tg.tanh(x)
    picture = viz.graph((y * y + tg.exp(y)) - x)
    assert titles_of(picture) == ["Add", "Exp", "Multiply", "Subtract", "Tanh", "leaf"]
    assert repr(picture) == "<Graph: 5 ops, 1 leaf, 8 edges>"


def test_a_diamond_with_more_paths_than_could_be_walked():
    x = leaf(1)
    for _ in range(60):
        x = x + x
    assert repr(viz.graph(x)) == "<Graph: 60 ops, 1 leaf, 120 edges>"


def test_a_long_chain_needs_no_recursion():
    x = leaf(1)
    for _ in range(10_000):
        x = tg.tanh(x)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(200)
    try:
        source = viz.graph(x).source
    finally:
        sys.setrecursionlimit(limit)
    assert len(re.findall(r"^\tn\d+ \[", source, re.M)) == 10_001
    assert len(re.findall(r"^\tn\d+ -> n\d+", source, re.M)) == 10_000


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
    assert titles_of(picture) == ["Multiply", "Subtract", "w", "x"]
    assert "shape=ellipse" in attributes_of(picture, "x")
    styles = Counter((source, "dashed" in attributes) for source, _, attributes in edges_of(picture))
    assert styles == {("w", False): 1, ("x", True): 2, ("Multiply", False): 1}


def test_an_array_is_an_input():
    picture = viz.graph(leaf(2, 3) * np.ones((2, 1), "float32"))
    assert lines_of(picture, "input") == ["input", "(2, 1)"]


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
    assert lines_of(picture, title) == [title, operands, "(3,)"]
    assert len(edges_of(picture)) == 1


def test_a_zero_dimensional_tensor_is_a_small_constant_unless_it_has_a_name():
    c = tg.Tensor(2.0)
    y = leaf(3) * c
    assert "constant" in titles_of(viz.graph(y))
    assert "shape=ellipse" in attributes_of(viz.graph(y, names={"scale": c}), "scale")


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
    (lines,) = [
        lines
        for lines, attributes in nodes_of(viz.graph(function(leaf(4, 6)))).values()
        if "peripheries=2" in attributes
    ]
    assert lines[1:-1] == shown


def test_a_long_option_is_shortened():
    details = lines_of(viz.graph(leaf(1).reshape((1,) * 30)), "Reshape")[1]
    assert re.fullmatch(r"to=\(1, [1, ]*…[1, ]*1\)", details)
    assert len(details) < 40


def test_an_option_that_is_an_array_is_left_out():
    x = leaf(3)
    assert lines_of(viz.graph(tg.where(np.array([True, False, True]), x, 0)), "Where") == ["Where", "(_, 0)", "(3,)"]


# ---- several outputs


def test_one_of_several_outputs_stands_on_its_edge():
    first, second = tg.split(leaf(4, 3), 2)
    edges = edges_of(viz.graph(first - second))
    assert edges[1:] == [
        ("Split", "Subtract", 'label=" [0] " headlabel=0'),
        ("Split", "Subtract", 'label=" [1] " headlabel=1'),
    ]


def test_one_of_several_outputs_is_drawn_when_it_is_an_output_of_the_drawing():
    first, second = tg.split(leaf(4, 3), 2)
    picture = viz.graph([first, second * 2])
    assert titles_of(picture) == ["Multiply", "Split", "Split[0]", "leaf"]
    assert "peripheries=2" in attributes_of(picture, "Split[0]")
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
    assert {"fc.weight", "fc.bias", "fc.mean", "input"} <= set(titles_of(picture))
    assert lines_of(picture, "fc.weight") == ["fc.weight", "(3, 2)"]


def test_names_of_ops_and_outputs():
    x = leaf(3)
    y = tg.tanh(x)
    loss = y.sum()
    names = {"x": x, "y": y, "loss": loss, "elsewhere": leaf(1)}
    assert titles_of(viz.graph(loss, names=names)) == ["loss = Sum", "x", "y = Tanh"]


def test_a_tensor_with_two_names_gets_both():
    w = leaf(3)
    assert titles_of(viz.graph(w, names={"encoder.w": w, "decoder.w": w})) == ["encoder.w, decoder.w"]


def test_a_long_name_is_shortened_in_the_label_and_whole_in_the_tooltip():
    x, name = leaf(3), "encoder." + "block." * 20 + "weight"
    picture = viz.graph(x, names={name: x})
    (title,) = titles_of(picture)
    assert title.startswith("encoder.")
    assert title.endswith(".weight")
    assert len(title) == 48
    assert name in attributes_of(picture, title)


# ---- outputs


def test_outputs_have_a_double_border_whatever_they_are():
    x, c = leaf(3), tg.Tensor([1, 2])
    picture = viz.graph([tg.tanh(x), x, c])
    assert titles_of(picture) == ["Tanh", "input", "leaf"]
    assert all("peripheries=2" in attributes for _, attributes in nodes_of(picture).values())


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
        assert [lines[0] for lines, _ in nodes_of(picture).values()] == ["x", "w", "Matmul"]


# ---- options of the drawing


@pytest.mark.parametrize(("show", "count"), [("auto", 0), (True, 1), (False, 0)])
def test_dtypes(show, count):
    picture = viz.graph(tg.tanh(leaf(3)), show_dtypes=show)
    assert [lines[-1].count("float32") for lines, _ in nodes_of(picture).values()] == [count, count]


def test_auto_shows_the_dtypes_that_are_rare():
    x = leaf(3, dtype="float64")
    picture = viz.graph(tg.tanh(x) * np.ones(3, "float32"))
    assert lines_of(picture, "leaf") == ["leaf", "(3,)"]
    assert lines_of(picture, "input") == ["input", "(3,) float32"]


def test_shapes_can_be_left_out():
    assert lines_of(viz.graph(leaf(3, 4), show_shapes=False), "leaf") == ["leaf"]
    assert lines_of(viz.graph(leaf(3, 4), show_shapes=False, show_dtypes=True), "leaf") == ["leaf", "float32"]


@pytest.mark.parametrize("direction", ["TB", "LR"])
def test_direction(direction):
    assert f"rankdir={direction}" in viz.graph(leaf(1), direction=direction).source


@pytest.mark.parametrize(
    ("outputs", "options", "error", "message"),
    [
        (np.ones(3), {}, TypeError, "one of those given is a float64"),
        (3, {}, TypeError, "must be a Tensor or several Tensors, not a int"),
        ([tg.Tensor([1.0]), None], {}, TypeError, "one of those given is a NoneType"),
        ([], {}, ValueError, "none was given"),
        (tg.Tensor([1.0]), {"direction": "RL"}, ValueError, "must be 'TB' or 'LR'"),
        (tg.Tensor([1.0]), {"show_dtypes": "always"}, ValueError, "must be True, False or 'auto'"),
        (tg.Tensor([1.0]), {"timeout": 0}, ValueError, "must be a positive number of seconds"),
        (tg.Tensor([1.0]), {"names": ["x"]}, TypeError, "a dict of str to Tensor, or a Module, not a list"),
        (tg.Tensor([1.0]), {"names": {"x": 1.0}}, TypeError, "one leads from str to float"),
        (tg.Tensor([1.0]), {"names": {0: tg.Tensor([1.0])}}, TypeError, "one leads from int to Tensor"),
    ],
)
def test_wrong_arguments(outputs, options, error, message):
    with pytest.raises(error, match=re.escape(message)):
        viz.graph(outputs, **options)


def test_the_library_is_imported_without_graphviz():
    program = "import sys, tinygrad_fs; from tinygrad_fs import viz; sys.exit('graphviz' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
