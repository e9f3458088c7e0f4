"""The guard of `make bench`: it fails when a ratio fell, and only then."""

import json
import re
import subprocess
import sys

from benchmarks.speed import harness, suite
from tests.support import ROOT


def test_a_ratio_may_fall_by_a_fifth_and_no_more():
    recorded = {"a": 5.0, "b": 2.0}
    assert suite.shortfalls({"a": 4.0, "b": 2.0}, recorded) == []
    assert suite.shortfalls({"a": 9.0, "b": 1.59}, recorded) == [
        "b: expected at least 1.60 times the reference (recorded 2.0), got 1.59"
    ]


def test_a_job_without_a_record_is_a_fault():
    (fault,) = suite.shortfalls({"new": 1.0}, {})
    assert fault.startswith("new: no ratio is recorded")


def test_ways_take_turns_and_the_first_turn_is_not_counted():
    order = []
    comparison = harness.compare(
        "job",
        10,
        "things",
        ours=lambda: order.append("ours"),
        reference=lambda: order.append("reference"),
        repeats=2,
        parts={"reference": 3.0},
    )
    assert order == ["ours", "reference"] * 3
    assert {way: len(turns) for way, turns in comparison.seconds.items()} == {
        "ours": 2,
        "reference": 2,
    }
    assert comparison.ratios("ceiling") is None


def test_the_ceiling_is_the_faster_of_several(monkeypatch):
    monkeypatch.setattr(harness, "_seconds", lambda job: job())
    slow_then_fast, fast_then_slow = iter([9.0, 3.0, 1.0]), iter([9.0, 2.0, 4.0])
    comparison = harness.compare(
        "job",
        1,
        "things",
        ours=lambda: 1.0,
        ceiling=(lambda: next(slow_then_fast), lambda: next(fast_then_slow)),
        repeats=2,
    )
    assert comparison.seconds["ceiling"] == [2.0, 1.0]


def test_ratios_are_those_of_each_turn():
    seconds = {"ours": [1.0, 2.0, 1.0], "reference": [4.0, 6.0, 5.0]}
    record = harness.Comparison("job", 10, "things", seconds).as_dict()
    assert record["ours_over_reference"] == (3.0, 4.0, 5.0)
    assert record["median_per_second"] == {"ours": 10.0, "reference": 2.0}


def test_only_ratios_are_recorded():
    """Ratios, by kernels and number of threads; no seconds."""
    recorded = json.loads(suite.RECORDED.read_text())
    jobs = {frozenset(ratios) for ratios in recorded.values()}
    assert len(jobs) == 1, "every set holds the same jobs"
    for kind, ratios in recorded.items():
        assert re.fullmatch(r"\w+ kernels, threads: \d+", kind)
        assert all(0.0 < ratio < 10_000 for ratio in ratios.values())


def test_a_subject_runs_from_the_root_and_names_its_options():
    for subject in (*suite.SUBJECTS, "suite"):
        done = subprocess.run(
            [sys.executable, "-m", f"benchmarks.speed.{subject}", "--help"],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert "--threads" in done.stdout
