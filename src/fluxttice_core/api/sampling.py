"""Draws of gates, all at once or in batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError
from ..loading import as_checkpoint, folded_decoder, network_of, torch_for
from ..measure.arguments import SEED, checked, optional, whole
from ..model.layout import Pathway
from ..model.sampler import BLOCK, draw_blocks, rebatch
from ..rng import derive_seed
from ..threads import available_cores, check_threads
from .codec import PATHWAY

if TYPE_CHECKING:
    import torch

    from ..loading import Model
    from ..model.dual_vae import DualNeuralVAEV5


# Draws on a device at a time: enough to fill one, some hundred MB for the wider decoder.
DEVICE_BLOCK = 2**17


@overload
def sample(
    num_draws: int,
    *,
    model: Model = None,
    pathway: Pathway = "A",
    seed: int | None = None,
    threads: int | None = None,
    device: None = None,
) -> NDArray[np.int8]: ...
@overload
def sample(
    num_draws: int,
    *,
    model: Model = None,
    pathway: Pathway = "A",
    seed: int | None = None,
    threads: int | None = None,
    device: torch.device | str,
) -> torch.Tensor: ...
@checked(ConfigError, num_draws=whole(0), pathway=PATHWAY, seed=optional(SEED))
def sample(
    num_draws: int,
    *,
    model: Model = None,
    pathway: Pathway = "A",
    seed: int | None = None,
    threads: int | None = None,
    device: Any = None,
) -> Any:
    """Draw operations: z ~ N(0, I), the plain decoder, one categorical draw per trit.

    Parameters
    ----------
    num_draws : at least 0.
    seed : an integer for the same draws every time; None for fresh entropy. Fewer draws are the
        first of more.
    threads : blocks of draws made at a time, None for a thread per core; changes no draw.
    device : None for NumPy; "cpu" or "cuda" to draw with PyTorch there, from a stream of its own.

    Returns
    -------
    ``(num_draws, 9)`` int8 trits, an array or a tensor on ``device``.

    Raises
    ------
    ConfigError
        The device cannot be used, or ``threads`` lies outside 1 .. 1,024.

    Example
    -------
    >>> sample(3, seed=0).shape
    (3, 9)
    """
    batches = list(
        sample_batches(
            num_draws, model=model, pathway=pathway, seed=seed, threads=threads, device=device
        )
    )
    if device is not None:
        torch = torch_for("drawing on a device")
        return torch.cat(batches) if batches else torch.empty(0, 9, dtype=torch.int8, device=device)
    return np.concatenate(batches) if batches else np.empty((0, 9), dtype=np.int8)


@overload
def sample_batches(
    num_draws: int,
    *,
    model: Model = None,
    pathway: Pathway = "A",
    seed: int | None = None,
    batch_size: int = BLOCK,
    threads: int | None = None,
    device: None = None,
) -> Iterator[NDArray[np.int8]]: ...
@overload
def sample_batches(
    num_draws: int,
    *,
    model: Model = None,
    pathway: Pathway = "A",
    seed: int | None = None,
    batch_size: int = BLOCK,
    threads: int | None = None,
    device: torch.device | str,
) -> Iterator[torch.Tensor]: ...
@checked(ConfigError, num_draws=whole(0), batch_size=whole(1), pathway=PATHWAY, seed=optional(SEED))
def sample_batches(
    num_draws: int,
    *,
    model: Model = None,
    pathway: Pathway = "A",
    seed: int | None = None,
    batch_size: int = BLOCK,
    threads: int | None = None,
    device: Any = None,
) -> Iterator[Any]:
    """Yield the draws of :func:`sample` in batches; memory does not grow with ``num_draws``.

    The batch size does not change what is drawn.

    Example
    -------
    >>> sum(len(batch) for batch in sample_batches(10, seed=0, batch_size=4))
    10
    """
    threads = available_cores() if threads is None else check_threads(threads)
    checkpoint = as_checkpoint(model)
    if seed is None:
        seed = int(np.random.SeedSequence().generate_state(1, np.uint64)[0] >> 1)
    if device is not None:
        torch = torch_for("drawing on a device")
        from ..device import usable_device

        network = network_of(checkpoint, str(usable_device(device)))
        tensors = _draw_on_device(network, num_draws, pathway, seed)
        return rebatch(tensors, batch_size, torch.cat)
    blocks = draw_blocks(folded_decoder(checkpoint, pathway), num_draws, seed, threads=threads)
    return rebatch(blocks, batch_size, np.concatenate)


def _draw_on_device(
    network: DualNeuralVAEV5, num_draws: int, pathway: Pathway, seed: int
) -> Iterator[torch.Tensor]:
    """Draw with noise made on the network's device, so that nothing passes through the host."""
    import torch

    device = network.grad_norm_A_ema.device
    generator = torch.Generator(device).manual_seed(derive_seed(seed, "categorical"))
    for start in range(0, num_draws, DEVICE_BLOCK):
        drawn = network.sample(DEVICE_BLOCK, device, pathway, generator=generator)
        yield drawn[: num_draws - start].to(torch.int8)
