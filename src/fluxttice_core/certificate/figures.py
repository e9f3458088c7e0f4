"""The tables of ``CERTIFICATE.md``: each figure beside its limit and beside the controls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from ..model.layout import PATHWAYS
from .conclusions import claims_by_name, share


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Lay out a Markdown table; bars in cells are escaped."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        "| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines
    )


def coverage_section(predicate: Mapping[str, Any]) -> str:
    """Distinct operations in recorded draws, beside fair dice and the controls."""
    claims = claims_by_name(predicate)
    rows = []
    for n in predicate["protocol"]["num_draws"]:
        for reading in ("sampled", "mode"):
            for pathway in PATHWAYS:
                mine, untrained, collapsed = (
                    claims[f"{role}/{pathway}/distinct/{reading}/n={n}"]
                    for role in ("model", "untrained", "collapsed")
                )
                limit = Decimal(mine["limit"])
                rows.append(
                    (
                        f"{n:,}",
                        reading,
                        pathway,
                        f"{mine['value']:,} ({share(mine['value'], mine['denominator'])})",
                        f"{limit:,.0f}",
                        f"{mine['value'] / limit:.4f}",
                        f"{untrained['value']:,}",
                        f"{collapsed['value']:,}",
                    )
                )
    header = (
        *("draws", "reading", "pathway", "distinct operations", "fair dice", "ratio to fair dice"),
        *("untrained control", "collapsed control"),
    )
    return (
        f"### Coverage\n\n{markdown_table(header, rows)}\n\n"
        "Distinct operations of 19,683 in recorded draws (level 3 repeats them). *Sampled*: one "
        "draw a trit; *mode*: the likeliest trit. *Fair dice* is what independent uniform draws "
        "meet on average; one run can pass it by chance. **Sampled coverage proves nothing alone: "
        "look at the controls, which know nothing.**"
    )


def information_section(predicate: Mapping[str, Any]) -> str:
    """What a prior code says, and the distance from uniform."""
    claims = claims_by_name(predicate)
    rows = []
    for name, title in (("information", "I(x; z), nats"), ("chi_square", "chi-square")):
        for pathway in PATHWAYS:
            mine = claims[f"model/{pathway}/{name}"]
            low, high = mine["interval"]
            rows.append(
                (
                    title,
                    pathway,
                    mine["value"],
                    f"{low} .. {high}",
                    mine["limit"],
                    claims[f"untrained/{pathway}/{name}"]["value"],
                    claims[f"collapsed/{pathway}/{name}"]["value"],
                )
            )
    header = (
        *("quantity", "pathway", "estimate", "95 % interval", "ideal"),
        *("untrained control", "collapsed control"),
    )
    return (
        f"### Information\n\n{markdown_table(header, rows)}\n\n"
        "I(x; z) is what a prior code says about the operation it becomes: log 19,683 for a "
        "perfect codebook, 0 for noise. Chi-square is the distance of the generated "
        "distribution from uniform; 0 is ideal, and noise is near it too. With few draws the "
        "information reads low."
    )


def separation_section(predicate: Mapping[str, Any]) -> str:
    """Every comparison with every control."""
    rows = [
        (
            item["axis"],
            item["pathway"],
            item["control"],
            item["model_value"],
            item["control_value"],
            "yes" if item["separated"] else "**no**",
            "yes" if item["decisive"] else "no",
        )
        for item in predicate["separation"]["comparisons"]
    ]
    header = ("axis", "pathway", "control", "model", "the control", "separated", "decides")
    return (
        f"### Separation from the controls\n\n{markdown_table(header, rows)}\n\n"
        "Separated means better by more than a stated part of the axis: 5 % for the deciding ones, "
        "30 % for coverage, where random networks differ that much among themselves."
    )


def reconstruction_section(predicate: Mapping[str, Any]) -> str:
    """Exact reconstructions by pathway, code and split."""
    rows = []
    for name, claim in claims_by_name(predicate).items():
        role, pathway, *path = name.split("/")
        if role == "model" and path[0] == "reconstruction":
            code = "own code" if path[1] == "alone" else f"mixed, {path[1].replace('=', ' ')}"
            rows.append(
                (
                    pathway,
                    code,
                    path[2],
                    f"{claim['value']:,} of {claim['denominator']:,}",
                    share(claim["value"], claim["denominator"]),
                    claim["min_gap"],
                    claim["ambiguous"],
                )
            )
    header = (
        *("pathway", "code", "split", "exact", "share"),
        *("smallest gap, logits", "ambiguous"),
    )
    recorded = (
        "" if predicate["split"]["is_recorded"] else " **Which were held out is not recorded.**"
    )
    return (
        f"### Reconstruction\n\n{markdown_table(header, rows)}\n\n"
        "Exact means all nine trits, through the posterior mean (level 2 counts them again). "
        f"*test* was held out of training.{recorded}"
    )
