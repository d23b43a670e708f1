"""The benchmarks: rows and peers are what they say, summaries are right, and the benchmark of ops leaves no op out."""

from __future__ import annotations

import importlib
import itertools
import json
import math
import time
from importlib.util import find_spec
from operator import attrgetter
from pathlib import Path

import numpy as np
import pytest
from table import without_gradient

import tinygrad_fs as tg

BENCHMARKS = Path(__file__).parent / "benchmarks"

NOT_BY_NAME = {
    "allclose": "a truth value",
    "amax": "calls max",
    "amin": "calls min",
    "apply_along_axis": "its time is that of the function",
    "apply_over_axes": "its time is that of the function",
    "argpartition": "gives places",
    "array_equal": "a truth value",
    "block": "calls concatenate",
    "frexp": "calls ldexp",
    "getitem": "written x[...]: its cases are called after what stands in the brackets",
    "histogram": "its sums are those of bincount",
    "histogram2d": "its sums are those of bincount",
    "histogramdd": "its sums are those of bincount",
    "i0": "calls SciPy in backward, as polygamma does",
    "one_hot": "takes whole numbers, so it has no gradient",
    "nanpercentile": "calls nanquantile",
    "percentile": "calls quantile",
    "poly": "calls convolve",
    "polydiv": "of few coefficients: a loop over calls",
    "polysub": "does what polyadd does",
    "trim_zeros": "gives a view",
}
"""Public functions that no case is named after, with the reason."""


@pytest.fixture
def module(monkeypatch):
    """Imports a module of the benchmarks by its name."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module


def result(module, workload, ours, theirs, threads=1, limit=1.0):
    return module("results").Result(workload, "A step", "time", "torch", threads, ours, theirs, limit)


class TestRows:
    def test_have_names_of_their_own_and_a_task_for_each_peer(self, module):
        rows = module("workloads").WORKLOADS
        assert len({row.name for row in rows}) == len(rows)
        assert not {row.name for row in rows} & set(module("workloads").GROUPS)
        for row in rows:
            assert set(row.build) == {"tinygrad_fs", *row.limits}, row.name

    def test_are_chosen_by_name_and_by_group(self, module):
        parse = module("options").parse
        assert parse(["--only", "cnn", "pooling"]).only == [
            "cnn",
            "max-pool-2x2",
            "max-pool-3x3",
            "avg-pool-2x2",
            "avg-pool-3x3",
        ]
        assert len(parse([]).only) == len(module("workloads").WORKLOADS) + 1

    @pytest.mark.parametrize("option", ["only", "threads", "quick", "pairs", "against"])
    def test_of_a_part_are_not_written_to_the_page(self, module, option):
        values = {"only": ["cnn"], "threads": ["1"], "quick": [], "pairs": ["3"], "against": ["torch"]}
        parse = module("options").parse
        assert parse([]).is_complete
        assert not parse([f"--{option}", *values[option]]).is_complete

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--only", "nothing"], "invalid choice: 'nothing'"),
            (["--against", "theano"], "invalid choice: 'theano'"),
            (["--threads", "0"], "--threads must be at least 1"),
            (["--pairs", "0"], "--pairs must be at least 1"),
        ],
    )
    def test_that_do_not_exist_are_refused(self, module, capsys, arguments, message):
        with pytest.raises(SystemExit):
            module("options").parse(arguments)
        assert message in capsys.readouterr().err


def small_rows():
    """Each row and peer, at an eighth of its size; without JAX, which warns at every fork from its import on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        groups = importlib.import_module("workloads").GROUPS
        families = [importlib.import_module(f"workloads.{group}") for group in groups]
        return [(row, peer) for family in families for row in family.rows(8) for peer in row.limits if peer != "jax"]


class TestTasks:
    @pytest.mark.parametrize(
        ("row", "peer"), [pytest.param(row, peer, id=f"{row.name}-{peer}") for row, peer in small_rows()]
    )
    def test_agree_and_run(self, module, row, peer):
        workload = module("workloads.workload")
        library = library_of(workload.MODULES.get(peer, peer))
        ours, theirs = row.build[workload.OURS](tg), row.build[peer](library)
        module("pairs")._check_agreement(row, peer, ours.check(), theirs.check())
        for task in (ours, theirs):
            assert module("worker").seconds_per_step(task, 2) > 0
            if "memory" in row.limits[peer]:
                task.wake()

    @pytest.mark.skipif(find_spec("jax") is None, reason="JAX is not installed")
    def test_agree_in_jax(self, module):
        pairs, (row,) = module("pairs"), [row for row in module("workloads").WORKLOADS if row.name == "mlp"]
        with pairs.workers(row, "jax", 1) as both:
            pairs._check_agreement(row, "jax", *[worker.ask("check") for worker in both])
            assert all(worker.ask("time", 2) > 0 for worker in both)

    def test_are_timed_in_processes_of_their_own(self, module):
        (row,) = [row for row in module("workloads").WORKLOADS if row.name == "layers-mlp"]
        result = module("pairs").times(row, "layerwise", 1, pairs=1, patience=0.0)
        assert len(result.ours) == len(result.theirs) == 3  # one in each of three rounds
        assert result.cells()[0] == row.title

    def test_that_end_early_are_told(self, module):
        (row,) = [row for row in module("workloads").WORKLOADS if row.name == "layers-mlp"]
        pairs = module("pairs")
        worker = pairs.Worker("no_such_library", row, 1)
        with pytest.raises(pairs.BenchmarkError, match="layers-mlp in no_such_library: the process ended with 1"):
            worker.ask("check")
        worker.close()


def library_of(name):
    if name == tg.__name__:
        return tg
    library = pytest.importorskip(name)
    if library.__file__ is None:  # a folder of tests that is called as the library is
        pytest.skip(f"{name} is not installed")
    if name == "torch":
        library.set_num_threads(1)
    return library


class TestPeers:
    def test_that_are_missing_are_left_out_unless_asked_for(self, module):
        choose = module("installed").present_and_missing
        there = {"torch", "jax"}.__contains__
        assert choose(["torch", "jax", "mygrad"], None, there) == (["torch", "jax"], ["mygrad"])
        assert choose(["torch", "jax", "mygrad"], ["jax"], there) == (["jax"], [])
        with pytest.raises(LookupError, match=r'mygrad is not installed; pip install "tinygrad-fs\[bench\]"'):
            choose(["torch", "mygrad"], ["torch", "mygrad"], there)
        with pytest.raises(LookupError, match="mlfromscratch is not installed; put a checkout"):
            choose(["mlfromscratch"], ["mlfromscratch"], there)

    def test_are_found_by_what_they_import(self, module):
        is_installed = module("installed").is_installed
        assert is_installed("layerwise")
        assert is_installed("plain layers")
        assert not is_installed("no_such_library")
        assert is_installed("scikit-learn") == (find_spec("sklearn") is not None)


class TestMemory:
    def test_rises_by_what_steps_need(self, module):
        memory, worker = module("memory"), module("worker")
        before = memory.restart_peak()
        if before is None:
            pytest.skip("this system does not tell the peak of memory")
        task = module("workloads").Task(lambda: np.ones(5_000_000), dict, wake=lambda: np.ones(5))
        assert 35e6 < worker.rise_in_memory(task, 2) < 60e6

    def test_needs_a_step_on_next_to_no_data(self, module):
        task = module("workloads").Task(lambda: None, dict)
        with pytest.raises(ValueError, match="no step on next to no data"):
            module("worker").rise_in_memory(task, 1)


class TestAgreement:
    def test_is_told_by_the_largest_number(self, module):
        agree = module("pairs")._agree
        assert agree([100.0, 0.0], [100.0, 0.05])
        assert not agree([100.0, 0.0], [100.0, 0.2])
        assert not agree([1.0], [1.0, 1.0])
        assert not agree([1.0, math.nan], [1.0, math.nan])

    def test_is_needed_before_the_timing(self, module):
        pairs = module("pairs")
        row = module("workloads").WORKLOADS[0]
        pairs._check_agreement(row, "torch", {"loss": [1.0], "more": [2.0]}, {"loss": [1.0]})
        with pytest.raises(pairs.BenchmarkError, match="do not compute the same"):
            pairs._check_agreement(row, "torch", {"loss": [1.0]}, {"loss": [2.0]})
        with pytest.raises(pairs.BenchmarkError, match="nothing to compare"):
            pairs._check_agreement(row, "torch", {"loss": [1.0]}, {"losses": [1.0]})


class TestResults:
    def test_of_too_few_pairs_are_withheld(self, module):
        verdicts = [result(module, "a", [0.5] * n, [1.0] * n).verdict() for n in (1, 2, 3)]
        assert verdicts == ["no result", "no result", "met"]

    def test_that_scatter_are_withheld(self, module):
        wild = result(module, "a", [0.2, 0.5, 0.8] * 5, [1.0] * 15)
        assert (wild.figure(), wild.spread(), wild.verdict()) == ("too noisy", "0.20-0.80", "no result")

    def test_close_to_the_target_are_not_judged(self, module):
        assert result(module, "a", [0.9, 1.0, 1.1] * 5, [1.0] * 15).verdict() == "too close to tell"


class TestSummaries:
    def test_growth_is_the_power_of_the_length(self, module):
        nodes = module("workloads.tape").NODES
        rows = [result(module, name, [1e-6 * n**1.25] * 7, [2e-6 * n] * 7) for name, n in nodes.items()]
        (growth,) = module("summaries").summaries(rows)
        assert growth.value == pytest.approx(1.25)
        assert growth.cells()[1:] == ("1", "n^1.25", "torch n^1.00", "1.25", "1.25-1.25", "at most 1.10", "missed")

    def test_growth_that_may_be_anything_is_withheld(self, module):
        nodes = module("workloads.tape").NODES
        times = [1e-6, 1e-5, 1e-4] * 3
        rows = [result(module, name, [n * time for time in times], [n * 1.0] * 9) for name, n in nodes.items()]
        (growth,) = module("summaries").summaries(rows)
        assert (growth.figure(), growth.verdict()) == ("too noisy", "no result")

    def test_mean_is_geometric(self, module):
        mean = module("summaries").mean
        rows = [result(module, "a", [1.0] * 7, [2.0] * 7), result(module, "b", [2.0] * 7, [1.0] * 7)]
        assert mean("mean", "both", rows, 1, 1.1).value == pytest.approx(1.0)
        noisy = result(module, "c", [1.0, 9.0, 100.0] * 3, [1.0] * 9)
        of_some = mean("mean", "all", [*rows, noisy], 1, 0.9)
        assert of_some.title == "Geometric mean of all: 2 of 3"
        assert of_some.verdict() == "missed"
        assert mean("mean", "all", [noisy], 1, 0.9).verdict() == "no result"

    def test_are_made_of_whole_sets_only(self, module):
        summaries, groups = module("summaries").summaries, module("workloads").GROUPS
        rows = [result(module, row.name, [1.0] * 7, [1.0] * 7) for row in groups["convolution"]]
        assert [each.name for each in summaries(rows)] == ["mean-convolution"]
        assert summaries(rows[1:]) == []


class TestPage:
    def test_has_a_row_for_each_result_and_keeps_what_is_around(self, module, tmp_path):
        page = module("page")
        path = tmp_path / "page.md"
        path.write_text(f"before\n{page._BEGIN}old\n{page._END}after\n", encoding="utf-8")
        rows = [result(module, "a", [0.5] * 7, [1.0] * 7)]
        page.write_page(path, rows, {"numpy": "2.0"})
        text = path.read_text(encoding="utf-8")
        assert text.startswith("before\n")
        assert text.endswith("after\n")
        assert "old" not in text
        assert "- numpy: 2.0\n" in text
        assert "| 500 ms      | torch 1 s | 0.50   | 0.50-0.50 | at most 1.00 | met     |" in text

    def test_readme_shows_shares_of_the_latest_run(self, module):
        results = json.loads((BENCHMARKS.parents[1] / "docs" / "benchmarks.json").read_text(encoding="utf-8"))[
            "results"
        ]
        shares = module("page").shares(results)
        assert f"begin -->\n\n{shares}\n<!--" in (BENCHMARKS.parents[1] / "README.md").read_text(encoding="utf-8")
        assert shares.count("\n") > 8

    def test_without_marks_is_refused(self, module, tmp_path):
        path = tmp_path / "page.md"
        path.write_text("no marks\n", encoding="utf-8")
        with pytest.raises(ValueError, match="are missing"):
            module("page").write_page(path, [], {})


class TestAttempts:
    def test_compute_the_same_as_what_they_are_held_against(self, module):
        attempts = module("attempts")
        for name, make in attempts.ATTEMPTS.items():
            tried, held = make(2)
            assert attempts.agree(tried(), held()), name

    def test_are_timed_in_pairs(self, module):
        turns = []

        def side(name):
            return lambda: turns.append(name) or [0.0]

        clock = itertools.count().__next__
        assert module("attempts").ratios(side("tried"), side("held"), clock) == [1.0] * 31
        assert turns[-4:] == ["held", "tried", "tried", "held"]

    def test_that_differ_are_not_timed(self, module):
        with pytest.raises(SystemExit, match="do not compute the same"):
            module("attempts").ratios(lambda: [1.0], lambda: [2.0], time.process_time)

    def test_that_do_not_exist_are_refused(self, module, capsys):
        with pytest.raises(SystemExit):
            module("attempts").parse(["nothing"])
        assert "no attempt is called 'nothing'; there are blocks-of-16-kib" in capsys.readouterr().err


def test_every_differentiable_function_is_measured_or_explained(module):
    cases = module("op_case").all_cases()
    in_linalg = [f"linalg.{name}" for name in tg.linalg.__all__ if not hasattr(tg, name) and name != "LinAlgError"]
    functions = {name: attrgetter(name)(tg) for name in [*tg.ops.__all__, *in_linalg]}
    measured = {
        functions[case.subject] for case in cases if case.subject in functions
    }  # other names are the same object
    missing = {name for name, function in functions.items() if function not in measured} - set(without_gradient())
    assert missing == set(NOT_BY_NAME)
    assert len({case.name for case in cases}) == len(cases), "two cases have the same name"
