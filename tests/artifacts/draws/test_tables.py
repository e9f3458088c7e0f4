"""Columns of CSV and TSV: headings, row names, counts, and tables of several meanings."""

import numpy as np
import pytest

from fluxttice_core.artifacts.draws import Counted, ReadOptions, read_draws, rows
from fluxttice_core.errors import ArtifactError


@pytest.mark.parametrize(
    ("text", "draws"),
    [
        ('"x"\n22\n11\n', [22, 11]),
        ('"V1"\r\n22\r\n11\r\n', [22, 11]),
        ('"smiles"\n"CCO"\n"C"\n', ["CCO", "C"]),
        ('"","x"\n"1",22\n"2",11\n', [22, 11]),
        ('"","smiles"\n"1","CCO"\n"2","C"\n', ["CCO", "C"]),
        ('"x"\n"1",22\n"2",11\n', [22, 11]),
        (",id\n0,22\n1,11\n2,22\n", [22, 11, 22]),
        (",id\n7,22\n3,11\n5,22\n", [22, 11, 22]),
        (",0\n0,22\n1,11\n", [22, 11]),
        (",smiles\n0,CCO\n1,C\n", ["CCO", "C"]),
        ("Unnamed: 0,id\n0,22\n1,11\n", [22, 11]),
        (",Unnamed: 0,id\n0,0,22\n1,1,11\n", [22, 11]),
        (",a,b\n0,1,-1\n1,0,1\n", [[1, -1], [0, 1]]),
        ("id\n1.0\n3.0\n", [1, 3]),
        ("a,b\n1.0,2\n3.0,4\n", [[1, 2], [3, 4]]),
        ('id\n"5"\n"7"\n', [5, 7]),
        ('smiles\n"a,b"\n"c""d"\n', ["a,b", 'c"d']),
        ('name\n"a\nb"\nc\n', ["a\nb", "c"]),
        ('name\r"a\rb"\rc\r', ["a\rb", "c"]),
        ('name\r\n"a\r\nb"\r\nc\r\n', ["a\r\nb", "c"]),
        ("a,b\n1,2\n,\n3,4\n,\n", [[1, 2], [3, 4]]),
        ("# two columns\n# of trits\n1,-1\n0,1\n", [[1, -1], [0, 1]]),
        ("#a,b\n1,-1\n0,1\n", [[1, -1], [0, 1]]),
        ("# made, today\nCCO\nC\n", ["CCO", "C"]),
    ],
)
def test_tables_that_have_one_reading(text, draws, read):
    assert read("a.csv", text)[0] == draws
    if '"a,b"' not in text and "made, today" not in text:
        assert read("a.tsv", text.replace(",", "\t"))[0] == draws


@pytest.mark.parametrize(
    ("text", "draws"),
    [
        ('"x"\n"1" 22\n"2" 11\n', [22, 11]),
        ('"x"\n"1" "CCO"\n"2" "C"\n', ["CCO", "C"]),
        ('"x"\n"CCO"\n"C"\n', ["CCO", "C"]),
        ('"x"\n22\n11\n', [22, 11]),
    ],
)
def test_text_as_r_writes_it(text, draws, read):
    assert read("a.txt", text)[0] == draws


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("smiles,score\nCCO,0.5\nC,0.25\n", r"1 'smiles' \(labels\), 2 'score' \(fractions\)"),
        ("a\tb\nx\ty\n", "expected one column of draws"),
        ("species,count\nsp0,46\nsp1,22\n", "--counts count .* --column species"),
        ('"","Var1","Freq"\n"1","a",46\n"2","b",22\n', "--counts Freq .* --column Var1"),
        ("id,duplicate_count\n17,46\n3,22\n", "--counts duplicate_count .* --column id"),
        (",n\n17,46\n3,22\n", "--counts n "),
        ("count\n46\n22\n", "--counts count .* --column count"),
        ("sp0,46\nsp1,22\n", "--counts 2"),
        ("0,22\n1,11\n2,22\n", "'1' counts the rows: --column 2 or --index .*--no-index"),
        ("step,id\n1,22\n2,11\n3,22\n", "'step' counts the rows: --column id"),
        ("0,1,2,3\n1,0,1,1\n", "pandas numbers columns: --header .* --no-header"),
        ('"","x"\n"a1",22\n"a2",11\n', r"1 \(labels, such as 'a1'\), 2 'x' \(numbers\)"),
        ("a;b\n1;2\n3;4\n", "--delimiter semicolon"),
        ("1\t2\n3\t4\n", "--delimiter tab"),
        ("id,id\n1,a\n2,b\n", "expected one column"),
    ],
)
def test_tables_with_several_readings_are_refused(text, says, read):
    name = "a.tsv" if "\t" in text and "1\t2" not in text else "a.csv"
    with pytest.raises(ArtifactError, match=says):
        read(name, text)


@pytest.mark.parametrize(
    ("text", "options", "draws"),
    [
        ("smiles,score\nCCO,0.5\nC,0.25\n", {"column": "smiles"}, ["CCO", "C"]),
        ("smiles,score\nCCO,0.5\nC,0.25\n", {"column": "1"}, ["CCO", "C"]),
        ("CCO,0.5\nC,0.25\n", {"column": "1"}, ["CCO", "C"]),
        ("a,b,c\n1,2,x\n3,4,y\n", {"column": ["b", "a"]}, [[2, 1], [4, 3]]),
        ("a,b\nx,y\nz,w\n", {"labels": True, "header": True}, [("x", "y"), ("z", "w")]),
        ("a,b\n1,y\n1,w\n", {"column": ["b", "a"], "labels": True}, [("y", "1"), ("w", "1")]),
        ("0,22\n1,11\n2,22\n", {"index": True}, [22, 11, 22]),
        ("0,22\n1,11\n2,22\n", {"index": False}, [[0, 22], [1, 11], [2, 22]]),
        ("0,1,2\n1,0,1\n", {"header": True}, [[1, 0, 1]]),
        ("0,1,2\n1,0,1\n", {"header": False}, [[0, 1, 2], [1, 0, 1]]),
        ("a;b\n1;2\n3;4\n", {"delimiter": "semicolon"}, [[1, 2], [3, 4]]),
        ("a;b\nc;d\n", {"delimiter": "comma"}, ["a;b", "c;d"]),
        ("007\n7\n", {"labels": True}, ["007", "7"]),
        ("id\n7\n", {"labels": True}, ["7"]),
        ("smiles,x\nCCO,1\n,2\n", {"column": "smiles", "invalid": ""}, ["CCO"]),
        ("a\tb\nc d\n", {"delimiter": "space", "labels": True}, [("a", "b"), ("c", "d")]),
        ("2,x\n5,6\n7,8\n", {"column": "2", "header": True}, [5, 7]),
    ],
)
def test_options_settle_it(text, options, draws, read):
    assert read("a.csv", text, **options)[0] == draws


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [
        ("a,b\n1,2\n", {"column": "c"}, r"no column 'c'; it has 2 columns: 1 'a' \(numbers\)"),
        ("a,a\n1,2\n", {"column": "a"}, "2 columns are called 'a': say 1, 2"),
        ("1,2\n", {"column": "3"}, "no column '3'"),
        ("a,b\n1,x\n", {"column": ["a", "b"]}, "not all numbers; --labels"),
        ("a,b\nx,1.5\ny,2.5\n", {"column": "b"}, "'b': expected whole numbers.*--labels"),
        ("5\n1,2\n3,4\n", {}, "line 1: expected 2 cells as on the lines before, got 1: '5'"),
        ("a\nx\n1,2\n", {}, "line 3: expected 1 cell as on the lines before, got 2: '1,2'"),
        ("1,2\n3,4\n5\n", {}, "line 3: expected 2 cells.* got 1"),
        ("smiles,x\nCCO,1\n,2\n", {"column": "smiles"}, "line 3: an empty cell.*--invalid ''"),
        ('a\n"x\ny\n', {}, "line 2: a quote is opened here"),
        ('a\n"x"y\n', {}, "line 2: a cell in quotes that is none.*--format txt --labels"),
    ],
)
def test_refusals_name_the_line_or_the_columns(text, options, says, read):
    with pytest.raises(ArtifactError, match=rf"a\.csv: .*{says}|a\.csv: {says}"):
        read("a.csv", text, **options)


def test_lines_are_counted_through_quoted_line_ends(read):
    with pytest.raises(ArtifactError, match="line 5: expected 1 cell"):
        read("a.csv", 'name\n"a\n\nb"\nx,y\n')


def test_a_quote_that_stays_open_is_found_soon(read, monkeypatch):
    monkeypatch.setattr(rows, "_LONGEST_OPEN", 1_000)
    with pytest.raises(ArtifactError, match="line 3: a quote is opened here"):
        read("a.csv", 'a\nb\n"c\n' + "d\n" * 2_000_000)


def test_the_record_of_a_table(read):
    _, draws = read("a.csv", ",smiles,score\n0,CCO,1.5\n\n1,C,2.5\n", column="smiles")
    (record,) = draws.records
    assert record.columns == ("smiles",)
    assert record.num_columns == 3
    assert record.heading == ("", "smiles", "score")
    assert record.row_names == ("1",)
    assert (record.num_draws, record.num_blank, record.form) == (2, 1, "labels")
    assert draws.describe()[0].endswith(
        "CSV, column 'smiles' of 3, 2 labels, heading '', 'smiles', 'score', row names in column "
        "'1' left out; 1 blank line passed over"
    )


def test_a_hundred_thousand_columns(read):
    wide = ",".join(str(place % 7) for place in range(100_000))
    draws, _ = read("a.csv", f"{wide}\n{wide}\n")
    assert np.shape(draws) == (2, 100_000)
    with pytest.raises(ArtifactError, match=r"100,000 columns: .* more") as refused:
        read("a.csv", wide.replace("3", "x") + "\n" + wide.replace("3", "x"))
    assert len(str(refused.value)) < 1_000


@pytest.mark.parametrize(
    ("text", "options", "pairs"),
    [
        ("species,count\nsp0,46\nsp1,22\n", {"counts": "count"}, [("sp0", 46), ("sp1", 22)]),
        ("17,46\n3,22\n", {"counts": "2"}, [(17, 46), (3, 22)]),
        (",count\nCCO,46\nC,22\n", {"counts": "count"}, [("CCO", 46), ("C", 22)]),
        (",count\n17,46\n3,22\n", {"counts": "count"}, [(17, 46), (3, 22)]),
        ('"","Var1","Freq"\n"1","a",4\n"2","b",2\n', {"counts": "Freq"}, [("a", 4), ("b", 2)]),
        ("a,b,n\nx,1,4\ny,1,2\n", {"counts": "n", "column": "a"}, [("x", 4), ("y", 2)]),
        (
            "a,b,n\n0,1,4\n1,1,2\n",
            {"counts": "n", "column": ["a", "b"]},
            [([0, 1], 4), ([1, 1], 2)],
        ),
        ("count\n46\n22\n", {"counts": "count"}, [(0, 46), (1, 22)]),
        ("a,b\n1.0,4.0\n2.0,0.0\n", {"counts": "b"}, [(1, 4), (2, 0)]),
    ],
)
def test_tables_of_counts(text, options, pairs, read):
    found, draws = read("a.csv", text, **options)
    assert found == pairs
    assert draws.form == "counts by id"


def test_counts_of_invalid_ids_are_that_many_invalid_draws(read):
    pairs, draws = read("a.csv", "s,count\nCCO,4\nNone,3\n", counts="count", invalid="None")
    assert (pairs, draws.num_invalid) == ([("CCO", 4)], 3)


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [
        ("s,count\na,0.5\nb,0.5\n", {"counts": "count"}, "relative abundances"),
        ("s,count\na,x\n", {"counts": "count"}, "expected counts"),
        ("s,count\na,-1\n", {"counts": "count"}, "count of 0 or more, got -1"),
        ("s,count\na,99999999999999999999\nb,1\n", {"counts": "count"}, "expected counts"),
        ("s,t,count\na,b,1\n", {"counts": "count"}, "which column holds the ids"),
        ("s,count\na,5\nb,\n", {"counts": "count"}, "line 3: expected a count, a whole number"),
    ],
)
def test_counts_that_are_none(text, options, says, read):
    with pytest.raises(ArtifactError, match=says):
        read("a.csv", text, **options)


def test_a_histogram(read):
    pairs, draws = read("a.tsv", "1\t120\n2\t40\n5\t3\n", histogram=True)
    assert pairs == [(1, 120), (2, 40), (5, 3)]
    assert draws.form == "classes of a histogram"
    assert read("a.csv", "times,ids\n1,120\n2,40\n", histogram=True)[0] == [(1, 120), (2, 40)]
    with pytest.raises(ArtifactError, match="--histogram expects two columns"):
        read("a.csv", "1,2,3\n4,5,6\n", histogram=True)
    with pytest.raises(ArtifactError, match="expected a histogram, numbers"):
        read("a.csv", "a,2\nb,5\n", histogram=True)


def test_presence_by_sampling_unit(tmp_path):
    (tmp_path / "a.csv").write_text("unit,fir,oak,elm\nu1,1,0,1\nu2,0,0,1\n")
    draws = read_draws(tmp_path / "a.csv", ReadOptions(incidence="rows"))
    (chunk,) = list(draws)
    assert not isinstance(chunk, Counted)
    assert chunk.tolist() == [[1, 0, 1], [0, 0, 1]]
    assert draws.form == "sampling units with 3 ids"
    assert draws.records[0].heading == ("unit", "fir", "oak", "elm")
    (tmp_path / "a.csv").write_text("1,0,2\n0,0,1\n")
    with pytest.raises(ArtifactError, match=r"got 0 \.\. 2; numbers above 1 are counts"):
        list(read_draws(tmp_path / "a.csv", ReadOptions(incidence="rows")))
