"""A model of nine words and one of eight, measured whole by the calls that measure the gates."""

import json
import math

import numpy as np
import pytest

from fluxttice_core.evidence import (
    Settings,
    estimate_marginal,
    measure_generator,
    measure_pathway,
    measure_with_controls,
)
from fluxttice_core.evidence.draws import latent_batches
from fluxttice_core.evidence.likelihood import negative_elbo_nats
from fluxttice_core.evidence.reconstruction import positions_right
from fluxttice_core.evidence.selection import selection_scores
from tests.evidence.toys import THREE_BITS, TWO_TRITS, Toy, perfect_toy

MANY = 200_000
SETTINGS = Settings(num_draws=(5, 20, 60), num_runs=1, num_latents=MANY, control_latents=20_000)
TOYS = {
    "two trits": Toy.random(TWO_TRITS, seed=1),
    "two trits, two pathways": Toy.random(TWO_TRITS, ("first", "second"), seed=2),
    "three bits": Toy.random(THREE_BITS, seed=3),
}


@pytest.fixture(scope="module", params=TOYS)
def toy(request):
    return TOYS[request.param]


@pytest.fixture(scope="module")
def report(toy):
    return measure_with_controls(toy, SETTINGS, source="a toy", rho=0.3)


def joint(toy, pathway, num=MANY, seed=99):
    """p(x | z) of latents of its own, one word and one position at a time."""
    latents = np.random.default_rng(seed).normal(size=(num, toy.latent_dim))
    logits = toy.logits(latents, pathway)
    each = np.exp(logits - logits.max(axis=-1, keepdims=True))
    each /= each.sum(axis=-1, keepdims=True)
    words = toy.space.enumerate() - toy.space.lowest
    return np.stack([each[:, range(toy.space.length), word].prod(axis=1) for word in words], axis=1)


def test_coverage_is_that_of_the_enumerated_masses(toy, report):
    for item in report.checkpoint.pathways:
        conditional = joint(toy, item.pathway)
        sampled = conditional.mean(axis=0)
        mode = np.bincount(conditional.argmax(axis=1), minlength=toy.space.size) / MANY
        for reading, masses in (("sampled", sampled), ("mode", mode)):
            for n in SETTINGS.num_draws:
                figure = item.figure(reading, n)
                assert figure.coverage == pytest.approx((1 - (1 - masses) ** n).mean(), abs=0.004)
                assert figure.limit == pytest.approx(1 - (1 - 1 / toy.space.size) ** n)
                assert len(figure.observed) == 1


def test_information_is_that_of_the_enumerated_joint(toy, report):
    for item in report.checkpoint.pathways:
        conditional = joint(toy, item.pathway)
        masses = conditional.mean(axis=0)
        entropy = -(masses * np.log(masses)).sum()
        noise = -(conditional * np.log(conditional)).sum(axis=1).mean()
        figures = item.information
        assert figures.entropy_nats == pytest.approx(entropy, abs=0.005)
        assert figures.conditional_entropy_nats == pytest.approx(noise, abs=0.01)
        assert figures.mutual_information_nats == pytest.approx(entropy - noise, abs=0.01)
        chi_square = toy.space.size * (masses**2).sum() - 1
        assert figures.chi_square == pytest.approx(chi_square, rel=0.03)
        assert figures.limit_nats == math.log(toy.space.size)
        low, high = figures.maximum_mass
        assert low == pytest.approx(toy.space.size * masses.max(), rel=0.02)
        assert high == pytest.approx(toy.space.size * masses.max(), rel=0.02)
        assert figures.rarest[0][0] == masses.argmin()


def test_reconstruction_is_counted_word_by_word(toy, report):
    words = toy.space.enumerate()
    for pathway in toy.pathways:
        means = toy.encode(words, pathway)[0]
        logits = toy.logits(means, pathway)
        right = 0
        for word, of_word in zip(words, logits, strict=True):
            decoded = [int(np.argmax(row)) + toy.space.lowest for row in of_word]
            right += decoded == word.tolist()
        assert report.checkpoint.num_exact(pathway) == right
        rows = [row for row in report.checkpoint.reconstruction if row.pathway == pathway]
        assert {row.split for row in rows} == {"all"}
        assert rows[0].num_trits == words.size
        assert 0 <= rows[0].trit_rate <= 1
        # One pathway alone has no codes to mix.
        assert len(rows) == (5 if len(toy.pathways) == 2 else 1)


def test_likelihood_is_the_mean_log_of_the_masses_and_its_bound_lies_above(toy, report):
    for pathway in toy.pathways:
        masses = joint(toy, pathway).mean(axis=0)
        (row,) = report.likelihood[pathway]
        truth = -np.log(masses).mean()
        assert row.negative_log_likelihood_nats == pytest.approx(truth, abs=0.02)
        assert row.gap_nats > 0
        bound = negative_elbo_nats(toy, pathway, np.random.default_rng(0), num_draws=2000)
        assert row.negative_elbo_nats == pytest.approx(bound.mean(), rel=0.1)


def test_posterior_and_structure_are_those_of_the_codes(toy, report):
    words = toy.space.enumerate()
    for posterior in report.posterior:
        mean, logvar = toy.encode(words, posterior.pathway)
        kl = 0.5 * (mean**2 + np.exp(logvar) - 1 - logvar).mean(axis=0)
        np.testing.assert_allclose(posterior.kl_per_dimension_nats, kl, rtol=1e-12)
        own, raw, _ = report.structure[posterior.pathway]
        codes, nearest = mean, []
        for word, code in zip(words, codes, strict=True):
            apart = np.linalg.norm(codes - code, axis=1)
            apart[(words == word).all(axis=1)] = np.inf
            nearest.append((words[apart.argmin()] != word).sum() == 1)
        assert own.neighbour_hamming_1 == pytest.approx(np.mean(nearest))
        assert raw.codes == ("raw bits" if toy.space.levels == 2 else "raw trits")
        assert raw.neighbour_hamming_1 == 1.0


def test_controls_are_of_the_same_kind(toy, report):
    assert [item.seed for item in report.untrained] == [0, 1, 2]
    for item in report.collapsed.pathways:
        assert abs(item.information.mutual_information_nats) < 1e-4
        assert item.information.num_mode_cells == 1
    assert report.is_sound is True
    for item in report.perfect.pathways:
        assert item.information.mutual_information_nats > 0.99 * math.log(toy.space.size)
        assert report.perfect.num_exact(item.pathway) == toy.space.size
        assert item.figure("sampled", 20).ratio == pytest.approx(1, abs=0.002)
    assert len(report.coupled) == (2 if len(toy.pathways) == 2 else 0)


@pytest.mark.parametrize("space", [TWO_TRITS, THREE_BITS], ids=lambda space: space.name)
def test_a_perfect_toy_is_told_apart_and_a_random_one_is_not(space):
    found = measure_with_controls(perfect_toy(space), SETTINGS, source="by hand")
    axes = {item.axis: item.is_evidence for item in found.separations}
    # In so small a space one word in nine comes back by chance: too many to be told from all.
    assert axes["information"]
    assert not axes["coverage sampled"]
    learned_nothing = perfect_toy(space).untrained(50)
    found = measure_with_controls(learned_nothing, SETTINGS, source="random")
    assert found.verdict.startswith("NOT told apart")
    assert not any(item.is_evidence for item in found.separations)


def test_the_record_is_plain_json(toy, report):
    record = json.loads(json.dumps(report.as_dict(), allow_nan=False))
    assert record["space_size"] == toy.space.size
    assert list(record["pathways"]) == list(toy.pathways)
    own = record["pathways"][toy.pathways[0]]
    assert own["sampled"]["20"]["coverage"] <= own["sampled"]["20"]["limit"]
    assert len(own["rarest"][0]["trits"]) == toy.space.length
    assert own["reconstruction"]["by_rho"]["0"]["all"]["num_operations"] == toy.space.size
    assert record["controls"]["permuted"]["pathways"].keys() == record["pathways"].keys()


def test_a_generator_is_measured_without_controls_by_the_same_code(toy, report):
    rhos = sorted({row.rho for row in report.checkpoint.reconstruction})
    alone = measure_generator(toy, SETTINGS, rhos=rhos)
    assert alone == report.checkpoint
    first = toy.pathways[0]
    assert measure_pathway(toy, first, SETTINGS)[0] == report.checkpoint.pathway(first)


def test_parts_are_counted_apart():
    toy = TOYS["two trits"]
    parts = {"even": np.arange(0, 9, 2), "odd": np.arange(1, 9, 2)}
    found = measure_generator(toy, SETTINGS, parts=parts)
    right = positions_right(toy, "only") == 2
    assert {row.split: row.num_exact for row in found.reconstruction} == {
        name: int(right[part].sum()) for name, part in parts.items()
    }
    assert found.num_exact("only") == right.sum()


def test_the_marginal_of_the_same_latents_is_the_enumeration(toy):
    """Not another sample of latents: the same ones, to the rounding of float64."""
    marginal = estimate_marginal(
        lambda z: toy.logits(z, toy.pathways[0]), toy.latent_dim, 500, seed=4, num_groups=5
    )
    for group in range(5):
        latents = np.concatenate(list(latent_batches(100, toy.latent_dim, 4, stream=group)))
        logits = toy.logits(latents, toy.pathways[0])
        each = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
        words = toy.space.enumerate() - toy.space.lowest
        masses = [each[:, range(toy.space.length), word].prod(axis=1).mean() for word in words]
        np.testing.assert_allclose(marginal.groups[group], masses, rtol=1e-10)


def test_a_toy_can_be_trained_by_the_selection_rule(toy):
    parts = {"train": np.arange(4), "validation": np.arange(4, 8)}
    for score in selection_scores(perfect_toy(toy.space, toy.pathways), parts):
        assert score.score == pytest.approx(1.0, abs=0.01)
    for score in selection_scores(toy.collapsed(0), parts):
        assert score.score < 1e-3
