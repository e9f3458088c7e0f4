"""The same networks in NumPy: needs no PyTorch, and is the oracle the PyTorch path is held to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..operations import generate_all_operations
from .layout import Pathway

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import DTypeLike, NDArray

    Floats = NDArray[np.floating[Any]]


class ReferenceVAE:
    """Both pathways of a v5.5 state dictionary, evaluated with NumPy.

    Parameters
    ----------
    weights : name to float32 array, as in :func:`fluxttice_core.model.layout.state_shapes`.
    dtype : float64 for answers, float32 where only speed differs.
    """

    def __init__(self, weights: Mapping[str, Floats], dtype: DTypeLike = np.float64) -> None:
        self.dtype = np.dtype(dtype)
        self._weights = {
            name: np.ascontiguousarray(value.T if value.ndim == 2 else value, dtype=self.dtype)
            for name, value in weights.items()
        }
        self.latent_dim: int = self._weights["encoder_A.fc_mu.bias"].shape[0]
        self._encodings: dict[Pathway, tuple[Floats, Floats]] = {}

    def _linear(self, name: str, values: Floats) -> Floats:
        result = values @ self._weights[f"{name}.weight"]
        result += self._weights[f"{name}.bias"]
        return result

    def encode(self, trits: NDArray[Any], pathway: Pathway) -> tuple[Floats, Floats]:
        """Map trits ``(n, 9)`` to posterior mean and log-variance, ``(n, latent)`` each."""
        name = f"encoder_{pathway}"
        hidden = np.asarray(trits, dtype=self.dtype)
        for layer in (0, 2, 4):
            hidden = np.maximum(self._linear(f"{name}.encoder.{layer}", hidden), 0)
        return self._linear(f"{name}.fc_mu", hidden), self._linear(f"{name}.fc_logvar", hidden)

    def encode_all(self, pathway: Pathway) -> tuple[Floats, Floats]:
        """:meth:`encode` of all 19,683 operations in index order, once; read-only."""
        if pathway not in self._encodings:
            encoding = self.encode(generate_all_operations(), pathway)
            for values in encoding:
                values.flags.writeable = False
            self._encodings[pathway] = encoding
        return self._encodings[pathway]

    def logits(self, latents: NDArray[Any], pathway: Pathway) -> Floats:
        """Map codes ``(n, latent)`` to logits ``(n, 9, 3)``; class c is trit c - 1."""
        hidden = np.asarray(latents, dtype=self.dtype)
        if pathway == "A":
            hidden = np.maximum(self._linear("decoder_A.decoder.0", hidden), 0)
            hidden = np.maximum(self._linear("decoder_A.decoder.2", hidden), 0)
            return self._linear("decoder_A.decoder.4", hidden).reshape(-1, 9, 3)
        hidden = np.maximum(self._linear("decoder_B.fc_in", hidden), 0)
        hidden = np.maximum(self._residual("decoder_B.residual1", hidden), 0)
        hidden = self._residual("decoder_B.residual2", hidden)
        return self._linear("decoder_B.fc_out", hidden).reshape(-1, 9, 3)

    def _residual(self, name: str, hidden: Floats) -> Floats:
        inner = np.maximum(self._linear(f"{name}.block.0", hidden), 0)
        correction = self._linear(f"{name}.block.2", inner)
        correction += hidden
        return correction


def probabilities(logits: Floats) -> Floats:
    """Softmax over the last axis (three classes), shifted so that it cannot overflow."""
    # Written out: NumPy's reductions over an axis of length three cost more than the network.
    first, second, third = logits[..., 0], logits[..., 1], logits[..., 2]
    highest = np.maximum(np.maximum(first, second), third)
    result = np.exp(logits - highest[..., None])
    total = result[..., 0] + result[..., 1]
    total += result[..., 2]
    result /= total[..., None]
    return result
