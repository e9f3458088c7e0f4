"""Verification measures; it does not trust."""

import base64
import dataclasses
import hashlib
import json
import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from fluxttice_core import load, verify
from fluxttice_core.certificate.network.conclusions import conclude_checklist
from fluxttice_core.certificate.network.format import PREDICATE_TYPE
from fluxttice_core.certificate.network.predicate import NetworkPredicate
from fluxttice_core.errors import (
    ArtifactError,
    CertificateError,
    KeyFileError,
    VerificationError,
)
from fluxttice_core.seal import Policy, key_id, load_private_key, load_public_key
from fluxttice_core.seal.model_signature import sign_files
from fluxttice_core.seal.statement import make_statement
from tests.certificates import (
    canonical,
    change_and_sign,
    check,
    claim,
    copy_of,
    issue,
    make_key,
    payload_of,
    public,
    reasons,
    sign_again,
    statement_of,
)


@pytest.mark.parametrize("level", [1, 2, 3])
def test_what_was_issued_holds(issued, key, level):
    outcome = check(issued, key, level=level)
    assert outcome.mismatches == ()
    assert outcome.verdict.startswith(f"VERIFIED at level {level} ")
    assert outcome.signed_by == (key_id(load_public_key(public(key))),)
    assert outcome.exit_code == 0
    for name in ("certificate.json", "model.sig"):
        assert f"signature of {name} by {outcome.signed_by[0]}" in outcome.checked
    higher = [text for text in outcome.not_checked if text.startswith("level ")]
    assert len(higher) == 4 - level


def test_without_a_key_it_refuses_unless_told(issued):
    with pytest.raises(CertificateError, match="no key to verify with"):
        check(issued)
    outcome = check(issued, allow_unsigned=True)
    assert outcome.holds
    assert "AUTHOR NOT ESTABLISHED" in outcome.verdict
    assert "VERIFIED" not in outcome.verdict
    assert any("who made this certificate" in text for text in outcome.not_checked)


def test_another_key_is_told_apart(issued, keys):
    outcome = check(issued, keys[1])
    assert ("not-signed", "certificate.json") in reasons(outcome)
    assert outcome.about == {}, "nothing of an unauthenticated statement is repeated"
    assert outcome.verdict.startswith("NOT VERIFIED")


def test_the_public_function_raises_with_everything(folder, key):
    (folder / "README.md").write_text("# the best model\n")
    (folder / "extra.bin").write_bytes(b"x")
    with pytest.raises(VerificationError) as caught:
        verify(folder, key=public(key), level=1)
    assert len(caught.value.mismatches) == 2
    assert "README.md: changed-file" in str(caught.value)
    assert "extra.bin: unlisted-file" in str(caught.value)


def other_count(measurement):
    """State one fewer than was counted, whatever that is."""
    measurement["value"] -= 1


LIES = {
    "an exact count": (
        lambda p: claim(p, "untrained/A/reconstruction/alone/all").update(value=2),
        "untrained/A/reconstruction/alone/all",
        2,
    ),
    "a held-out count": (
        lambda p: claim(p, "model/A/reconstruction/alone/test").update(value=1968),
        "model/A/reconstruction/alone/test",
        2,
    ),
    "a denominator": (
        lambda p: claim(p, "model/A/reconstruction/alone/test").update(denominator=2000),
        "model/A/reconstruction/alone/test (denominator)",
        2,
    ),
    "a margin": (
        lambda p: claim(p, "model/B/reconstruction/alone/all").update(min_gap="9.000000000"),
        "model/B/reconstruction/alone/all (min_gap)",
        2,
    ),
    "a doubt": (
        lambda p: claim(p, "model/B/distinct_decodes").update(ambiguous=500),
        "model/B/distinct_decodes (ambiguous)",
        2,
    ),
    "an estimate": (
        lambda p: claim(p, "model/A/posterior/kl").update(value="1.000000"),
        "model/A/posterior/kl",
        2,
    ),
    "a tolerance": (
        lambda p: claim(p, "model/A/posterior/kl").update(tolerance="9.000000"),
        "model/A/posterior/kl (tolerance)",
        2,
    ),
    "a missing claim": (
        lambda p: p["measurements"].remove(claim(p, "model/A/distinct_decodes")),
        "model/A/distinct_decodes",
        2,
    ),
    "an invented claim": (
        lambda p: p["measurements"].append(
            {"name": "model/A/beauty", "kind": "exact-count", "level": 2, "unit": "operations"}
            | {"value": 19683}
        ),
        "model/A/beauty",
        2,
    ),
    "the epoch": (lambda p: p["checkpoint"].update(epoch=107), "checkpoint.epoch", 2),
    "the seed": (lambda p: p["training"].update(seed=1), "training.seed", 2),
    "the best value": (
        lambda p: p["training"]["best"][0].update(value="9.000000"),
        "training.best",
        2,
    ),
    "who was held out": (
        lambda p: p["split"]["sizes"].update(test=1),
        "split.sizes.test",
        2,
    ),
    "a lucky key": (lambda p: p["protocol"].update(key="0" * 32), "protocol.key", 2),
    "weak controls": (
        lambda p: p["protocol"]["controls"].update(untrained_sha256="0" * 64),
        "protocol.controls.untrained_sha256",
        2,
    ),
    "the verdict": (
        lambda p: p["separation"].update(verdict="The network is perfect."),
        "separation.verdict",
        2,
    ),
    "a ticked item": (
        lambda p: next(item for item in p["checklist"] if not item["met"]).update(met=True),
        None,
        2,
    ),
    "no limits": (lambda p: p.update(limits=["None."]), "limits", 2),
    "a drawn count": (
        lambda p: other_count(claim(p, "model/A/distinct/sampled/n=100")),
        "model/A/distinct/sampled/n=100",
        3,
    ),
    "the information": (
        lambda p: claim(p, "model/A/information").update(value="9.800000"),
        "model/A/information",
        3,
    ),
    "an interval": (
        lambda p: claim(p, "model/A/chi_square").update(interval=["0.000000", "0.000001"]),
        "model/A/chi_square (interval)",
        3,
    ),
    "the noise": (
        lambda p: p["protocol"].update(noise_sha256="0" * 64),
        "protocol.noise_sha256",
        3,
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_signed_with_the_right_key_is_found_and_named(lie, folder, key):
    change, subject, level = LIES[lie]
    change_and_sign(folder, key, change)
    assert check(folder, key, level=1).holds, "the signature is genuine"
    outcome = check(folder, key, level=level)
    found = {item.subject for item in outcome.mismatches if item.reason == "false-claim"}
    assert found
    if subject is not None:
        assert subject in found
    assert outcome.exit_code == 1


def test_a_lie_about_draws_passes_the_level_below(folder, key):
    """And that level says so: what it did not check it lists."""
    name = "model/A/distinct/sampled/n=100"
    change_and_sign(folder, key, lambda p: other_count(claim(p, name)))
    outcome = check(folder, key, level=2)
    assert outcome.holds
    assert any(text.startswith("level 3") for text in outcome.not_checked)


def test_a_document_that_says_more_than_the_certificate(folder, key):
    text = (folder / "CERTIFICATE.md").read_text()
    changed = re.sub(r"\d+\.\d+ %", "99.9 %", text, count=1)
    assert changed != text
    (folder / "CERTIFICATE.md").write_text(changed)
    change_and_sign(folder, key, lambda p: None, documents=False)
    assert check(folder, key, level=1).holds
    assert reasons(check(folder, key, level=2)) == {("false-claim", "CERTIFICATE.md")}


def test_documents_of_another_revision_are_no_lesser_verdict_but_none(folder, key):
    """Else anything could be written in them."""
    change_and_sign(folder, key, lambda p: p["tool"].update(text_revision=99))
    assert check(folder, key, level=1).holds
    with pytest.raises(CertificateError, match=r"expected documents of text revision 1, got 99"):
        check(folder, key, level=2)


@pytest.mark.parametrize(
    ("place", "lie"),
    [
        ("measurements", lambda p: p["measurements"].reverse()),
        ("checklist item 13", lambda p: p["checklist"].append(p["checklist"][0])),
        ("checklist item 1.detail", lambda p: p["checklist"].reverse()),
        ("config.sha256", lambda p: p["config"].update(sha256="0" * 64)),
        ("model/A/reconstruction/alone/all", lambda p: p["measurements"][0].update(value=19684)),
        (
            "checkpoint.is_the_file_certified_in_2025",
            lambda p: p["checkpoint"].update(is_the_file_certified_in_2025=True),
        ),
    ],
)
def test_what_was_compared_by_name_alone(folder, key, place, lie):
    change_and_sign(folder, key, lie)
    assert ("false-claim", place) in reasons(check(folder, key, level=2))


@pytest.mark.parametrize("lie", ["garbage", "gone", "another", "signed by nobody"])
def test_the_provenance_says_what_the_certificate_says(folder, key, lie):
    place = folder / "provenance.json"
    told = json.loads(place.read_bytes())
    statement = json.loads(base64.b64decode(told["payload"]))
    statement["predicate"]["runDetails"]["builder"]["id"] = "urn:nist"
    another = {**told, "payload": base64.b64encode(canonical(statement)).decode()}
    nobodys = {**told, "signatures": []}
    if lie == "gone":
        place.unlink()
    else:
        lies = {
            "garbage": b"x",
            "another": canonical(another),
            "signed by nobody": canonical(nobodys),
        }
        place.write_bytes(lies[lie])
    change_and_sign(folder, key, lambda p: None)
    assert reasons(check(folder, key, level=2)) == {("false-claim", "provenance.json")}


def test_a_certificate_from_the_future(folder, key):
    change_and_sign(folder, key, lambda p: p["validity"].update(issued="9999-12-31T00:00:00Z"))
    assert ("policy", "validity.issued") in reasons(check(folder, key))


def test_a_version_that_there_is_not_yet(folder, key):
    """It would pass every least version that is asked for."""
    change_and_sign(folder, key, lambda p: p["tool"].update(version="99999"))
    outcome = check(folder, key, policy=Policy(min_version="1.0"))
    assert reasons(outcome) == {("policy", "tool.version")}
    assert "which verifies" in outcome.mismatches[0].expected


def test_nothing_is_said_of_what_a_level_does_not_measure(issued, key):
    words = {level: check(issued, key, level=level).summary.sentence for level in (1, 2, 3)}
    assert "Nothing was measured" in words[1]
    assert "information was not measured" in words[2]
    assert "on information" in words[3] or "on reconstruction and information" in words[3]
    about = {level: check(issued, key, level=level).about for level in (1, 2, 3)}
    assert about[1]["separated_from_controls"] is about[2]["separated_from_controls"] is None
    assert about[3]["separated_from_controls"] is not None


def test_another_networks_weights(folder, untrained, key):
    """Swapped with its hashes and signatures: each claim is false, and each is named."""
    (folder / "weights.safetensors").write_bytes((untrained / "weights.safetensors").read_bytes())
    change_and_sign(folder, key, lambda p: None)
    assert check(folder, key, level=1).holds
    outcome = check(folder, key, level=2)
    found = {item.subject for item in outcome.mismatches}
    assert {"checkpoint.weights_sha256", "model/A/reconstruction/alone/test"} <= found
    assert len(found) > 20


def test_changed_weights_are_not_measured(folder, key):
    """Every claim would be false of them, and that would hide what happened."""
    data = bytearray((folder / "weights.safetensors").read_bytes())
    data[-1] ^= 1
    (folder / "weights.safetensors").write_bytes(data)
    outcome = check(folder, key, level=2)
    assert reasons(outcome) == {("changed-file", "weights.safetensors")}
    assert any("not the certified file" in text for text in outcome.not_checked)


def test_a_network_that_knows_nothing_is_certified_as_such(untrained, key):
    outcome = check(untrained, key, level=3)
    assert outcome.holds, "the measurements are true"
    predicate = statement_of(untrained)["predicate"]
    assert predicate["separation"]["separated"] is False
    assert "NOT separated from its controls" in outcome.about["verdict_on_the_network"]
    for name in ("CERTIFICATE.md", "README.md"):
        assert "NOT separated from its controls" in (untrained / name).read_text()
    met = [item["item"] for item in predicate["checklist"] if item["met"]]
    # A hundred draws decide nothing of coverage, and sampled coverage is passed by noise.
    assert [item.split()[0] for item in met] == ["No", "The"], met


def test_several_signers(tmp_path, keys):
    folder = issue(load("v5_5"), tmp_path / "both", *keys)
    assert check(folder, *keys).holds
    first, other = sorted(keys, key=lambda key: key_id(load_public_key(public(key))))
    for key in (first, other):
        alone = check(folder, key)
        assert alone.holds
        assert any("that key was not given" in text for text in alone.not_checked)
    # The first by id signs the files, and the statement says who that is.
    assert not any("model.sig" in text for text in check(folder, first).not_checked)
    assert any("model.sig" in text for text in check(folder, other).not_checked)
    record = json.loads((folder / "certificate.json").read_bytes())
    assert len(record["signatures"]) == 2
    record["signatures"] = record["signatures"][:1]
    (folder / "certificate.json").write_bytes(canonical(record))
    outcomes = [check(folder, key) for key in keys]
    assert not any(outcome.holds for outcome in outcomes), "a signature was taken off"


def test_the_order_of_the_keys_changes_nothing(tmp_path, keys, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    one = issue(load("v5_5"), tmp_path / "one", keys[0], keys[1])
    other = issue(load("v5_5"), tmp_path / "other", keys[1], keys[0])
    assert payload_of(one) == payload_of(other)
    assert len(statement_of(one)["predicate"]["signers"]) == 2
    assert (one / "model.sig").read_bytes() == (other / "model.sig").read_bytes()


def test_a_stranger_cannot_sign_the_files_in_place_of_the_first(tmp_path, keys):
    folder = issue(load("v5_5"), tmp_path / "both", *keys)
    stranger = load_private_key(make_key(tmp_path, "stranger"))
    digests = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.name != "model.sig"
    }
    (folder / "model.sig").write_bytes(sign_files(digests, stranger))
    first, other = sorted(keys, key=lambda key: key_id(load_public_key(public(key))))
    wrong = {("bad-signature", "model.sig")}
    assert reasons(check(folder, first)) == wrong
    assert reasons(check(folder, *keys)) == wrong
    # Whose it is cannot be told without that key, and is said not to have been.
    assert any("model.sig" in text for text in check(folder, other).not_checked)


def test_an_unsigned_certificate_says_so(tmp_path, key):
    folder = issue(load("v5_5"), tmp_path / "unsigned")
    assert {path.name for path in folder.iterdir()}.isdisjoint({"model.sig", "provenance.json"})
    assert "**Not signed.**" in (folder / "CERTIFICATE.md").read_text()
    assert check(folder, allow_unsigned=True, level=2).holds
    outcome = check(folder, key)
    assert ("not-signed", "certificate.json") in reasons(outcome)
    (folder / "model.sig").write_bytes(b"{}")
    outcome = check(folder, allow_unsigned=True)
    assert ("unlisted-file", "model.sig") in reasons(outcome)


def test_policy_against_old_certificates(issued, key, folder):
    moment = datetime.fromisoformat(statement_of(issued)["predicate"]["validity"]["issued"])
    outcome = check(issued, key, policy=Policy(not_before=moment))
    assert outcome.holds
    assert any("--not-before" in text for text in outcome.checked)
    later = Policy(not_before=datetime(2100, 1, 1, tzinfo=UTC))
    assert reasons(check(issued, key, policy=later)) == {("policy", "validity.issued")}
    newer = Policy(min_version="99.0")
    assert reasons(check(issued, key, policy=newer)) == {("policy", "tool.version")}
    assert check(issued, key, policy=Policy(min_version="0.1")).holds
    change_and_sign(folder, key, lambda p: p["validity"].update(expires="2001-01-01T00:00:00Z"))
    assert reasons(check(folder, key)) == {("policy", "validity.expires")}
    early = Policy(now=datetime(2000, 1, 1, tzinfo=UTC))
    assert reasons(check(folder, key, policy=early)) == {("policy", "validity.issued")}
    change_and_sign(folder, key, lambda p: p["validity"].update(issued="2001-02-31T00:00:00Z"))
    assert ("policy", "validity.issued") in reasons(check(folder, key))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (PREDICATE_TYPE.replace(":v1", ":v2"), "another major version"),
        ("https://slsa.dev/provenance/v1", "another kind of statement"),
    ],
)
def test_unknown_versions_are_refused(folder, key, kind, words):
    statement = statement_of(folder)
    subjects = [(item["name"], item["digest"]["sha256"]) for item in statement["subject"]]
    sign_again(folder, make_statement(subjects, kind, statement["predicate"]), key)
    with pytest.raises(CertificateError, match=f"unsupported version.*{words}"):
        check(folder, key)


def test_unknown_fields_are_ignored(folder, key):
    change_and_sign(folder, key, lambda p: p.update(a_later_field={"x": 1}))
    assert check(folder, key, level=2).holds


def test_a_statement_against_the_schema_is_refused_with_all_its_faults(folder, key):
    def change(predicate):
        predicate["checkpoint"]["latent_dim"] = "16"
        predicate["split"]["sizes"]["test"] = -1

    change_and_sign(folder, key, change)
    with pytest.raises(CertificateError) as caught:
        check(folder, key)
    assert "checkpoint.latent_dim: expected integer, got str" in str(caught.value)
    assert "split.sizes.test: expected at least 0, got -1" in str(caught.value)


def test_a_claim_listed_twice(folder, key):
    """Which of the two is checked? Neither: a schema cannot say it, so the predicate does."""
    change_and_sign(folder, key, lambda p: None)
    statement = statement_of(folder)
    statement["predicate"]["measurements"].append(statement["predicate"]["measurements"][0])
    sign_again(folder, canonical(statement), key)
    with pytest.raises(CertificateError, match="a measurement is listed twice"):
        check(folder, key)


@pytest.mark.parametrize(
    "name", ["../weights.safetensors", "/etc/passwd", "a/b", ".hidden", "other.bin", ""]
)
def test_subjects_that_are_no_file_of_the_format(folder, key, name):
    statement = statement_of(folder)
    subjects = [(item["name"], item["digest"]["sha256"]) for item in statement["subject"]]
    subjects.append((name, "0" * 64))
    sign_again(folder, make_statement(subjects, PREDICATE_TYPE, statement["predicate"]), key)
    with pytest.raises(CertificateError, match=r"no plain file name|not a file of this format"):
        check(folder, key)


@pytest.mark.parametrize("digest", ["0" * 63, "A" * 64, None, 5])
def test_subjects_without_one_digest(folder, key, digest):
    statement = statement_of(folder)
    statement["subject"][0]["digest"]["sha256"] = digest
    sign_again(folder, canonical(statement), key)
    with pytest.raises(CertificateError, match="needs one SHA-256"):
        check(folder, key)


def test_a_subject_listed_twice(folder, key):
    statement = statement_of(folder)
    statement["subject"].append(statement["subject"][0])
    sign_again(folder, canonical(statement), key)
    with pytest.raises(CertificateError, match="needs one SHA-256"):
        check(folder, key)


def test_certified_bytes_that_are_no_weights(folder, key):
    data = (folder / "weights.safetensors").read_bytes()
    (folder / "weights.safetensors").write_bytes(data[: len(data) // 2])
    change_and_sign(folder, key, lambda p: None)
    assert check(folder, key, level=1).holds
    outcome = check(folder, key, level=2)
    assert ("false-claim", "weights.safetensors") in reasons(outcome)


def moved(text, by):
    return f"{Decimal(text) + Decimal(by)}"


@pytest.mark.parametrize(
    ("name", "field", "by", "holds"),
    [
        ("model/A/posterior/kl", "value", "0.000001", True),
        ("model/A/posterior/kl", "value", "0.000002", False),
        ("model/A/reconstruction/alone/all", "min_gap", "0.000000002", True),
        ("model/A/reconstruction/alone/all", "min_gap", "0.000000003", False),
    ],
)
def test_tolerances_are_what_they_are_said_to_be(folder, key, name, field, by, holds):
    def change(predicate):
        item = claim(predicate, name)
        item[field] = moved(item[field], by)
        if field == "min_gap":
            # The checklist quotes it.
            items = conclude_checklist(NetworkPredicate.from_dict(predicate))
            predicate["checklist"] = [each.as_dict() for each in items]

    change_and_sign(folder, key, change)
    assert check(folder, key, level=2).holds is holds


def test_nothing_is_parsed_before_it_is_verified(folder, key, monkeypatch):
    from fluxttice_core.seal import authenticity

    def parsed(*_, **__):
        raise AssertionError("an unauthenticated payload was parsed")

    statement = statement_of(folder)
    statement["predicate"]["limits"] = []
    record = json.loads((folder / "certificate.json").read_bytes())
    record["payload"] = base64.b64encode(canonical(statement)).decode()
    (folder / "certificate.json").write_bytes(canonical(record))
    monkeypatch.setattr(authenticity, "parse_statement", parsed)
    assert ("bad-signature", "certificate.json") in reasons(check(folder, key))


def test_what_cannot_be_checked_at_all(tmp_path, key, folder):
    with pytest.raises(ArtifactError, match="nowhere: cannot be read"):
        check(tmp_path / "nowhere", key)
    (tmp_path / "empty").mkdir()
    with pytest.raises(CertificateError, match=r"expected certificate\.json in it"):
        check(tmp_path / "empty", key)
    with pytest.raises(CertificateError, match="level must be one of"):
        check(folder, key, level=5)
    with pytest.raises(KeyFileError, match="got a private key"):
        verify(folder, key=key)
    with pytest.raises(CertificateError, match="min_version"):
        verify(folder, key=public(key), min_version="new")


def test_weights_that_overflow_are_refused_not_measured(tmp_path, key):
    """Finite weights can still compute infinities."""
    weights = {name: value.copy() for name, value in load("v5_5").weights.items()}
    for name in weights:
        if name.startswith("encoder_A"):
            weights[name] = weights[name] * 0 + 3e38
    huge = dataclasses.replace(load("v5_5"), weights=weights)
    with pytest.raises(CertificateError, match="cannot be certified"):
        issue(huge, tmp_path / "huge", key)


def test_a_renamed_folder_is_the_same_certificate(issued, key, tmp_path):
    assert check(copy_of(issued, tmp_path / "renamed"), key).holds


def test_another_source_is_told_and_is_no_fault(folder, key):
    same = check(folder, key, level=2)
    assert same.holds
    assert any("the one that verifies" in text for text in same.checked)
    for source, told in (("0" * 64, "000000000000"), (None, "not named")):

        def change(predicate, source=source):
            predicate["environment"].pop("source_sha256", None)
            if source is not None:
                predicate["environment"]["source_sha256"] = source

        change_and_sign(folder, key, change)
        other = check(folder, key, level=2)
        assert other.holds
        assert any(f"measured with, {told}" in text for text in other.not_checked)
