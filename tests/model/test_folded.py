"""The folded decoder against the plain one, its oracle."""

import numpy as np
import pytest

from fluxttice_core import load
from fluxttice_core.model.controls import untrained_weights
from fluxttice_core.model.folded import TILE, FoldedDecoder
from fluxttice_core.model.reference import ReferenceVAE


@pytest.mark.parametrize("pathway", ["A", "B"])
@pytest.mark.parametrize("weights", [untrained_weights(0, 5), load("v5_5").weights])
@pytest.mark.parametrize("batch", [1, TILE, TILE + 3])
def test_the_log_odds_are_the_reference_s(pathway, weights, batch):
    decoder, reference = FoldedDecoder(weights, pathway), ReferenceVAE(weights)
    latents = np.random.default_rng(0).normal(size=(decoder.latent_dim, batch)).astype(np.float32)
    logits = reference.logits(latents.T, pathway)
    expected = np.stack([logits[..., 0] - logits[..., 1], logits[..., 2] - logits[..., 1]])
    found = decoder.log_odds(latents)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected.transpose(0, 2, 1), rtol=1e-5, atol=1e-4)
