"""Figures that others published, to the printed digit, and not by the other convention.

Typed from the publications; ``docs/published.md`` says what follows from each.
"""

import numpy as np
import pytest
from skbio.diversity.alpha import chao1 as skbio_chao1

from fluxttice_core import measure
from tests.support import hyper_grid

of_histogram = measure.FrequencyCounts.of_histogram

# iNEXT 3.0 (Hsieh, Ma & Chao 2016), its guide's output for `spider` (Sackett et al. 2011).
SPIDERS = {
    "girdled": {
        "counts": [46, 22, 17, 15, 15, 9, 8, 6, 6, 4, 2, 2, 2, 2] + [1] * 12,
        "info": (168, 26, 12, 4),
        "coverage": "0.9289",
        "chao1": "43.893",
        "orders": ("13.826", "8.175"),
        "observed": ("12.060", "7.840"),
        "by_n": {84: "18.912", 168: "26.000", 248: "30.883", 336: "34.731"},
        "coverage_by_n": {1: "0.122", 84: "0.900", 168: "0.929", 248: "0.948", 336: "0.964"},
    },
    "logged": {
        "counts": [88, 22, 16, 15, 13, 10, 8, 8, 7, 7, 7, 5, 4, 4, 4, 3, 3, 3, 3]
        + [2] * 4
        + [1] * 14,
        "info": (252, 37, 14, 4),
        "coverage": "0.9446",
        "chao1": "61.403",
        "orders": ("16.337", "6.920"),
        "observed": ("14.421", "6.761"),
        "by_n": {126: "28.268", 252: "37.000", 371: "42.786", 504: "47.644"},
        "coverage_by_n": {1: "0.145", 126: "0.908", 252: "0.945", 371: "0.958", 504: "0.969"},
    },
}
# The same guide, `ciliates` (Foissner, Agatha & Berger 2002): in how many soil samples each was.
CILIATES = {
    "Etosha Pan": (
        19,
        [107, 44, 26, 14, 6, 5, 4, 3, 2, 2, 1, 1, 0, 1],
        (516, 216, "0.8017", "339.255"),
        {1: "27.158", 10: "153.260"},
    ),
    "central Namib": (
        17,
        [63, 28, 13, 4, 3, 7, 1, 2, 1, 0, 1, 1, 0, 0, 3, 3],
        (379, 130, "0.8425", "196.706"),
        {1: "22.294", 10: "98.993"},
    ),
    "southern Namib": (
        15,
        [82, 28, 14, 8, 6, 1, 1, 2, 2, 1, 2, 2, 1],
        (358, 150, "0.7816", "262.067"),
        {1: "23.867", 9: "112.485"},
    ),
}
# vegan's page of estimateR: the first five plots of BCI (Condit et al. 2002).
BARRO_COLORADO = (
    ((93, 31, 18), "117.473684"),
    ((84, 31, 13), "117.214286"),
    ((90, 37, 12), "141.230769"),
    ((94, 27, 19), "111.550000"),
    ((101, 36, 17), "136.000000"),
)
# Fisher, Corbet & Williams (1943): butterflies of which 1 .. 24 were caught.
CAUGHT = [118, 74, 44, 24, 29, 22, 20, 19, 20, 15, 12, 14]
CAUGHT += [6, 12, 6, 9, 9, 6, 10, 10, 11, 5, 3, 3]
# SRR1301329, reads: a million at random (preseqR), and the whole run.
READS = {1: 982_419, 2: 6_060, 3: 214, 4: 63, 5: 32, 6: 21, 7: 14, 8: 9, 9: 6, 10: 3, 11: 6}
READS |= {12: 2, 13: 2, 14: 2, 15: 3, 16: 2, 24: 2, 31: 1}
WHOLE_RUN = {1_992_546: 1_965_777, 9_962_730: 9_427_928, 113_801_058: 79_836_361}


@pytest.mark.parametrize("site", SPIDERS)
def test_inext_on_the_spiders(site):
    printed = SPIDERS[site]
    counts = printed["counts"]
    assert (sum(counts), len(counts), counts.count(1), counts.count(2)) == printed["info"]
    assert f"{float(measure.sample_coverage(counts, form='chao-jost')):.4f}" == printed["coverage"]
    assert f"{float(measure.chao1(counts, form='classic')):.3f}" == printed["chao1"]
    orders = (float(measure.hill_number(counts, order)) for order in (1, 2))
    assert tuple(f"{value:.3f}" for value in orders) == printed["orders"]
    n = sum(counts)
    observed = (measure.plug_in_perplexity(counts), measure.hill_curve(counts, 2, [n])[n])
    assert tuple(f"{float(value):.3f}" for value in observed) == printed["observed"]
    # By the other forms they are others: those of scikit-bio.
    assert float(measure.chao1(counts)) == skbio_chao1(np.array(counts))
    assert f"{float(measure.sample_coverage(counts)):.4f}" != printed["coverage"]
    assert f"{float(measure.chao1(counts)):.3f}" != printed["chao1"]


@pytest.mark.parametrize("site", SPIDERS)
def test_inext_along_the_curve(site):
    counts, by_n = SPIDERS[site]["counts"], SPIDERS[site]["by_n"]
    classic = measure.richness_curve(counts, by_n, form="classic")
    assert {n: f"{float(found):.3f}" for n, found in classic.items()} == by_n
    ours = measure.richness_curve(counts, by_n)
    for n, found in ours.items():
        assert (f"{float(found):.3f}" == by_n[n]) == (n <= sum(counts))
        # The form changes the value, not what is surely so.
        assert classic[n].interval == found.interval
        assert found.interval[0] < float(classic[n]) < found.interval[1]
    coverage = SPIDERS[site]["coverage_by_n"]
    curve = measure.sample_coverage_curve(counts, coverage)
    assert {n: f"{float(found):.3f}" for n, found in curve.items()} == coverage
    last = max(by_n)
    at = measure.richness_at_coverage(counts, float(curve[last]), form="classic")
    assert float(at) == pytest.approx(float(by_n[last]), abs=5e-4)


@pytest.mark.parametrize("site", CILIATES)
def test_inext_on_the_ciliates(site):
    num_units, found_in, (incidences, seen, coverage, chao2), by_units = CILIATES[site]
    frequencies = of_histogram(dict(enumerate(found_in, start=1)))
    units = measure.IncidenceCounts(num_units, frequencies.times, frequencies.num_ids)
    assert (units.num_incidences, units.observed_richness) == (incidences, seen)
    assert f"{float(measure.incidence_coverage(units)):.4f}" == coverage
    assert f"{float(measure.chao2(units, form='classic')):.3f}" == chao2
    assert f"{float(measure.chao2(units)):.3f}" != chao2
    rarefied = {t: f"{float(measure.rarefied_units(units, t)):.3f}" for t in by_units}
    assert rarefied == by_units


@pytest.mark.parametrize(("plot", "printed"), BARRO_COLORADO)
def test_vegan_on_barro_colorado(plot, printed):
    seen, once, twice = plot
    counts = [1] * once + [2] * twice + [3] * (seen - once - twice)
    assert f"{float(measure.chao1(counts)):.6f}" == printed
    assert f"{float(measure.chao1(counts, form='classic')):.6f}" != printed


def test_good_and_toulmin_on_the_butterflies():
    butterflies = of_histogram(dict(enumerate(CAUGHT, start=1)))
    for form in ("plain", "efron-thisted", "orlitsky"):
        assert measure.good_toulmin(butterflies, 1.0, form).value == 75.0


def test_a_class_of_all_that_was_caught_more_often_is_refused():
    """preseqR's file ends in 119 kinds "caught 25 times": 194 instead of 75."""
    lumped = of_histogram(dict(enumerate([*CAUGHT, 119], start=1)))
    found = measure.good_toulmin(lumped, 1.0)
    assert found.value is None
    assert "194.0 is outside" in found.reason


def test_a_million_reads_and_the_run_that_they_are_from():
    reads = of_histogram(READS)
    assert (reads.num_draws, reads.observed_richness) == (996_273, 988_861)
    for m, found in measure.richness_curve(reads, WHOLE_RUN).items():
        low, high = found.interval
        assert low <= WHOLE_RUN[m] <= high
        assert float(found) < WHOLE_RUN[m]
    twice = measure.good_toulmin(reads, 1.0)
    new = WHOLE_RUN[1_992_546] - 988_861
    assert twice.interval[0] <= new <= twice.interval[1]
    assert float(twice) == pytest.approx(new, rel=0.001)
    assert measure.good_toulmin(reads, 113.2).value is None


def test_the_usage_of_llamagen_beside_its_window():
    """Table 2b of arXiv 2406.06525: usage of codebooks in a window of 65,536 tokens."""
    published = {4_096: 1.000, 8_192: 0.750, 16_384: 0.970, 32_768: 0.850}
    limits = {codes: measure.uniform_coverage(65_536, codes) for codes in published}
    assert [round(100 * limit, 2) for limit in limits.values()] == [100.0, 99.97, 98.17, 86.47]
    ratios = [round(usage / limits[codes], 3) for codes, usage in published.items()]
    assert ratios == [1.0, 0.75, 0.988, 0.983]


def test_gdb13_beside_its_limit():
    """Arus-Pous et al. (2019): 68.9 % of 975,820,210 molecules in 2e9 draws."""
    limit = measure.uniform_coverage(2e9, 975_820_210)
    assert (round(100 * limit, 2), round(0.689 / limit, 3)) == (87.12, 0.791)


@pytest.mark.parametrize(
    ("ndim", "height", "asked", "tolerance", "dice_pass"),
    [
        (2, 8, 0.012, 0.015, False),
        (2, 16, 0.052, 0.050, False),
        (4, 8, 0.250, 0.350, True),
        (4, 16, 0.660, 0.550, True),
    ],
)
def test_what_torchgfn_asks_of_200000_draws(ndim, height, asked, tolerance, dice_pass):
    """A perfect sampler passes each of its tests; dice pass two."""
    q, rng = hyper_grid(ndim, height), np.random.default_rng(1)
    assert abs(measure.l1_floor(q, 200_000) - asked) < tolerance
    dice = rng.multinomial(200_000, np.full(len(q), 1 / len(q)))
    assert (abs(float(measure.l1_to_target(dice, q)) - asked) < tolerance) == dice_pass


def test_the_samples_of_digress():
    """cvignac/DiGress, generated_samples: strings that came once, twice, ... without "None"."""
    moses, qm9 = of_histogram({1: 21_492, 2: 8}), of_histogram({1: 9_312, 2: 289, 3: 9, 4: 1})
    assert (moses.num_draws, moses.observed_richness) == (21_508, 21_500)
    low, high = measure.sample_coverage(moses).interval
    assert (round(100 * low, 2), round(100 * high, 2)) == (0.02, 0.14)
    assert measure.richness_at_least(moses).interval[0] > 14e6
    assert round(float(measure.hill_number(qm9, 2)), 1) == 152_820.4
    assert round(float(measure.rarefied_richness(qm9, 1_000)), 1) == 996.7
    # More distinct than any sampler of the 130,831 molecules of QM9 has in expectation.
    assert measure.ratio_to_uniform(qm9, 130_831).interval[0] > 1.0
    assert measure.check_independence(qm9, 130_831).holds
