"""Certificates: issued, and checked by measuring again."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ..certificate.network.format import NUM_DRAWS as CERTIFIED_DRAWS
from ..errors import CertificateError, ConfigError
from ..files import read_file
from ..measure.arguments import (
    CALLBACK,
    checked,
    file_name,
    file_names,
    instance_of,
    optional,
    text,
    truth,
    whole,
    wholes,
)
from ..seal import (
    PASSWORD_VARIABLE,
    Policy,
    load_private_key,
    load_public_key,
    verify_folder,
)
from .named import checkpoint_or_name, config_or_name

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

    from ..artifacts.checkpoint import Checkpoint
    from ..config import Config
    from ..seal import Verification

_HISTORY = "give the run's metrics.jsonl"


@checked(
    ConfigError,
    checkpoint=checkpoint_or_name,
    config=optional(config_or_name),
    out=file_name,
    key=file_names,
    history=optional(file_name),
    expires=optional(text),
    supersedes=optional(text),
    trained_here=truth,
    num_draws=wholes(1),
    on_progress=CALLBACK,
)
def certify(
    checkpoint: Checkpoint | str | Path,
    out: str | Path,
    *,
    key: str | Path | Sequence[str | Path] = (),
    config: Config | str | Path | None = None,
    history: str | Path | None = None,
    expires: str | None = None,
    supersedes: str | None = None,
    trained_here: bool = False,
    num_draws: Sequence[int] = CERTIFIED_DRAWS,
    on_progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Measure a checkpoint and write a certificate that anyone can check, into a new folder.

    Parameters
    ----------
    key : private key files (P-256, PKCS#8 PEM) that sign; none for an unsigned certificate. The
        password of an encrypted key comes from ``FLUXTTICE_KEY_PASSWORD``.
    config : the configuration of a file that carries none.
    history : the run's ``metrics.jsonl``, to be bound by its hash.
    expires : "2027-01-31T00:00:00Z": verification refuses from then on.
    supersedes : SHA-256 of the statement of the certificate that this one replaces.
    trained_here : the issuer states that this machine's processor trained the weights.
    num_draws : at which distinct operations are counted; increasing.

    Returns
    -------
    The certified statement's predicate, as plain values.

    Raises
    ------
    CheckpointError, CertificateError, ArtifactError, KeyFileError, ConfigError

    Example
    -------
    >>> import tempfile
    >>> from fluxttice_core import load
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     statement = certify(load(), folder, num_draws=(10, 100))
    ...     verify(folder, allow_unsigned=True, level=1).holds
    True
    >>> statement["separation"]["separated"]
    True
    """
    from ..artifacts.checkpoint import Checkpoint, read_checkpoint
    from ..certificate.network.issue import IssueOptions, certify_checkpoint
    from ..environment import describe_environment

    source = checkpoint if isinstance(checkpoint, Checkpoint) else read_checkpoint(checkpoint)
    options = IssueOptions(
        keys=private_keys(key),
        config=_config(config),
        history=None if history is None else _history(history),
        expires=expires,
        supersedes=supersedes,
        trained_on=describe_environment()["cpu"] if trained_here else None,
        num_draws=tuple(num_draws),
    )
    return certify_checkpoint(source, out, options, on_progress).as_dict()


@checked(
    ConfigError,
    path=file_name,
    key=file_names,
    level=whole(),
    allow_unsigned=truth,
    not_before=optional(instance_of(datetime)),
    min_version=optional(text),
    on_progress=CALLBACK,
)
def verify(
    path: str | Path,
    *,
    key: str | Path | Sequence[str | Path] = (),
    level: int = 2,
    allow_unsigned: bool = False,
    not_before: datetime | None = None,
    min_version: str | None = None,
    draws: str | Path | Sequence[str | Path] = (),
    beside: str | Path | None = None,
    redraw: str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Verification:
    """Check a certificate's folder: who signed it, the files, and the claims, measured again.

    Parameters
    ----------
    key : public key files of those you trust; each must have signed. Have them from the signers.
    level : of a network 1 signature and hashes, 2 exact counts anew, 3 recorded draws anew, 4
        retrain; of draws 2 figures from the stated counts, 3 draws counted again, 4 drawn again.
    allow_unsigned : without a key, check what can be checked; the verdict says what cannot.
    not_before, min_version : refuse certificates issued earlier, or by an older version.
    draws : of a certificate of draws, the files to count again at level 3.
    beside : the target's masses or the other sample that they were certified beside.
    redraw : of a certificate of draws, your command that draws again, for level 4.

    Returns
    -------
    A record of what was checked and what was not; it holds.

    Raises
    ------
    VerificationError
        Checked and false; ``mismatches`` lists everything.
    CertificateError, ArtifactError, KeyFileError
        Nothing could be checked.

    Example
    -------
    See :func:`certify`, whose example ends here.

    >>> verify("nowhere")
    Traceback (most recent call last):
        ...
    fluxttice_core.errors.CertificateError: no key to verify with: ...
    """
    outcome = inspect_certificate(
        path,
        key=key,
        level=level,
        allow_unsigned=allow_unsigned,
        not_before=not_before,
        min_version=min_version,
        draws=draws,
        beside=beside,
        redraw=redraw,
        on_progress=on_progress,
    )
    outcome.require()
    return outcome


def inspect_certificate(
    path: str | Path,
    *,
    key: str | Path | Sequence[str | Path] = (),
    level: int = 2,
    allow_unsigned: bool = False,
    not_before: datetime | None = None,
    min_version: str | None = None,
    draws: str | Path | Sequence[str | Path] = (),
    beside: str | Path | None = None,
    redraw: str | None = None,
    standard_input: BinaryIO | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Verification:
    """Do what :func:`verify` does, and return the record whether it holds or not."""
    from ..certificate.draws.check import Given
    from ..certificate.draws.kind import draws_kind
    from ..certificate.masses.kind import masses_kind
    from ..certificate.network.kind import NETWORK

    second = None if beside is None else str(beside)
    given = Given(tuple(map(str, paths(draws))), second, redraw, standard_input)
    keys = [load_public_key(path) for path in paths(key)]
    if not_before is not None and not_before.tzinfo is None:
        not_before = not_before.replace(tzinfo=UTC)
    outcome = verify_folder(
        path,
        (NETWORK, draws_kind(given), masses_kind()),
        keys,
        level=level,
        allow_unsigned=allow_unsigned,
        policy=Policy(not_before, min_version),
        on_progress=on_progress,
    )
    if (given.draws or beside or redraw) and outcome.about and outcome.about.get("kind") != "draws":
        raise CertificateError(
            "--draws, --beside and --redraw have no meaning for this certificate: it is of no draws"
        )
    return outcome


def private_keys(key: str | Path | Sequence[str | Path]) -> list[EllipticCurvePrivateKey]:
    """Read the private keys that sign, with the password from the environment."""
    password = os.environ.get(PASSWORD_VARIABLE)
    return [load_private_key(path, password) for path in paths(key)]


def _history(path: str | Path) -> bytes:
    data = read_file(path, remedy=_HISTORY)
    if not data.strip():
        raise CertificateError(f"{path}: expected metrics by epoch, got an empty file; {_HISTORY}")
    return data


def _config(given: Config | str | Path | None) -> Config | None:
    from ..config import load_config

    return load_config(given) if isinstance(given, str | Path) else given


def paths(given: str | Path | Sequence[str | Path]) -> Sequence[str | Path]:
    """Return one path or several as several."""
    return (given,) if isinstance(given, str | Path) else given
