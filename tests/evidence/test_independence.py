"""Independence: what no independent sampler does is named, and what it does is let pass."""

import numpy as np
import pytest

from fluxttice_core.evidence.independence import check_independence
from fluxttice_core.evidence.tally import Tally

SPACE = 2000


def check(draws, space=SPACE):
    tally = Tally(space)
    tally.add(np.asarray(draws))
    return check_independence(tally.frequencies(), space)


def rng(seed=0):
    return np.random.default_rng(seed)


def chain(stay, steps=8000):
    generator, state, out = rng(1), 0, []
    for _ in range(steps):
        state = state if generator.random() < stay else int(generator.integers(SPACE))
        out.append(state)
    return out


@pytest.mark.parametrize(
    ("draws", "words"),
    [
        (np.arange(1500), "without replacement, or enumerated"),
        (rng().permutation(SPACE)[:600], "without replacement, or enumerated"),
        (rng().permutation(SPACE), "without replacement, or enumerated"),
        (np.tile(np.arange(SPACE), 3), "more even than chance"),
        (np.concatenate([rng(s).permutation(SPACE) for s in range(5)]), "more even than chance"),
        (np.sort(rng().integers(0, SPACE, 5000)), "more often"),
        (chain(0.2), "more often"),
        (np.repeat(rng().integers(0, SPACE, 3000), 2), "more often"),
    ],
    ids=["enumerator", "few", "all", "cycle", "balanced", "sorted", "chain", "twice"],
)
def test_what_is_not_independent_is_named(draws, words):
    found = check(draws)
    assert not found.holds
    assert any(words in fault for fault in found.faults)


@pytest.mark.parametrize("draws", [np.tile(np.arange(300), 4), np.repeat(np.arange(300), 9)])
def test_regular_counts_are_found_without_a_space(draws):
    assert not check(draws, None).holds


def test_a_generator_that_avoids_its_last_draw_is_named():
    generator = rng(2)
    draws = [0]
    while len(draws) < 5000:
        new = int(generator.integers(10))
        if new != draws[-1]:
            draws.append(new)
    found = check(draws, 10)
    assert any("less often" in fault for fault in found.faults)


SHAPES = {
    "uniform": np.ones(SPACE),
    "zipf": 1 / np.arange(1, SPACE + 1),
    "dirichlet": np.random.default_rng(3).dirichlet(np.ones(SPACE)),
    "one": np.eye(SPACE)[7],
    "two": np.eye(SPACE)[7] + np.eye(SPACE)[8],
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("num_draws", [1, 2, 30, 1000, 20_000])
def test_independent_draws_raise_no_alarm(shape, num_draws):
    p = SHAPES[shape] / SHAPES[shape].sum()
    for seed in range(20):
        draws = rng(seed).choice(SPACE, num_draws, p=p)
        for space in (SPACE, None):
            assert check(draws, space).holds, (seed, space)


def test_too_few_draws_cannot_tell():
    assert not check(np.arange(40)).could_tell
    assert check(np.arange(40)).holds
    assert check(rng().integers(0, SPACE, 5000)).could_tell
