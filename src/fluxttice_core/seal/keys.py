"""Signing keys: ECDSA on P-256, in the PEM files that ``openssl`` makes and reads.

The one curve is what OpenSSF model signing also takes. A key is named by the SHA-256 of its public
half in DER form (SubjectPublicKeyInfo), so that ``openssl pkey -pubin -outform DER | sha256sum``
gives the same name.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ArtifactError, KeyFileError
from ..files import read_file

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import (
        EllipticCurvePrivateKey,
        EllipticCurvePublicKey,
    )

PASSWORD_VARIABLE = "FLUXTTICE_KEY_PASSWORD"
MAX_KEY_BYTES = 64 * 1024
_MAKE_ONE = "make one with: fluxttice keygen NAME"


def key_id(public_key: EllipticCurvePublicKey) -> str:
    """SHA-256 (bare hex) of the public key's SubjectPublicKeyInfo in DER form."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    der = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def public_pem(public_key: EllipticCurvePublicKey) -> bytes:
    """Return the public key as PEM, as ``openssl pkey -pubout`` writes it."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def generate_key_pair(password: str | None = None) -> tuple[bytes, bytes, str]:
    """Make a new P-256 key: (private PKCS#8 PEM, public PEM, key id).

    ``password`` encrypts the private half; None leaves it in the clear.

    >>> private, public, name = generate_key_pair("secret")
    >>> private.splitlines()[0], len(name)
    (b'-----BEGIN ENCRYPTED PRIVATE KEY-----', 64)
    """
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        KeySerializationEncryption,
        NoEncryption,
        PrivateFormat,
    )

    key = ec.generate_private_key(ec.SECP256R1())
    lock: KeySerializationEncryption = NoEncryption()
    if password:
        lock = BestAvailableEncryption(password.encode())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)
    return private, public_pem(key.public_key()), key_id(key.public_key())


def write_key_pair(path: str | Path, password: str | None = None) -> tuple[Path, Path, str]:
    """Write ``path`` (private, readable by its owner only) and ``path + '.pub'``; return the id.

    Raises
    ------
    ArtifactError
        Either file exists, or cannot be written; a private key is never overwritten.
    """
    private_path = Path(path)
    public_path = private_path.with_name(private_path.name + ".pub")
    taken = [str(each) for each in (private_path, public_path) if each.exists()]
    if taken:
        raise ArtifactError(f"{', '.join(taken)}: exists already; choose another name for the key")
    private, public, name = generate_key_pair(password)
    _write_new(public_path, public, 0o644)
    try:
        _write_new(private_path, private, 0o600)
    except BaseException:
        # Of a pair that is not whole nothing stays.
        public_path.unlink(missing_ok=True)
        raise
    return private_path, public_path, name


def _write_new(path: Path, data: bytes, mode: int) -> None:
    try:
        # The mode is given at creation: the key is at no moment readable by others.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be written: {error.strerror}") from None
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise ArtifactError(f"{path}: cannot be written: {error.strerror}") from None
        raise


def load_private_key(path: str | Path, password: str | None = None) -> EllipticCurvePrivateKey:
    """Read a PKCS#8 P-256 private key.

    Raises
    ------
    KeyFileError
        Unreadable, a public key, of another curve, or encrypted and no (or a wrong) password.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    data = _read(path)
    if b"PUBLIC KEY-----" in data:
        raise KeyFileError(
            f"{path}: expected a private key to sign with, got a public key; give the other file"
        )
    encrypted = b"ENCRYPTED" in data
    if encrypted and not password:
        raise KeyFileError(f"{path}: the key is encrypted; set {PASSWORD_VARIABLE} to its password")
    try:
        key = load_pem_private_key(data, password.encode() if encrypted and password else None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        fault = (
            f"the password in {PASSWORD_VARIABLE} does not open it; set the right one"
            if encrypted
            else f"expected a private key in PEM form (PKCS#8); {_MAKE_ONE}"
        )
        raise KeyFileError(f"{path}: cannot be used: {fault}") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise KeyFileError(f"{path}: expected a key on the curve P-256, got another; {_MAKE_ONE}")
    return key


def load_public_key(path: str | Path) -> EllipticCurvePublicKey:
    """Read a P-256 public key.

    Raises
    ------
    KeyFileError
        Unreadable, a private key (which a verifier must not hold), or of another curve.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    data = _read(path)
    if b"PRIVATE KEY-----" in data:
        raise KeyFileError(
            f"{path}: expected a public key to verify with, got a private key; give its .pub file "
            "(openssl pkey -in KEY -pubout)"
        )
    try:
        key = load_pem_public_key(data)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyFileError(
            f"{path}: cannot be used: expected a public key in PEM form; ask the signer for it"
        ) from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise KeyFileError(f"{path}: expected a key on the curve P-256, got another")
    return key


def _read(path: str | Path) -> bytes:
    remedy = "give a PEM file, which for one key has under 1,000 bytes"
    return read_file(path, MAX_KEY_BYTES, remedy=remedy, error=KeyFileError)
