"""What no independent sampler does is named; what independent samplers do is left in peace."""

import numpy as np
import pytest

from fluxttice_core.measure import FrequencyCounts, Tally, check_independence

N = 19_683


def counted(draws):
    tally = Tally()
    tally.add(np.asarray(draws))
    return tally.frequencies()


def generator(seed=0):
    return np.random.default_rng(seed)


def sticky_chain(stay, num_draws, size):
    rng = generator(3)
    fresh = rng.integers(0, size, num_draws)
    moved = rng.random(num_draws) >= stay
    moved[0] = True
    return fresh[np.maximum.accumulate(np.where(moved, np.arange(num_draws), 0))]


REPEATS = "repeats among"
EVEN = "more even than chance allows"
COPIES = "ids were drawn"
MORE, LESS = "equals the one before it more often", "equals the one before it less often"
FAULTY = {
    # draws, space, what is found
    "an enumerator": (np.arange(10_000), N, REPEATS),
    "a shuffled enumerator": (generator().permutation(N), N, REPEATS),
    "a part, without replacement": (generator().permutation(N)[:3_000], N, REPEATS),
    "without replacement, nearly": (
        np.concatenate([generator().permutation(N)[:9_900], np.arange(100)]),
        N,
        REPEATS,
    ),
    "half of the space, without replacement": (generator().permutation(N // 2)[:5_000], N, REPEATS),
    "cycles": (np.tile(np.arange(500), 20), N, EVEN),
    "shuffled cycles": (
        np.concatenate([generator(i).permutation(N) for i in range(3)]),
        N,
        EVEN,
    ),
    "shuffled cycles, space unknown": (
        np.concatenate([generator(i).permutation(3_000) for i in range(3)]),
        None,
        EVEN,
    ),
    "cycles over a part of the space": (
        generator().permutation(np.repeat(np.arange(500), 20)),
        N,
        EVEN,
    ),
    "balanced counts of 9 ids": (generator().permutation(np.repeat(np.arange(9), 100)), 9, EVEN),
    "balanced counts of 9 ids, unknown": (
        generator().permutation(np.repeat(np.arange(9), 100)),
        None,
        EVEN,
    ),
    "one cycle and a bit": (
        np.concatenate([generator(0).permutation(5_000), generator(1).permutation(5_000)[:1_500]]),
        None,
        EVEN,
    ),
    "sorted draws": (np.sort(generator().integers(0, N, 50_000)), N, MORE),
    "a chain that stays": (sticky_chain(0.05, 50_000, N), N, MORE),
    "a chain that stays, space unknown": (sticky_chain(0.3, 3_000, 10**9), None, MORE),
    "a chain that never stays": (
        np.cumsum(generator().integers(1, 50, 20_000)) % 50,
        50,
        LESS,
    ),
    "every draw twice": (np.repeat(generator().integers(0, N, 5_000), 2), N, MORE),
    "a list twice": (np.tile(generator().integers(0, N, 5_000), 2), N, COPIES),
    "a list three times, space unknown": (
        np.tile(generator().integers(0, N, 20_000), 3),
        None,
        COPIES,
    ),
    "a tenth of a list twice": (
        np.concatenate([np.arange(50_000), np.arange(5_000)]) + 10**6,
        None,
        COPIES,
    ),
}


@pytest.mark.parametrize("case", FAULTY)
def test_what_is_not_independent_is_named(case):
    draws, space, words = FAULTY[case]
    found = check_independence(counted(draws), space)
    assert not found.holds
    assert any(words in fault for fault in found.faults), found.faults


SHAPES = {
    "uniform": lambda size: np.ones(size),
    "dirichlet": lambda size: generator(1).dirichlet(np.ones(size)),
    "sparse dirichlet": lambda size: generator(2).dirichlet(np.full(size, 0.05)),
    "zipf": lambda size: 1 / np.arange(1, size + 1),
    "one heavy id": lambda size: np.r_[size, np.ones(size - 1)],
    "two levels": lambda size: np.where(np.arange(size) % 2, 9.0, 1.0),
    "part of the space": lambda size: np.r_[np.ones(size // 3 + 1), np.zeros(size - size // 3 - 1)],
}


@pytest.mark.parametrize("known", [True, False], ids=["space known", "space unknown"])
@pytest.mark.parametrize("shape", SHAPES)
def test_independent_draws_raise_no_alarm(shape, known):
    """One alarm in a million is expected, so among some thousand samples there is none."""
    rng = generator(4)
    for size in (2, 9, 27, 200, 3_000):
        weights = SHAPES[shape](size)
        p = weights / weights.sum()
        for n in (2, 20, 300, 5_000):
            for _ in range(12):
                frequencies = counted(rng.choice(size, n, p=p))
                found = check_independence(frequencies, size if known else None)
                assert found.holds, (size, n, found.faults)


def alarm_rate(p, n, num_samples, space):
    """Share of samples that are called not independent; their order is not simulated."""
    rng = generator(n)
    return np.mean(
        [
            not check_independence(FrequencyCounts.of_counts(rng.multinomial(n, p)), space).holds
            for _ in range(num_samples)
        ]
    )


@pytest.mark.assurance
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("size", "n"), [(9, 40), (9, 900), (27, 300), (400, 1_500), (N, 10_000)])
def test_false_alarms_are_rare(shape, size, n, assurance_record):
    p = SHAPES[shape](size) / SHAPES[shape](size).sum()
    num = 20_000 if size < 1_000 else 500
    rates = {str(space): alarm_rate(p, n, num, space) for space in (size, None)}
    name = f"independence-{shape.replace(' ', '-')}-{size}-{n}"
    assurance_record(name, {"num_samples": num, "false_alarm_rates": rates})
    assert max(rates.values()) <= 1 / num


@pytest.mark.parametrize("space", [None, 1, 2, N, 2**62])
@pytest.mark.parametrize("n", [1, 2, 10, 10_000])
def test_a_constant_is_no_fault(space, n):
    assert check_independence(counted(np.zeros(n, int)), space).holds


def test_whether_there_were_draws_enough_to_tell():
    assert not check_independence(counted(np.arange(100)), N).could_tell
    assert not check_independence(counted(np.arange(100))).could_tell
    assert not check_independence(counted([5])).could_tell
    assert check_independence(counted(generator().integers(0, N, 10_000)), N).could_tell
    assert check_independence(counted(generator().integers(0, N, 40_000))).could_tell


def test_the_order_may_be_unknown():
    draws = np.sort(generator().integers(0, N, 50_000))
    assert not check_independence(counted(draws), N).holds
    assert check_independence(FrequencyCounts.of(draws), N).holds


def test_very_many_draws_are_judged_quickly():
    rng = generator()
    frequencies = FrequencyCounts.of_counts(rng.multinomial(10**9, np.full(30, 1 / 30)))
    assert check_independence(frequencies, 30).holds
    balanced = FrequencyCounts((10**8,), (30,))
    assert not check_independence(balanced, None).holds


def test_counts_without_an_order_are_not_called_a_chain():
    draws = np.random.default_rng(0).integers(0, 1000, 50_000)
    assert check_independence(FrequencyCounts.of(draws), 1000).holds
    assert not check_independence(counted(np.sort(draws)), 1000).holds
