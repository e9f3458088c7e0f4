"""Tables as Markdown, LaTeX, HTML and CSV: to the letter, and with cells that attack."""

import csv
import io
import re
from xml.etree import ElementTree

import pytest

from fluxttice_core import citation
from fluxttice_core.tables import Table, csv_of, one_line
from tests.support import ROOT

TABLE = Table(
    "codes_1.npy: 64 draws",
    ("figure", "value", "95 % interval", "limit"),
    (("usage", "99.98 %", "99.1 % to 100 %", ""), ("A - B", "-9.7", "-13 to -6", "")),
    ("50 % of it.", "NOT INDEPENDENT"),
    "Cite as: us",
)
HOSTILE = '=1|2&3%4_5<script>6"7\n8\\9`*[a](b)$~^{}#--->'


def test_markdown():
    assert TABLE.markdown() == "\n".join(
        [
            r"codes\_1.npy: 64 draws",
            "",
            "| figure | value | 95 % interval |",
            "| :--- | ---: | ---: |",
            "| usage | 99.98 % | 99.1 % to 100 % |",
            "| A - B | -9.7 | -13 to -6 |",
            "",
            "50 % of it.",
            "",
            "NOT INDEPENDENT",
            "",
            "<!-- Cite as: us -->",
        ]
    )


def test_latex():
    assert TABLE.latex() == "\n".join(
        [
            r"% needs \usepackage{booktabs}",
            r"\begin{table}",
            r"\centering",
            r"\caption{codes\_1.npy: 64 draws. 50 \% of it. NOT INDEPENDENT.}",
            r"\begin{tabular}{lrr}",
            r"\toprule",
            r"figure & value & 95 \% interval \\",
            r"\midrule",
            r"usage & 99.98 \% & 99.1 \% to 100 \% \\",
            r"A - B & $-$9.7 & $-$13 to $-$6 \\",
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "% Cite as: us",
        ]
    )


def test_html():
    root = ElementTree.fromstring(TABLE.html())
    assert [item.text for item in root.iter("th")] == ["figure", "value", "95 % interval"]
    assert [item.text for item in root.iter("td")][3:] == ["A - B", "-9.7", "-13 to -6"]
    assert [item.text for item in root.iter("p")] == ["50 % of it.", "NOT INDEPENDENT"]
    assert root.find("table/caption").text == TABLE.title


def test_csv_keeps_every_digit_and_what_is_withheld_is_empty():
    value = 0.1 + 0.2
    text = csv_of(("name", "value", "n"), [{"name": "a", "value": value, "n": 7}] * 2)
    assert text == "name,value,n\n" + "\n".join(["a,0.30000000000000004,7"] * 2)
    assert csv_of(("a", "b"), [{"a": None, "b": -0.5}]) == "a,b\n,-0.5"


@pytest.mark.parametrize("label", ["=SUM(A1)", "+1", "-1+2", "@x", "\t=1", " =1", "a=1", "x-1"])
def test_no_label_is_a_formula_to_a_spreadsheet(label):
    (cell,) = list(csv.reader(io.StringIO(csv_of(("name",), [{"name": label}]))))[1]
    assert cell.lstrip(" ")[0] not in "=+-@\t\r"
    assert cell.removeprefix("'") == one_line(label)


def test_a_hostile_label_stays_one_cell_of_one_line():
    table = Table(HOSTILE, ("figure", "value"), ((HOSTILE, HOSTILE),), (HOSTILE,), HOSTILE)
    text = csv_of(("a", "b"), [{"a": HOSTILE, "b": HOSTILE}])
    assert [len(row) for row in csv.reader(io.StringIO(text))] == [2, 2]
    assert len(text.splitlines()) == 2

    markdown = table.markdown().splitlines()
    assert len(markdown) == 9
    # Bars that are not behind a backslash divide cells: three in a row of two.
    assert [len(re.findall(r"(?<!\\)\|", line)) for line in markdown[2:5]] == [3, 3, 3]
    assert not re.search(r"(?<!\\)[<`*\[_$~&#]", markdown[4])
    assert markdown[8].count("--") == 2

    body = table.latex().splitlines()
    assert len(body) == 13
    row = body[8]
    assert row.endswith(r" \\")
    assert len(re.findall(r"(?<!\\)&", row)) == 1
    assert not re.search(r"(?<!\\)[%_#$]|--|[<>|\"`~^]", row.replace("$-$", ""))
    plain = re.sub(r"\\[{}]", "", row)
    assert plain.count("{") == plain.count("}")

    root = ElementTree.fromstring(table.html())
    assert {item.tag for item in root.iter()} == {
        "div",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "p",
    }
    assert [item.text for item in root.iter("td")] == [one_line(HOSTILE)] * 2


@pytest.mark.parametrize("first", ["[2pt] x", "* x"])
def test_no_first_cell_is_an_argument_to_the_end_of_the_row_above(first):
    lines = Table("t", ("a",), (("x",), (first,))).latex().splitlines()
    assert lines[9][0] == "{"


@pytest.mark.parametrize("title", ["- x: 3 draws", "+ x", "1. x", "    x"])
def test_no_title_begins_a_list_or_code(title):
    first = Table(title, ("a",), (("x",),)).markdown().splitlines()[0]
    assert not re.match(r"[-+]\s|\d+\.\s|\s", first)


def test_nothing_moves_the_cursor_or_cannot_be_written():
    text = "a\x1b[2J\r\u2028\u202e\udcff\x00z"
    assert one_line(text).isprintable()
    one_line(text).encode()
    assert one_line("Ü ∑ 水") == "Ü ∑ 水"


def test_the_citation_is_that_of_the_citation_file():
    said = dict(
        re.findall(r'^ *-? *(\w[\w-]*): "?(.*?)"?$', (ROOT / "CITATION.cff").read_text(), re.M)
    )
    line = citation()
    for key in ("title", "name", "version", "license"):
        assert said[key] in line
    assert "doi" not in line.lower()
    assert "\n" not in line
