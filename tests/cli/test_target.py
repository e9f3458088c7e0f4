"""Draws against a target, and masses, from the command line and from Python."""

import json

import numpy as np
import pytest
import torch

from fluxttice_core import coverage_report, measure
from fluxttice_core.errors import ArtifactError, DrawsError
from fluxttice_core.gates.operations import generate_all_operations
from fluxttice_core.measure import DistributionReport, TargetReport

Q = np.arange(1, 101) / 5050


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    np.save("q.npy", Q)
    (tmp_path / "q.csv").write_text("# masses\n" + "".join(f"{mass!r}\n" for mass in Q.tolist()))
    np.save("perfect.npy", rng.choice(100, 3_000, p=Q))
    np.save("wrong.npy", rng.choice(100, 3_000))
    np.save("outside.npy", np.append(rng.choice(100, 3_000, p=Q), [100, 555]))
    np.save("sorted.npy", np.sort(rng.choice(100, 3_000, p=Q)))
    return tmp_path


def test_a_perfect_sampler_and_a_wrong_one(run, files):
    code, out, err = run("coverage", "perfect.npy", "--target", "q.npy")
    assert (code, err) == (0, "")
    assert out.startswith(
        "read perfect.npy: NumPy array, 3,000 numbers\n\nperfect.npy: 3,000 draws "
    )
    assert "nothing tells these from a perfect sampler of the target" in out
    assert "(999 perfect runs simulated, seed 0)" in out
    code, out, _ = run("coverage", "wrong.npy", "--target", "q.csv", "--seed", 3)
    assert code == 0
    assert "These draws are told apart from a perfect sampler of the target: p = 0.004" in out
    assert "seed 3" in out


def test_json_holds_what_python_returns(run, files):
    code, out, _ = run(
        *("coverage", "wrong.npy", "--target", "q.npy", "--json"), "--modes", 3, "--seed", 1
    )
    record = json.loads(out)
    report = coverage_report(np.load("wrong.npy"), target="q.npy", seed=1)
    assert type(report) is TargetReport
    assert code == 0
    assert record["l1"] == report.l1
    assert record["perfect_sampler"]["l1"]["p_value"] == report.floors["l1"].p_value
    assert record["told_apart"] is True
    assert record["schema"] == "fluxttice_core/target-report/v1"
    same = coverage_report("wrong.npy", target=torch.from_numpy(Q), seed=1)
    assert same.estimates == report.estimates


def test_mass_outside(run, files):
    code, out, _ = run("coverage", "outside.npy", "--target", "q.npy")
    assert code == 0
    assert "mass outside the target       0.00067" in out
    assert "none: draws where the target has no mass: it is infinite" in out
    assert "These draws are not of this target" in out


def test_dependent_draws_have_figures_and_no_p_value(run, files):
    code, out, _ = run("coverage", "sorted.npy", "--target", "q.npy", "--out", "report")
    assert code == 1
    assert "NOT INDEPENDENT DRAWS, so no interval and no p-value is given:" in out
    assert "Dependent draws are not tested against the target" in out
    record = json.loads((files / "report/report.json").read_text())
    assert record["l1"] > 0
    assert record["p_value"] is None
    assert record["perfect_sampler"]["l1"]["excess"] is None
    assert record["mass_outside_ci"] is None


def test_rows_of_nine_trits_are_gates(files):
    ids = np.random.default_rng(0).integers(0, 19_683, 2_000)
    q = np.full(19_683, 1 / 19_683)
    by_ids = coverage_report(ids, target=q)
    by_rows = coverage_report(generate_all_operations()[ids], target=q)
    assert by_ids.estimates == by_rows.estimates


def test_masses_from_the_command_line(run, files):
    code, out, _ = run("coverage", "q.npy", "--kind", "masses", "--num-draws", "10,100")
    assert code == 0
    assert out.startswith("q.npy: 100 masses; every figure is exact\n")
    assert "\nentropy  " in out
    assert "\n 10  " in out
    code, out, _ = run("coverage", "q.csv", "--kind", "masses", "--json", "-o", "report")
    assert code == 0
    record = json.loads(out)
    assert record == json.loads((files / "report/report.json").read_text())
    report = coverage_report("q.csv", kind="masses")
    assert type(report) is DistributionReport
    assert report.source == "q.csv"
    assert report.as_dict() == record


def test_python_refuses_what_has_no_meaning(files):
    with pytest.raises(ValueError, match="target has a meaning for draws only"):
        coverage_report(None, target=Q)
    with pytest.raises(ValueError, match="a target or a reference, got both"):
        coverage_report([0, 1], target=Q, reference=[1])
    with pytest.raises(ArtifactError, match=r"nowhere.npy: cannot be read"):
        coverage_report([0, 1], target="nowhere.npy")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("perfect.npy", "--target", "nowhere.npy"), "nowhere.npy: cannot be read: No such"),
        (("perfect.npy", "--target", "perfect.npy"), "perfect.npy: expected masses that add up"),
        (("perfect.npy", "--target", "bad.csv"), "bad.csv: line 2: expected one number, got 'x'"),
        (("perfect.npy", "--target", "text.npy"), "text.npy: expected numbers, got an array of"),
        (("perfect.npy", "--target", "torn.npy"), "torn.npy: expected a NumPy .npy file"),
        (("perfect.npy", "--target", "q.npy", "--space", "9"), "--space has no meaning for draws"),
        (("perfect.npy", "--modes", "2"), "--modes has no meaning for draws"),
        (("perfect.npy", "--target", "q.npy", "--modes", "101"), "from 1 to 100 modes"),
        (("perfect.npy", "--target", "q.npy", "--simulations", "5"), "--simulations"),
        (("--target", "q.npy"), "--target has no meaning for a checkpoint"),
        (("q.npy", "--kind", "masses", "--seed", "1"), "--seed has no meaning for masses"),
        (("q.npy", "q.csv", "--kind", "masses"), "expected one file of masses"),
        (("--kind", "masses"), "expected one file of masses, got none"),
        (("perfect.npy", "--kind", "masses"), "add up to 1"),
        (("words.txt", "--target", "q.npy"), "not known which mass is whose"),
    ],
)
def test_bad_input(run, files, arguments, message):
    (files / "bad.csv").write_text("0.5\nx\n")
    (files / "words.txt").write_text("C\nCC\n")
    np.save("text.npy", np.array(["a"]))
    (files / "torn.npy").write_bytes((files / "q.npy").read_bytes()[:200])
    code, out, err = run("coverage", *arguments)
    assert code == 2, err
    assert out == ""
    assert message in err
    assert "Traceback" not in err


LABELS = ["CCO", "C", "C#N", "O=C(O)c1,x", "N"]
P = np.array([0.4, 0.3, 0.15, 0.1, 0.05])


@pytest.fixture
def labelled(files):
    """Draws by label, a few of them outside, and the target as a table."""
    made = np.random.default_rng(1).choice(5, 2_000, p=P)
    made = np.insert(made, [10, 700], 5)
    names = [*LABELS, "S"]
    (files / "made.txt").write_text("".join(f"{names[place]}\n" for place in made))
    rows = [f'"{label}",{mass!r}' for label, mass in zip(LABELS, P.tolist(), strict=True)]
    (files / "target.csv").write_text("\n".join(["label,mass", *rows[::-1], ""]))
    return made


def test_a_target_by_label(run, labelled):
    code, out, _ = run("coverage", "made.txt", "--target", "target.csv", "--json")
    record = json.loads(out)
    assert code == 0
    counts = np.bincount(labelled, minlength=6)
    assert record["mass_outside"] == 2 / 2_002
    assert record["l1"] == pytest.approx(
        float(np.abs(counts[:5] / 2_002 - P).sum()) + 2 / 2_002, rel=1e-9
    )
    names = [*LABELS, "S"]
    by_label = dict(zip(LABELS, P.tolist(), strict=True))
    draws = [names[place] for place in labelled]
    for target in ("target.csv", by_label, dict(reversed(by_label.items()))):
        assert coverage_report(draws, target=target).l1 == pytest.approx(record["l1"], rel=1e-9)
    counted = measure.against_target(
        {**dict(zip(names, counts.tolist(), strict=True)), "never": 0}, by_label, kind="counts"
    )
    assert counted.l1 == pytest.approx(record["l1"], rel=1e-9)


def test_labels_that_are_numbers(run, files):
    (files / "ids.csv").write_text("id,p\n-5,0.5\n18446744073709551615,0.25\n7,0.25\n")
    draws = np.array([7, 7, 2**64 - 1], dtype=np.uint64)
    np.save("hashes.npy", draws)
    code, out, _ = run("coverage", "hashes.npy", "--target", "ids.csv", "--json")
    record = json.loads(out)
    assert (code, record["mass_outside"]) == (0, 0.0)
    assert record["l1"] == pytest.approx(0.5 + (2 / 3 - 0.25) + (1 / 3 - 0.25))
    (files / "ids.txt").write_text("7\n7\n18446744073709551615\n")
    _, out, _ = run("coverage", "ids.txt", "--target", "ids.csv", "--labels", "--json")
    assert json.loads(out)["l1"] == record["l1"]


def test_rows_may_be_labels():
    target = {(0, 1): 0.5, (1, 0): 0.25, (1, 1): 0.25}
    report = measure.against_target([[0, 1], [0, 1], [1, 0], [0, 0]], target)
    assert report.l1 == pytest.approx(0 + 0 + 0.25 + 0.25)
    assert report.mass_outside == 0.25


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("C,0.5\nN,0.5\nC,0.5\n", "expected each label once, got 'C' again"),
        ("label,mass\nC,0.5\nN,x\n", "expected a mass beside 'N', got 'x'"),
        ("label,mass\nC,0.5\nN,0.6\n", "masses that add up to 1, got a sum of 1.1"),
        ("label,mass,more\nC,0.5,1\nN,0.5,1\n", "expected two columns, label and mass, got 3"),
        ("label,mass\nC,0.5\nN\n", "line 3: expected 2 cells"),
        ("0.5,C\n0.5,N\n", "expected a mass beside '0.5', got 'C'; the first column"),
        ("id,mass\n5,0.5\n7,0.5\n", "expected draws that are numbers"),
    ],
)
def test_tables_that_are_no_target(run, labelled, files, table, says):
    (files / "target.csv").write_text(table)
    code, out, err = run("coverage", "made.txt", "--target", "target.csv")
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert says in err


@pytest.mark.parametrize(
    "target", [{}, {"C": 1.0, 5: 0.0}, {None: 1.0}, {1.5: 1.0}, {"C": "x"}, {"C": -1, "N": 2}]
)
def test_mappings_that_are_no_target(target):
    with pytest.raises(DrawsError, match="expected"):
        measure.against_target(["C", "C"], target)
