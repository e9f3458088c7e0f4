"""Intervals of laws on few ids: all equally likely, or one of them nearly always.

Where all ids are equally likely the jackknife has no part of first order, and what is left is the
second; where one id takes nearly all draws, the others are the rare events.
"""

import math

import numpy as np
import pytest

from fluxttice_core.measure import (
    FrequencyCounts,
    expected_coverage,
    hill_number,
    hill_number_of_masses,
    richness_curve,
)

HELD = 0.935
LAWS = {f"{size} equal": np.full(size, 1 / size) for size in (2, 3, 5, 10, 20, 50)} | {
    "one of 0.5": np.r_[0.5, np.full(10_000, 0.5 / 10_000)],
    "one of 0.99": np.r_[0.99, np.full(1_000, 0.01 / 1_000)],
    "one of 0.999": np.r_[0.999, 0.001],
    "halves": 0.5 ** np.arange(20) / (0.5 ** np.arange(20)).sum(),
}
SHARES = (0.05, 0.25, 0.6, 0.95, 1.0)


def simulate(law, n, num):
    """Name -> share of the intervals that hold."""
    p = LAWS[law]
    wanted = sorted({max(2, int(share * n)) for share in SHARES})
    richness = {m: len(p) * expected_coverage(p, m) for m in wanted}
    hill = {order: hill_number_of_masses(p, order) for order in (1, 2)}
    held = {}

    def see(name, estimate, truth):
        if estimate.interval is not None:
            low, high = estimate.interval
            high = math.inf if high is None else high
            held.setdefault(name, []).append(low - 1e-9 <= truth <= high + 1e-9)

    for sample in np.random.default_rng([len(p), n]).multinomial(n, p, size=num):
        counts = FrequencyCounts.of_counts(sample)
        for m, found in richness_curve(counts, wanted).items():
            see(f"richness of {m} draws", found, richness[m])
        for order in (1, 2):
            see(f"order {order}", hill_number(counts, order), hill[order])
            see(f"order {order}, space known", hill_number(counts, order, len(p)), hill[order])
    return {name: (float(np.mean(each)), len(each)) for name, each in held.items()}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("n", [20, 300])
def test_intervals_hold_where_ids_are_few(law, n):
    for name, (share, given) in simulate(law, n, 100).items():
        assert share >= HELD - 3 * math.sqrt(HELD * (1 - HELD) / given), (name, share)


@pytest.mark.assurance
@pytest.mark.parametrize("law", LAWS)
def test_intervals_hold_where_ids_are_few_at_length(law, intervals_record):
    found = {n: simulate(law, n, 2_000) for n in (20, 100, 300, 1_000)}
    intervals_record("few ids", law, 2_000, {f"{n:,} draws": each for n, each in found.items()})
    for n, each in found.items():
        for name, (share, given) in each.items():
            # What is left lies within noise of the bar: the record says by how much.
            assert share >= HELD - 3 * math.sqrt(HELD * (1 - HELD) / given), (n, name, share)
