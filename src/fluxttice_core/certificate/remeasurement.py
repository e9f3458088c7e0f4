"""Levels 2 and 3: the claims beside what the same functions measure here and now.

Nothing in a certificate decides how it is checked, except the numbers of draws, which are bounded.
Tolerances, rules, keys and controls are this version's own; a certificate that states others is a
false one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np

from ..artifacts.checkpoint import Checkpoint, checkpoint_from_safetensors
from ..artifacts.strict_json import read_json
from ..canonical import canonical_json
from ..environment import describe_build
from ..errors import CheckpointError
from ..evidence.claims import ESTIMATE_TOLERANCE, Measurement
from ..evidence.drawn_claims import drawn_measurements
from ..evidence.noise import noise_key
from .authenticity import Findings, Statement
from .conclusions import LIMITS, conclude_checklist, conclude_separation
from .contents import (
    CONFIG,
    TEXT_REVISION,
    WEIGHTS,
    describe_checkpoint,
    describe_protocol,
    describe_space,
    describe_split,
    describe_training,
    measure_exactly,
    networks_of,
)
from .derived import derived_files

# A smallest gap is a real number; rounding moves its ninth decimal.
_GAP_TOLERANCE = Decimal("0.000001")
# Not measurable from the weights: stated by the issuer, or copied from the run.
_STATED_TRAINING = ("history", "cpu")


def load_weights(files: Mapping[str, bytes], findings: Findings) -> Checkpoint | None:
    """Read the weights of a folder whose hashes were checked; None if they cannot be read."""
    try:
        return checkpoint_from_safetensors(files[WEIGHTS], WEIGHTS)
    except CheckpointError as error:
        findings.add("false-claim", WEIGHTS, "weights in the v5.5 layout", str(error)[:300])
        return None


def check_exact(
    statement: Statement,
    files: Mapping[str, bytes],
    checkpoint: Checkpoint,
    findings: Findings,
) -> None:
    """Level 2: everything that follows from the weights alone, to the last operation."""
    predicate = statement.predicate
    _check_descriptions(predicate, files, checkpoint, findings)
    try:
        with np.errstate(all="ignore"):
            measured = measure_exactly(checkpoint)
    except ValueError as error:
        findings.add("false-claim", WEIGHTS, "a network that can be measured", str(error))
        return
    claims = [item for item in predicate["measurements"] if item["level"] == 2]
    check_claims(claims, measured, findings)
    findings.checked.append(
        f"{len(measured)} exact claims over all 19,683 operations, measured again in float64"
    )
    _check_conclusions(statement, files, findings)


def check_drawn(
    statement: Statement,
    checkpoint: Checkpoint,
    findings: Findings,
    on_progress: Callable[[int, int], None] | None = None,
) -> None:
    """Level 3: the recorded draws again, from the noise that the weights' hash determines."""
    predicate = statement.predicate
    num_draws = predicate["protocol"]["num_draws"]
    try:
        with np.errstate(all="ignore"):
            measured, noise_sha256 = drawn_measurements(
                networks_of(checkpoint),
                noise_key(checkpoint.weights_sha256),
                num_draws,
                on_progress,
            )
    except ValueError as error:
        findings.add("false-claim", "protocol.num_draws", "draws that can be made", str(error))
        return
    if noise_sha256 != predicate["protocol"]["noise_sha256"]:
        findings.add(
            "false-claim",
            "protocol.noise_sha256",
            predicate["protocol"]["noise_sha256"],
            noise_sha256,
        )
    claims = [item for item in predicate["measurements"] if item["level"] == 3]
    check_claims(claims, measured, findings)
    findings.checked.append(
        f"{len(measured)} claims over {num_draws[-1]:,} recorded draws, repeated in float64"
    )


def check_claims(
    claims: Sequence[Mapping[str, Any]], measured: Sequence[Measurement], findings: Findings
) -> None:
    """Compare claims with measurements by name; each difference is one mismatch."""
    by_name = {claim["name"]: claim for claim in claims}
    for item in measured:
        claim = by_name.pop(item.name, None)
        if claim is None:
            findings.add("false-claim", item.name, f"this claim, value {item.value}", "no claim")
        else:
            _check_claim(claim, item.as_dict(), findings)
    for name in by_name:
        findings.add("false-claim", name, "no such claim at this level", "a claim")


def _check_claim(claim: Mapping[str, Any], fresh: Mapping[str, Any], findings: Findings) -> None:
    name = fresh["name"]
    unsure = fresh.get("ambiguous", 0)
    for key in sorted({*claim, *fresh}):
        stated, found = claim.get(key), fresh.get(key)
        if stated == found:
            continue
        if key == "digest" and unsure and stated is not None:
            continue
        if key in ("value", "ambiguous") and type(stated) is int and type(found) is int:
            # Each ambiguous part can fall the other way, and be counted as ambiguous or not.
            within = abs(stated - found) <= unsure
        elif key in ("value", "interval", "min_gap"):
            tolerance = Decimal(ESTIMATE_TOLERANCE) if key != "min_gap" else _GAP_TOLERANCE
            within = _is_near(stated, found, tolerance)
        else:
            within = False
        if not within:
            place = name if key == "value" else f"{name} ({key})"
            # For people: what was measured is what is right, what is claimed came with the file.
            findings.add("false-claim", place, f"{found} as measured", f"{stated} as claimed")


def _is_near(stated: Any, found: Any, tolerance: Decimal) -> bool:
    if isinstance(stated, list) and isinstance(found, list) and len(stated) == len(found):
        return all(_is_near(*pair, tolerance) for pair in zip(stated, found, strict=True))
    if not isinstance(stated, str) or not isinstance(found, str):
        return False
    try:
        return abs(Decimal(stated) - Decimal(found)) <= tolerance
    except InvalidOperation:
        return False


def _check_descriptions(
    predicate: Mapping[str, Any],
    files: Mapping[str, bytes],
    checkpoint: Checkpoint,
    findings: Findings,
) -> None:
    training = {
        key: value for key, value in predicate["training"].items() if key not in _STATED_TRAINING
    }
    protocol = {key: value for key, value in predicate["protocol"].items() if key != "noise_sha256"}
    for section, stated, found in (
        ("checkpoint", predicate["checkpoint"], describe_checkpoint(checkpoint)),
        ("training", training, describe_training(checkpoint)),
        ("space", predicate["space"], describe_space()),
        ("split", predicate["split"], describe_split(checkpoint)),
        (
            "protocol",
            protocol,
            describe_protocol(
                checkpoint.weights_sha256,
                checkpoint.latent_dim,
                predicate["protocol"]["num_draws"],
            ),
        ),
    ):
        compare_values(section, stated, found, findings)
    _check_config(predicate, files, checkpoint, findings)
    findings.checked.append("identity, split and protocol, as the weights file gives them")
    _tell_source(predicate, findings)
    findings.not_checked.append("the machine that the certificate says it was measured on")
    if set(_STATED_TRAINING) & set(predicate["training"]):
        findings.not_checked.append("what the issuer states about the run: history, processor")
    if predicate["training"]["best"]:
        findings.not_checked.append("figures copied from the training run (best values)")


def _tell_source(predicate: Mapping[str, Any], findings: Findings) -> None:
    """Another source is no fault, since the claims are measured anew; but it is to be known."""
    there, here = predicate["environment"].get("source_sha256"), describe_build()["source_sha256"]
    if there == here:
        findings.checked.append("the source that it was measured with is the one that verifies")
    else:
        name = "not named" if there is None else f"{there[:16]}..."
        findings.not_checked.append(
            f"the source that it was measured with, {name}: another, {here[:16]}..., verifies"
        )


def _check_config(
    predicate: Mapping[str, Any],
    files: Mapping[str, bytes],
    checkpoint: Checkpoint,
    findings: Findings,
) -> None:
    embedded = checkpoint.metadata.get("config")
    record = predicate.get("config")
    if (record is None) != (CONFIG not in files):
        findings.add("false-claim", CONFIG, "described in the certificate if present", "otherwise")
        return
    if record is None:
        if embedded:
            findings.add("false-claim", "config", "the configuration of the weights file", "none")
        return
    compare_values("config.origin", record["origin"], "embedded" if embedded else "given", findings)
    try:
        config = read_json(files[CONFIG])
        if canonical_json(config) != files[CONFIG]:
            raise ValueError("not in canonical form")
    except ValueError as error:
        findings.add("false-claim", CONFIG, "canonical JSON", str(error))
        return
    if embedded:
        compare_values(CONFIG, config, embedded, findings)


def compare_values(place: str, stated: Any, found: Any, findings: Findings) -> None:
    """Report each leaf in which what is stated differs from what was found."""
    if isinstance(stated, Mapping) and isinstance(found, Mapping):
        for key in sorted({*stated, *found}):
            compare_values(f"{place}.{key}", stated.get(key), found.get(key), findings)
    elif type(stated) is not type(found) or stated != found:
        findings.add(
            "false-claim",
            place,
            f"{_short(found)} as found",
            f"{_short(stated)} as claimed" if stated is not None else "no claim",
        )


def _check_conclusions(
    statement: Statement, files: Mapping[str, bytes], findings: Findings
) -> None:
    """The verdict, the checklist and the documents follow from the claims; so they must say so."""
    predicate = statement.predicate
    revision = predicate["tool"]["text_revision"]
    before = len(findings.mismatches)
    try:
        separation = conclude_separation(predicate)
        _compare_separation(predicate["separation"], separation, findings)
        if revision != TEXT_REVISION:
            findings.checked.append("the comparisons with the controls follow from the claims")
            findings.not_checked.append(
                f"wording of verdict, checklist and documents: revision {revision}, this version "
                f"writes {TEXT_REVISION}"
            )
            return
        _compare_wording(predicate, separation, files, findings)
    except (KeyError, ValueError, ArithmeticError, TypeError, AttributeError) as error:
        # A claim that the conclusions need is not there: the comparison by name has named it.
        if len(findings.mismatches) == before:
            findings.add(
                "false-claim",
                "conclusions",
                "all that they need",
                f"{type(error).__name__}: {error}",
            )
        return
    findings.checked.append("verdict, checklist, limits and documents follow from the claims")


def _compare_separation(
    stated: Mapping[str, Any], found: Mapping[str, Any], findings: Findings
) -> None:
    for key in ("separated", "comparisons"):
        compare_values(f"separation.{key}", stated[key], found[key], findings)


def _compare_wording(
    predicate: Mapping[str, Any],
    separation: Mapping[str, Any],
    files: Mapping[str, bytes],
    findings: Findings,
) -> None:
    verdict = predicate["separation"]["verdict"]
    compare_values("separation.verdict", verdict, separation["verdict"], findings)
    expected = conclude_checklist({**predicate, "separation": separation})
    stated = {item["item"]: item for item in predicate["checklist"]}
    compare_values("checklist", stated, {item["item"]: item for item in expected}, findings)
    compare_values("limits", predicate["limits"], list(LIMITS), findings)
    config = read_json(files[CONFIG]) if CONFIG in files else None
    reported = {item.subject for item in findings.mismatches}
    for name, data in derived_files(predicate, files, config).items():
        if name in files and name not in reported and files[name] != data:
            findings.add("false-claim", name, "what the certificate says", "other figures or words")


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 120 else f"{text[:120]}..."
