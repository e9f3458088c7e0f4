"""Counting in chunks: whatever the chunks and the store, the counts are those of all draws."""

import numpy as np
import pytest

from fluxttice_core.errors import DrawsError
from fluxttice_core.evidence.tally import DENSE_IDS, FrequencyCounts, Tally


def chunked(draws, rng):
    cuts = np.sort(rng.integers(0, len(draws) + 1, 6))
    return np.split(draws, cuts)


def expected(draws):
    _, counts = np.unique(draws, return_counts=True)
    times, ids = np.unique(counts, return_counts=True)
    adjacent = int((draws[1:] == draws[:-1]).sum())
    return FrequencyCounts(tuple(times.tolist()), tuple(ids.tolist()), adjacent)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "highest", [3, 1000, DENSE_IDS + 5000, 2**62], ids=["few", "dense", "both", "sparse"]
)
def test_any_chunks_give_the_counts_of_all_draws(seed, highest):
    rng = np.random.default_rng(seed)
    draws = rng.integers(max(0, highest - 2000), highest, 3000)
    draws[:1000] = draws[:1000] % 1500  # small ids first, so that a dense store has to move
    tally = Tally()
    tally.extend(chunked(draws, rng))
    assert tally.frequencies() == expected(draws)
    ids, counts = tally.counted_ids()
    assert np.array_equal(ids, np.unique(draws))
    assert counts.sum() == 3000


def test_what_spills_to_disk_is_counted_the_same():
    rng = np.random.default_rng(9)
    draws = rng.integers(DENSE_IDS, DENSE_IDS + 4000, 20_000)
    tally = Tally(spill_distinct=300)
    tally.extend(np.array_split(draws, 40))
    assert tally.spilled
    assert tally.frequencies() == expected(draws)
    tally.add(draws[:500])
    assert tally.frequencies().num_draws == 20_500
    with pytest.raises(DrawsError, match="cannot be listed"):
        tally.counted_ids()


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "uint64", "int64"])
def test_every_integer_type(dtype):
    draws = np.array([3, 3, 100, 7], dtype=dtype)
    tally = Tally(101)
    tally.add(draws)
    assert tally.frequencies() == FrequencyCounts((1, 2), (2, 1), 1)


@pytest.mark.parametrize(
    ("space", "draws", "words"),
    [
        (10, [1, 2, 10, 3], "draw 6 is 10"),
        (10, [1, -1], "draw 5 is -1"),
        (None, [5, -7], "draw 5 is -7"),
    ],
)
def test_ids_outside_are_named(space, draws, words):
    tally = Tally(space)
    tally.add(np.array([0, 1, 2, 3]))
    with pytest.raises(DrawsError, match=words):
        tally.add(np.array(draws))


def test_ids_outside_can_count_as_invalid():
    tally = Tally(10)
    tally.add(np.array([5, 11, 5, -3]), drop_outside=True)
    tally.add(np.array([99]), drop_outside=True)
    assert (tally.num_draws, tally.num_outside) == (2, 3)
    assert tally.frequencies().observed_richness == 1


def test_frequencies_by_hand():
    counts = FrequencyCounts.of([7, 7, 7, 2, 4])
    assert (counts.num_draws, counts.observed_richness) == (5, 3)
    assert [counts.seen(k) for k in (1, 2, 3)] == [2, 0, 1]
    assert Tally().frequencies() == FrequencyCounts((), (), 0)
