"""A sign of life: a bar on a terminal, a line now and then on a pipe, nothing for what is quick."""

import sys

import numpy as np
import pytest

from fluxttice_core.cli import console


@pytest.fixture
def clock(monkeypatch):
    """Time that passes when the test says so."""
    now = [100.0]
    monkeypatch.setattr(console.time, "monotonic", lambda: now[0])

    def wait(seconds):
        now[0] += seconds

    return wait


def test_what_is_quick_says_nothing_on_a_pipe(clock, capsys):
    with console.progress("measuring") as update:
        update(0, 3)
        clock(1.9)
        update(3, 3)
    assert capsys.readouterr() == ("", "")


def test_what_is_slow_says_something_within_two_seconds_and_then_ever_more_seldom(clock, capsys):
    with console.progress("counting", "draw") as update:
        for second in range(101):
            update(1_000 * second)
            clock(1)
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == ""
    assert lines[0] == "counting: 2,000 draws, 2 s"
    assert 5 < len(lines) < 12


def test_the_whole_is_named_where_it_is_known(clock, capsys):
    with console.progress("measuring") as update:
        clock(3)
        update(1, 14)
    assert capsys.readouterr().err == "measuring: 1 of 14 parts, 3 s\n"


def test_a_pipe_gets_no_control_characters(tmp_path, run_fluxttice):
    np.save(tmp_path / "draws.npy", np.arange(1_000) % 37)
    done = run_fluxttice("coverage", str(tmp_path / "draws.npy"))
    assert "\r" not in done.stderr
    assert "\x1b" not in done.stderr + done.stdout


@pytest.fixture
def run_fluxttice():
    import subprocess

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-c", "from fluxttice_core.cli import main; main()", *arguments],
            capture_output=True,
            text=True,
        )

    return run
