"""What the documents of several kinds share: tables, commands, bills of materials."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from ..canonical import canonical_json
from ..seal import Predicate


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay out a Markdown table; bars in cells are escaped once.

    >>> table(("a", "b"), [("1", "2")]).splitlines()
    ['| a | b |', '| --- | --- |', '| 1 | 2 |']
    """
    lines = [header, ["---"] * len(header), *([_cell(each) for each in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(text: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\\|", text)


def verification(predicate: Predicate, commands: Mapping[str, str]) -> str:
    """Say how to verify, by options of ``fluxttice verify`` with their aims, and who signed."""
    signed = bool(predicate.signers)
    key = "--key PUBLIC.pem" if signed else "--allow-unsigned"
    width = max(map(len, commands))
    lines = [
        f"fluxttice verify . {key} {given:{width}}  # {what}" for given, what in commands.items()
    ]
    if signed:
        lines.append("model_signing verify key . --signature model.sig --public_key PUBLIC.pem")
    keys = "\n".join(f"- `{name}`" for name in predicate.signers)
    who = f"Signed by (SHA-256 of the public key):\n\n{keys}" if signed else "**Not signed.**"
    text = "\n".join(lines)
    return (
        f"## Verification\n\n```sh\n{text}\n```\n\n{who}\n\n"
        "Get the public key from its owner, never from this folder."
    )


def not_claimed(limits: Sequence[str]) -> str:
    """Return the section of what is not claimed."""
    return "## What is not claimed\n\n" + "\n".join(f"- {text}" for text in limits)


def bill_of_materials(
    predicate: Predicate,
    content_sha256: str,
    component: Mapping[str, Any],
    files: Sequence[Mapping[str, Any]],
) -> bytes:
    """Return a CycloneDX 1.6 bill of materials; the same content has the same serial number."""
    name = f"{content_sha256}/{predicate.validity.issued}"
    serial = uuid.UUID(bytes=hashlib.sha256(name.encode()).digest()[:16], version=4)
    tool = {
        "type": "application",
        "name": predicate.tool.name,
        "version": predicate.tool.version,
    }
    return canonical_json(
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "serialNumber": f"urn:uuid:{serial}",
            "version": 1,
            "metadata": {
                "timestamp": predicate.validity.issued,
                "tools": {"components": [tool]},
                "component": dict(component),
            },
            "components": [dict(each) for each in files],
        }
    )
