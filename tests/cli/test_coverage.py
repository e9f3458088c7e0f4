"""The main job from the command line: tables, JSON, files, and exit codes."""

import io
import json
import re

import pytest

from fluxttice_core.artifacts.checkpoint import read_checkpoint, write_safetensors
from fluxttice_core.cli.main import main
from fluxttice_core.measure import uniform_coverage
from fluxttice_core.model.controls import untrained_weights
from fluxttice_core.show.words import percent, table
from tests.support import checkpoint_of, perfect_weights

SMALL = ("--num-draws", "500,2_000", "--runs", "2", "--latents", "20000")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    for name, weights in (("perfect", perfect_weights()), ("random", untrained_weights(77))):
        write_safetensors(folder / f"{name}.safetensors", checkpoint_of(weights, rho=0.3))
    return folder


@pytest.fixture
def run(capsys, monkeypatch):
    def call(*arguments, stdin=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as stop:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return stop.value.code, out, err

    return call


def test_the_report_on_a_model(run, models, tmp_path):
    path = models / "perfect.safetensors"
    digest = read_checkpoint(path).file_sha256
    out_folder = tmp_path / "new/report"
    code, out, _ = run("coverage", path, *SMALL, "--sha256", digest, "--out", out_folder)
    assert code == 0
    assert f"{digest}  (as expected)" in out
    assert re.search(r"model A, own code +15,746/15,746 +1,968/1,968 +1,969/1,969", out)
    assert re.search(r"model A, another's code +\d/15,746", out)
    assert re.search(r"model B, coupled at rho 0.3 +15,746/15,746", out)
    assert "limit U(n)" in out
    assert percent(uniform_coverage(2000, 19_683)) in out
    for name in ("model A", "untrained B", "collapsed A", "sampled", "mode", "expectation"):
        assert name in out
    assert "Told apart from everything that learned nothing" in out.split("Reconstruction")[0]
    assert "Coverage sampled, A" in out
    assert "no evidence" in out

    assert sorted(path.name for path in out_folder.iterdir()) == [
        "coverage.svg",
        "report.json",
        "report.txt",
    ]
    assert (out_folder / "report.txt").read_text() in out
    record = json.loads((out_folder / "report.json").read_text())
    assert record["weights_sha256"] == read_checkpoint(path).weights_sha256
    assert set(record["controls"]) == {"untrained", "collapsed", "permuted", "perfect"}
    assert (out_folder / "coverage.svg").read_text().startswith("<?xml")


def test_the_same_call_gives_the_same_json(run, models):
    arguments = ("coverage", models / "random.safetensors", *SMALL, "--json")
    first, again = (run(*arguments) for _ in range(2))
    assert first[0] == 0
    assert first[1] == again[1]
    record = json.loads(first[1])
    assert record["schema"] == "fluxttice_core/coverage-report/v3"
    assert set(record["pathways"]["A"]["sampled"]) == {"500", "2000"}
    assert json.loads(run(*arguments, "--seed", "1")[1]) != record


def test_a_model_that_learned_nothing_is_called_that(run, models):
    code, out, _ = run("coverage", models / "random.safetensors", *SMALL)
    assert code == 0
    assert "NOT told apart" in out


def test_percentages_never_round_up_to_all():
    assert percent(1.0) == "100.00 %"
    assert percent(0.99999) == "99.99 %"
    assert percent(0.5) == "50.00 %"
    assert percent(0.99999, 4) == "99.9990 %"
    assert percent(0.0) == "0.00 %"


def test_tables_line_up():
    text = table(("name", "n"), [("a", "1"), ("long", "1,000")])
    assert text == "name      n\n----  -----\na         1\nlong  1,000"
