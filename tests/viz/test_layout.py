"""The built-in layout: nothing overlaps, edges pass beside what they do not concern, and it is the same every time."""

import gc
import sys
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygrad_fs.viz.layout import Link, ScopeShape, lay_out, nested, spans
from tinygrad_fs.viz.layout.order import Segment, ordered
from tinygrad_fs.viz.layout.ranks import ranked
from tinygrad_fs.viz.layout.spread import spread

SIZE = (60.0, 30.0)
EXACT = 1e-6


def shape(parent=-1, least=(80.0, 0.0)):
    return ScopeShape(parent, least, 20.0, (12.0, 12.0), 0.0)


def plain(count, edges):
    return lay_out([SIZE] * count, [Link(*edge) for edge in edges], [-1] * count, [])


def overlap(one, other):
    return (
        one.x < other.x + other.width - EXACT
        and other.x < one.x + one.width - EXACT
        and one.y < other.y + other.height - EXACT
        and other.y < one.y + one.height - EXACT
    )


def encloses(outer, inner):
    return (
        outer.x <= inner.x + EXACT
        and outer.y <= inner.y + EXACT
        and inner.x + inner.width <= outer.x + outer.width + EXACT
        and inner.y + inner.height <= outer.y + outer.height + EXACT
    )


def points(path, steps=12):
    """Points along a path."""
    found = [path[0]]
    for before, piece in pairwise(path):
        x0, y0 = before[-2:]
        for step in range(1, steps + 1):
            t, s = step / steps, 1 - step / steps
            if len(piece) == 2:
                found.append((s * x0 + t * piece[0], s * y0 + t * piece[1]))
            else:
                x1, y1, x2, y2, x3, y3 = piece
                weights = s**3, 3 * s * s * t, 3 * s * t * t, t**3
                xs, ys = (x0, x1, x2, x3), (y0, y1, y2, y3)
                found.append((sum(map(float.__mul__, weights, xs)), sum(map(float.__mul__, weights, ys))))
    return found


def scopes_around(node, owners, shapes):
    found = []
    scope = owners[node]
    while scope != -1:
        found.append(scope)
        scope = shapes[scope].parent
    return found


def check(layout, sizes, links, owners, shapes):
    """All that has to hold for every layout."""
    nodes = layout.nodes
    for number, (at, (width, height)) in enumerate(zip(nodes, sizes)):
        assert (at.width, at.height) == pytest.approx((width, height))
        assert encloses_all(layout, at)
        assert not any(overlap(at, other) for other in nodes[number + 1 :])
        around = scopes_around(number, owners, shapes)
        for scope, place in enumerate(layout.scopes):
            assert encloses(place, at) if scope in around else not overlap(place, at)
    for scope, place in enumerate(layout.scopes):
        assert encloses_all(layout, place)
        for other in range(scope + 1, len(shapes)):
            if shapes[other].parent == scope:
                assert encloses(place, layout.scopes[other])
            elif shapes[other].parent == shapes[scope].parent:
                assert not overlap(place, layout.scopes[other])
    for link, path in zip(links, layout.paths):
        source, reader = nodes[link.source], nodes[link.reader]
        assert path[0] == pytest.approx((source.x + source.width / 2, source.y + source.height))
        assert path[-1][-1] == pytest.approx(reader.y)
        assert reader.x <= path[-1][-2] <= reader.x + reader.width
        for x, y in points(path)[1:-1]:
            for number, at in enumerate(nodes):
                if number not in (link.source, link.reader):
                    inside = at.x < x < at.x + at.width and at.y < y < at.y + at.height
                    assert not inside, f"the link {link} runs through node {number}"


def encloses_all(layout, at):
    return at.x >= -EXACT and at.y >= -EXACT and at.x + at.width <= layout.width + 1 and at.y <= layout.height


@st.composite
def graphs(draw):
    """Acyclic graphs of nodes with scopes around runs of them, as calls of modules are."""
    count = draw(st.integers(1, 24))
    sizes = [(draw(st.integers(20, 160)) * 1.0, draw(st.integers(16, 60)) * 1.0) for _ in range(count)]
    links = []
    for reader in range(1, count):
        sources = draw(st.sets(st.integers(max(0, reader - 9), reader - 1), max_size=3))
        links += [Link(source, reader, 0, draw(st.sampled_from([1.0, 0.15]))) for source in sources]
    owners = [-1] * count
    shapes = []
    begin = 0
    while begin < count:
        end = draw(st.integers(begin + 1, count))
        if draw(st.booleans()):
            shapes.append(shape())
            outer = len(shapes) - 1
            owners[begin:end] = [outer] * (end - begin)
            inner = draw(st.integers(begin, end))
            if inner > begin and draw(st.booleans()):
                shapes.append(shape(outer))
                owners[begin:inner] = [len(shapes) - 1] * (inner - begin)
        begin = end
    return sizes, links, owners, shapes


@settings(max_examples=60, deadline=None)
@given(graphs())
def test_nothing_overlaps_and_no_edge_runs_through_a_node(graph):
    layout = lay_out(*graph)
    check(layout, *graph)
    assert lay_out(*graph) == layout


# ---- what makes a drawing good


def middles(layout):
    return [at.x + at.width / 2 for at in layout.nodes]


def test_a_chain_is_a_straight_line():
    layout = plain(6, [(n, n + 1) for n in range(5)])
    assert len(set(middles(layout))) == 1
    assert all(len(path) == 2 for path in layout.paths)


def test_a_source_stands_in_the_middle_above_its_readers():
    x = middles(plain(4, [(0, 1), (0, 2), (0, 3)]))
    assert x[0] == pytest.approx(x[2])
    assert x[0] == pytest.approx((x[1] + x[3]) / 2)


def test_parameters_stand_beside_the_line_and_near_their_readers():
    edges = []
    for step in range(3):  # a chain 0 - 3 - 6 - 9, each step of which reads two parameters
        edges += [(3 * step, 3 * step + 3), (3 * step + 1, 3 * step + 3), (3 * step + 2, 3 * step + 3)]
    links = [Link(source, reader, 0, 1.0 if source % 3 == 0 else 0.15) for source, reader in edges]
    layout = lay_out([SIZE] * 10, links, [-1] * 10, [])
    x = middles(layout)
    assert len({x[0], x[3], x[6], x[9]}) == 1
    for step in range(3):
        assert x[3 * step] < x[3 * step + 1] < x[3 * step + 2]  # in the order of the arguments
        tops = [layout.nodes[3 * step + argument].y for argument in range(3)]
        assert max(tops) - min(tops) <= SIZE[1]


def test_edges_that_leave_at_different_places_run_apart():
    links = [Link(0, 1, 0, 1.0, -10.0), Link(0, 1, 0, 1.0, 10.0), Link(0, 2, 0, 1.0, 10.0)]
    for owners, shapes in (([-1] * 3, []), ([0, 1, 1], [shape(), shape()])):
        layout = lay_out([SIZE] * 3, links, owners, shapes)
        middle = layout.nodes[0].x + SIZE[0] / 2
        assert [path[0][0] - middle for path in layout.paths] == pytest.approx([-10.0, 10.0, 10.0])
        assert layout.paths[0][-1][-2] < layout.paths[1][-1][-2]


def test_an_edge_past_a_chain_bends_and_the_chain_does_not():
    layout = plain(5, [(0, 1), (1, 2), (2, 3), (0, 3), (3, 4)])
    assert len(set(middles(layout))) == 1
    assert len(layout.paths[3]) > 3


def test_scopes_of_a_chain_stand_in_line():
    shapes = [shape(), shape(), shape()]
    links = [Link(0, 1), Link(1, 2)]
    layout = lay_out([SIZE] * 3, links, [0, 1, 2], shapes)
    assert len(set(middles(layout))) == 1
    tops = [at.y for at in layout.scopes]
    assert tops == sorted(tops)


def test_a_title_has_room():
    layout = lay_out([SIZE], [], [0], [shape(least=(300.0, 0.0))])
    assert layout.scopes[0].width >= 300
    assert layout.width >= 300


def test_edges_that_would_pass_many_layers_run_in_lanes_at_the_side():
    count = 60
    links = [(n, n + 1) for n in range(count - 1)] + [(0, count - 1), (5, count - 5)]
    layout = plain(count, links)
    check(layout, [SIZE] * count, [Link(*link) for link in links], [-1] * count, [])
    right = max(at.x + at.width for at in layout.nodes)
    far = [max(piece[-2] for piece in path) for path in layout.paths[-2:]]
    assert far[0] != far[1]
    assert min(far) > right
    assert max(far) < layout.width


def test_a_cycle_is_drawn_with_an_edge_that_runs_upward():
    edges = [(0, 1), (1, 2), (2, 0)]
    layout = plain(3, edges)
    upward = [layout.nodes[reader].y < layout.nodes[source].y for source, reader in edges]
    assert sorted(upward) == [False, False, True]
    assert len(layout.paths[upward.index(True)]) > 3


def test_no_nodes():
    layout = lay_out([], [], [], [])
    assert (layout.width, layout.height) == (0.0, 0.0)


# ---- its parts


def test_sources_stand_as_late_as_they_can_and_what_waits_for_nothing_stays():
    # 0 -> 1 -> 2 -> 4;  3 -> 4: the source 3 belongs above 4.  5 hangs between 0 and 4 and stays near 0.
    edges = [(0, 1), (1, 2), (2, 4), (3, 4), (0, 5), (5, 4)]
    earliest, ranks = ranked(6, edges, {0})
    assert earliest == [0, 1, 2, 0, 3, 1]
    assert ranks == [0, 1, 2, 2, 3, 1]


def test_a_cycle_is_entered_where_all_else_is_done():
    assert ranked(3, [(0, 1), (1, 2), (2, 1)])[0] == [0, 1, 2]
    assert ranked(4, [(0, 1), (1, 0), (2, 3), (3, 2)])[0] == [0, 1, 0, 1]


def test_a_subtree_follows_its_only_reader():
    edges = [(0, 1), (1, 2), (2, 5), (3, 4), (4, 5)]
    assert ranked(6, edges)[1] == [0, 1, 2, 1, 2, 3]


def test_of_what_many_read_each_reader_stands_where_it_is_needed():
    edges = [(0, 1)] + [(1, step) for step in range(2, 12)]  # one value, cut into ten
    edges += [(step, step + 10) for step in range(2, 12)] + [(step, step + 1) for step in range(12, 21)]
    ranks = ranked(22, edges)[1]
    assert [ranks[step + 10] - ranks[step] for step in range(2, 12)] == [1] * 10


def test_virtual_nodes_are_counted():
    assert spans(4, [(0, 1), (1, 2), (2, 3)]) == 0
    assert spans(4, [(0, 1), (1, 2), (2, 3), (0, 3)]) == 2


def test_crossings_are_removed():
    layers = [[0, 1, 2], [3, 4, 5]]
    segments = [Segment(0, 5, 0, 0, 1), Segment(1, 4, 0, 0, 1), Segment(2, 3, 0, 0, 1)]
    top, bottom = ordered(layers, segments, [1.0] * 6)
    assert [5 - node for node in bottom] == top


def test_spread_keeps_order_and_gaps_and_stays_near():
    assert spread([0.0, 10.0], [1.0, 1.0], [5.0]) == [0.0, 10.0]
    assert spread([0.0, 0.0], [1.0, 1.0], [4.0]) == [-2.0, 2.0]
    assert spread([0.0, 0.0], [3.0, 1.0], [4.0]) == [-1.0, 3.0]
    assert spread([5.0, 0.0, 20.0], [1.0, 1.0, 1.0], [4.0, 4.0]) == pytest.approx([0.5, 4.5, 20.0])


# ---- large graphs


def test_no_recursion():
    count = 3000
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(220)
    try:
        plain(count, [(n, n + 1) for n in range(count - 1)])
        deep = [shape(n - 1) for n in range(300)]
        lay_out([SIZE] * 2, [Link(0, 1)], [299, -1], deep)
    finally:
        sys.setrecursionlimit(limit)


def recurrent(steps):
    """An RNN: in each step the state, two parameters, and what becomes of them."""
    weights = [(0, 1.0), (1, 0.15), (2, 0.15)]
    links = [Link(at + part, at + 3, 0, weight) for at in range(0, 3 * steps, 3) for part, weight in weights]
    return 3 * steps + 1, links


def gathered(count):
    """One op that reads them all."""
    return count + 1, [Link(source, count) for source in range(count)]


def scattered(count):
    """One op that all read."""
    return count + 1, [Link(0, reader) for reader in range(1, count + 1)]


@pytest.mark.parametrize("shape_of", [recurrent, gathered, scattered])
def test_the_work_grows_hardly_faster_than_the_graph(shape_of):
    def lines(size):
        count, links = shape_of(size)
        run = 0

        def counted(frame, event, argument):
            nonlocal run
            run += event == "line"
            return counted

        before = sys.gettrace()
        sys.settrace(counted)
        try:
            lay_out([SIZE] * count, links, [-1] * count, [])
        finally:
            sys.settrace(before)
        return run

    assert lines(240) < 4.6 * lines(60)


@pytest.mark.parametrize("is_on", [True, False])
def test_the_collector_is_left_as_it_was(is_on):
    was_on = gc.isenabled()
    (gc.enable if is_on else gc.disable)()
    try:
        plain(2, [(0, 1)])
        assert gc.isenabled() == is_on
        with pytest.raises(IndexError):
            plain(1, [(0, 1)])
        assert gc.isenabled() == is_on
    finally:
        (gc.enable if was_on else gc.disable)()


def test_equal_scopes_are_laid_out_once(monkeypatch):
    laid_out = []
    arrange = nested.arrange

    def counted(items, edges):
        laid_out.append(items)
        return arrange(items, edges)

    monkeypatch.setattr(nested, "arrange", counted)
    blocks = 20
    links = [Link(n, n + 1) for n in range(2 * blocks - 1)]
    lay_out([SIZE] * 2 * blocks, links, [n // 2 for n in range(2 * blocks)], [shape() for _ in range(blocks)])
    assert len(laid_out) == 4  # the whole, the first block, the last, and all that are between
