"""Sequential: as a list of modules."""

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


def test_a_module_may_occur_twice():
    once = Add(7)
    assert nn.Sequential(once, once)(tg.tensor(0)).item() == 77
