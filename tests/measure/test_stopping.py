"""When to stop: the bound holds at all n at once, where those that are made for one n do not."""

import itertools
import json

import numpy as np
import pytest

from fluxttice_core import measure
from fluxttice_core.errors import DrawsError, FluxtticeError
from fluxttice_core.measure.planning.betting import Occurrences, UnseenMassBet
from fluxttice_core.measure.unseen import unseen_interval


def mixed(heavy, num_tiny):
    return np.append(heavy, np.full(num_tiny, (1.0 - heavy) / num_tiny))


RANK = np.arange(1, 3_001)
LAWS = {
    "uniform": np.ones(60),
    "zipf": 1.0 / RANK,
    "steep": RANK[:200] ** -2.0,
    "one other": mixed(0.948, 1),
    "few others": mixed(0.94, 8),
    "many tiny": mixed(0.94, 20_000),
}
LAWS = {name: law / law.sum() for name, law in LAWS.items()}
BELOW, MOST = 0.05, 1_500


def drawn(law, seed, num=MOST):
    cdf = np.cumsum(law)
    uniform = np.random.default_rng(seed).random(num)
    return np.minimum(np.searchsorted(cdf, uniform * cdf[-1]), len(law) - 1)


def unseen_after(law, draws):
    """The true mass unseen after 0, 1, ... n draws."""
    first = np.zeros(len(draws), dtype=bool)
    first[np.unique(draws, return_index=True)[1]] = True
    return 1.0 - np.append(0.0, np.cumsum(np.where(first, law[draws], 0.0)))


def stops_of(law, runs, below=BELOW, most=MOST):
    """Draws at the stop (None: never), and the true mass unseen there and on the way."""
    found = []
    for seed in range(runs):
        draws, rule = drawn(law, seed, most), measure.UnseenMassStop(below)
        rule.update(draws)
        found.append((rule.stopped_at, unseen_after(law, draws)))
    return found


def share_wrong(found, below=BELOW):
    return np.mean([n is not None and unseen[n] >= below for n, unseen in found])


@pytest.mark.parametrize("name", LAWS)
def test_it_stops_too_early_in_few_runs(name):
    found = stops_of(LAWS[name], 60)
    # 5 %, and three standard errors of 60 runs.
    assert share_wrong(found) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 60)


def test_it_waits_for_as_long_as_too_much_is_unseen():
    assert all(n is None for n, _ in stops_of(LAWS["many tiny"], 20))


@pytest.mark.assurance
@pytest.mark.parametrize("below", [0.2, 0.05, 0.01])
@pytest.mark.parametrize("name", LAWS)
def test_it_stops_too_early_in_few_of_many_runs(name, below):
    law = LAWS[name]
    if "other" in name or "tiny" in name:
        # As hard as can be: of the heavy id alone, just too much is unseen.
        law = mixed(1.0 - 1.05 * below, len(law) - 1)
    found = stops_of(law, 400, below, round(75 / below))
    assert share_wrong(found, below) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)


def test_rules_made_for_one_n_do_not_hold_when_looked_at_again():
    """Good and Turing's estimate, and the upper end of its interval: 2.5 % at any one n."""
    law, runs = mixed(0.9495, 10**6), 100
    value_wrong = end_wrong = 0
    for seed in range(runs):
        draws = drawn(law, seed, 4_000)
        unseen = unseen_after(law, draws)
        value = end = False
        for n in range(20, 4_000, 20):
            if unseen[n] >= BELOW:
                frequencies = measure.FrequencyCounts.of(draws[:n])
                value |= frequencies.seen(1) / n < BELOW
                end |= unseen_interval(frequencies)[1] < BELOW
        value_wrong, end_wrong = value_wrong + value, end_wrong + end
    assert value_wrong / runs > 0.5
    assert end_wrong / runs > 0.1
    # The rule of this page, on the same draws.
    assert share_wrong(stops_of(law, 30, most=4_000)) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 30)


@pytest.mark.parametrize("below", [0.5, 0.1, 0.01])
@pytest.mark.parametrize("level", [0.2, 0.05])
def test_the_chance_of_stopping_too_early_is_known_where_one_id_is_left(below, level):
    """An id of exactly the share, never drawn yet: what a rule risks is (1 - share)^n."""
    rule = measure.UnseenMassStop(below, level)
    while not rule.update([0]):
        pass
    fewest = np.log(level) / np.log1p(-below)
    assert fewest <= rule.stopped_at <= 1.5 * fewest + 6


@pytest.mark.parametrize("name", ["uniform", "zipf", "many tiny"])
def test_the_bound_holds_all_the_way_and_never_grows(name):
    law, wrong, runs = LAWS[name], 0, 30
    for seed in range(runs):
        draws, rule = drawn(law, seed, 1_000), measure.UnseenMassStop(BELOW)
        unseen, bounds = unseen_after(law, draws), [1.0]
        for chunk in np.split(draws, 100):
            rule.update(chunk)
            bounds.append(rule.bound)
        assert all(a >= b for a, b in itertools.pairwise(bounds))
        wrong += bool((np.array(bounds) < unseen[::10]).any())
    assert wrong / runs <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)


@pytest.mark.parametrize(
    ("law", "most"),
    [(np.full(1, 1.0), 400), (np.full(100, 0.01), 1_300), (np.full(1_000, 0.001), 7_000)],
)
def test_it_stops_before_long(law, most):
    """The true mass is below 1 % from draw 1, about 420 and about 4,530 on."""
    found = stops_of(law, 10, below=0.01, most=3 * most)
    assert np.mean([n for n, _ in found]) < most


def test_it_does_not_depend_on_the_chunks():
    draws = drawn(LAWS["uniform"], 5)
    whole, single, uneven = (measure.UnseenMassStop(BELOW) for _ in range(3))
    whole.update(draws)
    for draw in draws:
        single.update([draw])
    for chunk in np.split(draws, [1, 7, 8, 300, 999]):
        uneven.update(chunk)
    assert whole.report() == single.report() == uneven.report()
    assert whole.stopped_at is not None


def test_what_holds_stays():
    rule = measure.UnseenMassStop(0.2)
    draws = drawn(np.full(5, 0.2), 0, 200)
    assert rule.update(draws)
    first = rule.stopped_at
    # The next are all new: of one law they would hardly be, and what was sure remains so.
    assert rule.update(np.arange(100, 120))
    assert rule.stopped_at == first


def test_labels_and_rows_are_draws_too():
    draws = drawn(LAWS["uniform"], 1, 400)
    numbers, labels, rows = (measure.UnseenMassStop(BELOW) for _ in range(3))
    numbers.update(draws)
    labels.update([f"id {draw}" for draw in draws])
    rows.update(np.stack([draws // 8, draws % 8], axis=1))
    assert numbers.bound == labels.bound == rows.bound < 0.2


def test_in_a_known_space_nothing_is_unseen_once_all_was_drawn():
    rule = measure.UnseenMassStop(1e-6, space=3)
    assert not rule.update([0, 1, 1, 0])
    assert rule.update([0, 2, 1])
    assert (rule.bound, rule.stopped_at) == (0.0, 6)


def test_dependent_draws_get_no_bound():
    rule = measure.UnseenMassStop()
    rule.update(np.sort(np.random.default_rng(0).integers(0, 5, 5_000)))
    report = rule.report()
    assert rule.holds
    assert (report.holds, report.bound, report.stopped_at, report.unseen_mass) == (
        False,
        None,
        None,
        None,
    )
    assert "a sorted list" in report.independence.faults[0]


def test_the_report_is_plain_values_for_json():
    rule = measure.UnseenMassStop(0.02)
    rule.update(drawn(LAWS["uniform"], 0))
    record = json.loads(json.dumps(rule.report(name="x").as_dict(), allow_nan=False))
    assert (record["source"], record["holds"], record["independent"]) == ("x", True, True)
    assert record["stopped_at"] == rule.stopped_at <= 1_500
    assert record["bound"] == rule.bound <= 0.02


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: measure.UnseenMassStop(0.0),
        lambda: measure.UnseenMassStop(1.0),
        lambda: measure.UnseenMassStop("0.1"),
        lambda: measure.UnseenMassStop(float("nan")),
        lambda: measure.UnseenMassStop(True),
        lambda: measure.UnseenMassStop(0.1, level=0),
        lambda: measure.UnseenMassStop(0.1, space=2).update([0, 1, 2]),
        lambda: measure.UnseenMassStop(0.1, space=2).update(["a", "b", "c"]),
        lambda: measure.UnseenMassStop(0.1).update([0.5]),
        lambda: measure.UnseenMassStop(0.1).report(),
    ],
)
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(DrawsError, match="expected") as error:
        wrong()
    assert isinstance(error.value, FluxtticeError)


def test_nothing_is_known_before_the_first_draw():
    rule = measure.UnseenMassStop()
    assert (rule.bound, rule.holds, rule.num_draws) == (1.0, False, 0)
    assert rule.update([]) is False


def test_wealth_against_a_hand_computed_claim():
    """One block of one draw, staked half on the claim 1 and nothing on those that are lower."""
    bet = UnseenMassBet(0.5, 0.05)
    bet.add(1, num_new=1, once=1)
    # (F1 + 1/2) / n = 1.5 leaves no stake; a further new draw changes no wealth.
    before = bet._logs.copy()
    bet.add(1, num_new=1, once=2)
    assert np.array_equal(before, bet._logs)
    at_half = int(np.flatnonzero(bet._claims == 0.5)[0])
    # The first stake on 1 was 1/2: the claim 1/2 lost 1 - 1/2 * 1/2 of that share of the wealth.
    assert np.exp(before[-1, at_half]) / np.exp(before[-1, -1]) == pytest.approx(0.75)


def test_occurrences_agree_with_a_plain_count():
    rng = np.random.default_rng(2)
    seen, times = Occurrences(), {}
    for _ in range(30):
        ids = rng.integers(0, 40, size=rng.integers(1, 9))
        first, second = seen.add(ids)
        for value, is_first, is_second in zip(ids.tolist(), first, second, strict=True):
            times[value] = times.get(value, 0) + 1
            assert (is_first, is_second) == (times[value] == 1, times[value] == 2)
    assert len(seen) == len(times)
