"""One seed, many independent streams: a named generator for every purpose.

A stream is keyed by ``SHA-256("fluxttice_core/<seed>/<purpose>")``, so that drawing more from
one never moves another, and no stream is the global one of NumPy or PyTorch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    import torch

Purpose = Literal[
    "initialisation",
    "shuffle",
    "noise",
    "mix",
    "prior",
    "exploration",
    "evaluation",
    "latents",
    "categorical",
    "control",
    "benchmark",
    "posterior",
    "pairs",
    "simulation",
    "permutation",
]


def derive_seed(seed: int, purpose: Purpose, stream: int = 0) -> int:
    """Return the 63-bit seed of one named stream.

    >>> derive_seed(42, "shuffle") == derive_seed(42, "shuffle")
    True
    >>> derive_seed(42, "shuffle") == derive_seed(42, "noise")
    False
    """
    suffix = f"/{stream}" if stream else ""
    digest = hashlib.sha256(f"fluxttice_core/{seed}/{purpose}{suffix}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def numpy_generator(seed: int, purpose: Purpose, stream: int = 0) -> np.random.Generator:
    """Return a Philox generator for one purpose (``stream`` numbers its replicates)."""
    return np.random.Generator(np.random.Philox(derive_seed(seed, purpose, stream)))


def fast_generator(seed: int, purpose: Purpose, stream: int = 0) -> np.random.Generator:
    """Return an SFC64 generator: a fifth faster than Philox, for many draws in short streams."""
    return np.random.Generator(np.random.SFC64(derive_seed(seed, purpose, stream)))


def torch_generator(seed: int, purpose: Purpose) -> torch.Generator:
    """Return a CPU ``torch.Generator`` for one purpose."""
    import torch

    return torch.Generator().manual_seed(derive_seed(seed, purpose))


@contextmanager
def isolated_torch_seed(seed: int, purpose: Purpose) -> Iterator[None]:
    """Seed PyTorch's global CPU stream inside the block and put it back afterwards.

    For code that cannot take a generator, such as the default initialisation of a layer.
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, purpose))
        yield
