"""The documents of a certificate of draws, written from its predicate; the same, the same text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...measure import OF_DRAWS, OF_TARGET, Estimate
from ...seal import CERTIFICATE
from ..figure import estimate_of
from ..pages import bill_of_materials, not_claimed, table, verification
from ..words import stated
from .format import BOM, CARD, DOCUMENT, TOOL_NAME
from .predicate import Beyond, CurvePoint, DrawsPredicate, File

LIMITS = (
    "That the counts are those of the generator. They are the issuer's: who has the draws can "
    "count them again (level 3), who can run the generator can draw again (level 4).",
    "That the space has the stated size.",
    "That the draws were not chosen among several sets, and not thinned or cleaned before.",
    "That the draws are independent. What speaks against it is said; chains and copies can leave "
    "no trace that the tests see.",
    "That the draws are good, valid or new. Draws alone cannot tell a generator from fair dice.",
    "That later draws of the generator are like these.",
)
COMMANDS = {
    "": "signature, hashes, figures",
    "--draws FILE": "the draws counted again",
    "--redraw 'COMMAND'": "drawn again by your own command",
}


def derived_files(predicate: DrawsPredicate) -> dict[str, bytes]:
    """Return the files that say again what the predicate says."""
    return {
        BOM: _bom(predicate),
        CARD: _card(predicate).encode(),
        DOCUMENT: _document(predicate).encode(),
    }


def sentence(predicate: DrawsPredicate) -> str:
    """Say in one sentence what the figures come to."""
    figures = {figure.name: figure for figure in predicate.figures}
    seen = estimate_of(figures["observed_richness"])
    size = predicate.space.size
    text = f"{seen.n or 0:,} draws, {seen.value_text()} distinct ids"
    if size is not None:
        share = estimate_of(figures["coverage"]).value_text()
        text += f" of a space stated as {size:,} ({share})"
    if predicate.independence.faults:
        return f"{text}; the draws are not independent, so nothing is estimated."
    if "groups" in predicate.source.options:
        return f"{text}, in groups: what is estimated by groups is not checked below level 3."
    if size is not None:
        ratio = estimate_of(figures["ratio"])
        return f"{text}, {ratio.value_text()} times what fair dice meet{_in_brackets(ratio)}."
    unseen = estimate_of(figures["unseen_mass"])
    return f"{text}; mass unseen {unseen.value_text()}{_in_brackets(unseen)}."


def _in_brackets(item: Estimate) -> str:
    return "" if item.interval is None else f" (95 % interval {item.interval_text().strip()})"


def _card(predicate: DrawsPredicate) -> str:
    sections = [
        f"---\nlibrary_name: {TOOL_NAME}\ntags:\n- draws\n- evaluation\n---",
        "# Certified draws",
        f"**{sentence(predicate)}**",
        "These figures follow from counts that the issuer states; who has the draws can count them "
        f"again. `{DOCUMENT}` shows all figures, `{CERTIFICATE}` is what counts.",
        _figures(predicate, only_shown=True),
        verification(predicate, COMMANDS),
        not_claimed(predicate.limits),
    ]
    return "\n\n".join(sections) + "\n"


def _document(predicate: DrawsPredicate) -> str:
    state = "signed" if predicate.signers else "not signed"
    sections = [
        "# Certificate of draws",
        f"**{sentence(predicate)}**",
        f"This page is generated from `{CERTIFICATE}`, which is what counts; `fluxttice verify` "
        f"refuses the folder if they differ. It is {state}. *Certified* means counted and signed, "
        "not good.",
        _counted(predicate),
        _figures(predicate),
        _curve(predicate.curve),
        _independence(predicate),
        _stated(predicate),
        verification(predicate, COMMANDS),
        not_claimed(predicate.limits),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _counted(predicate: DrawsPredicate) -> str:
    counts = predicate.counts
    first = [(f"{t:,}", f"{k:,}") for t, k in zip(counts.times[:10], counts.ids[:10], strict=True)]
    more = len(counts.times) - len(first)
    rest = f"\n\n{more:,} more numbers of times are in `{CERTIFICATE}`." if more else ""
    shown = table(("drawn so many times", "ids"), first)
    return f"## What was counted\n\nEvery figure follows from this.\n\n{shown}{rest}"


def _figures(predicate: DrawsPredicate, *, only_shown: bool = False) -> str:
    rows = []
    for figure in predicate.figures:
        item = estimate_of(figure)
        limit = "" if item.limit is None else f"{item.limit:.6g}"
        row = [OF_DRAWS.title(figure.name), item.value_text(), item.interval_text(), limit]
        if only_shown and OF_DRAWS.is_shown(figure.name):
            rows.append(row)
        elif not only_shown:
            rows.append([*row, item.unit, item.method])
    header = ["figure", "value", "95 % interval", "fair dice"]
    return "## Figures\n\n" + table(header if only_shown else [*header, "unit", "method"], rows)


def _curve(points: Sequence[CurvePoint]) -> str:
    if not points:
        return ""
    rows = []
    for point in points:
        limit = "" if point.limit is None else f"{float(point.limit):,.1f}"
        ends = ("" if end is None else f"{float(end):,.1f}" for end in (point.low, point.high))
        rows.append((f"{point.n:,}", f"{float(point.richness):,.1f}", " .. ".join(ends), limit))
    header = ("n", "expected distinct ids", "95 % interval", "fair dice")
    return "## Fewer and more draws\n\n" + table(header, rows)


def _independence(predicate: DrawsPredicate) -> str:
    found = predicate.independence
    if "groups" in predicate.source.options:
        told = (
            "The draws come in groups and may depend on each other there. That the groups are "
            "independent is not tested."
        )
    elif found.faults:
        told = "What independent draws would not do:\n\n" + "\n".join(
            f"- {fault}" for fault in found.faults
        )
    elif found.could_tell:
        told = "In counts and equal neighbours nothing speaks against independent draws."
    elif found.order_known:
        told = "Too few draws to tell whether they are independent."
    else:
        told = "The order of the draws is not known: every interval supposes independent draws."
    if found.order_known:
        told += (
            "\n\nEqual draws at a distance were looked for by the issuer; whether any stand out is "
            "not checked below level 3."
        )
    return f"## Independence\n\n{told}"


def _stated(predicate: DrawsPredicate) -> str:
    source = predicate.source
    rows = [_file_row(file) for file in source.files]
    options = ", ".join(f"{name} {stated(value)}" for name, value in sorted(source.options.items()))
    where = ", ".join(
        f"{name} {stated(value)}" for name, value in sorted(predicate.environment.items())
    )
    lines = [
        "## Stated by the issuer",
        "In the issuer's name, in quotes where they are the issuer's words. Nothing above follows "
        "from it, and below level 3 nothing of it is checked, nor are the counts.",
        table(("file", "SHA-256", "bytes", "read as", "draws", "invalid", "like missing"), rows),
        f"Draws in their order, SHA-256: `{source.draws_sha256}`. Options of reading: "
        f"{options or 'none'}.",
        f"Measured with: {where}. Issued: {predicate.validity.issued}.",
    ]
    if predicate.beyond is not None:
        lines.append(_beyond(predicate.beyond))
    if predicate.title is not None:
        lines.append(f"Title: {stated(predicate.title)}.")
    return "\n\n".join(lines)


def _beyond(beyond: Beyond) -> str:
    titles = {"groups": OF_DRAWS, "target": OF_TARGET}.get(beyond.kind, OF_DRAWS)
    rows = []
    for figure in beyond.figures:
        numbers = (figure.value, figure.low, figure.high, figure.limit)
        value, low, high, limit = ("" if each is None else f"{float(each):.6g}" for each in numbers)
        rows.append((titles.title(figure.name), value, f"{low} .. {high}".strip(" ."), limit))
    how = {
        "groups": "by leaving out each group in turn",
        "target": "against a target",
        "comparison": "beside another sample, the difference of the two",
    }[beyond.kind]
    text = f"Stated, {how}; **not checked below level 3**:\n\n" + table(
        ("figure", "value", "95 % interval", "limit"), rows
    )
    if beyond.beside is not None:
        text += f"\n\nThe file beside: {stated(beyond.beside.name)}, `{beyond.beside.sha256}`."
    return text


def _file_row(file: File) -> list[str]:
    how = ", ".join(filter(None, (file.container, file.compression, file.form)))
    return [
        stated(file.name),
        f"`{file.sha256}`",
        f"{file.num_bytes:,}",
        stated(how),
        f"{file.num_draws:,}",
        f"{file.num_invalid:,}",
        f"{file.num_suspect:,}",
    ]


def _bom(predicate: DrawsPredicate) -> bytes:
    source = predicate.source
    files = [
        {
            "type": "file",
            "bom-ref": f"file-{number}",
            "name": f"file {number} of the draws",
            "hashes": [{"alg": "SHA-256", "content": file.sha256}],
            "properties": [{"name": "issuer:name", "value": stated(file.name)}],
        }
        for number, file in enumerate(source.files, start=1)
    ]
    return bill_of_materials(predicate, source.draws_sha256, _draws_component(predicate), files)


def _draws_component(predicate: DrawsPredicate) -> dict[str, Any]:
    references = [
        {"type": "documentation", "url": DOCUMENT, "comment": "Generated from the certificate"},
        {"type": "attestation", "url": CERTIFICATE, "comment": "in-toto statement"},
    ]
    return {
        "type": "data",
        "bom-ref": "draws",
        "name": "draws",
        "version": predicate.source.draws_sha256,
        "description": sentence(predicate),
        "externalReferences": references,
    }
