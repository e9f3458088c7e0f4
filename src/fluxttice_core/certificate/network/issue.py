"""Issuing: measure a checkpoint, and seal the folder of files that say so."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...artifacts.checkpoint import Checkpoint, safetensors_bytes
from ...canonical import canonical_json
from ...config import Config, parse_config
from ...environment import describe_build, describe_environment
from ...errors import CertificateError
from ...seal import (
    new_folder,
    seal_folder,
    signed_statement,
    signer_ids,
    valid_from_now,
    validity_faults,
)
from .conclusions import LIMITS, conclude_checklist, conclude_separation
from .derived import derived_files
from .descriptions import (
    describe_checkpoint,
    describe_protocol,
    describe_space,
    describe_split,
    describe_training,
    measure_exactly,
    networks_of,
)
from .drawn_claims import drawn_measurements
from .format import CONFIG, NUM_DRAWS, PROVENANCE, SCHEMA, TEXT_REVISION, TOOL_NAME, WEIGHTS
from .kind import NETWORK
from .noise import noise_key
from .predicate import (
    ConfigOrigin,
    History,
    Measurement,
    NetworkPredicate,
    Separation,
    Tool,
    Training,
)
from .provenance import SLSA_TYPE, provenance
from .publish import check_split, publish

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class IssueOptions:
    """What the issuer states beside the checkpoint.

    Attributes
    ----------
    keys : private keys that sign; none for an unsigned certificate.
    config : a configuration for a file that carries none.
    history : bytes of the run's ``metrics.jsonl``.
    expires : RFC 3339 UTC time after which verification refuses.
    supersedes : SHA-256 of the payload of the certificate that this one replaces.
    trained_on : processor of the training machine, when the issuer knows it; left out of the
        certificate of a compiled run's weights, or a GPU's.
    num_draws : at which distinct operations are counted.
    """

    keys: Sequence[EllipticCurvePrivateKey] = ()
    config: Config | None = None
    history: bytes | None = None
    expires: str | None = None
    supersedes: str | None = None
    trained_on: str | None = None
    num_draws: Sequence[int] = NUM_DRAWS


def certify_checkpoint(
    checkpoint: Checkpoint,
    out: str | Path,
    options: IssueOptions | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> NetworkPredicate:
    """Measure a checkpoint and write its certificate into a new folder; return the predicate.

    The same checkpoint, keys and environment give the same bytes, but for the time of issue, which
    ``SOURCE_DATE_EPOCH`` fixes.

    Raises
    ------
    ArtifactError
        The folder holds files already, or cannot be written.
    CertificateError
        The checkpoint cannot be certified, for example because its split cannot be recovered.
    """
    options = options or IssueOptions()
    _check_options(options)
    published = publish(checkpoint)
    check_split(checkpoint, published)
    config, origin = _configuration(published, options.config)
    folder = new_folder(out)
    predicate = _predicate(published, origin, options, on_progress)
    files = _files(published, predicate, config, options)
    seal_folder(folder, NETWORK, predicate, files, options.keys)
    return predicate


def _check_options(options: IssueOptions) -> None:
    """Refuse what the schema would refuse after minutes of measuring."""
    faults = validity_faults(options.expires, options.supersedes)
    draws = list(options.num_draws)
    if not draws or draws != sorted(set(draws)) or not 10 <= draws[0] <= draws[-1] <= 10**7:
        faults.append(f"num_draws is {draws}; expected increasing numbers in 10 .. 10,000,000")
    if faults:
        raise CertificateError("\n  ".join(["nothing was certified:", *faults]))


def _configuration(
    checkpoint: Checkpoint, given: Config | None
) -> tuple[dict[str, Any] | None, ConfigOrigin | None]:
    """The configuration that goes into the folder, and where it comes from."""
    embedded = checkpoint.metadata.get("config")
    config = parse_config(embedded, source=checkpoint.source) if embedded else given
    if config is None:
        return None, None
    if given is not None and given.canonical_hash() != config.canonical_hash():
        raise CertificateError(
            f"{checkpoint.source}: the configuration given (SHA-256 "
            f"{given.canonical_hash()}) is not the one the file carries "
            f"({config.canonical_hash()}); leave --config out, or give that one"
        )
    record = config.as_dict()
    digest = _sha256(canonical_json(record))
    return record, ConfigOrigin("embedded" if embedded else "given", digest)


def _predicate(
    checkpoint: Checkpoint,
    origin: ConfigOrigin | None,
    options: IssueOptions,
    on_progress: Callable[[int, int], None] | None,
) -> NetworkPredicate:
    measurements, noise_sha256 = _measure(checkpoint, options.num_draws, on_progress)
    protocol = describe_protocol(checkpoint, options.num_draws)
    measured = NetworkPredicate(
        tool=Tool(TOOL_NAME, version(TOOL_NAME), TEXT_REVISION),
        validity=valid_from_now(options.expires, options.supersedes),
        signers=signer_ids(options.keys),
        schema=SCHEMA,
        environment={**describe_environment(), **describe_build()},
        checkpoint=describe_checkpoint(checkpoint),
        training=_training(checkpoint, options),
        space=describe_space(),
        split=describe_split(checkpoint),
        protocol=replace(protocol, noise_sha256=noise_sha256),
        measurements=measurements,
        # These two follow from the rest.
        separation=Separation((), False, ""),
        checklist=(),
        limits=LIMITS,
        config=origin,
    )
    separated = replace(measured, separation=conclude_separation(measured))
    return replace(separated, checklist=conclude_checklist(separated))


def _measure(
    checkpoint: Checkpoint,
    num_draws: Sequence[int],
    on_progress: Callable[[int, int], None] | None,
) -> tuple[tuple[Measurement, ...], str]:
    """Return every claim, and the SHA-256 of the noise."""
    try:
        with np.errstate(all="ignore"):
            exact = measure_exactly(checkpoint)
            drawn, noise_sha256 = drawn_measurements(
                networks_of(checkpoint),
                noise_key(checkpoint.weights_sha256),
                num_draws,
                on_progress,
            )
    except ValueError as error:
        raise CertificateError(f"{checkpoint.source}: cannot be certified: {error}") from None
    return (*exact, *drawn), noise_sha256


def _training(checkpoint: Checkpoint, options: IssueOptions) -> Training:
    """What the file says, and what the issuer states beside it."""
    training = describe_training(checkpoint)
    # Level 4 repeats a plain run on a CPU to the bit where the processor is the stated one.
    repeatable = not {"compiled", "device"} & checkpoint.metadata.keys()
    return replace(
        training,
        cpu=options.trained_on if repeatable else None,
        history=_history(options.history) if options.history is not None else None,
    )


def _files(
    checkpoint: Checkpoint,
    predicate: NetworkPredicate,
    config: Mapping[str, Any] | None,
    options: IssueOptions,
) -> dict[str, bytes]:
    """The files that the statement is about, in the order of writing."""
    files = {WEIGHTS: safetensors_bytes(checkpoint)}
    if config is not None:
        files[CONFIG] = canonical_json(config)
    files |= derived_files(predicate, files, config)
    if config is not None and options.keys:
        # An unsigned claim about the training would be worse than none.
        files[PROVENANCE] = signed_statement(
            {WEIGHTS: _sha256(files[WEIGHTS])},
            SLSA_TYPE,
            provenance(predicate.training, _sha256(files[CONFIG])),
            options.keys,
        )
    return files


def _history(data: bytes) -> History:
    epochs = set()
    for line in data.decode("utf-8", "replace").splitlines():
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict) and type(record.get("epoch")) is int:
            epochs.add(record["epoch"])
    return History(_sha256(data), len(epochs))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
