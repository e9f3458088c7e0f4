"""Verifying a folder of any kind: the levels in order, everything that is wrong at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import CertificateError
from .authenticity import check_authenticity
from .folder import CERTIFICATE, Folder, read_folder
from .kind import Kind, Progress
from .policy import Policy
from .statement import Statement
from .verdict import VERIFIED, Findings, Summary, Verification

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey


def verify_folder(
    path: str | Path,
    kinds: Sequence[Kind[Any, Any]],
    keys: Sequence[EllipticCurvePublicKey] = (),
    *,
    level: int = 1,
    allow_unsigned: bool = False,
    policy: Policy | None = None,
    on_progress: Progress | None = None,
) -> Verification:
    """Verify the folder of a certificate up to a level.

    Parameters
    ----------
    kinds : those that are known; the statement's predicate type says which of them it is.
    keys : public keys that the verifier trusts; each must have signed.
    level : 1 signatures and hashes; above that, what the kind says of its levels.
    allow_unsigned : go on without any key; the verdict then says what was not established.
    policy : what is demanded beside truth.

    Raises
    ------
    CertificateError
        No key and not ``allow_unsigned``, no such level, a statement of another kind, or the
        certificate cannot be read at all.
    ArtifactError
        There is no such folder.

    Example
    -------
    >>> from tempfile import TemporaryDirectory
    >>> from fluxttice_core.seal import Predicate, Tool, seal_folder, valid_from_now
    >>> notes: Kind[Predicate, None] = Kind(
    ...     title="note",
    ...     predicate_type="urn:example:note:v1",
    ...     schema={},
    ...     predicate=Predicate,
    ...     required=("note.txt",),
    ...     optional=(),
    ...     measured=(),
    ...     read=lambda *_: None,
    ...     levels=(),
    ...     summarise=lambda predicate, level: Summary("It is a note.", "a note", {}),
    ... )
    >>> predicate = Predicate(Tool("notes", "1.0"), valid_from_now(), signers=())
    >>> with TemporaryDirectory() as folder:
    ...     seal_folder(Path(folder), notes, predicate, {"note.txt": b"hello"})
    ...     verify_folder(folder, (notes,), allow_unsigned=True).checked
    ('SHA-256 of 1 files, and that there are no more',)
    """
    _check_level(level, {1, *(number for kind in kinds for number in kind.words)}, "")
    if not keys and not allow_unsigned:
        raise CertificateError(
            "no key to verify with: give the signer's public key (--key), which you have from the "
            "signer and not from the folder; or --allow-unsigned to leave open who made it"
        )
    folder = read_folder(path)
    findings = Findings()
    statement = check_authenticity(folder, kinds, keys, policy or Policy(), findings)
    if statement is None:
        findings.not_checked.append("everything else: the statement is not by the key given")
        return _outcome(path, level, None, findings)
    words = statement.kind.words
    _check_level(level, set(words), f" for a {statement.kind.title}")
    _run_levels(statement, folder, level, findings, on_progress)
    findings.not_checked += [f"level {n}: {text}" for n, text in words.items() if n > level]
    return _outcome(path, level, statement, findings)


def _check_level(level: int, known: set[int], where: str) -> None:
    if level not in known:
        numbers = ", ".join(map(str, sorted(known)))
        raise CertificateError(f"level must be one of {numbers}{where}; got {level}")


def _run_levels(
    statement: Statement[Any, Any],
    folder: Folder,
    level: int,
    findings: Findings,
    on_progress: Progress | None,
) -> None:
    kind = statement.kind
    if level < 2:
        return
    changed = [name for name in kind.measured if findings.is_false(name)]
    if changed:
        findings.not_checked.append(f"the claims: {', '.join(changed)} is not the certified file")
        return
    evidence = kind.read(statement.predicate, folder.files, findings)
    if evidence is None:
        return
    for each in kind.levels:
        if each.number <= level:
            each.check(evidence, findings, on_progress)


def _outcome(
    path: str | Path, level: int, statement: Statement[Any, Any] | None, findings: Findings
) -> Verification:
    return Verification(
        str(path),
        level,
        statement.kind.words[level] if statement is not None else "",
        tuple(findings.mismatches),
        tuple(findings.checked),
        tuple(findings.not_checked),
        tuple(findings.signed_by),
        _summary(statement, level) if statement is not None else None,
        word=statement.kind.verdict_of(level) if statement is not None else VERIFIED,
    )


def _summary(statement: Statement[Any, Any], level: int) -> Summary:
    """What the kind says of the statement, and what is said of every kind's."""
    predicate = statement.predicate
    own = statement.kind.summarise(predicate, level)
    shared = {
        "certificate": CERTIFICATE,
        "issued": predicate.validity.issued,
        "tool_version": predicate.tool.version,
        "signers": list(predicate.signers),
    }
    return Summary(own.sentence, own.origin, {**shared, **own.values})
