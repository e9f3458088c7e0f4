"""The algebraic properties of all 19,683 gates."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from .operations import NUM_OPERATIONS, tables_from_indices

_PROPERTIES: Mapping[str, str] = MappingProxyType(
    {
        "commutative": "f(a, b) = f(b, a)",
        "associative": "f(f(a, b), c) = f(a, f(b, c))",
        "idempotent": "f(a, a) = a",
        "monotone": "never falls when an input rises, in the order -1 < 0 < +1",
        "has_identity": "some e with f(e, a) = f(a, e) = a for every a",
        "has_zero": "some z with f(z, a) = f(a, z) = z for every a",
        "left_cancellative": "f(a, b) = f(a, c) only if b = c: every value once in each row",
        "right_cancellative": "f(b, a) = f(c, a) only if b = c: every value once in each column",
        "quasigroup": "left and right cancellative (Latin square)",
        "self_dual": "f(-a, -b) = -f(a, b)",
        "conservative": "f(a, b) is a or b",
        "surjective": "takes all three values",
        "balanced": "takes each value for three of the nine input pairs",
        "constant": "takes one value",
        "depends_on_first": "some change of a alone changes the output",
        "depends_on_second": "some change of b alone changes the output",
        "preserves_minus": "f(-1, -1) = -1",
        "preserves_zero": "f(0, 0) = 0",
        "preserves_plus": "f(+1, +1) = +1",
        "medial": "f(f(a, b), f(c, d)) = f(f(a, c), f(b, d))",
        "left_distributive": "f(a, f(b, c)) = f(f(a, b), f(a, c)), over itself",
        "right_distributive": "f(f(a, b), c) = f(f(a, c), f(b, c)), over itself",
        "semilattice": "commutative, associative and idempotent",
        "group": "associative quasigroup with an identity",
    }
)


def describe_properties() -> Mapping[str, str]:
    """Return the definition of every property by name."""
    return _PROPERTIES


@cache
def property_table() -> Mapping[str, NDArray[np.bool_]]:
    """Return, for every property, which of the 19,683 gates have it (read-only).

    >>> int(property_table()["commutative"].sum())  # 3^6 symmetric tables
    729
    """
    tables = tables_from_indices(np.arange(NUM_OPERATIONS)).astype(np.intp) + 1
    outputs = tables.reshape(-1, 9, 1)
    counts = (outputs == np.arange(3)).sum(axis=1)
    # Values are 0, 1, 2 from here on. Axis 0 runs over the gates, and each variable has its own.
    gates = np.arange(NUM_OPERATIONS).reshape(-1, 1, 1, 1, 1)
    a, b, c, d = np.ix_(*[np.arange(3)] * 4)

    def f(x: NDArray[np.intp], y: NDArray[np.intp]) -> NDArray[np.intp]:
        return tables[gates, x, y]

    def always(law: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.all(law.reshape(NUM_OPERATIONS, -1), axis=1)

    def for_some_a(law: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.any(np.all(law.reshape(NUM_OPERATIONS, 3, 3), axis=2), axis=1)

    ab, ba, ac, bc = f(a, b), f(b, a), f(a, c), f(b, c)
    table = {
        "commutative": always(ab == ba),
        "associative": always(f(ab, c) == f(a, bc)),
        "idempotent": always(f(a, a) == a),
        "monotone": always(np.diff(ab, axis=1) >= 0) & always(np.diff(ab, axis=2) >= 0),
        "has_identity": for_some_a((ab == b) & (ba == b)),
        "has_zero": for_some_a((ab == a) & (ba == a)),
        "left_cancellative": always((ab != ac) | (b == c)),
        "right_cancellative": always((ac != bc) | (a == b)),
        "self_dual": always(f(2 - a, 2 - b) == 2 - ab),
        "conservative": always((ab == a) | (ab == b)),
        "surjective": always(counts > 0),
        "balanced": always(counts == 3),
        "constant": (counts == 9).any(axis=1),
        "depends_on_first": ~always(ac == bc),
        "depends_on_second": ~always(ab == ac),
        "preserves_minus": tables[:, 0, 0] == 0,
        "preserves_zero": tables[:, 1, 1] == 1,
        "preserves_plus": tables[:, 2, 2] == 2,
        "medial": always(f(ab, f(c, d)) == f(ac, f(b, d))),
        "left_distributive": always(f(a, bc) == f(ab, ac)),
        "right_distributive": always(f(ab, c) == f(ac, bc)),
    }
    table["quasigroup"] = table["left_cancellative"] & table["right_cancellative"]
    table["semilattice"] = table["commutative"] & table["associative"] & table["idempotent"]
    table["group"] = table["associative"] & table["quasigroup"] & table["has_identity"]
    for holds in table.values():
        holds.setflags(write=False)
    return MappingProxyType({name: table[name] for name in _PROPERTIES})
