"""The documents of a certificate of masses, written from its predicate; the same, the same text."""

from __future__ import annotations

from ...measure import OF_MASSES
from ...measure.estimate import percent
from ...seal import CERTIFICATE
from ..figure import estimate_of
from ..pages import bill_of_materials, not_claimed, table, verification
from ..words import stated
from .format import BOM, CARD, DOCUMENT, MASSES, TOOL_NAME
from .predicate import MassesPredicate

LIMITS = (
    "That these are the masses of the generator: only what follows from them is computed.",
    "That draws are made with these masses, or independently.",
    "That a spread over the ids is good. Fair dice have the most even one.",
)
COMMANDS = {"": f"signature, hashes, and every figure from {MASSES}"}


def derived_files(predicate: MassesPredicate, masses_sha256: str) -> dict[str, bytes]:
    """Return the files that say again what the predicate says."""
    component = {
        "type": "data",
        "bom-ref": "masses",
        "name": "masses",
        "version": masses_sha256,
        "description": sentence(predicate),
        "hashes": [{"alg": "SHA-256", "content": masses_sha256}],
    }
    return {
        BOM: bill_of_materials(predicate, masses_sha256, component, ()),
        CARD: _card(predicate).encode(),
        DOCUMENT: _document(predicate).encode(),
    }


def sentence(predicate: MassesPredicate) -> str:
    """Say in one sentence what the figures come to."""
    figures = {figure.name: estimate_of(figure) for figure in predicate.figures}
    entropy = figures["entropy_nats"]
    return (
        f"{predicate.num_masses:,} masses: entropy {entropy.value_text()} nats of "
        f"{entropy.limit or 0.0:.4f}, {figures['total_variation'].value_text()} of the mass away "
        "from equal; exact."
    )


def _card(predicate: MassesPredicate) -> str:
    sections = [
        f"---\nlibrary_name: {TOOL_NAME}\ntags:\n- evaluation\n---",
        "# Certified masses",
        f"**{sentence(predicate)}**",
        f"Every figure follows from `{MASSES}` and is exact. `{CERTIFICATE}` is what counts, "
        f"`{DOCUMENT}` shows all of it.",
        _figures(predicate),
        verification(predicate, COMMANDS),
        not_claimed(predicate.limits),
    ]
    return "\n\n".join(sections) + "\n"


def _document(predicate: MassesPredicate) -> str:
    state = "signed" if predicate.signers else "not signed"
    sections = [
        "# Certificate of masses",
        f"**{sentence(predicate)}**",
        f"This page is generated from `{CERTIFICATE}`, which is what counts; `fluxttice verify` "
        f"refuses the folder if they differ. It is {state}. *Certified* means measured and signed, "
        "not good.",
        _figures(predicate),
        _coverage(predicate),
        _stated(predicate),
        verification(predicate, COMMANDS),
        not_claimed(predicate.limits),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _figures(predicate: MassesPredicate) -> str:
    rows = []
    for figure in predicate.figures:
        item = estimate_of(figure)
        limit = "" if item.limit is None else f"{item.limit:.6g}"
        title = OF_MASSES.title(figure.name)
        rows.append((title, item.value_text(), limit, item.unit, item.method))
    return "## Figures\n\n" + table(("figure", "value", "equal masses", "unit", "method"), rows)


def _coverage(predicate: MassesPredicate) -> str:
    if not predicate.coverage:
        return ""
    rows = []
    for each in predicate.coverage:
        numbers = (each.value, each.limit, each.low, each.high)
        value, limit, low, high = (percent(float(number)) for number in numbers)
        rows.append((f"{each.n:,}", value, limit, f"{low} .. {high}"))
    header = ("n", "expected coverage", "fair dice", "one run, 95 %")
    return "## Coverage of n draws\n\n" + table(header, rows)


def _stated(predicate: MassesPredicate) -> str:
    source = predicate.source
    where = ", ".join(
        f"{name} {stated(value)}" for name, value in sorted(predicate.environment.items())
    )
    lines = [
        "## Stated by the issuer",
        "In the issuer's name, in quotes where they are the issuer's words; never checked.",
        f"Read from {stated(source.name)}, {source.num_bytes:,} bytes, SHA-256 `{source.sha256}`.",
        f"Measured with: {where}. Issued: {predicate.validity.issued}.",
    ]
    if predicate.title is not None:
        lines.append(f"Title: {stated(predicate.title)}.")
    return "\n\n".join(lines)
