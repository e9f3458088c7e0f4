"""Every published interval, simulated: it holds as often as it says and is not needlessly wide.

The whole of it, 2,000 data sets for each shape and size, runs by ``make assurance``; a part by
``make test``, with bounds widened by its own chance.
"""

import math

import numpy as np
import pytest

from fluxttice_core.evidence.coverage import expected_coverage, never_drawn, run_interval
from fluxttice_core.evidence.richness import (
    chao1_lower,
    expected_richness_interval,
    hill_intervals,
    unseen_mass_interval,
)
from fluxttice_core.evidence.tally import FrequencyCounts

IDS = 500
SHAPES = {
    "uniform": np.ones(IDS),
    "dirichlet": np.random.default_rng(1).dirichlet(np.ones(IDS)),
    "zipf": 1 / np.arange(1, IDS + 1),
    "two levels": np.r_[np.full(IDS // 2, 9.0), np.ones(IDS - IDS // 2)],
    "geometric": 0.98 ** np.arange(IDS),
}
SIZES = (100, 500, 1500, 5000)
# What is published beside an estimate; Chao1's holds one-sidedly and at least so often.
LEVEL = {"chao1": 0.95}
FEW, ALL = 250, 2000


class Record:
    """How often an interval held its truth, and how wide it was."""

    def __init__(self):
        self.held, self.width = [], []

    def add(self, interval, truth):
        if interval is not None:
            low, high = interval
            self.held.append(low - 1e-9 <= truth <= (math.inf if high is None else high + 1e-9))
            self.width.append(math.inf if high is None else high - low)


def simulate(shape, num_draws, num_sets, seed, *, num_replicates):
    p = SHAPES[shape] / SHAPES[shape].sum()
    rng = np.random.default_rng(seed)
    inside = p > 0
    truth = {
        "richness": float((1 - never_drawn(p, num_draws)).sum()),
        "entropy": math.exp(-float((p[inside] * np.log(p[inside])).sum())),
        "squares": 1 / float((p**2).sum()),
    }
    one_run = run_interval(p, num_draws, expected=expected_coverage(p, num_draws))
    names = [
        "richness",
        "richness, known space",
        "unseen mass",
        "chao1",
        "order 1",
        "order 2",
        "one run",
    ]
    records, distinct = {name: Record() for name in names}, []
    for number in range(num_sets):
        counts = rng.multinomial(num_draws, p)
        frequencies = FrequencyCounts.of_counts(counts)
        seen = frequencies.observed_richness
        distinct.append(seen)
        richness = truth["richness"]
        records["richness"].add(expected_richness_interval(frequencies), richness)
        records["richness, known space"].add(expected_richness_interval(frequencies, IDS), richness)
        missed = float(p[counts == 0].sum())
        records["unseen mass"].add(unseen_mass_interval(frequencies), missed)
        records["chao1"].add((chao1_lower(frequencies), None), IDS)
        records["one run"].add(one_run, seen / IDS)
        # The dear ones on a quarter of the sets of the small version.
        if num_sets > FEW or number % 4 == 0:
            hills = hill_intervals(frequencies, rng, IDS, num_replicates=num_replicates)
            records["order 1"].add(hills[1], truth["entropy"])
            records["order 2"].add(hills[2], truth["squares"])
    return records, float(np.std(distinct))


def faults_of(records, spread):
    """What does not hold, or is needlessly wide; chance allowed for by four of its errors."""
    faults = []
    for name, record in records.items():
        if len(record.held) < 50:
            continue
        rate, wanted = float(np.mean(record.held)), LEVEL.get(name, 0.935)
        chance = (
            0.0 if len(record.held) >= ALL else 4 * math.sqrt(wanted * 0.065 / len(record.held))
        )
        if rate < wanted - chance:
            faults.append(f"{name} holds {rate:.3f} of {len(record.held)}")
        if name.startswith("richness") and spread >= 3:
            ratio = float(np.mean(record.width)) / (2 * 1.96 * spread)
            if ratio > 1.6:
                faults.append(f"{name} is {ratio:.2f} times as wide as the truth")
    return faults


@pytest.mark.parametrize("shape", SHAPES)
def test_intervals_hold_on_a_few_data_sets(shape):
    for num_draws in SIZES:
        records, spread = simulate(shape, num_draws, FEW, num_draws, num_replicates=30)
        assert faults_of(records, spread) == [], (shape, num_draws)


def test_a_wrong_interval_is_caught():
    """Intervals of half the width: the same check names every one of them."""
    records, spread = simulate("zipf", 1500, FEW, 1, num_replicates=30)
    for record in records.values():
        record.held = [held and number % 4 != 0 for number, held in enumerate(record.held)]
    assert len(faults_of(records, spread)) >= 6


@pytest.mark.assurance
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("shape", SHAPES)
def test_intervals_hold_on_two_thousand(shape, assurance_record):
    rows, faults = {}, []
    for num_draws in SIZES:
        records, spread = simulate(shape, num_draws, ALL, 1000 + num_draws, num_replicates=60)
        rows[num_draws] = {
            name: {"held": float(np.mean(record.held)), "data_sets": len(record.held)}
            for name, record in records.items()
            if record.held
        }
        faults += faults_of(records, spread)
    assurance_record(f"intervals_{shape.replace(' ', '_')}", {"ids": IDS, "by_num_draws": rows})
    assert faults == []
