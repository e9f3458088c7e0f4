"""``model.sig``: an OpenSSF model signature (v1.0 bundle), which other people's tools check.

It answers *which files, with which hashes*, and nothing about what was measured on them:
``model_signing verify key DIR --signature DIR/model.sig --public_key KEY``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..canonical import canonical_json
from ..errors import CertificateError
from ..strict_json import read_json
from .envelope import (
    MAX_ENVELOPE_BYTES,
    PAYLOAD_TYPE,
    decode_base64,
    encode_base64,
    is_hex_digest,
    is_signed_by,
    pae,
    sign,
)
from .folder import MODEL_SIGNATURE
from .keys import public_pem
from .statement import make_statement

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import (
        EllipticCurvePrivateKey,
        EllipticCurvePublicKey,
    )

BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
PREDICATE_TYPE = "https://model_signing/signature/v1.0"
# Part of the signed bytes. Not the folder's name: a renamed folder is the same model.
SUBJECT_NAME = "model"


def key_hint(public_key: EllipticCurvePublicKey) -> str:
    """Return the bundle's name of a key: SHA-256 of its PEM (not of its DER, as in DSSE)."""
    return hashlib.sha256(public_pem(public_key)).hexdigest()


def files_statement(digests: Mapping[str, str]) -> bytes:
    """Return the signed statement over files, ``name -> SHA-256 hex``."""
    resources = [
        {"algorithm": "sha256", "digest": digests[name], "name": name} for name in sorted(digests)
    ]
    root = hashlib.sha256(b"".join(bytes.fromhex(item["digest"]) for item in resources))
    predicate: dict[str, Any] = {
        "resources": resources,
        "serialization": {
            "allow_symlinks": False,
            "hash_type": "sha256",
            "ignore_paths": [MODEL_SIGNATURE],
            "method": "files",
        },
    }
    return make_statement([(SUBJECT_NAME, root.hexdigest())], PREDICATE_TYPE, predicate)


def sign_files(digests: Mapping[str, str], key: EllipticCurvePrivateKey) -> bytes:
    """Return the bytes of ``model.sig`` over files, ``name -> SHA-256 hex``."""
    payload = files_statement(digests)
    signature = sign(key, pae(PAYLOAD_TYPE, payload))
    return _bundle(payload, signature, key_hint(key.public_key()))


def _bundle(payload: bytes, signature: bytes, hint: str) -> bytes:
    return canonical_json(
        {
            "dsseEnvelope": {
                "payload": encode_base64(payload),
                "payloadType": PAYLOAD_TYPE,
                "signatures": [{"keyid": "", "sig": encode_base64(signature)}],
            },
            "mediaType": BUNDLE_TYPE,
            "verificationMaterial": {"publicKey": {"hint": hint}, "tlogEntries": []},
        }
    )


@dataclass(frozen=True, slots=True)
class FileSignature:
    """What ``model.sig`` says: the signed payload, the signature, and the hint of the key."""

    payload: bytes
    signature: bytes
    hint: str

    def signer(self, keys: Sequence[EllipticCurvePublicKey]) -> EllipticCurvePublicKey | None:
        """Return the key among those given that the bundle names, if any."""
        return next((key for key in keys if key_hint(key) == self.hint), None)

    def is_valid(self, key: EllipticCurvePublicKey) -> bool:
        """Whether the key signed the payload."""
        return is_signed_by(key, self.signature, pae(PAYLOAD_TYPE, self.payload))

    def differences(self, digests: Mapping[str, str]) -> list[str]:
        """Names of files that are not as signed; call it on an authenticated payload only."""
        if self.payload == files_statement(digests):
            return []
        try:
            record = read_json(self.payload, max_bytes=MAX_ENVELOPE_BYTES, allow_fractions=False)
            signed = {
                str(item["name"]): item["digest"] for item in record["predicate"]["resources"]
            }
        except (ValueError, KeyError, TypeError):
            return ["the signed list of files cannot be read"]
        names = sorted(set(signed) | set(digests))
        changed = [name for name in names if signed.get(name) != digests.get(name)]
        return changed or ["the list of files is not in the form this version writes"]


def parse_file_signature(data: bytes, source: str) -> FileSignature:
    """Read ``model.sig``; only its one accepted form is taken.

    Raises
    ------
    CertificateError
        Not an OMS v1.0 bundle signed with a key, or not in canonical form.
    """
    try:
        record = read_json(data, max_bytes=MAX_ENVELOPE_BYTES, max_depth=8, allow_fractions=False)
        envelope = record["dsseEnvelope"]
        (signature,) = envelope["signatures"]
        hint = record["verificationMaterial"]["publicKey"]["hint"]
        if not is_hex_digest(hint):
            raise ValueError("expected a public key hint of 64 hexadecimal digits")
        parsed = FileSignature(
            decode_base64(envelope["payload"]), decode_base64(signature["sig"]), hint
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        reason = str(error) if isinstance(error, ValueError) else "a part is missing"
        raise CertificateError(f"{source}: not an OMS v1.0 bundle: {reason}") from None
    if _bundle(parsed.payload, parsed.signature, parsed.hint) != data:
        raise CertificateError(f"{source}: not in canonical form; some byte was changed")
    return parsed
