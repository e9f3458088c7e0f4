"""CodebookMeter beside vector-quantize-pytorch: does its interval hold the exact perplexity?

Needs ``vector-quantize-pytorch`` (measured with 1.32.0), which the library itself does not:

    pip install vector-quantize-pytorch
    python benchmarks/codebook_peer.py > benchmarks/codebook_peer.json

Inputs are 20,000 fixed vectors of known masses, so the exact distribution of the codes is a sum
over all of them. A batch is 8 images of 32 tokens, and the tokens of an image are drawn from 8
vectors of its own: they depend on each other, as those of real images do.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from fluxttice_core import measure

NUM_INPUTS, DIMENSIONS, BATCHES, RUNS = 20_000, 9, 200, 100


def quantizers() -> dict[str, tuple[int, Callable[[torch.Tensor], Any]]]:
    """Size of the codebook, and indices of vectors ``(n, 9)``."""
    from vector_quantize_pytorch import FSQ, LFQ, VectorQuantize

    torch.manual_seed(0)
    vq = VectorQuantize(dim=DIMENSIONS, codebook_size=512, kmeans_init=False).eval()
    fsq = FSQ(levels=[3] * DIMENSIONS).eval()
    lfq = LFQ(codebook_size=2**DIMENSIONS, dim=DIMENSIONS).eval()
    return {
        "VQ 512": (512, lambda x: vq(x[None])[1][0]),
        "FSQ 3^9": (3**DIMENSIONS, lambda x: fsq(x[None])[1][0]),
        "LFQ 2^9": (2**DIMENSIONS, lambda x: lfq(x[None])[1][0]),
    }


def perplexity_of(codes: np.ndarray, masses: np.ndarray) -> float:
    """Exact perplexity of the codes of inputs with these masses."""
    return measure.hill_number_of_masses(np.bincount(codes, masses), 1)


def one_run(rng: np.random.Generator, size: int, quantize: Any, inputs: Any, masses: Any) -> Any:
    """The report of one meter over all batches."""
    meter = measure.CodebookMeter(size)
    for _ in range(BATCHES):
        own = rng.choice(len(masses), (8, 8), p=masses)
        tokens = np.take_along_axis(own, rng.integers(0, 8, (8, 32)), axis=1)
        meter.update(quantize(inputs[tokens.reshape(-1)]).reshape(8, 32))
    return meter.report()[0]


@torch.no_grad()
def main() -> None:
    rng = np.random.default_rng(0)
    inputs = torch.from_numpy(rng.standard_normal((NUM_INPUTS, DIMENSIONS))).float()
    masses = 1.0 / np.arange(1, NUM_INPUTS + 1) ** 0.5
    masses /= masses.sum()
    record = {}
    for name, (size, quantize) in quantizers().items():
        exact = perplexity_of(quantize(inputs).numpy(), masses)
        reports = [one_run(rng, size, quantize, inputs, masses) for _ in range(RUNS)]
        found = [report.estimates["perplexity_corrected"] for report in reports]
        ends = [each.interval for each in found]
        record[name] = {
            "exact_perplexity": exact,
            "num_draws": reports[0].num_draws,
            "plug_in": float(reports[0].estimates["perplexity"]),
            "corrected": float(found[0]),
            "interval": ends[0],
            "share_of_runs_that_hold": sum(
                low <= exact and (high is None or exact <= high) for low, high in ends
            )
            / RUNS,
        }
    json.dump({"runs": RUNS, "quantizers": record}, sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
