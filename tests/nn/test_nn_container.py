"""Containers: Sequential and ModuleList as lists, ModuleDict as a dict, ParameterList of parameters."""

import operator

import pytest

import tinygrad_fs as tg
from tinygrad_fs import nn


class Add(nn.Module):
    def __init__(self, number):
        super().__init__()
        self.number = number

    def forward(self, x):
        return x * 10 + self.number


def numbers(container):
    return [module.number for module in container]


def names(container):
    return [name for name, _ in container.named_children()]


def test_applies_in_order():
    assert nn.Sequential(Add(1), Add(2), Add(3))(tg.tensor(0)).item() == 123
    assert nn.Sequential()(5) == 5


def test_index_slice_and_length():
    it = nn.Sequential(Add(1), Add(2), Add(3))
    assert (len(it), it[0].number, it[-1].number) == (3, 1, 3)
    part = it[1:]
    assert isinstance(part, nn.Sequential)
    assert (numbers(part), names(part)) == ([2, 3], ["1", "2"])
    assert part[0] is it[1]
    for index in (3, -4):
        with pytest.raises(IndexError, match=f"index {index} is out of range, there are 3"):
            it[index]
    with pytest.raises(TypeError):
        it["0"]


def test_changes_keep_the_order():
    it = nn.Sequential(Add(1), Add(2))
    assert it.append(Add(3)) is it
    assert numbers(it.insert(0, Add(0)).extend([Add(4), Add(5)])) == [0, 1, 2, 3, 4, 5]
    assert names(it) == ["0", "1", "2", "3", "4", "5"]
    it[-1] = Add(9)
    assert numbers(it) == [0, 1, 2, 3, 4, 9]
    assert it.pop().number == 9
    assert it.pop(0).number == 0
    del it[0], it[1:]
    assert (numbers(it), names(it)) == ([2], ["0"])


def test_names_may_be_given():
    it = nn.Sequential({"first": Add(1), "1": Add(2)})
    assert it.first.number == 1
    assert names(it.append(Add(3))) == ["first", "1", "2"]
    with pytest.raises(KeyError, match="already exists"):
        nn.Sequential({"forward": Add(1)})


@pytest.mark.parametrize("bad", [nn.ReLU, lambda x: x, None.__class__])
def test_what_is_no_module_is_refused_and_nothing_changes(bad):
    it = nn.Sequential(Add(1), Add(2))
    for change in (it.append, lambda m: it.insert(0, m), lambda m: it.extend([m]), nn.Sequential):
        with pytest.raises(TypeError, match="not an nn.Module"):
            change(bad)
    with pytest.raises(TypeError, match="cannot be assigned|not an nn.Module"):
        it[0] = bad
    assert numbers(it) == [1, 2]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.Sequential([Add(1)]), "'0' is a list, not an nn.Module; give the modules one by one, with a star"),
        (lambda: nn.Sequential(Add(1), nn.functional.relu), r"'1' is a function, .* as nn.ReLU\(\) for F.relu"),
        (lambda: nn.ModuleList(Add(1)), r"ModuleList: items come in a list or the like, not in a Add; use \[item\]"),
    ],
)
def test_what_to_write_is_told(make, message):
    with pytest.raises(TypeError, match=message):
        make()


def test_a_module_may_occur_twice():
    once = Add(7)
    assert nn.Sequential(once, once)(tg.tensor(0)).item() == 77


def test_a_replaced_module_stays_in_its_place():
    it = nn.Sequential(Add(1), Add(2), Add(3))
    it[0] = Add(7)
    assert (numbers(it), names(it)) == ([7, 2, 3], ["0", "1", "2"])
    named = nn.ModuleDict({"a": Add(1), "b": Add(2)})
    named["a"] = Add(7)
    assert [(name, module.number) for name, module in named.items()] == [("a", 7), ("b", 2)]


class TestModuleList:
    def test_is_a_list(self):
        it = nn.ModuleList([Add(1), Add(2)])
        it += [Add(3)]
        assert numbers(it.append(Add(4)).insert(0, Add(0))) == [0, 1, 2, 3, 4]
        assert numbers(operator.add(it, [Add(9)])) == [0, 1, 2, 3, 4, 9]
        assert (len(it), it[-1].number, it.pop(0).number) == (5, 4, 0)
        part = it[1:]
        assert isinstance(part, nn.ModuleList)
        assert (numbers(part), names(part)) == ([2, 3, 4], ["0", "1", "2"])
        del it[0]
        assert numbers(it) == [2, 3, 4]
        with pytest.raises(IndexError, match="ModuleList: index 3 is out of range, there are 3 modules"):
            it[3]
        with pytest.raises(TypeError, match="not an nn.Module"):
            it.append(3)

    def test_its_parameters_count(self):
        net = nn.Module()
        net.layers = nn.ModuleList(nn.Linear(2, 2) for _ in range(2))
        assert [name for name, _ in net.named_parameters()] == [
            "layers.0.weight",
            "layers.0.bias",
            "layers.1.weight",
            "layers.1.bias",
        ]

    def test_cannot_be_called(self):
        with pytest.raises(NotImplementedError, match="ModuleList: define"):
            nn.ModuleList([Add(1)])(1)


class TestModuleDict:
    def test_is_a_dict(self):
        it = nn.ModuleDict({"a": Add(1)})
        it["b"] = Add(2)
        it.update([("c", Add(3))])
        assert (list(it), len(it), "b" in it, "d" in it) == (["a", "b", "c"], 3, True, False)
        assert [module.number for module in it.values()] == [1, 2, 3]
        assert (it["b"].number, it.pop("a").number) == (2, 1)
        del it["b"]
        assert list(it.keys()) == ["c"]
        for missing in (lambda: it["b"], lambda: it.pop("b"), lambda: it.__delitem__("b")):
            with pytest.raises(KeyError, match="b"):
                missing()
        it.clear()
        assert len(it) == 0

    def test_what_it_refuses(self):
        it = nn.ModuleDict()
        with pytest.raises(KeyError, match="no dots"):
            it["a.b"] = Add(1)
        with pytest.raises(KeyError, match="attribute 'pop' already exists"):
            it["pop"] = Add(1)
        with pytest.raises(TypeError, match="not an nn.Module"):
            it["a"] = 3
        assert len(it) == 0


class TestParameterList:
    def test_holds_parameters_and_makes_them(self):
        own = nn.Parameter([1.0])
        it = nn.ParameterList([own, tg.zeros(2)])
        it.append([1.0, 2.0, 3.0])
        assert it[0] is own
        assert [(name, p.shape) for name, p in it.named_parameters()] == [("0", (1,)), ("1", (2,)), ("2", (3,))]
        assert all(isinstance(p, nn.Parameter) for p in it)
        it[0] = tg.ones(4)
        assert [p.shape for p in it[:2]] == [(4,), (2,)]
        assert isinstance(it[:2], nn.ParameterList)
        assert repr(it[:1]) == "ParameterList(\n  (0): Parameter of shape (4,), float32\n)"
        assert repr(nn.ParameterList()) == "ParameterList()"

    def test_its_state_loads(self):
        source, target = (nn.ParameterList([tg.full(2, float(value))]) for value in (1, 2))
        target.load_state_dict(source.state_dict())
        assert target[0].tolist() == [1.0, 1.0]

    def test_integers_have_no_gradient(self):
        with pytest.raises(TypeError, match="int64 has no gradient"):
            nn.ParameterList([tg.arange(3)])


class TestParameterDict:
    def test_holds_parameters_by_name_and_makes_them(self):
        held = nn.ParameterDict({"b": tg.ones(2), "a": nn.Parameter(tg.zeros(3))})
        held["c"] = [1.0]
        held.update([("b", tg.zeros(2))])  # in its place
        assert list(held) == held.keys() == ["b", "a", "c"]
        assert all(isinstance(each, nn.Parameter) for each in held.values())
        assert [name for name, _ in held.named_parameters()] == ["b", "a", "c"]
        assert (held.pop("c").shape, len(held), "c" in held) == ((1,), 2, False)
        assert repr(held) == (
            "ParameterDict(\n  (b): Parameter of shape (2,), float32\n  (a): Parameter of shape (3,), float32\n)"
        )
        held.clear()
        assert (repr(held), list(held.parameters())) == ("ParameterDict()", [])

    def test_what_it_refuses(self):
        held = nn.ParameterDict({"a": tg.ones(2)})
        with pytest.raises(TypeError, match="floating"):
            held["b"] = tg.tensor([1, 2])
        with pytest.raises(KeyError, match="'update' already exists"):
            held["update"] = tg.ones(2)
        with pytest.raises(KeyError):
            del held["c"]
        assert list(held) == ["a"]


def test_sequentials_add_up():
    assert numbers(nn.Sequential(Add(1)) + nn.Sequential(Add(2))) == [1, 2]
    with pytest.raises(TypeError):
        operator.add(nn.Sequential(Add(1)), [Add(2)])
