"""What the machine can do at most: matrix products and random numbers of the same sizes.

PyTorch and NumPy each bring their own; the ceiling is that of the faster, so both are returned.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from fluxttice_core.model.layout import INPUT_DIM, Pathway
from fluxttice_core.threads import one_blas_thread

from .harness import Job

Product = tuple[int, int, int]
Either = tuple[Job, Job]

# A batch whose hidden units stay in a core's second-level cache.
LATENT_DIM, BATCH = 16, 1024
ENCODER = [(9, 256), (256, 128), (128, 64), (64, 16), (64, 16)]
DECODER = {
    "A": [(16, 32), (32, 64), (64, 27)],
    "B": [(16, 128), *[(128, 128)] * 4, (128, 27)],
}


def training_products(batch: int) -> list[Product]:
    """Rows, inner size and columns of the products of a step: forward, and back through it."""
    layers = [*ENCODER * 2, *DECODER["A"], *DECODER["B"]]
    forward = [(batch, inputs, outputs) for inputs, outputs in layers]
    to_inputs = [(batch, outputs, inputs) for inputs, outputs in layers]
    to_weights = [(inputs, batch, outputs) for inputs, outputs in layers]
    return forward + to_inputs + to_weights


def decoder_products(pathway: Pathway) -> list[Product]:
    """Those of a batch of codes."""
    return [(BATCH, inputs, outputs) for inputs, outputs in DECODER[pathway]]


def multiply(products: Iterable[Product], times: int = 1) -> Either:
    """Do the products, nothing else; NumPy on one thread, as two gain nothing for small ones."""
    with_torch, with_numpy = _multiply(products)

    def held() -> None:
        with one_blas_thread():
            for _ in range(times):
                with_numpy()

    return lambda: [with_torch() for _ in range(times)], held


def draw(products: Iterable[Product], num_draws: int, threads: int) -> Either:
    """Make the random numbers of so many draws, and the products of each batch."""
    products, num_batches = list(products), -(-num_draws // BATCH)
    latents, uniforms = torch.empty(BATCH, LATENT_DIM), torch.empty(BATCH, INPUT_DIM)
    product, _ = _multiply(products)

    def with_torch() -> None:
        for _ in range(num_batches):
            latents.normal_()
            uniforms.uniform_()
            product()

    def share(number: int) -> None:
        generator = np.random.Generator(np.random.SFC64(number))
        normal = np.empty((LATENT_DIM, BATCH), dtype=np.float32)
        uniform = np.empty((INPUT_DIM, BATCH), dtype=np.float32)
        _, product = _multiply(products)
        for _ in range(number, num_batches, threads):
            generator.standard_normal(out=normal, dtype=np.float32)
            generator.random(out=uniform, dtype=np.float32)
            product()

    def with_numpy() -> None:
        with one_blas_thread(), ThreadPoolExecutor(threads) as pool:
            list(pool.map(share, range(threads)))

    return with_torch, with_numpy


def in_turn(*jobs: Either) -> Either:
    """Several ceilings one after another."""
    with_torch, with_numpy = zip(*jobs, strict=True)
    return lambda: [job() for job in with_torch], lambda: [job() for job in with_numpy]


def _multiply(products: Iterable[Product]) -> Either:
    operands = [
        (torch.randn(rows, inner), torch.randn(inner, columns), torch.empty(rows, columns))
        for rows, inner, columns in products
    ]
    arrays = [(left.numpy(), right.numpy(), out.numpy()) for left, right, out in operands]

    def with_torch() -> None:
        for left, right, out in operands:
            torch.mm(left, right, out=out)

    def with_numpy() -> None:
        for left, right, out in arrays:
            np.matmul(left, right, out=out)

    return with_torch, with_numpy
