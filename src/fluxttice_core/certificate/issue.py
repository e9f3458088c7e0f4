"""Issuing: measure a checkpoint, write every file of the folder, sign last."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from ..artifacts.checkpoint import Checkpoint, safetensors_bytes
from ..artifacts.envelope import is_hex_digest, make_statement, seal
from ..artifacts.files import prepare_folder, write_atomically
from ..artifacts.keys import key_id
from ..artifacts.model_signature import sign_files
from ..artifacts.strict_json import read_json
from ..canonical import canonical_json
from ..config import Config, parse_config
from ..environment import describe_build, describe_environment
from ..errors import ArtifactError, CertificateError, ConfigError
from ..evidence.drawn_claims import NUM_DRAWS, drawn_measurements
from ..evidence.noise import noise_key
from .conclusions import LIMITS, conclude_checklist, conclude_separation
from .contents import (
    CERTIFICATE,
    CONFIG,
    MODEL_SIGNATURE,
    PREDICATE_TYPE,
    PROVENANCE,
    SCHEMA,
    TEXT_REVISION,
    TOOL_NAME,
    WEIGHTS,
    check_split,
    describe_checkpoint,
    describe_protocol,
    describe_space,
    describe_split,
    describe_training,
    measure_exactly,
    networks_of,
)
from .derived import derived_files
from .schema import schema_faults

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
SLSA_TYPE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "urn:fluxttice_core:training:v1"
# What of a training checkpoint goes into the published weights: what identifies them and what is
# needed to train them again. Optimizer, streams and histories stay behind.
PUBLISHED = (
    *("epoch", "phase", "rho", "seed", "num_threads", "format_version", "code_version"),
    *("torch_version", "config", "config_hash", "selection_score", "best_epoch", "best"),
    *("best_val_loss", "source_sha256", "compiled", "device"),
)


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


def publish(checkpoint: Checkpoint) -> Checkpoint:
    """Return the checkpoint as it is published: the same tensors, the metadata that is needed.

    A foreign file's values that JSON cannot hold, such as infinities, are left behind, and a
    configuration that this version cannot read.
    """
    metadata: dict[str, Any] = {}
    for key in PUBLISHED:
        if checkpoint.metadata.get(key) is None:
            continue
        try:
            text = canonical_json(checkpoint.metadata[key])
            metadata[key] = read_json(text)
        except (ValueError, TypeError, RecursionError):
            continue
    try:
        parse_config(metadata.get("config"))
    except ConfigError:
        metadata.pop("config", None)
        metadata.pop("config_hash", None)
    if "source_sha256" not in metadata and checkpoint.file_sha256 is not None:
        metadata["source_sha256"] = checkpoint.file_sha256
    return replace(checkpoint, metadata=MappingProxyType(metadata))


def certify_checkpoint(
    checkpoint: Checkpoint,
    out: str | Path,
    options: IssueOptions | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Measure a checkpoint and write its certificate into a new folder; return the predicate.

    The same checkpoint, keys and environment give the same bytes, but for the time of issue, which
    ``SOURCE_DATE_EPOCH`` fixes. The signed files are written last: an interrupted run leaves a
    folder that does not verify.

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
    folder = prepare_folder(out)
    if any(folder.iterdir()):
        raise ArtifactError(f"{folder}: expected a new or an empty folder; choose another")
    predicate = _predicate(published, config, origin, options, on_progress)
    files = _files(published, predicate, config, options)
    for name, data in files.items():
        write_atomically(folder / name, data)
    return predicate


def _check_options(options: IssueOptions) -> None:
    """Refuse what the schema would refuse after minutes of measuring."""
    faults = []
    if options.expires is not None and not _MOMENT.fullmatch(options.expires):
        faults.append(f"expires is {options.expires!r}; expected a time like 2027-01-31T00:00:00Z")
    if options.supersedes is not None and not is_hex_digest(options.supersedes):
        faults.append(
            f"supersedes is {options.supersedes[:80]!r}; expected a SHA-256 of 64 lower-case "
            "hexadecimal digits"
        )
    draws = list(options.num_draws)
    if not draws or draws != sorted(set(draws)) or not 10 <= draws[0] <= draws[-1] <= 10**7:
        faults.append(f"num_draws is {draws}; expected increasing numbers in 10 .. 10,000,000")
    if faults:
        raise CertificateError("\n  ".join(["nothing was certified:", *faults]))


def _configuration(
    checkpoint: Checkpoint, given: Config | None
) -> tuple[dict[str, Any] | None, str]:
    embedded = checkpoint.metadata.get("config")
    if embedded:
        config = parse_config(embedded, source=checkpoint.source)
        if given is not None and given.canonical_hash() != config.canonical_hash():
            raise CertificateError(
                f"{checkpoint.source}: the configuration given (SHA-256 "
                f"{given.canonical_hash()}) is not the one the file carries "
                f"({config.canonical_hash()}); leave --config out, or give that one"
            )
        return config.as_dict(), "embedded"
    return (given.as_dict(), "given") if given is not None else (None, "")


def _predicate(
    checkpoint: Checkpoint,
    config: Mapping[str, Any] | None,
    origin: str,
    options: IssueOptions,
    on_progress: Callable[[int, int], None] | None,
) -> dict[str, Any]:
    weights = checkpoint.weights_sha256
    try:
        with np.errstate(all="ignore"):
            exact = measure_exactly(checkpoint)
            drawn, noise_sha256 = drawn_measurements(
                networks_of(checkpoint), noise_key(weights), options.num_draws, on_progress
            )
    except ValueError as error:
        raise CertificateError(f"{checkpoint.source}: cannot be certified: {error}") from None
    validity = {"issued": time_of_issue()}
    if options.expires is not None:
        validity["expires"] = options.expires
    if options.supersedes is not None:
        validity["supersedes"] = options.supersedes
    training = describe_training(checkpoint)
    # Level 4 repeats a plain run on a CPU to the bit where the processor is the stated one.
    repeatable = not {"compiled", "device"} & checkpoint.metadata.keys()
    if options.trained_on is not None and repeatable:
        training["cpu"] = options.trained_on
    if options.history is not None:
        training["history"] = _history(options.history)
    predicate: dict[str, Any] = {
        "schema": SCHEMA,
        "tool": {
            "name": TOOL_NAME,
            "version": version(TOOL_NAME),
            "text_revision": TEXT_REVISION,
        },
        "environment": {**describe_environment(), **describe_build()},
        "validity": validity,
        "signers": sorted(key_id(key.public_key()) for key in options.keys),
        "checkpoint": describe_checkpoint(checkpoint),
        "training": training,
        "space": describe_space(),
        "split": describe_split(checkpoint),
        "protocol": {
            **describe_protocol(weights, checkpoint.latent_dim, options.num_draws),
            "noise_sha256": noise_sha256,
        },
        "measurements": [item.as_dict() for item in (*exact, *drawn)],
        "limits": list(LIMITS),
    }
    if config is not None:
        predicate["config"] = {"origin": origin, "sha256": _sha256(canonical_json(config))}
    predicate["separation"] = conclude_separation(predicate)
    predicate["checklist"] = conclude_checklist(predicate)
    faults = schema_faults(predicate)
    if faults:
        raise CertificateError(
            "\n  ".join([f"{checkpoint.source}: cannot be certified:", *faults[:20]])
        )
    return predicate


def _files(
    checkpoint: Checkpoint,
    predicate: Mapping[str, Any],
    config: Mapping[str, Any] | None,
    options: IssueOptions,
) -> dict[str, bytes]:
    """Every file in the order of writing: what is signed, then the signatures."""
    files = {WEIGHTS: safetensors_bytes(checkpoint)}
    if config is not None:
        files[CONFIG] = canonical_json(config)
    files |= derived_files(predicate, files, config)
    if config is not None and options.keys:
        # An unsigned claim about the training would be worse than none.
        files[PROVENANCE] = seal(_provenance(predicate, files), options.keys).to_bytes()
    subjects = [(name, _sha256(data)) for name, data in files.items()]
    statement = make_statement(subjects, PREDICATE_TYPE, dict(predicate))
    files[CERTIFICATE] = seal(statement, options.keys).to_bytes()
    if options.keys:
        digests = {name: _sha256(data) for name, data in files.items()}
        files[MODEL_SIGNATURE] = sign_files(digests, options.keys[0])
    return files


def _provenance(predicate: Mapping[str, Any], files: Mapping[str, bytes]) -> bytes:
    training = predicate["training"]
    parameters = {key: training[key] for key in ("seed", "epochs", "threads") if key in training}
    materials = [{"name": CONFIG, "digest": {"sha256": _sha256(files[CONFIG])}}]
    if "history" in training:
        materials.append(
            {"name": "metrics.jsonl", "digest": {"sha256": training["history"]["sha256"]}}
        )
    internal = {
        key: training[key] for key in ("code_version", "torch_version", "cpu") if key in training
    }
    return make_statement(
        [(WEIGHTS, _sha256(files[WEIGHTS]))],
        SLSA_TYPE,
        {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {"config": CONFIG, **parameters},
                "internalParameters": internal,
                "resolvedDependencies": materials,
            },
            "runDetails": {"builder": {"id": f"urn:{TOOL_NAME}:train"}},
        },
    )


def _history(data: bytes) -> dict[str, Any]:
    epochs = set()
    for line in data.decode("utf-8", "replace").splitlines():
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict) and type(record.get("epoch")) is int:
            epochs.add(record["epoch"])
    return {"sha256": _sha256(data), "epochs": len(epochs)}


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


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
