"""A payload is a statement of a known kind, or it is refused with every reason at once."""

import json

import pytest

from fluxttice_core.canonical import canonical_json
from fluxttice_core.errors import CertificateError
from fluxttice_core.seal.statement import make_statement, parse_statement
from tests.toy_kind import LINES, TEXT

DIGEST = "0" * 64
PREDICATE = {
    "tool": {"name": "counter", "version": "2.1"},
    "validity": {"issued": "2026-11-24T00:00:00Z"},
    "signers": [],
    "lines": 2,
}
PAYLOAD = make_statement([(TEXT, DIGEST)], LINES.predicate_type, PREDICATE)


def refused(payload):
    with pytest.raises(CertificateError) as caught:
        parse_statement(payload, "the statement", (LINES,))
    assert str(caught.value).startswith("the statement: ")
    return str(caught.value)


def test_what_was_made_is_read():
    statement = parse_statement(PAYLOAD, "s", (LINES,))
    assert statement.kind is LINES
    assert statement.subjects == {TEXT: DIGEST}
    assert statement.predicate.as_dict() == PREDICATE
    assert make_statement([(TEXT, DIGEST)], LINES.predicate_type, PREDICATE) == PAYLOAD
    two = make_statement([("b", DIGEST), ("a", DIGEST)], "urn:x:v1", {})
    assert [item["name"] for item in json.loads(two)["subject"]] == ["a", "b"]


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"", "the signed statement cannot be read"),
        (b"\xff", "the signed statement cannot be read"),
        (b"[" * 500_000, "nested more than 32 deep"),
        (b'{"a":0.5}', "no whole number"),
        (b"[]", "expected an in-toto statement"),
        (b"{}", "expected an in-toto statement"),
        (PAYLOAD.replace(b"in-toto.io/Statement/v1", b"in-toto.io/Statement/v2"), "in-toto"),
    ],
)
def test_what_is_no_statement(payload, words):
    assert words in refused(payload)


def with_subjects(*subjects):
    return canonical_json({**json.loads(PAYLOAD), "subject": list(subjects)})


def subject(name=TEXT, digest=DIGEST):
    return {"name": name, "digest": {"sha256": digest}}


@pytest.mark.parametrize("name", ["../text.txt", "/etc/passwd", "a/b", ".hidden", "", None, 5])
def test_subjects_that_are_no_plain_names(name):
    assert "no plain file name; paths are refused" in refused(
        with_subjects(subject(), subject(name))
    )


def test_subjects_that_are_no_files_of_the_kind():
    assert "subject 'other.txt' is not a file of this format" in refused(
        with_subjects(subject(), subject("other.txt"))
    )
    assert "subject 'text.txt' is missing" in refused(with_subjects(subject("notes.txt")))
    assert "subject 'text.txt' is missing" in refused(
        canonical_json({**json.loads(PAYLOAD), "subject": None})
    )


@pytest.mark.parametrize("digest", ["0" * 63, "A" * 64, None, 5])
def test_subjects_without_one_digest(digest):
    assert "subject 'text.txt' needs one SHA-256" in refused(with_subjects(subject(TEXT, digest)))


@pytest.mark.parametrize("item", [None, "text.txt", {"name": TEXT}, {"name": TEXT, "digest": []}])
def test_subjects_of_another_shape(item):
    assert "subject" in refused(with_subjects(item))


def test_a_subject_listed_twice():
    assert "needs one SHA-256" in refused(with_subjects(subject(), subject(TEXT, "1" * 64)))


def test_all_faults_at_once():
    record = json.loads(with_subjects(subject("../x"), subject("other.txt")))
    record["predicate"]["lines"] = -1
    found = refused(canonical_json(record))
    for words in ("paths are refused", "not a file", "is missing", "expected at least 0"):
        assert words in found
