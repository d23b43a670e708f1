"""Trees: nested values taken apart and put together again."""

from __future__ import annotations

from collections import defaultdict, namedtuple

import pytest

from tinygrad_fs.autograd.trees import flatten, leaves_like, mapped, paths, unflatten

Pair = namedtuple("Pair", "first second")

TREE = {"b": [1, (2, None), Pair(3, [])], "a": {"x": 4}}


def test_there_and_back():
    leaves, skeleton = flatten(TREE)
    assert leaves == [1, 2, 3, 4]
    assert skeleton == {"b": [0, (1, None), Pair(2, [])], "a": {"x": 3}}
    assert unflatten(skeleton, leaves) == TREE
    assert isinstance(unflatten(skeleton, leaves)["b"][2], Pair)


def test_a_leaf_is_a_tree_and_none_is_an_empty_one():
    assert flatten("text") == (["text"], 0)
    assert flatten(None) == ([], None)
    assert flatten(()) == ([], ())


def test_mapping_keeps_the_kind_of_a_dict_and_leaves_it_alone():
    tree = defaultdict(list, a=1)
    found = mapped(str, tree)
    assert found == {"a": "1"}
    assert found["new"] == []
    assert tree == {"a": 1}


def test_paths():
    assert paths(flatten(TREE)[1]) == ["['b'][0]", "['b'][1][0]", "['b'][2][0]", "['a']['x']"]
    assert paths(0) == [""]


def test_leaves_in_the_order_of_another_tree():
    skeleton = flatten(TREE)[1]
    other = {"a": {"x": "four"}, "b": ["one", ["two", None], ("three", ())]}
    assert leaves_like(skeleton, other, "it") == ["one", "two", "three", "four"]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ([1], "it: expected a dict with the keys 'b', 'a', not a list of 1"),
        ({"b": [], "a": {"x": 1}}, r"it\['b'\]: expected a list of 3, not a list of 0"),
        ({"b": [1, (2, 3), (3, [])], "a": {"x": 1}}, r"it\['b'\]\[1\]\[1\]: None was expected here, not int"),
        ({"b": [(), (2, None), (3, [])], "a": {"x": 1}}, r"it\['b'\]\[0\]: expected one array .* not a tuple of 0"),
        ({"b": [1, (2, None), (3, [])], "a": {}}, r"it\['a'\]: .*'x', not a dict with the keys \(none\)"),
    ],
)
def test_trees_that_do_not_fit(other, message):
    with pytest.raises(ValueError, match=message):
        leaves_like(flatten(TREE)[1], other, "it")
