"""The original import path, from the repository root; everything lives in ``fluxttice_core``."""

from fluxttice_core.model.dual_vae import DualNeuralVAEV5

__all__ = ["DualNeuralVAEV5"]
