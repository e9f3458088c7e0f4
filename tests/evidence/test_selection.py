"""The selection rule: bounded, and raised by nothing but reconstruction with information."""

import math

import numpy as np
import pytest

from fluxttice_core.evidence.selection import PathwayScore
from fluxttice_core.evidence.selection import selection_scores as scores_of_model
from fluxttice_core.gates.operations import generate_all_operations
from fluxttice_core.gates.splits import Split, split_operations
from fluxttice_core.model.controls import collapsed_weights, untrained_weights
from fluxttice_core.model.reference import ReferenceVAE
from tests.support import perfect_weights

SPLIT = split_operations()


def selection_scores(weights, split, **options):
    return scores_of_model(ReferenceVAE(weights, np.float32), split.parts(), **options)


def scores(weights):
    return [part.score for part in selection_scores(weights, SPLIT)]


@pytest.fixture(scope="module")
def perfect():
    return selection_scores(perfect_weights(), SPLIT)


def test_a_perfect_codebook_scores_one(perfect):
    assert [part.pathway for part in perfect] == ["A", "B"]
    for part in perfect:
        assert 0.95 < part.score <= 1.0
        assert part.validation_exact_rate == part.train_exact_rate == 1.0
        assert abs(part.chi_square) < 0.1


def test_noise_lowers_the_score_of_the_same_codebook(perfect):
    """Softer logits leave every mode decode as it is."""
    previous = [part.score for part in perfect]
    for sharpness in (20.0, 5.0, 1.0):
        noisy = selection_scores(perfect_weights(sharpness=sharpness), SPLIT)
        assert all(part.validation_exact_rate == 1.0 for part in noisy)
        assert all(part.score < before - 0.05 for part, before in zip(noisy, previous, strict=True))
        previous = [part.score for part in noisy]


def test_networks_that_learned_nothing_score_nothing():
    for weights in (untrained_weights(0), untrained_weights(7), collapsed_weights(0)):
        assert all(0 <= score < 1e-3 for score in scores(weights))


def test_a_lookup_without_a_usable_prior_scores_nothing():
    """Codes at +-100, cut at +-50: every operation returns, and the prior only ever says one."""
    parts = selection_scores(perfect_weights(code=100.0, cut=50.0), SPLIT)
    for part in parts:
        assert part.validation_exact_rate == 1.0
        assert part.score < 1e-6


def test_the_score_is_a_product_in_the_unit_interval():
    limit = math.log(19683)
    for exact, information, expected in (
        (1.0, limit, 1.0),
        (0.5, limit / 2, 0.25),
        (1.0, 0.0, 0.0),
        (0.0, limit, 0.0),
        (1.0, -1e-3, 0.0),
    ):
        part = PathwayScore("A", 0.0, exact, information, 0.0, limit)
        assert part.score == pytest.approx(expected)


def test_only_validation_counts_and_the_test_part_is_not_looked_at():
    """Trit 0 swaps its outer values: exact where it is 0. Parts are chosen to tell who looks."""
    weights = perfect_weights()
    for name in ("decoder_A.decoder.4.weight", "decoder_B.fc_out.weight"):
        weights[name][[0, 2]] = weights[name][[2, 0]]
    is_zero = generate_all_operations()[:, 0] == 0
    right, wrong = np.flatnonzero(is_zero), np.flatnonzero(~is_zero)
    chosen = Split(train=wrong[:100], validation=right, test=wrong[100:])
    for part in selection_scores(weights, chosen):
        assert part.train_exact_rate == 0.0
        assert part.validation_exact_rate == 1.0
        assert part.score > 0.95
    moved = Split(train=right, validation=wrong[:100], test=wrong[100:])
    assert [part.score for part in selection_scores(weights, moved)] == [0.0, 0.0]


def test_equal_weights_get_equal_scores(perfect):
    assert selection_scores(perfect_weights(), SPLIT) == perfect


def test_threads_change_no_score():
    weights = perfect_weights(sharpness=3.0)
    assert selection_scores(weights, SPLIT) == selection_scores(weights, SPLIT, threads=3)
