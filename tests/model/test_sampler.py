"""Draws in blocks: exact, the same however many are asked for, and by however many threads."""

from functools import lru_cache
from types import MappingProxyType

import numpy as np
import pytest

from fluxttice_core import load, sample, sample_batches
from fluxttice_core.artifacts.checkpoint import Checkpoint
from fluxttice_core.evidence.marginal import estimate_marginal
from fluxttice_core.gates.operations import NUM_OPERATIONS, indices_from_trits
from fluxttice_core.model.controls import untrained_weights
from fluxttice_core.model.folded import FoldedDecoder
from fluxttice_core.model.reference import ReferenceVAE
from fluxttice_core.model.sampler import (
    BLOCK,
    ROUND,
    count_distinct,
    draw_blocks,
    draw_trits,
    rebatch,
)
from fluxttice_core.threads import openblas
from tests.support import perfect_weights

# The masses are an estimate themselves: its noise adds at most draws / latents to the variance.
NUM_LATENTS, NUM_DRAWS = 2**20, 30_000
DECODER = FoldedDecoder(untrained_weights(0, 4), "A")


def drawn(num_draws, seed=0, threads=1):
    return np.concatenate(list(draw_blocks(DECODER, num_draws, seed, threads=threads)))


def chi_square(counts, masses, order):
    """Pearson's statistic over its degrees of freedom; cells of few are taken together.

    ``order`` says which, and must not follow from the same estimate: a cell that was estimated low
    would lie among others that were, and their sum be less than it is.
    """
    expected = counts.sum() * masses
    bins = np.minimum(np.cumsum(expected[order]) // 20, len(expected)).astype(int)
    pooled = np.bincount(bins, weights=expected[order])
    found = np.bincount(bins, weights=counts[order])
    kept = pooled > 0
    variance = pooled[kept] * (1 + counts.sum() / NUM_LATENTS)
    statistic = ((found[kept] - pooled[kept]) ** 2 / variance).sum()
    freedom = kept.sum() - 1
    # Normal in so many degrees of freedom.
    return (statistic - freedom) / np.sqrt(2 * freedom)


def as_model(name):
    if name == "v5_5":
        return load(name)
    # Random weights, enlarged: decisions far from even, and masses from rare to frequent.
    weights = {name: np.float32(2.5) * value for name, value in untrained_weights(0).items()}
    return Checkpoint(MappingProxyType(weights), MappingProxyType({}), name, None)


@lru_cache
def exact_masses(name, pathway, seed=1):
    reference = ReferenceVAE(as_model(name).weights, np.float32)
    return estimate_marginal(
        lambda latents: reference.logits(latents, pathway), 16, NUM_LATENTS, seed=seed, threads=2
    ).probabilities


@pytest.mark.parametrize("pathway", ["A", "B"])
@pytest.mark.parametrize("name", ["uneven", "v5_5"])
@pytest.mark.parametrize("device", [None, "cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def test_draws_follow_the_exact_marginal(name, pathway, device):
    masses, model = exact_masses(name, pathway), as_model(name)
    order = np.argsort(exact_masses(name, pathway, seed=2))
    counts = np.zeros(NUM_OPERATIONS)
    for batch in sample_batches(NUM_DRAWS, model=model, pathway=pathway, seed=3, device=device):
        trits = batch if device is None else batch.cpu().numpy()
        counts += np.bincount(indices_from_trits(trits), minlength=NUM_OPERATIONS)
    assert counts.sum() == NUM_DRAWS
    assert abs(chi_square(counts, masses, order)) < 4
    if name == "uneven":
        # The probe can fail: nearly these masses, as of softer decisions, are not these.
        softer = masses**0.9 / (masses**0.9).sum()
        assert chi_square(counts, softer, order) > 10


def test_the_cuts_are_the_probabilities():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(9, 3, 5)) * 3
    each = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    uniforms = rng.random((9, 5))
    expected = np.where(
        uniforms < each[:, 0], -1, np.where(uniforms < each[:, 0] + each[:, 2], 1, 0)
    )
    odds = np.stack([logits[:, 0] - logits[:, 1], logits[:, 2] - logits[:, 1]])
    found = draw_trits(odds.astype(np.float32), uniforms.astype(np.float32))
    assert found.dtype == np.int8
    assert np.array_equal(found, expected.T)


@pytest.mark.parametrize("extreme", [(200, -200, -1), (-200, 200, 1), (-200, -200, 0)])
def test_sure_trits_are_drawn_without_overflow(extreme):
    *odds, trit = extreme
    log_odds = np.broadcast_to(np.float32(odds)[:, None, None], (2, 9, 100)).copy()
    uniforms = np.linspace(0, 1 - 2**-24, 9 * 100, dtype=np.float32).reshape(9, 100)
    assert (draw_trits(log_odds, uniforms) == trit).all()


@pytest.mark.parametrize("threads", [2, 5])
def test_threads_change_no_draw(threads):
    assert np.array_equal(drawn(3 * BLOCK + 7), drawn(3 * BLOCK + 7, threads=threads))


@pytest.mark.parametrize("fewer", [1, 100, BLOCK, BLOCK + 1])
def test_fewer_draws_are_the_first_of_more(fewer):
    assert np.array_equal(drawn(fewer), drawn(2 * BLOCK)[:fewer])


def test_blocks_are_independent():
    first, second = drawn(2 * BLOCK)[:BLOCK], drawn(2 * BLOCK)[BLOCK:]
    assert not np.array_equal(first, second)
    assert not np.array_equal(drawn(BLOCK, seed=1), first)


def test_products_are_free_again_between_blocks():
    libraries = openblas().lib_controllers
    if not libraries:
        pytest.skip("NumPy has another BLAS than OpenBLAS")
    before = libraries[0].get_num_threads()
    libraries[0].set_num_threads(2)
    try:
        stream = draw_blocks(DECODER, BLOCK * (ROUND + 1), 0, threads=2)
        next(stream)
        assert libraries[0].get_num_threads() == 2
        stream.close()
        assert libraries[0].get_num_threads() == 2
    finally:
        libraries[0].set_num_threads(before)


@pytest.mark.parametrize("batch_size", [1, 3, 4, 100])
def test_rebatching_keeps_the_rows_in_order(batch_size):
    blocks = [np.arange(0, 5), np.arange(5, 5), np.arange(5, 6), np.arange(6, 13)]
    batches = list(rebatch(blocks, batch_size, np.concatenate))
    assert np.array_equal(np.concatenate(batches), np.arange(13))
    assert all(len(batch) == batch_size for batch in batches[:-1])
    assert 0 < len(batches[-1]) <= batch_size


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def test_a_device_has_its_own_stream_and_gives_tensors_there(device):
    one, again = (sample(50, seed=1, device=device) for _ in range(2))
    assert one.device.type == device
    assert one.shape == (50, 9)
    assert one.equal(again)
    assert one[:20].equal(sample(20, seed=1, device=device))
    assert sample(0, device=device).shape == (0, 9)


def test_distinct_draws_are_v5_5s_coverage_count():
    perfect_count = count_distinct(perfect_weights(), "A", 19_683, seed=0)
    limit = 19_683 * (1 - (1 - 1 / 19_683) ** 19_683)
    assert perfect_count == pytest.approx(limit, abs=5 * 44)
    assert count_distinct(perfect_weights(), "A", 19_683, seed=0) == perfect_count
    only_zero = perfect_weights(cut=50.0)
    assert count_distinct(only_zero, "B", 1000, seed=0) == 1
    assert count_distinct(only_zero, "B", 0, seed=0) == 0


@pytest.mark.parametrize("pathway", ["A", "B"])
def test_threads_change_no_count(pathway):
    weights = perfect_weights(sharpness=3.0)
    counts = [count_distinct(weights, pathway, 50_000, seed=1, threads=n) for n in (1, 2, 5)]
    assert len(set(counts)) == 1
