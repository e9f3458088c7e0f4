"""The interchange format: fifty tensors under the names and shapes of v5.5."""

import numpy as np
import pytest

from fluxttice_core.model.dual_vae import DualNeuralVAEV5
from fluxttice_core.model.layout import (
    NUM_PARAMETERS,
    NUM_TENSORS,
    state_differences,
    state_shapes,
)


def linear(name, outputs, inputs):
    return [(f"{name}.weight", (outputs, inputs)), (f"{name}.bias", (outputs,))]


# The specification's table, written out a second time, independently of the package.
SPECIFIED = [("grad_norm_A_ema", ()), ("grad_norm_B_ema", ())]
for _p in "AB":
    SPECIFIED += linear(f"encoder_{_p}.encoder.0", 256, 9)
    SPECIFIED += linear(f"encoder_{_p}.encoder.2", 128, 256)
    SPECIFIED += linear(f"encoder_{_p}.encoder.4", 64, 128)
    SPECIFIED += linear(f"encoder_{_p}.fc_mu", 16, 64)
    SPECIFIED += linear(f"encoder_{_p}.fc_logvar", 16, 64)
SPECIFIED += linear("decoder_A.decoder.0", 32, 16)
SPECIFIED += linear("decoder_A.decoder.2", 64, 32)
SPECIFIED += linear("decoder_A.decoder.4", 27, 64)
SPECIFIED += linear("decoder_B.fc_in", 128, 16)
for _b in ("residual1", "residual2"):
    SPECIFIED += linear(f"decoder_B.{_b}.block.0", 128, 128)
    SPECIFIED += linear(f"decoder_B.{_b}.block.2", 128, 128)
SPECIFIED += linear("decoder_B.fc_out", 27, 128)
SPECIFIED += linear("state_net.encoder.0", 32, 9)
SPECIFIED += [("state_net.encoder.1.weight", (32,)), ("state_net.encoder.1.bias", (32,))]
SPECIFIED += linear("state_net.encoder.3", 8, 32)
SPECIFIED += linear("state_net.decoder.0", 32, 8)
SPECIFIED += linear("state_net.decoder.2", 4, 32)


def valid_state():
    generator = np.random.default_rng(0)
    return {name: generator.standard_normal(shape).astype(np.float32) for name, shape in SPECIFIED}


def test_names_order_and_shapes_are_the_specified_ones():
    assert list(state_shapes().items()) == SPECIFIED
    assert len(SPECIFIED) == NUM_TENSORS == 50


def test_the_network_has_this_state_dictionary():
    state = DualNeuralVAEV5().state_dict()
    assert [(name, tuple(value.shape)) for name, value in state.items()] == SPECIFIED
    assert {str(value.dtype) for value in state.values()} == {"torch.float32"}


def test_parameter_counts_are_the_published_ones():
    model = DualNeuralVAEV5()

    def count(*parts):
        return sum(p.numel() for part in parts for p in part.parameters())

    assert count(model) == NUM_PARAMETERS == 168_770
    assert count(model.encoder_A, model.decoder_A) == 50_203
    assert count(model.encoder_B, model.decoder_B) == 117_499
    assert count(model.state_net) == 1_068
    assert all(p.requires_grad for p in model.parameters())


@pytest.mark.parametrize("latent_dim", [1, 2, 8, 32])
def test_layout_follows_the_latent_size(latent_dim):
    state = DualNeuralVAEV5(latent_dim=latent_dim).state_dict()
    assert {name: tuple(value.shape) for name, value in state.items()} == state_shapes(latent_dim)


def test_a_valid_state_has_no_difference():
    assert state_differences(valid_state()) == []


def test_every_difference_is_listed_at_once():
    state = valid_state()
    del state["encoder_A.fc_mu.bias"]
    state["encoder_a.fc_mu.bias"] = np.zeros(16, np.float32)
    state["decoder_A.decoder.4.weight"] = np.zeros((64, 27), np.float32)
    state["decoder_B.fc_in.bias"] = np.zeros(128)
    state["encoder_B.fc_mu.weight"][3, 5] = np.nan
    state["encoder_B.fc_mu.weight"][3, 6] = np.inf
    state["state_net.decoder.2.bias"] = [0.0] * 4
    assert state_differences(state) == [
        "missing tensor encoder_A.fc_mu.bias (16,)",
        "unexpected tensor encoder_a.fc_mu.bias",
        "encoder_B.fc_mu.weight holds 2 of 1024 values that are not finite",
        "decoder_A.decoder.4.weight has shape (64, 27), expected (27, 64)",
        "decoder_B.fc_in.bias has type float64, expected float32",
        "state_net.decoder.2.bias is not a tensor but list",
    ]


@pytest.mark.parametrize("name", [name for name, _ in SPECIFIED])
def test_each_tensor_is_needed(name):
    state = valid_state()
    del state[name]
    assert len(state_differences(state)) == 1
