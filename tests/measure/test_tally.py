"""Counting in chunks gives what counting at once gives, wherever the counts are kept."""

import gc
from collections import Counter

import numpy as np
import pytest

from fluxttice_core.errors import DrawsError
from fluxttice_core.measure import FrequencyCounts, Tally
from fluxttice_core.measure.counting import tally as module
from fluxttice_core.measure.counting.tally import DENSE_IDS


def direct(draws):
    """Frequencies by a dictionary and a loop."""
    each = Counter(draws.tolist())
    summary = Counter(each.values())
    times = tuple(sorted(summary))
    repeats = sum(a == b for a, b in zip(draws[1:].tolist(), draws[:-1].tolist(), strict=True))
    return FrequencyCounts(times, tuple(summary[t] for t in times), repeats)


def in_chunks(draws, rng, most=40):
    start = 0
    while start < len(draws):
        size = int(rng.integers(0, most))
        yield draws[start : start + size]
        start += size


@pytest.fixture(params=[1, 50, 2**18], ids="gathering {}".format)
def gathering(request, monkeypatch):
    """How many draws of short chunks are gathered before they are counted."""
    monkeypatch.setattr(module, "GATHERED", request.param)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "scale", [1, DENSE_IDS, 64 * DENSE_IDS], ids=["dense", "sparse", "sparse, multiples of 64"]
)
@pytest.mark.parametrize("spill", [10, 10**9], ids=["spilled", "in memory"])
def test_any_chunking_counts_the_same(seed, scale, spill, gathering):
    rng = np.random.default_rng(seed)
    draws = rng.geometric(0.05, size=700).astype(np.int64) * scale
    tally = Tally(spill_distinct=spill)
    for chunk in in_chunks(draws, rng):
        tally.add(chunk)
    assert tally.frequencies() == direct(draws)
    assert tally.frequencies() == direct(draws)
    assert tally.num_draws == 700
    assert tally.spilled == (scale > 1 and spill == 10)
    if not tally.spilled:
        ids, counts = tally.counted_ids()
        assert dict(zip(ids.tolist(), counts.tolist(), strict=True)) == Counter(draws.tolist())


@pytest.mark.parametrize("spill", [50, 10**9], ids=["to disk", "in memory"])
def test_dense_then_sparse_then_disk(spill, monkeypatch):
    """Small ids first, large ones later: what was counted before is carried over, once."""
    monkeypatch.setattr(module, "GATHERED", 1)
    rng = np.random.default_rng(7)
    small = rng.integers(0, 30, 500)
    large = rng.integers(0, 100, 500) * 2**40
    again = rng.integers(0, 30, 500)
    tally = Tally(spill_distinct=spill)
    tally.add(small)
    assert tally.frequencies() == direct(small)
    tally.add(large)
    assert tally.frequencies() == direct(np.concatenate([small, large]))
    tally.add(again)
    assert tally.frequencies() == direct(np.concatenate([small, large, again]))
    assert tally.spilled == (spill == 50)


def test_files_are_many_small_ones_and_go_with_the_tally():
    tally = Tally(spill_distinct=100)
    tally.add(np.arange(6400, dtype=np.int64) * 2**32 + DENSE_IDS)
    assert tally.frequencies() == FrequencyCounts((1,), (6400,), 0)
    folder = tally._folder
    sizes = [path.stat().st_size for path in folder.iterdir()]
    assert len(sizes) > 50
    assert max(sizes) < 4 * 16 * 100
    del tally
    gc.collect()
    assert not folder.exists()


def test_ids_that_lie_on_disk_cannot_be_listed():
    tally = Tally(spill_distinct=10)
    tally.add(np.arange(20) * DENSE_IDS)
    tally.frequencies()
    with pytest.raises(DrawsError, match="more than 10 distinct ids: they are counted on disk"):
        tally.counted_ids()


@pytest.mark.parametrize(
    ("space", "ids", "message"),
    [
        (10, [3, 10, 11], r"ids in 0 \.\. 9; draw 6 is 10 \(2 are outside\); name the right space"),
        (10, [3, 4, -1], r"ids in 0 \.\. 9; draw 7 is -1 \(1 are outside\)"),
        (None, np.array([2**63], dtype=np.uint64), "draw 5 is 9223372036854775808"),
    ],
)
def test_ids_outside_are_refused_by_the_number_of_the_draw(space, ids, message):
    tally = Tally(space)
    tally.add(np.arange(5))
    with pytest.raises(DrawsError, match=message):
        tally.add(np.asarray(ids))
    assert tally.frequencies().num_draws == 5


def test_ids_outside_can_be_counted_as_invalid():
    tally = Tally(10)
    tally.add(np.array([3, 12, 3, -4]), drop_outside=True)
    tally.add(np.array([11, 11]), drop_outside=True)
    tally.add(np.array([3]), drop_outside=True)
    assert (tally.num_draws, tally.num_outside) == (3, 4)
    assert tally.frequencies() == FrequencyCounts((3,), (1,), 2)


def test_neighbours_across_chunks():
    tally = Tally()
    for chunk in ([4, 4], [], [4], [5, 4], [4]):
        tally.add(np.array(chunk, dtype=np.int64))
    assert tally.adjacent_repeats == 3


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", ">i4", "u4", "i8", "u8"])
def test_every_integer_type(dtype, gathering):
    tally = Tally(100)
    tally.add(np.array([5, 99, 5], dtype=dtype))
    assert tally.frequencies() == FrequencyCounts((1, 2), (1, 1), 0)


def test_an_array_that_is_filled_again_by_its_owner():
    buffer, tally = np.zeros(4, dtype=np.int64), Tally()
    for value in range(5):
        buffer[:] = value
        tally.add(buffer)
    assert tally.frequencies() == FrequencyCounts((4,), (5,), 15)


def test_nothing_counted():
    assert Tally().frequencies() == FrequencyCounts((), (), 0)
    ids, counts = Tally().counted_ids()
    assert (len(ids), len(counts)) == (0, 0)


def test_frequencies_of_draws_and_of_counts():
    draws = np.random.default_rng(1).integers(0, 50, 300)
    summary = FrequencyCounts.of(draws)
    assert summary == FrequencyCounts.of_counts(np.bincount(draws, minlength=80))
    assert summary.num_draws == 300
    assert summary.observed_richness == len(set(draws.tolist()))
    assert summary.seen(10**6) == 0
    assert sum(summary.seen(k) for k in range(1, 301)) == summary.observed_richness
