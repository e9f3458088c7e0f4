"""The report of a network: controls told apart, the limit where it is known, and plain JSON."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from fluxttice_core.evidence.comparison import is_sound
from fluxttice_core.evidence.controls import measure_with_controls
from fluxttice_core.evidence.intervals import interval_of
from fluxttice_core.evidence.pathway import Settings, measure_pathway
from fluxttice_core.evidence.report import ESTIMATORS
from fluxttice_core.gates.splits import split_operations
from fluxttice_core.measure.coverage import uniform_coverage
from fluxttice_core.measure.estimate import finite
from fluxttice_core.model.controls import collapsed_weights, perfect_weights, untrained_weights
from fluxttice_core.model.reference import ReferenceVAE

NUMBERS = (1_000, 15_000)
QUICK = Settings(
    num_draws=NUMBERS,
    num_runs=2,
    num_latents=2**17,
    control_latents=20_000,
    num_untrained=2,
    seed=4,
)
FEW = replace(QUICK, num_latents=20_000, structure=False)
READINGS = ("sampled", "mode", "expectation")


def measure(weights, settings=FEW):
    return measure_with_controls(
        ReferenceVAE(weights),
        settings,
        source="by hand",
        weights_sha256="0" * 64,
        parts=split_operations().parts(),
        rho=0.3,
    )


@pytest.fixture(scope="module")
def perfect():
    return measure(perfect_weights(), QUICK)


@pytest.fixture(scope="module")
def untrained():
    return measure(untrained_weights(99))


def test_the_perfect_codebook_reaches_the_limit_under_every_reading(perfect):
    for item in perfect.checkpoint.pathways:
        for reading in READINGS:
            for n in NUMBERS:
                figure = item.figure(reading, n)
                assert abs(figure.unbiased - figure.limit) < 4 * figure.standard_error + 1e-5
                assert figure.coverage == min(figure.unbiased, figure.limit)
                assert figure.limit == uniform_coverage(n, 19683)
                assert len(figure.observed) == 2
                assert figure.interval[0] < figure.limit < figure.interval[1]
        assert item.information.mutual_information_nats > 9.8
        assert item.information.limit_nats == math.log(19683)
        assert abs(item.information.chi_square) < 4 * item.information.chi_square_error
        assert item.information.draws_to_reach[0][1] == pytest.approx(13_643, rel=0.01)
    assert perfect.checkpoint.num_exact("A") == perfect.checkpoint.num_exact("B", 0.7) == 19683
    assert min(perfect.checkpoint.noisy_exact_rates) > 0.999
    assert perfect.is_sound is True


def test_a_measurement_that_is_off_is_called_unsound(perfect):
    """The check of soundness must be able to fail: here it is given another network."""
    assert is_sound(perfect.perfect)
    assert not is_sound(perfect.untrained[0])
    assert not is_sound(perfect.collapsed)


def test_an_estimate_far_above_the_limit_is_unsound_though_it_is_shown_at_the_limit(perfect):
    """Holding a figure to the limit must not hide that the measurement is wrong."""
    network = perfect.perfect
    first, *others = network.pathways
    figure, *figures = first.coverage
    wrong = replace(figure, unbiased=figure.limit + 5 * figure.standard_error + 1e-4)
    assert wrong.coverage <= wrong.limit
    spoilt = replace(first, coverage=(wrong, *figures))
    assert not is_sound(replace(network, pathways=(spoilt, *others)))


def test_controls_are_measured_in_the_same_call(perfect):
    assert [item.seed for item in perfect.untrained] == [4, 5]
    for network in (*perfect.untrained, perfect.collapsed):
        for item in network.pathways:
            assert item.information.mutual_information_nats < 1.0
            # Coverage alone is passed by networks that know nothing.
            assert item.figure("sampled", 15_000).ratio > 0.8
        assert network.num_exact("A") <= 8
    for item in perfect.collapsed.pathways:
        assert abs(item.information.mutual_information_nats) < 1e-4
        assert item.information.num_mode_cells == 1
    assert sum(row.num_exact for row in perfect.permuted) <= 12


def test_a_codebook_is_told_apart_by_information_and_reconstruction_alone(perfect):
    assert perfect.verdict.startswith("Told apart from everything that learned nothing")
    for item in perfect.separations:
        assert item.is_evidence == (item.axis in ("information", "reconstruction"))
        assert item.sees_the_encoder == (item.axis == "reconstruction")
        assert ("no evidence" in item.words) == item.axis.startswith("coverage")


def test_what_learned_nothing_is_not_told_apart(untrained):
    assert untrained.verdict.startswith("NOT told apart")
    assert not any(
        item.is_evidence for item in untrained.separations if (item.axis == "reconstruction")
    )
    for item in measure(collapsed_weights(5)).separations:
        assert not item.is_evidence


def test_a_decoder_without_its_encoder_is_not_called_whole():
    """A good decoder, an encoder that points elsewhere: information stays, the verdict does not."""
    weights = {**untrained_weights(1)}
    for name, value in perfect_weights().items():
        if name.startswith("decoder"):
            weights[name] = value
    report = measure(weights)
    assert report.verdict.startswith("NOT told apart")
    assert "(encoder)" in report.verdict
    assert "(decoder)" not in report.verdict


def test_the_sampled_curve_agrees_with_real_runs():
    """Sixty runs of random weights, whose sampled reading is far from sharp."""
    settings = Settings(num_draws=(2_000, 30_000), num_runs=60, num_latents=60_000, seed=1)
    report, _ = measure_pathway(ReferenceVAE(untrained_weights(2)), "B", settings)
    for n in settings.num_draws:
        figure = report.figure("sampled", n)
        runs = np.array(figure.observed)
        noise = runs.std() / math.sqrt(len(runs))
        assert abs(runs.mean() - figure.coverage) < 4 * noise + figure.standard_error
        inside = [figure.interval[0] <= run <= figure.interval[1] for run in runs]
        assert np.mean(inside) > 0.85


def test_the_coupled_decoder_reads_a_narrower_prior(perfect):
    """At rho 0.3 the mix has variance 0.58: middle values get more than their third."""
    chi = perfect.coupled[0].information.chi_square
    assert 0.3 < chi < 0.6  # (3 (0.43^2 + 2 * 0.285^2))^9 - 1
    assert perfect.as_dict()["pathways"]["A"]["coupled_prior"]["chi_square"] == chi


def test_the_record_is_plain_json_with_the_promised_keys(perfect):
    record = json.loads(json.dumps(perfect.as_dict(), allow_nan=False))
    assert record["schema"] == "fluxttice_core/coverage-report/v3"
    assert record["seed"] == 4
    assert set(record["controls"]) == {"untrained", "collapsed", "permuted", "perfect"}
    assert len(record["controls"]["untrained"]["replicates"]) == 1
    everyone = [record, *record["controls"].values()]
    for network in everyone:
        for pathway in "AB":
            item = network["pathways"][pathway]
            for reading in READINGS:
                for n in NUMBERS:
                    figure = item[reading][str(n)]
                    assert figure["ratio"] == figure["coverage"] / figure["limit"]
                    assert figure["interval"][0] <= figure["interval"][1]
            for key in ("entropy_nats", "conditional_entropy_nats", "mutual_information_nats"):
                low, high = item[f"{key}_ci"]
                assert low <= item[key] <= high
            counts = item["reconstruction"]["by_rho"]["0"]
            assert counts["all"]["num_operations"] == 19683
            assert counts["all"]["num_exact"] == sum(
                counts[part]["num_exact"] for part in ("train", "validation", "test")
            )
    own = record["pathways"]["A"]
    assert own["posterior"]["num_active"] == 9
    assert set(own["likelihood"]) == {"train", "validation", "test"}
    assert set(own["structure"]) == {"checkpoint", "raw trits", "random encoder"}
    assert own["reconstruction"]["by_rho"]["0.7"]["all"]["exact_rate"] == 1.0
    permuted = record["controls"]["permuted"]["pathways"]["A"]
    assert permuted["mutual_information_nats"] == own["mutual_information_nats"]
    assert permuted["reconstruction"]["by_rho"]["0"]["all"]["num_exact"] <= 8
    assert record["measurement_is_sound"] is True
    assert record["estimators"] == ESTIMATORS


def test_the_same_seed_gives_the_same_record_and_another_does_not(untrained):
    again = measure(untrained_weights(99))
    assert again.as_dict() == untrained.as_dict()
    other = measure(untrained_weights(99), replace(FEW, seed=5))
    assert other.as_dict()["pathways"] != untrained.as_dict()["pathways"]


def test_few_latents_still_make_a_record():
    """Of 2 latents nothing can be said at 10 draws: no figure, no comparison, but a verdict."""
    settings = replace(FEW, num_draws=(10,), num_runs=1, num_latents=2)
    report = measure(untrained_weights(1), settings)
    record = json.loads(json.dumps(report.as_dict(), allow_nan=False))
    figure = record["pathways"]["A"]["sampled"]["10"]
    for key in ("coverage", "unbiased", "coverage_ci", "standard_error", "ratio", "interval"):
        assert figure[key] is None
    assert figure["withheld"] == "needs at least 20 latents"
    # What a real run covered is no estimate.
    assert len(figure["observed"]) == 1
    assert record["compared_draws"] is None
    assert {item["axis"] for item in record["separation"]} == {"information", "reconstruction"}
    assert record["verdict"].startswith("NOT told apart")


def test_networks_are_compared_where_all_have_a_figure():
    settings = replace(
        FEW, num_draws=(1_000, 15_000, 50_000), num_latents=60_000, control_latents=20_000
    )
    report = measure(untrained_weights(1), settings)
    assert report.compared_draws == 15_000
    own, control = report.checkpoint.pathways[0], report.collapsed.pathways[0]
    assert own.figure("mode", 50_000).ratio is not None
    assert control.figure("mode", 50_000).ratio is None
    assert report.separations[0].checkpoint.value == own.figure("sampled", 15_000).ratio
    assert report.control_latents == 20_000


def test_a_narrow_latent_space_has_no_perfect_control():
    settings = replace(FEW, num_draws=(100,), num_runs=0, num_latents=64)
    report = measure(untrained_weights(1, 4), settings)
    assert report.perfect is None
    assert report.is_sound is None
    assert report.as_dict()["controls"]["perfect"] is None


def test_an_unknown_figure_is_named(perfect):
    with pytest.raises(KeyError, match="no mode figure at n = 77"):
        perfect.checkpoint.pathways[0].figure("mode", 77)


def test_progress_counts_every_part():
    seen = []
    measure_with_controls(
        ReferenceVAE(untrained_weights(0)),
        replace(FEW, num_draws=(10,), num_runs=0, num_latents=64),
        source="x",
        on_progress=lambda done, total: seen.append((done, total)),
    )
    total = seen[0][1]
    assert seen == [(done, total) for done in range(total + 1)]


def test_what_json_has_no_word_for_becomes_null():
    assert finite(math.inf) is None
    assert interval_of(1.0, math.nan) is None
    assert interval_of(1.0, 0.5) == pytest.approx([0.02, 1.98], abs=1e-3)
