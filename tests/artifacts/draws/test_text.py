"""One draw a line: numbers, rows or labels, by the form of all lines and never of one."""

import io

import numpy as np
import pytest

from fluxttice_core.artifacts.draws import ReadOptions, read_draws, streams
from fluxttice_core.errors import ArtifactError


@pytest.mark.parametrize(
    ("text", "draws"),
    [
        ("5\n7\n5\n", [5, 7, 5]),
        ("5\n7", [5, 7]),
        ("5", [5]),
        ("5\r\n7\r\n", [5, 7]),
        ("5\r7\r", [5, 7]),
        ("5\r\n7\r9\n", [5, 7, 9]),
        ("\n\n5\n\n7\n", [5, 7]),
        ("# a remark\n5\n  # another\n7\n", [5, 7]),
        ("id\n5\n7\n", [5, 7]),
        ("# a remark\nid\n5\n", [5]),
        ("id\n\n\n5\n", [5]),
        ("a,b\n1,2\n3,4\n", [[1, 2], [3, 4]]),
        ("1,2\n 3 , 4 \n", [[1, 2], [3, 4]]),
        ("1 0 2\n0 1  1\n", [[1, 0, 2], [0, 1, 1]]),
        ("1\t0\n0\t1\n", [[1, 0], [0, 1]]),
        ("\ufeff5\n7\n", [5, 7]),
        ("\ufeffid\n7\n", [7]),
        ("-1\n+3\n-0\n", [-1, 3, 0]),
        (" 7\n7 \n\t7\n", [7, 7, 7]),
        ("2.0\n3.0\n", [2, 3]),
        ("2.000e+00\n-3.000e+00\n1.200e+01\n", [2, -3, 12]),
        ("1.0e+00 2.0e+00\n0.0e+00 1.0e+00\n", [[1, 2], [0, 1]]),
        ("9007199254740993\n9007199254740992\n", [2**53 + 1, 2**53]),
        ("9007199254740993.0\n9007199254740992.0\n", [2**53 + 1, 2**53]),
        ("18446744073709551615\n7\n", [2**64 - 1, 7]),
        ("-9223372036854775808\n9223372036854775807\n", [-(2**63), 2**63 - 1]),
        ("CCO\nC\nCCO\n", ["CCO", "C", "CCO"]),
        ("CCO", ["CCO"]),
        ("é\nx\n", ["é", "x"]),
        ("a,b\nc\n", ["a,b", "c"]),
        ("a\u2028b\nc\x0bd\n", ["a\u2028b", "c\x0bd"]),
        (" the\nthe\n", [" the", "the"]),
        ("[Na+].[Cl-]\n[C@@H]\n", ["[Na+].[Cl-]", "[C@@H]"]),
        ("[1, 2]\n[3, 4]\n", [[1, 2], [3, 4]]),
        ('"a"\n"b, c"\n"a"\n', ["a", "b, c", "a"]),
        ('"say \\"a\\""\n"b"\n', ['say "a"', "b"]),
        ("# made by me\n# today\nCCO\n# x\n", ["CCO", "# x"]),
        ("", []),
        ("\n\n# nothing\n", []),
    ],
)
def test_lines(text, draws, read_text):
    assert read_text(text) == draws


@pytest.mark.parametrize(
    "labels",
    [
        ["1_23", "123", "12_3"],
        ["0x10", "5", "7"],
        ["1e3", "1000"],
        ["007", "7"],
        ["\u0663", "3"],
        ["\uff11", "1"],
        ["nan", "1", "2"],
        ["inf", "1", "2"],
        ["None", "1", "2"],
        ["-", "1", "2"],
        ["a1", "12", "13"],
        ["1/2", "1"],
        ["1 000", "1000", "x"],
        ["-7", "18446744073709551615", "7"],
        ["5", "184467440737095516160"],
        ["emma", "nan", "inf"],
        ["TRUE", "FALSE"],
    ],
)
def test_what_is_no_number_throughout_is_labels(labels, read):
    """Not one of them is lost as a heading, and no two become one."""
    text = "".join(f"{label}\n" for label in labels)
    assert read("a.txt", text)[0] == labels
    assert read("a.csv", text)[0] == labels


@pytest.mark.parametrize(
    "later", ["1_23", "007", "x", "1.5", "7.0", "0x7", "184467440737095516160"]
)
def test_numbers_that_end_are_refused_by_their_line(later, read, monkeypatch):
    """What no longer is a number, far down, is an error and never a silent change to labels."""
    monkeypatch.setattr(streams, "PIECE", 2**15)
    text = "# remark\n\n" + "".join(f"{number}\n" for number in range(20_000)) + f"{later}\n"
    with pytest.raises(ArtifactError, match=rf"line 20,003: .*got '{later}'; --labels"):
        read("a.txt", text)
    assert len(read("a.txt", text, labels=True)[0]) == 20_002


def test_fractions_are_measurements_until_told(read):
    with pytest.raises(ArtifactError, match=r"expected whole numbers.*--labels"):
        read("a.txt", "1.0\n1.5\n")
    with pytest.raises(ArtifactError, match="all written in one way"):
        read("a.txt", "1\n1.0\n")
    assert read("a.txt", "1\n1.0\n", labels=True)[0] == ["1", "1.0"]


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("#ff0000\nred\n#00ff00\n#ff0000\n", 4),
        ("#new\n#feature\n#new\n", 3),
        ("red\nblue\n#ff0000\n", 3),
    ],
)
def test_a_sign_begins_a_label_among_labels(text, labels, read_text, read):
    assert len(read_text(text)) == labels
    assert "with # in front counted" in read("a.txt", text)[1].describe()[0]


def test_comments_are_said_to_be_passed_over(read):
    _, draws = read("a.txt", "# a\n5\n\n7\n# b\n")
    assert draws.describe()[0].endswith(
        "text, 2 numbers; 1 blank line passed over; 2 comments passed over"
    )


def test_smiles_have_names_behind_and_comments(read):
    draws, source = read("a.smi", "# made today\nSMILES Name\nCCO ethanol\nC\tmethane gas\nCCO\n")
    assert draws == ["CCO", "C", "CCO"]
    assert "heading 'SMILES'; 1 comment passed over" in source.describe()[0]
    assert read("a.smi", "CCO a\nC b\n", column="2")[0] == ["a", "b"]


@pytest.mark.parametrize(
    "heading",
    ["SMILES", "canonical_smiles", "Generated SMILES", "#smiles", "junction_aa", '"name"', "id"],
)
@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.tsv", "a.smi"])
def test_headings_above_labels(heading, name, read):
    heading = heading.split()[-1] if name == "a.smi" else heading
    assert read(name, f"{heading}\nCCO\nC\n")[0] == ["CCO", "C"]


def test_any_other_first_label_is_counted_and_said_to_be(read):
    labels, draws = read("a.csv", "ethanol\nCCO\nC\n")
    assert labels == ["ethanol", "CCO", "C"]
    assert "the first, 'ethanol', is counted: --header" in draws.describe()[0]
    assert read("a.csv", "ethanol\nCCO\n", header=True)[0] == ["CCO"]
    labels, draws = read("a.csv", "smiles\nCCO\n", header=False)
    assert labels == ["smiles", "CCO"]
    assert draws.describe()[0].endswith("CSV, 2 labels")


def test_a_heading_that_comes_again_is_a_draw_or_refused(read, monkeypatch):
    monkeypatch.setattr(streams, "PIECE", 2**14)
    assert read("a.txt", "name\nword\nname\n")[0] == ["name", "word", "name"]
    late = "name\n" + "word\n" * 10_000 + "name\n"
    with pytest.raises(ArtifactError, match=r"'name' comes first.*--header.*--no-header"):
        read("a.txt", late)
    assert len(read("a.txt", late, header=False)[0]) == 10_002


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("CCO\tmol0\nC\tmol1\n", "2 cells with a tab.*--column 1"),
        ("sp0 46\nsp1 22\n", "--counts 2"),
        ("  46 sp0\n  22 sp1\n", "--counts 1"),
    ],
)
def test_lines_that_are_a_table_are_refused(text, says, read):
    with pytest.raises(ArtifactError, match=says):
        read("a.txt", text)
    assert len(read("a.txt", text, labels=True)[0]) == 2
    assert len(read("a.txt", text, column="1")[0]) == 2


def test_lines_of_as_many_words_are_read_whole_and_said_to_be(read):
    labels, draws = read("a.txt", "Emma Smith\nJohn Doe\n")
    assert labels == ["Emma Smith", "John Doe"]
    assert "each line has 2 cells with spaces" in draws.describe()[0]
    with pytest.raises(ArtifactError, match="--format smi reads the first word"):
        read("a.txt", "Emma Jo Smith\nJohn Doe\n", column="1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"1,2\n1\n", "line 2: expected .*got 1|expected whole numbers|labels"),
        (b"id\n1\n2\n3,4\n" * 1, "line 4|labels"),
        (b"\xff\n", "line 1: byte 0xff is no UTF-8"),
        (b"a\n\n\xe9t\xe9\n", "line 3: byte 0xe9 is no UTF-8.*iconv"),
        (b"5\x00\n\x00", "NUL bytes.*UTF-16"),
        (b"a\x00\nb\x00\n", "NUL bytes"),
    ],
)
def test_text_that_is_none(text, message, read):
    if b"\xff" in text or b"\x00" in text or b"\xe9" in text:
        with pytest.raises(ArtifactError, match=message):
            read("a.txt", text)
    else:
        assert all(isinstance(label, str) for label in read("a.txt", text)[0])


def test_a_line_without_end_is_refused(read, monkeypatch):
    monkeypatch.setattr(streams, "LONGEST_LINE", 1_000)
    with pytest.raises(ArtifactError, match="expected lines, got one of over 1,000 bytes"):
        read("a.txt", "1" * 5_000)


def test_a_slow_pipe_is_read_as_it_comes():
    pieces = [b"1\n2\n", b"3\n", b"4\n5"]

    class Pipe(io.BytesIO):
        def read1(self, size=-1):
            return pieces.pop(0) if pieces else b""

    pipe_left = [(chunk.tolist(), len(pieces)) for chunk in read_draws("-", standard_input=Pipe())]
    assert pipe_left == [([1, 2], 2), ([3], 1), ([4], 0), ([5], 0)]


def test_one_long_label_does_not_widen_the_others(read):
    """Texts of one width would take 2,000 characters for each of 300,000 labels."""
    import tracemalloc

    text = "x" * 2_000 + "\n" + "ab\n" * 300_000
    tracemalloc.start()
    labels, _ = read("a.txt", text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(labels) == 300_001
    assert peak < 100 * 2**20


def test_labels_that_look_missing_are_named_with_their_remedy(read):
    _, draws = read("a.txt", "CCO\nNone\nC\nNone\n")
    assert "2 draws read 'None': --invalid None" in draws.describe()[0]
    labels, draws = read("a.txt", "CCO\nNone\nC\nNone\n", invalid="None")
    assert (labels, draws.num_invalid) == (["CCO", "C"], 2)
    assert "2 invalid draws beside these" in draws.describe()[0]


@pytest.mark.parametrize(
    ("text", "options", "draws", "invalid"),
    [
        ("5\nnan\n7\n", {"invalid": "nan"}, [5, 7], 1),
        ("nan\n5\n7\n", {"invalid": "nan"}, [5, 7], 1),
        ("5\n\n7\n", {"invalid": ""}, [5, 7], 1),
        ("CCO\n\nC\n", {"invalid": ["", "C"]}, ["CCO"], 2),
        ("smiles\n\nC\n", {"invalid": ""}, ["C"], 1),
        ("\n\n5\n", {"invalid": ""}, [5], 2),
        ("5\n-1\n7\n", {"invalid": "-1"}, [5, 7], 1),
        ("1,2\n-1,2\n", {"invalid": "-1"}, [[1, 2]], 1),
        ("None\nNone\n", {"invalid": "None"}, [], 2),
    ],
)
def test_invalid_draws_are_counted_apart(text, options, draws, invalid, read):
    found, source = read("a.csv", text, **options)
    assert (found, source.num_invalid) == (draws, invalid)


def test_objects_on_standard_input_have_a_column():
    lines = b'{"i": 0, "s": "a"}\n{"i": 1, "s": null}\n'
    draws = read_draws("-", ReadOptions(column="s", invalid="null"), io.BytesIO(lines))
    assert (list(draws), draws.num_invalid) == ([["a"]], 1)


def test_types_of_chunks():
    numbers, big, rows = (
        next(read_draws("-", standard_input=io.BytesIO(text)))
        for text in (b"5\n7\n", b"5\n18446744073709551615\n", b"1,2\n3,4\n1,2\n3,4\n")
    )
    assert (numbers.dtype, big.dtype, rows.dtype) == (np.int64, np.uint64, np.int64)
    chunk = next(read_draws("-", ReadOptions(labels=True), io.BytesIO(b"5\n7\n")))
    assert chunk == ["5", "7"]
