"""Dependence at a distance is found at its distance; independent draws in any order are not."""

import numpy as np
import pytest

from fluxttice_core.measure import Tally, check_independence, draws
from fluxttice_core.measure.counting import lags
from fluxttice_core.measure.counting.lags import lag_fault
from fluxttice_core.measure.counting.order import BLOCK, MOST_BLOCKS, Blocks

TAIL = 2.9e-7


def masses(shape, size):
    ranks = np.arange(1, size + 1)
    weights = {
        "uniform": np.ones(size),
        "zipf": 1 / ranks,
        "steep": 1.0 / ranks**2,
        "halving": 0.5 ** np.minimum(ranks, 60),
        "one heavy id": np.r_[1000 * size, np.ones(size - 1)],
    }[shape]
    return weights / weights.sum()


SHAPES = ["uniform", "zipf", "steep", "halving", "one heavy id"]


@pytest.fixture(params=["pairs", "signs"])
def way(request, monkeypatch):
    """Both ways of looking, on the same draws."""
    if request.param == "signs":
        monkeypatch.setattr(lags, "MOST_PAIRS", -1)
    return request.param


def copied(rng, size, num, lag, share):
    drawn = rng.integers(0, size, num)
    for place in np.flatnonzero(rng.random(num) < share):
        if place >= lag:
            drawn[place] = drawn[place - lag]
    return drawn


def shared_seed(rng, size, workers=4, batch=32, num_batches=60):
    batches = rng.integers(0, size, (num_batches, batch))
    return np.repeat(batches, workers, axis=0).reshape(-1)


@pytest.mark.parametrize("size", [2, 9, 300, 20_000])
@pytest.mark.parametrize("lag", [2, 16, 1_000])
def test_copies_are_found_at_their_distance(size, lag, way):
    drawn = copied(np.random.default_rng(lag), size, 20_000, lag, 0.15)
    fault = lag_fault([drawn], TAIL)
    assert fault.lag == lag
    assert fault.equal == np.count_nonzero(drawn[lag:] == drawn[:-lag]) > fault.expected


def test_workers_that_share_a_seed_are_found(way):
    assert lag_fault([shared_seed(np.random.default_rng(1), 5_000)], TAIL).lag == 32


def test_a_cycle_that_never_meets_itself_early_is_found(way):
    rng = np.random.default_rng(2)
    drawn = np.concatenate([rng.permutation(40) for _ in range(2_000)])
    assert lag_fault([drawn], TAIL).equal < lag_fault([drawn], TAIL).expected


@pytest.mark.parametrize("shape", SHAPES)
def test_independent_draws_raise_no_alarm(shape, way):
    rng = np.random.default_rng(3)
    for size in (2, 3, 9, 400, 20_000):
        for num in (2, 3, 4, 5, 20, 300, 4_000):
            for _ in range(4):
                drawn = rng.choice(size, num, p=masses(shape, size))
                assert lag_fault([drawn], TAIL) is None, (size, num)


@pytest.mark.assurance
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", [2, 9, 400, 20_000])
def test_false_alarms_are_rare(shape, size, way, assurance_record):
    rng = np.random.default_rng(size)
    p, num_samples, lengths = masses(shape, size), 3_000, (20, 300, 2_000)
    alarms = {
        str(num): sum(
            lag_fault([rng.choice(size, num, p=p)], TAIL) is not None for _ in range(num_samples)
        )
        for num in lengths
    }
    name = f"lags-{way}-{shape.replace(' ', '-')}-{size}"
    assurance_record(name, {"num_samples": num_samples, "false_alarms": alarms})
    assert not any(alarms.values())


def test_the_moments_are_those_over_all_orders():
    """Against the mean and variance over many random orders."""
    rng = np.random.default_rng(4)
    drawn = rng.choice(5, 30, p=[0.5, 0.2, 0.1, 0.1, 0.1])
    orders = np.stack([rng.permutation(drawn) for _ in range(40_000)])
    pairs = lags._pairs([30], 29)
    share, variance = lags._moments(pairs, np.unique(drawn, return_counts=True)[1])
    for lag in (1, 5, 14, 15, 20, 28):
        equal = (orders[:, lag:] == orders[:, :-lag]).sum(axis=1)
        assert equal.mean() == pytest.approx(share * pairs[lag - 1], rel=0.03)
        assert equal.var() == pytest.approx(variance[lag - 1], rel=0.04)


def test_pairs_are_counted_lag_by_lag():
    drawn = np.random.default_rng(5).integers(0, 7, 200)
    found = lags._equal_pairs([drawn[:120], drawn[120:]], 119)
    for lag in (1, 2, 50, 79, 80, 119):
        parts = (drawn[:120], drawn[120:])
        expected = sum(np.count_nonzero(x[lag:] == x[:-lag]) for x in parts)
        assert found[lag - 1] == expected


@pytest.mark.parametrize("drawn", [[], [1], [1, 1], [1, 2], [3] * 50, list(range(50))])
def test_what_has_one_order_only_cannot_fail(drawn):
    assert lag_fault([np.array(drawn, dtype=np.int64)], TAIL) is None


@pytest.mark.parametrize("step", [1_000_003, 70_000, 2**22])
def test_blocks_of_a_stream_are_evenly_spaced_and_bounded(step):
    blocks, num = Blocks(), 3_000_000
    for start in range(0, num, step):
        blocks.add(np.arange(start, min(start + step, num)))
        assert sum(map(len, blocks.kept())) <= BLOCK * MOST_BLOCKS
    kept = blocks.kept()
    assert [int(block[0]) for block in kept] == list(range(0, num, 4 * BLOCK))
    assert all((np.diff(block) == 1).all() for block in kept)
    assert {len(block) for block in kept[:-1]} == {BLOCK}


def test_a_short_stream_is_kept_whole():
    blocks = Blocks()
    for start in range(0, 200_000, 7_000):
        blocks.add(np.arange(start, min(start + 7_000, 200_000)))
    (kept,) = blocks.kept()
    assert kept.tolist() == list(range(200_000))


def test_copies_in_a_long_stream_counted_on_disk_are_found():
    rng = np.random.default_rng(6)
    tally = Tally(spill_distinct=1_000)
    for _ in range(6):
        tally.add(copied(rng, 10**9, 300_000, 16, 0.01))
    assert tally.spilled
    found = check_independence(tally.frequencies(), order=tally.order.kept())
    assert any("16 places before it more often" in fault for fault in found.faults)


def test_a_report_names_the_distance():
    report = draws(shared_seed(np.random.default_rng(7), 5_000), space=5_000)
    assert any("the one 32 places before it more often" in x for x in report.independence.faults)
    assert report.chao1 is None
