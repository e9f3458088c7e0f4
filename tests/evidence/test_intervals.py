"""Intervals of coverage by simulation, in the regime where latents are few, and what is withheld.

The generator is a codebook of 81 words whose positions are independent, so that its masses, and
with them every right answer, are one-dimensional integrals.
"""

import math
from functools import partial

import numpy as np
import pytest

from fluxttice_core.evidence.coverage import coverage_figure, expected_curve, latents_needed
from fluxttice_core.evidence.intervals import interval_of
from fluxttice_core.evidence.marginal import Marginal, estimate_marginal
from fluxttice_core.measure.coverage import expected_coverage, uniform_coverage
from fluxttice_core.measure.jackknife import student_t95
from fluxttice_core.measure.space import WordSpace
from tests.evidence.toys import perfect_toy

SPACE = WordSpace(4, 3, lowest=-1)
NUM_GROUPS = 16
# Slope of the logits: a perfect codebook, one blurred at the cuts, and one that is mostly noise.
SHARPNESS = {"sharp": 2000.0, "blurred": 4.0, "noisy": 1.0}


def decoder(sharpness, skew):
    toy = perfect_toy(SPACE, latent_dim=4, sharpness=sharpness)
    return lambda latents: toy.logits(latents + np.float32(skew), "only")


def masses(sharpness, skew, reading):
    """Exact: p(x) is a product of what one axis gives to each of three values."""
    z = np.linspace(-9, 9, 20_001)
    density = np.exp(-(z**2) / 2)
    density /= density.sum()
    logits = decoder(sharpness, skew)(np.repeat(z[:, None], 4, axis=1))[:, 0]
    if reading == "mode":
        each = np.eye(3)[logits.argmax(axis=-1)]
    else:
        each = np.exp(logits - logits.max(axis=-1, keepdims=True))
        each /= each.sum(axis=-1, keepdims=True)
    one = density @ each
    p = np.ones(1)
    for _ in range(4):
        p = np.outer(one, p).ravel()
    return p


def held(trials, sharpness, skew, reading, num_latents, fractions, seed=0):
    """How often each 95 % interval holds, for several n: of C(n), and of one real run."""
    p, decode = masses(sharpness, skew, reading), decoder(sharpness, skew)
    rng = np.random.default_rng(seed)
    reach = num_latents - num_latents // NUM_GROUPS
    found = {max(int(share * reach), 1): [] for share in fractions}
    for trial in range(trials):
        marginal = estimate_marginal(decode, 4, num_latents, seed + trial, readings=True)
        curve = expected_curve(marginal, reading)
        for n, hits in found.items():
            figure = coverage_figure(curve, reading, n)
            truth, limit = expected_coverage(p, n), uniform_coverage(n, 81)
            assert figure.coverage <= limit
            low, high = figure.coverage_ci
            run = (rng.multinomial(n, p) > 0).mean()
            # The limit is reached by the perfect codebook alone, to rounding.
            expected = low - 1e-9 <= truth <= high + 1e-9
            in_run = figure.interval[0] - 1e-9 <= run <= figure.interval[1] + 1e-9
            hits.append((expected, in_run))
    return {n: np.mean(hits, axis=0) for n, hits in found.items()}


@pytest.mark.parametrize(("skew", "reading"), [(0.0, "sampled"), (0.4, "sampled"), (0.4, "mode")])
def test_intervals_hold_with_few_latents(skew, reading):
    shares = held(150, SHARPNESS["blurred"], skew, reading, 320, (0.3, 1.0))
    for expected, in_run in shares.values():
        # 95 % of 150 with four of its deviations to spare.
        assert min(expected, in_run) >= 0.88


@pytest.mark.assurance
@pytest.mark.parametrize("reading", ["sampled", "mode"])
@pytest.mark.parametrize("skew", [0.0, 0.4])
@pytest.mark.parametrize("name", SHARPNESS)
def test_intervals_hold_over_many_trials(name, skew, reading, intervals_record):
    trials, record = 2000, {}
    for num_latents in (320, 1600):
        shares = held(trials, SHARPNESS[name], skew, reading, num_latents, (0.1, 0.25, 0.5, 1.0))
        record |= {
            f"{num_latents} latents, {n} draws": {
                "expected coverage": float(mean),
                "one real run": float(run),
            }
            for n, (mean, run) in shares.items()
        }
    law = f"{name}, skew {skew}, {reading}"
    intervals_record("model coverage", law, trials, record)
    for where, found in record.items():
        assert min(found.values()) >= 0.935, where


def known(counts):
    """A marginal of sharp latents that fell on words as counted, ``(groups, N)``."""
    sizes = counts.sum(axis=1)
    p = counts / sizes[:, None]
    nothing = np.zeros(len(counts))
    return Marginal(p, sizes, nothing, 0.0, 0.0, int(sizes.sum()), 0, p, counts, counts)


@pytest.mark.parametrize("reading", ["sampled", "mode", "expectation"])
def test_figures_beyond_the_latents_are_withheld(reading):
    rng = np.random.default_rng(1)
    curve = expected_curve(known(rng.multinomial(100, np.full(500, 0.002), size=8)), reading)
    assert curve.reach == 700
    last = coverage_figure(curve, reading, 700, (0.5,))
    assert last.withheld is None
    assert last.coverage_ci[0] < last.coverage <= last.limit
    first = coverage_figure(curve, reading, 701, (0.5,))
    assert first.withheld == "needs at least 802 latents"
    assert first.observed == (0.5,)
    for value in (first.coverage, first.unbiased, first.standard_error, first.ratio):
        assert value is None
    assert first.coverage_ci is None
    assert first.interval is None


@pytest.mark.parametrize("num_groups", [2, 5, 16])
def test_the_latents_that_are_needed_suffice_and_one_less_does_not(num_groups):
    def reach(num_latents):
        return num_latents - -(-num_latents // num_groups)

    for n in (1, 2, 15, 16, 17, 1000, 50_000, 195_000):
        needed = latents_needed(n, num_groups)
        assert reach(needed) >= n > reach(needed - 1)


def test_nothing_is_shown_above_the_limit():
    """Equal counts look better than any independent sampler can be."""
    curve = expected_curve(known(np.full((16, 81), 1)), "sampled")
    figure = coverage_figure(curve, "sampled", 500)
    assert figure.unbiased > figure.limit
    assert figure.coverage == figure.limit
    assert figure.ratio == 1.0
    assert figure.coverage_ci[1] == figure.limit
    assert figure.as_dict()["unbiased"] == figure.unbiased


def test_the_error_of_a_run_does_not_depend_on_the_noise_of_the_masses():
    """Skewed masses: plain ones of few latents say half the variance that there is."""
    p = 1 / np.arange(1, 2001)
    p /= p.sum()
    rng = np.random.default_rng(2)
    runs = [(rng.multinomial(3000, p) > 0).mean() for _ in range(300)]
    widths = []
    for _ in range(20):
        curve = expected_curve(known(rng.multinomial(500, p, size=16)), "sampled")
        low, high = coverage_figure(curve, "sampled", 3000).interval
        widths.append((high - low) / 2 / 1.96)
    assert np.std(runs) < np.mean(widths) < 1.6 * np.std(runs)


def test_student_t_is_that_of_the_tables():
    assert student_t95(1) == math.inf
    assert student_t95(2) == pytest.approx(12.706, abs=1e-3)
    assert student_t95(16) == pytest.approx(2.1314, abs=1e-4)
    assert student_t95(17) == pytest.approx(2.1199, abs=2e-3)
    assert student_t95(10**6) == pytest.approx(1.95996, abs=1e-4)


def test_what_is_not_known_has_no_interval():
    assert interval_of(1.0, 0.5, 2.0) == [0.0, 2.0]
    assert interval_of(math.inf, 0.5) is None
    assert interval_of(1.0, math.nan) is None


def test_groups_of_normal_figures_hold_as_they_say():
    """With 1.96 errors of 16 groups 93 % hold; with Student's point 95 %."""
    rng = np.random.default_rng(3)
    groups = rng.normal(size=(40_000, 16))
    errors = groups.std(axis=1, ddof=1) / 4
    holds = partial(np.mean, np.abs(groups.mean(axis=1)) <= student_t95(16) * errors)
    assert holds() == pytest.approx(0.95, abs=0.005)
    assert np.mean(np.abs(groups.mean(axis=1)) <= 1.96 * errors) < 0.94
