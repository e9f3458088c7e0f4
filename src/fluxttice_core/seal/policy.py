"""What a verifier demands beside truth."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import metadata
from typing import TYPE_CHECKING

from ..errors import CertificateError
from .predicate import Predicate
from .verdict import Findings

if TYPE_CHECKING:
    from packaging.version import Version

# A certificate from a machine whose clock goes ahead is taken; one from the future is not.
_CLOCKS_DIFFER = timedelta(days=1)
_PROGRAM = "fluxttice_core"
_MOMENT = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Policy:
    """Demands; an old certificate can be genuine and still wrong.

    Attributes
    ----------
    not_before : refuse a certificate issued before this moment.
    min_version : refuse one issued by an older version of the tool, in the order of PEP 440.
    now : when a certificate with an end has ended; the present moment by default.

    Example
    -------
    >>> Policy(min_version="0.2rc1").min_version
    '0.2rc1'
    >>> Policy(min_version="new")
    Traceback (most recent call last):
        ...
    fluxttice_core.errors.CertificateError: min_version is 'new'; expected a version like 1.2.0
    """

    not_before: datetime | None = None
    min_version: str | None = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        if self.min_version is not None and _version(self.min_version) is None:
            raise CertificateError(
                f"min_version is {self.min_version[:40]!r}; expected a version like 1.2.0"
            )


def check_policy(predicate: Predicate, policy: Policy, findings: Findings) -> None:
    """Hold a statement's times and version against a policy."""
    validity = predicate.validity
    issued = _moment(validity.issued, "validity.issued", findings)
    expires = _moment(validity.expires, "validity.expires", findings)
    if issued is not None and issued > policy.now + _CLOCKS_DIFFER:
        now = policy.now.strftime(_MOMENT)
        findings.add("policy", "validity.issued", f"a moment before {now}", validity.issued)
    if policy.not_before is not None:
        if issued is None or issued < policy.not_before:
            wanted = policy.not_before.strftime(_MOMENT)
            findings.add("policy", "validity.issued", f"not before {wanted}", validity.issued)
        else:
            findings.checked.append("issued late enough for --not-before")
    if validity.expires is not None and expires is not None and expires <= policy.now:
        now = policy.now.strftime(_MOMENT)
        findings.add("policy", "validity.expires", f"a moment after {now}", validity.expires)
    _refuse_later(predicate, findings)
    if policy.min_version is not None:
        least, written = _version(policy.min_version), _version(predicate.tool.version)
        if least is None or written is None or written < least:
            wanted = f"at least {policy.min_version}"
            findings.add("policy", "tool.version", wanted, predicate.tool.version)
        else:
            findings.checked.append("written by a version that --min-version allows")


def _refuse_later(predicate: Predicate, findings: Findings) -> None:
    """A version that there is not yet would pass every ``min_version``."""
    tool, here = predicate.tool, metadata.version(_PROGRAM)
    written, own = _version(tool.version), _version(here)
    if tool.name == _PROGRAM and written is not None and own is not None and written > own:
        findings.add("policy", "tool.version", f"at most {here}, which verifies", tool.version)


def _moment(text: str | None, place: str, findings: Findings) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text is not None else None
    except ValueError:
        findings.add("policy", place, "a moment that exists", str(text))
        return None


def _version(text: str) -> Version | None:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(text)
    except (InvalidVersion, ValueError):  # the latter of numbers with thousands of digits
        return None
