"""One record for people, programs, errors and the exit code, whatever came out."""

import pytest

from fluxttice_core.errors import CertificateError, VerificationError
from fluxttice_core.seal import Findings, Mismatch, Summary, Verification

SUMMARY = Summary("It is so.", "of a thing", {"thing": 1})
FALSE = Mismatch("false-claim", "lines", "2", "3")
OUTCOMES = {
    "verified": Verification("p", 2, "counts", (), ("c",), ("n",), ("a" * 64,), SUMMARY),
    "unsigned": Verification("p", 2, "counts", (), ("c",), ("n",), (), SUMMARY),
    "false": Verification("p", 2, "counts", (FALSE, FALSE), ("c",), ("n",), (), SUMMARY),
    "one false": Verification("p", 2, "counts", (FALSE,)),
    "not checked": Verification("p", 2, error="p: cannot be read"),
}


@pytest.mark.parametrize(
    ("name", "verdict", "code", "reasons"),
    [
        ("verified", f"VERIFIED at level 2 (counts), signed by {'a' * 16}", 0, []),
        (
            "unsigned",
            "HOLDS at level 2 (counts), but AUTHOR NOT ESTABLISHED: no signature was checked",
            *(0, []),
        ),
        ("false", "NOT VERIFIED: 2 claims or files are not as certified", 1, ["false-claim"]),
        ("one false", "NOT VERIFIED: 1 claim or file is not as certified", 1, ["false-claim"]),
        ("not checked", "NOT CHECKED", 2, ["unusable"]),
    ],
)
def test_verdict_exit_code_and_reasons_agree(name, verdict, code, reasons):
    outcome = OUTCOMES[name]
    record = outcome.as_dict()
    assert (outcome.verdict, outcome.exit_code, outcome.holds) == (verdict, code, code == 0)
    assert (record["verdict"], record["exit_code"], record["verified"]) == (
        *(verdict, code, code == 0),
    )
    assert record["reasons"] == reasons
    assert outcome.as_text().splitlines()[0] == verdict


def test_one_shape():
    keys = set(OUTCOMES["verified"].as_dict())
    assert {frozenset(each.as_dict()) - {"error"} for each in OUTCOMES.values()} == {
        frozenset(keys)
    }
    assert OUTCOMES["not checked"].as_dict()["error"] == "p: cannot be read"


def test_the_words_for_people():
    assert OUTCOMES["verified"].as_text().splitlines()[1:] == [
        "what it says: It is so.",
        "p: of a thing",
        "checked:",
        "  c",
        "not checked:",
        "  n",
    ]
    assert OUTCOMES["false"].as_text().splitlines()[1:4] == [
        "false:",
        "  lines: false-claim: expected 2, got 3",
        "  lines: false-claim: expected 2, got 3",
    ]
    assert "It is so" not in OUTCOMES["false"].as_text(), "of a false certificate nothing is said"
    assert OUTCOMES["not checked"].as_text() == "NOT CHECKED\np: cannot be read"


def test_the_errors():
    OUTCOMES["verified"].require()
    OUTCOMES["unsigned"].require()
    with pytest.raises(VerificationError) as caught:
        OUTCOMES["false"].require()
    assert caught.value.mismatches == (str(FALSE), str(FALSE))
    with pytest.raises(CertificateError, match="cannot be read"):
        OUTCOMES["not checked"].require()


def test_findings_know_what_is_false():
    findings = Findings()
    findings.add("changed-file", "a.txt", "this", "that")
    assert findings.is_false("a.txt")
    assert not findings.is_false("b.txt")
