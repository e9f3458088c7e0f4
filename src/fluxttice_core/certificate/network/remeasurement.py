"""Levels 2 and 3: the claims beside what the same functions measure here and now.

Nothing in a certificate decides how it is checked, except the numbers of draws, which are bounded.
Tolerances, rules, keys and controls are this version's own; a certificate that states others is a
false one.
"""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import replace

import numpy as np

from ...canonical import canonical_json
from ...environment import describe_build
from ...gates.operations import NUM_OPERATIONS
from ...seal import Findings, Progress
from ...strict_json import read_json
from .certified import Certified
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
from .differences import compare_claims, compare_values
from .drawn_claims import drawn_measurements
from .format import CONFIG, PROVENANCE, WEIGHTS
from .noise import noise_key
from .predicate import NetworkPredicate, Separation, Training
from .provenance import provenance_faults


def check_exact(certified: Certified, findings: Findings) -> None:
    """Level 2: everything that follows from the weights alone, to the last operation."""
    _check_descriptions(certified, findings)
    try:
        with np.errstate(all="ignore"):
            measured = measure_exactly(certified.checkpoint)
    except ValueError as error:
        findings.add("false-claim", WEIGHTS, "a network that can be measured", str(error))
        return
    claims = [claim for claim in certified.predicate.measurements if claim.level == 2]
    compare_claims(claims, measured, findings)
    findings.checked.append(
        f"{len(measured)} exact claims over all {NUM_OPERATIONS:,} operations, measured again in "
        "float64"
    )
    _check_conclusions(certified, findings)


def check_drawn(
    certified: Certified, findings: Findings, on_progress: Progress | None = None
) -> None:
    """Level 3: the recorded draws again, from the noise that the weights' hash determines."""
    protocol, checkpoint = certified.predicate.protocol, certified.checkpoint
    try:
        with np.errstate(all="ignore"):
            measured, noise_sha256 = drawn_measurements(
                networks_of(checkpoint),
                noise_key(checkpoint.weights_sha256),
                protocol.num_draws,
                on_progress,
            )
    except ValueError as error:
        findings.add("false-claim", "protocol.num_draws", "draws that can be made", str(error))
        return
    if noise_sha256 != protocol.noise_sha256:
        stated = str(protocol.noise_sha256)
        findings.add("false-claim", "protocol.noise_sha256", stated, noise_sha256)
    claims = [claim for claim in certified.predicate.measurements if claim.level == 3]
    compare_claims(claims, measured, findings)
    findings.checked.append(
        f"{len(measured)} claims over {protocol.num_draws[-1]:,} recorded draws, repeated in "
        "float64"
    )


def _check_descriptions(certified: Certified, findings: Findings) -> None:
    predicate, checkpoint = certified.predicate, certified.checkpoint
    protocol = replace(predicate.protocol, noise_sha256=None)
    for section, stated, found in (
        ("checkpoint", predicate.checkpoint, describe_checkpoint(checkpoint)),
        ("training", _recorded(predicate.training), describe_training(checkpoint)),
        ("space", predicate.space, describe_space()),
        ("split", predicate.split, describe_split(checkpoint)),
        ("protocol", protocol, describe_protocol(checkpoint, protocol.num_draws)),
    ):
        compare_values(section, stated.as_dict(), found.as_dict(), findings)
    _check_config(certified, findings)
    _check_provenance(certified, findings)
    findings.checked.append("identity, split and protocol, as the weights file gives them")
    _tell_source(predicate, findings)
    findings.not_checked.append("the machine that the certificate says it was measured on")
    if predicate.training != _recorded(predicate.training):
        findings.not_checked.append("what the issuer states about the run: history, processor")
    findings.not_checked.append(
        "what the weights file says of itself: epoch, best values, seed, threads, versions"
    )


def _recorded(training: Training) -> Training:
    """What the weights file says itself, without what the issuer states beside it."""
    return replace(training, history=None, cpu=None)


def _tell_source(predicate: NetworkPredicate, findings: Findings) -> None:
    """Another source is no fault, since the claims are measured anew; but it is to be known."""
    there, here = predicate.environment.get("source_sha256"), describe_build()["source_sha256"]
    if there == here:
        findings.checked.append("the source that it was measured with is the one that verifies")
    else:
        name = "not named" if there is None else f"{there[:16]}..."
        findings.not_checked.append(
            f"the source that it was measured with, {name}: another, {here[:16]}..., verifies"
        )


def _check_config(certified: Certified, findings: Findings) -> None:
    embedded = certified.checkpoint.metadata.get("config")
    record, files = certified.predicate.config, certified.files
    if (record is None) != (CONFIG not in files):
        findings.add("false-claim", CONFIG, "described in the certificate if present", "otherwise")
        return
    if record is None:
        if embedded:
            findings.add("false-claim", "config", "the configuration of the weights file", "none")
        return
    compare_values("config.origin", record.origin, "embedded" if embedded else "given", findings)
    try:
        config = read_json(files[CONFIG])
        if canonical_json(config) != files[CONFIG]:
            raise ValueError("not in canonical form")
    except ValueError as error:
        findings.add("false-claim", CONFIG, "canonical JSON", str(error))
        return
    digest = hashlib.sha256(files[CONFIG]).hexdigest()
    compare_values("config.sha256", record.sha256, digest, findings)
    if embedded:
        compare_values(CONFIG, config, embedded, findings)


def _check_provenance(certified: Certified, findings: Findings) -> None:
    """It is written by whoever signs and has a configuration, and by nobody else."""
    predicate, files = certified.predicate, certified.files
    expected = predicate.config is not None and bool(predicate.signers)
    if expected != (PROVENANCE in files):
        words = ("as issued with a key and a configuration", "no file of that name")
        findings.add("false-claim", PROVENANCE, *(words if expected else words[::-1]))
    if not expected or PROVENANCE not in files or CONFIG not in files:
        return
    subjects = {name: hashlib.sha256(files[name]).hexdigest() for name in (WEIGHTS, CONFIG)}
    faults = provenance_faults(files[PROVENANCE], predicate.training, subjects, predicate.signers)
    if faults:
        findings.add(
            "false-claim", PROVENANCE, "what the certificate says of the training", faults[0]
        )
    findings.not_checked.append(f"the signatures inside {PROVENANCE}, and that it is true")


def _check_conclusions(certified: Certified, findings: Findings) -> None:
    """The verdict, the checklist and the documents follow from the claims; so they must say so."""
    predicate = certified.predicate
    before = len(findings.mismatches)
    try:
        separation = conclude_separation(predicate)
        _compare_separation(predicate.separation, separation, findings)
        _compare_wording(certified, separation, findings)
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


def _compare_separation(stated: Separation, found: Separation, findings: Findings) -> None:
    claimed, concluded = stated.as_dict(), found.as_dict()
    for key in ("separated", "comparisons"):
        compare_values(f"separation.{key}", claimed[key], concluded[key], findings)


def _compare_wording(certified: Certified, separation: Separation, findings: Findings) -> None:
    predicate, files = certified.predicate, certified.files
    verdict = predicate.separation.verdict
    compare_values("separation.verdict", verdict, separation.verdict, findings)
    expected = conclude_checklist(replace(predicate, separation=separation))
    stated, found = ([item.as_dict() for item in each] for each in (predicate.checklist, expected))
    for place, pair in enumerate(itertools.zip_longest(stated, found), start=1):
        compare_values(f"checklist item {place}", *pair, findings)
    compare_values("limits", list(predicate.limits), list(LIMITS), findings)
    config = read_json(files[CONFIG]) if CONFIG in files else None
    for name, data in derived_files(predicate, files, config).items():
        if name in files and not findings.is_false(name) and files[name] != data:
            findings.add("false-claim", name, "what the certificate says", "other figures or words")
