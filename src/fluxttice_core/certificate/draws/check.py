"""The levels above the first: figures from the stated counts, the draws, and draws made anew."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from ...artifacts.draws import expand_names
from ...artifacts.draws.formats import FORMATS
from ...errors import CertificateError, DrawsError
from ...measure import DrawsReport
from ...seal import Findings, Progress
from ..differences import compare, plain
from .beyond import measure_beyond, names_faults, without_name
from .document import LIMITS, derived_files
from .figures import report_of, with_figures
from .format import INCLUDED
from .predicate import Beyond, DrawsPredicate
from .source import Reading, kept, options_of, read_source

_ARRAY = b"\x93NUMPY"


@dataclass(frozen=True, slots=True)
class Given:
    """What the verifier brings; nothing of it comes from the folder.

    Attributes
    ----------
    draws : files of draws, to be counted at level 3.
    beside : the file of the target, or of the other sample, that they were measured beside.
    redraw : a command that draws again and writes the draws to its standard output, for level 4.
    standard_input : the bytes behind ``-``.
    """

    draws: Sequence[str] = ()
    beside: str | None = None
    redraw: str | None = None
    standard_input: BinaryIO | None = None


@dataclass(slots=True)
class Certified:
    """The predicate, the files of the folder, what the verifier brings, and what was found."""

    predicate: DrawsPredicate
    files: Mapping[str, bytes]
    given: Given
    # The predicate with the verifier's own figures, once they are computed.
    found: DrawsPredicate | None = None


def check_figures(certified: Certified, findings: Findings, _: Progress | None) -> None:
    """Level 2: every figure, finding and document follows from the stated counts."""
    stated = certified.predicate
    try:
        options_of(stated.source.options)
        report = _report(stated)
    except (ValueError, ArithmeticError) as error:
        findings.add("false-claim", "counts", "counts of draws that can be measured", plain(error))
        return
    found = replace(with_figures(stated, report), limits=LIMITS)
    certified.found = found
    for part in ("figures", "curve", "independence", "limits"):
        compare(part, stated.as_dict()[part], found.as_dict()[part], findings)
    _check_sums(stated, report, findings)
    _check_beyond_stated(stated, findings)
    for name, data in derived_files(found).items():
        if certified.files.get(name) != data and not findings.is_false(name):
            findings.add("false-claim", name, "what the certificate says", "other figures or words")
    findings.checked.append(
        f"{len(found.figures)} figures and {len(found.curve)} points of the curve, computed from "
        f"the stated counts of {report.num_draws:,} draws; what is printed was computed here"
    )
    findings.checked.append("independence, as far as counts and equal neighbours tell; documents")
    _tell_stated(stated, findings)


def check_draws(certified: Certified, findings: Findings, _: Progress | None) -> None:
    """Level 3: the draws that the verifier has, or that lie in the folder, counted again."""
    given, stated = certified.given, certified.predicate
    inside = next((name for name in INCLUDED if name in certified.files), None)
    if not given.draws and inside is None:
        if given.redraw is None:
            raise CertificateError(
                "level 3 counts the draws again, and they are not in the folder: give them with "
                "--draws"
            )
        findings.not_checked.append("a file of draws: none was given, and none is in the folder")
        return
    what = "the draws given" if given.draws else f"{inside} in the folder"
    with tempfile.TemporaryDirectory() as folder:
        names = expand_names(given.draws) if given.draws else ()
        if not names:
            # The bytes whose hash was checked, not what may lie there by now.
            place = Path(folder) / str(inside)
            place.write_bytes(certified.files[str(inside)])
            names = (str(place),)
        try:
            found = _read(names, stated, given.standard_input)
            _compare_reading(stated, found, what, findings)
            _check_beyond(names, certified, findings)
        except DrawsError as error:
            findings.add("other-draws", "draws", "draws as the certificate says", plain(error))


def check_redrawn(certified: Certified, findings: Findings, _: Progress | None) -> None:
    """Level 4: drawn again by a command that the verifier gives."""
    command = certified.given.redraw
    if command is None:
        raise CertificateError(
            "level 4 draws again by your own command: give it with --redraw 'COMMAND', which "
            "writes the draws to its standard output"
        )
    stated = certified.predicate
    with tempfile.TemporaryFile() as stream:
        # The verifier's own words, as typed: a shell is what they are for.
        done = subprocess.run(command, shell=True, stdout=stream, check=False)
        if done.returncode:
            raise CertificateError(
                f"--redraw: the command ended with exit code {done.returncode}; give one that "
                "draws and ends with 0"
            )
        stream.seek(0)
        found = _read(("-",), stated, stream)
    if found.source.draws_sha256 == stated.source.draws_sha256:
        findings.checked.append(
            f"{found.counts.num_draws:,} draws, made anew by the command given: the same, in the "
            "same order"
        )
        return
    same = found.counts == stated.counts
    findings.add(
        "not-redrawn",
        "draws",
        f"the draws of SHA-256 {stated.source.draws_sha256[:16]}",
        f"{found.counts.num_draws:,} others{', of the same counts of counts' if same else ''}",
    )


def _report(predicate: DrawsPredicate) -> DrawsReport:
    return report_of(
        predicate.counts,
        predicate.space.size,
        predicate.num_draws,
        grouped="groups" in predicate.source.options,
    )


def _check_sums(stated: DrawsPredicate, report: DrawsReport, findings: Findings) -> None:
    """Draws by file are as many as were counted, where its rows are draws, not counts or groups."""
    asked = [n for n in sorted(set(stated.num_draws)) if n <= 2 * report.num_draws]
    compare("num_draws", list(stated.num_draws), asked, findings)
    files = stated.source.files
    options = stated.source.options
    if not {"counts", "histogram"} & options.keys() and options.get("groups") != "rows":
        total = sum(file.num_draws for file in files)
        if total != report.num_draws:
            findings.add(
                "false-claim",
                "source.files",
                f"{report.num_draws:,} draws, as the counts say",
                f"{total:,} draws",
            )


def _check_beyond_stated(stated: DrawsPredicate, findings: Findings) -> None:
    """Figures that need more are of groups where these were told, and have names that there are."""
    beyond = stated.beyond
    kind = None if beyond is None else beyond.kind
    if ("groups" in stated.source.options) != (kind == "groups"):
        findings.add("false-claim", "beyond", "figures by groups where these were told", "others")
    if beyond is None:
        return
    if (beyond.beside is None) != (kind == "groups") or (beyond.num_modes is None) != (
        kind != "target"
    ):
        findings.add("false-claim", "beyond", f"what {kind} is measured beside", "something else")
    for fault in names_faults(beyond):
        findings.add("false-claim", "beyond.figures", fault, "names of the issuer's own")
    findings.not_checked.append(_not_by_counts(beyond))


def _not_by_counts(beyond: Beyond) -> str:
    return f"{len(beyond.figures)} figures that need more than counts ({beyond.kind}): at level 3"


def _check_beyond(names: Sequence[str], certified: Certified, findings: Findings) -> None:
    """Measure what needs more than counts of counts, from files that the verifier gives."""
    predicate, beside = certified.predicate, certified.given.beside
    stated = predicate.beyond
    if stated is None:
        return
    figures = f"{len(stated.figures)} figures ({stated.kind})"
    if stated.kind != "groups" and beside is None:
        findings.not_checked.append(f"{figures}: give the file that they need with --beside")
        return
    found = measure_beyond(
        stated.kind,
        names,
        options_of(predicate.source.options),
        beside=beside,
        space=predicate.space.size,
        num_modes=stated.num_modes,
    )
    before = len(findings.mismatches)
    claimed, here = without_name(stated), without_name(found)
    if claimed.pop("beside", None) != here.pop("beside", None):
        findings.not_checked.append("the very file beside: this is another")
    compare("beyond", claimed, here, findings)
    if len(findings.mismatches) == before:
        findings.not_checked.remove(_not_by_counts(stated))
        findings.checked.append(f"{figures}, measured again")


def _tell_stated(stated: DrawsPredicate, findings: Findings) -> None:
    findings.not_checked.append(
        "what the issuer states beside: the size of the space, the title, the time of issue, and "
        "the machine that counted"
    )


def _read(names: Sequence[str], stated: DrawsPredicate, stream: BinaryIO | None) -> Reading:
    options = options_of(stated.source.options)
    with kept(names, stream) as piped:
        if piped is not None and options.format is None:
            options = replace(options, format=_format_of(piped, stated))
        return read_source(names, options, space=stated.space.size, standard_input=piped)


def _format_of(stream: BinaryIO, stated: DrawsPredicate) -> str:
    """What comes without an ending is an array if it says so, else text as the certified file."""
    head = stream.read(len(_ARRAY))
    stream.seek(0)
    if head == _ARRAY:
        return "npy"
    container = stated.source.files[0].container
    keys = [key for key, form in FORMATS.items() if form.title == container and form.streams]
    return keys[0] if keys and keys[0] != "npy" else "txt"


def _compare_reading(stated: DrawsPredicate, found: Reading, what: str, findings: Findings) -> None:
    before = len(findings.mismatches)
    same_files = [(file.sha256, file.num_bytes) for file in stated.source.files] == [
        (file.sha256, file.num_bytes) for file in found.source.files
    ]
    same_draws = stated.source.draws_sha256 == found.source.draws_sha256
    claimed, counted = stated.counts.as_dict(), found.counts.as_dict()
    compare("counts", claimed, counted, findings)
    compare("space.size", stated.space.size, found.space, findings)
    size = stated.space.size
    if size is not None and found.recognised not in (None, size):
        findings.not_checked.append(
            f"why the space is stated as {size:,}: rows like these have {found.recognised:,}"
        )
    if not same_draws and claimed == counted:
        findings.add(
            "other-draws",
            "draws",
            f"the draws of SHA-256 {stated.source.draws_sha256[:16]}",
            "another file, of the same counts of counts; other ids, or another order",
        )
    elif not same_draws:
        findings.add("other-draws", "draws", stated.source.draws_sha256, found.source.draws_sha256)
    if same_files:
        for mine, other in zip(stated.source.files, found.source.files, strict=True):
            record = replace(mine, name=other.name).as_dict()
            compare("source.files", record, other.as_dict(), findings)
    elif same_draws:
        findings.not_checked.append(
            "the very file that was certified: this is another, with the same draws in the same "
            "order"
        )
    if len(findings.mismatches) == before:
        options = ", ".join(sorted(stated.source.options)) or "none"
        findings.checked.append(
            f"{what}: {found.counts.num_draws:,} draws counted again, and their order; options of "
            f"reading, as the certificate says: {options}"
        )
        if same_files:
            findings.checked.append("SHA-256 of the files of draws")
