"""What follows from the measurements of a certificate: separation, checklist, limits, benchmark.

Pure functions of the claims, so that whoever verifies computes them again; nobody can tick an item.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal

from ...gates.operations import NUM_OPERATIONS
from ...model.layout import PATHWAYS
from .claim_separation import compare, separation_of
from .names import (
    ALL,
    CONTROLS,
    COUPLED_RHO,
    INFORMATION,
    MODEL,
    READINGS,
    Control,
    Reading,
    distinct,
    mixed,
    reconstruction,
)
from .predicate import ChecklistItem, NetworkPredicate, Separation

# (pathway, value, what it is out of)
Figure = tuple[str, Decimal, Decimal]

# Shares from which an item of the checklist is met.
RECONSTRUCTION_SHARE = Decimal("0.99")
COVERAGE_SHARE = Decimal("0.98")
INFORMATION_SHARE = Decimal("0.90")
# With fewer held out, or drawn, an item is not decided: the split is chosen by who trains, and of
# few draws a lucky run can be looked for. At 50,000 the standard deviation of the ratio is 0.0018
# for fair dice, so that the best of a million tries gains about 0.009.
LEAST_HELD_OUT = NUM_OPERATIONS // 20
LEAST_DRAWS = 50_000

LIMITS = (
    "Nothing here says that a model is good, fair, safe or fit for a purpose: it says what was "
    "measured, how, and on which bytes.",
    "Coverage alone proves nothing: a network with random weights reaches nearly all of it. Read "
    "it beside the information and the controls.",
    "A signature shows who vouches for the measurements and that nothing changed since; it does "
    "not show that the training happened as told. Level 4 retrains and compares.",
    "Figures recorded by the training run (best values, epochs, history) are copied, not measured "
    "again.",
    "Counts over recorded draws hold for those draws; other draws give other counts.",
    "No speed or memory is certified; both depend on the machine.",
)


def share(value: int | Decimal, whole: int | Decimal | str, digits: int = 2) -> str:
    """Write a part of a whole as a percentage, never rounding up to 100 what is less.

    >>> share(19682, 19683), share(1, 1)
    ('99.99 %', '100.00 %')
    """
    exact = 100 * Decimal(value) / Decimal(whole)
    step = Decimal(1).scaleb(-digits)
    text = exact.quantize(step)
    if text == 100 and exact < 100:
        text = 100 - step
    return f"{text} %"


def conclude_separation(predicate: NetworkPredicate) -> Separation:
    """Compare the network with its controls from the certified values alone."""
    values = {claim.name: claim.value for claim in predicate.measurements}
    return separation_of(compare(values, predicate.protocol.num_draws[0]))


def conclude_checklist(predicate: NetworkPredicate) -> tuple[ChecklistItem, ...]:
    """Decide every item of the readiness checklist from the claims and the separation.

    Raises
    ------
    KeyError
        A claim, or a part of one, that an item needs is missing.
    """
    return (
        _configuration(predicate),
        _history(predicate),
        _held_out(predicate),
        _coupled(predicate),
        *(_separated(predicate, control) for control in CONTROLS),
        *(_coverage(predicate, reading) for reading in READINGS),
        _information(predicate),
        _margins(predicate),
        _signed(predicate),
        ChecklistItem(
            "Retrained from configuration and seed with the same result (level 4)",
            False,
            "not part of issuing; run: fluxttice verify DIR --key KEY --rebuild",
        ),
    )


def _configuration(predicate: NetworkPredicate) -> ChecklistItem:
    embedded = predicate.config is not None and predicate.config.origin == "embedded"
    return ChecklistItem(
        "The configuration that made the weights is in their file",
        embedded,
        "its canonical SHA-256 is certified"
        if embedded
        else "the checkpoint carries no readable configuration",
    )


def _history(predicate: NetworkPredicate) -> ChecklistItem:
    history = predicate.training.history
    return ChecklistItem(
        "The history of the training run is bound to the certificate",
        history is not None,
        f"{history.epochs} epochs recorded" if history is not None else "no history was given",
    )


def _held_out(predicate: NetworkPredicate) -> ChecklistItem:
    figures = _figures(predicate, reconstruction("test"), "denominator")
    recorded = predicate.split.is_recorded
    return ChecklistItem(
        "Held-out operations come back exactly from their own code (99 %, each pathway alone)",
        _all_reach(figures, RECONSTRUCTION_SHARE) and recorded and _are_enough(figures),
        _shares(figures)
        + ("" if recorded else "; which were held out is not recorded")
        + _too_few_held_out(figures),
    )


def _coupled(predicate: NetworkPredicate) -> ChecklistItem:
    figures = _figures(predicate, reconstruction("test", mixed(COUPLED_RHO)), "denominator")
    return ChecklistItem(
        f"The same with the pathways coupled at rho_max {COUPLED_RHO} (99 %)",
        _all_reach(figures, RECONSTRUCTION_SHARE) and _are_enough(figures),
        _shares(figures) + _too_few_held_out(figures),
    )


def _separated(predicate: NetworkPredicate, control: Control) -> ChecklistItem:
    rows = [
        row for row in predicate.separation.comparisons if row.control == control and row.decisive
    ]
    won = sum(row.separated for row in rows)
    return ChecklistItem(
        f"Separated from the {control} control on reconstruction and information",
        won == len(rows),
        f"{won} of {len(rows)} comparisons won",
    )


def _coverage(predicate: NetworkPredicate, reading: Reading) -> ChecklistItem:
    first = predicate.protocol.num_draws[0]
    figures = _figures(predicate, distinct(reading, first), "limit")
    return ChecklistItem(
        f"Coverage by {first:,} {reading} draws is at least 98 % of what fair dice cover",
        _all_reach(figures, COVERAGE_SHARE) and first >= LEAST_DRAWS,
        _shares(figures)
        + " of the limit"
        + ("" if first >= LEAST_DRAWS else f"; decided from {LEAST_DRAWS:,} draws on"),
    )


def _information(predicate: NetworkPredicate) -> ChecklistItem:
    figures = _figures(predicate, INFORMATION, "limit")
    return ChecklistItem(
        "A prior code carries at least 90 % of the possible information",
        _all_reach(figures, INFORMATION_SHARE),
        f"{_shares(figures)} of log {NUM_OPERATIONS:,}",
    )


def _margins(predicate: NetworkPredicate) -> ChecklistItem:
    claims = [predicate.claim(MODEL, pathway, reconstruction(ALL)) for pathway in PATHWAYS]
    return ChecklistItem(
        "No reconstruction stands within rounding of another answer",
        all(claim.need("ambiguous") == 0 for claim in claims),
        f"smallest gaps {', '.join(claim.need('min_gap') for claim in claims)} logits",
    )


def _signed(predicate: NetworkPredicate) -> ChecklistItem:
    count = len(predicate.signers)
    return ChecklistItem("The certificate is signed", count > 0, f"{count} key{'s' * (count != 1)}")


def _figures(
    predicate: NetworkPredicate, quantity: str, whole: Literal["denominator", "limit"]
) -> list[Figure]:
    return [
        (pathway, *predicate.claim(MODEL, pathway, quantity).out_of(whole)) for pathway in PATHWAYS
    ]


def _are_enough(figures: Sequence[Figure]) -> bool:
    return all(whole >= LEAST_HELD_OUT for _, _, whole in figures)


def _too_few_held_out(figures: Sequence[Figure]) -> str:
    return "" if _are_enough(figures) else f"; decided from {LEAST_HELD_OUT:,} held out on"


def _shares(figures: Sequence[Figure]) -> str:
    return ", ".join(f"{pathway} {share(value, whole)}" for pathway, value, whole in figures)


def _all_reach(figures: Sequence[Figure], least: Decimal) -> bool:
    return all(value >= least * whole for _, value, whole in figures)


def benchmark_record(predicate: NetworkPredicate) -> dict[str, Any]:
    """``benchmark.json``: the measurements under v5.5's keys; no timings, no memory.

    It follows from the predicate, so a benchmark that says something else is a false one.
    """
    record = predicate.as_dict()
    most = predicate.protocol.num_draws[-1]
    coverage: dict[str, Any] = {"num_samples": most, "num_trials": 1}
    for pathway in PATHWAYS:
        claim = predicate.claim(MODEL, pathway, distinct("sampled", most))
        value, whole = claim.out_of("denominator")
        name = f"vae_{pathway.lower()}"
        coverage[f"{name}_unique"] = claim.value
        coverage[f"{name}_coverage"] = f"{100 * value / whole:.6f}"
    return {
        "schema": "fluxttice_core/certificate-benchmark/v1",
        "timestamp": predicate.validity.issued,
        "metadata": {
            "weights_sha256": predicate.checkpoint.weights_sha256,
            "checkpoint_hash": predicate.checkpoint.source_sha256,
            "config_hash": predicate.config.sha256 if predicate.config is not None else None,
            "device": "cpu",
        },
        "protocol": record["protocol"],
        "results": {
            "coverage": coverage,
            "measurements": record["measurements"],
            "separation": record["separation"],
        },
    }
