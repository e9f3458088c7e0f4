"""in-toto statements: which files, and what is said of them, held against a kind.

References
----------
in-toto Attestation Framework, Statement v1, https://in-toto.io/Statement/v1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic

from ..canonical import canonical_json
from ..errors import CertificateError
from ..strict_json import read_json
from .envelope import MAX_ENVELOPE_BYTES, is_hex_digest
from .folder import is_plain_name
from .kind import E, Kind, P
from .predicate import SHARED_SCHEMA
from .schema import schema_faults

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
# Of the faults of one statement, so many are listed.
_FAULTS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Statement(Generic[P, E]):
    """A well-formed statement; whether it is authentic is for who made it to know.

    ``subjects`` holds the SHA-256 of each file by name.
    """

    kind: Kind[P, E]
    subjects: Mapping[str, str]
    predicate: P


def make_statement(
    subjects: Iterable[tuple[str, str]], predicate_type: str, predicate: Mapping[str, Any]
) -> bytes:
    """Return an in-toto Statement v1 as canonical JSON; ``subjects`` are (file name, SHA-256)."""
    return canonical_json(
        {
            "_type": STATEMENT_TYPE,
            "subject": [
                {"digest": {"sha256": digest}, "name": name} for name, digest in sorted(subjects)
            ],
            "predicateType": predicate_type,
            "predicate": dict(predicate),
        }
    )


def parse_statement(
    payload: bytes, source: str, kinds: Sequence[Kind[Any, Any]]
) -> Statement[Any, Any]:
    """Read the payload of an envelope as a statement of one of the kinds.

    Raises
    ------
    CertificateError
        Not a statement, of none of the kinds, or against the schema of its kind.
    """
    try:
        record = read_json(payload, max_bytes=MAX_ENVELOPE_BYTES, allow_fractions=False)
    except (ValueError, RecursionError) as error:
        raise CertificateError(f"{source}: the signed statement cannot be read: {error}") from None
    if not isinstance(record, dict) or record.get("_type") != STATEMENT_TYPE:
        raise CertificateError(f"{source}: expected an in-toto statement ({STATEMENT_TYPE})")
    kind = _kind_of(record.get("predicateType"), source, kinds)
    subjects, faults = _read_subjects(record.get("subject"), kind)
    predicate = record.get("predicate")
    faults += predicate_faults(predicate, kind)
    if not faults:
        try:
            return Statement(kind, subjects, kind.predicate.from_dict(predicate))
        except ValueError as error:
            faults.append(str(error))
    raise CertificateError("\n  ".join([f"{source}: not a {kind.title}:", *shown(faults)]))


def predicate_faults(predicate: Any, kind: Kind[Any, Any]) -> list[str]:
    """Return every departure from the schema that all kinds share, and from the kind's own."""
    faults = schema_faults(predicate, SHARED_SCHEMA) + schema_faults(predicate, kind.schema)
    return list(dict.fromkeys(faults))


def shown(faults: Sequence[str]) -> list[str]:
    """Return the first of many faults, and how many more there are."""
    more = len(faults) - _FAULTS_SHOWN
    return [*faults[:_FAULTS_SHOWN], *([f"and {more} more"] if more > 0 else [])]


def _kind_of(
    predicate_type: object, source: str, kinds: Iterable[Kind[Any, Any]]
) -> Kind[Any, Any]:
    by_type = {kind.predicate_type: kind for kind in kinds}
    if isinstance(predicate_type, str) and predicate_type in by_type:
        return by_type[predicate_type]
    text = str(predicate_type)[:100]
    known = any(text.startswith(kind.stem) for kind in by_type.values())
    reason = "another major version; update this tool" if known else "another kind of statement"
    raise CertificateError(
        f"{source}: unsupported version: expected {' or '.join(by_type)}, got {text!r}: {reason}"
    )


def _read_subjects(subjects: object, kind: Kind[Any, Any]) -> tuple[dict[str, str], list[str]]:
    """Return the digest of each file by name, and what is wrong with the list."""
    faults: list[str] = []
    listed: dict[str, str] = {}
    for item in subjects if isinstance(subjects, list) else ():
        name = item.get("name") if isinstance(item, dict) else None
        digest = item.get("digest") if isinstance(item, dict) else None
        value = digest.get("sha256") if isinstance(digest, dict) else None
        if not isinstance(name, str) or not is_plain_name(name):
            faults.append(f"subject {str(name)[:60]!r} is no plain file name; paths are refused")
        elif name not in (*kind.required, *kind.optional):
            faults.append(f"subject {name!r} is not a file of this format")
        elif not is_hex_digest(value) or name in listed:
            faults.append(f"subject {name!r} needs one SHA-256")
        else:
            listed[name] = str(value)
    faults += [f"subject {name!r} is missing" for name in kind.required if name not in listed]
    return listed, faults
