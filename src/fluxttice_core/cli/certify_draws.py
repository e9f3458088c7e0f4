"""What ``certify`` does with draws, and with masses."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from ..api import certify_draws, certify_masses
from ..artifacts.draws import ReadOptions, expand_names
from ..certificate.draws.document import sentence as sentence_on_draws
from ..certificate.draws.predicate import DrawsPredicate
from ..certificate.masses.document import sentence as sentence_on_masses
from ..certificate.masses.predicate import MassesPredicate
from ..errors import ConfigError
from .console import say, say_json
from .progress import progress


def certify_drawn(
    sources: Sequence[str],
    out: str,
    *,
    keys: Sequence[str],
    reading: Mapping[str, Any],
    as_json: bool,
    **options: Any,
) -> None:
    """Count draws, write their certificate, and say what it comes to."""
    with progress("counting", "draw") as on_count:
        predicate = certify_draws(
            sources,
            out,
            key=keys,
            reading=ReadOptions(**reading),
            standard_input=sys.stdin.buffer if "-" in sources else None,
            on_count=on_count,
            **options,
        )
    if as_json:
        say_json(predicate)
        return
    say(sentence_on_draws(DrawsPredicate.from_dict(predicate)))
    for fault in predicate["independence"]["faults"]:
        say(f"  not independent: {fault}")
    _say_written(out, predicate)


def certify_known(
    sources: Sequence[str], out: str, *, keys: Sequence[str], as_json: bool, **options: Any
) -> None:
    """Measure known masses, write their certificate, and say what it comes to."""
    names = expand_names(sources)
    if len(names) != 1 or names[0] == "-":
        raise ConfigError(
            f"expected one file of masses, got {', '.join(names)}; certify each by itself"
        )
    predicate = certify_masses(names[0], out, key=keys, **options)
    if as_json:
        say_json(predicate)
        return
    say(sentence_on_masses(MassesPredicate.from_dict(predicate)))
    _say_written(out, predicate)


def _say_written(out: str, predicate: Mapping[str, Any]) -> None:
    signed = ", ".join(name[:16] for name in predicate["signers"])
    say(f"written to {out}, {f'signed by {signed}' if signed else 'NOT SIGNED (no --key)'}")
