"""Counts of operations that come back, on networks whose right answer is known."""

import numpy as np
import pytest

from fluxttice_core.evidence.reconstruction import positions_right, reconstruct
from fluxttice_core.gates.operations import generate_all_operations
from fluxttice_core.gates.splits import split_operations
from fluxttice_core.model.controls import collapsed_weights, untrained_weights
from fluxttice_core.model.reference import ReferenceVAE
from tests.support import perfect_weights

SPLIT = split_operations()
OPERATIONS = generate_all_operations()


@pytest.mark.parametrize("pathway", ["A", "B"])
@pytest.mark.parametrize("rho", [0.0, 0.1, 0.7, 1.0])
def test_the_hand_built_codebook_returns_everything(pathway, rho):
    right = positions_right(ReferenceVAE(perfect_weights()), pathway, rho)
    assert right.shape == (19683,)
    assert (right == 9).all()


def test_the_all_zero_operation_is_right_when_it_is_right():
    """The original helper scored this one 0 %."""
    network = ReferenceVAE(perfect_weights())
    assert positions_right(network, "A")[9841] == 9
    only_zeros = perfect_weights()
    only_zeros["encoder_A.fc_mu.weight"][:] = 0
    right = positions_right(ReferenceVAE(only_zeros), "A")
    assert np.array_equal(right, (OPERATIONS == 0).sum(axis=1))
    assert np.flatnonzero(right == 9).tolist() == [9841]


@pytest.mark.parametrize("trit", [0, 4, 8])
def test_a_swapped_output_is_counted_to_the_last_trit(trit):
    """Trit k of decoder A says - for + and + for -: right where it is 0, and B is untouched."""
    weights = perfect_weights()
    rows = [3 * trit, 3 * trit + 2]
    weights["decoder_A.decoder.4.weight"][rows] = weights["decoder_A.decoder.4.weight"][rows[::-1]]
    network = ReferenceVAE(weights)
    assert np.array_equal(positions_right(network, "A"), 8 + (OPERATIONS[:, trit] == 0))
    records = {(r.pathway, r.split): r for r in reconstruct(network, SPLIT.parts())}
    for name, part in SPLIT.parts().items():
        kept = int((OPERATIONS[part, trit] == 0).sum())
        record = records["A", name]
        assert (record.num_operations, record.num_exact) == (len(part), kept)
        assert record.num_trits_right == 8 * len(part) + kept
        assert record.exact_rate == kept / len(part)
        assert record.trit_rate == record.num_trits_right / (9 * len(part))
        assert records["B", name].exact_rate == 1.0
    assert sum(records["A", name].num_exact for name in SPLIT.parts()) == 6561


def test_coupling_reads_the_other_code():
    """B's encoder says the opposite: at rho 1 pathway A returns the negated operation."""
    weights = perfect_weights()
    weights["encoder_B.fc_mu.weight"] *= -1
    network = ReferenceVAE(weights)
    assert (positions_right(network, "A", 0.0) == 9).all()
    assert np.array_equal(positions_right(network, "A", 1.0), (OPERATIONS == 0).sum(axis=1))
    # Codes +-1.2 mixed at rho 0.2 are +-0.72, beyond the cut; at 0.5 they cancel.
    assert (positions_right(network, "A", 0.2) == 9).all()
    assert np.array_equal(positions_right(network, "A", 0.5), (OPERATIONS == 0).sum(axis=1))


def test_every_rho_and_part_is_reported_for_both_pathways():
    records = reconstruct(ReferenceVAE(perfect_weights()), SPLIT.parts(), (0.0, 0.3))
    assert [(r.pathway, r.rho, r.split) for r in records] == [
        (pathway, rho, name)
        for pathway in "AB"
        for rho in (0.0, 0.3)
        for name in ("train", "validation", "test")
    ]


@pytest.mark.parametrize("control", [untrained_weights, collapsed_weights])
@pytest.mark.parametrize("pathway", ["A", "B"])
def test_networks_that_learned_nothing_return_next_to_nothing(control, pathway):
    right = positions_right(ReferenceVAE(control(0)), pathway)
    assert (right == 9).sum() <= 40
    assert right.mean() < 5
