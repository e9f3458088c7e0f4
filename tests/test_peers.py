"""What the benchmarks beside other libraries call the truth, against brute force."""

import numpy as np
import pytest

from benchmarks.dependent_tokens import copies_back, four_different, truths, views
from benchmarks.gflownet_peer import drawn, held, terminating_masses
from benchmarks.gflownet_peer import truths as truths_of_target
from fluxttice_core.gates.operations import NUM_OPERATIONS


def random_policy(rng, side, dimensions):
    """Chances of a step along each dimension and of ending, none of leaving the grid."""
    places = np.arange(side**dimensions)[:, None] // side ** np.arange(dimensions)[::-1] % side
    policy = rng.random((side**dimensions, dimensions + 1))
    policy[:, :-1][places == side - 1] = 0.0
    return policy / policy.sum(axis=1, keepdims=True)


def followed(policy, side):
    """The same by following every trajectory by itself."""
    dimensions = policy.shape[1] - 1
    ended = np.zeros(len(policy))
    trajectories = [((0,) * dimensions, 1.0)]
    while trajectories:
        place, chance = trajectories.pop()
        number = int("".join(map(str, place)), side)
        ended[number] += chance * policy[number, -1]
        for dimension, coordinate in enumerate(place):
            if coordinate < side - 1:
                there = (*place[:dimension], coordinate + 1, *place[dimension + 1 :])
                trajectories.append((there, chance * policy[number, dimension]))
    return ended


@pytest.mark.parametrize(("side", "dimensions"), [(3, 1), (3, 3), (4, 2), (2, 5)])
def test_where_trajectories_end(side, dimensions):
    policy = random_policy(np.random.default_rng(side), side, dimensions)
    found = terminating_masses(policy, side)
    assert found.sum() == pytest.approx(1.0)
    assert found == pytest.approx(followed(policy, side))


def test_intervals_that_should_hold_do_and_others_are_found_out():
    """40 samples: held to what is true of the model; then to what is true of another."""
    rng = np.random.default_rng(0)
    q = np.r_[np.full(40, 2.0), np.full(160, 1.0)]
    p = q * rng.uniform(0.8, 1.2, 200)
    p, q = p / p.sum(), q / q.sum()
    sharper = q**2 / (q**2).sum()

    def shares(truth):
        record = held(drawn(p, 20_000, 40, 0), q, truth, lambda _: None)
        assert record["num_samples"] == 40
        return record["share_of_intervals_that_hold"], record["told_apart_from_a_perfect_sampler"]

    right, apart = shares(truths_of_target(p, q, 20_000))
    assert min(right.values()) >= 1 - 6 / 40
    assert apart == 1.0
    wrong, _ = shares(truths_of_target(sharper, q, 20_000))
    assert wrong["mass_of_modes"] == 0.0
    assert wrong["chi_square"] == 0.0


def test_four_views_are_a_group_of_their_own():
    seen = views()
    assert (seen[:, 0] == np.arange(NUM_OPERATIONS)).all()
    # Each view of a view is one of the four.
    assert (np.sort(seen[seen[:, 3]], axis=1) == np.sort(seen, axis=1)).all()
    # Swapping leaves 3^6 gates as they are; negation only the one that is 0 everywhere.
    assert np.count_nonzero(seen[:, 1] == seen[:, 0]) == 3**6
    assert np.count_nonzero(seen[:, 2] == seen[:, 0]) == 1


@pytest.mark.parametrize("population", [four_different, copies_back])
def test_how_likely_each_code_is_and_how_likely_it_is_missing(population):
    size = 12
    codes = np.random.default_rng(1).geometric(0.25, NUM_OPERATIONS) % size
    images = population(codes, size)
    tokens = images.draw(np.random.default_rng(2), 20_000)
    shares = np.bincount(tokens.reshape(-1), minlength=size) / tokens.size
    missing = [(tokens != code).all(axis=1).mean() for code in range(size)]
    assert images.masses.sum() == pytest.approx(1.0)
    assert images.masses == pytest.approx(shares, abs=0.01)
    assert images.missing == pytest.approx(missing, abs=0.015)
    if population is four_different:
        assert (np.diff(np.sort(tokens, axis=1), axis=1) > 0).all()


def test_what_is_expected_of_images_is_their_mean():
    size = 300
    images = copies_back(np.arange(NUM_OPERATIONS) % size, size)
    rng = np.random.default_rng(3)
    samples = [images.draw(rng, 5) for _ in range(400)]
    expected = truths(images, 5, samples[0])["observed_richness"]
    assert np.mean([len(np.unique(each)) for each in samples]) == pytest.approx(expected, rel=0.01)
