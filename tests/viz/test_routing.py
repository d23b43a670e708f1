"""Links from side to side: straight where nothing stands between, and around it otherwise."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tinygrad_fs.viz.layout import Rectangle, led_around


def row(*lefts, y=0.0):
    return [Rectangle(left, y, 60.0, 30.0) for left in lefts]


def test_it_goes_from_side_to_side():
    left, right = row(0.0, 200.0)
    (there,), (back,) = led_around([left, right], [(0, 1)]), led_around([left, right], [(1, 0)])
    assert (there[0], there[-1][-2:], len(there)) == ((60.0, 15.0), (200.0, 15.0), 2)
    assert (back[0], back[-1][-2:]) == ((200.0, 15.0), (60.0, 15.0))


def test_what_stands_between_is_passed_above_or_below():
    for source, reader in ((0, 3), (3, 0)):
        (path,) = led_around(row(0.0, 90.0, 180.0, 270.0), [(source, reader)])
        levels = {piece[-1] for piece in path[1:-1]}
        assert len(levels) == 1
        assert not 0.0 <= levels.pop() <= 30.0


def test_it_takes_the_side_on_which_there_is_room():
    boxes = [*row(0.0, 90.0, 180.0), *row(90.0, y=-35.0)]
    (path,) = led_around(boxes, [(0, 2)])
    assert path[1][-1] > 30.0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 5), st.integers(0, 5), st.lists(st.booleans(), min_size=6, max_size=6))
def test_in_rows_with_room_between_them_nothing_is_run_through(source, reader, is_lower):
    boxes = [Rectangle(90.0 * n, 80.0 * lower, 60.0, 30.0) for n, lower in enumerate(is_lower)]
    if source == reader:
        return
    (path,) = led_around(boxes, [(source, reader)])
    middle = [piece for piece in path[1:-1] if len(piece) == 2]
    for x, y in middle:
        assert not any(box.x < x < box.x + box.width and box.y < y < box.y + box.height for box in boxes)
    assert path[0][1] == boxes[source].y + 15.0
    assert path[-1][-1] == boxes[reader].y + 15.0
