"""What a verification found: one record for people, programs and the exit code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

SCHEMA = "fluxttice_core/verification/v1"

Reason = Literal[
    "bad-signature",
    "not-signed",
    "changed-file",
    "missing-file",
    "unlisted-file",
    "refused-file",
    "policy",
    "false-claim",
    "not-rebuilt",
]
LEVELS = {
    1: "signature and file hashes",
    2: "exact counts, measured again",
    3: "counts over recorded draws, repeated",
    4: "retraining, compared",
}


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One thing that is not as the certificate says."""

    reason: Reason
    subject: str
    expected: str
    got: str

    def __str__(self) -> str:
        """Return the line for people."""
        return f"{self.subject}: {self.reason}: expected {self.expected}, got {self.got}"

    def as_dict(self) -> dict[str, str]:
        """Return plain values for JSON."""
        return {
            "reason": self.reason,
            "subject": self.subject,
            "expected": self.expected,
            "got": self.got,
        }


@dataclass(frozen=True, slots=True)
class Verification:
    """The outcome of one verification.

    Attributes
    ----------
    level : the level that was asked for.
    mismatches : everything found false; empty means that all that was asked for holds.
    checked, not_checked : in words; what was not checked was not established.
    signed_by : ids of the given keys whose signatures are valid.
    about : what the certificate is of, once its statement could be read.
    """

    path: str
    level: int
    mismatches: tuple[Mismatch, ...]
    checked: tuple[str, ...]
    not_checked: tuple[str, ...]
    signed_by: tuple[str, ...]
    about: Mapping[str, Any]

    @property
    def holds(self) -> bool:
        """Whether everything that was asked for was checked and is true."""
        return not self.mismatches

    @property
    def exit_code(self) -> int:
        """0 verified, 1 checked and false."""
        return 0 if self.holds else 1

    @property
    def verdict(self) -> str:
        """Return the one line that says it all."""
        if not self.holds:
            count = len(self.mismatches)
            found = "claim or file is" if count == 1 else "claims or files are"
            return f"NOT VERIFIED: {count} {found} not as certified"
        done = f"level {self.level} ({LEVELS[self.level]})"
        if not self.signed_by:
            return f"HOLDS at {done}, but AUTHOR NOT ESTABLISHED: no signature was checked"
        keys = ", ".join(name[:16] for name in self.signed_by)
        return f"VERIFIED at {done}, signed by {keys}"

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "schema": SCHEMA,
            "path": self.path,
            "verdict": self.verdict,
            "verified": self.holds,
            "exit_code": self.exit_code,
            "level": self.level,
            "reasons": sorted({item.reason for item in self.mismatches}),
            "mismatches": [item.as_dict() for item in self.mismatches],
            "checked": list(self.checked),
            "not_checked": list(self.not_checked),
            "signed_by": list(self.signed_by),
            "about": dict(self.about),
        }
