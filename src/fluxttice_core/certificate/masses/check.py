"""Level 2: every figure, from the masses in the folder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ...errors import DrawsError
from ...seal import Findings
from ..differences import compare, plain
from .document import LIMITS, derived_files
from .figures import read_array, with_figures
from .format import MASSES
from .predicate import MassesPredicate


@dataclass(slots=True)
class Certified:
    """The predicate, the files of the folder, and the predicate with the verifier's figures."""

    predicate: MassesPredicate
    files: Mapping[str, bytes]
    found: MassesPredicate | None = None


def check_figures(certified: Certified, findings: Findings) -> None:
    """Compute every figure and document again."""
    stated, data = certified.predicate, certified.files[MASSES]
    try:
        found = replace(with_figures(stated, read_array(data)), limits=LIMITS)
    except (DrawsError, ArithmeticError) as error:
        findings.add("false-claim", MASSES, "masses that can be measured", plain(error))
        return
    certified.found = found
    for part in ("num_masses", "figures", "coverage", "limits"):
        compare(part, stated.as_dict()[part], found.as_dict()[part], findings)
    for name, text in derived_files(found, hashlib.sha256(data).hexdigest()).items():
        if certified.files.get(name) != text and not findings.is_false(name):
            findings.add("false-claim", name, "what the certificate says", "other figures or words")
    findings.checked.append(
        f"{len(found.figures)} figures and {len(found.coverage)} coverages of {found.num_masses:,} "
        "masses, computed again; what is printed was computed here"
    )
    findings.not_checked.append(
        "what the issuer states beside: the file that the masses come from, the title, the time of "
        "issue, and the machine; that they are a generator's"
    )
