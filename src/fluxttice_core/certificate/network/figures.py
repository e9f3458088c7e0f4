"""The tables of ``CERTIFICATE.md``: each figure beside its limit and beside the controls."""

from __future__ import annotations

from collections.abc import Sequence

from ...gates.operations import NUM_OPERATIONS
from ...model.layout import PATHWAYS
from .conclusions import share
from .names import (
    ALONE,
    CHI_SQUARE,
    CONTROLS,
    INFORMATION,
    MODEL,
    READINGS,
    ClaimName,
    distinct,
)
from .predicate import NetworkPredicate


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Lay out a Markdown table; bars in cells are escaped."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        "| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines
    )


def coverage_section(predicate: NetworkPredicate) -> str:
    """Distinct operations in recorded draws, beside fair dice and the controls."""
    rows = []
    for n in predicate.protocol.num_draws:
        for reading in READINGS:
            for pathway in PATHWAYS:
                mine, untrained, collapsed = (
                    predicate.claim(role, pathway, distinct(reading, n))
                    for role in (MODEL, *CONTROLS)
                )
                value, limit = mine.out_of("limit")
                rows.append(
                    (
                        f"{n:,}",
                        reading,
                        pathway,
                        f"{mine.value:,} ({share(*mine.out_of('denominator'))})",
                        f"{limit:,.0f}",
                        f"{value / limit:.4f}",
                        f"{untrained.value:,}",
                        f"{collapsed.value:,}",
                    )
                )
    header = (
        *("draws", "reading", "pathway", "distinct operations", "fair dice", "ratio to fair dice"),
        *("untrained control", "collapsed control"),
    )
    return (
        f"### Coverage\n\n{markdown_table(header, rows)}\n\n"
        f"Distinct operations of {NUM_OPERATIONS:,} in recorded draws (level 3 repeats them). "
        "*Sampled*: one draw a trit; *mode*: the likeliest trit. *Fair dice* is what independent "
        "uniform draws meet on average; one run can pass it by chance. **Sampled coverage proves "
        "nothing alone: look at the controls, which know nothing.**"
    )


def information_section(predicate: NetworkPredicate) -> str:
    """What a prior code says, and the distance from uniform."""
    rows = []
    for quantity, title in ((INFORMATION, "I(x; z), nats"), (CHI_SQUARE, "chi-square")):
        for pathway in PATHWAYS:
            mine, untrained, collapsed = (
                predicate.claim(role, pathway, quantity) for role in (MODEL, *CONTROLS)
            )
            low, high = mine.need("interval")
            rows.append(
                (
                    title,
                    pathway,
                    mine.value,
                    f"{low} .. {high}",
                    mine.need("limit"),
                    untrained.value,
                    collapsed.value,
                )
            )
    header = (
        *("quantity", "pathway", "estimate", "95 % interval", "ideal"),
        *("untrained control", "collapsed control"),
    )
    return (
        f"### Information\n\n{markdown_table(header, rows)}\n\n"
        "I(x; z) is what a prior code says about the operation it becomes: "
        f"log {NUM_OPERATIONS:,} for a perfect codebook, 0 for noise. Chi-square is the distance "
        "of the generated distribution from uniform; 0 is ideal, and noise is near it too. With "
        "few draws the information reads low."
    )


def separation_section(predicate: NetworkPredicate) -> str:
    """Every comparison with every control."""
    rows = [
        (
            item.axis,
            item.pathway,
            item.control,
            item.model_value,
            item.control_value,
            "yes" if item.separated else "**no**",
            "yes" if item.decisive else "no",
        )
        for item in predicate.separation.comparisons
    ]
    header = ("axis", "pathway", "control", "model", "the control", "separated", "decides")
    return (
        f"### Separation from the controls\n\n{markdown_table(header, rows)}\n\n"
        "Separated means better by more than a stated part of the axis: 5 % for the deciding ones, "
        "30 % for coverage, where random networks differ that much among themselves."
    )


def reconstruction_section(predicate: NetworkPredicate) -> str:
    """Exact reconstructions by pathway, code and split."""
    rows = []
    for claim in predicate.measurements:
        name = ClaimName.parse(claim.name)
        if name.role != MODEL or name.reconstructed is None:
            continue
        code, part = name.reconstructed
        rows.append(
            (
                name.pathway,
                "own code" if code == ALONE else f"mixed, {code.replace('=', ' ')}",
                part,
                f"{claim.value:,} of {claim.need('denominator'):,}",
                share(*claim.out_of("denominator")),
                claim.need("min_gap"),
                claim.need("ambiguous"),
            )
        )
    header = (
        *("pathway", "code", "split", "exact", "share"),
        *("smallest gap, logits", "ambiguous"),
    )
    recorded = "" if predicate.split.is_recorded else " **Which were held out is not recorded.**"
    return (
        f"### Reconstruction\n\n{markdown_table(header, rows)}\n\n"
        "Exact means all nine trits, through the posterior mean (level 2 counts them again). "
        f"*test* was held out of training.{recorded}"
    )
