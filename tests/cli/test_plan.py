"""``fluxttice plan``: how many draws are enough, from the command line."""

import json
import subprocess
import sys

import numpy as np
import pytest

from fluxttice_core import measure


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    np.save("enough.npy", rng.integers(0, 1_000, 20_000))
    np.save("few.npy", rng.integers(0, 1_000, 2_000))
    np.save("sorted.npy", np.sort(rng.integers(0, 1_000, 20_000)))
    (tmp_path / "counts.csv").write_text("id,n\na,40\nb,3\n")
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


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["counts.csv", "--counts", "n"], "needs the draws themselves, in their order"),
        (["model.pt"], "model.pt"),
        (["nowhere.npy"], "nowhere.npy"),
        (["-", "--space", 1], "expected ids in 0 .. 0"),
        (["-", "--labels", "--space", 1], "expected at most 1 different labels, got 2"),
    ],
)
def test_what_cannot_be_used(run, files, arguments, said):
    code, out, err = run("plan", *arguments, "--stop-below", 0.01, stdin="0\n1\n1\n")
    assert (code, out) == (2, "")
    assert said in err


@pytest.mark.parametrize("share", ["0", "1", "nan", "x"])
def test_a_share_that_is_none(run, files, share):
    code, out, err = run("plan", "few.npy", "--stop-below", share)
    assert (code, out) == (2, "")
    assert "below" in err


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
        [sys.executable, "-c", "from fluxttice_core.cli.main import main; main()"]
        + ["plan", "-", "--stop-below", "0.01"],
        stdin=sampler.stdout,
        capture_output=True,
        text=True,
        timeout=60,
    )
    sampler.stdout.close()
    _, said = sampler.communicate(timeout=60)
    assert (done.returncode, said) == (0, b"stopped")
    assert "STOP: surely below 1 % since draw " in done.stdout
