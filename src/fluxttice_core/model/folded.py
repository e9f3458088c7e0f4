"""A decoder rearranged for many draws: the same function in fewer passes over memory, NumPy only.

Codes stand in columns, so that every operation runs along contiguous memory. Biases are folded:
``relu(x + b) = max(x, -b) + b``, whose ``+ b`` moves into the bias of the next layer, so that one
pass per layer is left. Only log-odds against trit 0 come out, all that a draw needs.
:class:`fluxttice_core.model.reference.ReferenceVAE` is the oracle of its tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .layout import INPUT_DIM, Pathway

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]
    Single = NDArray[np.float32]
    Forward = Callable[[Single], Single]

# So many columns of 128 hidden units stay in a core's second-level cache.
TILE = 512


class FoldedDecoder:
    """One pathway's decoder in float32.

    Parameters
    ----------
    weights : name to array, as in :func:`fluxttice_core.model.layout.state_shapes`.
    """

    def __init__(self, weights: Mapping[str, Floats], pathway: Pathway) -> None:
        self.latent_dim: int = weights["encoder_A.fc_mu.bias"].shape[0]
        self._forward = _fold_a(weights) if pathway == "A" else _fold_b(weights)

    def log_odds(self, latents: Single) -> Single:
        """Map codes ``(latent, n)`` to ``log p(t) / p(0)``, ``(2, 9, n)``, for t = -1 and +1."""
        result = np.empty((2 * INPUT_DIM, latents.shape[1]), dtype=np.float32)
        for start in range(0, latents.shape[1], TILE):
            columns = slice(start, start + TILE)
            result[:, columns] = self._forward(latents[:, columns])
        return result.reshape(2, INPUT_DIM, -1)


def _fold_a(weights: Mapping[str, Floats]) -> Forward:
    first, first_bias = _layer(weights, "decoder_A.decoder.0")
    second, bias = _layer(weights, "decoder_A.decoder.2")
    second_bias = bias + second @ first_bias
    last, bias = _log_odds_layer(*_layer(weights, "decoder_A.decoder.4"))
    last_bias = bias + last @ second_bias
    w1, w2, w3 = _single(first, second, last)
    floor1, floor2, b3 = _columns(-first_bias, -second_bias, last_bias)

    def forward(latents: Single) -> Single:
        hidden = _at_least(w1 @ latents, floor1)
        hidden = _at_least(w2 @ hidden, floor2)
        result = w3 @ hidden
        result += b3
        return result

    return forward


def _fold_b(weights: Mapping[str, Floats]) -> Forward:
    first, first_bias = _layer(weights, "decoder_B.fc_in")
    # What the hidden units lack of their value at this point.
    lacking = first_bias
    matrices, floors = [first], [-first_bias]
    for block in ("residual1", "residual2"):
        inner, bias = _layer(weights, f"decoder_B.{block}.block.0")
        inner_bias = bias + inner @ lacking
        outer, bias = _layer(weights, f"decoder_B.{block}.block.2")
        lacking = lacking + bias + outer @ inner_bias
        matrices += [inner, outer]
        floors += [-inner_bias, -lacking]
    last, bias = _log_odds_layer(*_layer(weights, "decoder_B.fc_out"))
    w1, w2, w3, w4, w5, w6 = _single(*matrices, last)
    floor1, floor2, floor3, floor4, _ = _columns(*floors)
    (b6,) = _columns(bias + last @ lacking)

    def forward(latents: Single) -> Single:
        hidden = _at_least(w1 @ latents, floor1)
        hidden += w3 @ _at_least(w2 @ hidden, floor2)
        hidden = _at_least(hidden, floor3)
        hidden += w5 @ _at_least(w4 @ hidden, floor4)
        result = w6 @ hidden
        result += b6
        return result

    return forward


def _layer(weights: Mapping[str, Floats], name: str) -> tuple[Floats, Floats]:
    weight, bias = (weights[f"{name}.{part}"].astype(np.float64) for part in ("weight", "bias"))
    return weight, bias


def _log_odds_layer(weight: Floats, bias: Floats) -> tuple[Floats, Floats]:
    """From the rows of three logits per trit to those of two differences, all of t = -1 first."""

    def differences(values: Floats) -> Floats:
        each = values.reshape(INPUT_DIM, 3, -1)
        return np.concatenate([each[:, 0] - each[:, 1], each[:, 2] - each[:, 1]])

    return differences(weight), differences(bias)[:, 0]


def _single(*matrices: Floats) -> list[Single]:
    return [np.ascontiguousarray(matrix, dtype=np.float32) for matrix in matrices]


def _columns(*vectors: Floats) -> list[Single]:
    return [vector.astype(np.float32)[:, None] for vector in vectors]


def _at_least(values: Single, floor: Single) -> Single:
    np.maximum(values, floor, out=values)
    return values
