"""The parts of a certificate that follow from a checkpoint alone, as plain values.

Issuing calls these functions to write a certificate, verification calls them to say what it should
have said. They hold integers and text only: no two machines can disagree on their form.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..artifacts.checkpoint import ORIGINAL_CERTIFICATE_SHA256, Checkpoint
from ..canonical import tensor_hash
from ..errors import CertificateError
from ..evidence.claims import (
    EPSILON,
    ESTIMATE_TOLERANCE,
    Measurement,
    Role,
    exact_measurements,
    space_digest,
    split_digest,
)
from ..evidence.controls import collapsed_weights, untrained_weights
from ..evidence.noise import noise_key
from ..model.layout import NUM_TENSORS
from ..operations import NUM_OPERATIONS

PREDICATE_TYPE = "urn:fluxttice_core:coverage-certificate:v1"
SCHEMA = "fluxttice_core/coverage-certificate/v1"
TOOL_NAME = "fluxttice_core"
# Raised whenever the wording of a generated document changes, so that older documents are known
# to be older and not taken for edited ones.
TEXT_REVISION = 1
CONTROL_SEED = 0
# What a retrained network may differ by where its weights cannot be the same bits.
REBUILD_COUNT_SHARE = "0.010000"
REBUILD_NATS = "0.300000"

CERTIFICATE = "certificate.json"
MODEL_SIGNATURE = "model.sig"
WEIGHTS = "weights.safetensors"
CONFIG = "config.json"
BENCHMARK = "benchmark.json"
PROVENANCE = "provenance.json"
BOM = "bom.cdx.json"
CARD = "README.md"
DOCUMENT = "CERTIFICATE.md"
# What the certificate's own statement covers when present; the first group always is.
REQUIRED = (WEIGHTS, BENCHMARK, BOM, CARD, DOCUMENT)
OPTIONAL = (CONFIG, PROVENANCE)


def plain(value: float) -> str:
    """Write a number of a configuration as the shortest text that reads back to it.

    >>> plain(0.7), plain(1)
    ('0.7', '1')
    """
    return repr(value)


def control_networks(latent_dim: int) -> dict[Role, Mapping[str, Any]]:
    """Make the two negative controls that every certificate is measured beside."""
    return {
        "untrained": untrained_weights(CONTROL_SEED, latent_dim),
        "collapsed": collapsed_weights(CONTROL_SEED, latent_dim),
    }


def describe_checkpoint(checkpoint: Checkpoint) -> dict[str, Any]:
    """Identity of the weights, as far as the weights file itself tells it."""
    size = sum(value.size for name, value in checkpoint.weights.items() if "ema" not in name)
    source = checkpoint.metadata.get("source_sha256")
    record: dict[str, Any] = {
        "weights_sha256": checkpoint.weights_sha256,
        "num_tensors": NUM_TENSORS,
        "num_parameters": size,
        "latent_dim": checkpoint.latent_dim,
        "rho": plain(checkpoint.rho),
        "rho_max": plain(checkpoint.rho_max),
        "is_the_file_certified_in_2025": source == ORIGINAL_CERTIFICATE_SHA256,
    }
    if checkpoint.epoch is not None:
        record["epoch"] = checkpoint.epoch
    if isinstance(source, str):
        record["source_sha256"] = source
    return record


def describe_training(checkpoint: Checkpoint) -> dict[str, Any]:
    """What the file says about its own training; recorded by the run, not measured here."""
    metadata = checkpoint.metadata
    record: dict[str, Any] = {}
    for key, name in (
        ("seed", "seed"),
        ("num_threads", "threads"),
        ("best_epoch", "best_epoch"),
    ):
        if type(metadata.get(key)) is int:
            record[name] = metadata[key]
    for key in ("code_version", "torch_version"):
        if isinstance(metadata.get(key), str):
            record[key] = metadata[key][:80]
    if checkpoint.epoch is not None:
        record["epochs"] = checkpoint.epoch + 1
    if (score := _number(metadata.get("selection_score"))) is not None:
        record["selection_score"] = score
    best = metadata.get("best")
    found = []
    for name, item in sorted(best.items()) if isinstance(best, dict) else ():
        value = _number(item.get("value"))
        if value is not None and type(item.get("epoch")) is int:
            found.append({"name": str(name)[:80], "value": value, "epoch": item["epoch"]})
    record["best"] = found
    return record


def _number(value: Any) -> str | None:
    if type(value) not in (int, float) or not math.isfinite(value):
        return None
    return f"{value:.6f}"


def describe_space() -> dict[str, Any]:
    """The space, and the two orders in which it could have been written differently."""
    return {
        "id": "ternary-2in-9trit",
        "size": NUM_OPERATIONS,
        "truth_table_order": "(-1,-1) (-1,0) (-1,+1) (0,-1) (0,0) (0,+1) (+1,-1) (+1,0) (+1,+1)",
        "digit_order": "trit k of operation i is floor(i / 3^k) mod 3, minus 1",
        "table_sha256": space_digest(),
    }


def describe_split(checkpoint: Checkpoint) -> dict[str, Any]:
    """Sizes and digest of the partition that tells held-out operations from seen ones."""
    split = checkpoint.split
    return {
        "is_recorded": bool(checkpoint.metadata.get("config")),
        "sizes": {name: len(part) for name, part in split.parts().items()},
        "sha256": split_digest(split),
    }


def check_split(checkpoint: Checkpoint, published: Checkpoint) -> None:
    """Refuse a file whose partition is not the one that its published configuration gives.

    Raises
    ------
    CertificateError
        The partition would be lost, because published weights carry the configuration only.
    """
    told = replace(published, _split=None).split
    if split_digest(told) != split_digest(checkpoint.split):
        raise CertificateError(
            f"{checkpoint.source}: the recorded split is not the one that the configuration gives; "
            "held-out figures could not be measured again"
        )


def describe_protocol(
    weights_sha256: str, latent_dim: int, num_draws: Sequence[int]
) -> dict[str, Any]:
    """How everything is measured; fixed for this version but for the numbers of draws."""
    controls = control_networks(latent_dim)
    return {
        "id": "fluxttice_core/certificate-protocol/v1",
        "arithmetic": "float64",
        "mode_rule": "largest of three logits; of equals the lowest trit",
        "sampling_rule": "inverse CDF, one uniform number a trit",
        "epsilon": f"{EPSILON:.7f}",
        "estimate_tolerance": ESTIMATE_TOLERANCE,
        "tolerance_reason": "sums in another order; counts may differ by their ambiguous parts",
        "rebuild_count_share": REBUILD_COUNT_SHARE,
        "rebuild_nats": REBUILD_NATS,
        "interval": "95 %, delete-a-group jackknife over 10 groups of draws, Student's t",
        "rng": "philox4x64-10, raw 64-bit words",
        "key": f"{noise_key(weights_sha256):032x}",
        "key_rule": "first 16 bytes of SHA-256('fluxttice_core/certificate-noise/v1/<weights>')",
        "num_draws": list(num_draws),
        "controls": {
            "seed": CONTROL_SEED,
            "untrained_sha256": tensor_hash(dict(controls["untrained"])),
            "collapsed_sha256": tensor_hash(dict(controls["collapsed"])),
        },
    }


def measure_exactly(checkpoint: Checkpoint) -> list[Measurement]:
    """Everything of level 2: the counts over the whole space, of the model and its controls."""
    rhos = tuple(dict.fromkeys(rho for rho in (checkpoint.rho, checkpoint.rho_max) if rho > 0))
    found = exact_measurements(checkpoint.weights, "model", checkpoint.split, rhos)
    for role, weights in control_networks(checkpoint.latent_dim).items():
        found += exact_measurements(weights, role)
    return found


def networks_of(checkpoint: Checkpoint) -> dict[Role, Mapping[str, Any]]:
    """The measured network and its controls, by role."""
    return {"model": checkpoint.weights, **control_networks(checkpoint.latent_dim)}
