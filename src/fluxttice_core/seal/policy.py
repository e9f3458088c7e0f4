"""What a verifier demands beside truth."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from .predicate import Predicate
from .verdict import Findings

_MOMENT = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Policy:
    """Demands; an old certificate can be genuine and still wrong.

    Attributes
    ----------
    not_before : refuse a certificate issued before this moment.
    min_version : refuse one issued by an older version of the tool.
    now : when a certificate with an end has ended; the present moment by default.

    Example
    -------
    >>> Policy(min_version=version_numbers("0.2")).min_version
    (0, 2)
    """

    not_before: datetime | None = None
    min_version: tuple[int, ...] | None = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC))


def check_policy(predicate: Predicate, policy: Policy, findings: Findings) -> None:
    """Hold a statement's times and version against a policy."""
    validity = predicate.validity
    issued = _moment(validity.issued, "validity.issued", findings)
    expires = _moment(validity.expires, "validity.expires", findings)
    if policy.not_before is not None:
        if issued is None or issued < policy.not_before:
            wanted = policy.not_before.strftime(_MOMENT)
            findings.add("policy", "validity.issued", f"not before {wanted}", validity.issued)
        else:
            findings.checked.append("issued late enough for --not-before")
    if validity.expires is not None and expires is not None and expires <= policy.now:
        now = policy.now.strftime(_MOMENT)
        findings.add("policy", "validity.expires", f"a moment after {now}", validity.expires)
    if policy.min_version is not None:
        if version_numbers(predicate.tool.version) < policy.min_version:
            wanted = ".".join(map(str, policy.min_version))
            findings.add("policy", "tool.version", f"at least {wanted}", predicate.tool.version)
        else:
            findings.checked.append("written by a version that --min-version allows")


def _moment(text: str | None, place: str, findings: Findings) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text is not None else None
    except ValueError:
        findings.add("policy", place, "a moment that exists", str(text))
        return None


def version_numbers(text: str) -> tuple[int, ...]:
    """Return the leading numbers of a version.

    >>> version_numbers("0.12.1.dev3") < version_numbers("0.13")
    True
    """
    numbers = []
    for part in text.split("."):
        if not part.isascii() or not part.isdigit():
            break
        numbers.append(int(part))
    return tuple(numbers)
