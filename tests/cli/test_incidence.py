"""Presence by sampling unit from the command line: every layout gives what Python gives."""

import json

import numpy as np
import pandas
import pytest

from fluxttice_core import measure
from fluxttice_core.measure import IncidenceCounts

# Ten plots and forty species, some found nowhere.
MATRIX = (np.random.default_rng(4).random((10, 40)) < np.linspace(0, 0.6, 40)).astype(int)
PLOTS = [f"plot {number}" for number in range(10)]
SPECIES = [f"sp, {number}" for number in range(40)]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_all(folder):
    table = pandas.DataFrame(MATRIX, index=PLOTS, columns=SPECIES)
    table.to_csv("rows.csv")
    table.to_csv("named.csv", index_label="plot")
    table.T.to_csv("columns.tsv", sep="\t")
    table.reset_index(drop=True).to_parquet("rows.parquet")
    np.save("rows.npy", MATRIX.astype(bool))
    np.savetxt("rows.txt", MATRIX, fmt="%d")
    pairs = [(PLOTS[unit], SPECIES[place]) for unit, place in np.argwhere(MATRIX)]
    pairs = pandas.DataFrame(pairs + pairs[:7], columns=["plot", "species"])
    pairs.to_csv("pairs.csv", index=False)
    pairs.assign(cover=0.5)[["species", "cover", "plot"]].to_csv("wide.csv", index=False)
    found = pandas.Series(MATRIX.sum(axis=0), index=SPECIES, name="plots")
    found.to_csv("found.csv", index_label="species")
    times, num_ids = np.unique(found[found > 0], return_counts=True)
    np.savetxt("histogram.txt", np.column_stack([times, num_ids]), fmt="%d")
    for number, part in enumerate(np.array_split(np.arange(10), 3)):
        table.iloc[part].to_csv(f"part-{number}.csv")


GIVEN = [
    ("rows.csv", "--incidence", "rows"),
    ("named.csv", "--incidence", "rows"),
    ("columns.tsv", "--incidence", "columns"),
    ("rows.parquet", "--incidence", "rows"),
    ("rows.npy", "--incidence", "rows"),
    ("rows.txt", "--incidence", "rows", "--no-header"),
    ("pairs.csv", "--incidence", "pairs"),
    ("wide.csv", "--incidence", "pairs", "--column", "plot", "--column", "species"),
    ("found.csv", "--counts", "plots", "--units", "10"),
    ("histogram.txt", "--histogram", "--units", "10"),
    ("part-*.csv", "--incidence", "rows"),
]


@pytest.mark.parametrize("given", GIVEN, ids=" ".join)
def test_every_layout_gives_what_python_gives(run, folder, given):
    write_all(folder)
    code, out, err = run("coverage", *given, "--json")
    record = json.loads(out)
    assert (code, err) == (0, "")
    (read,) = record.pop("read")
    assert read.startswith("read ")
    expected = measure.incidence(MATRIX).as_dict()
    assert {**record, "source": ""} == json.loads(json.dumps({**expected, "source": ""}))


def test_units_in_which_nothing_was_found(run, folder):
    (folder / "pairs.csv").write_text("unit,id\na,x\na,y\nb,x\n")
    _, out, _ = run("coverage", "pairs.csv", "--incidence", "pairs", "--units", "5", "--json")
    assert json.loads(out)["num_units"] == 5
    expected = measure.incidence(IncidenceCounts(5, (1, 2), (1, 1)))
    assert json.loads(out)["estimates"]["chao2"]["value"] == expected.estimates["chao2"].value


def test_the_text_says_what_was_found(run, folder):
    write_all(folder)
    _, out, _ = run("coverage", "named.csv", "--incidence", "rows")
    seen = int((MATRIX.sum(axis=0) > 0).sum())
    lines = out.splitlines()
    assert lines[0].startswith("read named.csv: CSV, 10 sampling units with 40 ids, heading 'plot'")
    assert lines[0].endswith("row names in column 'plot' left out")
    assert lines[2] == (
        f"named.csv: 10 sampling units, {seen} distinct ids, {int(MATRIX.sum())} presences"
    )
    for figure in ("distinct ids", "richness, at least (Chao2)", "share of all presences"):
        assert any(line.startswith(figure) for line in lines)
    assert lines[-1] == (
        "The units are taken to be independent; nothing in the incidences alone tests it."
    )


def test_the_files_hold_what_is_shown(run, folder):
    write_all(folder)
    code, out, _ = run("coverage", "pairs.csv", "--incidence", "pairs", "--out", "report")
    assert code == 0
    assert (folder / "report/report.txt").read_text() in out
    assert json.loads((folder / "report/report.json").read_text())["num_units"] == 10


FILES = {
    "counts.csv": "plot,fir,oak\na,3,0\nb,1,1\n",
    "numbered.csv": "plot,fir,oak\n0,1,0\n1,1,1\n",
    "twice.csv": "plot,fir,fir\na,1,0\nb,1,1\n",
    "other.csv": "plot,oak,fir\nc,1,0\n",
    "fine.csv": "plot,fir,oak\na,1,0\nb,1,1\n",
    "three.csv": "a,b,c\nx,y,z\n",
    "vector.txt": "10\n4\n10\n1\n",
    "none.csv": "plot,fir,oak\na,0,0\nb,0,0\n",
}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("counts.csv", "--incidence", "rows"), "numbers above 1 are counts, not presence"),
        (
            ("numbered.csv", "--incidence", "rows"),
            "'plot' may number the units or the ids",
        ),
        (("twice.csv", "--incidence", "rows"), "several columns are called 'fir'"),
        (("fine.csv", "other.csv", "--incidence", "rows"), "expected the columns of fine.csv"),
        (("fine.csv", "other.csv", "--incidence", "columns"), "one file of all units"),
        (("three.csv", "--incidence", "pairs"), "expects two columns, of the units and of the ids"),
        (("vector.txt", "--counts", "1", "--units", "10"), "as iNEXT writes it in front"),
        (("vector.txt", "--counts", "1", "--units", "9"), "got T = 9 and one in 10"),
        (("vector.txt", "--units", "9"), "--units: expected --counts or --histogram beside it"),
        (("fine.csv", "--incidence", "rows", "--units", "9"), "the units are counted"),
        (("none.csv", "--incidence", "rows"), "expected ids found in 1 to T units each"),
        (("fine.csv", "--incidence", "cells"), "'cells' is not one of 'rows', 'columns', 'pairs'"),
        (("fine.csv", "--incidence", "rows", "--labels"), "--labels: a histogram and presence"),
        (("fine.csv", "--incidence", "rows", "--invalid", "NA"), "presence by unit is 0 or 1"),
        (("fine.csv", "--incidence", "rows", "--counts", "fir"), "choose one"),
        (
            ("fine.csv", "--incidence", "rows", "--space", "9"),
            "--space has no meaning for",
        ),
        (("fine.csv", "--incidence", "rows", "--target", "x"), "--target has no meaning for"),
        (("v5_5", "--incidence", "rows"), "--incidence has no meaning for a checkpoint"),
        (("a.jsonl", "--incidence", "rows"), "--incidence has no meaning for JSON lines"),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, tuple) else "",
)
def test_what_is_no_presence_is_refused(run, folder, given, says):
    for name, text in FILES.items():
        (folder / name).write_text(text)
    (folder / "a.jsonl").write_text("[1, 0]\n")
    code, out, err = run("coverage", *given)
    assert (code, out) == (2, "")
    assert says in err


def test_an_index_of_numbers_is_told(run, folder):
    (folder / "numbered.csv").write_text(FILES["numbered.csv"])
    for option, num_ids in (("--index", 2), ("--no-index", 3)):
        _, out, _ = run("coverage", "numbered.csv", "--incidence", "rows", option, "--json")
        assert json.loads(out)["estimates"]["observed_richness"]["value"] == num_ids
