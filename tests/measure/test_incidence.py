"""Presence by sampling unit: every form of input, published formulas, and intervals that hold."""

import math
from fractions import Fraction

import numpy as np
import pytest

from fluxttice_core import measure
from fluxttice_core.errors import DrawsError
from fluxttice_core.measure import (
    IncidenceCounts,
    as_incidence,
    chao2,
    incidence_coverage,
    rarefied_units,
)

MATRIX = np.array([[1, 1, 0, 0], [1, 0, 0, 0], [1, 1, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0]])
SETS = [{"oak", "elm"}, {"oak"}, {"oak", "elm", "yew"}, {"oak"}, set()]
COUNTS = IncidenceCounts(5, (1, 2, 4), (1, 1, 1))


@pytest.mark.parametrize(
    "units",
    [
        MATRIX,
        MATRIX.tolist(),
        MATRIX.astype(bool),
        MATRIX.astype(bool).tolist(),
        MATRIX.astype(float),
        SETS,
        tuple(SETS),
        iter(SETS),
        [frozenset(unit) for unit in SETS],
        [sorted(unit) * 2 for unit in SETS],
        [{len(label) * 7 + ord(label[0]) for label in unit} for unit in SETS],
        COUNTS,
    ],
)
def test_incidences_in_every_form(units):
    assert as_incidence(units) == COUNTS


@pytest.mark.parametrize(
    ("units", "message"),
    [
        ([[2, 1], [0, 1]], r"got 0 \.\. 2; of how often .* give `matrix > 0`"),
        ([[-1, 1]], r"got -1 \.\. 1"),
        ([[0.5, 1]], "presence and absence"),
        ([1, 0, 1], r"got shape \(3,\)"),
        (np.zeros((2, 2, 2), int), r"got shape \(2, 2, 2\)"),
        ([[0, 0], [0, 0]], "got T = 2 and no id"),
        ([], "expected"),
        ([set(), set()], "got T = 2 and no id"),
        ([{"a"}, 3], "unit 1 is int"),
        ([{"a"}, "ab"], "unit 1 is str"),
        ("abc", "got str"),
        (5, "got int"),
        (None, "got NoneType"),
        ({"a": 1}, "expected"),
        ([{"a"}, [["b"]]], "unit 1: unhashable"),
    ],
)
def test_what_are_no_incidences(units, message):
    for function in (as_incidence, chao2, incidence_coverage, measure.incidence):
        with pytest.raises(DrawsError, match=message):
            function(units)
    with pytest.raises(DrawsError, match="found in 1 to T units each, got T = 3 and one in 4"):
        IncidenceCounts(3, (4,), (1,))


def test_the_published_formulas_by_hand():
    """T = 10, Q1 = 6, Q2 = 3, five more: S = 14 and U = 6 + 6 + 5 * 4."""
    counts = IncidenceCounts(10, (1, 2, 4), (6, 3, 5))
    assert float(chao2(counts)) == pytest.approx(14 + 0.9 * 30 / 8)
    assert float(chao2(counts, "classic")) == pytest.approx(14 + 0.9 * 36 / 6)
    assert float(chao2(IncidenceCounts(10, (1,), (6,)), "classic")) == pytest.approx(6 + 0.9 * 15)
    assert float(incidence_coverage(counts)) == pytest.approx(1 - 6 / 32 * 54 / 60)
    with pytest.raises(DrawsError, match="expected form 'bias-corrected' or 'classic', got 'x'"):
        chao2(counts, "x")


def test_rarefaction_is_the_exact_fraction():
    counts = IncidenceCounts(12, (1, 2, 5, 12), (6, 3, 2, 1))
    for t in range(13):
        exact = sum(
            number * (1 - Fraction(math.comb(12 - times, t), math.comb(12, t)))
            for times, number in zip(counts.times, counts.num_ids, strict=True)
        )
        found = rarefied_units(counts, t)
        assert float(found) == pytest.approx(float(exact), rel=1e-12)
        assert found.interval[0] <= float(found) <= found.interval[1]
    with pytest.raises(DrawsError, match="can rarefy 12 units to at most 12; asked for 13"):
        rarefied_units(counts, 13)


def test_the_report_maps_names_to_estimates():
    report = measure.incidence(SETS, num_units=[3], name="plots")
    assert list(report.estimates) == ["observed_richness", "chao2", "incidence_coverage"]
    assert report.estimates["chao2"] == chao2(SETS)
    assert report.estimates["observed_richness"].value == 3
    assert list(report.curve) == [1, 2, 3, 4, 5]
    assert report.curve[3] == rarefied_units(SETS, 3)
    record = report.as_dict()
    assert record["num_units"] == 5
    assert record["num_incidences"] == 7
    assert record["estimates"]["chao2"]["value"] == float(chao2(SETS))
    assert "independent" in record["supposed"]
    with pytest.raises(DrawsError, match="expected 1 to 5 units for the curve"):
        measure.incidence(SETS, num_units=[6])


GENERATOR = np.random.default_rng(4)
CHANCES = {
    "even": np.full(100, 0.1),
    "rare": np.full(400, 0.02),
    "common": np.full(60, 0.4),
    "beta": GENERATOR.beta(0.5, 4, 200),
    "zipf": 0.9 / np.arange(1, 501),
    "log-normal": np.minimum(0.95, 0.03 * np.exp(1.5 * GENERATOR.standard_normal(300))),
}
HELD = 0.935


def simulate(shape, num_units, num):
    """Name -> share of the intervals that hold."""
    p = CHANCES[shape]
    rng = np.random.default_rng([7, num_units])
    wanted = sorted({1, num_units // 4, num_units // 2, num_units - 1, num_units})
    truth = {t: float(-np.expm1(t * np.log1p(-p)).sum()) for t in wanted}
    held = {name: [] for name in ("chao2", "coverage", *(f"{t} units" for t in wanted))}
    for sample in rng.binomial(num_units, p, size=(num, len(p))):
        found = measure.FrequencyCounts.of_counts(sample)
        counts = IncidenceCounts(num_units, found.times, found.num_ids)
        held["chao2"].append(chao2(counts).interval[0] <= len(p))
        low, high = incidence_coverage(counts).interval
        held["coverage"].append(low - 1e-9 <= p[sample > 0].sum() / p.sum() <= high + 1e-9)
        for t in wanted:
            low, high = rarefied_units(counts, t).interval
            held[f"{t} units"].append(low - 1e-9 <= truth[t] <= high + 1e-9)
    return {name: float(np.mean(each)) for name, each in held.items()}


@pytest.mark.parametrize("shape", CHANCES)
@pytest.mark.parametrize("num_units", [8, 20, 100])
def test_intervals_from_incidences(shape, num_units):
    for name, share in simulate(shape, num_units, 150).items():
        assert share >= HELD - 3 * math.sqrt(HELD * (1 - HELD) / 150), (name, share)


@pytest.mark.assurance
@pytest.mark.parametrize("shape", CHANCES)
def test_intervals_from_incidences_at_length(shape, intervals_record):
    found = {num_units: simulate(shape, num_units, 2_000) for num_units in (8, 20, 100)}
    record = {f"{num_units} units": each for num_units, each in found.items()}
    intervals_record("sampling units", shape, 2_000, record)
    for num_units, each in found.items():
        for name, share in each.items():
            assert share >= HELD, (num_units, name, share)
