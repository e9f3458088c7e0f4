"""The controls: what each lacks, and the codebook whose right answers are known."""

import numpy as np
import pytest

from fluxttice_core.evidence.reconstruction import dealt_out, noisy_exact_rate, positions_right
from fluxttice_core.model.controls import (
    TERCILE,
    TERCILE_MEAN,
    collapsed_weights,
    perfect_weights,
    untrained_weights,
)
from fluxttice_core.model.layout import state_differences, state_shapes
from fluxttice_core.model.reference import ReferenceVAE

PATHWAYS = ("A", "B")


@pytest.mark.parametrize("latent_dim", [9, 16, 20])
def test_controls_have_the_layout_of_the_format(latent_dim):
    for make in (lambda d: untrained_weights(3, d), lambda d: collapsed_weights(3, d)):
        assert state_differences(make(latent_dim), latent_dim) == []
    assert state_differences(perfect_weights(latent_dim), latent_dim) == []


def test_the_perfect_codebook_needs_an_axis_per_trit():
    with pytest.raises(ValueError, match="at least 9; got 8"):
        perfect_weights(8)


def test_the_terciles_are_those_of_the_prior():
    draws = np.random.default_rng(0).standard_normal(2_000_000)
    assert abs((draws > TERCILE).mean() - 1 / 3) < 0.002
    assert draws[draws > TERCILE].mean() == pytest.approx(TERCILE_MEAN, abs=0.002)


@pytest.mark.parametrize("pathway", PATHWAYS)
@pytest.mark.parametrize("rho", [0.0, 0.3, 0.7, 1.0])
def test_the_perfect_codebook_returns_everything_at_every_rho(pathway, rho):
    assert (positions_right(ReferenceVAE(perfect_weights()), pathway, rho) == 9).all()


@pytest.mark.parametrize("pathway", PATHWAYS)
def test_the_perfect_codebook_survives_the_noise_of_its_posterior(pathway):
    model = ReferenceVAE(perfect_weights())
    assert noisy_exact_rate(model, pathway, np.random.default_rng(1)) > 0.9995
    wide = perfect_weights()
    wide[f"encoder_{pathway}.fc_logvar.bias"][:] = 0.0
    assert noisy_exact_rate(ReferenceVAE(wide), pathway, np.random.default_rng(1)) < 0.2


def test_the_wrong_code_returns_next_to_nothing():
    model = ReferenceVAE(perfect_weights())
    order = dealt_out(19683, 0)
    assert np.array_equal(np.sort(order), np.arange(19683))
    assert (positions_right(model, "A", codes_of=order) == 9).sum() <= 8
    # With the order left alone it is plain reconstruction.
    assert (positions_right(model, "A", codes_of=np.arange(19683)) == 9).all()


def test_untrained_weights_stay_within_the_usual_bounds():
    weights = untrained_weights(1)
    for name, shape in state_shapes().items():
        if name.endswith("weight") and len(shape) == 2:
            bound = 1 / np.sqrt(shape[1])
            assert 0.9 * bound < np.abs(weights[name]).max() <= bound
    assert not np.array_equal(
        weights["encoder_A.fc_mu.weight"], untrained_weights(2)["encoder_A.fc_mu.weight"]
    )


@pytest.mark.parametrize("pathway", PATHWAYS)
def test_a_collapsed_decoder_says_the_same_whatever_the_code(pathway):
    model = ReferenceVAE(collapsed_weights(5))
    codes = np.random.default_rng(2).normal(size=(50, 16))
    logits = model.logits(codes, pathway)
    # A matrix product may round the last rows of a batch in another order than the rest.
    np.testing.assert_allclose(
        logits, np.broadcast_to(logits[:1], logits.shape), rtol=0, atol=1e-14
    )
    heard = ReferenceVAE(untrained_weights(5)).logits(codes, pathway)
    assert np.abs(heard - heard[0]).max() > 0.01
