"""``fluxttice plan``: how many draws are enough, from the command line."""

import doctest
import json
import re
import shlex
import subprocess
import sys

import numpy as np
import pytest

from fluxttice_core import measure
from tests.support import ROOT


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    np.save("enough.npy", rng.integers(0, 1_000, 20_000))
    np.save("few.npy", rng.integers(0, 1_000, 2_000))
    np.save("sorted.npy", np.sort(rng.integers(0, 1_000, 20_000)))
    law = 1.0 / np.arange(1, 301)
    law /= law.sum()
    np.save("zipf.npy", rng.choice(300, 2_000, p=law))
    np.save("again.npy", rng.choice(300, 1_500, p=law))
    np.save("even.npy", rng.choice(300, 1_500))
    (tmp_path / "counts.csv").write_text("id,n\na,40\nb,30\nc,20\nd,10\n")
    return tmp_path


def test_enough(run, files):
    code, out, err = run("plan", "enough.npy", "--stop-below", 0.01)
    assert (code, err) == (0, "")
    assert "enough.npy: 20,000 draws, 1,000 distinct\nmass unseen: about 0.00 % (Good" in out
    assert "at most 0.122 %\n\nSTOP: surely below 1 % since draw 5,819.\n" in out
    assert "Wrong with a chance of at most 5 %, at all n together" in out


def test_not_yet(run, files):
    code, out, _ = run("plan", "few.npy", "--stop-below", 0.01, "--level", 0.01)
    assert code == 1
    assert "NOT YET: not surely below 1 %; draw on.\nWrong with a chance of at most 1 %" in out


def test_dependent_draws(run, files):
    code, out, _ = run("plan", "sorted.npy", "--stop-below", 0.01)
    assert code == 1
    assert "NOT INDEPENDENT DRAWS, so nothing is known of what was not seen:\n  a draw equ" in out
    assert "STOP" not in out


def test_json_holds_what_python_returns(run, files):
    code, out, _ = run("plan", "enough.npy", "--stop-below", 0.01, "--json")
    record = json.loads(out)
    rule = measure.UnseenMassStop(0.01)
    rule.update(np.load("enough.npy"))
    assert code == 0
    assert record.pop("read") == ["read enough.npy: NumPy array, 20,000 numbers"]
    assert record == json.loads(json.dumps(rule.report(name="enough.npy").as_dict()))


def test_a_space_that_was_drawn_whole_leaves_nothing_unseen(run, files):
    code, out, _ = run("plan", "-", "--stop-below", 0.01, "--space", 2, stdin="0\n1\n1\n0\n")
    assert code == 0
    assert "at most 0 %\n\nSTOP: surely below 1 % since draw 2." in out
    assert "these are too few to tell whether they are." in out


def test_a_share_of_the_mass(run, files):
    code, out, err = run("plan", "zipf.npy", "--reach", 0.95)
    needed = measure.draws_to_see(np.bincount(np.load("zipf.npy")), 0.95)
    low, high = needed.interval
    assert (code, err) == (0, "")
    assert "zipf.npy: 2,000 draws from an unknown space, " in out
    assert "Wanted: the ids drawn have 95 % of the mass.\nDraws needed: " in out
    assert f"{needed.value:,} (95 % interval {low:,.0f} .. {high:,.0f}); {high:,.0f} to b" in out


def test_a_share_beyond_the_pilot(run, files):
    code, out, _ = run("plan", "few.npy", "--reach", 0.99)
    assert code == 1
    assert "NO ANSWER: more than twice the 2,000 draws of the pilot: draw so many" in out
    assert "\nAt least 3,661 draws." in out


def test_a_width_of_counts(run, files):
    code, out, _ = run(
        *["plan", "counts.csv", "--counts", "n", "--width", "10%", "--of", "hill_number_2"]
    )
    assert code == 0
    assert "order 2 (1 / sum p^2) at most 10 % of it wide.\nDraws needed: 766 (95 %" in out
    assert "Too few draws, or in unknown order, to tell whether they are independent." in out


def test_an_absolute_width(run, files):
    code, out, _ = run("plan", "few.npy", "--width", 0.02, "--space", 1_000, "--json")
    record = json.loads(out)
    assert code == 0
    assert record["wanted"] == {"figure": "unseen_mass", "width": 0.02, "relative": False}
    assert record["space_size"] == 1_000
    needed = measure.draws_for_width(
        np.bincount(np.load("few.npy")), "unseen_mass", 0.02, space=1_000
    )
    assert record["needed"] == json.loads(json.dumps(needed.as_dict()))


def test_two_generators(run, files):
    code, out, _ = run("plan", "zipf.npy", "even.npy", "--power", 0.9, "--level", 0.01)
    assert code == 0
    assert "A: zipf.npy: 2,000 draws from an unknown" in out
    assert "B: even.npy: 1,500 draws from an unknown" in out
    assert "Wanted: a test at 1 % tells A from B in 90 % of samples.\nDraws needed of each" in out


def test_one_generator_twice(run, files):
    code, out, _ = run("plan", "zipf.npy", "again.npy")
    assert code == 1
    assert "NO ANSWER: the pilots may be of one law: draw more, and plan again.\nAt leas" in out


def test_dependent_pilots(run, files):
    code, out, _ = run("plan", "sorted.npy", "enough.npy")
    assert code == 1
    assert "NOT INDEPENDENT DRAWS, so nothing is planned from them:\n  A: a draw equals" in out
    assert "Draws needed" not in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["counts.csv", "--counts", "n", "--stop-below", 0.1], "needs the draws themselves, in"),
        (["model.pt", "--reach", 0.9], "model.pt"),
        (["nowhere.npy", "--reach", 0.9], "nowhere.npy"),
        (["-", "--space", 1, "--stop-below", 0.1], "expected ids in 0 .. 0"),
        (["-", "--labels", "--space", 1, "--stop-below", 0.1], "expected at most 1 different"),
        (["-", "--labels", "--space", 1, "--reach", 0.1], "expected at most 1 different"),
        (["few.npy"], "expected one of --stop-below, --reach, --width, PILOT_B; got none"),
        (["few.npy", "--reach", 0.1, "--width", 1], "got --reach and --width: ask for one"),
        (["few.npy", "few.npy", "--reach", 0.1], "got --reach and PILOT_B: ask for one"),
        (["few.npy", "--reach", 0.1, "--of", "unseen_mass"], "--of has no meaning with --reach"),
        (["few.npy", "--width", 1, "--power", 0.5], "--power has no meaning with --width"),
        (["few.npy", "--stop-below", 0.1, "--seed", 1], "--seed has no meaning with --stop-below"),
        (["few.npy", "--width", "0%"], "expected a number above 0, or such as 10%, got '0%'"),
        (["few.npy", "--width", "wide"], "or such as 10%, got 'wide'"),
        (["few.npy", "--width", "nan"], "or such as 10%, got 'nan'"),
        (["few.npy", "--width", 1, "--of", "hill_number_1"], "expected a space of known size"),
        (["few.npy", "--width", 1, "--of", "ratio"], "hill_number_2"),
        (["-", "-"], "standard input cannot hold both pilots"),
        (["counts.csv", "counts.csv", "--counts", "n"], "two pilots are compared draw by draw"),
    ],
)
def test_what_cannot_be_used(run, files, arguments, said):
    code, out, err = run("plan", *arguments, stdin="0\n1\n1\n")
    assert (code, out) == (2, "")
    assert said in " ".join(err.split())


def test_help_fits_a_screen(run):
    code, out, _ = run("plan", "--help")
    assert code == 0
    assert len(out.splitlines()) <= 60


@pytest.mark.parametrize("share", ["0", "1", "nan", "x"])
def test_a_share_that_is_none(run, files, share):
    code, out, err = run("plan", "few.npy", "--stop-below", share)
    assert (code, out) == (2, "")
    assert "below" in err


COMMAND = (sys.executable, "-c", "from fluxttice_core.cli.main import main; main()")
ENDLESS = """
import random, sys
rng = random.Random(0)
try:
    while True:
        print(rng.randrange(100))
except BrokenPipeError:
    sys.stderr.write("stopped")
    sys.stderr.flush()
    import os
    os._exit(0)
"""


def test_a_sampler_without_an_end_is_stopped(files):
    sampler = subprocess.Popen(
        [sys.executable, "-c", ENDLESS], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    done = subprocess.run(
        [*COMMAND, "plan", "-", "--stop-below", "0.01"],
        stdin=sampler.stdout,
        capture_output=True,
        text=True,
        timeout=60,
    )
    sampler.stdout.close()
    _, said = sampler.communicate(timeout=60)
    assert (done.returncode, said) == (0, b"stopped")
    assert "STOP: surely below 1 % since draw " in done.stdout


PAGE = ROOT / "docs/planning.md"
CONSOLE = re.compile(r"```console\n\$ fluxttice (.*)\n((?:.*\n)*?)```")


def test_the_page_shows_what_happens(run, tmp_path, monkeypatch):
    """Its Python first, which writes the files; then its commands."""
    monkeypatch.chdir(tmp_path)
    ran = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert (ran.failed, ran.attempted > 8) == (0, True)
    commands = CONSOLE.findall(PAGE.read_text(encoding="utf-8"))
    assert len(commands) == 3
    for command, shown in commands:
        assert run(*shlex.split(command))[:2] == (0, shown)
