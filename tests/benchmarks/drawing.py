"""Drawings: layout, SVG and page at 50, 1,000 and 10,000 nodes, beside Graphviz: python tests/benchmarks/drawing.py.

The graphs are those of a training step of a transformer, and of an RNN, recorded with all values, and nothing is
folded. Layouts, SVG, Graphviz and the writing of pages are measured in processor time, the best of up to five runs.
Graphviz is the one that `viz.doctor()` finds. Where there is a Chromium, the pages are opened in it: how long until the
graph is seen, and how long frames take while it is moved and zoomed, with all of it in sight and at a scale at which it
can be read, and while the backward pass plays at 60 steps a second, with all that is told of each: the median, and what
19 of 20 stay below. *work* is the processor time that the page takes for a frame while it plays. No graphics processor
helps here, so that what people look at is faster.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read by NumPy when it is imported
sys.path.insert(0, str(Path(__file__).parent.parent / "viz"))

from browser import Browser, find_browser
from machine import describe

import tinygrad_fs as tg
from tinygrad_fs import nn, viz
from tinygrad_fs.viz.arrange import arrange
from tinygrad_fs.viz.programs import RenderError, find_program, render
from tinygrad_fs.viz.svg import write_svg

NODES_PER_LAYER, NODES_PER_STEP = 41, 8
SIZES = (50, 1_000, 10_000)
WHICH = ["graph", "nodes", "edges"]

# Moves the drawing as a hand would, for 60 frames, and gives how long the frames took: the median, and the 57th.
MOVED = """new Promise(done => {
  const canvas = document.querySelector("#drawing");
  canvas.setPointerCapture = () => {};
  const times = [];
  const send = (type, x, y) => canvas.dispatchEvent(
    new PointerEvent(type, { pointerId: 1, clientX: x, clientY: y, bubbles: true, buttons: 1 }));
  const turn = (deltaY) => canvas.dispatchEvent(
    new WheelEvent("wheel", { deltaY, clientX: 500, clientY: 400, bubbles: true, cancelable: true }));
  send("pointerdown", 600, 400);
  let last = performance.now();
  const frame = () => {
    const now = performance.now();
    times.push(now - last);
    last = now;
    const n = times.length;
    if (n < 30) send("pointermove", 600 + 2 * n, 400 - 9 * n);
    else if (n === 30) send("pointerup", 0, 0);
    else turn(n < 45 ? -40 : 40);
    if (n < 60) requestAnimationFrame(frame);
    else done([...times.sort((a, b) => a - b).filter((_, i) => i === 30 || i === 56)]);
  };
  requestAnimationFrame(frame);
})"""


# Plays from the middle of the steps on, for 60 frames.
PLAYED = """new Promise(done => {
  const at = (name) => document.querySelector(name);
  at("#slider").value = Math.floor(at("#slider").max * 0.6);
  at("#slider").dispatchEvent(new Event("input"));
  at("#pace").value = "60";
  at("#play").click();
  const times = [];
  let last = performance.now();
  const frame = () => {
    const now = performance.now();
    times.push(now - last);
    last = now;
    if (times.length < 60) requestAnimationFrame(frame);
    else done([...times.sort((a, b) => a - b).filter((_, i) => i === 30 || i === 56)]);
  };
  requestAnimationFrame(frame);
})"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="about how many nodes")
    parser.add_argument(
        "--patience", type=float, default=120.0, help="seconds that Graphviz may take, as a clock has it"
    )
    options = parser.parse_args()
    for name, value in describe(["tinygrad_fs"]).items():
        print(f"- {name}: {value}")
    program = find_program()
    print(f"- Graphviz: {'none' if program is None else f'{program.origin}, {program.version()}'}\n")
    rows = [["transformer", *row(transformer(size), options.patience)] for size in options.sizes]
    rows.append(["RNN", *row(recurrent(max(options.sizes)), options.patience)])
    show([*WHICH, "built-in layout", "with its SVG", "Graphviz", "page written", "its size"], [r[:8] for r in rows])
    frames = ["frame: all in sight", "frame: near", "frame: playing", "work per frame"]
    show([*WHICH[:2], "seen after", *frames], [r[:2] + r[8:] for r in rows])


def show(columns: list[str], rows: list[list[str]]) -> None:
    """Print a table in Markdown."""
    print("\n".join(f"| {' | '.join(cells)} |" for cells in [columns, ["---"] * len(columns), *rows]) + "\n")


def row(picture: viz.Graph, patience: float) -> list[str]:
    """What was measured of a drawing, as text."""
    scene = picture.scene
    layout, seconds = timed(lambda: arrange(scene))
    _, svg_seconds = timed(lambda: write_svg(scene, layout, "benchmark"))
    page, page_seconds = timed(picture.html)
    return [
        f"{len(picture.nodes):,}",
        f"{len(picture.edges):,}",
        text(seconds),
        text(seconds + svg_seconds),
        graphviz(picture, patience),
        text(page_seconds),
        f"{len(page.encode()) / 1e6:.1f} MB",
        *in_a_browser(page),
    ]


def transformer(size: int) -> viz.Graph:
    """The drawing of a training step of about so many nodes."""
    tg.manual_seed(0)
    model = nn.Sequential(*[nn.TransformerEncoderLayer(16, 2, 32) for _ in range(max(1, size // NODES_PER_LAYER))])
    with viz.record() as tape:
        loss = model(tg.randn(6, 2, 16)).mean()
        loss.backward()
    return tape.graph(fold_repeats=False, max_nodes=None)


def recurrent(size: int) -> viz.Graph:
    """The same of an RNN, written as a loop."""
    tg.manual_seed(0)
    w, u = [tg.randn(4, 4, requires_grad=True) for _ in range(2)]
    x, h = tg.randn(max(1, size // NODES_PER_STEP), 2, 4), tg.zeros((2, 4))
    with viz.record() as tape:
        for step in range(len(x)):
            h = tg.tanh(x[step] @ w + h @ u)
        h.mean().backward()
    return tape.graph(names={"w": w, "u": u}, fold_repeats=False, max_nodes=None)


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """The result, and the best time of five; of fewer, where that is long."""
    times: list[float] = []
    while len(times) < 5 and sum(times) < 3.0:
        begin = time.process_time()
        result = work()
        times.append(time.process_time() - begin)
    return result, min(times)


def graphviz(picture: viz.Graph, patience: float) -> str:
    """How long Graphviz takes for an SVG."""
    program = find_program()
    if program is None:
        return "none"
    source = picture.source
    before = os.times()
    try:
        render(program, source, "svg", patience)
    except RenderError as error:
        return f"over {patience:.0f} s" if "longer than" in str(error) else "fails"
    after = os.times()
    return text(after.children_user + after.children_system - before.children_user - before.children_system)


def in_a_browser(page: str) -> list[str]:
    """How long until the graph is seen; frames, with all of it in sight, near, and while it plays; work of the last."""
    path = find_browser()
    if path is None:
        return ["no browser"] * 5

    def work() -> float:
        """Seconds of processor time that the page's own thread has had: what others do at the time is not in it."""
        metrics = browser.call("Performance.getMetrics")["metrics"]
        return float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration"))

    with tempfile.TemporaryDirectory() as folder, Browser(path, 1360, 820) as browser:
        browser.call("Performance.enable", timeDomain="threadTicks")
        file = Path(folder, "page.html")
        file.write_text(page, encoding="utf-8")
        seen = []
        for _ in range(8):
            browser.open(file)
            seen.append(browser.run("performance.getEntriesByName('drawn')[0].startTime"))
        near = browser.run(MOVED)
        browser.press("0")
        whole = browser.run(MOVED)
        browser.open(file)
        before = work()
        played = browser.run(PLAYED)
        texts = [f"{median:.0f} / {most:.0f} ms" for median, most in (whole, near, played)]
        return [f"{min(seen):.0f} ms", *texts, f"{(work() - before) / 60 * 1e3:.0f} ms"]


def text(seconds: float) -> str:
    return f"{seconds * 1e3:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


if __name__ == "__main__":
    main()
