"""The report: as objects, as text, as JSON, as a page."""

from __future__ import annotations

import json
import math
import re

import numpy as np
import pytest
import replicas
import right_layers
from scripts import run

from tinygrad_fs import compare
from tinygrad_fs.compare.report import Finding, Report


@pytest.fixture(scope="module")
def report():
    return compare.audit(replicas.SoftmaxDiagonal, input_shape=(3,))


def test_the_text_is_a_table_and_a_script(report):
    lines = str(report).splitlines()
    assert lines[0] == "SoftmaxDiagonal: input wrong, of 1 gradient"
    assert lines[2].split() == ["gradient", "mode", "with", "verdict", "error"]
    assert lines[3].startswith("input     training, evaluation, frozen  batch 3, batch 1  wrong")
    assert "truth: the forward on Tensors, confirmed by central differences" in lines
    script = "\n".join(line[4:] for line in lines[lines.index("    import numpy as np") :])
    names = run(script)
    assert not np.allclose(names["by_hand"], names["truth"])


def test_a_right_report_is_short():
    text = str(compare.audit(right_layers.Softmax, input_shape=(3,)))
    assert text.splitlines()[0] == "Softmax: right (input)"
    assert "import" not in text


def test_json_is_strict_and_whole(report):
    content = json.loads(report.to_json(), parse_constant=pytest.fail)
    assert content["title"] == "SoftmaxDiagonal"
    assert content["ok"] is False
    assert len(content["findings"]) == len(report.findings)
    assert content["findings"][0]["verdict"] == "wrong"
    infinite = Report("x", (Finding("W", "training", "batch 3", "shape", max_rel_error=math.inf),))
    assert json.loads(infinite.to_json())["findings"][0]["max_rel_error"] is None


def test_the_page_needs_nothing_from_elsewhere(report, tmp_path):
    path = report.to_html(tmp_path / "audit.html")
    text = path.read_text(encoding="utf-8")
    assert path == tmp_path / "audit.html"
    assert text.startswith("<!DOCTYPE html>")
    assert not re.search(r"https?:|src=|@import|url\(|<script", text)
    assert "default-src 'none'" in text
    assert "prefers-color-scheme: dark" in text
    assert "cosine" in text
    assert "by_hand = used.backward_pass(g.copy())" in text


def test_the_page_escapes_what_it_quotes(tmp_path):
    hostile = "<script>alert('&')</script>"
    finding = Finding(hostile, "training", hostile, "wrong", hostile, reproducer=hostile)
    text = Report(hostile, (finding,), (hostile,)).to_html(tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<script>" not in text
    assert text.count("&lt;script&gt;alert(&#x27;&amp;&#x27;)&lt;/script&gt;") >= 6


def test_the_page_appears_whole_or_not_at_all(report, tmp_path):
    path = tmp_path / "audit.html"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(FileNotFoundError):
        report.to_html(tmp_path / "nowhere" / "audit.html")
    report.to_html(path)
    assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_ok():
    def ok(*verdicts):
        return Report("x", tuple(Finding("W", "training", "batch 3", verdict) for verdict in verdicts)).ok

    assert ok("right", "convention")
    for verdict in ("scaled", "partial", "wrong", "stale", "nonfinite", "shape", "error"):
        assert not ok("right", verdict)


def test_rows_put_together_what_is_alike():
    findings = [
        Finding("W", mode, configuration, "scaled", f"{size} times the gradient")
        for mode in ("training", "evaluation")
        for configuration, size in (("batch 3", 3), ("batch 2", 2))
    ]
    rows = Report("x", tuple(findings)).rows
    assert [(row.modes, row.configurations) for row in rows] == [
        (("training", "evaluation"), ("batch 3",)),
        (("training", "evaluation"), ("batch 2",)),
    ]


def test_rows_keep_apart_what_is_said_in_other_words():
    findings = [
        Finding("pair", "training", "end to end", "wrong", "p - y, with cosine 0.99"),
        Finding("pair", "evaluation", "end to end", "wrong", "p - y, with cosine -1e-3"),
        Finding("pair", "training", "saturated", "wrong", "no gradient is left"),
    ]
    rows = Report("x", tuple(findings)).rows
    assert [(row.modes, row.first.detail) for row in rows] == [
        (("training", "evaluation"), "p - y, with cosine 0.99"),
        (("training",), "no gradient is left"),
    ]


def test_the_page_opens_with_what_is_wrong(tmp_path):
    findings = [
        Finding("relu", "training", "batch 3", "convention", "at 0", reproducer="print('relu')"),
        Finding("W", "training", "batch 3", "wrong", "it is zero", reproducer="print('W')"),
        Finding("V", "training", "batch 3", "right", max_rel_error=0.0),
    ]
    text = Report("x", tuple(findings)).to_html(tmp_path / "page.html").read_text(encoding="utf-8")
    assert text.index("<details open><summary><code>W</code>") < text.index("<details><summary><code>relu</code>")
    meanings = text[text.index("What the verdicts mean") :]
    assert [word for word in ("right", "convention", "wrong", "stale") if f'verdict">{word}<' in meanings] == [
        "right", "convention", "wrong",
    ]  # fmt: skip
