"""What is claimed beside what was found: each difference is one mismatch.

A verdict rests on what was found here; how far a claim may lie from it is said here alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from ...seal import Findings
from .predicate import Measurement

# Sums in another order move an estimate by less than 1e-9: by one in its last decimal at most.
_LAST_DIGIT = Decimal("0.000001")
# So it is with a smallest gap, which has nine.
_LAST_GAP_DIGIT = Decimal("0.000000002")


def compare_claims(
    claims: Sequence[Measurement], measured: Sequence[Measurement], findings: Findings
) -> None:
    """Compare claims with measurements: the same, of the same names, in the same order."""
    names = [claim.name for claim in claims]
    expected = [item.name for item in measured]
    if names != expected and sorted(names) == sorted(expected):
        findings.add("false-claim", "measurements", "the order of this program", "another")
    by_name = {claim.name: claim for claim in claims}
    for item in measured:
        claim = by_name.pop(item.name, None)
        if claim is None:
            findings.add("false-claim", item.name, f"this claim, value {item.value}", "no claim")
        else:
            _compare_claim(claim.as_dict(), item.as_dict(), findings)
    for name in by_name:
        findings.add("false-claim", name, "no such claim at this level", "a claim")


def _compare_claim(claim: Mapping[str, Any], fresh: Mapping[str, Any], findings: Findings) -> None:
    name = fresh["name"]
    for key in sorted({*claim, *fresh}):
        stated, found = claim.get(key), fresh.get(key)
        if stated != found and not _is_within(key, stated, found):
            place = name if key == "value" else f"{name} ({key})"
            findings.add("false-claim", place, f"{found} as measured", f"{stated} as claimed")


def _is_within(key: str, stated: Any, found: Any) -> bool:
    """Whether a decimal number differs by no more than another order of its sums could make it.

    Counts are the same or false: what rounding could change is not counted.
    """
    if key in ("value", "interval"):
        return _is_near(stated, found, _LAST_DIGIT)
    return key == "min_gap" and _is_near(stated, found, _LAST_GAP_DIGIT)


def _is_near(stated: Any, found: Any, tolerance: Decimal) -> bool:
    if isinstance(stated, list) and isinstance(found, list) and len(stated) == len(found):
        return all(_is_near(*pair, tolerance) for pair in zip(stated, found, strict=True))
    if not isinstance(stated, str) or not isinstance(found, str):
        return False
    try:
        return abs(Decimal(stated) - Decimal(found)) <= tolerance
    except InvalidOperation:
        return False


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


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 120 else f"{text[:120]}..."
