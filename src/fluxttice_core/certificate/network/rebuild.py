"""Level 4: train again from the certified configuration and seed, and compare."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import numpy as np

from ...artifacts.checkpoint import Checkpoint, read_checkpoint
from ...config import Config, parse_config
from ...environment import describe_environment
from ...errors import ConfigError, MissingExtraError, TrainingError
from ...seal import Findings
from ...strict_json import read_json
from .certified import Certified
from .descriptions import REBUILD_COUNT_SHARE, REBUILD_NATS, measure_exactly
from .drawn_claims import drawn_measurements
from .format import CONFIG, WEIGHTS
from .names import ALONE, INFORMATION, MODEL, ClaimName
from .noise import noise_key
from .predicate import Measurement, Training


def check_rebuilt(certified: Certified, findings: Findings) -> None:
    """Retrain in a temporary folder and report into the findings.

    The same weights, bit for bit, are expected where the PyTorch version, the number of threads and
    the processor are the stated ones. Elsewhere sums round otherwise and training drifts apart:
    then nothing was rebuilt, and whether the figures agree is said, which is less.

    Raises
    ------
    MissingExtraError
        PyTorch is not installed.
    """
    training, checkpoint = certified.predicate.training, certified.checkpoint
    config = _configuration(certified, findings)
    if config is None:
        return
    try:
        import torch
    except ModuleNotFoundError:
        raise MissingExtraError("level 4, retraining,", "torch") from None
    again = _retrain(config, training, findings)
    if again is None:
        return
    if again.weights_sha256 == checkpoint.weights_sha256:
        findings.checked.append(
            f"retrained for {training.epochs} epochs from seed {training.seed}: the same weights, "
            "bit for bit"
        )
    elif (training.torch_version, training.cpu) == (
        str(torch.__version__),
        describe_environment()["cpu"],
    ):
        findings.add(
            "not-rebuilt",
            WEIGHTS,
            f"weights {checkpoint.weights_sha256}, on the platform that made them",
            again.weights_sha256,
        )
    else:
        findings.add(
            "not-rebuilt",
            WEIGHTS,
            f"weights {checkpoint.weights_sha256}",
            f"{again.weights_sha256}, on another platform than is stated",
        )
        _compare_figures(certified, again, findings)


def _configuration(certified: Certified, findings: Findings) -> Config | None:
    """What to retrain from, or a finding that it is not there."""
    training, files = certified.predicate.training, certified.files
    needed = {"seed": training.seed, "epochs": training.epochs, "threads": training.threads}
    missing = [] if CONFIG in files else [CONFIG]
    missing += [f"training.{name}" for name, value in needed.items() if value is None]
    if missing:
        findings.add("not-rebuilt", missing[0], "what retraining needs", "nothing")
        return None
    try:
        return parse_config(read_json(files[CONFIG]), source=CONFIG)
    except (ConfigError, ValueError) as error:
        findings.add("not-rebuilt", CONFIG, "a configuration this version reads", str(error)[:300])
        return None


def _retrain(config: Config, training: Training, findings: Findings) -> Checkpoint | None:
    """Return what the recipe gives here, or None where the training fails."""
    from ...training.run import LATEST, run

    assert training.threads is not None
    with tempfile.TemporaryDirectory(prefix="fluxttice-rebuild-") as folder:
        try:
            run(
                config,
                Path(folder) / "run",
                epochs=training.epochs,
                seed=training.seed,
                threads=training.threads,
            )
        except (TrainingError, ConfigError) as error:
            # The latter of a seed or a number of threads that no training can have.
            wanted = "weights from the certified recipe"
            findings.add("not-rebuilt", WEIGHTS, wanted, str(error)[:300])
            return None
        return read_checkpoint(Path(folder) / "run" / LATEST)


def _compare_figures(certified: Certified, again: Checkpoint, findings: Findings) -> None:
    """Compare the figures of other weights from the same recipe."""
    claims = {claim.name: claim for claim in certified.predicate.measurements}
    before = len(findings.mismatches)
    with np.errstate(all="ignore"):
        exact = measure_exactly(again)
        drawn, _ = drawn_measurements(
            {MODEL: again.weights},
            noise_key(certified.checkpoint.weights_sha256),
            certified.predicate.protocol.num_draws,
        )
    # A claim that is missing was named by a lower level.
    for item in _reconstructions_alone(exact):
        if item.name in claims:
            allowed = Decimal(REBUILD_COUNT_SHARE) * Decimal(item.need("denominator"))
            _compare(claims[item.name], item, allowed, findings)
    for item in drawn:
        if item.name in claims and ClaimName.parse(item.name).quantity == INFORMATION:
            _compare(claims[item.name], item, Decimal(REBUILD_NATS), findings)
    if len(findings.mismatches) == before:
        findings.checked.append(
            "figures agree: those of the retrained weights lie within the stated distances"
        )
    findings.not_checked.append(
        "that the weights can be made again bit for bit: not rebuilt, this is another platform"
    )


def _reconstructions_alone(measured: Iterable[Measurement]) -> Iterable[Measurement]:
    for item in measured:
        name = ClaimName.parse(item.name)
        if name.role == MODEL and name.reconstructed is not None and name.reconstructed[0] == ALONE:
            yield item


def _compare(claim: Measurement, item: Measurement, allowed: Decimal, findings: Findings) -> None:
    if abs(Decimal(claim.value) - Decimal(item.value)) > allowed:
        findings.add(
            "not-rebuilt", item.name, f"{claim.value} within {allowed:f}", f"{item.value} retrained"
        )
