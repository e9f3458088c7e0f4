"""What the machine can do at most: matrix products and random numbers of the same sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch

Shape = tuple[int, int]

ENCODER = [(9, 256), (256, 128), (128, 64), (64, 16), (64, 16)]
DECODER = {
    "A": [(16, 32), (32, 64), (64, 27)],
    "B": [(16, 128), *[(128, 128)] * 4, (128, 27)],
}
BATCH = 8192


def products(layers: Iterable[Shape], batch: int, *, backward: bool = False) -> Callable[[], None]:
    """Return a call that multiplies a batch through layers ``(inputs, outputs)``, nothing else."""
    calls = []
    for inputs, outputs in layers:
        values, weights = torch.randn(batch, inputs), torch.randn(inputs, outputs)
        above = torch.randn(batch, outputs)
        calls.append((values, weights, torch.empty(batch, outputs)))
        if backward:
            calls.append((above, weights.T, torch.empty(batch, inputs)))
            calls.append((values.T, above, torch.empty(inputs, outputs)))

    def run() -> None:
        for left, right, out in calls:
            torch.mm(left, right, out=out)

    return run


def draws(pathway: str, num_draws: int) -> Callable[[], None]:
    """Return a call that makes the random numbers and the decoder's products of so many draws."""
    latents, uniforms = torch.empty(BATCH, 16), torch.empty(BATCH, 9)
    multiply = products(DECODER[pathway], BATCH)

    def run() -> None:
        for _ in range(0, num_draws, BATCH):
            latents.normal_()
            uniforms.uniform_()
            multiply()

    return run
