"""The marginal against brute force over all 19,683 operations, in float64."""

import numpy as np
import pytest

from fluxttice_core.evidence.draws import latent_batches
from fluxttice_core.evidence.marginal import (
    conditional_entropies,
    estimate_marginal,
    sum_over_batch,
    word_products,
)
from fluxttice_core.evidence.readings import softmax
from fluxttice_core.gates.operations import generate_all_operations
from fluxttice_core.measure.space import WordSpace


def random_probabilities(batch, seed=0, scale=2.0):
    return softmax(np.random.default_rng(seed).normal(size=(batch, 9, 3)) * scale)


def enumerate_all(each):
    """p(x | z) of every latent and operation, one factor at a time: (batch, 19683)."""
    operations = generate_all_operations()
    result = np.ones((len(each), 19683))
    for k in range(9):
        result *= each[:, k, operations[:, k] + 1]
    return result


def test_sum_over_batch_is_the_enumeration_in_index_order():
    each = random_probabilities(6)
    assert np.abs(sum_over_batch(each) - enumerate_all(each).sum(axis=0)).max() < 1e-15


@pytest.mark.parametrize("index", [0, 1, 3, 81, 6561, 9841, 12345, 19682])
def test_a_certain_decoder_puts_its_whole_mass_on_one_index(index):
    certain = np.zeros((1, 9, 3))
    certain[0, range(9), [index // 3**k % 3 for k in range(9)]] = 1.0
    mass = sum_over_batch(certain)
    assert mass[index] == 1.0
    assert mass.sum() == 1.0


def test_products_are_distributions_over_four_and_five_trits():
    low, high = word_products(random_probabilities(7))
    assert low.shape == (81, 7)
    assert high.shape == (243, 7)
    np.testing.assert_allclose(low.sum(axis=0), 1, atol=1e-14)
    np.testing.assert_allclose(high.sum(axis=0), 1, atol=1e-14)


@pytest.mark.parametrize(("length", "levels"), [(1, 3), (2, 3), (3, 2), (4, 5), (9, 2), (2, 1)])
def test_words_of_any_length_and_levels(length, levels):
    each = softmax(np.random.default_rng(1).normal(size=(5, length, levels)))
    words = WordSpace(length, levels).enumerate()
    joint = np.prod([each[:, k, words[:, k]] for k in range(length)], axis=0)
    np.testing.assert_allclose(sum_over_batch(each), joint.sum(axis=0), rtol=1e-13)


def test_conditional_entropy_is_that_of_the_enumerated_distribution():
    each = random_probabilities(4, seed=3)
    joint = enumerate_all(each)
    expected = -(joint * np.log(joint)).sum(axis=1)
    np.testing.assert_allclose(conditional_entropies(each), expected, rtol=1e-12)


def test_conditional_entropy_of_certainty_is_zero_and_of_fair_trits_nine_log_three():
    certain = np.zeros((1, 9, 3))
    certain[..., 2] = 1.0
    assert conditional_entropies(certain)[0] == 0.0
    fair = np.full((1, 9, 3), 1 / 3)
    assert conditional_entropies(fair)[0] == pytest.approx(9 * np.log(3), rel=1e-14)


def linear_decoder(latents):
    mixing = np.random.default_rng(5).normal(size=(3, 27))
    return (latents.astype(np.float64) @ mixing).reshape(-1, 9, 3)


@pytest.mark.parametrize(("num_latents", "num_groups"), [(2, 2), (3, 2), (10, 2), (11, 4), (5, 16)])
def test_estimate_is_the_mean_of_the_enumeration_over_each_group(num_latents, num_groups):
    marginal = estimate_marginal(
        linear_decoder, 3, num_latents, seed=1, num_groups=num_groups, readings=True
    )
    groups = min(num_groups, num_latents)
    sizes = [len(part) for part in np.array_split(np.arange(num_latents), groups)]
    assert marginal.group_sizes.tolist() == sizes
    entropies = []
    for group, size in enumerate(sizes):
        latents = np.concatenate(list(latent_batches(size, 3, 1, stream=group)))
        each = softmax(linear_decoder(latents))
        joint = enumerate_all(each)
        close = {"rtol": 1e-10, "atol": 1e-18}
        np.testing.assert_allclose(marginal.groups[group], joint.mean(axis=0), **close)
        np.testing.assert_allclose(marginal.group_squares[group], (joint**2).mean(axis=0), **close)
        modes = np.bincount(joint.argmax(axis=1), minlength=19683)
        assert np.array_equal(marginal.mode_counts[group], modes)
        assert marginal.expectation_counts[group].sum() == size
        assert marginal.group_conditional_entropies_nats[group] == pytest.approx(
            conditional_entropies(each).mean(), rel=1e-12
        )
        entropies.extend(conditional_entropies(each))
    assert marginal.conditional_entropy_nats == pytest.approx(np.mean(entropies), rel=1e-12)
    assert marginal.conditional_entropy_standard_error == pytest.approx(
        np.std(entropies) / np.sqrt(num_latents), rel=1e-6
    )
    np.testing.assert_allclose(marginal.groups.sum(axis=1), 1, rtol=1e-12)
    assert marginal.num_latents == num_latents


def test_the_groups_come_from_different_latents():
    marginal = estimate_marginal(linear_decoder, 3, 100, seed=1)
    assert len(np.unique(marginal.groups[:, 0])) == 16


def test_threads_change_nothing():
    one, many = (
        estimate_marginal(linear_decoder, 3, 500, seed=1, readings=True, threads=threads)
        for threads in (1, 3)
    )
    assert np.array_equal(one.groups, many.groups)
    assert np.array_equal(one.mode_counts, many.mode_counts)
    assert one.conditional_entropy_nats == many.conditional_entropy_nats


def test_the_estimate_is_that_of_its_seed():
    first, again, other = (
        estimate_marginal(linear_decoder, 3, 50, seed=seed).groups for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("num_latents", [1, 0, -5])
def test_one_latent_has_no_two_halves(num_latents):
    with pytest.raises(ValueError, match="at least 2"):
        estimate_marginal(linear_decoder, 3, num_latents, seed=1)
