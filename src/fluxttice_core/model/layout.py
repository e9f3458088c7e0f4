"""The state dictionary's interchange format: 50 tensors, their names and shapes.

Every v5.5 file, ours or foreign, is compared with this table before a single weight is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from ..measure.space import WordSpace

if TYPE_CHECKING:
    from collections.abc import Mapping

Pathway = Literal["A", "B"]
PATHWAYS: tuple[Pathway, Pathway] = ("A", "B")
INPUT_DIM = 9
# What the networks are models of: every gate, in the order of its index.
GATES = WordSpace(INPUT_DIM, 3, lowest=-1, name="two-input ternary gates")
LATENT_DIM = 16
NUM_TENSORS = 50
NUM_PARAMETERS = 168_770


def state_shapes(latent_dim: int = LATENT_DIM) -> dict[str, tuple[int, ...]]:
    """Return name to shape in state-dict order.

    >>> shapes = state_shapes()
    >>> len(shapes), shapes["decoder_A.decoder.4.weight"]
    (50, (27, 64))
    """
    shapes: dict[str, tuple[int, ...]] = {"grad_norm_A_ema": (), "grad_norm_B_ema": ()}

    def linear(name: str, outputs: int, inputs: int) -> None:
        shapes[f"{name}.weight"] = (outputs, inputs)
        shapes[f"{name}.bias"] = (outputs,)

    def encoder(name: str) -> None:
        linear(f"{name}.encoder.0", 256, INPUT_DIM)
        linear(f"{name}.encoder.2", 128, 256)
        linear(f"{name}.encoder.4", 64, 128)
        linear(f"{name}.fc_mu", latent_dim, 64)
        linear(f"{name}.fc_logvar", latent_dim, 64)

    encoder("encoder_A")
    encoder("encoder_B")
    linear("decoder_A.decoder.0", 32, latent_dim)
    linear("decoder_A.decoder.2", 64, 32)
    linear("decoder_A.decoder.4", 27, 64)
    linear("decoder_B.fc_in", 128, latent_dim)
    for block in ("residual1", "residual2"):
        linear(f"decoder_B.{block}.block.0", 128, 128)
        linear(f"decoder_B.{block}.block.2", 128, 128)
    linear("decoder_B.fc_out", 27, 128)
    linear("state_net.encoder.0", 32, 9)
    shapes["state_net.encoder.1.weight"] = (32,)
    shapes["state_net.encoder.1.bias"] = (32,)
    linear("state_net.encoder.3", 8, 32)
    linear("state_net.decoder.0", 32, 8)
    linear("state_net.decoder.2", 4, 32)
    return shapes


def state_differences(state: Mapping[str, object], latent_dim: int = LATENT_DIM) -> list[str]:
    """Compare a state dictionary (NumPy arrays) with the layout; list every difference.

    An empty list means: exactly these names, these shapes, float32, every value finite.
    """
    shapes = state_shapes(latent_dim)
    faults = [f"missing tensor {name} {shapes[name]}" for name in shapes if name not in state]
    faults += [f"unexpected tensor {name}" for name in state if name not in shapes]
    for name, shape in shapes.items():
        if name not in state:
            continue
        value = state[name]
        if not isinstance(value, np.ndarray):
            faults.append(f"{name} is not a tensor but {type(value).__name__}")
        elif value.shape != shape:
            faults.append(f"{name} has shape {value.shape}, expected {shape}")
        elif value.dtype != np.float32:
            faults.append(f"{name} has type {value.dtype}, expected float32")
        elif not np.isfinite(value).all():
            bad = int((~np.isfinite(value)).sum())
            faults.append(f"{name} holds {bad} of {value.size} values that are not finite")
    return faults
