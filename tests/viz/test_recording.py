"""`viz.record`, `model.graph(x)` and `loss.graph()`: what a tape keeps, and what is drawn of it."""

import gc
import threading
import weakref

import numpy as np
import pytest
from looking import box_of, edges_of, titles_of

import tinygrad_fs as tg
from tinygrad_fs import nn, viz
from tinygrad_fs.viz.tape import Applied, Pulled
from tinygrad_fs.watching import watchers


def scope_of(picture, title):
    scope = box_of(picture, title).scope
    return picture.scene.scopes[scope].title if scope != -1 else ""


class Net(nn.Module):
    """Two layers in a row inside of a part, and what needs no gradient beside them."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 3), nn.Tanh())
        self.head = nn.Linear(3, 2, bias=False)

    def forward(self, images, mask=None):
        h = self.body(images)
        h = h if mask is None else h * mask
        scale = tg.tensor([2.0, 1.0]).sum()
        return self.head(h) / scale


# ---- what is drawn


def test_a_model_is_drawn_with_its_modules_as_boxes():
    picture = Net().graph(tg.ones((5, 4)))
    assert [scope.title for scope in picture.scene.scopes] == [
        "Net, 21 params, 84 B",
        "body: Sequential, 15 params, 60 B",
        "0: Linear, 15 params, 60 B",
        "1: Tanh",
        "head: Linear, 6 params, 24 B",
    ]
    assert [scope.parent for scope in picture.scene.scopes] == [-1, 0, 1, 1, 0]
    assert picture.scene.scopes[2].tooltip == "body.0, 0: Linear, 15 params, 60 B"
    assert scope_of(picture, "images") == ""
    assert scope_of(picture, "bias") == "0: Linear, 15 params, 60 B"
    assert scope_of(picture, "Tanh") == "1: Tanh"
    assert scope_of(picture, "Divide") == "Net, 21 params, 84 B"
    assert box_of(picture, "Divide").is_output
    assert repr(picture) == "<Graph: 5 ops, 3 leaves, 2 inputs, 9 edges, 5 modules>"


def test_ops_without_gradient_are_drawn_and_nothing_flows_back_to_them():
    picture = Net().graph(tg.ones((5, 4)))
    assert ("Sum", "Divide", "no-grad") in edges_of(picture)
    assert not box_of(picture, "Sum").has_gradient
    assert box_of(picture, "Tanh").has_gradient
    assert {"no gradient flows through it", "no gradient flows back"} <= {key.words for key in picture.scene.legend}


def test_inputs_have_the_names_of_the_arguments_or_those_that_are_given():
    x, mask = tg.ones((5, 4)), tg.ones((5, 3))
    assert {"images", "mask"} <= set(titles_of(Net().graph(x, mask)))
    assert {"batch", "input"} <= set(titles_of(Net().graph(x, mask, names={"batch": x})))
    model = Net()
    names = {"W": model.head.weight}
    assert {"W", "bias"} <= set(titles_of(model.graph(x, names=names)))


def test_options_go_through():
    picture = Net().graph(tg.ones((5, 4)), direction="LR", depth=1)
    assert picture.scene.direction == "LR"
    assert "body: Sequential, 15 params, 60 B" in titles_of(picture)
    with pytest.raises(TypeError, match="there is no option 'deepth'; there are depth, expand"):
        Net().graph(tg.ones((5, 4)), deepth=1)


def test_a_model_is_as_it_was_after_it_was_drawn():
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Dropout(0.5))
    before = {name: tensor.data.copy() for name, tensor in model.state_dict().items()}
    tg.manual_seed(3)
    expected = tg.rand(2).data
    tg.manual_seed(3)
    picture = model.graph(tg.randn(5, 4))
    tg.manual_seed(3)
    model.graph(tg.ones((5, 4)))
    np.testing.assert_array_equal(tg.rand(2).data, expected)
    for name, tensor in model.state_dict().items():
        np.testing.assert_array_equal(tensor.data, before[name])
    assert "Dropout" in titles_of(picture)
    assert watchers == []


def test_a_module_that_returns_several_tensors():
    class Both(nn.Module):
        def forward(self, x):
            return {"sum": x.sum(), "rest": [x * 2, (tg.exp(x), "text")]}

    picture = Both().graph(tg.ones(3, requires_grad=True))
    assert sorted(box.title for box in picture.nodes if box.is_output) == ["Exp", "Multiply", "Sum"]


def test_a_module_that_returns_no_tensor():
    class Nothing(nn.Module):
        def forward(self, x):
            return 3

    with pytest.raises(TypeError, match="graph: Nothing returned no Tensor"):
        Nothing().graph(tg.ones(3))


def test_an_error_in_the_module_ends_the_recording():
    with pytest.raises(ValueError, match="linear"):
        Net().graph(tg.ones((5, 7)))
    assert watchers == []


def test_a_tensor_draws_itself():
    x = tg.ones(3, requires_grad=True)
    assert repr((x * 2).graph(names={"x": x})) == "<Graph: 1 op, 1 leaf, 1 edge>"
    assert "x" in titles_of((x * 2).graph(names={"x": x}))


def test_a_module_that_is_called_twice_has_two_boxes_and_its_parameters_stand_around():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 3)

        def forward(self, x):
            return self.layer(tg.tanh(self.layer(x)))

    picture = Twice().graph(tg.ones((2, 3)))
    assert [scope.title for scope in picture.scene.scopes].count("layer: Linear, 12 params, 48 B") == 2
    assert scope_of(picture, "layer.weight") == "Twice, 12 params, 48 B"


# ---- under viz.record


def test_what_was_computed_under_a_recording_is_drawn_with_all_of_it():
    model, x = Net(), tg.ones((5, 4))
    plain = viz.graph(model(x).sum(), names=model)
    assert (len(plain.scene.scopes), "Sum" in {box.title for box in plain.nodes if not box.has_gradient}) == (0, False)
    with viz.record() as tape:
        loss = model(x).sum()
        inside = viz.graph(loss)
    for picture in (inside, viz.graph(loss), tape.graph(), tape.graph(loss), loss.graph()):
        assert picture.scene.scopes[0].title == "Net, 21 params, 84 B"
        assert scope_of(picture, "bias") == "0: Linear, 15 params, 60 B"
        assert not box_of(picture, "Divide").is_output


def test_a_recording_that_nobody_keeps_is_gone():
    model, x = Net(), tg.ones((5, 4))
    with viz.record() as tape:
        loss = model(x).sum()
    gone = weakref.ref(tape)
    del tape
    gc.collect()
    assert gone() is None
    assert viz.graph(loss).scene.scopes == []


def test_what_was_computed_without_any_gradient():
    with tg.no_grad(), viz.record() as tape:
        y = tg.tanh(tg.ones(3) * 2) + np.ones(3, "float32")
    picture = viz.graph(y, names={"y": y})
    assert titles_of(picture) == ["input", "Multiply", "Tanh", "input", "y = Add"]
    assert box_of(picture, "Multiply").details == ["(_, 2)", "(3,)"]
    assert {link.kind for link in picture.edges} == {"no-grad"}
    assert titles_of(tape.graph()) == ["input", "Multiply", "Tanh", "input", "Add"]


def test_options_of_ops_that_were_not_recorded():
    with viz.record() as tape:
        y = tg.ones((3, 4)).sum(axis=1, keepdims=True)
    assert box_of(tape.graph(y), "Sum").details == ["axis=1, keepdims=True", "(3, 1)"]


def test_an_edge_that_was_cut_is_dashed():
    x = tg.ones(3, requires_grad=True)
    with viz.record() as tape:
        y = tg.tanh(x)
        z = tg.exp(y.detach()) * x
    edges = edges_of(tape.graph(z, names={"x": x}))
    assert ("Tanh", "Exp", "no-grad") in edges
    assert ("x", "Tanh", "flow") in edges
    assert ("Tanh", "Exp", "flow") not in edges


def test_one_of_several_outputs_that_was_cut():
    with viz.record():
        first, second = tg.split(tg.ones((4, 3)), 2)
        picture = viz.graph(first - second)
    assert edges_of(picture) == {("input", "Split", "no-grad"), ("Split", "Subtract", "no-grad")}
    assert sorted(link.part for link in picture.edges) == ["", "[0]", "[1]"]


class Reader(nn.Module):
    """Reads words, which are indices, and compares with labels: neither is an argument of an op."""

    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(10, 3)

    def forward(self, words, labels):
        x = self.table(words).mean(axis=1)
        return tg.cross_entropy(tg.where(x > 0, x, 0), labels)


def test_indices_labels_and_masks_have_edges_named_by_the_option():
    words, labels = tg.Tensor(np.array([[1, 2], [3, 4]])), tg.Tensor(np.array([0, 2]))
    picture = Reader().graph(words, labels)
    titles = titles_of(picture)
    named = {
        (titles[link.source], titles[link.reader], link.number) for link in picture.edges if link.kind == "no-grad"
    }
    assert {
        ("words", "Embedding", "at"),
        ("labels", "CrossEntropy", "labels"),
        ("Greater", "Where", "condition"),
    } <= named


def test_two_arrays_that_are_equal_are_not_guessed_between():
    words, labels = tg.Tensor(np.array([[1, 2], [3, 4]])), tg.Tensor(np.array([0, 2]))
    model = Reader()
    with viz.record() as tape:
        twin = tg.Tensor(labels.data.copy())
        (twin * 2, labels * 2)
        loss = model(words, labels)
    edges = edges_of(tape.graph(loss, names={"twin": twin, "labels": labels}))
    assert not [edge for edge in edges if edge[1] == "CrossEntropy" and edge[0] in ("twin", "labels")]


def test_a_graph_that_began_before_the_recording():
    x = tg.ones(3, requires_grad=True)
    y = tg.tanh(x)
    with viz.record() as tape:
        z = y * 2
    assert titles_of(tape.graph(names={"x": x})) == ["x", "Tanh", "Multiply"]
    assert titles_of(viz.graph(z, names={"x": x})) == ["x", "Tanh", "Multiply"]


def test_another_thread_is_not_recorded():
    with viz.record() as tape:
        thread = threading.Thread(target=lambda: tg.tanh(tg.ones(3, requires_grad=True)).sum().backward())
        thread.start()
        thread.join()
        tg.exp(tg.ones(3))
    assert [step.node.name for step in tape.steps] == ["Exp"]


def test_a_checkpointed_part():
    block = nn.Sequential(nn.Linear(3, 3), nn.Tanh())
    with viz.record() as tape:
        y = tg.autograd.checkpoint(block, tg.ones((2, 3), requires_grad=True)).sum()
        y.backward()
    assert "Checkpoint" in titles_of(viz.graph(y))
    assert tape.gradient(y._node).shape == ()


def test_nothing_recorded():
    with viz.record() as tape:
        pass
    with pytest.raises(ValueError, match="no op ran while it was recording"):
        tape.graph()


def test_saving(tmp_path):
    with viz.record() as tape:
        tg.tanh(tg.ones(3, requires_grad=True))
    assert tape.save(tmp_path / "x.dot").read_text(encoding="utf-8").count("->") == 1


# ---- values, gradients, times


def test_values_gradients_and_times_are_kept():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    with viz.record() as tape:
        y = x * x
        loss = (y + x).sum()
        loss.backward()
    forward = [step for step in tape.steps if isinstance(step, Applied)]
    backward = [step for step in tape.steps if isinstance(step, Pulled)]
    assert [step.node.name for step in forward] == ["Multiply", "Add", "Sum"]
    assert [step.node.name for step in backward] == ["Sum", "Add", "Multiply"]
    np.testing.assert_array_equal(tape.value(y._node), [1.0, 4.0])
    np.testing.assert_array_equal(tape.gradient(y._node), [1.0, 1.0])
    np.testing.assert_array_equal(tape.gradient(x._node), [3.0, 5.0])
    np.testing.assert_array_equal(backward[2].parts[0], [1.0, 2.0])
    assert all(step.seconds > 0 for step in tape.steps)
    assert forward[0].kept == 8  # x, once
    assert backward[0].sweep == 0


def test_gradients_are_those_of_the_latest_backward_pass():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    with viz.record() as tape:
        y = x * 3
        tg.autograd.grad(y.sum(), y, retain_graph=True)
        tg.autograd.grad((y * y).sum(), y)
    np.testing.assert_array_equal(tape.gradient(y._node), [6.0, 12.0])


def test_a_broadcast_gradient_has_the_shape_of_its_value():
    b = tg.ones(3, requires_grad=True)
    with viz.record() as tape:
        c = b * 1.0
        (tg.ones((4, 3)) * c).sum().backward()
    np.testing.assert_array_equal(tape.gradient(c._node), [4.0, 4.0, 4.0])


def test_a_gradient_that_was_added_in_place_is_not_made_up():
    x = tg.ones((4, 2), requires_grad=True)
    with viz.record() as tape:
        h = x * 2
        (h[0].sum() + h[1].sum() + h[1].sum()).backward()
    np.testing.assert_array_equal(tape.gradient(h._node), [[1, 1], [2, 2], [0, 0], [0, 0]])


def test_without_values_nothing_is_kept_alive():
    x = tg.ones(1000, requires_grad=True)
    with viz.record(values=False) as tape:
        y = x + 1.0
        kept = weakref.ref(y.data)
        z = y + 1.0
        z.sum().backward()
        del y
    assert kept() is None
    assert tape.value(z._node) is None
    assert titles_of(tape.graph()) == ["leaf", "Add", "Add", "Sum"]


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ({"show_values": True}, ["[1, 2]"]),
        ({"show_stats": True}, ["1.5 ± 0.5, 1 to 2"]),
        ({"show_grads": True}, ["gradient [2, 4]"]),
        ({"show_memory": True}, ["8 B"]),
        ({}, []),
    ],
)
def test_what_is_shown_of_a_leaf(options, shown):
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    loss = (x * x).sum()
    loss.backward()
    assert box_of(viz.graph(loss, names={"x": x}, **options), "x").details == ["(2,)", *shown]


def test_what_is_shown_of_an_op_under_a_recording():
    x = tg.tensor([3.0], requires_grad=True)
    with viz.record() as tape:
        loss = (x * x).sum()
        loss.backward()
    wanted = dict.fromkeys(["show_values", "show_stats", "show_grads", "show_memory", "show_time"], True)
    *known, seconds = box_of(tape.graph(**wanted), "Multiply").details
    assert known == ["(1,)", "[9]", "9 ± 0, 9 to 9", "4 B", "gradient [1]", "keeps 4 B"]
    assert seconds.endswith((" us", " ms"))


def test_a_leaf_without_gradient_says_so():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    picture = viz.graph((x * 2).sum(), names={"x": x}, show_grads=True)
    assert box_of(picture, "x").details == ["(2,)", "no grad"]


# ---- nan and inf


def test_nan_and_inf_are_said_and_carried_on_red_edges():
    x = tg.tensor([0.0, 1.0], requires_grad=True)
    with viz.record() as tape, np.errstate(all="ignore"):
        loss = (tg.where(x > 0, tg.sqrt(x), 0) + tg.log(x)).sum()
        loss.backward()
    picture = tape.graph(loss, names={"x": x})
    assert box_of(picture, "x").trouble == "gradient: 1 nan"
    assert box_of(picture, "Log").trouble == "1 inf"
    assert not box_of(picture, "Sqrt").trouble  # its value and gradient are 0: its derivative makes the nan
    assert box_of(picture, "Sum").trouble == "1 inf"
    assert not box_of(picture, "Where").trouble
    titles = titles_of(picture)
    red = {(titles[link.source], titles[link.reader]) for link in picture.edges if link.trouble}
    assert red == {("Log", "Add"), ("Add", "Sum")}
    assert "nan or inf" in [key.words for key in picture.scene.legend]
    assert "#cf222e" in picture.source


def test_nan_is_seen_without_a_recording_in_what_ops_keep():
    x = tg.tensor([-1.0, 1.0], requires_grad=True)
    with np.errstate(all="ignore"):
        loss = tg.sqrt(x).sum()
    picture = viz.graph(loss)
    assert box_of(picture, "Sqrt").trouble == "1 nan"
    assert box_of(picture, "Sum").trouble == "1 nan"


def test_a_leaf_that_is_gone_is_known_to_the_tape():
    with viz.record() as tape:
        (tg.tensor(2.0, requires_grad=True) * 3).backward()
    picture = tape.graph(show_values=True, show_grads=True)
    assert box_of(picture, "leaf").details == ["()", "= 2", "gradient = 3"]
