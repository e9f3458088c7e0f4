"""Keys: what openssl makes is read, what is no P-256 key is refused with a reason."""

import hashlib
import os
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from fluxttice_core.errors import ArtifactError, KeyFileError
from fluxttice_core.seal.envelope import is_signed_by, sign
from fluxttice_core.seal.keys import (
    MAX_KEY_BYTES,
    key_id,
    load_private_key,
    load_public_key,
    public_pem,
    write_key_pair,
)


def pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_a_pair_that_fits(tmp_path):
    private, public, name = write_key_pair(tmp_path / "key", "secret")
    key = load_private_key(private, "secret")
    assert key_id(key.public_key()) == key_id(load_public_key(public)) == name
    assert is_signed_by(load_public_key(public), sign(key, b"m"), b"m")
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in private.read_bytes()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_the_private_key_is_its_owners_alone(tmp_path, umask):
    before = os.umask(umask)
    try:
        private, _, _ = write_key_pair(tmp_path / "key")
    finally:
        os.umask(before)
    assert stat.S_IMODE(private.stat().st_mode) == 0o600


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "key.pub").write_text("x")
    with pytest.raises(ArtifactError, match=r"key\.pub: exists already"):
        write_key_pair(tmp_path / "key")
    assert [path.name for path in tmp_path.iterdir()] == ["key.pub"]
    with pytest.raises(ArtifactError, match="No such file"):
        write_key_pair(tmp_path / "no" / "key")


def test_two_keys_are_not_the_same(tmp_path):
    assert write_key_pair(tmp_path / "a")[2] != write_key_pair(tmp_path / "b")[2]


@pytest.mark.parametrize("password", [None, "secret"])
def test_what_openssl_makes_is_read(tmp_path, password):
    command = ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
    locked = ["-aes-256-cbc", "-pass", f"pass:{password}"] if password else []
    subprocess.run([*command, *locked, "-out", tmp_path / "key"], check=True, capture_output=True)
    opened = ["-passin", f"pass:{password}"] if password else []
    public = subprocess.run(
        ["openssl", "pkey", "-in", tmp_path / "key", *opened, "-pubout"],
        check=True,
        capture_output=True,
    ).stdout
    (tmp_path / "key.pub").write_bytes(public)
    key = load_private_key(tmp_path / "key", password)
    assert public_pem(key.public_key()) == public
    assert key_id(load_public_key(tmp_path / "key.pub")) == key_id(key.public_key())
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-outform", "DER"], input=public, capture_output=True
    ).stdout
    assert hashlib.sha256(der).hexdigest() == key_id(key.public_key())


@pytest.fixture
def place(tmp_path):
    write_key_pair(tmp_path / "good", None)
    write_key_pair(tmp_path / "locked", "secret")
    (tmp_path / "ed25519").write_bytes(pem(ed25519.Ed25519PrivateKey.generate()))
    (tmp_path / "rsa").write_bytes(pem(rsa.generate_private_key(65537, 2048)))
    (tmp_path / "p384").write_bytes(pem(ec.generate_private_key(ec.SECP384R1())))
    p384 = ec.generate_private_key(ec.SECP384R1()).public_key()
    (tmp_path / "p384.pub").write_bytes(public_pem(p384))
    (tmp_path / "noise").write_bytes(bytes(range(256)))
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "torn").write_bytes((tmp_path / "good").read_bytes()[:100])
    (tmp_path / "long").write_bytes(b"x" * (MAX_KEY_BYTES + 1))
    return tmp_path


@pytest.mark.parametrize(
    ("name", "password", "words"),
    [
        ("good.pub", None, "expected a private key to sign with, got a public key"),
        ("locked", None, "is encrypted; set FLUXTTICE_KEY_PASSWORD"),
        ("locked", "wrong", "FLUXTTICE_KEY_PASSWORD does not open it"),
        ("ed25519", None, "expected a key on the curve P-256"),
        ("rsa", None, "expected a key on the curve P-256"),
        ("p384", None, "expected a key on the curve P-256"),
        ("noise", None, "expected a private key in PEM form"),
        ("empty", None, "expected a private key in PEM form"),
        ("torn", None, "expected a private key in PEM form"),
        ("long", None, "more than 65,536 bytes"),
        ("nowhere", None, "cannot be read: No such file"),
    ],
)
def test_private_keys_that_are_none(place, name, password, words):
    with pytest.raises(KeyFileError) as caught:
        load_private_key(place / name, password)
    assert words in str(caught.value)
    assert "wrong" not in str(caught.value), "a password is not repeated"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("good", "expected a public key to verify with, got a private key"),
        ("locked", "got a private key"),
        ("p384.pub", "expected a key on the curve P-256"),
        ("noise", "expected a public key in PEM form"),
        ("nowhere", "cannot be read"),
    ],
)
def test_public_keys_that_are_none(place, name, words):
    with pytest.raises(KeyFileError) as caught:
        load_public_key(place / name)
    assert words in str(caught.value)


def test_a_password_for_a_key_without_one_does_no_harm(place):
    load_private_key(place / "good", "secret")


@pytest.mark.parametrize("which", ["half", "half.pub"])
@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_of_a_pair_that_cannot_be_written_whole_nothing_stays(tmp_path, monkeypatch, which, fault):
    opened, closed = os.open, []

    def open_or_fail(path, *arguments):
        if Path(path).name == which:
            closed.append(path)
            raise fault
        return opened(path, *arguments)

    monkeypatch.setattr(os, "open", open_or_fail)
    expected = ArtifactError if isinstance(fault, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        write_key_pair(tmp_path / "half")
    assert closed
    assert list(tmp_path.iterdir()) == []


def test_nor_of_one_whose_disk_is_full_at_the_last_byte(tmp_path, monkeypatch):
    synced, calls = os.fsync, []

    def sync_or_fail(handle):
        calls.append(handle)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        synced(handle)

    monkeypatch.setattr(os, "fsync", sync_or_fail)
    with pytest.raises(ArtifactError, match="No space left on device"):
        write_key_pair(tmp_path / "half")
    assert list(tmp_path.iterdir()) == []


def test_no_private_key_is_in_the_repository():
    from tests.support import ROOT

    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True
    ).stdout.split("\0")
    for name in filter(None, listed):
        path = ROOT / name
        if path.is_file() and path.suffix != ".py":
            assert b"PRIVATE KEY-----" not in path.read_bytes(), name
