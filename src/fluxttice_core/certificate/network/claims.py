"""Measurements that can be certified: integers with margins, estimates as decimal text.

The functions here are called by whoever certifies and by whoever verifies, so a claim and its check
can never be two different measurements. Doubt counts against the network: only that is counted
which comes out the same under every rounding, in the float64 of the measurement and in the float32
in which networks are used. How many parts were in doubt is said beside it.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...gates.operations import NUM_OPERATIONS, generate_all_operations, indices_from_trits
from ...gates.splits import Split
from ...model.layout import PATHWAYS, Pathway
from ...model.reference import ReferenceVAE
from .names import (
    ACTIVE_DIMENSIONS,
    ALL,
    DISTINCT_DECODES,
    MODEL,
    POSTERIOR_KL,
    ClaimName,
    Role,
    mixed,
    reconstruction,
)
from .predicate import Measurement

# Logits closer than this count as a tie that rounding may break. Float64 evaluations of these
# networks agree to about 1e-12, so the bound is generous and still rarely met.
EPSILON = 1e-7
GAP_DIGITS = 9
# Stands for an operation where two answers are too near each other to tell.
_UNSURE = -1
# What certificates state as the margin of an estimate. What a claim may differ by is less, and
# said in ``differences``.
ESTIMATE_TOLERANCE = "0.000100"
ACTIVE_THRESHOLD_NATS = 5e-4


def decimal(value: float, digits: int = 6) -> str:
    """Write a number as fixed-point text; never an exponent, never "-0".

    Raises
    ------
    ValueError
        The number is not finite: such a network has no measurements.

    >>> decimal(9.88751), decimal(-1e-9)
    ('9.887510', '0.000000')
    """
    if not math.isfinite(value):
        raise ValueError("the network computes values that are not finite; it cannot be measured")
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def plain(value: float) -> str:
    """Write a number of a configuration as the shortest text that reads back to it.

    >>> plain(0.7), plain(1)
    ('0.7', '1')
    """
    return repr(value)


def decision_gaps(logits: NDArray[Any]) -> NDArray[Any]:
    """Smallest distance, over an operation's nine trits, of the likeliest logit from the next.

    ``logits`` is ``(n, 9, 3)``; returns ``(n,)``.
    """
    first, second, third = logits[..., 0], logits[..., 1], logits[..., 2]
    high, low = np.maximum(first, second), np.minimum(first, second)
    top = np.maximum(high, third)
    # The median of three: what is left when the largest and the smallest are taken away.
    middle = np.maximum(low, np.minimum(high, third))
    gaps: NDArray[Any] = (top - middle).min(axis=-1)
    return gaps


def exact_measurements(
    weights: Mapping[str, NDArray[Any]],
    role: Role,
    split: Split | None = None,
    rhos: Sequence[float] = (),
) -> list[Measurement]:
    """Count what is sure over all 19,683 operations, for both pathways.

    An operation is in doubt where a decision stands within ``EPSILON`` of another in float64, or
    where the measured model decides otherwise in float32. Of doubtful ones none is counted, and no
    digest says what they are. A control is given its doubtful ones; it is made anew by whoever
    verifies, and read in float64 alone.

    Through each operation's posterior mean: exact reconstructions (all nine trits) by the pathway's
    own code and, for every ``rho`` above 0, by codes mixed with the other pathway's; over the whole
    space and, with a ``split``, over each of its parts. Then the distinct operations decoded, and
    for the measured model the posterior's divergence from the prior.
    """
    model = ReferenceVAE(weights)
    single = model.in_single() if role == MODEL else None
    posterior = {pathway: model.encode_all(pathway) for pathway in PATHWAYS}
    found: list[Measurement] = []
    for pathway in PATHWAYS:
        own, logvar = posterior[pathway]
        other = posterior["B" if pathway == "A" else "A"][0]
        for rho in (0.0, *(rho for rho in rhos if rho > 0)):
            code = own if rho == 0 else (1.0 - rho) * own + rho * other
            logits = model.logits(code, pathway)
            decoded, gaps = _decoded(logits), decision_gaps(logits)
            unsure = gaps < EPSILON
            if single is not None:
                unsure |= _decoded(_single_logits(single, pathway, rho)) != decoded
                decoded[unsure] = _UNSURE
            found += _reconstruction(role, pathway, rho, decoded, unsure, gaps, split)
            if rho == 0:
                found.append(_distinct(role, pathway, decoded, unsure, gaps))
        if role == MODEL:
            found += _posterior(pathway, own, logvar)
    return found


def _decoded(logits: NDArray[Any]) -> NDArray[np.int64]:
    return indices_from_trits((logits.argmax(axis=-1) - 1).astype(np.int8))


def _single_logits(model: ReferenceVAE, pathway: Pathway, rho: float) -> NDArray[Any]:
    """Logits of every operation's code as the networks compute them in use, in float32."""
    code = model.encode_all(pathway)[0]
    if rho:
        other = model.encode_all("B" if pathway == "A" else "A")[0]
        code = np.float32(1.0 - rho) * code + np.float32(rho) * other
    return model.logits(code, pathway)


def _reconstruction(
    role: Role,
    pathway: Pathway,
    rho: float,
    decoded: NDArray[np.int64],
    unsure: NDArray[np.bool_],
    gaps: NDArray[Any],
    split: Split | None,
) -> list[Measurement]:
    everything = np.arange(NUM_OPERATIONS)
    right = decoded == everything
    parts: dict[str, NDArray[np.int64]] = {ALL: everything}
    if split is not None:
        parts |= split.parts()
    code = mixed(plain(rho))
    return [
        Measurement(
            name=str(ClaimName(role, pathway, reconstruction(name, code))),
            kind="exact-count",
            level=2,
            unit="operations",
            value=int(right[part].sum()),
            denominator=len(part),
            ambiguous=int(unsure[part].sum()),
            min_gap=decimal(float(gaps[part].min()), GAP_DIGITS),
            digest=list_digest(decoded) if name == ALL else None,
        )
        for name, part in parts.items()
    ]


def _distinct(
    role: Role,
    pathway: Pathway,
    decoded: NDArray[np.int64],
    unsure: NDArray[np.bool_],
    gaps: NDArray[Any],
) -> Measurement:
    return Measurement(
        name=str(ClaimName(role, pathway, DISTINCT_DECODES)),
        kind="exact-count",
        level=2,
        unit="operations",
        value=len(np.unique(decoded[decoded != _UNSURE])),
        denominator=NUM_OPERATIONS,
        ambiguous=int(unsure.sum()),
        min_gap=decimal(float(gaps.min()), GAP_DIGITS),
    )


def _posterior(pathway: Pathway, mean: NDArray[Any], logvar: NDArray[Any]) -> list[Measurement]:
    """KL to N(0, I), and how many latent dimensions carry any of it."""
    # The log-variance is not bounded, as it is where a report must say something: of a network
    # whose divergence overflows nothing is certified.
    with np.errstate(over="ignore"):
        each = 0.5 * (mean**2 + np.exp(logvar) - 1.0 - logvar).mean(axis=0)
    distances = np.abs(each - ACTIVE_THRESHOLD_NATS)
    return [
        Measurement(
            name=str(ClaimName(MODEL, pathway, POSTERIOR_KL)),
            kind="estimate",
            level=2,
            unit="nats",
            value=decimal(float(each.sum())),
            tolerance=ESTIMATE_TOLERANCE,
        ),
        Measurement(
            name=str(ClaimName(MODEL, pathway, ACTIVE_DIMENSIONS)),
            kind="exact-count",
            level=2,
            unit="dimensions",
            value=int((each >= ACTIVE_THRESHOLD_NATS + EPSILON).sum()),
            denominator=len(each),
            ambiguous=int((distances < EPSILON).sum()),
            min_gap=decimal(float(distances.min()), GAP_DIGITS),
        ),
    ]


def list_digest(indices: NDArray[np.int64]) -> str:
    """SHA-256 (bare hex) of operation indices as decimal text, one a line; -1 is a doubtful one."""
    text = "".join(f"{index}\n" for index in indices.tolist())
    return hashlib.sha256(text.encode()).hexdigest()


def space_digest() -> str:
    """SHA-256 of the enumerated space: nine trits a line in the order of the indices.

    >>> space_digest()[:8]
    '493da455'
    """
    lines = "".join(",".join(map(str, row)) + "\n" for row in generate_all_operations().tolist())
    return hashlib.sha256(lines.encode()).hexdigest()


def split_digest(split: Split) -> str:
    """SHA-256 of the parts' names and operation indices, one a line."""
    text = "".join(
        f"{name}\n" + "".join(f"{index}\n" for index in part.tolist())
        for name, part in split.parts().items()
    )
    return hashlib.sha256(text.encode()).hexdigest()
