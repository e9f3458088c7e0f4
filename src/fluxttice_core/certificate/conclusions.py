"""What follows from the measurements of a certificate: separation, checklist, limits.

Pure functions of the claims, so that whoever verifies computes them again; nobody can tick an item.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ..evidence.claim_separation import as_record, compare
from ..model.layout import PATHWAYS

# Shares from which an item of the checklist is met.
RECONSTRUCTION_SHARE = Decimal("0.99")
COVERAGE_SHARE = Decimal("0.98")
INFORMATION_SHARE = Decimal("0.90")

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


def claims_by_name(predicate: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the measurements of a predicate by name."""
    return {item["name"]: item for item in predicate["measurements"]}


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


def conclude_separation(predicate: Mapping[str, Any]) -> dict[str, Any]:
    """Compare the network with its controls from the certified values alone."""
    values = {name: claim["value"] for name, claim in claims_by_name(predicate).items()}
    return as_record(compare(values, predicate["protocol"]["num_draws"][0]))


def conclude_checklist(predicate: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Decide every item of the readiness checklist; ``detail`` holds the figures behind it."""
    claims = claims_by_name(predicate)
    first = predicate["protocol"]["num_draws"][0]
    rho_max = predicate["checkpoint"]["rho_max"]
    coupled = f"rho={rho_max}" if float(rho_max) > 0 else "alone"
    items: list[dict[str, Any]] = []

    def add(item: str, met: bool, detail: str) -> None:
        items.append({"item": item, "met": met, "detail": detail})

    def parts(claim: str, limit: bool = False) -> list[tuple[str, Decimal, Decimal]]:
        found: list[tuple[str, Decimal, Decimal]] = []
        for pathway in PATHWAYS:
            record = claims[f"model/{pathway}/{claim}"]
            whole = record["limit"] if limit else record["denominator"]
            found.append((pathway, Decimal(record["value"]), Decimal(whole)))
        return found

    def shares(figures: list[tuple[str, Decimal, Decimal]]) -> str:
        return ", ".join(f"{name} {share(value, whole)}" for name, value, whole in figures)

    def all_reach(figures: list[tuple[str, Decimal, Decimal]], least: Decimal) -> bool:
        return all(value >= least * whole for _, value, whole in figures)

    training, config = predicate["training"], predicate.get("config")
    add(
        "The configuration that made the weights is in their file",
        config is not None and config["origin"] == "embedded",
        "its canonical SHA-256 is certified"
        if config is not None and config["origin"] == "embedded"
        else "the checkpoint carries no readable configuration",
    )
    history = training.get("history")
    add(
        "The history of the training run is bound to the certificate",
        history is not None,
        f"{history['epochs']} epochs recorded" if history else "no history was given",
    )
    held_out = parts("reconstruction/alone/test")
    add(
        "Held-out operations come back exactly from their own code (99 %, each pathway alone)",
        all_reach(held_out, RECONSTRUCTION_SHARE) and predicate["split"]["is_recorded"],
        shares(held_out)
        + ("" if predicate["split"]["is_recorded"] else "; which were held out is not recorded"),
    )
    mixed = parts(f"reconstruction/{coupled}/test")
    add(
        f"The same with the pathways coupled at rho_max {rho_max} (99 %)",
        all_reach(mixed, RECONSTRUCTION_SHARE),
        shares(mixed),
    )
    for control in ("untrained", "collapsed"):
        rows = [
            row
            for row in predicate["separation"]["comparisons"]
            if row["control"] == control and row["decisive"]
        ]
        won = sum(row["separated"] for row in rows)
        add(
            f"Separated from the {control} control on reconstruction and information",
            won == len(rows),
            f"{won} of {len(rows)} comparisons won",
        )
    for reading in ("sampled", "mode"):
        figures = parts(f"distinct/{reading}/n={first}", limit=True)
        add(
            f"Coverage by {first:,} {reading} draws is at least 98 % of what fair dice cover",
            all_reach(figures, COVERAGE_SHARE),
            shares(figures) + " of the limit",
        )
    information = parts("information", limit=True)
    add(
        "A prior code carries at least 90 % of the possible information",
        all_reach(information, INFORMATION_SHARE),
        shares(information) + " of log 19,683",
    )
    unsure = [claims[f"model/{pathway}/reconstruction/alone/all"] for pathway in PATHWAYS]
    add(
        "No reconstruction stands within rounding of another answer",
        all(claim["ambiguous"] == 0 for claim in unsure),
        f"smallest gaps {', '.join(claim['min_gap'] for claim in unsure)} logits",
    )
    add(
        "The certificate is signed",
        bool(predicate["signers"]),
        f"{len(predicate['signers'])} key{'s' * (len(predicate['signers']) != 1)}",
    )
    add(
        "Retrained from configuration and seed with the same result (level 4)",
        False,
        "not part of issuing; run: fluxttice verify DIR --key KEY --rebuild",
    )
    return items


def benchmark_record(predicate: Mapping[str, Any]) -> dict[str, Any]:
    """``benchmark.json``: the measurements under v5.5's keys; no timings, no memory.

    It follows from the predicate, so a benchmark that says something else is a false one.
    """
    claims = claims_by_name(predicate)
    most = predicate["protocol"]["num_draws"][-1]
    coverage: dict[str, Any] = {"num_samples": most, "num_trials": 1}
    for pathway in PATHWAYS:
        claim = claims[f"model/{pathway}/distinct/sampled/n={most}"]
        name = f"vae_{pathway.lower()}"
        coverage[f"{name}_unique"] = claim["value"]
        coverage[f"{name}_coverage"] = f"{100 * Decimal(claim['value']) / claim['denominator']:.6f}"
    return {
        "schema": "fluxttice_core/certificate-benchmark/v1",
        "timestamp": predicate["validity"]["issued"],
        "metadata": {
            "weights_sha256": predicate["checkpoint"]["weights_sha256"],
            "checkpoint_hash": predicate["checkpoint"].get("source_sha256"),
            "config_hash": (predicate.get("config") or {}).get("sha256"),
            "device": "cpu",
        },
        "protocol": predicate["protocol"],
        "results": {
            "coverage": coverage,
            "measurements": predicate["measurements"],
            "separation": predicate["separation"],
        },
    }
