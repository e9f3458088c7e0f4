"""Issuing: count draws, and seal the folder of files that say what follows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ...artifacts.draws import ReadOptions
from ...environment import describe_environment
from ...errors import ArtifactError, CertificateError
from ...files import read_file
from ...seal import new_folder, seal_folder, signer_ids, valid_from_now, validity_faults
from .beyond import measure_beyond
from .document import LIMITS, derived_files
from .figures import report_of, with_figures
from .format import INCLUDED, SCHEMA, TEXT_REVISION, TOOL_NAME
from .kind import DRAWS
from .predicate import Beyond, DrawsPredicate, Findings, SpaceSize, Tool
from .source import Reading, read_source

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

MOST_INCLUDED = 64 * 2**20


@dataclass(frozen=True, slots=True)
class DrawsOptions:
    """What the issuer states beside the draws.

    Attributes
    ----------
    keys : private keys that sign; none for an unsigned certificate.
    reading : how the files are read.
    space : how many ids there can be.
    num_draws : n of the curve, beside a grid of its own.
    target : a file of masses that the draws are to be drawn with; figures against it are added.
    other : a file of another generator's draws; figures of the difference are added.
    num_modes : of a target, how many of its largest masses are modes.
    title : the issuer's words, shown as such.
    include : whether the one file of draws goes into the folder.
    expires, supersedes : as of every certificate.
    """

    keys: Sequence[EllipticCurvePrivateKey] = ()
    reading: ReadOptions = field(default_factory=ReadOptions)
    space: int | None = None
    num_draws: Sequence[int] = ()
    target: str | None = None
    other: str | None = None
    num_modes: int = 1
    title: str | None = None
    include: bool = False
    expires: str | None = None
    supersedes: str | None = None


def certify_draws(
    names: Sequence[str],
    out: str | Path,
    options: DrawsOptions | None = None,
    *,
    standard_input: BinaryIO | None = None,
    on_count: Callable[[int], None] | None = None,
) -> DrawsPredicate:
    """Count draws and write their certificate into a new folder; return the predicate.

    Raises
    ------
    ArtifactError, DrawsError
        The draws cannot be read or counted, or the folder not be written.
    CertificateError
        They cannot be certified.
    """
    options = options or DrawsOptions()
    faults = validity_faults(options.expires, options.supersedes)
    if len(_asked(options)) > 1:
        faults.append("groups, a target and another sample: expected one of them a certificate")
    elif _asked(options) and (options.reading.counts or options.reading.histogram):
        faults.append("groups, a target and another sample need the draws, got their counts")
    elif _asked(options) and "-" in names:
        faults.append("groups, a target and another sample need files, got standard input")
    if faults:
        raise CertificateError("\n  ".join(["nothing was certified:", *faults]))
    included = _included_name(names) if options.include else None
    folder = new_folder(out)
    reading = read_source(
        names,
        options.reading,
        space=options.space,
        standard_input=standard_input,
        on_count=on_count,
    )
    predicate = replace(_predicate(reading, options), beyond=_beyond(names, options, reading))
    files = derived_files(predicate)
    if included is not None:
        remedy = f"a certificate holds at most {MOST_INCLUDED:,} bytes; leave --include-draws out"
        files[included] = read_file(names[0], MOST_INCLUDED, remedy=remedy)
        if hashlib.sha256(files[included]).hexdigest() != reading.source.files[0].sha256:
            raise ArtifactError(f"{names[0]}: changed since it was counted; certify it anew")
    seal_folder(folder, DRAWS, predicate, files, options.keys)
    return predicate


def _included_name(names: Sequence[str]) -> str:
    if len(names) != 1 or names[0] == "-":
        raise CertificateError("--include-draws takes one file of draws; join them first")
    for name in sorted(INCLUDED, key=len, reverse=True):
        if names[0].lower().endswith(name.removeprefix("draws")):
            return name
    raise CertificateError(
        f"{names[0]}: expected a name that ends in what the file is, such as .csv or .npy, so that "
        "who verifies can read it from the folder"
    )


def _beyond(names: Sequence[str], options: DrawsOptions, reading: Reading) -> Beyond | None:
    """What needs more than counts of counts, if something was asked for."""
    for kind, beside in _asked(options):
        return measure_beyond(
            kind,
            names,
            options.reading,
            beside=beside,
            space=reading.space,
            num_modes=options.num_modes if kind == "target" else None,
        )
    return None


def _asked(options: DrawsOptions) -> list[tuple[str, str | None]]:
    asked: list[tuple[str, str | None]] = []
    if options.reading.groups is not None:
        asked.append(("groups", None))
    if options.target is not None:
        asked.append(("target", options.target))
    if options.other is not None:
        asked.append(("comparison", options.other))
    return asked


def _predicate(reading: Reading, options: DrawsOptions) -> DrawsPredicate:
    # Of more than twice the draws nothing is said.
    most = 2 * reading.counts.num_draws
    num_draws = tuple(sorted({n for n in options.num_draws if n <= most}))
    environment = describe_environment()
    measured = DrawsPredicate(
        tool=Tool(TOOL_NAME, version(TOOL_NAME), TEXT_REVISION),
        validity=valid_from_now(options.expires, options.supersedes),
        signers=signer_ids(options.keys),
        schema=SCHEMA,
        environment=_stated_environment(environment),
        source=reading.source,
        space=SpaceSize(reading.space),
        counts=reading.counts,
        num_draws=num_draws,
        # These follow from the rest.
        figures=(),
        curve=(),
        independence=Findings((), False, False),
        limits=LIMITS,
        title=options.title,
    )
    grouped = options.reading.groups is not None
    report = report_of(reading.counts, reading.space, num_draws, grouped=grouped)
    return with_figures(measured, report)


def _stated_environment(environment: dict[str, Any]) -> dict[str, str]:
    return {
        "python": environment["python"],
        "platform": environment["platform"],
        "numpy": str(environment["versions"]["numpy"]),
    }
