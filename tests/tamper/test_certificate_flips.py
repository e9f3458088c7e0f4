"""Every byte of every file of a certificate, changed alone: refused, and for the right reason."""

import numpy as np
import pytest

from fluxttice_core.certificate import KINDS
from fluxttice_core.errors import CertificateError
from fluxttice_core.seal import Findings, Policy, load_public_key
from fluxttice_core.seal.authenticity import check_authenticity
from fluxttice_core.seal.folder import Folder, read_folder
from tests.certificates import public


def verdicts(certificate, key, name, positions, bits=(0,)):
    """Flip bits one at a time; return how often each (reason, subject) was given."""
    whole = read_folder(certificate)
    keys = [load_public_key(public(key))]
    found = {}
    data = bytearray(whole.files[name])
    for position in positions:
        for bit in bits:
            data[position] ^= 1 << bit
            files = {**whole.files, name: bytes(data)}
            data[position] ^= 1 << bit
            findings = Findings()
            try:
                check_authenticity(Folder(whole.path, files, ()), KINDS, keys, Policy(), findings)
                outcome = {(item.reason, item.subject) for item in findings.mismatches}
                assert outcome, f"byte {position}, bit {bit} of {name} changed unseen"
                assert not any(
                    subject not in (name, "certificate.json", "model.sig") for _, subject in outcome
                )
                key_of = min(outcome)
            except CertificateError:
                key_of = ("unreadable", name)
            found[key_of] = found.get(key_of, 0) + 1
    return found


def sample(certificate, name, count):
    size = (certificate / name).stat().st_size
    return np.random.default_rng(size).choice(size, min(count, size), replace=False).tolist()


OTHERS = (
    *("weights.safetensors", "config.json", "benchmark.json", "bom.cdx.json", "provenance.json"),
    *("README.md", "CERTIFICATE.md"),
)


@pytest.mark.parametrize("name", OTHERS)
def test_a_sample_of_each_file(certificate, keys, name):
    found = verdicts(certificate, keys[0], name, sample(certificate, name, 30))
    assert set(found) == {("changed-file", name)}


@pytest.mark.parametrize("name", ["certificate.json", "model.sig"])
def test_a_sample_of_each_signed_envelope(certificate, keys, name):
    found = verdicts(certificate, keys[0], name, sample(certificate, name, 400))
    assert sum(found.values()) == 400
    allowed = {
        "certificate.json": {
            ("unreadable", name),
            ("bad-signature", name),
            ("not-signed", name),
        },
        "model.sig": {("changed-file", name), ("bad-signature", name)},
    }[name]
    assert set(found) <= allowed, found


def test_the_probe_can_fail(certificate, keys, monkeypatch):
    """A verifier that believes signatures and hashes is caught by the sample."""
    from fluxttice_core.seal import authenticity

    monkeypatch.setattr(authenticity, "_check_files", lambda *_: None)
    monkeypatch.setattr(authenticity, "_check_file_signature", lambda *_: None)
    with pytest.raises(AssertionError, match="changed unseen"):
        verdicts(certificate, keys[0], "README.md", [5])


@pytest.mark.assurance
def test_every_byte(certificate, keys, assurance_record):
    """Each byte of each envelope and of the safetensors header, and of each other small file."""
    record = {}
    weights = (certificate / "weights.safetensors").read_bytes()
    header = 8 + int.from_bytes(weights[:8], "little")
    for name, bits in (("certificate.json", (0,)), ("model.sig", range(8))):
        size = (certificate / name).stat().st_size
        found = verdicts(certificate, keys[0], name, range(size), bits)
        record[name] = {"bytes": size, "flips": sum(found.values()), "unseen": 0}
    found = verdicts(certificate, keys[0], "weights.safetensors", range(header))
    assert set(found) == {("changed-file", "weights.safetensors")}
    record["weights.safetensors header"] = {
        "bytes": header,
        "flips": sum(found.values()),
        "unseen": 0,
    }
    for name in OTHERS:
        size = (certificate / name).stat().st_size
        step = 1 if size < 100_000 else 97
        found = verdicts(certificate, keys[0], name, range(0, size, step))
        assert set(found) == {("changed-file", name)}
        record[name] = {"bytes": size, "flips": sum(found.values()), "unseen": 0}
    assurance_record("certificate_flips", record)
