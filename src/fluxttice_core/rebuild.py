"""Level 4: train again from the certified configuration and seed, and compare."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from .artifacts.checkpoint import Checkpoint, read_checkpoint
from .artifacts.strict_json import read_json
from .certificate.authenticity import Findings, Statement
from .certificate.conclusions import claims_by_name
from .certificate.contents import (
    CONFIG,
    REBUILD_COUNT_SHARE,
    REBUILD_NATS,
    WEIGHTS,
    measure_exactly,
)
from .config import parse_config
from .environment import describe_environment
from .errors import ConfigError, MissingExtraError, TrainingError
from .evidence.drawn_claims import drawn_measurements
from .evidence.noise import noise_key


def rebuild(
    statement: Statement, checkpoint: Checkpoint, files: Mapping[str, bytes], findings: Findings
) -> None:
    """Retrain in a temporary folder and report into the findings.

    The same weights, bit for bit, are expected where the PyTorch version, the number of threads and
    the processor are the certified ones. Elsewhere sums round otherwise and training drifts apart:
    then the figures must lie within the certified distances.

    Raises
    ------
    MissingExtraError
        PyTorch is not installed.
    """
    training = statement.predicate["training"]
    missing = [name for name in ("seed", "epochs", "threads") if name not in training]
    if CONFIG not in files or missing:
        what = CONFIG if CONFIG not in files else f"training.{missing[0]}"
        findings.add("not-rebuilt", what, "what retraining needs", "nothing")
        return
    try:
        config = parse_config(read_json(files[CONFIG]), source=CONFIG)
    except (ConfigError, ValueError) as error:
        findings.add("not-rebuilt", CONFIG, "a configuration this version reads", str(error)[:300])
        return
    try:
        import torch
    except ModuleNotFoundError:
        raise MissingExtraError("level 4, retraining,", "torch") from None
    from .runs import LATEST, run

    with tempfile.TemporaryDirectory(prefix="fluxttice-rebuild-") as folder:
        try:
            run(
                config,
                Path(folder) / "run",
                epochs=training["epochs"],
                seed=training["seed"],
                threads=training["threads"],
            )
        except TrainingError as error:
            findings.add("not-rebuilt", WEIGHTS, "weights from the certified recipe", str(error))
            return
        again = read_checkpoint(Path(folder) / "run" / LATEST)
    if again.weights_sha256 == checkpoint.weights_sha256:
        findings.checked.append(
            f"retrained for {training['epochs']} epochs from seed {training['seed']}: the same "
            "weights, bit for bit"
        )
        return
    here = {"torch_version": str(torch.__version__), "cpu": describe_environment()["cpu"]}
    if all(training.get(key) == value for key, value in here.items()):
        findings.add(
            "not-rebuilt",
            WEIGHTS,
            f"weights {checkpoint.weights_sha256}, on the platform that made them",
            again.weights_sha256,
        )
        return
    _compare_figures(statement, checkpoint, again, findings)


def _compare_figures(
    statement: Statement, checkpoint: Checkpoint, again: Checkpoint, findings: Findings
) -> None:
    """Compare the figures of other weights from the same recipe."""
    claims = claims_by_name(statement.predicate)
    before = len(findings.mismatches)
    with np.errstate(all="ignore"):
        exact = [item for item in measure_exactly(again) if item.name.startswith("model/")]
        drawn, _ = drawn_measurements(
            {"model": again.weights},
            noise_key(checkpoint.weights_sha256),
            statement.predicate["protocol"]["num_draws"],
        )
    for item in exact:
        claim = claims.get(item.name)
        if claim is None or "/reconstruction/alone/" not in item.name:
            continue
        allowed = Decimal(REBUILD_COUNT_SHARE) * claim["denominator"]
        _compare(item.name, claim["value"], item.value, allowed, findings)
    for item in drawn:
        if item.name.endswith("/information"):
            value = claims[item.name]["value"]
            _compare(item.name, value, item.value, Decimal(REBUILD_NATS), findings)
    if len(findings.mismatches) == before:
        findings.checked.append(
            "retrained on another platform: other weights, figures within the certified distances"
        )
    findings.not_checked.append(
        "that the weights can be made again bit for bit: this is not the certified platform"
    )


def _compare(name: str, stated: Any, found: Any, allowed: Decimal, findings: Findings) -> None:
    if abs(Decimal(stated) - Decimal(found)) > allowed:
        findings.add("not-rebuilt", name, f"{stated} within {allowed:f}", f"{found} retrained")
