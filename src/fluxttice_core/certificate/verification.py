"""Verifying a folder: the levels in order, everything that is wrong at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..artifacts.checkpoint import Checkpoint
from ..artifacts.folder import read_folder
from ..errors import CertificateError
from .authenticity import Findings, Policy, Statement, check_authenticity
from .conclusions import conclude_separation
from .contents import CERTIFICATE, WEIGHTS
from .remeasurement import check_drawn, check_exact, load_weights
from .verdict import LEVELS, Verification

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

    # Retrains from the files of the folder and reports into the findings.
    Rebuild = Callable[[Statement, Checkpoint, dict[str, bytes], Findings], None]

DEFAULT_LEVEL = 2


def verify_folder(
    path: str | Path,
    keys: Sequence[EllipticCurvePublicKey] = (),
    *,
    level: int = DEFAULT_LEVEL,
    allow_unsigned: bool = False,
    policy: Policy | None = None,
    rebuild: Rebuild | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Verification:
    """Verify the folder of a certificate up to a level.

    Parameters
    ----------
    keys : public keys that the verifier trusts; each must have signed.
    level : 1 signature and hashes, 2 exact counts, 3 recorded draws, 4 retraining.
    allow_unsigned : go on without any key; the verdict then says what was not established.
    policy : what is demanded beside truth.
    rebuild : does level 4; it needs PyTorch and is handed in by the caller.

    Raises
    ------
    CertificateError
        No key and not ``allow_unsigned``, or the certificate cannot be read at all.
    ArtifactError
        There is no such folder.
    """
    if level not in LEVELS:
        raise CertificateError(f"level must be one of {', '.join(map(str, LEVELS))}; got {level}")
    if not keys and not allow_unsigned:
        raise CertificateError(
            "no key to verify with: give the signer's public key (--key), which you have from the "
            "signer and not from the folder; or --allow-unsigned to leave open who made it"
        )
    folder = read_folder(path)
    findings = Findings()
    statement = check_authenticity(folder, keys, policy or Policy(), findings)
    about: dict[str, object] = {}
    if statement is not None:
        about = _about(statement)
        _measure(statement, folder.files, level, findings, rebuild, on_progress)
    else:
        findings.not_checked.append("everything else: the statement is not by the key given")
    for higher in range(level + 1, max(LEVELS) + 1):
        findings.not_checked.append(f"level {higher}: {LEVELS[higher]}")
    return Verification(
        str(path),
        level,
        tuple(findings.mismatches),
        tuple(findings.checked),
        tuple(findings.not_checked),
        tuple(findings.signed_by),
        about,
    )


def _measure(
    statement: Statement,
    files: dict[str, bytes],
    level: int,
    findings: Findings,
    rebuild: Rebuild | None,
    on_progress: Callable[[int, int], None] | None,
) -> None:
    if level < 2:
        return
    # Claims are about the certified weights: measuring others would name every claim as false.
    if any(item.subject == WEIGHTS for item in findings.mismatches):
        findings.not_checked.append(f"the claims: {WEIGHTS} is not the certified file")
        return
    checkpoint = load_weights(files, findings)
    if checkpoint is None:
        return
    check_exact(statement, files, checkpoint, findings)
    if level >= 3:
        check_drawn(statement, checkpoint, findings, on_progress)
    if level >= 4:
        if rebuild is None:
            raise CertificateError("level 4 needs a way to retrain; use fluxttice verify --rebuild")
        rebuild(statement, checkpoint, files, findings)


def _about(statement: Statement) -> dict[str, object]:
    """What the certificate is of; the verdict in this program's words, from the claims."""
    predicate = statement.predicate
    try:
        separation = conclude_separation(predicate)
    except (KeyError, ArithmeticError, TypeError):
        separation = {"separated": None, "verdict": "It lacks claims that a verdict needs."}
    return {
        "certificate": CERTIFICATE,
        "issued": predicate["validity"]["issued"],
        "tool_version": predicate["tool"]["version"],
        "weights_sha256": predicate["checkpoint"]["weights_sha256"],
        "epoch": predicate["checkpoint"].get("epoch"),
        "separated_from_controls": separation["separated"],
        "verdict_on_the_network": separation["verdict"],
        "signers": predicate["signers"],
    }
