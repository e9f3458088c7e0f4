"""Networks whose right answers are known: evidence must tell a checkpoint apart from them.

*Untrained*: the same architecture with random weights. *Collapsed*: an untrained network whose
decoders ignore the code. Both reach near-limit sampled coverage; neither knows anything.
*Perfect*, the positive control: a codebook written down by hand, in the same architecture, that
cuts the prior into cells of equal mass. A measurement that does not give it full marks is wrong.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..rng import numpy_generator
from .layout import INPUT_DIM, LATENT_DIM, PATHWAYS, state_shapes

Weights = dict[str, NDArray[Any]]
# Upper tercile of N(0, 1), and the mean of what lies above it.
TERCILE = 0.4307272992954576
TERCILE_MEAN = 1.0908147213460106
# Of the perfect codebook's posterior: 4.3 of it fit between a middle code and the cut.
PERFECT_POSTERIOR_SCALE = 0.1
PERFECT_SHARPNESS = 1000.0


def untrained_weights(seed: int, latent_dim: int = LATENT_DIM) -> Weights:
    """Draw what an untrained network has: every entry uniform in +-1/sqrt(inputs).

    PyTorch's default for linear layers; the layer norm starts at gain 1 and offset 0, the
    gradient-norm buffers at 1.
    """
    generator = numpy_generator(seed, "control")
    shapes = state_shapes(latent_dim)
    weights: Weights = {}
    for name, shape in shapes.items():
        if not shape:
            value = np.ones(())
        elif name.startswith("state_net.encoder.1."):
            value = np.full(shape, float(name.endswith("weight")))
        else:
            inputs = shapes[name.rsplit(".", 1)[0] + ".weight"][1]
            bound = 1.0 / math.sqrt(inputs)
            value = generator.uniform(-bound, bound, shape)
        weights[name] = np.asarray(value, dtype=np.float32)
    return weights


def collapsed_weights(seed: int, latent_dim: int = LATENT_DIM) -> Weights:
    """Return untrained weights whose decoders read nothing: their first layer is zero."""
    weights = untrained_weights(seed, latent_dim)
    for name in ("decoder_A.decoder.0.weight", "decoder_B.fc_in.weight"):
        weights[name] = np.zeros_like(weights[name])
    return weights


def perfect_weights(latent_dim: int = LATENT_DIM) -> Weights:
    """Write down the codebook with one latent axis per trit, cut at the terciles of N(0, 1).

    Both pathways hold the same code, so that it is exact at every cross-injection. Trit k is
    decided by axis k alone: logits ``s (-z - t)``, 0 and ``s (z - t)`` change sides at the cuts
    ``-t`` and ``t``, between which lies a third of the mass. The other axes are left to the prior.
    Numbers pass a ReLU layer as their positive and their negative part.
    """
    if latent_dim < INPUT_DIM:
        raise ValueError(
            f"one axis per trit needs latent_dim of at least {INPUT_DIM}; got {latent_dim}"
        )
    weights: Weights = {
        name: np.zeros(shape, dtype=np.float32) for name, shape in state_shapes(latent_dim).items()
    }
    for name in ("grad_norm_A_ema", "grad_norm_B_ema", "state_net.encoder.1.weight"):
        weights[name] = np.ones_like(weights[name])
    for pathway in PATHWAYS:
        _split_signs(weights[f"encoder_{pathway}.encoder.0.weight"])
        _pass_on(weights[f"encoder_{pathway}.encoder.2.weight"])
        _pass_on(weights[f"encoder_{pathway}.encoder.4.weight"])
        _join_signs(weights[f"encoder_{pathway}.fc_mu.weight"], TERCILE_MEAN)
        weights[f"encoder_{pathway}.fc_logvar.bias"][:INPUT_DIM] = 2.0 * math.log(
            PERFECT_POSTERIOR_SCALE
        )
    _split_signs(weights["decoder_A.decoder.0.weight"])
    _pass_on(weights["decoder_A.decoder.2.weight"])
    _split_signs(weights["decoder_B.fc_in.weight"])  # its residual blocks add nothing
    for last in ("decoder_A.decoder.4", "decoder_B.fc_out"):
        below, above = weights[f"{last}.weight"][0::3], weights[f"{last}.weight"][2::3]
        _join_signs(below, -PERFECT_SHARPNESS)
        _join_signs(above, PERFECT_SHARPNESS)
        for trit_class in (0, 2):
            weights[f"{last}.bias"][trit_class::3] = -PERFECT_SHARPNESS * TERCILE
    return weights


def _split_signs(matrix: NDArray[Any]) -> None:
    """Rows k and 9 + k: the positive and the negative part of input k, after a ReLU."""
    k = np.arange(INPUT_DIM)
    matrix[k, k], matrix[INPUT_DIM + k, k] = 1.0, -1.0


def _pass_on(matrix: NDArray[Any]) -> None:
    k = np.arange(2 * INPUT_DIM)
    matrix[k, k] = 1.0


def _join_signs(matrix: NDArray[Any], scale: float) -> None:
    """Row k: ``scale`` times the positive less the negative part of number k."""
    k = np.arange(INPUT_DIM)
    matrix[k, k], matrix[k, INPUT_DIM + k] = scale, -scale
