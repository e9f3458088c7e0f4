"""Level 1: who signed which bytes, and are these the bytes.

Nothing is parsed before it is verified: first the shape of the folder, the envelope and the
signatures over the payload's bytes, only then the payload, its schema, the policy, the hash of
every file and ``model.sig``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..errors import CertificateError
from .envelope import Envelope, is_signed_by, parse_envelope
from .folder import CERTIFICATE, MODEL_SIGNATURE, Folder
from .keys import key_id
from .kind import Kind
from .model_signature import FileSignature, parse_file_signature
from .policy import Policy, check_policy
from .statement import Statement, parse_statement
from .verdict import Findings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

    Keys = Sequence[EllipticCurvePublicKey]


def check_authenticity(
    folder: Folder,
    kinds: Sequence[Kind[Any, Any]],
    keys: Keys,
    policy: Policy,
    findings: Findings,
) -> Statement[Any, Any] | None:
    """Run level 1; return the statement if it may be used further, else None.

    Raises
    ------
    CertificateError
        There is no certificate, or it cannot be read: no envelope, a statement of none of the
        kinds, or one against its schema.
    """
    for name, what in folder.refused:
        findings.add("refused-file", name, "plain files only", what)
    if CERTIFICATE not in folder.files:
        raise CertificateError(
            f"{folder.path}: expected {CERTIFICATE} in it; give the folder of a certificate, such "
            "as fluxttice certify writes"
        )
    source = str(folder.path / CERTIFICATE)
    envelope = parse_envelope(folder.files[CERTIFICATE], source)
    if not _check_signatures(envelope, keys, findings):
        _check_file_signature(folder, keys, None, findings)
        return None
    statement = parse_statement(envelope.payload, source, kinds)
    _check_signers(envelope, statement, findings)
    check_policy(statement.predicate, policy, findings)
    _check_files(folder, statement, findings)
    _check_file_signature(folder, keys, statement, findings)
    return statement


def _check_signatures(envelope: Envelope, keys: Keys, findings: Findings) -> bool:
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
            _add_bad_signature(CERTIFICATE, name, findings)
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


def _add_bad_signature(file: str, name: str, findings: Findings) -> None:
    findings.add(
        "bad-signature",
        file,
        f"a valid signature by {name[:16]}",
        "one that does not fit the contents",
    )


def _check_signers(envelope: Envelope, statement: Statement[Any, Any], findings: Findings) -> None:
    """The statement says who signs it, so that no signature can be taken off or added unseen."""
    expected = statement.predicate.signers
    got = tuple(name for name, _ in envelope.signatures)
    if expected != got:
        findings.add(
            "not-signed",
            CERTIFICATE,
            f"signatures by {', '.join(name[:16] for name in expected) or 'nobody'}",
            f"signatures by {', '.join(name[:16] for name in got) or 'nobody'}",
        )


def _check_files(folder: Folder, statement: Statement[Any, Any], findings: Findings) -> None:
    refused = {name for name, _ in folder.refused}
    for name, expected in statement.subjects.items():
        if name in folder.files:
            got = hashlib.sha256(folder.files[name]).hexdigest()
            if got != expected:
                findings.add("changed-file", name, f"SHA-256 {expected}", got)
        elif name not in refused:
            findings.add("missing-file", name, f"SHA-256 {expected}", "no file")
    known = {CERTIFICATE, *statement.subjects}
    if statement.predicate.signers:
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
    folder: Folder, keys: Keys, statement: Statement[Any, Any] | None, findings: Findings
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
        _tell_unknown_signer(signature, keys, statement, findings)
    elif not signature.is_valid(key):
        _add_bad_signature(MODEL_SIGNATURE, key_id(key), findings)
        return
    else:
        findings.checked.append(f"signature of {MODEL_SIGNATURE} by {key_id(key)}")
    digests = {
        name: hashlib.sha256(data).hexdigest()
        for name, data in folder.files.items()
        if name != MODEL_SIGNATURE
    }
    for name in signature.differences(digests):
        if not findings.is_false(name):
            findings.add("changed-file", name, f"as signed in {MODEL_SIGNATURE}", "another state")


def _tell_unknown_signer(
    signature: FileSignature,
    keys: Keys,
    statement: Statement[Any, Any] | None,
    findings: Findings,
) -> None:
    """A fault if the first signer's key, which makes this file, was given; else not checked."""
    given = {key_id(each) for each in keys}
    if statement is not None and given & set(statement.predicate.signers[:1]):
        findings.add(
            "bad-signature",
            MODEL_SIGNATURE,
            "a signature by the first signer of the certificate",
            f"one by another key (hint {signature.hint[:16]}); sealed by version 0.1 it may be by "
            "any of them: ask the issuer to certify anew",
        )
    else:
        findings.not_checked.append(
            f"signature of {MODEL_SIGNATURE}: the key it names was not given"
        )
