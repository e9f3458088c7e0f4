"""The parts of a certificate that follow from a checkpoint alone.

Issuing calls these functions to write a certificate, verification calls them to say what it should
have said.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ...artifacts.checkpoint import Checkpoint
from ...canonical import tensor_hash
from ...gates.operations import NUM_OPERATIONS
from ...model.controls import collapsed_weights, untrained_weights
from ...model.layout import NUM_TENSORS
from .claims import (
    EPSILON,
    ESTIMATE_TOLERANCE,
    exact_measurements,
    plain,
    space_digest,
    split_digest,
)
from .names import COUPLED_RHO, MODEL, Role
from .noise import noise_key
from .predicate import (
    Best,
    ControlIdentity,
    Identity,
    Measurement,
    Protocol,
    SpaceIdentity,
    SplitIdentity,
    Training,
)

CONTROL_SEED = 0
# What a retrained network may differ by where its weights cannot be the same bits.
REBUILD_COUNT_SHARE = "0.010000"
REBUILD_NATS = "0.300000"


def control_networks(latent_dim: int) -> dict[Role, Mapping[str, Any]]:
    """Make the two negative controls that every certificate is measured beside."""
    return {
        "untrained": untrained_weights(CONTROL_SEED, latent_dim),
        "collapsed": collapsed_weights(CONTROL_SEED, latent_dim),
    }


def describe_checkpoint(checkpoint: Checkpoint) -> Identity:
    """Identity of the weights, as far as the weights file itself tells it."""
    source = checkpoint.metadata.get("source_sha256")
    return Identity(
        weights_sha256=checkpoint.weights_sha256,
        num_tensors=NUM_TENSORS,
        num_parameters=sum(
            value.size for name, value in checkpoint.weights.items() if "ema" not in name
        ),
        latent_dim=checkpoint.latent_dim,
        rho=plain(checkpoint.rho),
        rho_max=plain(checkpoint.rho_max),
        # That file is known by its hash, was never published, and cannot be here; a file that says
        # of itself to be made from it proves nothing.
        is_the_file_certified_in_2025=False,
        epoch=checkpoint.epoch,
        source_sha256=source if isinstance(source, str) else None,
    )


def describe_training(checkpoint: Checkpoint) -> Training:
    """What the file says about its own training; recorded by the run, not measured here."""
    metadata = checkpoint.metadata

    def whole(key: str) -> int | None:
        return metadata[key] if type(metadata.get(key)) is int else None

    def text(key: str) -> str | None:
        return metadata[key][:80] if isinstance(metadata.get(key), str) else None

    return Training(
        best=_best(metadata.get("best")),
        seed=whole("seed"),
        threads=whole("num_threads"),
        best_epoch=whole("best_epoch"),
        epochs=None if checkpoint.epoch is None else checkpoint.epoch + 1,
        code_version=text("code_version"),
        torch_version=text("torch_version"),
        selection_score=_number(metadata.get("selection_score")),
    )


def _best(recorded: Any) -> tuple[Best, ...]:
    found = []
    for name, item in sorted(recorded.items()) if isinstance(recorded, dict) else ():
        value = _number(item.get("value"))
        if value is not None and type(item.get("epoch")) is int:
            found.append(Best(str(name)[:80], value, item["epoch"]))
    return tuple(found)


def _number(value: Any) -> str | None:
    if type(value) not in (int, float) or not math.isfinite(value):
        return None
    return f"{value:.6f}"


def describe_space() -> SpaceIdentity:
    """The space, and the two orders in which it could have been written differently."""
    return SpaceIdentity(
        id="ternary-2in-9trit",
        size=NUM_OPERATIONS,
        truth_table_order="(-1,-1) (-1,0) (-1,+1) (0,-1) (0,0) (0,+1) (+1,-1) (+1,0) (+1,+1)",
        digit_order="trit k of operation i is floor(i / 3^k) mod 3, minus 1",
        table_sha256=space_digest(),
    )


def describe_split(checkpoint: Checkpoint) -> SplitIdentity:
    """Sizes and digest of the partition that tells held-out operations from seen ones."""
    split = checkpoint.split
    return SplitIdentity(
        is_recorded=bool(checkpoint.metadata.get("config")),
        sizes={name: len(part) for name, part in split.parts().items()},
        sha256=split_digest(split),
    )


def describe_protocol(checkpoint: Checkpoint, num_draws: Sequence[int]) -> Protocol:
    """How everything is measured; fixed for this version but for the numbers of draws."""
    controls = control_networks(checkpoint.latent_dim)
    return Protocol(
        id="fluxttice_core/certificate-protocol/v1",
        arithmetic="float64",
        mode_rule="largest of three logits; of equals the lowest trit",
        sampling_rule="inverse CDF, one uniform number a trit",
        epsilon=f"{EPSILON:.7f}",
        estimate_tolerance=ESTIMATE_TOLERANCE,
        tolerance_reason="sums in another order; counts may differ by their ambiguous parts",
        rebuild_count_share=REBUILD_COUNT_SHARE,
        rebuild_nats=REBUILD_NATS,
        interval="95 %, delete-a-group jackknife over 10 groups of draws, Student's t",
        rng="philox4x64-10, raw 64-bit words",
        key=f"{noise_key(checkpoint.weights_sha256):032x}",
        key_rule="first 16 bytes of SHA-256('fluxttice_core/certificate-noise/v1/<weights>')",
        num_draws=tuple(num_draws),
        controls=ControlIdentity(
            seed=CONTROL_SEED,
            untrained_sha256=tensor_hash(dict(controls["untrained"])),
            collapsed_sha256=tensor_hash(dict(controls["collapsed"])),
        ),
    )


def measure_exactly(checkpoint: Checkpoint) -> list[Measurement]:
    """Everything of level 2: the counts over the whole space, of the model and its controls."""
    wanted = (checkpoint.rho, checkpoint.rho_max, float(COUPLED_RHO))
    rhos = tuple(dict.fromkeys(rho for rho in wanted if rho > 0))
    found = exact_measurements(checkpoint.weights, MODEL, checkpoint.split, rhos)
    for role, weights in control_networks(checkpoint.latent_dim).items():
        found += exact_measurements(weights, role)
    return found


def networks_of(checkpoint: Checkpoint) -> dict[Role, Mapping[str, Any]]:
    """The measured network and its controls, by role."""
    return {MODEL: checkpoint.weights, **control_networks(checkpoint.latent_dim)}
