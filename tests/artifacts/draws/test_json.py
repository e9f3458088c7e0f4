"""JSON lines and JSON documents: values, rows, objects, and numbers that must not be rounded."""

import json

import pytest

from fluxttice_core.artifacts.draws import json_text
from fluxttice_core.errors import ArtifactError


@pytest.mark.parametrize(
    ("text", "draws"),
    [
        ("5\n\n# remark\n7.0\n", [5, 7]),
        ("[1, 2]\n[3, 4]\n", [[1, 2], [3, 4]]),
        ('"CCO"\r\n"C"\r\n', ["CCO", "C"]),
        ('["a", "b"]\n["c", "d"]\n', [("a", "b"), ("c", "d")]),
        ('{"smiles": "CCO"}\n{"smiles": "C"}\n', ["CCO", "C"]),
        ('{"ids": [1, 2]}\n{"ids": [3, 4]}\n', [[1, 2], [3, 4]]),
        ("true\nfalse\n", [1, 0]),
        ("9007199254740993\n9007199254740992.0\n", [2**53 + 1, 2**53]),
        ("[9007199254740993, 1.0]\n", [[2**53 + 1, 1]]),
        ("9007199254740993.0\n9.007199254740992e15\n", [2**53 + 1, 2**53]),
        ("18446744073709551615\n7\n", [2**64 - 1, 7]),
        (r'"a\u0000"' + '\n"a"\n', ["a\0", "a"]),
        (r'"\ud83d\ude00"' + "\n", ["\U0001f600"]),
        ('""\n"a"\n', ["", "a"]),
        ("", []),
    ],
)
def test_json_lines(text, draws, read):
    assert read("a.jsonl", text)[0] == draws


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("CCO\n", "line 1: expected JSON, got 'CCO'"),
        ("5\n[5]\n", "line 2: expected numbers as on the first, got rows"),
        ('5\n"5"\n', "line 2: expected numbers as on the first, got labels; --labels"),
        ("5\ntrue\n", "line 2: .*got true and false"),
        ("[1]\n[1, 2]\n", "line 2: expected lists of as many"),
        ("[1]\n[true]\n", "line 2: expected lists"),
        ('[1]\n["a"]\n', "line 2: expected lists"),
        ('[1, "a"]\n', "line 1: expected lists"),
        ("[1]\n[]\n", "line 2: expected lists"),
        ("[[1]]\n", "line 1: expected lists"),
        ("5\nNaN\n", "line 2: expected JSON"),
        ("5\n1e999\n", "line 2: expected numbers.*got fractions"),
        ("1.5\n", "line 1: expected whole numbers or labels, got 1.5"),
        ("1e999999999999999999999\n", "line 1: expected"),
        ("5\n18446744073709551616\n", "beyond 64 bits"),
        ("-5\n18446744073709551615\n", "beyond 64 bits"),
        ("null\n", "line 1: null where a draw is expected; --invalid null"),
        (r'"\ud800"' + "\n", "line 1: .* half of a surrogate pair"),
        ('{"a": 1, "b": 2}\n', "line 1: an object; its keys are 'a', 'b': --column KEY"),
        ('{"a": 1, "a": 2}\n', "a key occurs twice"),
        ('{"a": {"b": 1}}\n', "got an object; its keys are 'a.b': --column KEY"),
        ('{"a": 1}\n5\n', "line 2: expected an object as before, got 5"),
        ('{"a": 1}\n{"b": 1}\n', "line 2: no key 'a'; its keys are 'b'"),
        ("[" * 100_000 + "\n", "line 1: expected JSON.*nested too deeply"),
        ("1" * 5_000 + "\n", "line 1: expected"),
    ],
)
def test_json_that_is_refused_by_its_line(text, says, read):
    with pytest.raises(ArtifactError, match=rf"a\.jsonl: {says}|a\.jsonl: .*{says}"):
        read("a.jsonl", text)


def test_a_column_of_objects(read):
    text = "".join(json.dumps({"i": i, "s": s, "p": 0.5}) + "\n" for i, s in enumerate("aba"))
    draws, source = read("a.jsonl", text, column="s")
    assert draws == ["a", "b", "a"]
    assert "column 's' of 3, 3 labels" in source.describe()[0]
    assert read("a.jsonl", '{"a":1,"b":2}\n{"a":3,"b":4}\n', column=["b", "a"])[0] == [
        [2, 1],
        [4, 3],
    ]
    with pytest.raises(ArtifactError, match="line 1: no key 'x'; its keys are 'i', 's', 'p'"):
        read("a.jsonl", text, column="x")


def test_missing_values(read):
    for text, draws in (("5\nnull\n7\n", [5, 7]), ('"a"\nnull\n', ["a"])):
        found, source = read("a.jsonl", text, invalid="null")
        assert (found, source.num_invalid) == (draws, 1)
    assert read("a.jsonl", '{"s":"a"}\n{"s":null}\n', invalid="null")[0] == ["a"]
    assert read("a.jsonl", '"a"\n"None"\n', invalid="None")[0] == ["a"]
    assert read("a.jsonl", "5\n-1\n[1]\n"[:5], invalid="-1")[0] == [5]
    assert read("a.jsonl", "[1,2]\n[-1,2]\n", invalid="-1")[0] == [[1, 2]]


def test_labels_are_texts_as_they_are_written(read):
    assert read("a.jsonl", '5\n"5"\n5.0\n18446744073709551616\n', labels=True)[0] == [
        "5",
        "5",
        "5.0",
        "18446744073709551616",
    ]


@pytest.mark.parametrize(
    ("value", "options", "draws"),
    [
        ([5, 7], {}, [5, 7]),
        ([[1, 2], [3, 4]], {}, [[1, 2], [3, 4]]),
        ([{"s": "a"}, {"s": "b"}], {}, ["a", "b"]),
        ([{"s": "a", "i": 1}, {"s": "b", "i": 2}], {"column": "s"}, ["a", "b"]),
        ({"ids": [5, 7], "x": 1}, {"column": "ids"}, [5, 7]),
        ([], {}, []),
    ],
)
@pytest.mark.parametrize("indent", [None, 1])
def test_documents(value, options, draws, indent, read):
    assert read("a.json", json.dumps(value, indent=indent), **options)[0] == draws


def test_a_document_that_is_lines_after_all(read):
    draws, source = read("a.json", '{"s": "a"}\n{"s": "b"}\n')
    assert draws == ["a", "b"]
    assert "JSON lines" in source.describe()[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[5, 7", "expected JSON"),
        ("", "expected JSON"),
        ("5", "expected a list of draws, got numbers"),
        ('{"CCO": 4, "C": 5}', "keys 'CCO', 'C'; --column KEY .*--counts"),
        ("[5, 1.5]", "item 2: expected numbers as on the first, got fractions"),
    ],
)
def test_documents_that_hold_no_list(text, says, read):
    with pytest.raises(ArtifactError, match=says):
        read("a.json", text)


def test_a_document_too_large_to_be_read_at_once(read, monkeypatch):
    monkeypatch.setattr(json_text, "MOST_BYTES", 100)
    with pytest.raises(ArtifactError, match=r"more than 100 bytes.* jq -c"):
        read("a.json", json.dumps(list(range(100))))
