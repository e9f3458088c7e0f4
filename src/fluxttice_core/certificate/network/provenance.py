"""How the issuer says that the weights were made: a statement of SLSA, beside the certificate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...seal import signed_statement
from ...strict_json import read_json
from .format import CONFIG, TOOL_NAME, WEIGHTS
from .predicate import Training

SLSA_TYPE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "urn:fluxttice_core:training:v1"


def provenance(training: Training, config_sha256: str) -> dict[str, Any]:
    """Return the predicate of SLSA."""
    record = training.as_dict()
    parameters = {key: record[key] for key in ("seed", "epochs", "threads") if key in record}
    materials = [{"name": CONFIG, "digest": {"sha256": config_sha256}}]
    if training.history is not None:
        history = {"sha256": training.history.sha256}
        materials.append({"name": "metrics.jsonl", "digest": history})
    stated = ("code_version", "torch_version", "cpu")
    return {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {"config": CONFIG, **parameters},
            "internalParameters": {key: record[key] for key in stated if key in record},
            "resolvedDependencies": materials,
        },
        "runDetails": {"builder": {"id": f"urn:{TOOL_NAME}:train"}},
    }


def provenance_faults(
    data: bytes, training: Training, subjects: Mapping[str, str], signers: Sequence[str]
) -> list[str]:
    """Say in which way a file is not what the certificate's issuer writes beside it.

    ``subjects``: SHA-256 of the weights file and of the configuration, by name. Whether its
    signatures are valid is left to who has the keys.
    """
    expected = signed_statement(
        {WEIGHTS: subjects[WEIGHTS]}, SLSA_TYPE, provenance(training, subjects[CONFIG])
    )
    try:
        record, wanted = read_json(data), read_json(expected)
        by = [item["keyid"] for item in record["signatures"]]
        same = all(record[key] == wanted[key] for key in ("payload", "payloadType"))
    except (ValueError, KeyError, TypeError, RecursionError):
        return ["no envelope"]
    faults = [] if same else ["another statement"]
    return faults if by == list(signers) else [*faults, "signatures by others"]
