"""The report on draws from the command line: every source, the table, JSON, files, exit codes."""

import json
import re

import numpy as np
import pytest

from fluxttice_core.cli.console import csv_text
from fluxttice_core.gates.operations import generate_all_operations

DRAWS = np.random.default_rng(0).integers(0, 19_683, 3_000)


def written(draws, form, folder):
    """Draws as a file of that form, or as text for standard input: (source, stdin)."""
    path = folder / f"draws.{form}"
    if form == "stdin":
        return "-", csv_text(draws)
    if form == "npy":
        np.save(path, draws)
    elif form == "jsonl":
        path.write_text("".join(f"{json.dumps(draw)}\n" for draw in draws.tolist()))
    else:
        path.write_text(csv_text(draws))
    return path, ""


@pytest.mark.parametrize("form", ["csv", "txt", "npy", "jsonl", "stdin"])
@pytest.mark.parametrize("kind", ["indices", "trits"])
def test_draws_of_any_generator(run, tmp_path, form, kind):
    draws = DRAWS if kind == "indices" else generate_all_operations()[DRAWS]
    source, stdin = written(draws, form, tmp_path)
    space = ("--space", 19_683) if kind == "indices" else ()
    code, out, err = run("coverage", source, *space, "--json", stdin=stdin)
    record = json.loads(out)
    assert (code, err) == (0, "")
    assert record["num_draws"] == 3_000
    assert record["space_size"] == 19_683
    assert record["observed_richness"] == len(set(DRAWS.tolist()))
    assert record["ratio"] == pytest.approx(1, abs=0.02)
    assert record["ratio_ci"][0] < 1 < record["ratio_ci"][1]
    assert record["source"] == ("standard input" if form == "stdin" else str(source))
    assert 1_000 in {point["num_draws"] for point in record["curve"]}


def test_the_table(run, tmp_path):
    source, _ = written(DRAWS % 500, "npy", tmp_path)
    code, out, _ = run("coverage", source, "--space", 500)
    seen = len(set((DRAWS % 500).tolist()))
    assert code == 0
    assert out.startswith(f"read {source}: NumPy array, 3,000 numbers\n")
    assert f"\n{source}: 3,000 draws from 500 ids, {seen} distinct\n" in out
    for name in (
        rf"distinct ids +{seen} +\d+\.\d \.\. \d+\.\d",
        r"richness, at least +\d+\.\d +\d+\.\d \.\.\n",
        r"mass of the ids seen \(Good-Turing\) +0\.99\d+ +0\.\d+ \.\. \d\.\d+",
        r"mass unseen +0\.00\d+",
        r"effective number, order 1 \(exp entropy\) +[45]\d\d\.\d +[45]\d\d\.\d \.\. ",
        r"effective number, order 2 \(1 / sum p\^2\) +[45]\d\d\.\d +[45]\d\d\.\d \.\. ",
        r"limit: fair dice, as many draws +99\.75 %",
        r"ratio to the limit +(1\.0|0\.9)\d+ +0\.9\d+ \.\. 1\.0\d+",
        r"chi-square from uniform +-?0\.0\d+",
        r"\n *1,000 +\d+\.\d +432\.\d +\d\.\d{4}  rarefied",
        r"\n *3,000 +\d+\.\d +498\.\d +\d\.\d{4}  all draws",
        r"\n *6,000 +\d+\.\d +500\.0 +\d\.\d{4}  extrapolated",
    ):
        assert re.search(name, out), name
    assert "Nothing speaks against independent draws." in out
    assert "These draws do not rule out fair dice" in out


def test_without_a_space_there_is_no_limit(run, tmp_path):
    source, _ = written(DRAWS % 500, "npy", tmp_path)
    code, out, _ = run("coverage", source)
    assert code == 0
    assert "3,000 draws from an unknown space" in out
    for word in ("limit", "ratio", "coverage of the space", "chi-square"):
        assert word not in out


def test_labels(run, tmp_path):
    (tmp_path / "molecules.txt").write_text("CCO\nC\nCCO\nN\n")
    (tmp_path / "known.csv").write_text("C\nCC\n")
    code, out, _ = run(
        "coverage", tmp_path / "molecules.txt", "--reference", tmp_path / "known.csv"
    )
    assert code == 0
    assert "4 draws from an unknown space, 3 distinct" in out
    assert re.search(r"effective number, order 2 .* \d+\.\d \.\. ", out)
    assert "Too few draws to tell whether they are independent." in out
    assert "Against a reference of 2 ids:" in out
    assert "validity    not tested: any row or label is taken" in out
    assert "uniqueness  75.00 % at 4 draws" in out
    assert "novelty     66.66 %" in out or "novelty     66.67 %" in out
    assert "met         50.00 % of the reference was drawn" in out


@pytest.mark.parametrize("on_stdin", ["source", "reference"])
def test_a_reference_and_invalid_draws(run, tmp_path, on_stdin):
    (tmp_path / "draws.csv").write_text("1\n2\n2\n7\n")
    (tmp_path / "known.csv").write_text("1\n3\n")
    given = {"source": tmp_path / "draws.csv", "reference": tmp_path / "known.csv"}
    stdin = given[on_stdin].read_text()
    given[on_stdin] = "-"
    code, out, _ = run(
        *("coverage", given["source"], "--reference", given["reference"], "--space", 5, "--json"),
        stdin=stdin,
    )
    record = json.loads(out)["comparison"]
    assert code == 0
    assert (record["validity"], record["num_invalid"]) == (0.75, 1)
    assert (record["novelty"], record["reference_met"]) == (0.5, 0.5)
    assert record["uniqueness"] == pytest.approx(2 / 3)


@pytest.mark.parametrize("as_json", [False, True])
def test_an_enumerator_is_refused(run, tmp_path, as_json):
    source, _ = written(np.arange(10_000), "npy", tmp_path)
    flags = ["--json"] if as_json else []
    code, out, _ = run("coverage", source, "--space", 19_683, "--out", tmp_path / "report", *flags)
    assert code == 1
    if as_json:
        record = json.loads(out)
        assert record["independent"] is False
        assert record["ratio"] is None
        assert "drawn without replacement, or enumerated" in record["independence"]["faults"][0]
    else:
        assert "10,000 draws from 19,683 ids, 10,000 distinct" in out
        assert "NOT INDEPENDENT DRAWS, so no estimate and no ratio is given:" in out
        assert "0 repeats among 10,000 draws, where fair dice have 2,1" in out
        assert not re.search(r"ratio to the limit|1\.27", out)
    assert sorted(path.name for path in (tmp_path / "report").iterdir()) == [
        "report.html",
        "report.json",
        "report.txt",
    ]


def test_the_files_hold_what_is_shown(run, tmp_path):
    source, _ = written(DRAWS, "npy", tmp_path)
    folder = tmp_path / "new/report"
    code, out, _ = run("coverage", source, "--space", 19_683, "-o", folder)
    assert code == 0
    assert (folder / "report.txt").read_text() in out
    record = json.loads((folder / "report.json").read_text())
    again = json.loads(run("coverage", source, "--space", 19_683, "--json")[1])
    assert record == again


def test_the_suffix_says_what_a_file_is(run, tmp_path):
    np.save(tmp_path / "draws.npy", DRAWS)
    (tmp_path / "draws.pt").write_bytes((tmp_path / "draws.npy").read_bytes())
    assert run("coverage", tmp_path / "draws.npy")[0] == 0
    code, _, err = run("coverage", tmp_path / "draws.pt")
    assert code == 2
    assert "draws.pt: expected a checkpoint" in err


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_report_that_cannot_be_written_is_shown_all_the_same(run, tmp_path, options):
    source, _ = written(DRAWS % 500, "npy", tmp_path)
    (tmp_path / "taken").write_text("a file")
    code, out, err = run(
        "coverage", source, "--space", 500, "--out", tmp_path / "taken/sub", *options
    )
    assert code == 2
    assert "3,000 draws" in out or json.loads(out)["num_draws"] == 3000
    assert "expected a folder" in err


def test_rows_and_files_as_groups(run, tmp_path):
    drawn = np.random.default_rng(8).integers(0, 200, (60, 16))
    np.save(tmp_path / "tokens.npy", drawn)
    code, out, _ = run("coverage", str(tmp_path / "tokens.npy"), "--groups", "rows")
    assert code == 0
    assert "960 draws from an unknown space" in out
    assert "in 60 groups" in out
    assert "Intervals are from the groups" in out
    for number, row in enumerate(drawn):
        np.save(tmp_path / f"image-{number:02d}.npy", row)
    command = ("coverage", str(tmp_path / "image-*.npy"), "--groups", "files")
    code, by_file, _ = run(*command)
    assert code == 0
    first = by_file.splitlines()[0]
    assert first.endswith("image-59.npy (60 files): NumPy array, 960 numbers")
    assert by_file.splitlines()[3:] == out.splitlines()[3:]


def test_dependent_draws_are_described_without_an_interval(run, tmp_path):
    drawn = np.repeat(np.random.default_rng(9).integers(0, 300, 3_000), 2)
    np.save(tmp_path / "draws.npy", drawn)
    code, out, _ = run("coverage", str(tmp_path / "draws.npy"), "--space", "300")
    assert code == 1
    assert "NOT INDEPENDENT DRAWS" in out
    assert "perplexity of these draws (plug-in)" in out
    assert "95 % interval" not in out
    assert "Chao1" not in out


def test_a_list_of_distinct_ids_may_be_no_sample(run, tmp_path):
    (tmp_path / "unique.txt").write_text("CCO\nC\nN\n")
    _, out, _ = run("coverage", tmp_path / "unique.txt")
    assert "If duplicates were taken out of the list, it is no sample" in out


def test_an_n_beyond_twice_the_draws_is_left_out_and_said_to_be(run, tmp_path):
    source, _ = written(DRAWS, "npy", tmp_path)
    code, out, err = run("coverage", source, "--num-draws", "6000,200_000_000", "--json")
    assert code == 0
    assert max(point["num_draws"] for point in json.loads(out)["curve"]) == 6_000
    assert "n of 200,000,000, more than twice the 3,000 draws" in err
    # The n of the default are no one's wish.
    assert run("coverage", source, "--json")[2] == ""


def test_a_ratio_surely_above_1_is_not_left_without_a_word(run, tmp_path):
    """Draws of 40,000 ids said to be of 30,000: no enumerator, and not these 30,000 either."""
    draws = np.random.default_rng(1).integers(0, 40_000, 3_000)
    source, _ = written(draws, "npy", tmp_path)
    code, out, _ = run("coverage", source, "--space", 40_000)
    assert code == 0
    assert "larger than said" not in out
    path = tmp_path / "labels.txt"
    path.write_text("".join(f"m{draw}\n" for draw in draws))
    code, out, _ = run("coverage", path, "--space", 30_000)
    assert code == 0
    assert "the space\nmay be larger than said" in out
    assert "Nothing speaks against" not in out


def test_uneven_draws_rule_fair_dice_out_and_say_what_that_supposes(run, tmp_path):
    uneven = np.random.default_rng(0).geometric(0.05, 2_000) % 100
    np.save(tmp_path / "draws.npy", uneven)
    out = run("coverage", tmp_path / "draws.npy", "--space", 100)[1]
    assert "Fair dice are ruled out: p < 0.0001, a bound from the pairs" in out
    table = "id,count\n" + "".join(f"a{i},{c}\n" for i, c in enumerate(np.bincount(uneven)) if c)
    (tmp_path / "counts.csv").write_text(table)
    out = run("coverage", tmp_path / "counts.csv", "--counts", "count", "--space", 100)[1]
    assert "Fair dice are ruled out, if the draws are independent: p < 0.0001" in out
    # Without a space there are no dice to speak of.
    assert "air dice" not in run("coverage", tmp_path / "draws.npy")[1]
