"""The three readings by their definitions, and streams that ignore the batch size."""

import numpy as np
import pytest

from fluxttice_core.evidence.draws import (
    latent_batches,
    read,
    read_expectation,
    read_mode,
    read_sampled,
)


class Uniforms:
    """Stands for a generator; hands out given numbers."""

    def __init__(self, values):
        self.values = np.asarray(values, dtype=float)

    def random(self, shape):
        return np.broadcast_to(self.values, shape)


def one_trit(*p):
    return np.array(p)[None, None, :]


@pytest.mark.parametrize(
    ("uniform", "trit"),
    [(0.0, -1), (0.1999, -1), (0.2, 0), (0.6999, 0), (0.7, 1), (0.999, 1)],
)
def test_sampled_inverts_the_distribution(uniform, trit):
    drawn = read_sampled(one_trit(0.2, 0.5, 0.3), Uniforms(uniform))
    assert drawn.tolist() == [[trit]]
    assert drawn.dtype == np.int8


def test_sampled_never_draws_what_has_no_probability():
    grid = np.linspace(0, 1, 1000, endpoint=False)
    for p, allowed in (
        (one_trit(0, 1, 0), {0}),
        (one_trit(0, 0, 1), {1}),
        (one_trit(1, 0, 0), {-1}),
    ):
        assert {int(read_sampled(p, Uniforms(u))[0, 0]) for u in grid} == allowed


def test_sampled_has_the_frequencies_of_each_trit_on_its_own():
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(3), size=9)
    drawn = read_sampled(np.broadcast_to(p, (40_000, 9, 3)), rng)
    for value in (-1, 0, 1):
        frequency = (drawn == value).mean(axis=0)
        noise = np.sqrt(p[:, value + 1] * (1 - p[:, value + 1]) / 40_000)
        assert (np.abs(frequency - p[:, value + 1]) < 4.5 * noise + 1e-9).all()
    correlation = np.corrcoef(drawn, rowvar=False) - np.eye(9)
    assert np.abs(correlation).max() < 0.03


def test_mode_and_expectation_follow_their_definitions():
    p = np.random.default_rng(1).dirichlet(np.ones(3), size=(500, 9))
    trits = np.array([-1, 0, 1])
    for row, mode, expectation in zip(
        p.reshape(-1, 3), read_mode(p).ravel(), read_expectation(p).ravel(), strict=True
    ):
        assert mode == trits[np.argmax(row)]
        mean = float(row @ trits)
        assert expectation == trits[np.argmin(np.abs(trits - mean))]


def test_the_readings_differ_where_they_should():
    """Sure that it is not 0: the mean lies at 0, where the mode never goes."""
    torn = one_trit(0.5, 0.0, 0.5)
    assert read_expectation(torn).item() == 0
    assert read_mode(torn).item() == -1


@pytest.mark.parametrize(
    ("p", "mode"), [((0.4, 0.4, 0.2), -1), ((0.2, 0.4, 0.4), 0), ((1 / 3, 1 / 3, 1 / 3), -1)]
)
def test_of_equals_the_mode_takes_the_lowest(p, mode):
    assert read_mode(one_trit(*p)).item() == mode


def test_halves_go_to_zero():
    assert read_expectation(one_trit(0.0, 0.5, 0.5)).item() == 0
    assert read_expectation(one_trit(0.5, 0.5, 0.0)).item() == 0


def test_read_dispatches_by_name():
    p = np.random.default_rng(2).dirichlet(np.ones(3), size=(50, 9))
    assert np.array_equal(read(p, "mode"), read_mode(p))
    assert np.array_equal(read(p, "expectation"), read_expectation(p))
    assert np.array_equal(
        read(p, "sampled", np.random.default_rng(3)), read_sampled(p, np.random.default_rng(3))
    )
    with pytest.raises(ValueError, match="needs a generator"):
        read(p, "sampled")


@pytest.mark.parametrize("batch_size", [1, 7, 100, 999, 1000, 5000])
def test_latents_do_not_depend_on_the_batch_size(batch_size):
    whole = np.concatenate(list(latent_batches(1000, 5, 3)))
    parts = list(latent_batches(1000, 5, 3, batch_size=batch_size))
    assert np.array_equal(np.concatenate(parts), whole)
    assert max(map(len, parts)) <= batch_size
    assert whole.dtype == np.float32
    assert whole.shape == (1000, 5)


def test_fewer_latents_are_the_head_of_more():
    more = np.concatenate(list(latent_batches(20_000, 4, 3)))
    assert np.array_equal(np.concatenate(list(latent_batches(9000, 4, 3))), more[:9000])


def test_streams_and_seeds_are_unrelated_and_standard_normal():
    streams = [
        np.concatenate(list(latent_batches(20_000, 2, seed, stream=stream))).ravel()
        for seed, stream in ((0, 0), (0, 1), (1, 0))
    ]
    assert np.abs(np.corrcoef(streams) - np.eye(3)).max() < 0.03
    for values in streams:
        assert abs(values.mean()) < 0.025
        assert abs(values.std() - 1) < 0.02


def test_no_latents_make_no_batch():
    assert list(latent_batches(0, 4, 0)) == []
