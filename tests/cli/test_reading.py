"""What people have in files, through the command line: what was read is said, or why it was not."""

import json
import sys

import numpy as np
import pytest
import torch

from fluxttice_core import coverage_report
from fluxttice_core.model.controls import untrained_weights
from tests.support import torch_file


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory, so that files are named as a user names them."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def measured(run, folder):
    """Draws and distinct ids that a file comes to, and the line of what was read."""

    def call(name, data, *options, stdin=""):
        if name != "-":
            path = folder / name
            path.write_bytes(data if isinstance(data, bytes) else data.encode())
        code, out, err = run("coverage", name, *options, "--json", stdin=stdin)
        assert (code, err) == (0, "")
        record = json.loads(out)
        (read,) = record["read"]
        return record["num_draws"], record["observed_richness"], read

    return call


@pytest.fixture
def refused(run, folder):
    """What a file is refused with: one line, code 2, nothing on standard output."""

    def call(name, data, *options):
        (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
        code, out, err = run("coverage", name, *options)
        assert (code, out) == (2, "")
        assert err.startswith("error: ")
        assert err.count("\n") == 1
        return err.removeprefix("error: ").rstrip()

    return call


TABLE = "smiles,score\nCCO,0.5\nC,0.25\nCCO,0.125\n"


def test_a_column_by_its_name_or_its_number(measured):
    for column in ("smiles", "1"):
        found = measured("made.csv", TABLE, "--column", column)
        read = "read made.csv: CSV, column 'smiles' of 2, 3 labels, heading 'smiles', 'score'"
        assert found == (3, 2, read)


def test_several_columns_make_rows(measured):
    table = "run,a,b\nx,1,2\ny,1,2\nx,2,1\n"
    num, distinct, read = measured("made.csv", table, "--column", "a", "--column", "b")
    assert (num, distinct) == (3, 2)
    assert "columns 'a', 'b' of 3, 3 rows of 2 numbers" in read


def test_a_table_without_a_choice_is_refused_with_its_columns(refused):
    assert refused("made.csv", TABLE) == (
        "made.csv: expected one column of draws, or rows of numbers; it has 2 columns: 1 'smiles' "
        "(labels), 2 'score' (fractions): --column NAME reads one, by its name or number, --labels "
        "rows of labels"
    )
    assert "no column 'smile'; it has 2 columns" in refused("made.csv", TABLE, "--column", "smile")


def test_counts_are_told_and_their_order_is_not_known(run, measured, refused):
    table = "species,count\nfir,46\noak,22\nelm,1\nyew,0\n"
    assert "--counts count reads it as a table of counts" in refused("plots.csv", table)
    found = measured("plots.csv", table, "--counts", "count")
    assert found == (69, 3, "read plots.csv: CSV, 4 counts by id, heading 'species', 'count'")
    _, text, _ = run("coverage", "plots.csv", "--counts", "count")
    assert "The order of the draws is not known" in text


def test_a_vector_of_counts(measured, folder):
    assert measured("counts.txt", "46\n22\n0\n1\n", "--counts", "1")[:2] == (69, 3)


def test_a_histogram(measured, refused):
    found = measured("histogram.tsv", "1\t120\n2\t40\n", "--histogram")
    assert found == (200, 160, "read histogram.tsv: TSV, 2 classes of a histogram")
    again = refused("twice.tsv", "1\t120\n1\t40\n", "--histogram")
    assert again == "expected each number of times once, got 1 twice"


def test_invalid_draws_are_counted_beside_the_others(measured):
    made = "CCO\nNone\nC\nCCO\nNone\n"
    num, distinct, read = measured("made.txt", made)
    assert (num, distinct) == (5, 3)
    assert "2 draws read 'None': --invalid None counts them as invalid" in read
    num, distinct, read = measured("made.txt", made, "--invalid", "None", "--invalid", "nan")
    assert (num, distinct) == (3, 2)
    assert read.endswith("3 labels; 2 invalid draws beside these")


def test_labels_keep_apart_what_numbers_would_not(measured, refused):
    assert measured("codes.csv", "id\n007\n7\n7\n", "--labels")[:2] == (3, 2)
    late = "id\n" + "7\n" * 600_000 + "007\n"
    assert "line 600,002: expected a whole number" in refused("codes.csv", late)


def test_a_heading_is_found_told_or_denied(measured):
    assert measured("ids.csv", "id\n5\n7\n")[2].endswith("2 numbers, heading 'id'")
    assert measured("ids.csv", "C\nCC\nCCC\n", "--header")[2].endswith("2 labels, heading 'C'")
    assert measured("ids.csv", "SMILES\nC\nCC\n")[0] == 2
    assert measured("ids.csv", "SMILES\nC\nCC\n", "--no-header")[0] == 3


def test_an_index_is_left_out_or_kept(measured, refused):
    assert measured("ids.csv", ",id\n0,5\n1,7\n2,5\n")[:2] == (3, 2)
    named = "row,id\n0,5\n1,7\n2,5\n"
    assert "column 'row' counts the rows" in refused("ids.csv", named)
    assert measured("ids.csv", named, "--index")[:2] == (3, 2)
    assert measured("ids.csv", named, "--no-index")[:2] == (3, 3)


def test_other_delimiters_and_other_endings(measured, refused):
    table = "id;made\n5;a\n7;b\n5;c\n"
    assert "--delimiter semicolon reads them" in refused("ids.csv", table)
    assert measured("ids.csv", table, "--delimiter", "semicolon", "--column", "id")[:2] == (3, 2)
    assert "its ending does not say what it is" in refused("ids.dat", "5\n7\n", "--kind", "draws")
    assert measured("ids.dat", "5\n7\n", "--kind", "draws", "--format", "txt")[:2] == (2, 2)


def test_raw_numbers(measured, refused):
    data = np.array([5, 7, 5], dtype="<u2").tobytes()
    assert "--dtype uint16 reads 16 bits for each draw" in refused("train.bin", data)
    assert measured("train.bin", data, "--dtype", "uint16")[:2] == (3, 2)
    assert "2 bytes of a uint32 at the end" in refused("train.bin", data, "--dtype", "uint32")


def test_all_faults_of_the_options_at_once(refused):
    said = refused(
        *("ids.csv", "5\n7\n", "--dtype", "float32", "--no-header", "--column", "id"),
        *("--delimiter", "ab", "--format", "xls", "--counts", "id", "--histogram"),
    )
    for fault in (
        "--dtype: expected a type of whole numbers such as uint16, got 'float32'",
        "--delimiter: expected one sign",
        "--format: expected one of csv",
        "--counts and --histogram: choose one",
        "--no-header: then columns have numbers, not names such as 'id'",
        "--counts: 'id' cannot hold both ids and counts",
    ):
        assert fault in said


def test_options_without_a_meaning_are_refused_all_of_them(run, refused):
    said = refused("ids.jsonl", "5\n7\n", "--header", "--index", "--dtype", "uint8")
    assert said == "ids.jsonl: --header, --dtype, --index has no meaning for JSON lines"
    code, out, err = run(
        *("coverage", "codebook", "--column", "x", "--labels", "--invalid", "None"), "--no-header"
    )
    assert (code, out) == (2, "")
    for option in ("--column", "--labels", "--invalid", "--header"):
        assert option in err
    assert "has no meaning for a checkpoint" in err


def test_a_tensor_of_draws(run, folder, monkeypatch):
    torch.save(torch.tensor([5, 7, 5]), "indices.pt")
    torch.save({"indices": torch.tensor([5, 7, 5]), "epoch": 3}, "saved.pt")
    for options in ((), ("--kind", "draws")):
        code, out, _ = run("coverage", "indices.pt", *options)
        assert code == 0
        assert out.startswith("read indices.pt: PyTorch tensor, 3 numbers\n\nindices.pt: 3 draws")
    assert "column 'indices' of 2, 3 numbers" in run("coverage", "saved.pt", "--space", "9")[1]
    assert "6 draws from an unknown space" in run("coverage", "indices.pt", "saved.pt")[1]
    assert run("compare", "indices.pt", "saved.pt")[0] == 0
    report = coverage_report(folder / "saved.pt", space=9)
    assert (report.num_draws, report.space_size) == (3, 9)
    _, _, err = run("coverage", "indices.pt", "--sha256", "0" * 64)
    assert "indices.pt: expected SHA-256 0000" in err
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "torch", None)
        code, out, err = run("coverage", "indices.pt", "--space", "9")
    assert (code, out) == (2, "")
    assert err.startswith("error: reading indices.pt needs the extra 'torch'")
    torch_file(folder / "model.pt", untrained_weights(0))
    code, _, err = run("coverage", "model.pt", "--kind", "draws")
    assert code == 2
    assert "model.pt: a dictionary, as a model's file is; --column KEY" in err


def test_many_files_are_said_in_one_line(run, folder):
    for number in range(20):
        (folder / f"shard-{number:02d}.csv").write_text("id\n5\n\n7\n")
    code, out, _ = run("coverage", "shard-*.csv")
    assert code == 0
    assert out.splitlines()[:2] == [
        "read shard-00.csv .. shard-19.csv (20 files): CSV, 40 numbers, heading 'id'; 20 blank "
        "lines passed over",
        "",
    ]


def test_files_that_do_not_belong_together(run, folder):
    (folder / "a.txt").write_text("5\n7\n")
    (folder / "b.txt").write_text("C\nCC\n")
    code, out, err = run("coverage", "a.txt", "b.txt")
    assert (code, out) == (2, "")
    assert "b.txt: expected numbers as before it, got labels" in err
    assert run("coverage", "a.txt", "b.txt", "--labels")[0] == 0


def test_a_heading_in_a_pipe(measured):
    found = measured("-", "", stdin="id\n5\n7\n5\n")
    assert found == (3, 2, "read standard input: text, 3 numbers, heading 'id'")
    found = measured("-", "", stdin='{"smiles": "C"}\n{"smiles": "CC"}\n')
    assert found == (2, 2, "read standard input: JSON lines, column 'smiles' of 1, 2 labels")


def test_what_was_read_stands_in_the_files_too(run, folder):
    (folder / "ids.csv").write_text("id\n5\n7\n")
    assert run("coverage", "ids.csv", "--out", "report")[0] == 0
    line = "read ids.csv: CSV, 2 numbers, heading 'id'"
    assert (folder / "report/report.txt").read_text().splitlines()[0] == line
    assert json.loads((folder / "report/report.json").read_text())["read"] == [line]


def test_hashes_are_ids_and_said_to_be(measured, folder):
    signed = np.array([-5, 2**62, -(2**63), -5])
    for name, values in {
        "signed.npy": signed,
        "unsigned.npy": np.array([2**64 - 5, 2**62, 2**63, 2**64 - 5], dtype=np.uint64),
    }.items():
        np.save(name, values)
        num, distinct, read = measured(name, (folder / name).read_bytes())
        assert (num, distinct) == (4, 3)
        what = "negative numbers" if name == "signed.npy" else "numbers of 2^63 and above"
        assert read.endswith(f"4 numbers; {what} count as labels unless --space is given")
    for name in ("a.csv", "a.txt", "a.jsonl"):
        assert measured(name, "18446744073709551615\n9223372036854775807\n5\n")[:2] == (3, 3)
        assert measured(name, "-1\n5\n-1\n")[2].endswith("; --invalid -1 if -1 is no draw")
        assert measured(name, "-1\n5\n-1\n", "--invalid", "-1")[2].endswith(
            "2 invalid draws beside these"
        )
        assert measured(name, "9007199254740992\n9007199254740993\n")[:2] == (2, 2)


def test_both_ends_of_64_bits_are_not_merged(refused, measured):
    said = refused("a.csv", "-1\n" + "5\n" * 600_000 + "18446744073709551615\n")
    assert "a.csv: negative numbers beside some of 2^63 and above: --labels" in said
    both = "-1\n18446744073709551615\n-1\n"
    num, distinct, read = measured("a.csv", both)
    assert (num, distinct) == (3, 2)
    assert "3 labels; '18446744073709551615' is no whole number of 64 bits" in read


def test_a_space_has_no_negative_ids(refused):
    said = refused("a.csv", "-1\n5\n", "--space", "10")
    assert "expected ids in 0 .. 9; draw 0 is -1 (1 are outside)" in said
