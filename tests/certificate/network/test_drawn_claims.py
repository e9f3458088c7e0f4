"""Claims over recorded draws: counted by another path, and intervals that cover."""

import math

import numpy as np
import pytest

from fluxttice_core import load
from fluxttice_core.certificate.network import drawn_claims as room
from fluxttice_core.certificate.network.drawn_claims import NUM_GROUPS, _Tally, drawn_measurements
from fluxttice_core.certificate.network.noise import inverse_normal, uniforms
from fluxttice_core.evidence.information import mutual_information_nats
from fluxttice_core.evidence.marginal import estimate_marginal
from fluxttice_core.evidence.readings import inverse_cdf, likeliest, softmax
from fluxttice_core.gates.operations import indices_from_trits
from fluxttice_core.model.controls import collapsed_weights, untrained_weights
from fluxttice_core.model.reference import ReferenceVAE
from tests.support import perfect_weights


def by_name(found):
    return {item.name: item for item in found[0]}


def test_counts_agree_with_the_readings_of_the_package():
    weights = load("v5_5").weights
    found = by_name(drawn_measurements({"model": weights}, 7, (500, 5000)))
    words = np.random.Philox(key=7).random_raw(5000 * 25).reshape(5000, 25)
    numbers = uniforms(words)
    for pathway in ("A", "B"):
        logits = ReferenceVAE(weights).logits(inverse_normal(numbers[:, :16]), pathway)
        each = softmax(logits)
        sampled = indices_from_trits(inverse_cdf(each, numbers[:, 16:]) - 1)
        mode = indices_from_trits(likeliest(each) - 1)
        for n in (500, 5000):
            for reading, drawn in (("sampled", sampled), ("mode", mode)):
                claim = found[f"model/{pathway}/distinct/{reading}/n={n}"]
                assert claim.value == len(np.unique(drawn[:n]))


def test_the_batch_size_changes_nothing(monkeypatch):
    networks = {"model": perfect_weights(), "untrained": untrained_weights(0)}
    first = drawn_measurements(networks, 3, (15, 1000))
    monkeypatch.setattr(room, "_BATCH", 37)
    second = drawn_measurements(networks, 3, (15, 1000))
    assert first[1] == second[1]
    for one, other in zip(first[0], second[0], strict=True):
        assert (one.name, one.value, one.digest) == (other.name, other.value, other.digest)


def test_a_network_beside_others_is_measured_as_alone():
    alone = by_name(drawn_measurements({"untrained": untrained_weights(0)}, 3, (10, 300)))
    both = by_name(
        drawn_measurements(
            {"model": perfect_weights(), "untrained": untrained_weights(0)}, 3, (10, 300)
        )
    )
    assert {name: both[name] for name in alone} == alone


def test_known_answers():
    found = by_name(
        drawn_measurements(
            {"model": perfect_weights(), "collapsed": collapsed_weights(0)}, 11, (100, 30_000)
        )
    )
    for pathway in ("A", "B"):
        # A perfect codebook: cells of equal mass, so draws are fair dice and information is log N.
        drawn = found[f"model/{pathway}/distinct/mode/n=30000"]
        deviation = math.sqrt(19683 * math.exp(-30000 / 19683))
        assert abs(drawn.value - float(drawn.limit)) < 4 * deviation
        low, high = (float(end) for end in found[f"model/{pathway}/chi_square"].interval)
        assert low < 0.02
        assert high > -0.02
        assert found[f"collapsed/{pathway}/information"].value == "0.000000"
        assert found[f"collapsed/{pathway}/distinct/mode/n=30000"].value == 1


def test_information_agrees_with_the_estimator_of_the_package():
    weights = load("v5_5").weights
    found = by_name(drawn_measurements({"model": weights}, 5, (20_000,)))
    model = ReferenceVAE(weights)
    for pathway in ("A", "B"):
        marginal = estimate_marginal(
            lambda latents, pathway=pathway: model.logits(latents, pathway), 16, 20_000, 0
        )
        stated = float(found[f"model/{pathway}/information"].value)
        measured = mutual_information_nats(marginal.groups, marginal.conditional_entropy_nats)
        assert stated == pytest.approx(measured, abs=0.05)


def test_the_limit_is_that_of_fair_dice():
    found = by_name(drawn_measurements({"model": perfect_weights()}, 3, (20, 1000)))
    for n in (20, 1000):
        limit = float(found[f"model/A/distinct/sampled/n={n}"].limit)
        assert limit == pytest.approx(19683 * (1 - (1 - 1 / 19683) ** n), abs=1e-6)


@pytest.mark.parametrize("draws", [(), (5,), (100, 50), (100, 100)])
def test_numbers_of_draws_that_make_no_sense(draws):
    with pytest.raises(ValueError, match="num_draws must increase"):
        drawn_measurements({"model": perfect_weights()}, 1, draws)


def test_progress_is_told():
    told = []
    drawn_measurements(
        {"model": perfect_weights()}, 1, (10, 100), lambda done, total: told.append((done, total))
    )
    assert told[-1] == (100, 100)
    assert [done for done, _ in told] == sorted({done for done, _ in told})


def interval_misses(trials, per_group, seed):
    """How often the 95 % interval of chi-square misses a known truth, over simulated groups."""
    rng = np.random.default_rng(seed)
    size = 19683
    mass = rng.gamma(20.0, size=size)
    mass /= mass.sum()
    truth = size * float((mass**2).sum()) - 1
    misses = 0
    for _ in range(trials):
        tally = _Tally("model")
        tally.group_sums = rng.multinomial(per_group, mass, size=NUM_GROUPS).astype(float)
        found = {
            item.name: item
            for item in tally.estimates("model", "A", np.full(NUM_GROUPS, per_group))
        }
        low, high = (float(end) for end in found["model/A/chi_square"].interval)
        misses += not low <= truth <= high
    return misses


def test_intervals_cover_about_as_often_as_they_say():
    # 0.05 x 60 = 3 misses expected; 10 or more have a chance below 0.1 %, none one of 5 %: a width
    # that misses nothing in 180 trials says too little.
    misses = [interval_misses(60, 4000, seed) for seed in range(3)]
    assert max(misses) <= 9
    assert sum(misses) >= 1


@pytest.mark.assurance
def test_intervals_cover_over_many_trials(assurance_record):
    trials = 1000
    misses = interval_misses(trials, 19_500, seed=1)
    assurance_record(
        "jackknife_interval", {"trials": trials, "covered": trials - misses, "stated": "95 %"}
    )
    assert misses <= 90
