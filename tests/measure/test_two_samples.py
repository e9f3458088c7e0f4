"""Two generators: the test against every division by hand, its p-values and intervals simulated."""

import itertools
import math

import numpy as np
import pytest

from fluxttice_core import measure
from fluxttice_core.errors import DrawsError
from fluxttice_core.measure.pairs.differences import at_equal_coverage, rarefied_unseen

N = 400
RANK = np.arange(1, N + 1)
LAWS = {
    "uniform": np.ones(N),
    "zipf": 1.0 / RANK,
    "two-level": np.where(RANK <= N // 2, 9.0, 1.0),
    "dirichlet": np.random.default_rng(0).dirichlet(np.ones(N)),
}
LAWS = {name: law / law.sum() for name, law in LAWS.items()}


def by_hand(a, b):
    """p-values over every choice of which draws are A's."""
    draws = np.repeat(np.arange(len(a)), np.add(a, b))
    num_a, num_b = sum(a), sum(b)

    def figures(x, y):
        t = [i + j for i, j in zip(x, y, strict=True)]
        r = math.sqrt(num_b / num_a)
        chi = sum((i * r - j / r) ** 2 / k for i, j, k in zip(x, y, t, strict=True) if k)

        def entropy(c, n):
            return sum(v / n * math.log(v / n) for v in c if v)

        def squares(c, n):
            return sum(v * (v - 1) for v in c) / (n * max(n - 1, 1))

        return chi, entropy(x, num_a) - entropy(y, num_b), squares(x, num_a) - squares(y, num_b)

    seen = []
    for chosen in itertools.combinations(range(len(draws)), num_a):
        x = np.bincount(draws[list(chosen)], minlength=len(a))
        seen.append(figures(x.tolist(), (np.add(a, b) - x).tolist()))
    every, observed = np.array(seen), np.array(figures(a, b))
    centre = every.mean(axis=0)
    every[:, 1:], observed[1:] = np.abs(every[:, 1:] - centre[1:]), np.abs(observed - centre)[1:]
    return (every >= observed - 1e-9).mean(axis=0)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([3, 0], [0, 3]),
        ([2, 1, 0], [1, 2, 2]),
        ([4, 0, 1], [1, 2, 1]),
        ([1, 1, 1, 1], [3, 0, 0, 1]),
        ([2, 1, 1, 0], [0, 0, 0, 3]),
    ],
)
def test_small_samples_are_exact(a, b):
    test = measure.two_sample_test(a, b)
    assert test.num_permutations == 0
    assert list(test.p_values.values()) == pytest.approx(by_hand(a, b))


def test_permutations_come_to_the_exact_p_values(monkeypatch):
    a, b = [4, 0, 1], [1, 2, 1]
    monkeypatch.setattr("fluxttice_core.measure.pairs.permutation._EXACT", 0)
    test = measure.two_sample_test(a, b, num_permutations=20_000)
    assert test.num_permutations == 20_000
    assert list(test.p_values.values()) == pytest.approx(by_hand(a, b), abs=0.015)


@pytest.mark.parametrize(("num_a", "num_b"), [(300, 300), (200, 900)])
def test_one_law_is_told_apart_one_time_in_twenty_at_most(num_a, num_b):
    rng = np.random.default_rng(3)
    for law in ("uniform", "zipf"):
        values = []
        for seed in range(600):
            a, b = (rng.multinomial(n, LAWS[law]) for n in (num_a, num_b))
            values.append(measure.two_sample_test(a, b, num_permutations=99, seed=seed).p_values)
        for name in values[0]:
            share = np.mean([p[name] <= 0.05 for p in values])
            # Four errors, since a dozen shares are looked at.
            assert share <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / 600), (law, name, share)
            assert share > 0, (law, name)


@pytest.mark.parametrize(("one", "other"), [("uniform", "zipf"), ("zipf", "two-level")])
def test_two_laws_are_told_apart(one, other):
    rng = np.random.default_rng(4)
    for seed in range(20):
        a, b = rng.multinomial(500, LAWS[one]), rng.multinomial(800, LAWS[other])
        assert measure.two_sample_test(a, b, num_permutations=99, seed=seed).p_value <= 0.05


def test_evenness_is_noticed_where_no_single_id_shows_it():
    rng = np.random.default_rng(5)
    law = np.where(np.arange(20_000) % 2, 1.5, 0.5) / 20_000
    a, b = rng.multinomial(8_000, law), rng.multinomial(8_000, np.full(20_000, 1 / 20_000))
    test = measure.two_sample_test(a, b, num_permutations=199)
    assert test.p_values["concentration"] <= 0.01
    assert test.p_value <= 0.05


def reached(law, coverage):
    """Richness where the mass seen comes to a share."""
    low, high = 0.0, 1e7
    for _ in range(80):
        middle = (low + high) / 2
        seen = 1.0 - (law * (1.0 - law) ** middle).sum()
        low, high = (middle, high) if seen < coverage else (low, middle)
    return N * measure.expected_coverage(law, low)


def truths(p, q, num_a, num_b):
    n = min(num_a, num_b)

    def unseen(law, m):
        return float((law * (1.0 - law) ** m).sum())

    coverage = 1.0 - max(unseen(p, num_a - 1), unseen(q, num_b - 1))
    return {
        "richness": N * (measure.expected_coverage(p, n) - measure.expected_coverage(q, n)),
        "unseen_mass": unseen(p, n) - unseen(q, n),
        "richness_at_coverage": reached(p, coverage) - reached(q, coverage),
    } | {
        f"hill_number_{order}": measure.hill_number_of_masses(p, order)
        - measure.hill_number_of_masses(q, order)
        for order in (1, 2)
    }


def simulate(one, other, num_a, num_b, num):
    """Name -> (share of the intervals given that hold, how many were given)."""
    p, q = LAWS[one], LAWS[other]
    truth = truths(p, q, num_a, num_b)
    held = {name: [] for name in truth}
    rng = np.random.default_rng([num_a, num_b])
    for seed in range(num):
        a, b = rng.multinomial(num_a, p), rng.multinomial(num_b, q)
        report = measure.compare_samples(a, b, kind="counts", num_permutations=19, seed=seed)
        for name, values in held.items():
            interval = report.estimates[name].interval
            if interval is not None:
                low, high = (
                    end if end is not None else side * math.inf
                    for end, side in zip(interval, (-1, 1), strict=True)
                )
                values.append(low - 1e-9 <= truth[name] <= high + 1e-9)
    return {name: (float(np.mean(values)), len(values)) for name, values in held.items() if values}


def check_intervals(found):
    for name, (share, given) in found.items():
        assert share >= 0.935 - 3 * math.sqrt(0.935 * 0.065 / given), (name, share)


PAIRS = [("uniform", "uniform"), ("uniform", "zipf"), ("zipf", "two-level"), ("dirichlet", "zipf")]


@pytest.mark.parametrize(("one", "other"), PAIRS)
@pytest.mark.parametrize(("num_a", "num_b"), [(300, 2_000), (1_500, 1_500), (6_000, 1_500)])
def test_intervals_of_differences_hold(one, other, num_a, num_b):
    check_intervals(simulate(one, other, num_a, num_b, 60))


@pytest.mark.assurance
@pytest.mark.parametrize(("one", "other"), PAIRS)
@pytest.mark.parametrize(
    ("num_a", "num_b"), [(100, 700), (300, 2_000), (1_500, 1_500), (6_000, 1_500), (6_000, 6_000)]
)
def test_intervals_of_differences_hold_in_many_data_sets(
    one, other, num_a, num_b, intervals_record
):
    found = simulate(one, other, num_a, num_b, 500)
    regime = f"{num_a:,} and {num_b:,} draws"
    intervals_record("two samples", f"{one} and {other}, {regime}", 500, {regime: found})
    check_intervals(found)


def test_the_mass_unseen_of_fewer_draws_is_unbiased():
    """Against every subset of the draws."""
    draws = [0, 0, 0, 1, 1, 2, 3]
    frequencies = measure.FrequencyCounts.of(draws)
    for m in range(1, 8):
        singles = [
            np.count_nonzero(np.bincount(part) == 1) / m
            for part in itertools.combinations(draws, m)
        ]
        assert rarefied_unseen(frequencies, m) == pytest.approx(np.mean(singles))


def test_richness_at_equal_coverage_takes_out_the_size():
    rng = np.random.default_rng(1)
    law = LAWS["zipf"]
    differences = []
    for seed in range(60):
        a, b = rng.multinomial(400, law), rng.multinomial(4_000, law)
        found = at_equal_coverage(a, b, measure.Space(), seed)
        assert found.num_draws[0] == 400
        assert 100 < found.num_draws[1] < 1_500
        differences.append(float(found.pair.difference))
    assert abs(np.mean(differences)) < 12


def test_draws_of_any_kind_and_counts_are_the_same_question():
    rng = np.random.default_rng(0)
    a, b = rng.choice(N, 900, p=LAWS["zipf"]), rng.choice(N, 700, p=LAWS["uniform"])
    by_draws = measure.compare_samples(a, b, num_permutations=99)
    labels = np.array([f"id {i:03d}" for i in range(N)])
    by_labels = measure.compare_samples(labels[a], labels[b].tolist(), num_permutations=99)
    chunks = measure.compare_samples(iter(np.split(a, 3)), iter([b]), num_permutations=99)
    counts = [np.bincount(draws, minlength=N) for draws in (a, b)]
    by_counts = measure.compare_samples(*counts, kind="counts", num_permutations=99)
    assert by_draws.richness == by_labels.richness == by_counts.richness == chunks.richness
    assert by_draws.as_dict() == chunks.as_dict()
    assert by_draws.test.p_values == by_counts.test.p_values
    assert by_draws.told_apart
    assert by_draws.equal_draws == 700
    assert by_draws.num_shared_ids == len(np.intersect1d(a, b))


def test_the_same_seed_gives_the_same_report():
    rng = np.random.default_rng(0)
    a, b = rng.multinomial(900, LAWS["zipf"]), rng.multinomial(400, LAWS["zipf"])
    reports = [
        measure.compare_samples(a, b, kind="counts", num_permutations=99, seed=seed).as_dict()
        for seed in (1, 1, 2)
    ]
    assert reports[0] == reports[1] != reports[2]


def test_dependent_draws_are_not_compared():
    ordered = np.sort(np.random.default_rng(0).integers(0, 100, 2_000))
    report = measure.compare_samples(ordered, np.random.default_rng(1).integers(0, 100, 2_000))
    assert not report.independent
    assert report.told_apart is None
    assert report.richness is None
    assert "not independent" in report.estimates["richness"].reason


def test_two_samples_without_a_repeat_have_no_crash():
    report = measure.compare_samples(np.arange(50), np.arange(30, 90))
    assert report.num_shared_ids == 20
    report.as_dict()
    report = measure.compare_samples([1], [1])
    assert report.told_apart is False
    report = measure.compare_samples([1, 1], [2])
    assert report.p_value == 1.0


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([1], ["C"]), {}, "two samples of the same kind, got numbers and labels"),
        (([1], []), {}, "got none in B"),
        (([1, 7], [1]), {"space": 5}, "expected ids in 0 .. 4"),
        (([1], [1]), {"kind": "masses"}, "kind 'draws' or 'counts'"),
        (([1, 2], [1]), {"kind": "counts"}, "got shapes"),
        (([0, 0], [1, 1]), {"kind": "counts"}, "at least one draw each"),
        (([-1, 2], [1, 1]), {"kind": "counts"}, "some below 0"),
        (([1, 2], [1, 1]), {"kind": "counts", "num_permutations": 3}, "at least 19 permutations"),
    ],
)
def test_bad_input(arguments, options, message):
    with pytest.raises(DrawsError, match=message):
        measure.compare_samples(*arguments, **options)
