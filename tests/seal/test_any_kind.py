"""A folder of any kind is sealed and verified by the same calls; what it says is the kind's."""

import dataclasses
import json
import re
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from fluxttice_core.errors import ArtifactError, CertificateError, VerificationError
from fluxttice_core.seal import (
    Kind,
    Level,
    Policy,
    Tool,
    key_id,
    new_folder,
    seal_folder,
    signed_statement,
    signer_ids,
    valid_from_now,
    verify_folder,
)
from fluxttice_core.seal import issuing as room
from fluxttice_core.seal.keys import public_pem
from tests.support import ROOT
from tests.toy_kind import LINES, TEXT, LineCount, certify_text

POEM = b"one\ntwo\n"


@pytest.fixture(scope="module")
def keys():
    return [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]


def check(folder, *keys, level=2, kinds=(LINES,), **options):
    return verify_folder(folder, kinds, [key.public_key() for key in keys], level=level, **options)


def reasons(outcome):
    return {(item.reason, item.subject) for item in outcome.mismatches}


def test_what_was_sealed_holds(tmp_path, keys):
    folder = certify_text(tmp_path / "c", POEM, 2, keys[:1])
    assert {path.name for path in folder.iterdir()} == {TEXT, "certificate.json", "model.sig"}
    outcome = check(folder, keys[0])
    name = key_id(keys[0].public_key())
    assert outcome.verdict == f"VERIFIED at level 2 (lines, counted again), signed by {name[:16]}"
    assert outcome.about == {
        "certificate": "certificate.json",
        "issued": outcome.about["issued"],
        "tool_version": "2.1",
        "signers": [name],
        "lines": 2,
    }
    assert "the lines, counted again" in outcome.checked
    assert "what it says: The text has 2 lines." in outcome.as_text()
    below = check(folder, keys[0], level=1)
    assert below.verdict.startswith("VERIFIED at level 1 (signature and file hashes), ")
    assert below.not_checked == ("level 2: lines, counted again",)


def test_a_lie_signed_with_the_right_key_is_found_at_its_level(tmp_path, keys):
    folder = certify_text(tmp_path / "c", POEM, 3, keys[:1])
    assert check(folder, keys[0], level=1).holds
    outcome = check(folder, keys[0])
    assert reasons(outcome) == {("false-claim", "lines")}
    assert outcome.exit_code == 1
    with pytest.raises(VerificationError, match="expected 2 as counted, got 3 as claimed"):
        outcome.require()


def test_a_changed_file_is_found_below_its_claims(tmp_path, keys):
    folder = certify_text(tmp_path / "c", POEM, 2, keys[:1])
    (folder / TEXT).write_bytes(POEM + b"three\n")
    outcome = check(folder, keys[0])
    assert reasons(outcome) == {("changed-file", TEXT)}, "its lines are not counted"
    assert f"the claims: {TEXT} is not the certified file" in outcome.not_checked


def test_files_that_cannot_be_read_as_the_kind_does(tmp_path, keys):
    folder = certify_text(tmp_path / "c", b"\xff", 1, keys[:1])
    assert reasons(check(folder, keys[0])) == {("false-claim", TEXT)}


def test_files_that_may_be_there(tmp_path, keys):
    folder = certify_text(tmp_path / "c", POEM, 2, keys[:1], notes=b"n")
    assert check(folder, keys[0]).holds
    (folder / "notes.txt").unlink()
    assert reasons(check(folder, keys[0])) == {("missing-file", "notes.txt")}
    (folder / "more.txt").write_bytes(b"")
    assert ("unlisted-file", "more.txt") in reasons(check(folder, keys[0]))


def test_several_signers_and_none(tmp_path, keys):
    both = certify_text(tmp_path / "both", POEM, 2, keys)
    assert len(check(both, *keys).signed_by) == 2
    none = certify_text(tmp_path / "none", POEM, 2)
    assert "AUTHOR NOT ESTABLISHED" in check(none, allow_unsigned=True).verdict
    outcome = check(none, keys[0])
    assert reasons(outcome) == {("not-signed", "certificate.json")}
    assert outcome.about == {}
    assert outcome.not_checked == ("everything else: the statement is not by the key given",)


def test_without_a_key_it_refuses_unless_told(tmp_path, keys):
    folder = certify_text(tmp_path / "c", POEM, 2, keys[:1])
    with pytest.raises(CertificateError, match="no key to verify with"):
        verify_folder(folder, (LINES,))
    outcome = verify_folder(folder, (LINES,), allow_unsigned=True)
    assert outcome.level == 1
    assert "AUTHOR NOT ESTABLISHED" in outcome.verdict


def test_a_time_of_issue_that_is_none(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "today")
    with pytest.raises(CertificateError, match="expected whole seconds since 1970"):
        valid_from_now()


def test_policy(tmp_path, keys, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    folder = certify_text(tmp_path / "c", POEM, 2, keys[:1])
    early, late = (datetime(year, 1, 1, tzinfo=UTC) for year in (2023, 2024))
    assert check(folder, keys[0], policy=Policy(not_before=early, min_version="2.1")).holds
    refused = check(folder, keys[0], policy=Policy(not_before=late, min_version="2.2"))
    assert reasons(refused) == {("policy", "validity.issued"), ("policy", "tool.version")}


def statement(folder, keys, predicate_type, predicate):
    """Put another statement into the envelope."""
    digest = {TEXT: "0" * 64}
    data = signed_statement(digest, predicate_type, predicate, keys)
    (folder / "certificate.json").write_bytes(data)


@pytest.mark.parametrize(
    ("predicate_type", "words"),
    [
        ("https://example.org/line-count/v2", "another major version; update this tool"),
        ("https://example.org/word-count/v1", "another kind of statement"),
        (None, "another kind of statement"),
    ],
)
def test_a_predicate_type_that_is_not_known(tmp_path, keys, predicate_type, words):
    folder = certify_text(tmp_path / "c", POEM, 2, keys[:1])
    statement(folder, keys[:1], predicate_type, {})
    with pytest.raises(CertificateError) as caught:
        check(folder, keys[0])
    assert f"expected {LINES.predicate_type}, got {str(predicate_type)!r}: {words}" in str(
        caught.value
    )
    with pytest.raises(CertificateError, match="another kind of statement"):
        check(folder, keys[0], kinds=(), level=1)


GOOD = {
    "tool": {"name": "counter", "version": "2.1"},
    "validity": {"issued": "2026-11-24T00:00:00Z"},
    "signers": [],
    "lines": 2,
}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"lines": -1}, "lines: expected at least 0, got -1"),
        ({"lines": "2"}, "lines: expected integer, got str"),
        ({"signers": ["a"]}, r"signers\[0\]: expected text like"),
        ({"signers": None}, "signers: expected array, got NoneType"),
        ({"validity": {"issued": "today"}}, "validity.issued: expected text like"),
        ({"validity": {**GOOD["validity"], "until": 1}}, "validity.until: unknown"),
        ({"tool": {"name": "counter"}}, "tool: missing version"),
    ],
)
def test_a_predicate_against_the_shared_schema_or_its_own(tmp_path, keys, change, words):
    folder = certify_text(tmp_path / "c", POEM, 2, keys[:1])
    statement(folder, keys[:1], LINES.predicate_type, {**GOOD, **change})
    with pytest.raises(CertificateError, match=words) as caught:
        check(folder, keys[0])
    assert "not a line count:" in str(caught.value)
    for name in GOOD:
        rest = {key: value for key, value in GOOD.items() if key != name}
        statement(folder, keys[:1], LINES.predicate_type, rest)
        with pytest.raises(CertificateError, match=f"the predicate: missing {name}"):
            check(folder, keys[0])


def test_many_faults_are_told_in_part(tmp_path, keys):
    folder = certify_text(tmp_path / "c", POEM, 2, keys[:1])
    statement(folder, keys[:1], LINES.predicate_type, {**GOOD, "signers": ["x"] * 16 + [1] * 9})
    with pytest.raises(CertificateError) as caught:
        check(folder, keys[0])
    lines = str(caught.value).splitlines()
    assert len(lines) == 22
    assert lines[-1] == "  and 6 more"


def test_levels_are_those_of_the_kind(tmp_path, keys):
    folder = certify_text(tmp_path / "c", POEM, 2, keys[:1])
    with pytest.raises(CertificateError, match="level must be one of 1, 2; got 3"):
        check(folder, keys[0], level=3)
    levels = (*LINES.levels, Level(3, "more", lambda *_: None))
    other = dataclasses.replace(LINES, predicate_type="urn:other:v1", levels=levels)
    with pytest.raises(CertificateError, match="one of 1, 2 for a line count; got 3"):
        check(folder, keys[0], level=3, kinds=(other, LINES))


def test_progress_is_told(tmp_path, keys):
    told = []
    folder = certify_text(tmp_path / "c", POEM, 2, keys[:1])
    check(folder, keys[0], on_progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 1)]


def sealed(folder, keys, files=None, **changes):
    predicate = LineCount(Tool("counter", "2.1"), valid_from_now(), signer_ids(keys), 2)
    predicate = dataclasses.replace(predicate, **changes)
    seal_folder(new_folder(folder), LINES, predicate, files or {TEXT: POEM}, keys)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lines": -1}, "lines: expected at least 0"),
        ({"signers": ("a" * 64,)}, "expected the ids of the keys that sign"),
        ({"files": {"notes.txt": b""}}, "text.txt: missing"),
        ({"files": {TEXT: POEM, "more.txt": b""}}, "more.txt: no file of this kind"),
        ({"files": {TEXT: POEM, "certificate.json": b""}}, "certificate.json: no file of this"),
    ],
)
def test_what_is_not_of_the_kind_is_not_sealed(tmp_path, keys, changes, words):
    with pytest.raises(CertificateError, match=words):
        sealed(tmp_path / "c", keys, **changes)
    assert list((tmp_path / "c").iterdir()) == []


@pytest.mark.parametrize(
    ("expires", "supersedes", "words"),
    [("soon", None, "expected a time like"), (None, "A" * 64, "64 lower-case")],
)
def test_a_validity_that_is_none(expires, supersedes, words):
    with pytest.raises(CertificateError, match=words):
        valid_from_now(expires, supersedes)
    assert valid_from_now("2027-01-31T00:00:00Z", "a" * 64).supersedes == "a" * 64


def test_a_folder_in_use_is_left_alone(tmp_path):
    (tmp_path / "mine").write_bytes(b"x")
    with pytest.raises(ArtifactError, match="expected a new or an empty folder"):
        new_folder(tmp_path)


def test_the_signatures_are_written_last(tmp_path, keys, monkeypatch):
    """Whatever was the last file written, an interrupted folder does not verify."""
    whole = room.write_atomically
    for last in range(4):
        written = []

        def stopping(path, data, last=last, written=written):
            if len(written) == last:
                raise KeyboardInterrupt
            written.append(path.name)
            whole(path, data)

        monkeypatch.setattr(room, "write_atomically", stopping)
        folder = tmp_path / str(last)
        with pytest.raises(KeyboardInterrupt):
            certify_text(folder, POEM, 2, keys[:1], notes=b"n")
        assert written == [TEXT, "notes.txt", "certificate.json", "model.sig"][:last]
        if "certificate.json" in written:
            assert reasons(check(folder, keys[0], level=1)) == {("missing-file", "model.sig")}
        else:
            with pytest.raises(CertificateError, match=r"expected certificate\.json in it"):
                check(folder, keys[0], level=1)


def test_the_official_tool_accepts_the_folder(tmp_path, keys):
    folder = certify_text(tmp_path / "c", POEM, 2, keys[:1])
    (tmp_path / "key.pub").write_bytes(public_pem(keys[0].public_key()))
    command = [sys.executable, "-m", "model_signing", "verify", "key", str(folder)]
    command += ["--signature", str(folder / "model.sig")]
    command += ["--public_key", str(tmp_path / "key.pub")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_statement_is_what_a_stranger_reads(tmp_path):
    import base64

    folder = certify_text(tmp_path / "c", POEM, 2)
    record = json.loads((folder / "certificate.json").read_bytes())
    read = json.loads(base64.b64decode(record["payload"]))
    assert read["predicateType"] == LINES.predicate_type
    assert set(read["predicate"]) == {"tool", "validity", "signers", "lines"}
    assert [item["name"] for item in read["subject"]] == [TEXT]


def test_the_example_of_the_document(tmp_path, keys, monkeypatch):
    """It reads what the kind of these tests wrote: they are the same kind."""
    text = (ROOT / "docs/certificate.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(from dataclasses .*?)```", text, re.DOTALL)
    certify_text(tmp_path / "folder", POEM, 2, keys[:1])
    monkeypatch.chdir(tmp_path)
    found = {"__name__": __name__, "public_key": keys[0].public_key()}
    exec(example.replace('verify_folder("', 'outcome = verify_folder("'), found)
    assert found["outcome"].holds
    assert found["outcome"].level == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"predicate_type": "urn:x:1"}, "expected it to end in :v1"),
        ({"predicate_type": "urn:x:v1\n"}, "expected it to end in :v1"),
        ({"required": ("../a",), "measured": ()}, "expected plain names"),
        ({"optional": (TEXT,)}, "each once"),
        ({"optional": ("model.sig",)}, "none of a signature"),
        ({"measured": ("notes.txt",)}, "expected required files"),
        ({"levels": (Level(3, "x", lambda *_: None),)}, "levels are"),
        ({"levels": (*LINES.levels, *LINES.levels)}, "levels are"),
    ],
)
def test_what_is_no_kind(changes, words):
    with pytest.raises(ValueError, match=words):
        dataclasses.replace(LINES, **changes)
    assert isinstance(dataclasses.replace(LINES, levels=()), Kind)
