"""Any ``model=`` argument to a checkpoint, and a checkpoint to the networks made of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .artifacts.checkpoint import (
    PACKAGED_NAMES,
    Checkpoint,
    check_weights,
    read_checkpoint,
    with_own_metadata,
)
from .artifacts.metadata import check_metadata
from .artifacts.weight_sets import HALVES, as_arrays, unwrapped
from .errors import CheckpointError, MissingExtraError
from .measure.arguments import checked, file_name, optional, text
from .model.folded import FoldedDecoder
from .model.layout import Pathway
from .model.reference import ReferenceVAE

if TYPE_CHECKING:
    import torch

    from .model.dual_vae import DualNeuralVAEV5

    Model = Checkpoint | DualNeuralVAEV5 | str | Path | None


DEFAULT_NAME = "codebook"


@checked(CheckpointError, path=optional(file_name), sha256=optional(text))
def load(path: str | Path | None = None, *, sha256: str | None = None) -> Checkpoint:
    """Load a checkpoint, or packaged weights: "codebook", the default, or "v5_5".

    Returns the same type with or without PyTorch; a network is made from it with
    :func:`to_torch`. Reading a ``.pt`` file needs PyTorch, a ``.safetensors`` file does not.

    Parameters
    ----------
    path : ``.pt`` or ``.safetensors``, or the name of packaged weights; None for the default.
    sha256 : expected hash of the file, checked before it is parsed.

    Raises
    ------
    CheckpointError
        Missing, damaged, foreign, of another hash, or carrying code.

    Example
    -------
    >>> load().epoch, load("v5_5").epoch
    (299, 106)
    """
    name = DEFAULT_NAME if path is None else str(path)
    if name not in PACKAGED_NAMES:
        return read_checkpoint(name, sha256=sha256)
    if sha256 is not None:
        with _packaged_path(name) as packaged:
            return read_checkpoint(packaged, sha256=sha256)
    return with_own_metadata(_packaged(name))


@contextmanager
def _packaged_path(name: str) -> Iterator[Path]:
    entry = resources.files("fluxttice_core") / "weights" / f"{name}.safetensors"
    with resources.as_file(entry) as path:
        yield path


@lru_cache(maxsize=len(PACKAGED_NAMES))
def _packaged(name: str) -> Checkpoint:
    with _packaged_path(name) as path:
        checkpoint = read_checkpoint(path)
    return Checkpoint(
        checkpoint.weights,
        checkpoint.metadata,
        f"packaged weights ({name})",
        checkpoint.file_sha256,
    )


def to_torch(checkpoint: Checkpoint, device: torch.device | str = "cpu") -> DualNeuralVAEV5:
    """Make the PyTorch network of a checkpoint, in evaluation mode, at the file's rho.

    Raises
    ------
    MissingExtraError
        PyTorch is not installed.
    CheckpointError, ConfigError
        No checkpoint; a device that cannot be used.

    Example
    -------
    >>> to_torch(load()).rho == load().rho
    True
    """
    torch = torch_for("building a PyTorch network")
    if not isinstance(checkpoint, Checkpoint):
        raise CheckpointError(f"expected a checkpoint, got {type(checkpoint).__name__}; load() it")
    from .device import usable_device
    from .model.dual_vae import DualNeuralVAEV5
    from .rng import isolated_torch_seed

    with isolated_torch_seed(0, "initialisation"):
        model = DualNeuralVAEV5(latent_dim=checkpoint.latent_dim)
    model.load_state_dict({name: torch.tensor(value) for name, value in checkpoint.weights.items()})
    model.rho = checkpoint.rho
    return model.to(usable_device(device)).eval()


def as_checkpoint(model: Model) -> Checkpoint:
    """Return the checkpoint behind any accepted ``model`` argument."""
    if isinstance(model, Checkpoint):
        return model
    if model is None or isinstance(model, str | Path):
        name = DEFAULT_NAME if model is None else str(model)
        # The one in the cache, with what was made of it: nothing here changes its metadata.
        return _packaged(name) if name in PACKAGED_NAMES else load(name)
    if not callable(getattr(model, "state_dict", None)):
        raise CheckpointError(
            f"expected a checkpoint, its path, or a PyTorch network, got {type(model).__name__}"
        )
    source = type(model).__name__
    state = unwrapped(model.state_dict())
    for value in state.values():
        if str(getattr(value, "dtype", "")) in HALVES:
            raise CheckpointError(
                f"{source}: its weights are {str(value.dtype).removeprefix('torch.')}, and what is "
                "measured is float32, which rounds otherwise; to measure that: network.float()"
            )
    arrays, _ = as_arrays(state)
    rho = getattr(getattr(model, "module", model), "rho", None)
    metadata = {} if rho is None else {"rho": rho}
    check_metadata(metadata, source)
    return Checkpoint(
        MappingProxyType(check_weights(arrays, source)), MappingProxyType(metadata), source, None
    )


@lru_cache(maxsize=4)
def _reference_vae(checkpoint: Checkpoint) -> ReferenceVAE:
    return ReferenceVAE(checkpoint.weights)


def reference_of(model: Model) -> ReferenceVAE:
    """Return the NumPy network of any accepted ``model`` argument."""
    return _reference_vae(as_checkpoint(model))


@lru_cache(maxsize=4)
def folded_decoder(checkpoint: Checkpoint, pathway: Pathway) -> FoldedDecoder:
    """Return a decoder arranged for many draws."""
    return FoldedDecoder(checkpoint.weights, pathway)


@lru_cache(maxsize=4)
def network_of(checkpoint: Checkpoint, device: str) -> DualNeuralVAEV5:
    """Return the PyTorch network of a checkpoint on a device, made once."""
    return to_torch(checkpoint, device)


def network_on(model: Model, device: Any) -> DualNeuralVAEV5:
    """Return the PyTorch network of any ``model`` argument; a network given is used as it is."""
    if model is None or isinstance(model, Checkpoint | str | Path):
        return network_of(as_checkpoint(model), str(device))
    return model


def is_tensor(value: Any) -> bool:
    """Whether this is a PyTorch tensor; PyTorch is not imported to find out."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def torch_for(purpose: str) -> Any:
    """Return the module ``torch``, or say which extra ``purpose`` needs."""
    try:
        import torch
    except ModuleNotFoundError:
        raise MissingExtraError(purpose, "torch") from None
    return torch
