"""Backward passes: those that were recorded, those that there would be, and what ops keep for them."""

import numpy as np
import pytest
from looking import edges_of, leaf, titles_of

import tinygrad_fs as tg
from tinygrad_fs import nn, viz


def kinds_of(picture):
    return {box.title: box.kind for box in picture.nodes}


# ---- what backward would do


def test_the_backward_pass_alone():
    x, w = leaf(3), leaf(3)
    loss = tg.tanh(x * w).sum()
    picture = viz.graph(loss, names={"x": x, "w": w, "loss": loss}, graph="backward")
    assert titles_of(picture) == [
        "gradient of loss",
        "Sum backward",
        "Tanh backward",
        "Multiply backward",
        "gradient of w",
        "gradient of x",
    ]
    assert edges_of(picture) == {
        ("gradient of loss", "Sum backward", "gradient"),
        ("Sum backward", "Tanh backward", "gradient"),
        ("Tanh backward", "Multiply backward", "gradient"),
        ("Multiply backward", "gradient of w", "gradient"),
        ("Multiply backward", "gradient of x", "gradient"),
    }
    assert repr(picture) == "<Graph: 3 backward ops, 3 gradients, 5 edges>"


def test_both_stand_side_by_side_with_what_is_kept_between_them():
    x, w = leaf(3), leaf(3)
    loss = tg.tanh(x * w).sum()
    picture = viz.graph(loss, names={"x": x, "w": w, "loss": loss}, graph="both", renderer="builtin")
    edges = edges_of(picture)
    assert ("x", "Multiply", "flow") in edges
    assert ("loss = Sum", "gradient of loss", "gradient") in edges
    assert ("Multiply backward", "gradient of w", "gradient") in edges
    assert {edge for edge in edges if edge[2] == "saved"} == {
        ("Tanh", "Tanh backward", "saved"),  # its output
        ("x", "Multiply backward", "saved"),  # its inputs
        ("w", "Multiply backward", "saved"),
    }
    upward = [link for link in picture.edges if link.is_upward]
    assert {link.kind for link in upward} == {"gradient"}
    assert all(link.is_loose == (link.kind == "saved") for link in picture.edges)
    tops = {box.title: at.y for box, at in zip(picture.nodes, picture.layout.nodes)}
    assert tops["x"] < tops["Tanh"] < tops["loss = Sum"] < tops["gradient of loss"]
    assert tops["gradient of loss"] > tops["Sum backward"] > tops["Tanh backward"] > tops["gradient of x"]
    assert "dir=back" in picture.source
    assert "constraint=false" in picture.source


def test_gradients_of_what_is_read_twice_come_together():
    x = leaf(3)
    y = tg.tanh(x)
    picture = viz.graph((y * tg.exp(y)).sum(), names={"x": x}, graph="backward")
    edges = edges_of(picture)
    assert ("Multiply backward", "Tanh backward", "gradient") in edges
    assert ("Exp backward", "Tanh backward", "gradient") in edges


def test_nothing_goes_back_to_what_needs_no_gradient():
    x = leaf(3)
    picture = viz.graph((x * tg.Tensor(np.ones(3, "float32"))).sum(), names={"x": x}, graph="backward")
    assert titles_of(picture) == ["gradient", "Sum backward", "Multiply backward", "gradient of x"]


def test_of_several_outputs_of_an_op():
    first, second = tg.split(leaf(4, 3), 2)
    picture = viz.graph((first * second).sum(), graph="backward")
    assert ("Multiply backward", "Split backward", "gradient") in edges_of(picture)


def test_modules_have_a_second_box_for_their_backward():
    model = nn.Sequential(nn.Linear(3, 2), nn.Tanh())
    picture = model.graph(tg.ones((2, 3)), graph="both")
    titles = [scope.title for scope in picture.scene.scopes]
    assert "0: Linear, 8 params, 32 B" in titles
    assert "0: Linear, backward, 8 params, 32 B" in titles
    assert titles.count("Sequential, backward, 8 params, 32 B") == 1
    picture = model.graph(tg.ones((2, 3)), graph="backward")
    assert {box.kind for box in picture.nodes} == {"gradient", "backward"}


def test_gradients_that_there_are_are_shown():
    x, w = leaf(2), leaf(2)
    loss = (x * w * 2).sum()
    loss.backward()
    picture = viz.graph(loss, names={"x": x, "w": w}, graph="backward", show_grads=True, show_values=True)
    details = {box.title: box.details for box in picture.nodes}
    assert details["gradient of x"] == ["(2,)", "[2, 2]"]
    w.grad = None
    picture = viz.graph(loss, names={"x": x, "w": w}, graph="backward", show_grads=True, show_values=True)
    assert {box.title: box.details for box in picture.nodes}["gradient of w"] == ["(2,)", "no grad"]


def test_a_nan_gradient_is_red_and_so_is_its_edge():
    x = tg.tensor([0.0, 1.0], requires_grad=True)
    with viz.record() as tape:
        loss = tg.where(x > 0, tg.sqrt(x), 0).sum()
        loss.backward()
    picture = tape.graph(loss, names={"x": x}, graph="backward")
    troubles = {box.title: box.trouble for box in picture.nodes if box.trouble}
    assert troubles == {"gradient of x": "1 nan"}


# ---- what was recorded


def second_order():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    (dx,) = tg.autograd.grad((x**3).sum(), x, create_graph=True)
    (ddx,) = tg.autograd.grad((dx * tg.tanh(x)).sum(), x, create_graph=True)
    return x, dx, ddx


def test_ops_of_a_recorded_backward_pass_are_purple():
    x, dx, _ = second_order()
    picture = viz.graph(dx, names={"x": x})
    assert kinds_of(picture) == {"x": "leaf", "Power": "backward", "Multiply": "backward", "(2,)": "stub"}
    assert ("x", "Power", "saved") in edges_of(picture)
    assert ("Power", "Multiply", "gradient") in edges_of(picture)


def test_those_of_the_second_order_are_darker_and_have_a_mark():
    x, dx, ddx = second_order()
    picture = viz.graph(ddx, names={"x": x, "dx": dx})
    kinds = kinds_of(picture)
    assert kinds["dx = Multiply"] == "backward"
    assert kinds["Tanh"] == "op"
    assert {kind for title, kind in kinds.items() if "∂²" in title} == {"again"}
    assert kinds["Subtract ∂²"] == "again"
    assert "op of a backward pass through one, ∂²" in [key.words for key in picture.scene.legend]


def test_the_third_order_says_so():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = (x**5).sum()
    for _ in range(3):
        (g,) = tg.autograd.grad(y, x, create_graph=True)
        y = g.sum()
    assert any(title.endswith("∂³") for title in titles_of(viz.graph(g)))


def test_a_forward_op_on_a_gradient_is_a_forward_op():
    _, dx, _ = second_order()
    picture = viz.graph((dx**2).sum())
    assert kinds_of(picture)["Sum"] == "op"


def test_a_recorded_backward_pass_alone_has_notes_for_what_it_reads():
    x, dx, _ = second_order()
    picture = viz.graph(dx, names={"x": x}, graph="backward")
    assert {box.kind for box in picture.nodes} == {"backward", "saved"}
    assert ("x", "Power", "saved") in edges_of(picture)


@pytest.mark.parametrize("which", ["backward", "both"])
def test_after_create_graph_the_backward_pass_is_drawn_for_what_it_is(which):
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    loss = (tg.tanh(x) ** 2).sum()
    (x.grad,) = tg.autograd.grad(loss, x, create_graph=True)
    picture = viz.graph(loss, names={"x": x, "loss": loss}, graph=which)
    titles = titles_of(picture)
    assert not [title for title in titles if title.endswith("backward")]
    assert any(title.startswith("gradient of x = ") for title in titles)
    assert ("loss = Sum" in titles) == (which == "both")
    numbers = viz.graph(loss, graph=which, fold_constants=False).nodes
    assert [box.details for box in numbers if box.title == "constant"][-2:] == [["2.0"], ["1.0"]]


# ---- what ops keep


def test_notes_on_what_ops_keep():
    x, w = leaf(3), leaf(3)
    loss = tg.tanh(x * w).sum()
    picture = viz.graph(loss, show_saved=True)
    notes = [(box.title, box.details) for box in picture.nodes if box.kind == "saved"]
    assert notes == [("kept", ["x (3,), 12 B", "y (3,), 12 B"]), ("kept", ["out (3,), 12 B"])]
    assert ("Tanh", "kept", "saved") in edges_of(picture)
    assert "kept for backward" in [key.words for key in picture.scene.legend]
    loss.backward()
    notes = [box.details for box in viz.graph(loss, show_saved=True).nodes if box.kind == "saved"]
    assert notes == [["x, released", "y, released"], ["out, released"]]
