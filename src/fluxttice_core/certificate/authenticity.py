"""Level 1: who signed which bytes, and are these the bytes.

Nothing is parsed before it is verified: first the shape of the folder, the envelope and the
signatures over the payload's bytes, only then the payload, its schema, the policy, the hash of
every file and ``model.sig``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..artifacts.envelope import (
    MAX_ENVELOPE_BYTES,
    STATEMENT_TYPE,
    Envelope,
    is_hex_digest,
    is_signed_by,
    parse_envelope,
)
from ..artifacts.folder import Folder, is_plain_name
from ..artifacts.keys import key_id
from ..artifacts.model_signature import parse_file_signature
from ..artifacts.strict_json import read_json
from ..errors import CertificateError
from .contents import CERTIFICATE, MODEL_SIGNATURE, OPTIONAL, PREDICATE_TYPE, REQUIRED
from .schema import schema_faults
from .verdict import Mismatch

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

_TYPE_STEM = PREDICATE_TYPE.rsplit(":", 1)[0]


@dataclass(frozen=True, slots=True)
class Policy:
    """What the verifier demands beside truth; an old certificate can be genuine and still wrong.

    Attributes
    ----------
    not_before : refuse a certificate issued before this moment.
    min_version : refuse one issued by an older version of the tool.
    now : when a certificate with an end has ended; the present moment by default.
    """

    not_before: datetime | None = None
    min_version: tuple[int, ...] | None = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(slots=True)
class Findings:
    """What accumulates while a folder is verified."""

    mismatches: list[Mismatch] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)
    signed_by: list[str] = field(default_factory=list)

    def add(self, reason: Any, subject: str, expected: str, got: str) -> None:
        """Record one mismatch."""
        self.mismatches.append(Mismatch(reason, subject, expected, got))


@dataclass(frozen=True, slots=True)
class Statement:
    """An authenticated (or, when that was allowed, unsigned) and well-formed statement."""

    subjects: dict[str, str]
    predicate: dict[str, Any]


def check_authenticity(
    folder: Folder,
    keys: Sequence[EllipticCurvePublicKey],
    policy: Policy,
    findings: Findings,
) -> Statement | None:
    """Run level 1; return the statement if it may be used further, else None.

    Raises
    ------
    CertificateError
        There is no certificate, or it cannot be read: no envelope, an unknown major version, a
        statement against the schema.
    """
    for name, what in folder.refused:
        findings.add("refused-file", name, "plain files only", what)
    if CERTIFICATE not in folder.files:
        raise CertificateError(
            f"{folder.path}: expected {CERTIFICATE} in it; give the folder that fluxttice certify "
            "wrote"
        )
    source = str(folder.path / CERTIFICATE)
    envelope = parse_envelope(folder.files[CERTIFICATE], source)
    if not _check_signatures(envelope, keys, findings):
        _check_file_signature(folder, keys, None, findings)
        return None
    statement = _parse_statement(envelope.payload, source)
    _check_signers(envelope, statement, findings)
    _check_policy(statement.predicate, policy, findings)
    _check_files(folder, statement, findings)
    _check_file_signature(folder, keys, statement, findings)
    return statement


def _check_signatures(
    envelope: Envelope, keys: Sequence[EllipticCurvePublicKey], findings: Findings
) -> bool:
    """Every key given must have signed; whether the payload may be parsed."""
    listed = dict(envelope.signatures)
    given = {key_id(key): key for key in keys}
    wrong = False
    for name, key in given.items():
        if name not in listed:
            wrong = True
            who = ", ".join(other[:16] for other in listed) or "nobody"
            findings.add("not-signed", CERTIFICATE, f"a signature by {name[:16]}", f"one by {who}")
        elif not is_signed_by(key, listed[name], envelope.signed_bytes):
            wrong = True
            findings.add(
                "bad-signature",
                CERTIFICATE,
                f"a valid signature by {name[:16]}",
                "one that does not fit the contents",
            )
        else:
            findings.signed_by.append(name)
            findings.checked.append(f"signature of {CERTIFICATE} by {name}")
    for name in listed:
        if name not in given:
            findings.not_checked.append(
                f"signature of {CERTIFICATE} by {name}: that key was not given"
            )
    if not keys:
        findings.not_checked.append(
            "who made this certificate: no key was given, and anyone could have written it"
        )
    return not wrong


def _parse_statement(payload: bytes, source: str) -> Statement:
    try:
        record = read_json(payload, max_bytes=MAX_ENVELOPE_BYTES, allow_fractions=False)
    except (ValueError, RecursionError) as error:
        raise CertificateError(f"{source}: the signed statement cannot be read: {error}") from None
    if not isinstance(record, dict) or record.get("_type") != STATEMENT_TYPE:
        raise CertificateError(f"{source}: expected an in-toto statement ({STATEMENT_TYPE})")
    kind = record.get("predicateType")
    if kind != PREDICATE_TYPE:
        known = isinstance(kind, str) and kind.startswith(_TYPE_STEM)
        reason = "another major version; update this tool" if known else "another kind of statement"
        raise CertificateError(
            f"{source}: unsupported version: expected {PREDICATE_TYPE}, got {str(kind)[:100]!r}: "
            f"{reason}"
        )
    subjects = record.get("subject")
    faults: list[str] = []
    listed: dict[str, str] = {}
    for item in subjects if isinstance(subjects, list) else ():
        name = item.get("name") if isinstance(item, dict) else None
        digest = item.get("digest") if isinstance(item, dict) else None
        value = digest.get("sha256") if isinstance(digest, dict) else None
        if not isinstance(name, str) or not is_plain_name(name):
            faults.append(f"subject {str(name)[:60]!r} is no plain file name; paths are refused")
        elif name not in (*REQUIRED, *OPTIONAL):
            faults.append(f"subject {name!r} is not a file of this format")
        elif not is_hex_digest(value) or name in listed:
            faults.append(f"subject {name!r} needs one SHA-256")
        else:
            listed[name] = str(value)
    faults += [f"subject {name!r} is missing" for name in REQUIRED if name not in listed]
    predicate = record.get("predicate")
    faults += schema_faults(predicate)
    if isinstance(predicate, dict):
        measurements = predicate.get("measurements")
        names = [
            item.get("name")
            for item in (measurements if isinstance(measurements, list) else ())
            if isinstance(item, dict)
        ]
        if len({str(name) for name in names}) != len(names):
            faults.append("a measurement is listed twice")
    if faults:
        shown = [*faults[:20], *([f"and {len(faults) - 20} more"] if len(faults) > 20 else [])]
        raise CertificateError("\n  ".join([f"{source}: not a coverage certificate:", *shown]))
    assert isinstance(predicate, dict)
    return Statement(listed, predicate)


def _check_signers(envelope: Envelope, statement: Statement, findings: Findings) -> None:
    """The statement says who signs it, so that no signature can be taken off or added unseen."""
    expected = statement.predicate["signers"]
    got = [name for name, _ in envelope.signatures]
    if expected != got:
        findings.add(
            "not-signed",
            CERTIFICATE,
            f"signatures by {', '.join(name[:16] for name in expected) or 'nobody'}",
            f"signatures by {', '.join(name[:16] for name in got) or 'nobody'}",
        )


def _check_policy(predicate: dict[str, Any], policy: Policy, findings: Findings) -> None:
    validity = predicate["validity"]
    moments = {}
    for name in ("issued", "expires"):
        if name in validity:
            try:
                moments[name] = datetime.fromisoformat(validity[name])
            except ValueError:
                findings.add("policy", f"validity.{name}", "a moment that exists", validity[name])
    issued, expires = moments.get("issued"), moments.get("expires")
    if policy.not_before is not None:
        if issued is None or issued < policy.not_before:
            wanted = policy.not_before.strftime("%Y-%m-%dT%H:%M:%SZ")
            findings.add("policy", "validity.issued", f"not before {wanted}", validity["issued"])
        else:
            findings.checked.append("issued late enough for --not-before")
    if expires is not None and expires <= policy.now:
        now = policy.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        findings.add("policy", "validity.expires", f"a moment after {now}", validity["expires"])
    if policy.min_version is not None:
        text = predicate["tool"]["version"]
        if version_numbers(text) < policy.min_version:
            wanted = ".".join(map(str, policy.min_version))
            findings.add("policy", "tool.version", f"at least {wanted}", text)
        else:
            findings.checked.append("written by a version that --min-version allows")


def version_numbers(text: str) -> tuple[int, ...]:
    """Return the leading numbers of a version.

    >>> version_numbers("0.12.1.dev3") < version_numbers("0.13")
    True
    """
    numbers = []
    for part in text.split("."):
        if not part.isascii() or not part.isdigit():
            break
        numbers.append(int(part))
    return tuple(numbers)


def _check_files(folder: Folder, statement: Statement, findings: Findings) -> None:
    refused = {name for name, _ in folder.refused}
    for name, expected in statement.subjects.items():
        if name in folder.files:
            got = hashlib.sha256(folder.files[name]).hexdigest()
            if got != expected:
                findings.add("changed-file", name, f"SHA-256 {expected}", got)
        elif name not in refused:
            findings.add("missing-file", name, f"SHA-256 {expected}", "no file")
    known = {CERTIFICATE, *statement.subjects}
    if statement.predicate["signers"]:
        known.add(MODEL_SIGNATURE)
        if MODEL_SIGNATURE not in folder.files and MODEL_SIGNATURE not in refused:
            findings.add("missing-file", MODEL_SIGNATURE, "the signature of the files", "no file")
    for name in folder.files:
        if name not in known:
            findings.add("unlisted-file", name, "only files that the certificate lists", "this one")
    findings.checked.append(
        f"SHA-256 of {len(statement.subjects)} files, and that there are no more"
    )


def _check_file_signature(
    folder: Folder,
    keys: Sequence[EllipticCurvePublicKey],
    statement: Statement | None,
    findings: Findings,
) -> None:
    if MODEL_SIGNATURE not in folder.files:
        return
    try:
        signature = parse_file_signature(folder.files[MODEL_SIGNATURE], MODEL_SIGNATURE)
    except CertificateError as error:
        findings.add("changed-file", MODEL_SIGNATURE, "an OMS v1.0 bundle as issued", str(error))
        return
    key = signature.signer(keys)
    if key is None:
        given = {key_id(each) for each in keys}
        if statement is not None and given and given >= set(statement.predicate["signers"]):
            findings.add(
                "bad-signature",
                MODEL_SIGNATURE,
                "a signature by a signer of the certificate",
                f"one by another key (hint {signature.hint[:16]})",
            )
        else:
            findings.not_checked.append(
                f"signature of {MODEL_SIGNATURE}: the key it names was not given"
            )
    elif not signature.is_valid(key):
        findings.add(
            "bad-signature",
            MODEL_SIGNATURE,
            f"a valid signature by {key_id(key)[:16]}",
            "one that does not fit the contents",
        )
        return
    else:
        findings.checked.append(f"signature of {MODEL_SIGNATURE} by {key_id(key)}")
    digests = {
        name: hashlib.sha256(data).hexdigest()
        for name, data in folder.files.items()
        if name != MODEL_SIGNATURE
    }
    reported = {item.subject for item in findings.mismatches}
    for name in signature.differences(digests):
        if name not in reported:
            findings.add("changed-file", name, f"as signed in {MODEL_SIGNATURE}", "another state")
