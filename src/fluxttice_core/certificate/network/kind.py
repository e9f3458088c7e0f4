"""The certificate of a network over the gates, as a kind.

Each level imports what it runs when it runs: who checks a signature loads no network.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any

from ...errors import CertificateError
from ...seal import Findings, Kind, Level, Progress, Summary
from .format import OPTIONAL, PREDICATE_TYPE, REQUIRED, SCHEMA_FILE, TEXT_REVISION, WEIGHTS
from .predicate import NetworkPredicate

if TYPE_CHECKING:
    from .certified import Certified

# The level from which every claim that a verdict rests on was measured again.
EVERYTHING_MEASURED = 3


def _read(
    predicate: NetworkPredicate, files: Mapping[str, bytes], findings: Findings
) -> Certified | None:
    revision = predicate.tool.text_revision
    if revision != TEXT_REVISION:
        raise CertificateError(
            f"expected documents of text revision {TEXT_REVISION}, got {revision}: their words "
            f"cannot be checked here; verify with fluxttice_core {predicate.tool.version}, or ask "
            "the issuer to certify anew"
        )
    from .certified import read_certified

    return read_certified(predicate, files, findings)


def _check_exact(certified: Certified, findings: Findings, _: Progress | None) -> None:
    from .remeasurement import check_exact

    check_exact(certified, findings)


def _check_drawn(certified: Certified, findings: Findings, on_progress: Progress | None) -> None:
    from .remeasurement import check_drawn

    check_drawn(certified, findings, on_progress)


def _check_rebuilt(certified: Certified, findings: Findings, _: Progress | None) -> None:
    from .rebuild import check_rebuilt

    check_rebuilt(certified, findings)


def _summarise(predicate: NetworkPredicate, level: int) -> Summary:
    """What the certificate is of; the verdict in this program's words, from the claims.

    Of claims that the level does not measure again nothing is said.
    """
    from .claim_separation import reconstruction_in_words
    from .conclusions import conclude_separation

    separated = None
    try:
        separation = conclude_separation(predicate)
        if level >= EVERYTHING_MEASURED:
            separated, verdict = separation.separated, separation.verdict
        elif level > 1:
            verdict = reconstruction_in_words(separation.comparisons)
        else:
            verdict = "Nothing was measured; level 2 and above measure the claims again."
    except (KeyError, ArithmeticError, TypeError):
        verdict = "It lacks claims that a verdict needs."
    weights = predicate.checkpoint.weights_sha256
    return Summary(
        verdict,
        f"of weights {weights}, issued {predicate.validity.issued} by fluxttice_core "
        f"{predicate.tool.version}",
        {
            "weights_sha256": weights,
            "stated_by_the_issuer": {"epoch": predicate.checkpoint.epoch},
            "separated_from_controls": separated,
            "verdict_on_the_network": verdict,
        },
    )


def predicate_schema() -> dict[str, Any]:
    """Return the published schema of the predicate."""
    entry = resources.files("fluxttice_core") / "schemas" / SCHEMA_FILE
    schema: dict[str, Any] = json.loads(entry.read_text(encoding="utf-8"))
    return schema


NETWORK: Kind[NetworkPredicate, Certified] = Kind(
    title="coverage certificate",
    predicate_type=PREDICATE_TYPE,
    schema=predicate_schema(),
    predicate=NetworkPredicate,
    required=REQUIRED,
    optional=OPTIONAL,
    measured=(WEIGHTS,),
    read=_read,
    levels=(
        Level(2, "exact counts, measured again", _check_exact),
        Level(3, "counts over recorded draws, repeated", _check_drawn),
        Level(4, "retraining, compared", _check_rebuilt),
    ),
    summarise=_summarise,
)
