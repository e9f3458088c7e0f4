"""Issuing: measure known masses, and seal the folder of files that say so."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from ...artifacts.masses_file import read_masses
from ...environment import describe_environment
from ...errors import CertificateError, DrawsError
from ...files import file_sha256
from ...seal import new_folder, seal_folder, signer_ids, valid_from_now
from .document import LIMITS, derived_files
from .figures import array_bytes, with_figures
from .format import MASSES, SCHEMA, TEXT_REVISION, TOOL_NAME
from .kind import MASSES_KIND
from .predicate import MassesPredicate, Source, Tool

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey


def certify_masses(
    name: str | Path,
    out: str | Path,
    *,
    keys: Sequence[EllipticCurvePrivateKey] = (),
    num_draws: Sequence[int] = (),
    title: str | None = None,
    expires: str | None = None,
    supersedes: str | None = None,
) -> MassesPredicate:
    """Measure the masses in a file and write their certificate into a new folder.

    Raises
    ------
    ArtifactError
        The file holds no masses, or the folder cannot be written.
    CertificateError
        They cannot be certified.
    """
    validity = valid_from_now(expires, supersedes)
    masses = read_masses(name)
    folder = new_folder(out)
    machine = describe_environment()
    stated = MassesPredicate(
        tool=Tool(TOOL_NAME, version(TOOL_NAME), TEXT_REVISION),
        validity=validity,
        signers=signer_ids(keys),
        schema=SCHEMA,
        environment={
            "python": machine["python"],
            "platform": machine["platform"],
            "numpy": str(machine["versions"]["numpy"]),
        },
        source=Source(os.path.basename(name), file_sha256(name), Path(name).stat().st_size),
        num_masses=len(masses),
        num_draws=tuple(sorted(set(num_draws))),
        # These follow from the rest.
        figures=(),
        coverage=(),
        limits=LIMITS,
        title=title,
    )
    try:
        predicate = with_figures(stated, masses)
    except DrawsError as error:
        raise CertificateError(f"{name}: cannot be certified: {error}") from None
    data = array_bytes(masses)
    files = {MASSES: data, **derived_files(predicate, hashlib.sha256(data).hexdigest())}
    seal_folder(folder, MASSES_KIND, predicate, files, keys)
    return predicate
