"""What a verification found: one record for people, programs, errors and the exit code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import CertificateError, VerificationError

SCHEMA = "fluxttice_core/verification/v1"
VERIFIED = "VERIFIED"


def printable(text: str) -> str:
    r"""Return a text with its breaks and controls as escapes: it stays on its line.

    >>> printable("a\nVERIFIED\x1b[2J")
    'a\\nVERIFIED\\x1b[2J'
    """
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One thing that is not as the certificate says.

    ``reason`` is for programs. Level 1 gives ``bad-signature``, ``not-signed``, ``changed-file``,
    ``missing-file``, ``unlisted-file``, ``refused-file`` and ``policy``; a level above it
    ``false-claim``, or a word of its kind's own.
    """

    reason: str
    subject: str
    expected: str
    got: str

    def __str__(self) -> str:
        """Return the line for people; what a folder says cannot break it or move the cursor."""
        return printable(f"{self.subject}: {self.reason}: expected {self.expected}, got {self.got}")

    def as_dict(self) -> dict[str, str]:
        """Return plain values for JSON."""
        return {
            "reason": self.reason,
            "subject": self.subject,
            "expected": self.expected,
            "got": self.got,
        }


@dataclass(slots=True)
class Findings:
    """What accumulates while a folder is verified.

    Attributes
    ----------
    mismatches : everything found false.
    checked, not_checked : in words; what was not checked was not established.
    signed_by : ids of the given keys whose signatures are valid.

    Example
    -------
    >>> findings = Findings()
    >>> findings.add("false-claim", "lines", "2 as counted", "3 as claimed")
    >>> str(findings.mismatches[0])
    'lines: false-claim: expected 2 as counted, got 3 as claimed'
    """

    mismatches: list[Mismatch] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)
    signed_by: list[str] = field(default_factory=list)

    def add(self, reason: str, subject: str, expected: str, got: str) -> None:
        """Record one mismatch; for people, what was measured is expected, what was claimed got."""
        self.mismatches.append(Mismatch(reason, subject, expected, got))

    def is_false(self, subject: str) -> bool:
        """Whether something was found false of a file or claim."""
        return any(item.subject == subject for item in self.mismatches)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a certificate says, for who reads its verdict; a kind makes it from a predicate.

    Attributes
    ----------
    sentence : what it comes to, in this program's own words.
    origin : what was certified, and when.
    values : the same for JSON.
    """

    sentence: str
    origin: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verification:
    """The outcome of one verification, also of one that could not be made.

    Attributes
    ----------
    level : the level that was asked for.
    words : what that level establishes.
    mismatches, checked, not_checked, signed_by : as in :class:`Findings`.
    summary : what the certificate says, once its statement could be read.
    error : why nothing could be checked, if so; then the rest is empty.
    word : for what holds; another than VERIFIED is a lesser one.

    Example
    -------
    >>> outcome = Verification("folder", 2, error="folder: cannot be read")
    >>> outcome.verdict, outcome.exit_code, outcome.as_dict()["reasons"]
    ('NOT CHECKED', 2, ['unusable'])
    """

    path: str
    level: int
    words: str = ""
    mismatches: tuple[Mismatch, ...] = ()
    checked: tuple[str, ...] = ()
    not_checked: tuple[str, ...] = ()
    signed_by: tuple[str, ...] = ()
    summary: Summary | None = None
    error: str | None = None
    word: str = VERIFIED

    @property
    def holds(self) -> bool:
        """Whether everything that was asked for was checked and is true."""
        return self.error is None and not self.mismatches

    @property
    def exit_code(self) -> int:
        """0 verified, 1 checked and false, 2 not checked."""
        return 2 if self.error is not None else int(not self.holds)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it does not hold, each reason once."""
        if self.error is not None:
            return ("unusable",)
        return tuple(sorted({item.reason for item in self.mismatches}))

    @property
    def about(self) -> Mapping[str, Any]:
        """What the certificate is of; empty where its statement was not read."""
        return {} if self.summary is None else self.summary.values

    @property
    def verdict(self) -> str:
        """Return the one line that says it all."""
        if self.error is not None:
            return "NOT CHECKED"
        if self.mismatches:
            count = len(self.mismatches)
            found = "claim or file is" if count == 1 else "claims or files are"
            return f"NOT VERIFIED: {count} {found} not as certified"
        done = f"level {self.level} ({self.words})"
        if not self.signed_by:
            return f"HOLDS at {done}, but AUTHOR NOT ESTABLISHED: no signature was checked"
        keys = ", ".join(name[:16] for name in self.signed_by)
        return f"{self.word} at {done}, signed by {keys}"

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; ``error`` only where there is one."""
        record = {
            "schema": SCHEMA,
            "path": self.path,
            "verdict": self.verdict,
            "verified": self.holds and self.word == VERIFIED,
            "exit_code": self.exit_code,
            "level": self.level,
            "reasons": list(self.reasons),
            "mismatches": [item.as_dict() for item in self.mismatches],
            "checked": list(self.checked),
            "not_checked": list(self.not_checked),
            "signed_by": list(self.signed_by),
            "about": dict(self.about),
        }
        return record if self.error is None else {**record, "error": self.error}

    def as_text(self) -> str:
        """Return it for people: the verdict first, then what is false, checked and not checked."""
        lines = [self.verdict]
        if self.error is not None:
            lines.append(self.error)
        if self.mismatches:
            lines += ["false:", *(f"  {item}" for item in self.mismatches)]
        if self.holds and self.summary is not None:
            lines.append(f"what it says: {self.summary.sentence}")
            lines.append(f"{self.path}: {self.summary.origin}")
        if self.checked:
            lines += ["checked:", *(f"  {text}" for text in self.checked)]
        if self.not_checked:
            lines += ["not checked:", *(f"  {text}" for text in self.not_checked)]
        return "\n".join(lines)

    def require(self) -> None:
        """Raise unless it holds.

        Raises
        ------
        VerificationError
            Checked and false; it carries every mismatch.
        CertificateError
            Not checked.
        """
        if self.error is not None:
            raise CertificateError(self.error)
        if not self.holds:
            raise VerificationError(tuple(map(str, self.mismatches)))
