"""``fluxttice compare``: two samples from the command line."""

import io
import json

import numpy as np
import pytest

from fluxttice_core import measure
from fluxttice_core.cli.main import main


@pytest.fixture
def run(capsys, monkeypatch):
    def call(*arguments, stdin=""):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        with pytest.raises(SystemExit) as stop:
            main(["compare", *map(str, arguments)])
        out, err = capsys.readouterr()
        return stop.value.code, out, err

    return call


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    law = 1.0 / np.arange(1, 301)
    law /= law.sum()
    np.save("a.npy", rng.choice(300, 2_000, p=law))
    np.save("same.npy", rng.choice(300, 3_000, p=law))
    np.save("other.npy", rng.choice(300, 1_500))
    np.save("sorted.npy", np.sort(rng.choice(300, 2_000, p=law)))
    return tmp_path


def test_one_generator_twice(run, files):
    code, out, err = run("a.npy", "same.npy", "--space", 300)
    assert (code, err) == (0, "")
    assert "\n\nA: a.npy: 2,000 draws\nB: same.npy: 3,000 draws\nFrom 300 ids; " in out
    assert "at 2,000 draws each" in out
    assert "These draws do not tell the two generators apart: p = " in out
    assert "(999 permutations, seed 0); more draws may." in out


def test_two_generators(run, files):
    code, out, _ = run("a.npy", "other.npy", "--seed", 4)
    assert code == 0
    assert "From an unknown space" in out
    assert (
        "These draws tell the two generators apart: p = 0.0030 (999 permutations, seed 4)." in out
    )


def test_json_holds_what_python_returns(run, files):
    code, out, _ = run("a.npy", "other.npy", "--json", "--permutations", 99)
    record = json.loads(out)
    report = measure.compare_samples(
        np.load("a.npy"), np.load("other.npy"), num_permutations=99, names=("a.npy", "other.npy")
    )
    assert code == 0
    assert record.pop("read")[0] == "read a.npy: NumPy array, 2,000 numbers"
    assert record == json.loads(json.dumps(report.as_dict()))
    assert record["told_apart"] is True
    assert record["schema"] == "fluxttice_core/two-samples-report/v1"


def test_standard_input_and_small_samples(run, files):
    (files / "b.txt").write_text("O\nO\nO\nO\n")
    code, out, _ = run("-", "b.txt", stdin="C\nC\nC\nC\n")
    assert code == 0
    assert "A: standard input: 4 draws" in out
    assert "p = 0.0857 (every division listed); more draws may." in out


def test_dependent_draws_are_not_compared(run, files):
    code, out, _ = run("a.npy", "sorted.npy")
    assert code == 1
    assert "NOT INDEPENDENT DRAWS, so nothing is compared:\n  B: a draw equals the one" in out
    assert "A - B" not in out
