"""Streams of latents: the same whatever the batch, and unrelated to each other."""

import numpy as np
import pytest

from fluxttice_core.evidence.draws import latent_batches


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
