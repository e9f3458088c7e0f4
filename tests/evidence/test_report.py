"""The report: controls told apart, intervals that cover, and plain JSON."""

import json
import math

import numpy as np
import pytest

from fluxttice_core.errors import OperationError
from fluxttice_core.evidence.controls import collapsed_weights, untrained_weights
from fluxttice_core.evidence.coverage import uniform_coverage
from fluxttice_core.evidence.report import (
    DEFAULT_DRAWS,
    measure_draws,
    measure_network,
    measure_pathway,
    student_interval,
)
from fluxttice_core.model.layout import state_differences, state_shapes
from fluxttice_core.splits import split_operations
from tests.support import perfect_weights

READINGS = ("sampled", "mode", "expectation")
NUMBERS = (1_000, 15_000)


@pytest.fixture(scope="module")
def perfect():
    return measure_network(
        perfect_weights(),
        source="by hand",
        weights_sha256="0" * 64,
        split=split_operations(),
        rhos=(0.0, 0.7),
        num_draws=NUMBERS,
        num_trials=2,
        num_latents=40_000,
        seed=4,
    )


def test_the_positive_control_reaches_the_limit_under_every_reading(perfect):
    assert [(item.role, item.pathway) for item in perfect.measured] == [
        ("measured", "A"),
        ("measured", "B"),
    ]
    for item in perfect.measured:
        for reading in READINGS:
            for n in NUMBERS:
                figure = item.figure(reading, n)
                assert figure.ratio == pytest.approx(1.0, abs=0.01)
                assert figure.uniform_limit == uniform_coverage(n)
                assert figure.observed_mean == pytest.approx(figure.uniform_limit, abs=0.01)
        assert item.information.mutual_information_nats > 9.6
        assert item.information.limit_nats == math.log(19683)
        assert abs(item.information.chi_square) < 0.05
    assert all(row.exact_rate == 1.0 for row in perfect.reconstruction)
    assert {row.rho for row in perfect.reconstruction} == {0.0, 0.7}


def test_both_controls_are_measured_in_the_same_call_and_told_apart(perfect):
    lowest = min(item.information.mutual_information_nats for item in perfect.measured)
    roles = {(item.role, item.pathway) for item in perfect.controls}
    assert roles == {
        (role, pathway) for role in ("untrained control", "collapsed control") for pathway in "AB"
    }
    for item in perfect.controls:
        assert item.information.mutual_information_nats < lowest / 10
        # Coverage alone is passed by networks that know nothing.
        assert item.figure("sampled", 15_000).ratio > 0.8
        assert [figure.num_draws for figure in item.coverage] == [
            figure.num_draws for figure in perfect.measured[0].coverage
        ]
        if item.role == "collapsed control":
            assert abs(item.information.mutual_information_nats) < 1e-4
            assert item.figure("mode", 15_000).observed_mean == 1 / 19683


def test_a_network_that_learned_nothing_is_not_told_apart():
    report = measure_network(
        untrained_weights(99),
        source="random",
        weights_sha256=None,
        split=split_operations(),
        num_draws=(1000,),
        num_trials=1,
        num_latents=4096,
    )
    lowest = min(item.information.mutual_information_nats for item in report.measured)
    highest = max(item.information.mutual_information_nats for item in report.controls)
    assert lowest < 10 * highest
    # One run has no interval, and still makes valid JSON.
    assert report.measured[0].coverage[0].observed_ci is None
    json.dumps(report.as_dict(), allow_nan=False)


def test_the_record_is_plain_json_with_every_figure(perfect):
    text = json.dumps(perfect.as_dict(), allow_nan=False)
    record = json.loads(text)
    assert record["schema"] == "fluxttice_core/coverage-report/v1"
    assert record["seed"] == 4
    assert len(record["measured"]) == 2
    assert len(record["controls"]) == 4
    assert len(record["reconstruction"]) == 2 * 2 * 3
    for group in ("measured", "controls"):
        for item in record[group]:
            assert len(item["coverage"]) == len(READINGS) * len(NUMBERS)
            for figure in item["coverage"]:
                assert figure["ratio"] == figure["expected"] / figure["uniform_limit"]
                low, high = figure["observed_ci"]
                assert low <= figure["observed_mean"] <= high
    assert all(row["exact_rate"] == 1.0 for row in record["reconstruction"])
    assert [row["num_active"] for row in record["posterior"]] == [9, 9]


def test_an_unknown_figure_is_named(perfect):
    with pytest.raises(KeyError, match="no mode figure at n = 77"):
        perfect.measured[0].figure("mode", 77)


def test_the_seed_decides_every_figure():
    def measure(seed):
        return measure_pathway(
            untrained_weights(0), "A", num_draws=(500,), num_trials=2, num_latents=2048, seed=seed
        )

    assert measure(3) == measure(3)
    assert measure(3).coverage[0].expected != measure(4).coverage[0].expected


def test_expected_coverage_lies_where_other_runs_fall():
    """Rarefied from one seed's draws, checked by runs of another seed."""
    settings = {"num_draws": (300, 3000), "num_latents": 2048}
    weights = untrained_weights(1)
    few = measure_pathway(weights, "B", num_trials=25, seed=1, **settings)
    others = measure_pathway(weights, "B", num_trials=25, seed=2, **settings)
    for reading in READINGS:
        for n in (300, 3000):
            low, high = others.figure(reading, n).observed_ci
            slack = high - low
            assert low - slack < few.figure(reading, n).expected < high + slack
            assert others.figure(reading, n).num_trials == 25


def test_smaller_n_counts_the_first_draws_of_the_same_run():
    figures = measure_pathway(
        untrained_weights(0), "A", num_draws=(1, 10, 9000), num_trials=1, num_latents=2
    )
    for reading in READINGS:
        assert figures.figure(reading, 1).observed_mean == 1 / 19683
        assert figures.figure(reading, 10).observed_mean <= 10 / 19683
        means = [figures.figure(reading, n).observed_mean for n in (1, 10, 9000)]
        assert means == sorted(means)
        # Rarefied to all the draws of a single run: exactly what that run saw.
        assert figures.figure(reading, 9000).expected == pytest.approx(means[-1], rel=1e-9)


@pytest.mark.parametrize("num_runs", [2, 3, 5, 10, 11, 15, 40, 200])
def test_the_interval_covers_the_truth_19_times_in_20(num_runs):
    rng = np.random.default_rng(num_runs)
    repeats = 6000
    hits = 0
    for values in rng.normal(3.0, 2.0, size=(repeats, num_runs)):
        low, high = student_interval(values)
        hits += low <= 3.0 <= high
    assert abs(hits / repeats - 0.95) < 4 * math.sqrt(0.95 * 0.05 / repeats)


def test_the_interval_by_hand():
    # Mean 2, standard deviation 1, t(2) = 4.303.
    low, high = student_interval([1.0, 2.0, 3.0])
    assert (low, high) == pytest.approx((2 - 4.303 / math.sqrt(3), 2 + 4.303 / math.sqrt(3)))
    # Beyond the table: t(10) = 2.22814, t(39) = 2.02269.
    for num_runs, quantile in ((11, 2.22814), (40, 2.02269)):
        values = np.arange(num_runs, dtype=float)
        low, high = student_interval(values)
        half = quantile * values.std(ddof=1) / math.sqrt(num_runs)
        assert high - low == pytest.approx(2 * half, rel=5e-4)
    assert student_interval([1.0]) is None
    assert student_interval([5.0, 5.0]) == (5.0, 5.0)


def test_draws_of_an_enumerator_that_never_repeats_are_above_the_limit():
    report = measure_draws(np.arange(10_000))
    assert report.num_distinct == report.num_draws == 10_000
    assert report.ratio == pytest.approx(1.28, abs=0.005)
    assert [n for n, _, _ in report.rarefied] == [1_000, 10_000]
    # Rarefied, draws without repetition still have none.
    assert report.rarefied[0][1] == pytest.approx(1_000 / 19683)


def test_draws_from_fair_dice_are_at_the_limit():
    draws = np.random.default_rng(0).integers(0, 19683, 50_000)
    report = measure_draws(draws, source="dice")
    assert report.source == "dice"
    assert report.num_distinct == len(set(draws.tolist()))
    assert report.ratio == pytest.approx(1.0, abs=0.01)
    for n, value, limit in report.rarefied:
        assert n in DEFAULT_DRAWS
        assert value == pytest.approx(limit, rel=0.01)


def test_draws_report_is_plain_json():
    record = measure_draws(np.array([5, 5, 7]), num_draws=(1, 2, 4)).as_dict()
    text = json.dumps(record, allow_nan=False)
    assert json.loads(text)["num_distinct"] == 2
    assert record["ratio"] == record["observed"] / record["uniform_limit"]
    assert [row[0] for row in record["rarefied"]] == [1, 2]


def test_no_draws_are_no_evidence():
    with pytest.raises(OperationError, match="at least one draw"):
        measure_draws(np.array([], dtype=np.int64))


@pytest.mark.parametrize("make", [untrained_weights, collapsed_weights])
@pytest.mark.parametrize("latent_dim", [4, 16])
def test_controls_have_the_layout_and_their_seed(make, latent_dim):
    weights = make(0, latent_dim)
    assert state_differences(weights, latent_dim) == []
    again, other = make(0, latent_dim), make(1, latent_dim)
    for name in state_shapes(latent_dim):
        assert np.array_equal(weights[name], again[name])
    assert not np.array_equal(weights["encoder_A.fc_mu.weight"], other["encoder_A.fc_mu.weight"])


def test_untrained_weights_are_spread_like_those_of_torch():
    from fluxttice_core.model.dual_vae import DualNeuralVAEV5
    from fluxttice_core.rng import isolated_torch_seed

    with isolated_torch_seed(0, "initialisation"):
        model = DualNeuralVAEV5()
    ours = untrained_weights(0)
    for name, value in model.state_dict().items():
        theirs = value.numpy()
        assert ours[name].shape == theirs.shape
        if value.numel() > 500:
            assert ours[name].std() == pytest.approx(theirs.std(), rel=0.1)
            assert np.abs(ours[name]).max() == pytest.approx(np.abs(theirs).max(), rel=0.02)
        elif name.startswith(("grad_norm", "state_net.encoder.1")):
            assert np.array_equal(ours[name], theirs)


def test_smaller_n_are_the_very_draws_of_a_shorter_run():
    def measure(*num_draws):
        return measure_pathway(
            perfect_weights(), "A", num_draws=num_draws, num_trials=1, num_latents=2, seed=6
        )

    long = measure(3000, 12_000)
    for reading in READINGS:
        alone = measure(3000).figure(reading, 3000).observed_mean
        # Another batch size may move the last bit of a logit, hence a draw on a cut.
        assert long.figure(reading, 3000).observed_mean == pytest.approx(alone, abs=1.1 / 19683)
