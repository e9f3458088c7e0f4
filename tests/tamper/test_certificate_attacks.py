"""What someone could do to a certificate's folder, each refused with its reason."""

import base64
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys

import pytest

from fluxttice_core.errors import CertificateError, FluxtticeError
from fluxttice_core.model.controls import untrained_weights
from fluxttice_core.seal.envelope import (
    MAX_ENVELOPE_BYTES,
    Envelope,
    parse_envelope,
    sign_payload,
)
from fluxttice_core.seal.keys import load_private_key
from fluxttice_core.seal.model_signature import sign_files
from tests.certificates import (
    canonical,
    change_and_sign,
    check,
    claim,
    issue,
    payload_of,
    public,
    reasons,
    sign_again,
)
from tests.support import checkpoint_of

ALL = (
    *("weights.safetensors", "config.json", "benchmark.json", "bom.cdx.json", "provenance.json"),
    *("README.md", "CERTIFICATE.md", "model.sig"),
)


@pytest.mark.parametrize("name", ALL)
def test_removed(folder, keys, name):
    (folder / name).unlink()
    assert ("missing-file", name) in reasons(check(folder, keys[0]))


@pytest.mark.parametrize("name", ALL)
def test_renamed(folder, keys, name):
    (folder / name).rename(folder / f"{name}.old")
    assert {("missing-file", name), ("unlisted-file", f"{name}.old")} <= reasons(
        check(folder, keys[0])
    )


@pytest.mark.parametrize("name", ALL)
def test_truncated(folder, keys, name):
    data = (folder / name).read_bytes()
    for size in (0, 1, len(data) - 1):
        (folder / name).write_bytes(data[:size])
        assert ("changed-file", name) in reasons(check(folder, keys[0]))
    (folder / name).write_bytes(data + b"\0")
    assert ("changed-file", name) in reasons(check(folder, keys[0]))


@pytest.mark.parametrize("name", ALL)
def test_behind_a_link(folder, keys, name, tmp_path):
    """The very same bytes, but elsewhere: they could be others by the time they are used."""
    (folder / name).rename(tmp_path / "elsewhere")
    (folder / name).symlink_to(tmp_path / "elsewhere")
    assert reasons(check(folder, keys[0])) == {("refused-file", name)}


def test_swapped(folder, keys):
    (folder / "README.md").rename(folder / "x")
    (folder / "CERTIFICATE.md").rename(folder / "README.md")
    (folder / "x").rename(folder / "CERTIFICATE.md")
    assert reasons(check(folder, keys[0])) == {
        ("changed-file", "README.md"),
        ("changed-file", "CERTIFICATE.md"),
    }


@pytest.mark.parametrize("name", ["extra.bin", ".gitattributes", ".github", ".DS_Store", "a b"])
def test_added(folder, keys, name):
    """Also under the names that other tools let pass."""
    (folder / name).write_bytes(b"x")
    assert name in {subject for _, subject in reasons(check(folder, keys[0]))}


def test_a_folder_and_a_pipe_added(folder, keys):
    (folder / "more").mkdir()
    os.mkfifo(folder / "pipe")
    assert reasons(check(folder, keys[0])) == {("refused-file", "more"), ("refused-file", "pipe")}


def test_all_faults_at_once(folder, keys):
    (folder / "README.md").write_text("x")
    (folder / "config.json").unlink()
    (folder / "extra").write_bytes(b"")
    found = reasons(check(folder, keys[0]))
    assert found == {
        ("changed-file", "README.md"),
        ("missing-file", "config.json"),
        ("unlisted-file", "extra"),
    }


def test_the_certificate_of_another_network(folder, keys, tmp_path):
    """Genuine, but of other files: mixing two certificates is seen."""
    other = issue(checkpoint_of(untrained_weights(1)), tmp_path / "other", keys[0])
    shutil.copy(other / "weights.safetensors", folder)
    assert reasons(check(folder, keys[0])) == {("changed-file", "weights.safetensors")}
    shutil.copy(other / "certificate.json", folder)
    found = reasons(check(folder, keys[0]))
    assert {("unlisted-file", "config.json"), ("changed-file", "README.md")} <= found


def test_a_foreign_key_signs_it_all(folder, keys):
    sign_again(folder, payload_of(folder), keys[1])
    assert ("not-signed", "certificate.json") in reasons(check(folder, keys[0]))
    # Even to those who trust that key: the statement names who should have signed.
    assert ("not-signed", "certificate.json") in reasons(check(folder, keys[1]))


def test_a_foreign_signature_under_our_name(folder, keys):
    ours, foreign = (load_private_key(key) for key in keys)
    payload = payload_of(folder)
    name = sign_payload(payload, [ours]).signatures[0][0]
    forged = Envelope(payload, ((name, sign_payload(payload, [foreign]).signatures[0][1]),))
    (folder / "certificate.json").write_bytes(forged.to_bytes())
    assert ("bad-signature", "certificate.json") in reasons(check(folder, keys[0]))


def test_a_signature_of_something_else(folder, keys):
    """Our genuine signature over the provenance does not serve for the certificate."""
    provenance = parse_envelope((folder / "provenance.json").read_bytes(), "p")
    forged = Envelope(payload_of(folder), provenance.signatures)
    (folder / "certificate.json").write_bytes(forged.to_bytes())
    assert ("bad-signature", "certificate.json") in reasons(check(folder, keys[0]))
    shutil.copy(folder / "provenance.json", folder / "certificate.json")
    with pytest.raises(CertificateError, match="another kind of statement"):
        check(folder, keys[0])


def test_a_signature_taken_off(folder, keys):
    envelope = parse_envelope((folder / "certificate.json").read_bytes(), "c")
    (folder / "certificate.json").write_bytes(Envelope(envelope.payload, ()).to_bytes())
    assert ("not-signed", "certificate.json") in reasons(check(folder, keys[0]))
    assert ("not-signed", "certificate.json") in reasons(check(folder, allow_unsigned=True))


def test_a_model_signature_by_another_key(folder, keys):
    digests = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.name != "model.sig"
    }
    (folder / "model.sig").write_bytes(sign_files(digests, load_private_key(keys[1])))
    assert reasons(check(folder, keys[0])) == {("bad-signature", "model.sig")}


def test_an_old_certificate_in_a_newer_folder(folder, keys, certificate):
    change_and_sign(folder, keys[0], lambda p: p["validity"].update(supersedes="0" * 64))
    shutil.copy(certificate / "certificate.json", folder)
    assert not check(folder, keys[0]).holds


PAYLOADS = {
    "a key twice": (b'{"_type":"x","_type":"x"}', "the key '_type' occurs twice"),
    "NaN": (b'{"a":NaN}', "NaN is not JSON"),
    "Infinity": (b'{"a":Infinity}', "Infinity is not JSON"),
    "1e999": (b'{"a":1e999}', "no whole number"),
    "a fraction": (b'{"a":0.5}', "no whole number"),
    "deeply nested": (b'{"a":' * 50 + b"1" + b"}" * 50, "nested more than 32 deep"),
    "very deeply nested": (b"[" * 500_000, "nested more than 32 deep"),
    "not UTF-8": (b'{"a":"\xff"}', "is not UTF-8"),
    "no object": (b"[]", "expected an in-toto statement"),
    "another statement type": (b'{"_type":"x"}', "expected an in-toto statement"),
    "nothing": (b"", "cannot be read"),
}


@pytest.mark.parametrize("case", PAYLOADS)
def test_payloads_signed_with_the_right_key(folder, keys, case):
    """A signer's mistake, or a stolen key: still nothing but a refusal."""
    payload, words = PAYLOADS[case]
    sign_again(folder, payload, keys[0])
    with pytest.raises(CertificateError) as caught:
        check(folder, keys[0])
    assert words in str(caught.value)


def test_oversized(folder, keys):
    (folder / "certificate.json").write_bytes(b" " * (MAX_ENVELOPE_BYTES + 1))
    with pytest.raises(CertificateError, match="bytes, at most"):
        check(folder, keys[0])
    (folder / "certificate.json").write_bytes(b'{"payload":"' + b"A" * (5 * 2**20) + b'"}')
    with pytest.raises(CertificateError, match="bytes, at most"):
        check(folder, keys[0])


def test_a_file_without_end(folder, keys):
    """A sparse file of a terabyte: refused after 64 MiB, in bounded memory."""
    with (folder / "README.md").open("wb") as stream:
        stream.truncate(2**40)
    program = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_AS, (3 * 2**30, 3 * 2**30))\n"
        "from fluxttice_core.cli import main; main(sys.argv[1:])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "verify", str(folder), "--key", str(public(keys[0]))],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1, done.stderr
    assert "README.md: refused-file" in done.stdout


def test_claims_raised_one_at_a_time(folder, keys):
    """Each exact claim that can be raised, raised: level 2 names every one of them."""
    raised = []

    def change(predicate):
        for item in predicate["measurements"]:
            if item["kind"] == "exact-count" and item["value"] < item["denominator"]:
                item["value"] += 1
                raised.append(item["name"])

    change_and_sign(folder, keys[0], change)
    assert check(folder, keys[0], level=1).holds
    found = {subject for _, subject in reasons(check(folder, keys[0], level=2))}
    assert len(raised) >= 8, "the controls alone have as many"
    assert set(raised) <= found


@pytest.mark.parametrize("value", [True, "1969", "1969.000000", 1969.0, None, [1969], -1])
def test_counts_that_are_no_counts(folder, keys, value):
    def change(predicate):
        claim(predicate, "model/A/reconstruction/alone/test")["value"] = value

    change_and_sign(folder, keys[0], change, documents=False)
    try:
        outcome = check(folder, keys[0], level=2)
    except CertificateError:
        return
    assert "model/A/reconstruction/alone/test" in {subject for _, subject in reasons(outcome)}


@pytest.mark.parametrize("seed", range(3))
def test_random_damage_to_a_statement_is_a_refusal_or_a_mismatch(folder, keys, seed):
    """Signed again after each change, so that all that follows the signature is reached."""
    dice = random.Random(seed)
    statement = json.loads(payload_of(folder))

    def places(value, path=()):
        yield path
        items = (
            value.items()
            if isinstance(value, dict)
            else enumerate(value)
            if isinstance(value, list)
            else ()
        )
        for key, item in items:
            yield from places(item, (*path, key))

    everything = [path for path in places(statement) if path]
    junk = [None, True, -1, 0, 2**70, "", "x" * 500, "../x", [], {}, [[]], {"a": {}}, "1.0\n"]
    for _ in range(60):
        damaged = json.loads(payload_of(folder))
        path = dice.choice(everything)
        place = damaged
        for key in path[:-1]:
            place = place[key]
        old, new = place[path[-1]], dice.choice(junk)
        place[path[-1]] = new
        work = folder.with_name("work")
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(folder, work)
        sign_again(work, canonical(damaged), keys[0])
        try:
            outcome = check(work, keys[0], level=1)
        except FluxtticeError:
            continue
        assert outcome is not None, (path, old, new)


def test_base64_of_the_payload_in_another_dress(folder, keys):
    record = json.loads((folder / "certificate.json").read_bytes())
    text = record["payload"]
    for other in (text + "\n", text.rstrip("=") + "====", text.replace("A", "A ", 1)):
        (folder / "certificate.json").write_bytes(canonical({**record, "payload": other}))
        with pytest.raises(CertificateError, match="not base64 in its standard form"):
            check(folder, keys[0])
    assert base64.b64decode(text)
