"""``--table``: the figures alone on standard output, of every kind of report."""

import csv
import io
import json
import re

import numpy as np
import pytest

from fluxttice_core.cli.main import main


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    np.save("a.npy", rng.integers(0, 64, 500))
    np.save("b.npy", rng.integers(0, 50, 500))
    np.save("copies.npy", np.repeat(rng.integers(0, 64, 500), 2))
    np.save("masses.npy", np.full(64, 1 / 64))
    np.save("presence.npy", rng.integers(0, 2, (20, 9)))

    def call(*arguments):
        with pytest.raises(SystemExit) as stop:
            main(list(arguments))
        return stop.value.code, *capsys.readouterr()

    return call


SOURCES = {
    "draws": ("coverage", "a.npy", "--space", "64"),
    "target": ("coverage", "a.npy", "--target", "masses.npy", "--simulations", "99"),
    "masses": ("coverage", "masses.npy", "--kind", "masses"),
    "incidence": ("coverage", "presence.npy", "--incidence", "rows"),
    "two": ("compare", "a.npy", "b.npy", "--permutations", "99"),
}


@pytest.mark.parametrize("name", SOURCES)
def test_csv_holds_the_figures_of_the_json(run, name):
    code, text, _ = run(*SOURCES[name], "--table", "csv")
    assert code == 0
    records = {row["name"]: row for row in csv.DictReader(io.StringIO(text))}
    found = json.loads(run(*SOURCES[name], "--json")[1])["estimates"]
    assert found.keys() <= records.keys()
    for key, item in found.items():
        record = records[key]
        assert (record["value"] or None) == (None if item["value"] is None else str(item["value"]))
        ends = item["interval"] or [None, None]
        assert [record["lower"], record["upper"]] == ["" if x is None else str(x) for x in ends]


@pytest.mark.parametrize("name", SOURCES)
def test_markdown_and_latex_are_alone_and_what_was_read_is_beside(run, name):
    _, text, err = run(*SOURCES[name], "--table", "markdown")
    assert re.fullmatch(r"<!-- Cite as: .* -->", text.splitlines()[-1])
    assert "read " not in text
    assert ("read " in err) == (name != "masses")
    _, text, _ = run(*SOURCES[name], "--table", "latex")
    assert text.splitlines()[1] == r"\begin{table}"


def test_two_forms_are_refused_before_anything_is_read(run):
    for name in ("draws", "two"):
        source = ("nothing.npy" if part == "a.npy" else part for part in SOURCES[name])
        code, out, err = run(*source, "--table", "csv", "--json")
        assert (code, out) == (2, "")
        assert "expected --table or --json, got both" in err


def test_copies_keep_their_exit_code_and_say_so_in_the_table(run):
    code, text, _ = run("coverage", "copies.npy", "--table", "markdown")
    assert code == 1
    assert "NOT INDEPENDENT DRAWS" in text


def test_out_is_told_beside_the_table(run):
    _, text, err = run(*SOURCES["draws"], "--table", "csv", "--out", "page")
    assert "Results" not in text
    assert "Results in page" in err
