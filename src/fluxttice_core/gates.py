"""Named gates, and the algebraic properties of all 19,683.

Truth values are -1 (false), 0 (neither) and +1 (true). Gates are defined by their formula, and an
equivalence always as both implications together. Several names may share one table.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import OperationError
from .operations import (
    INPUT_PAIRS,
    NUM_OPERATIONS,
    heptavintimal_from_index,
    index_from_heptavintimal,
    indices_from_tables,
    indices_from_trits,
    tables_from_trits,
    trits_from_indices,
)

Formula = Callable[[int, int], int]


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)


def _balanced(value: int) -> int:
    """The representative of ``value`` modulo 3 in {-1, 0, +1}."""
    return (value + 1) % 3 - 1


def _kleene(a: int, b: int) -> int:
    return max(-a, b)


def _lukasiewicz(a: int, b: int) -> int:
    return min(1, 1 - a + b)


def _goedel(a: int, b: int) -> int:
    return 1 if a <= b else b


def _rm3(a: int, b: int) -> int:
    return max(-a, b) if a <= b else min(-a, b)


def _weak(formula: Formula) -> Formula:
    """Bochvar's internal connective: 0 as soon as an input is 0."""
    return lambda a, b: formula(a, b) if a and b else 0


def _both_ways(implication: Formula) -> Formula:
    return lambda a, b: min(implication(a, b), implication(b, a))


# names (the first is the usual one), formula, meaning
_DEFINITIONS: tuple[tuple[tuple[str, ...], Formula, str], ...] = (
    (("min", "and", "kleene_and", "lukasiewicz_and", "goedel_and", "rm3_and"), min, "minimum"),
    (("max", "or", "kleene_or", "lukasiewicz_or", "goedel_or", "rm3_or"), max, "maximum"),
    (("nand", "nmin"), lambda a, b: -min(a, b), "negated minimum"),
    (("nor", "nmax"), lambda a, b: -max(a, b), "negated maximum"),
    (("webb",), lambda a, b: _balanced(max(a, b) + 1), "successor of the maximum (Webb)"),
    (("kleene_implies", "kleene_implication"), _kleene, "max(-a, b)"),
    (("kleene_equivalence",), _both_ways(_kleene), "Kleene implication both ways"),
    (("xor", "kleene_xor"), lambda a, b: -_both_ways(_kleene)(a, b), "negated Kleene equivalence"),
    (("lukasiewicz_implies", "lukasiewicz_implication"), _lukasiewicz, "min(1, 1 - a + b)"),
    (("lukasiewicz_equivalence",), _both_ways(_lukasiewicz), "Lukasiewicz implication both ways"),
    (
        ("lukasiewicz_strong_and",),
        lambda a, b: max(-1, a + b - 1),
        "bounded product max(-1, a+b-1)",
    ),
    (("lukasiewicz_strong_or",), lambda a, b: min(1, a + b + 1), "bounded sum min(1, a+b+1)"),
    (("goedel_implies", "goedel_implication", "ht_implies"), _goedel, "true if a <= b, else b"),
    (("goedel_equivalence", "ht_equivalence"), _both_ways(_goedel), "Goedel implication both ways"),
    (("rm3_implies", "rm3_implication"), _rm3, "max(-a, b) if a <= b, else min(-a, b)"),
    (("rm3_equivalence",), _both_ways(_rm3), "RM3 implication both ways"),
    (("rm3_fusion",), lambda a, b: -_rm3(a, -b), "not (a implies not b) in RM3"),
    (("bochvar_and", "weak_kleene_and"), _weak(min), "minimum, 0 if any input is 0"),
    (("bochvar_or", "weak_kleene_or"), _weak(max), "maximum, 0 if any input is 0"),
    (
        ("bochvar_implies", "weak_kleene_implies"),
        _weak(_kleene),
        "implication, 0 if any input is 0",
    ),
    (
        ("bochvar_equivalence",),
        _weak(_both_ways(_kleene)),
        "equivalence, 0 if any input is 0",
    ),
    (
        ("consensus", "carry", "half_adder_carry"),
        lambda a, b: a if a == b else 0,
        "a if a = b, else 0",
    ),
    (
        ("any", "accept_anything", "saturating_sum"),
        lambda a, b: _sign(a + b),
        "the input that is not 0; 0 if they differ",
    ),
    (("nconsensus",), lambda a, b: -a if a == b else 0, "negated consensus"),
    (("nany",), lambda a, b: -_sign(a + b), "negated accept-anything"),
    (("sum", "mod3_sum", "half_adder_sum"), lambda a, b: _balanced(a + b), "sum modulo 3"),
    (("difference", "mod3_difference"), lambda a, b: _balanced(a - b), "difference modulo 3"),
    (("borrow",), lambda a, b: a if a == -b else 0, "carry of the difference a - b"),
    (("product", "multiply", "mod3_product"), lambda a, b: a * b, "product"),
    (("compare",), lambda a, b: _sign(a - b), "sign of a - b"),
    (("equal",), lambda a, b: 1 if a == b else -1, "true if a = b, else false"),
    (("unequal",), lambda a, b: -1 if a == b else 1, "false if a = b, else true"),
    (("first",), lambda a, b: a, "the first input"),
    (("second",), lambda a, b: b, "the second input"),
    (("not_first",), lambda a, b: -a, "negation of the first input"),
    (("not_second",), lambda a, b: -b, "negation of the second input"),
    (("successor_first",), lambda a, b: _balanced(a + 1), "first input, one up, cyclic"),
    (("successor_second",), lambda a, b: _balanced(b + 1), "second input, one up, cyclic"),
    (("predecessor_first",), lambda a, b: _balanced(a - 1), "first input, one down, cyclic"),
    (("predecessor_second",), lambda a, b: _balanced(b - 1), "second input, one down, cyclic"),
    (("false", "constant_minus"), lambda a, b: -1, "always -1"),
    (("unknown", "constant_zero"), lambda a, b: 0, "always 0"),
    (("true", "constant_plus"), lambda a, b: 1, "always +1"),
)


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate: index, nine trits, the names of its table, and the properties that hold."""

    index: int
    trits: tuple[int, ...]
    names: tuple[str, ...]
    heptavintimal: str
    properties: tuple[str, ...]

    @property
    def table(self) -> tuple[tuple[int, ...], ...]:
        """The 3x3 truth table: row a, column b, each in the order -1, 0, +1."""
        return self.trits[0:3], self.trits[3:6], self.trits[6:9]


@cache
def named_gates() -> Mapping[str, int]:
    """Return every name with the index of its gate.

    >>> named_gates()["carry"] == named_gates()["consensus"]
    True
    """
    found = {}
    for names, formula, _ in _DEFINITIONS:
        index = int(indices_from_trits([formula(a, b) for a, b in INPUT_PAIRS]))
        found.update(dict.fromkeys(names, index))
    return MappingProxyType(found)


def gate_description(name: str) -> str:
    """Return the one-line definition behind a name."""
    wanted = _normal(name)
    for names, _, meaning in _DEFINITIONS:
        if wanted in names:
            return meaning
    raise _unknown(name)


@cache
def _names_by_index() -> Mapping[int, tuple[str, ...]]:
    names: dict[int, tuple[str, ...]] = {}
    for name, index in named_gates().items():
        names[index] = (*names.get(index, ()), name)
    return MappingProxyType(names)


def gate_names(index: int) -> tuple[str, ...]:
    """Return the names of a gate, none for most.

    >>> gate_names(gate("carry").index)
    ('consensus', 'carry', 'half_adder_carry')
    """
    return _names_by_index().get(index, ())


def gate(query: str | int | Any) -> Gate:
    """Look a gate up.

    Parameters
    ----------
    query : a name (case, ``-`` and ``_`` do not matter), an index, ``hep:`` and three
        heptavintimal digits, or a table: nine signs such as ``+0-0+0-0+``, nine numbers separated
        by commas, a sequence of nine trits, or a 3x3 nest.

    Raises
    ------
    OperationError
        No such gate; near names are suggested.

    Example
    -------
    >>> gate("lukasiewicz equivalence").table
    ((1, 0, -1), (0, 1, 0), (-1, 0, 1))
    """
    index = _index_of(query)
    held = tuple(name for name, holds in property_table().items() if holds[index])
    return Gate(
        index,
        tuple(int(trit) for trit in trits_from_indices(index)),
        gate_names(index),
        heptavintimal_from_index(index),
        held,
    )


def _index_of(query: Any) -> int:
    if isinstance(query, str):
        return _index_of_text(query.strip())
    if np.ndim(query) == 0:
        trits_from_indices(query)
        return int(query)
    to_index = indices_from_tables if np.ndim(query) == 2 else indices_from_trits
    index = to_index(query)
    if np.ndim(index):
        raise OperationError(f"expected one gate, got {np.shape(query)}")
    return int(index)


def _index_of_text(text: str) -> int:
    if text.lower().startswith("hep:"):
        return index_from_heptavintimal(text[4:])
    if re.fullmatch(r"[-+0/ ]{9,}", text):
        signs = {"-": -1, "0": 0, "+": 1}
        return int(indices_from_trits([signs[sign] for sign in text if sign in signs]))
    if re.fullmatch(r"[-+0-9, ]+", text) and "," in text:
        return int(indices_from_trits([int(part) for part in text.split(",")]))
    if re.fullmatch(r"-?\d+", text):
        trits_from_indices(int(text))
        return int(text)
    try:
        return named_gates()[_normal(text)]
    except KeyError:
        raise _unknown(text) from None


def _normal(name: str) -> str:
    return re.sub(r"[-\s_]+", "_", name.strip().lower())


def _unknown(name: str) -> OperationError:
    near = difflib.get_close_matches(_normal(name), list(named_gates()), n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "`fluxttice operations` lists them"
    return OperationError(
        f"no gate is called {name!r}; {hint} An index, +0- signs or hep:XYZ will do as well"
    )


_PROPERTIES: Mapping[str, str] = MappingProxyType(
    {
        "commutative": "f(a, b) = f(b, a)",
        "associative": "f(f(a, b), c) = f(a, f(b, c))",
        "idempotent": "f(a, a) = a",
        "monotone": "never falls when an input rises, in the order -1 < 0 < +1",
        "has_identity": "some e with f(e, a) = f(a, e) = a for every a",
        "has_zero": "some z with f(z, a) = f(a, z) = z for every a",
        "quasigroup": "every value once in each row and column (Latin square)",
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
    t = tables_from_trits(trits_from_indices(np.arange(NUM_OPERATIONS))).astype(np.intp) + 1
    n = np.arange(NUM_OPERATIONS)[:, None, None]
    values = np.arange(3)
    diagonal = t[:, values, values]
    flat = t.reshape(-1, 9)
    counts = (flat[:, :, None] == values).sum(axis=1)

    left = t[n[..., None], t[:, :, :, None], values[None, None, None, :]]
    right = t[n[..., None], values[None, :, None, None], t[:, None, :, :]]
    rows_identity = (t == values).all(axis=2)
    columns_identity = (t == values[:, None]).all(axis=1)
    rows_zero = (t == values[:, None]).all(axis=2)
    columns_zero = (t == values).all(axis=1)
    sorted_rows = (np.sort(t, axis=2) == values).all(axis=(1, 2))
    sorted_columns = (np.sort(t, axis=1) == values[:, None]).all(axis=(1, 2))
    table = {
        "commutative": (t == t.transpose(0, 2, 1)).all(axis=(1, 2)),
        "associative": (left == right).all(axis=(1, 2, 3)),
        "idempotent": (diagonal == values).all(axis=1),
        "monotone": (np.diff(t, axis=1) >= 0).all(axis=(1, 2))
        & (np.diff(t, axis=2) >= 0).all(axis=(1, 2)),
        "has_identity": (rows_identity & columns_identity).any(axis=1),
        "has_zero": (rows_zero & columns_zero).any(axis=1),
        "quasigroup": sorted_rows & sorted_columns,
        "self_dual": (t[:, ::-1, ::-1] == 2 - t).all(axis=(1, 2)),
        "conservative": ((t == values[:, None]) | (t == values)).all(axis=(1, 2)),
        "surjective": (counts > 0).all(axis=1),
        "balanced": (counts == 3).all(axis=1),
        "constant": (counts == 9).any(axis=1),
        "depends_on_first": (t != t[:, :1, :]).any(axis=(1, 2)),
        "depends_on_second": (t != t[:, :, :1]).any(axis=(1, 2)),
        "preserves_minus": diagonal[:, 0] == 0,
        "preserves_zero": diagonal[:, 1] == 1,
        "preserves_plus": diagonal[:, 2] == 2,
        "medial": _medial(t),
    }
    table["semilattice"] = table["commutative"] & table["associative"] & table["idempotent"]
    table["group"] = table["associative"] & table["quasigroup"] & table["has_identity"]
    for holds in table.values():
        holds.setflags(write=False)
    return MappingProxyType({name: table[name] for name in _PROPERTIES})


def _medial(t: NDArray[np.intp]) -> NDArray[np.bool_]:
    n = np.arange(len(t))
    holds = np.ones(len(t), dtype=np.bool_)
    for a, b in np.ndindex(3, 3):
        for c, d in np.ndindex(3, 3):
            holds &= t[n, t[:, a, b], t[:, c, d]] == t[n, t[:, a, c], t[:, b, d]]
    return holds
