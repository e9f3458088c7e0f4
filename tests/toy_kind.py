"""A second kind of certificate: a text, and how many lines it has.

It is written with what ``fluxttice_core.seal`` makes public and nothing else: a new kind needs no
edit in the package.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fluxttice_core.seal import (
    Findings,
    Kind,
    Level,
    Predicate,
    Progress,
    Summary,
    Tool,
    new_folder,
    seal_folder,
    signer_ids,
    valid_from_now,
)

TEXT = "text.txt"


@dataclass(frozen=True, slots=True)
class LineCount(Predicate):
    lines: int


def read(
    predicate: LineCount, files: Mapping[str, bytes], findings: Findings
) -> tuple[LineCount, str] | None:
    try:
        return predicate, files[TEXT].decode()
    except UnicodeDecodeError:
        findings.add("false-claim", TEXT, "text in UTF-8", "other bytes")
        return None


def count_again(
    evidence: tuple[LineCount, str], findings: Findings, on_progress: Progress | None
) -> None:
    predicate, text = evidence
    found = len(text.splitlines())
    if found != predicate.lines:
        findings.add("false-claim", "lines", f"{found} as counted", f"{predicate.lines} as claimed")
    findings.checked.append("the lines, counted again")
    if on_progress is not None:
        on_progress(1, 1)


LINES: Kind[LineCount, tuple[LineCount, str]] = Kind(
    title="line count",
    predicate_type="https://example.org/line-count/v1",
    schema={
        "type": "object",
        "required": ["lines"],
        "properties": {"lines": {"type": "integer", "minimum": 0}},
    },
    predicate=LineCount,
    required=(TEXT,),
    optional=("notes.txt",),
    measured=(TEXT,),
    read=read,
    levels=(Level(2, "lines, counted again", count_again),),
    summarise=lambda predicate, level: Summary(
        f"The text has {predicate.lines} lines.",
        f"a text, counted {predicate.validity.issued}",
        {"lines": predicate.lines},
    ),
)


def certify_text(out: Any, text: bytes, lines: int, keys: Any = (), **files: bytes) -> Any:
    """Seal a text with whatever number of lines the issuer claims."""
    folder = new_folder(out)
    predicate = LineCount(Tool("counter", "2.1"), valid_from_now(), signer_ids(keys), lines)
    extra = {f"{name}.txt": data for name, data in files.items()}
    seal_folder(folder, LINES, predicate, {TEXT: text, **extra}, keys)
    return folder
