"""Each convention by its name: Chao1, sample coverage, Good-Toulmin, curves."""

import math
from fractions import Fraction

import numpy as np
import pytest
from skbio.diversity.alpha import chao1 as skbio_chao1

from fluxttice_core import measure
from fluxttice_core.errors import DrawsError
from fluxttice_core.measure import FrequencyCounts, good_toulmin
from fluxttice_core.measure.curves.curve_intervals import most_new

# Spiders under girdled and logged trees: Sackett et al. (2011), as Chao et al. (2014) print them.
GIRDLED = [46, 22, 17, 15, 15, 9, 8, 6, 6, 4, 2, 2, 2, 2] + [1] * 12
LOGGED = [88, 22, 16, 15, 13, 10, 8, 8, 7, 7, 7, 5, 4, 4, 4, 3, 3, 3, 3, 2, 2, 2, 2] + [1] * 14
# Fisher, Corbet & Williams (1943): Malayan butterflies of which 1 .. 24 were caught.
CAUGHT = [118, 74, 44, 24, 29, 22, 20, 19, 20, 15, 12, 14]
CAUGHT += [6, 12, 6, 9, 9, 6, 10, 10, 11, 5, 3, 3]
BUTTERFLIES = FrequencyCounts.of_histogram(dict(enumerate(CAUGHT, start=1)))


def test_the_forms_that_are_ours_by_default():
    assert f"{float(measure.chao1(GIRDLED)):.1f}" == "39.2"
    assert f"{float(measure.sample_coverage(GIRDLED)):.4f}" == "0.9286"
    for name in ("chao1", "sample_coverage"):
        function = getattr(measure, name)
        forms = ("bias-corrected", "classic") if name == "chao1" else ("good", "chao-jost")
        assert function(GIRDLED) == function(GIRDLED, form=forms[0])
        with pytest.raises(
            DrawsError, match=f"expected form '{forms[0]}' or '{forms[1]}', got 'x'"
        ):
            function(GIRDLED, form="x")


def count_vectors():
    rng = np.random.default_rng(3)
    yield from ([1], [1, 1, 1], [2, 2], [1, 2], [7], [1, 5, 5])
    for _ in range(200):
        counts = rng.poisson(rng.gamma(0.5, 4.0, int(rng.integers(2, 60))))
        if counts.sum():
            yield counts.tolist()


def test_classic_chao1_is_that_of_scikit_bio_and_its_factor():
    for counts in count_vectors():
        n, seen = sum(counts), sum(count > 0 for count in counts)
        theirs = skbio_chao1(np.array(counts), bias_corrected=False)
        ours = float(measure.chao1(counts, form="classic"))
        assert ours - seen == pytest.approx((n - 1) / n * (theirs - seen), abs=1e-9)


def test_both_forms_of_the_coverage_agree_where_nothing_was_drawn_once():
    for counts in count_vectors():
        good = float(measure.sample_coverage(counts))
        other = measure.sample_coverage(counts, form="chao-jost")
        assert good <= float(other) <= 1.0
        assert (good == 1.0) <= (float(other) == 1.0)
        low, high = other.interval
        assert low <= float(other) <= high


def test_without_an_id_drawn_twice_the_coverage_is_that_of_inext():
    counts = [1] * 7 + [3] * 4
    by_hand = 1 - 7 / 19 * (18 * 6) / (18 * 6 + 2)
    assert float(measure.sample_coverage(counts, form="chao-jost")) == pytest.approx(by_hand)


def tails(trials, chance):
    masses = [
        math.comb(trials, k) * chance**k * (1 - chance) ** (trials - k) for k in range(trials + 1)
    ]
    return [sum(masses[k:]) for k in range(trials + 1)]


@pytest.mark.parametrize(
    ("form", "base", "chance"), [("efron-thisted", 2, 1 / 3), ("orlitsky", 3, 1 / 2)]
)
def test_smoothing_is_the_published_formula(form, base, chance):
    n, t = BUTTERFLIES.num_draws, 2.0
    weights = tails(math.floor(0.5 * math.log(n * t**2 / (t - 1), base)), chance)
    published = -sum((-t) ** k * w * BUTTERFLIES.seen(k) for k, w in enumerate(weights) if k)
    assert float(good_toulmin(BUTTERFLIES, t, form)) == pytest.approx(published)


@pytest.mark.parametrize(
    ("ratio", "form", "reason"),
    [
        (1.5, "plain", "diverges"),
        (9.0, None, r"beyond log n = 8\.1 times"),
        (1.0, None, "outside of what the ids drawn once to three times allow"),
    ],
)
def test_where_good_and_toulmin_do_not_hold_nothing_is_given(ratio, form, reason):
    counts = BUTTERFLIES if ratio > 1 else [1] * 5 + [2] * 60 + [3] * 5 + [4] * 60
    found = good_toulmin(counts, ratio, form)
    assert found.value is None
    assert found.interval is not None
    with pytest.raises(DrawsError, match=reason):
        float(found)


@pytest.mark.parametrize("ratio", [0, -1.0, math.nan, math.inf, True])
def test_what_is_no_ratio(ratio):
    with pytest.raises(DrawsError, match="expected ratio as a number above 0"):
        good_toulmin(BUTTERFLIES, ratio)


@pytest.mark.parametrize("ratio", [0.3, 1.0, 5.0])
def test_the_upper_bound_is_one_for_every_mix_of_masses(ratio):
    """``E F_k`` of Poisson counts, and the new ids they lead to, for masses without number."""
    rng = np.random.default_rng(5)
    for _ in range(500):
        rates = rng.gamma(rng.uniform(0.1, 3), rng.uniform(0.1, 3), int(rng.integers(1, 9)))
        chances = [float((np.exp(-rates) * rates**k).sum() / math.factorial(k)) for k in (1, 2, 3)]
        new = float((np.exp(-rates) * -np.expm1(-rates * ratio)).sum())
        assert new <= most_new(*chances, ratio) * (1 + 1e-9)
    alone = [math.exp(-2.0) * 2.0**k / math.factorial(k) for k in (1, 2, 3)]
    assert most_new(*alone, ratio) == pytest.approx(math.exp(-2.0) * -math.expm1(-2.0 * ratio))


def exact_coverage(counts, m):
    n = sum(counts)
    return 1 - sum(
        Fraction(count, n) * Fraction(math.comb(n - count, m), math.comb(n - 1, m))
        for count in counts
    )


def test_rarefied_sample_coverage_is_the_exact_fraction():
    for counts in count_vectors():
        n = sum(counts)
        if n < 2 or n > 2_000:
            continue
        wanted = sorted({0, 1, n // 3, n - 1})
        curve = measure.sample_coverage_curve(counts, [*wanted, n])
        for m in wanted:
            assert float(curve[m]) == pytest.approx(float(exact_coverage(counts, m)), abs=1e-12)
        good = measure.sample_coverage(counts)
        assert float(curve[n - 1]) == pytest.approx(float(good), abs=1e-12)
        assert float(curve[n]) == float(measure.sample_coverage(counts, form="chao-jost"))
        ends = [estimate.interval for estimate in curve.values()]
        assert all(0 <= low <= high <= 1 for low, high in ends)


def test_richness_at_a_coverage_lies_on_the_curve_by_n():
    counts = LOGGED
    for m in (5, 40, 200, 251):
        coverage = float(measure.sample_coverage_curve(counts, [m])[m])
        expected = float(measure.rarefied_richness(counts, m))
        assert float(measure.richness_at_coverage(counts, coverage)) == pytest.approx(expected)
    for m in (300, 504):
        coverage = float(measure.sample_coverage_curve(counts, [m])[m])
        found = measure.richness_at_coverage(counts, coverage)
        expected = float(measure.extrapolated_richness(counts, m))
        assert float(found) == pytest.approx(expected, rel=0.01)
        assert found.interval[1] is None
    # Both below the coverage of the draws; the second not surely so.
    assert measure.richness_at_coverage(counts, 0.85).interval[1] is not None
    assert measure.richness_at_coverage(counts, 0.94).interval[1] is None
    with pytest.raises(DrawsError, match="coverage as a number above 0 and below 1, got 1"):
        measure.richness_at_coverage(counts, 1)
    few = measure.richness_at_coverage([1] * 50 + [2], 0.03)
    assert few.interval is None
    assert few.reason.startswith("too few repeats")


def test_counts_say_that_their_order_is_not_known():
    known = measure.draws(np.random.default_rng(0).integers(0, 400, 40_000))
    alone = measure.counts(np.bincount(np.random.default_rng(0).integers(0, 400, 40_000)))
    assert known.independence.could_tell
    assert known.independence.order_known
    assert not alone.independence.could_tell
    assert not alone.independence.order_known
    assert alone.as_dict()["independence"]["order_known"] is False
    assert not measure.counts([1] * 10_000, space=19_683).independence.holds


def test_the_curve_of_order_2_is_the_exact_mean_over_subsamples():
    """The expected share of equal pairs, over all choices of m of the draws."""
    counts, n = GIRDLED, sum(GIRDLED)
    curve = measure.hill_curve(counts, 2, [1, 7, 100, n, 10**9])
    pairs = Fraction(sum(count * (count - 1) for count in counts), n * (n - 1))
    for m, found in curve.items():
        exact = 1 / (Fraction(1, m) + Fraction(m - 1, m) * pairs)
        assert float(found) == pytest.approx(float(exact), rel=1e-12)
    assert float(curve[n]) == pytest.approx(n**2 / sum(count**2 for count in counts))
    assert float(curve[10**9]) == pytest.approx(float(measure.hill_number(counts, 2)))
    assert float(measure.hill_curve([1] * 9, 2, [9])[9]) == 9.0
    assert measure.hill_curve([1] * 9, 2, [10])[10].value is None
    assert measure.hill_curve(counts, 0, [9]) == measure.richness_curve(counts, [9])
    ends = measure.hill_curve([200, 100, 100], 2, [400])[400].interval
    assert ends[0] < float(measure.hill_curve([200, 100, 100], 2, [400])[400]) < ends[1]
    for order in (1, 3, "2", True):
        with pytest.raises(DrawsError, match="expected order 0 or 2"):
            measure.hill_curve(counts, order, [9])
    with pytest.raises(DrawsError, match="num_draws as whole numbers of at least 1"):
        measure.hill_curve(counts, 2, [0])
