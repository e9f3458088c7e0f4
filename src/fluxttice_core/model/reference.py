"""The same networks in NumPy: needs no PyTorch, and is the oracle the PyTorch path is held to.

What they offer to be measured is that of :class:`fluxttice_core.evidence.generator.Generator`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .controls import collapsed_weights, perfect_weights, untrained_weights
from .layout import GATES, INPUT_DIM, PATHWAYS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import DTypeLike, NDArray

    Floats = NDArray[np.floating[Any]]

# Rows that go through all layers together, so that hidden units stay in a core's second-level
# cache. A multiple of 24, the rows of a kernel: in another, sums end in other digits.
TILE = 768


class ReferenceVAE:
    """Both pathways of a v5.5 state dictionary, evaluated with NumPy.

    Parameters
    ----------
    weights : name to float32 array, as in :func:`fluxttice_core.model.layout.state_shapes`.
    dtype : float64 for answers, float32 where only speed differs.
    """

    space = GATES
    pathways: tuple[str, ...] = PATHWAYS

    def __init__(self, weights: Mapping[str, Floats], dtype: DTypeLike = np.float64) -> None:
        self.dtype = np.dtype(dtype)
        self._given = weights
        self._weights = {
            name: np.ascontiguousarray(value.T if value.ndim == 2 else value, dtype=self.dtype)
            for name, value in weights.items()
        }
        self.latent_dim: int = self._weights["encoder_A.fc_mu.bias"].shape[0]
        self._encodings: dict[str, tuple[Floats, Floats]] = {}

    def in_single(self) -> ReferenceVAE:
        """Return the same networks in float32."""
        return ReferenceVAE(self._given, np.float32)

    def untrained(self, seed: int) -> ReferenceVAE:
        """Return random networks of this width: the control that lacks learning."""
        return ReferenceVAE(untrained_weights(seed, self.latent_dim))

    def collapsed(self, seed: int) -> ReferenceVAE:
        """Return networks of this width whose decoders ignore the code."""
        return ReferenceVAE(collapsed_weights(seed, self.latent_dim))

    def perfect(self) -> ReferenceVAE | None:
        """Return the codebook written by hand; None where a trit has no axis of its own."""
        if self.latent_dim < INPUT_DIM:
            return None
        return ReferenceVAE(perfect_weights(self.latent_dim))

    def _linear(self, name: str, values: Floats) -> Floats:
        result = values @ self._weights[f"{name}.weight"]
        result += self._weights[f"{name}.bias"]
        return result

    def encode(self, rows: NDArray[Any], pathway: str) -> tuple[Floats, Floats]:
        """Map trits ``(n, 9)`` to posterior mean and log-variance, ``(n, latent)`` each."""
        name = f"encoder_{pathway}"

        def layers(hidden: Floats) -> Floats:
            for layer in (0, 2, 4):
                hidden = np.maximum(self._linear(f"{name}.encoder.{layer}", hidden), 0)
            return hidden

        hidden = self._in_tiles(layers, rows, 64)
        return self._linear(f"{name}.fc_mu", hidden), self._linear(f"{name}.fc_logvar", hidden)

    def encode_all(self, pathway: str) -> tuple[Floats, Floats]:
        """:meth:`encode` of all 19,683 operations in index order, once; read-only."""
        if pathway not in self._encodings:
            encoding = self.encode(self.space.enumerate(), pathway)
            for values in encoding:
                values.flags.writeable = False
            self._encodings[pathway] = encoding
        return self._encodings[pathway]

    def logits(self, latents: NDArray[Any], pathway: str) -> Floats:
        """Map codes ``(n, latent)`` to logits ``(n, 9, 3)``; class c is trit c - 1."""
        decode = self._decode_a if pathway == "A" else self._decode_b
        return self._in_tiles(decode, latents, 27).reshape(-1, 9, 3)

    def _decode_a(self, codes: Floats) -> Floats:
        hidden = np.maximum(self._linear("decoder_A.decoder.0", codes), 0)
        hidden = np.maximum(self._linear("decoder_A.decoder.2", hidden), 0)
        return self._linear("decoder_A.decoder.4", hidden)

    def _decode_b(self, codes: Floats) -> Floats:
        hidden = np.maximum(self._linear("decoder_B.fc_in", codes), 0)
        hidden = np.maximum(self._residual("decoder_B.residual1", hidden), 0)
        hidden = self._residual("decoder_B.residual2", hidden)
        return self._linear("decoder_B.fc_out", hidden)

    def _residual(self, name: str, hidden: Floats) -> Floats:
        inner = np.maximum(self._linear(f"{name}.block.0", hidden), 0)
        correction = self._linear(f"{name}.block.2", inner)
        correction += hidden
        return correction

    def _in_tiles(
        self, function: Callable[[Floats], Floats], rows: NDArray[Any], width: int
    ) -> Floats:
        """A function of rows, to rows of another width, a tile of them at a time."""
        given = np.asarray(rows, dtype=self.dtype)
        result = np.empty((len(given), width), dtype=self.dtype)
        for start in range(0, len(given), TILE):
            result[start : start + TILE] = function(given[start : start + TILE])
        return result
