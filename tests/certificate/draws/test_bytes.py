"""Every byte of every file of a certificate of draws, changed alone, is caught."""

import pytest

from fluxttice_core import certify_draws
from fluxttice_core.certificate import KINDS
from fluxttice_core.errors import CertificateError
from fluxttice_core.seal import Findings, Policy, load_public_key
from fluxttice_core.seal.authenticity import check_authenticity
from fluxttice_core.seal.folder import Folder, read_folder
from tests.certificates import public


@pytest.fixture(scope="module")
def small(words, key, tmp_path_factory):
    out = tmp_path_factory.mktemp("small") / "certificate"
    certify_draws(words, out, key=key, include=True)
    return out


def caught(folder, key, stride):
    """Flip a bit of each byte, one at a time; return how many flips there were, all caught."""
    whole = read_folder(folder)
    keys = [load_public_key(public(key))]
    flips = 0
    for name, data in whole.files.items():
        for position in range(0, len(data), stride):
            bit = 1 << position % 8
            changed = data[:position] + bytes([data[position] ^ bit]) + data[position + 1 :]
            findings = Findings()
            try:
                files = {**whole.files, name: changed}
                check_authenticity(Folder(whole.path, files, ()), KINDS, keys, Policy(), findings)
            except CertificateError:
                findings.add("unreadable", name, "", "")
            assert findings.mismatches, f"byte {position} of {name} changed unseen"
            flips += 1
    return flips


def test_a_byte_in_some(small, key):
    assert caught(small, key, 37) > 400


@pytest.mark.assurance
def test_every_byte(small, key):
    flips = caught(small, key, 1)
    assert flips == sum(path.stat().st_size for path in small.iterdir())
    assert flips > 15_000


def test_the_probe_can_fail(small, key, monkeypatch):
    from fluxttice_core.seal import authenticity

    monkeypatch.setattr(authenticity, "_check_files", lambda *_: None)
    monkeypatch.setattr(authenticity, "_check_file_signature", lambda *_: None)
    with pytest.raises(AssertionError, match="changed unseen"):
        caught(small, key, 37)
