"""Draws that depend on each other within groups, as files hold them: the same report from each."""

import gzip
import json

import numpy as np
import pandas
import pytest
import torch

from fluxttice_core import measure
from fluxttice_core.evidence.report import DEFAULT_DRAWS

IMAGES = np.random.default_rng(8).integers(0, 200, (60, 4, 3))
NAMES = [f"img {number:02d}" for number in range(60)]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def refused(run):
    def call(*arguments):
        code, out, err = run("coverage", *arguments)
        assert (code, out) == (2, "")
        assert err.count("\n") == 1
        return err

    return call


def long_table():
    return [(name, int(n)) for name, image in zip(NAMES, IMAGES, strict=True) for n in image.flat]


def figures(record):
    return {key: value for key, value in record.items() if key not in ("source", "read")}


def write_arrays():
    np.save("images.npy", IMAGES)
    np.save("fortran.npy", np.asfortranarray(IMAGES))
    with gzip.open("images.npy.gz", "wb") as stream:
        np.save(stream, IMAGES)
    np.savez("images.npz", codes=IMAGES)
    np.savetxt("images.txt", IMAGES.reshape(60, -1), fmt="%d")
    torch.save(torch.from_numpy(IMAGES), "images.pt")
    with open("images.jsonl", "w") as stream:
        stream.writelines(f"{json.dumps(image.ravel().tolist())}\n" for image in IMAGES)


def write_tables(folder):
    rows = long_table()
    cells = "".join(f"{name},{code},x\n" for name, code in rows)
    (folder / "tokens.csv").write_text(f"image,code,more\n{cells}")
    (folder / "bare.tsv").write_text("".join(f"{code}\t{name}\n" for name, code in rows))
    (folder / "tokens.jsonl").write_text(
        "".join(json.dumps({"image": name, "code": code}) + "\n" for name, code in rows)
    )
    table = pandas.DataFrame(rows, columns=["image", "code"])
    table.to_parquet("tokens.parquet")
    table.image.astype("category").to_frame().join(table.code).to_feather("tokens.feather")
    np.save("tokens.npy", table.to_records(index=False).astype([("image", "U8"), ("code", "i4")]))
    numbered = np.column_stack([np.repeat(np.arange(60), 12), IMAGES.ravel()])
    np.save("numbered.npy", numbered)


@pytest.mark.parametrize(
    "given",
    [
        ("images.npy", "--groups", "rows"),
        ("fortran.npy", "--groups", "rows"),
        ("images.npy.gz", "--groups", "rows"),
        ("images.npz", "--groups", "rows"),
        ("images.txt", "--groups", "rows"),
        ("images.jsonl", "--groups", "rows"),
        ("images.pt", "--kind", "draws", "--groups", "rows"),
        ("tokens.csv", "--groups", "image", "--column", "code"),
        ("tokens.csv", "--groups", "1", "--column", "2"),
        ("bare.tsv", "--groups", "2"),
        ("tokens.jsonl", "--groups", "image"),
        ("tokens.parquet", "--groups", "image"),
        ("tokens.feather", "--groups", "image"),
        ("tokens.npy", "--groups", "image"),
        ("numbered.npy", "--groups", "1", "--no-index"),
    ],
    ids=lambda given: " ".join(given),
)
def test_every_file_gives_what_python_gives(run, folder, given):
    write_arrays()
    write_tables(folder)
    code, out, err = run("coverage", *given, "--json")
    record = json.loads(out)
    assert (code, err) == (0, "")
    expected = measure.draws(IMAGES, groups="rows", num_draws=DEFAULT_DRAWS)
    assert figures(record) == json.loads(json.dumps(figures(expected.as_dict())))
    assert ("groups in column" in record["read"][0]) == ("rows" not in given)


def test_a_row_may_be_an_array_and_is_said_to_be(run):
    write_arrays()
    _, out, _ = run("coverage", "images.npy", "--groups", "rows")
    first, _, second, *_ = out.splitlines()
    assert first == (
        "read images.npy: NumPy array, 60 rows of 12 numbers; each row is an array of 4 x 3"
    )
    assert second.startswith("images.npy: 720 draws from an unknown space, ")
    assert second.endswith("in 60 groups")


def test_padding_in_rows_is_left_out_by_the_number(run):
    padded = IMAGES.reshape(60, 12).copy()
    padded[::2, 9:] = -1
    np.save("padded.npy", padded)
    _, out, _ = run("coverage", "padded.npy", "--groups", "rows", "--invalid", "-1", "--json")
    record = json.loads(out)
    assert (record["num_draws"], record["num_groups"]) == (720 - 90, 60)
    assert record["read"][0].endswith("60 rows of 12 numbers; 90 invalid draws beside these")


def test_a_group_is_what_has_one_name_in_whichever_file(run, folder):
    rows = long_table()
    for number, part in enumerate((rows[:100], rows[100:300], rows[300:])):
        lines = "".join(f"{name},{code}\n" for name, code in part)
        (folder / f"part-{number}.csv").write_text(f"image,code\n{lines}")
    _, out, _ = run("coverage", "part-*.csv", "--groups", "image", "--json")
    expected = measure.draws(IMAGES, groups="rows").as_dict()
    record = json.loads(out)
    assert record["num_groups"] == 60
    assert record["estimates"] == json.loads(json.dumps(expected["estimates"]))


def test_rows_of_several_files_are_as_many_groups(run):
    np.save("a.npy", IMAGES[:20])
    np.save("b.npy", IMAGES[20:])
    _, out, _ = run("coverage", "a.npy", "b.npy", "--groups", "rows", "--json")
    assert json.loads(out)["num_groups"] == 60


def test_invalid_draws_of_a_group(run, folder):
    (folder / "made.csv").write_text("run,smiles\n" + "a,C\na,None\nb,CC\nb,C\nc,None\n" * 6)
    code, out, _ = run("coverage", "made.csv", "--groups", "run", "--invalid", "None", "--json")
    record = json.loads(out)
    assert (code, record["num_draws"], record["num_groups"]) == (0, 18, 2)
    assert "12 invalid draws" in record["read"][0]


def test_a_reference_needs_no_interval(run, folder):
    write_arrays()
    np.save("known.npy", np.arange(0, 400, 2).reshape(20, 10))
    _, out, _ = run(
        *("coverage", "images.npy", "--groups", "rows", "--reference", "known.npy"),
        *("--space", "400", "--json"),
    )
    record = json.loads(out)
    alone = measure.draws(IMAGES.ravel(), reference=np.arange(0, 400, 2), space=400).comparison
    assert record["num_groups"] == 60
    assert record["comparison"]["novelty"] == alone.novelty
    assert record["comparison"]["reference_met"] == alone.reference_met


def test_draws_outside_the_space_are_outside_their_groups_too():
    groups = np.repeat(np.arange(20), 4)
    inside = np.random.default_rng(0).integers(0, 9, 80)
    mixed, labels = np.insert(inside, 40, [9, 11, 9]), np.insert(groups, 40, [3, 99, 4])
    found = measure.draws(mixed, groups=labels, space=9, reference=[1, 2, 3])
    alone = measure.draws(inside, groups=groups, space=9)
    assert found.estimates == alone.estimates
    assert (found.num_groups, found.comparison.num_invalid) == (20, 3)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("ids.csv", "--groups", "rows"), "expects rows, each a group, got numbers"),
        (("made.csv", "--groups", "none"), "no column 'none'; it has 2 columns: 1 'run'"),
        (("gap.csv", "--groups", "run"), "line 3: an empty cell where the name of a group"),
        (("made.csv", "--groups", "run", "--column", "run"), "both draws and their groups"),
        (("ids.csv", "--groups", "id"), "expected a column of draws beside that of the groups"),
        (("made.csv", "--groups", "run", "--counts", "run"), "needs the draws themselves"),
        (("ids.csv", "--groups", "files"), "at least two groups, got one"),
        (("-", "--groups", "files"), "--groups files expects files, got standard input"),
        (("made.jsonl", "--groups", "run"), "line 2: expected the name of a group under the key"),
        (("images.npy", "--groups", "rows", "--invalid", "None"), "whole numbers, such as -1"),
        (("images.npy", "--groups", "rows", "--target", "images.npy"), "--groups has no meaning"),
        (("images.npy",), "--groups rows makes each number a draw"),
        (("train.bin", "--dtype", "u2", "--groups", "rows"), "--groups has no meaning for raw"),
        (
            ("scored.parquet", "--groups", "score"),
            "expected names of groups, labels or whole numbers, got 0.5",
        ),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, tuple) else "",
)
def test_what_are_no_groups_is_refused(refused, folder, given, says):
    write_arrays()
    (folder / "ids.csv").write_text("id\n5\n7\n")
    (folder / "made.csv").write_text("run,smiles\na,C\nb,CC\n")
    (folder / "gap.csv").write_text("run,smiles\na,C\n,CC\n")
    (folder / "made.jsonl").write_text('{"run": 1, "s": "C"}\n{"s": "C"}\n')
    (folder / "train.bin").write_bytes(bytes(8))
    pandas.DataFrame({"score": [0.5, 1.5], "code": [1, 2]}).to_parquet("scored.parquet")
    assert says in refused(*given)
