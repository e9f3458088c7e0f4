"""Named gates against their textbook laws, and properties against slow loops and known counts."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fluxttice_core.errors import OperationError
from fluxttice_core.gates.algebra import describe_properties, property_table
from fluxttice_core.gates.names import (
    gate,
    gate_description,
    gate_names,
    named_gates,
)
from fluxttice_core.gates.operations import (
    INPUT_PAIRS,
    NUM_OPERATIONS,
    generate_all_operations,
    indices_from_tables,
    indices_from_trits,
    tables_from_indices,
    trits_from_indices,
)

VALUES = (-1, 0, 1)


def function(query):
    """A gate as a plain dictionary from input pair to output."""
    return dict(zip(INPUT_PAIRS, gate(query).trits, strict=True))


@pytest.mark.parametrize(
    ("property_name", "count"),
    [
        ("commutative", 3**6),
        ("idempotent", 3**6),
        ("associative", 113),  # labelled semigroups of order 3, OEIS A023814
        ("left_cancellative", 6**3),  # a permutation in each row
        ("right_cancellative", 6**3),
        ("quasigroup", 12),  # Latin squares of order 3
        ("group", 3),  # one group, three choices of identity
        ("semilattice", 9),
        ("conservative", 2**6),
        ("monotone", 175),  # order-preserving maps of the 3x3 grid into a chain of 3
        ("self_dual", 3**4),
        ("constant", 3),
        ("balanced", 1680),  # 9! / 3!^3
        ("surjective", 3**9 - 3 * 2**9 + 3),
        ("depends_on_first", 3**9 - 3**3),
        ("has_identity", 3 * 3**4),
        ("has_zero", 3 * 3**4),
        ("preserves_zero", 3**8),
    ],
)
def test_known_counts(property_name, count):
    assert property_table()[property_name].sum() == count


def test_monotone_count_by_plane_partitions():
    """Monotone maps of the 3x3 grid into 0..2 are plane partitions in a 3x3x2 box (MacMahon)."""
    count = 1.0
    for i, j, k in itertools.product(range(1, 4), range(1, 4), range(1, 3)):
        count *= (i + j + k - 1) / (i + j + k - 2)
    assert round(count) == property_table()["monotone"].sum()


def slow_properties(index):
    """Every property again, from its definition, by loops."""
    f = dict(zip(INPUT_PAIRS, (int(t) for t in trits_from_indices(index)), strict=True))
    outputs = list(f.values())
    pairs, triples = INPUT_PAIRS, list(itertools.product(VALUES, repeat=3))
    quads = list(itertools.product(VALUES, repeat=4))
    result = {
        "commutative": all(f[a, b] == f[b, a] for a, b in pairs),
        "associative": all(f[f[a, b], c] == f[a, f[b, c]] for a, b, c in triples),
        "idempotent": all(f[a, a] == a for a in VALUES),
        "monotone": all(
            f[a, b] <= f[c, d] for a, b in pairs for c, d in pairs if a <= c and b <= d
        ),
        "has_identity": any(all(f[e, a] == a == f[a, e] for a in VALUES) for e in VALUES),
        "has_zero": any(all(f[z, a] == z == f[a, z] for a in VALUES) for z in VALUES),
        "left_cancellative": all(f[a, b] != f[a, c] for a, b, c in triples if b != c),
        "right_cancellative": all(f[b, a] != f[c, a] for a, b, c in triples if b != c),
        "quasigroup": all(
            {f[a, b] for b in VALUES} == set(VALUES) == {f[b, a] for b in VALUES} for a in VALUES
        ),
        "self_dual": all(f[-a, -b] == -f[a, b] for a, b in pairs),
        "conservative": all(f[a, b] in (a, b) for a, b in pairs),
        "surjective": set(outputs) == set(VALUES),
        "balanced": all(outputs.count(value) == 3 for value in VALUES),
        "constant": len(set(outputs)) == 1,
        "depends_on_first": any(f[a, b] != f[c, b] for a, b, c in triples),
        "depends_on_second": any(f[a, b] != f[a, c] for a, b, c in triples),
        "preserves_minus": f[-1, -1] == -1,
        "preserves_zero": f[0, 0] == 0,
        "preserves_plus": f[1, 1] == 1,
        "medial": all(f[f[a, b], f[c, d]] == f[f[a, c], f[b, d]] for a, b, c, d in quads),
        "left_distributive": all(f[a, f[b, c]] == f[f[a, b], f[a, c]] for a, b, c in triples),
        "right_distributive": all(f[f[a, b], c] == f[f[a, c], f[b, c]] for a, b, c in triples),
    }
    result["semilattice"] = result["commutative"] and result["associative"] and result["idempotent"]
    result["group"] = result["associative"] and result["quasigroup"] and result["has_identity"]
    return result


def test_properties_equal_their_definitions():
    rng = np.random.default_rng(3)
    rare = [np.flatnonzero(holds)[:6] for holds in property_table().values()]
    indices = {*rng.integers(0, 19683, 300), *named_gates().values(), *np.concatenate(rare)}
    for index in map(int, indices):
        table = {name: bool(holds[index]) for name, holds in property_table().items()}
        assert table == slow_properties(index), index


def test_transposing_every_table_swaps_the_sides_of_every_property():
    tables = tables_from_indices(np.arange(NUM_OPERATIONS))
    transposed = indices_from_tables(tables.transpose(0, 2, 1))
    swapped = {
        "left_cancellative": "right_cancellative",
        "left_distributive": "right_distributive",
        "depends_on_first": "depends_on_second",
    }
    swapped |= {right: left for left, right in swapped.items()}
    for name, holds in property_table().items():
        other = property_table()[swapped.get(name, name)]
        assert (holds == other[transposed]).all(), name


def test_renaming_the_values_of_every_gate_keeps_algebraic_properties():
    """Negation is an isomorphism: only the order and the named constants notice it."""
    trits = generate_all_operations()
    negated = indices_from_trits(-trits[:, ::-1])
    moved = {"preserves_minus": "preserves_plus", "preserves_plus": "preserves_minus"}
    for name, holds in property_table().items():
        other = property_table()[moved.get(name, name)]
        assert (holds == other[negated]).all(), name


def test_properties_are_read_only_and_described():
    assert list(property_table()) == list(describe_properties())
    with pytest.raises(ValueError, match="read-only"):
        property_table()["commutative"][0] = False


@pytest.mark.parametrize("logic", ["kleene", "lukasiewicz", "goedel", "rm3", "bochvar"])
def test_equivalence_is_both_implications(logic):
    implies, equivalence = function(f"{logic}_implies"), function(f"{logic}_equivalence")
    for a, b in INPUT_PAIRS:
        assert equivalence[a, b] == min(implies[a, b], implies[b, a])
        assert equivalence[a, b] == equivalence[b, a]


def test_tables_from_the_literature():
    signs = {-1: "-", 0: "0", 1: "+"}
    expected = {
        "lukasiewicz_equivalence": "+0-0+0-0+",
        "lukasiewicz_implies": "+++0++-0+",
        "kleene_implies": "+++00+-0+",
        "goedel_implies": "+++-++-0+",
        "rm3_implies": "+++-0+--+",
        "bochvar_and": "-0-000-0+",
        "goedel_equivalence": "+---+0-0+",
        "rm3_equivalence": "+---0---+",
        "lukasiewicz_strong_and": "-----0-0+",
        "consensus": "-0000000+",
        "any": "--0-0+0++",
        "sum": "+-0-0+0+-",
        "product": "+0-000-0+",
    }
    for name, table in expected.items():
        assert "".join(signs[trit] for trit in gate(name).trits) == table, name


def test_conservative_extension_of_two_valued_logic():
    """On -1 and +1 alone, every connective is the classical one."""
    for names, classical in (
        (("min", "bochvar_and", "lukasiewicz_strong_and", "rm3_fusion"), min),
        (("max", "bochvar_or", "lukasiewicz_strong_or"), max),
        (
            ("kleene_implies", "lukasiewicz_implies", "goedel_implies", "rm3_implies"),
            lambda a, b: max(-a, b),
        ),
    ):
        for name in names:
            for a, b in itertools.product((-1, 1), repeat=2):
                assert function(name)[a, b] == classical(a, b), (name, a, b)


def test_adder_law():
    """a + b = sum + 3 carry, for all nine input pairs; a - b = difference + 3 borrow."""
    total, carry = function("sum"), function("carry")
    difference, borrow = function("difference"), function("borrow")
    for a, b in INPUT_PAIRS:
        assert a + b == total[a, b] + 3 * carry[a, b]
        assert a - b == difference[a, b] + 3 * borrow[a, b]


def test_webb_generates_negation_free_successor():
    webb = function("webb")
    assert [webb[a, a] for a in VALUES] == [0, 1, -1]


@pytest.mark.parametrize(
    ("conjunction", "implication"),
    [
        ("lukasiewicz_strong_and", "lukasiewicz_implies"),
        ("min", "goedel_implies"),
        ("rm3_fusion", "rm3_implies"),
    ],
)
def test_residuation(conjunction, implication):
    """a * b <= c exactly if a <= b -> c: each implication is the residual of its conjunction."""
    times, implies = function(conjunction), function(implication)
    for a, b, c in itertools.product(VALUES, repeat=3):
        assert (times[a, b] <= c) == (a <= implies[b, c])


def test_every_adder_and_logic_name_shares_its_table():
    assert gate("carry") == gate("consensus") == gate("half_adder_carry")
    assert gate("min") == gate("kleene_and") == gate("rm3_and") == gate("ht_and")
    assert gate("product") == gate("kleene_equivalence")


def test_lookup_both_ways_for_every_name():
    for name, index in named_gates().items():
        found = gate(name)
        assert found.index == index
        assert name in found.names == gate_names(index)
        assert gate_description(name)
        signs = "".join({-1: "-", 0: "0", 1: "+"}[trit] for trit in found.trits)
        numbers = ",".join(map(str, found.trits))
        for query in (index, str(index), signs, numbers, found.trits, found.table):
            assert gate(query).index == index
        assert gate(f"hep:{found.heptavintimal}").index == index


def test_names_forgive_case_dashes_and_spaces():
    assert gate("Kleene-Implies") == gate("kleene implies") == gate("KLEENE_IMPLIES")


def test_every_table_of_signs_is_found():
    rng = np.random.default_rng(5)
    for index in rng.integers(0, 19683, 200):
        signs = "".join("-0+"[trit + 1] for trit in trits_from_indices(index))
        assert gate(signs).index == index


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("kleene_implis", "did you mean kleene_implies"),
        ("zzzzzzz", "fluxttice operations"),
        (19683, "19683"),
        (-1, "-1"),
        ("hep:J00", "heptavintimal"),
        ("1,2,3", "shape"),
        ("1,,2", "no gate is called '1,,2'"),
        ("9" * 5000, "no gate is called '9{40}'"),
        ("", "nine signs"),
        ([[1, 2], [3]], "different length"),
        (np.zeros((2, 2, 9)), "one gate"),
        (None, "whole numbers"),
        (True, "whole numbers"),
        ("1,0,0,0,0,0,0,0,5", "5"),
        ([[0, 0, 0]], "shape"),
        ("+0-0", "no gate"),
    ],
)
def test_unknown_gates_say_what_would_do(query, words):
    with pytest.raises(OperationError, match=words):
        gate(query)


@settings(max_examples=300)
@given(st.text(alphabet=st.sampled_from("+-0123,/ :aehinpmx_٣\n")) | st.text())
def test_any_text_is_a_gate_or_an_operation_error(text):
    try:
        found = gate(text)
    except OperationError:
        return
    assert gate(found.index) == found


def test_descriptions_of_unknown_names_suggest_known_ones():
    with pytest.raises(OperationError, match="did you mean consensus"):
        gate_description("concensus")
