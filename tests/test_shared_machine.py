"""The measurement beside other work: what it says of given times, and that it can say no."""

import copy

import pytest
from click.testing import CliRunner

from benchmarks import shared_machine
from benchmarks.shared_machine import BOUNDS, Taken, summary

ALONE, BESIDE, PASSIVE = Taken(10.0, 8.0, 0.1), Taken(14.0, 8.8, 1.0), Taken(14.0, 8.0, 1.0)
TURN = {"alone": ALONE, "beside": BESIDE, "beside_passive": PASSIVE}


def held(record):
    return {name: ratio["holds"] for name, ratio in record["ratios"].items()}


def test_ratios_are_those_of_one_turn_and_medians_over_the_turns():
    slow = {way: Taken(3 * t.wall_seconds, t.cpu_seconds, 1.0) for way, t in TURN.items()}
    spoilt = TURN | {"beside": Taken(99.0, 99.0, 1.0)}
    record = summary([TURN, slow, spoilt])
    found = {name: ratio["median"] for name, ratio in record["ratios"].items()}
    assert found == {
        "wall_beside_over_alone": pytest.approx(1.4),
        "cpu_beside_over_alone": pytest.approx(1.1),
        "cpu_as_it_comes_over_passive": pytest.approx(1.1),
    }
    assert set(held(record).values()) == {True}
    assert record["median_seconds"]["alone"] == {"wall": 10.0, "cpu": 8.0}


@pytest.mark.parametrize(
    ("beside", "broken"),
    [
        (Taken(25.1, 8.0, 1.0), "wall_beside_over_alone"),
        (Taken(14.0, 10.5, 1.0), "cpu_beside_over_alone"),
    ],
)
def test_a_broken_bound_is_exit_code_one(beside, broken, monkeypatch, tmp_path):
    turn = copy.copy(TURN)
    monkeypatch.setattr(shared_machine, "one_turn", lambda options: turn)
    runner = CliRunner()
    fine = runner.invoke(shared_machine.main, ["--turns", "1"])
    assert (fine.exit_code, fine.output.count("holds")) == (0, len(BOUNDS))
    turn["beside"] = beside
    found = runner.invoke(
        shared_machine.main, ["--turns", "1", "--json", str(tmp_path / "record.json")]
    )
    assert found.exit_code == 1
    assert f"{broken.replace('_', ' ')}" in found.output
    assert found.output.count("BROKEN") == 1
    assert (tmp_path / "record.json").exists()


def test_a_run_that_spins_where_passive_does_not_is_found():
    spinning = TURN | {"alone": Taken(40, 40, 0.0), "beside": Taken(80, 44, 1.0)}
    found = held(summary([spinning]))
    assert [name for name, holds in found.items() if not holds] == ["cpu_as_it_comes_over_passive"]


def test_the_processor_time_of_a_process_is_seen():
    before = shared_machine.busy_seconds()
    with shared_machine.busy_process():
        taken = shared_machine.train(["--help"], policy=None)
    assert taken.wall_seconds > 0
    assert taken.cpu_seconds > 0
    after = shared_machine.busy_seconds()
    assert (before is None) == (after is None)
    if before is not None:
        assert after > before
