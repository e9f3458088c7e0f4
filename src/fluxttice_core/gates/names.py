"""Named gates.

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
from numpy.typing import ArrayLike

from ..errors import OperationError
from ..tables import Table
from .algebra import property_table
from .operations import (
    INPUT_PAIRS,
    heptavintimal_from_index,
    index_from_heptavintimal,
    indices_from_tables,
    indices_from_trits,
    trits_from_indices,
)

Formula = Callable[[int, int], int]
_SIGNS = {-1: "-", 0: "0", 1: "+"}


def _clamped(value: int) -> int:
    return max(-1, min(1, value))


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


def _consensus(a: int, b: int) -> int:
    return a if a == b else 0


def _weak(formula: Formula) -> Formula:
    """Bochvar's internal connective: 0 as soon as an input is 0."""
    return lambda a, b: formula(a, b) if a and b else 0


def _both_ways(implication: Formula) -> Formula:
    return lambda a, b: min(implication(a, b), implication(b, a))


def _in_logics(usual: str, connective: str, *others: str) -> tuple[str, ...]:
    logics = ("kleene", "lukasiewicz", "goedel", "ht", "rm3")
    return (usual, connective, *others, *(f"{logic}_{connective}" for logic in logics))


# names (the first is the usual one), formula, meaning
_DEFINITIONS: tuple[tuple[tuple[str, ...], Formula, str], ...] = (
    (_in_logics("min", "and", "minimum"), min, "minimum"),
    (_in_logics("max", "or", "maximum"), max, "maximum"),
    (("nand", "nmin"), lambda a, b: -min(a, b), "negated minimum, the maximum of the negations"),
    (("nor", "nmax"), lambda a, b: -max(a, b), "negated maximum, the minimum of the negations"),
    (("webb",), lambda a, b: _balanced(max(a, b) + 1), "successor of the maximum (Webb)"),
    (("kleene_implies", "kleene_implication"), _kleene, "max(-a, b)"),
    (("kleene_equivalence",), _both_ways(_kleene), "Kleene implication both ways"),
    (("xor", "kleene_xor"), lambda a, b: -_both_ways(_kleene)(a, b), "negated Kleene equivalence"),
    (("lukasiewicz_implies", "lukasiewicz_implication"), _lukasiewicz, "min(1, 1 - a + b)"),
    (("lukasiewicz_equivalence",), _both_ways(_lukasiewicz), "Lukasiewicz implication both ways"),
    (("lukasiewicz_strong_and",), lambda a, b: _clamped(a + b - 1), "max(-1, a + b - 1)"),
    (("lukasiewicz_strong_or",), lambda a, b: _clamped(a + b + 1), "min(1, a + b + 1)"),
    (("goedel_implies", "goedel_implication", "ht_implies"), _goedel, "true if a <= b, else b"),
    (("goedel_equivalence", "ht_equivalence"), _both_ways(_goedel), "Goedel implication both ways"),
    (("rm3_implies", "rm3_implication"), _rm3, "max(-a, b) if a <= b, else min(-a, b)"),
    (("rm3_equivalence",), _both_ways(_rm3), "RM3 implication both ways"),
    (("rm3_fusion",), lambda a, b: -_rm3(a, -b), "not (a implies not b) in RM3"),
    (("bochvar_and", "weak_kleene_and"), _weak(min), "minimum, 0 if any input is 0"),
    (("bochvar_or", "weak_kleene_or"), _weak(max), "maximum, 0 if any input is 0"),
    (("bochvar_implies", "weak_kleene_implies"), _weak(_kleene), "max(-a, b), 0 if any input is 0"),
    (("bochvar_equivalence",), _both_ways(_weak(_kleene)), "Bochvar implication both ways"),
    (("consensus", "carry", "half_adder_carry"), _consensus, "a if a = b, else 0"),
    (("any", "accept_anything", "saturating_sum"), lambda a, b: _clamped(a + b), "sign of a + b"),
    (("nconsensus",), lambda a, b: -_consensus(a, b), "negated consensus"),
    (("nany",), lambda a, b: -_clamped(a + b), "negated accept-anything"),
    (("sum", "mod3_sum", "half_adder_sum"), lambda a, b: _balanced(a + b), "sum modulo 3"),
    (("difference", "mod3_difference"), lambda a, b: _balanced(a - b), "difference modulo 3"),
    (("borrow",), lambda a, b: _consensus(a, -b), "carry of the difference a - b"),
    (("product", "multiply", "mod3_product"), lambda a, b: a * b, "product"),
    (("compare",), lambda a, b: _clamped(a - b), "sign of a - b"),
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


@dataclass(frozen=True, slots=True, repr=False)
class Gate:
    r"""One gate: index, nine trits, the names of its table, and the properties that hold.

    >>> gate("carry")
    Gate 16401 (CDR): consensus, carry, half_adder_carry
      a \ b   -  0  +
      -       -  0  0
      0       0  0  0
      +       0  0  +
    """

    index: int
    trits: tuple[int, ...]
    names: tuple[str, ...]
    heptavintimal: str
    properties: tuple[str, ...]

    @property
    def table(self) -> tuple[tuple[int, ...], ...]:
        """The 3x3 truth table: row a, column b, each in the order -1, 0, +1."""
        return self.trits[0:3], self.trits[3:6], self.trits[6:9]

    def __repr__(self) -> str:
        rows = [f"  {_SIGNS[a]}       {'  '.join(row)}" for a, row in self._signs()]
        return "\n".join([self._title(), f"  a \\ b   {'  '.join(_SIGNS.values())}", *rows])

    def _repr_html_(self) -> str:
        rows = tuple((_SIGNS[a], *row) for a, row in self._signs())
        properties = (f"properties: {', '.join(self.properties)}",) if self.properties else ()
        return Table(self._title(), ("a \\ b", *_SIGNS.values()), rows, properties).html()

    def _title(self) -> str:
        names = f": {', '.join(self.names)}" if self.names else ", without a name"
        return f"Gate {self.index} ({self.heptavintimal}){names}"

    def _signs(self) -> list[tuple[int, list[str]]]:
        """Each a with its row of the table, in signs."""
        return [
            (a, [_SIGNS[trit] for trit in row]) for a, row in zip(_SIGNS, self.table, strict=True)
        ]


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
    """Return the one-line definition behind a name.

    Raises
    ------
    OperationError
        No gate has this name; near names are suggested.

    Example
    -------
    >>> gate_description("carry")
    'a if a = b, else 0'
    """
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


def gate(query: ArrayLike) -> Gate:
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
    try:
        num_axes = np.ndim(query)
    except ValueError:
        raise OperationError(
            "expected nine trits or a 3x3 table, got rows of different length"
        ) from None
    if query is np.ma.masked:
        raise OperationError("expected one gate, got a masked value")
    if num_axes == 0:
        trits_from_indices(query)
        return int(query)
    index = indices_from_tables(query) if num_axes == 2 else indices_from_trits(query)
    if index.ndim:
        raise OperationError(f"expected one gate, got shape {np.shape(query)}")
    return int(index)


def _index_of_text(text: str) -> int:
    if text.lower().startswith("hep:"):
        return index_from_heptavintimal(text[4:])
    if re.fullmatch(r"[-+0/ ]{9,}", text):
        signs = {"-": -1, "0": 0, "+": 1}
        return int(indices_from_trits([signs[sign] for sign in text if sign in signs]))
    if re.fullmatch(r"\s*[-+]?[0-9]\s*(,\s*[-+]?[0-9]\s*)+", text):
        return int(indices_from_trits([int(part) for part in text.split(",")]))
    # No more digits than int64 holds.
    if re.fullmatch(r"-?[0-9]{1,18}", text):
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
    hint = f"did you mean {' or '.join(near)}?" if near else "`fluxttice operations` lists them."
    return OperationError(
        f"no gate is called {name[:40]!r}; {hint} "
        "An index, nine signs such as +0-0+0-0+ or hep:XYZ will do as well"
    )
