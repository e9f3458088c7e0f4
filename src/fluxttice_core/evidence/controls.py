"""Networks whose right answers are known: evidence must tell a checkpoint apart from them.

*Untrained*: the same architecture with random weights. *Collapsed*: an untrained network whose
decoders ignore the code. Both reach near-limit sampled coverage; neither knows anything.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..model.layout import LATENT_DIM, state_shapes
from ..rng import numpy_generator

Weights = dict[str, NDArray[Any]]


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
