"""Sealing a folder: what is signed is written first, the signatures last.

An interrupted issue leaves a folder that does not verify, whatever was the last file written.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ArtifactError, CertificateError
from ..files import prepare_folder, write_atomically
from .envelope import is_hex_digest, sign_payload
from .folder import CERTIFICATE, MODEL_SIGNATURE
from .keys import key_id
from .kind import Kind, P
from .model_signature import sign_files
from .predicate import Validity
from .schema import TIME_SCHEMA
from .statement import make_statement, predicate_faults, shown

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey


def new_folder(path: str | Path) -> Path:
    """Create the folder of a certificate, before anything is measured.

    Raises
    ------
    ArtifactError
        It holds files already, or cannot be written to.
    """
    folder = prepare_folder(path)
    if any(folder.iterdir()):
        raise ArtifactError(f"{folder}: expected a new or an empty folder; choose another")
    return folder


def signer_ids(keys: Sequence[EllipticCurvePrivateKey]) -> tuple[str, ...]:
    """Return what ``signers`` of a predicate says for these private keys."""
    return tuple(sorted({key_id(key.public_key()) for key in keys}))


def valid_from_now(expires: str | None = None, supersedes: str | None = None) -> Validity:
    """Return the validity of a certificate that is issued at this moment.

    Raises
    ------
    CertificateError
        As :func:`validity_faults`, or ``SOURCE_DATE_EPOCH`` is no time.
    """
    faults = validity_faults(expires, supersedes)
    if faults:
        raise CertificateError("\n  ".join(["nothing was certified:", *faults]))
    return Validity(time_of_issue(), expires, supersedes)


def validity_faults(expires: str | None, supersedes: str | None) -> list[str]:
    """Say what is wrong with the two, before minutes of measuring.

    >>> validity_faults("soon", None)
    ["expires is 'soon'; expected a time like 2027-01-31T00:00:00Z"]
    """
    faults = []
    if expires is not None and not _is_moment(expires):
        faults.append(f"expires is {expires[:80]!r}; expected a time like 2027-01-31T00:00:00Z")
    if supersedes is not None and not is_hex_digest(supersedes):
        faults.append(
            f"supersedes is {supersedes[:80]!r}; expected a SHA-256 of 64 lower-case "
            "hexadecimal digits"
        )
    return faults


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:  # such as the 31st of February
        return False
    return re.fullmatch(TIME_SCHEMA["pattern"], text) is not None


def time_of_issue() -> str:
    """Return now, or what ``SOURCE_DATE_EPOCH`` says, as RFC 3339 UTC with whole seconds."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        moment = datetime.now(UTC)
        if given is not None:
            moment = datetime.fromtimestamp(int(given), UTC)
    except (ValueError, OverflowError, OSError):
        raise CertificateError(
            f"SOURCE_DATE_EPOCH is {given!r}; expected whole seconds since 1970"
        ) from None
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def seal_folder(
    folder: Path,
    kind: Kind[P, Any],
    predicate: P,
    files: Mapping[str, bytes],
    keys: Sequence[EllipticCurvePrivateKey] = (),
) -> None:
    """Write files and a statement about them, signed by every key; ``model.sig`` by one of them.

    That one is the first of ``signers``, which are sorted: so the statement says whose it is.

    Parameters
    ----------
    folder : a new one, as from :func:`new_folder`.
    predicate : its ``signers`` are :func:`signer_ids` of the keys.
    files : contents by name, written in this order; those that the kind requires, and what it
        allows.

    Raises
    ------
    CertificateError
        The predicate or the files are not of the kind; nothing was written.
    ArtifactError
        The folder cannot be written to.
    """
    record = predicate.as_dict()
    faults = predicate_faults(record, kind) + _file_faults(files, kind)
    if predicate.signers != signer_ids(keys):
        faults.append("signers: expected the ids of the keys that sign")
    if faults:
        raise CertificateError(
            "\n  ".join([f"{folder}: not sealed, for this is no {kind.title}:", *shown(faults)])
        )
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    certificate = signed_statement(digests, kind.predicate_type, record, keys)
    for name, data in files.items():
        write_atomically(folder / name, data)
    write_atomically(folder / CERTIFICATE, certificate)
    if keys:
        first = min(keys, key=lambda key: key_id(key.public_key()))
        digests[CERTIFICATE] = hashlib.sha256(certificate).hexdigest()
        write_atomically(folder / MODEL_SIGNATURE, sign_files(digests, first))


def signed_statement(
    subjects: Mapping[str, str],
    predicate_type: str,
    predicate: Mapping[str, Any],
    keys: Sequence[EllipticCurvePrivateKey] = (),
) -> bytes:
    """Return the bytes of an envelope around a statement, of this or of another format.

    Parameters
    ----------
    subjects : SHA-256 (bare hex) of each file by name.
    keys : that sign; with none the envelope is unsigned and says so.

    Example
    -------
    >>> signed_statement({"a.txt": "0" * 64}, "urn:example:v1", {"lines": 2})[:12]
    b'{"payload":"'
    """
    statement = make_statement(subjects.items(), predicate_type, predicate)
    return sign_payload(statement, keys).to_bytes()


def _file_faults(files: Mapping[str, bytes], kind: Kind[Any, Any]) -> list[str]:
    missing = [f"{name}: missing" for name in kind.required if name not in files]
    allowed = (*kind.required, *kind.optional)
    return missing + [f"{name}: no file of this kind" for name in files if name not in allowed]
