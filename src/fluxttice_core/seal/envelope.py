"""DSSE envelopes: which bytes were signed, and by which keys.

What is signed is ``PAE(type, payload)``; the payload's bytes are checked before they are parsed.
Of the many byte strings that DSSE would accept for one statement, exactly one is accepted here:
canonical JSON, standard base64, signatures by key id, and of the two ECDSA signatures that anyone
can derive from each other, the one with the smaller s. So no byte can change unseen.

References
----------
DSSE, https://github.com/secure-systems-lab/dsse; RFC 6979, deterministic ECDSA.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..canonical import canonical_json
from ..errors import CertificateError
from ..strict_json import read_json
from .keys import key_id

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import (
        EllipticCurvePrivateKey,
        EllipticCurvePublicKey,
    )

PAYLOAD_TYPE = "application/vnd.in-toto+json"
MAX_ENVELOPE_BYTES = 4 * 2**20
MAX_SIGNATURES = 16
# Order of the group of P-256 (FIPS 186-4, D.1.2.3).
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def pae(payload_type: str, payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding: the bytes that are signed.

    >>> pae("t", b"abc")
    b'DSSEv1 1 t 3 abc'
    """
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign(key: EllipticCurvePrivateKey, message: bytes) -> bytes:
    """ECDSA over SHA-256 with the nonce of RFC 6979, small s, DER: one message, one signature."""
    from cryptography.hazmat.primitives.asymmetric import ec, utils
    from cryptography.hazmat.primitives.hashes import SHA256

    raw = key.sign(message, ec.ECDSA(SHA256(), deterministic_signing=True))
    r, s = utils.decode_dss_signature(raw)
    return utils.encode_dss_signature(r, min(s, _ORDER - s))


def is_signed_by(key: EllipticCurvePublicKey, signature: bytes, message: bytes) -> bool:
    """Whether this is the one accepted form of a signature of the message by the key."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec, utils
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        r, s = utils.decode_dss_signature(signature)
        if s > _ORDER // 2 or utils.encode_dss_signature(r, s) != signature:
            return False
        key.verify(signature, message, ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload and its signatures, ``(key id, signature in DER)`` in the order of the ids."""

    payload: bytes
    signatures: tuple[tuple[str, bytes], ...]
    payload_type: str = PAYLOAD_TYPE

    def to_bytes(self) -> bytes:
        """Return the file's bytes: canonical JSON."""
        return canonical_json(
            {
                "payload": encode_base64(self.payload),
                "payloadType": self.payload_type,
                "signatures": [
                    {"keyid": name, "sig": encode_base64(signature)}
                    for name, signature in self.signatures
                ],
            }
        )

    @property
    def signed_bytes(self) -> bytes:
        """What each signature signs."""
        return pae(self.payload_type, self.payload)


def sign_payload(payload: bytes, keys: Iterable[EllipticCurvePrivateKey] = ()) -> Envelope:
    """Sign a payload with every key given; with none the envelope is unsigned and says so."""
    message = pae(PAYLOAD_TYPE, payload)
    signed = {key_id(key.public_key()): sign(key, message) for key in keys}
    return Envelope(payload, tuple(sorted(signed.items())))


def parse_envelope(data: bytes, source: str) -> Envelope:
    """Read an envelope; nothing inside the payload is looked at.

    Raises
    ------
    CertificateError
        Not an envelope of this kind, or not in its one accepted form.
    """
    try:
        record = read_json(data, max_bytes=MAX_ENVELOPE_BYTES, max_depth=6, allow_fractions=False)
        if not isinstance(record, dict):
            raise ValueError("expected an object")
        missing = {"payload", "payloadType", "signatures"} ^ set(record)
        if missing:
            raise ValueError(f"missing or unknown keys: {', '.join(sorted(missing))[:80]}")
        if record["payloadType"] != PAYLOAD_TYPE:
            raise ValueError(f"expected payloadType {PAYLOAD_TYPE}")
        listed = record["signatures"]
        if not isinstance(listed, list) or len(listed) > MAX_SIGNATURES:
            raise ValueError(f"expected a list of at most {MAX_SIGNATURES} signatures")
        signatures = []
        for item in listed:
            if not isinstance(item, dict) or set(item) != {"keyid", "sig"}:
                raise ValueError("expected a signature to be a keyid and a sig")
            if not is_hex_digest(item["keyid"]):
                raise ValueError("expected a keyid of 64 lower-case hexadecimal digits")
            signatures.append((item["keyid"], decode_base64(item["sig"])))
        names = [name for name, _ in signatures]
        if names != sorted(set(names)):
            raise ValueError("expected one signature a key, in the order of the key ids")
        envelope = Envelope(decode_base64(record["payload"]), tuple(signatures))
    except (ValueError, RecursionError) as error:
        raise CertificateError(f"{source}: not a DSSE envelope: {error}") from None
    if envelope.to_bytes() != data:
        raise CertificateError(
            f"{source}: not in canonical form; some byte was changed or it was written by another "
            "program; ask for the file as it was issued"
        )
    return envelope


def encode_base64(data: bytes) -> str:
    """Return standard base64 with padding."""
    return base64.b64encode(data).decode()


def decode_base64(text: object) -> bytes:
    """Decode the one standard form; junk, another alphabet and loose last bits are refused.

    >>> decode_base64("YQ==")
    b'a'
    >>> decode_base64("YR==")
    Traceback (most recent call last):
        ...
    ValueError: not base64 in its standard form
    """
    try:
        if not isinstance(text, str):
            raise ValueError
        data = base64.b64decode(text.encode("ascii"), validate=True)
        if encode_base64(data) != text:
            raise ValueError
    except (binascii.Error, ValueError):
        raise ValueError("not base64 in its standard form") from None
    return data


def is_hex_digest(value: object) -> bool:
    """Whether this is a SHA-256 in bare lower-case hex."""
    return isinstance(value, str) and len(value) == 64 and not set(value) - set("0123456789abcdef")
