"""The files of a certificate that say again what it says: they are made, and checked, from it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from ...canonical import canonical_json
from .card import render_bom, render_card
from .conclusions import benchmark_record
from .document import render_document
from .format import BENCHMARK, BOM, CARD, CONFIG, DOCUMENT, WEIGHTS
from .predicate import NetworkPredicate


def derived_files(
    predicate: NetworkPredicate,
    files: Mapping[str, bytes],
    config: Mapping[str, Any] | None,
) -> dict[str, bytes]:
    """Return the files that say again what the predicate says; ``files`` holds those described."""
    digests = {
        name: hashlib.sha256(files[name]).hexdigest() for name in (WEIGHTS, CONFIG) if name in files
    }
    return {
        BENCHMARK: canonical_json(benchmark_record(predicate)),
        BOM: render_bom(predicate, digests, config),
        CARD: render_card(predicate, config).encode(),
        DOCUMENT: render_document(predicate, digests[WEIGHTS], config).encode(),
    }
