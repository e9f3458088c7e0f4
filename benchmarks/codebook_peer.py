"""CodebookMeter beside vector-quantize-pytorch, on the gates: do its intervals hold the truth?

Needs ``vector-quantize-pytorch`` (measured with 1.32.0 and PyTorch 2.13.0), which ``make install``
brings for the tests and the library itself does not need:

    pip install vector-quantize-pytorch
    python benchmarks/codebook_peer.py

A small autoencoder learns the truth tables of all 19,683 ternary gates through each quantiser: one
gate, one token. All gates can be put through it, so the exact distribution of the codes is known.
Then gates are drawn at random, 200 times at each n, and their codes counted in batches, as beside
training: the record says how often the intervals of ``CodebookMeter`` (batches as groups) and of
``draws`` (independent tokens) held, and what plug-in perplexity and usage came to beside truth and
limit.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from fluxttice_core import measure
from fluxttice_core.environment import describe_environment
from fluxttice_core.gates.operations import NUM_OPERATIONS, NUM_TRITS, generate_all_operations
from fluxttice_core.rng import isolated_torch_seed, numpy_generator

ROOT = Path(__file__).parents[1]
NUM_TOKENS = (1_024, 16_384, 65_536)
INDEPENDENT = ("observed_richness", "unseen_mass", "hill_number_1", "hill_number_2")
BATCH, WIDTH, STEPS, TRAINING_BATCH, RATE = 64, 128, 2_000, 512, 1e-3


@dataclass(frozen=True)
class Codebook:
    """A quantiser that was trained on the gates."""

    name: str
    size: int
    # Of each gate, (19683,).
    codes: NDArray[np.int64]
    # Share of the gates that the decoder gives back from their codes.
    reconstructed: float
    # From gates (n,) to their codes, through encoder and quantiser.
    encode: Callable[[NDArray[np.int64]], torch.Tensor]

    def masses(self) -> NDArray[np.float64]:
        """The exact distribution of the codes, where every gate is as likely."""
        return np.bincount(self.codes, minlength=self.size) / NUM_OPERATIONS


def quantizers() -> dict[str, tuple[int, Callable[[], nn.Module]]]:
    """Size of each codebook, and how the peer makes it, all but its size left at defaults."""
    from vector_quantize_pytorch import FSQ, LFQ, VectorQuantize

    return {
        "VQ 512": (512, lambda: VectorQuantize(dim=NUM_TRITS, codebook_size=512)),
        "FSQ 3^9": (3**NUM_TRITS, lambda: FSQ(levels=[3] * NUM_TRITS)),
        "LFQ 2^9": (2**NUM_TRITS, lambda: LFQ(codebook_size=2**NUM_TRITS, dim=NUM_TRITS)),
    }


def trained(name: str) -> Codebook:
    """Train encoder, quantiser and decoder on all gates, and quantise every one of them."""
    size, make = quantizers()[name]
    rng = numpy_generator(0, "shuffle")
    gates = torch.from_numpy(generate_all_operations())
    with isolated_torch_seed(0, "initialisation"):
        encoder, quantizer, decoder = network(NUM_TRITS), make(), network(3 * NUM_TRITS)
        parts = nn.ModuleList([encoder, quantizer, decoder])
        optimizer = torch.optim.Adam(parts.parameters(), lr=RATE)
        for _ in range(STEPS):
            batch = gates[rng.integers(0, NUM_OPERATIONS, TRAINING_BATCH)]
            # FSQ has no loss of its own.
            quantized, _, *own = quantizer(encoder(batch.float())[None])
            logits = decoder(quantized[0]).reshape(-1, 3)
            loss = nn.functional.cross_entropy(logits, batch.reshape(-1).long() + 1)
            loss = loss + sum(each.sum() for each in own)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    parts.eval()

    @torch.no_grad()
    def encode(numbers: NDArray[np.int64]) -> torch.Tensor:
        return quantizer(encoder(gates[numbers].float())[None])[1][0]

    with torch.no_grad():
        quantized, codes, *_ = quantizer(encoder(gates.float())[None])
        read = decoder(quantized[0]).reshape(-1, NUM_TRITS, 3).argmax(-1) - 1
    right = float((read == gates).all(-1).double().mean())
    return Codebook(name, size, codes[0].long().numpy(), right, encode)


def network(outputs: int) -> nn.Module:
    """Nine numbers in, some out."""
    return nn.Sequential(
        *(nn.Linear(NUM_TRITS, WIDTH), nn.GELU(), nn.Linear(WIDTH, WIDTH), nn.GELU()),
        nn.Linear(WIDTH, outputs),
    )


def require_same_codes(book: Codebook) -> None:
    """Refuse a quantiser that gives a gate another code in another batch: no table holds it."""
    order = numpy_generator(0, "evaluation").permutation(NUM_OPERATIONS)
    for batch in np.array_split(order, NUM_OPERATIONS // BATCH):
        if not np.array_equal(book.encode(batch).numpy(), book.codes[batch]):
            raise click.ClickException(f"{book.name} gives a gate another code in another batch")


def holds(estimate: measure.Estimate, truth: float) -> bool | None:
    """Whether the interval contains the truth; None without an interval."""
    if estimate.interval is None:
        return None
    low, high = estimate.interval
    # Masses that are sums of parts differ from their exact sum in the last digits.
    slack = 1e-9 * max(abs(truth), 1.0)
    return (low is None or low - slack <= truth) and (high is None or truth <= high + slack)


def share(found: list[bool | None]) -> float | None:
    """Share that holds of the intervals there are; None where there is none."""
    given = [each for each in found if each is not None]
    return sum(given) / len(given) if given else None


def truths(p: NDArray[np.float64], counts: NDArray[np.int64]) -> dict[str, float]:
    """What the intervals of one sample should contain."""
    return {
        "observed_richness": float(-np.expm1(counts.sum() * np.log1p(-p[p < 1])).sum()),
        "unseen_mass": float(p[counts == 0].sum()),
        "hill_number_1": measure.hill_number_of_masses(p, 1),
        "hill_number_2": measure.hill_number_of_masses(p, 2),
    }


def measured(book: Codebook, n: int, runs: int, on_run: Callable[[int], None]) -> dict[str, Any]:
    """What many runs of n tokens come to, beside the exact distribution."""
    p, rng = book.masses(), numpy_generator(0, "benchmark", n)
    codes = torch.from_numpy(book.codes)
    by_batches, by_codes, by_named = [], [], []
    independent: dict[str, list[bool | None]] = {name: [] for name in INDEPENDENT}
    plain, corrected, used, refused = [], [], [], 0
    for _ in range(runs):
        tokens = codes[rng.integers(0, NUM_OPERATIONS, n)]
        meter = measure.CodebookMeter(book.size)
        for batch in tokens.split(BATCH):
            meter.update(batch)
        found, counts = meter.report()[0].estimates, np.bincount(tokens, minlength=book.size)
        truth = truths(p, counts)
        by_batches.append(holds(found["perplexity_corrected"], truth["hill_number_1"]))
        by_codes.append(float(found["any_never_met_mass"]) >= p[counts == 0].max(initial=0.0))
        # A code named beforehand: the one of median mass among those that occur at all.
        named = np.argsort(p)[-(np.count_nonzero(p) + 1) // 2]
        by_named.append(counts[named] > 0 or p[named] <= float(found["never_met_mass"]))
        report = measure.draws(tokens.numpy(), space=book.size)
        refused += not report.independence.holds
        for name, each in independent.items():
            each.append(holds(report.estimates[name], truth[name]))
        plain.append(float(found["perplexity"]))
        corrected.append(float(found["perplexity_corrected"]))
        used.append(float(found["usage"]))
        on_run(1)
    return {
        "first_run": {name: each.as_dict() for name, each in found.items()},
        "mean": {
            "plug_in_perplexity": float(np.mean(plain)),
            "perplexity_corrected": float(np.mean(corrected)),
            "usage": float(np.mean(used)),
        },
        "expected_usage": truth["observed_richness"] / book.size,
        "usage_of_fair_dice": measure.uniform_coverage(n, book.size),
        "share_that_hold": {
            "meter_perplexity_corrected": share(by_batches),
            "meter_any_never_met_mass": share(by_codes),
            "meter_never_met_mass": share(by_named),
            **{f"draws_{name}": share(each) for name, each in independent.items()},
        },
        "refused_as_dependent": refused / runs,
    }


def described(book: Codebook) -> dict[str, Any]:
    """What is exactly known of a codebook."""
    p = book.masses()
    return {
        "size": book.size,
        "exact_perplexity": measure.hill_number_of_masses(p, 1),
        "exact_order_2": measure.hill_number_of_masses(p, 2),
        "codes_that_occur": int(np.count_nonzero(p)),
        "gates_reconstructed": book.reconstructed,
    }


@click.command()
@click.option("--runs", default=200, show_default=True, help="Of each n.")
@click.option("--output", default="benchmarks/codebook_peer.json", show_default=True)
def main(runs: int, output: str) -> None:
    """Hold CodebookMeter to the exact perplexity of quantisers of vector-quantize-pytorch."""
    torch.set_num_threads(1)
    record = {}
    for name in quantizers():
        click.echo(f"training {name}", err=True)
        book = trained(name)
        require_same_codes(book)
        with click.progressbar(length=runs * len(NUM_TOKENS), label=name) as bar:
            by_n = {str(n): measured(book, n, runs, bar.update) for n in NUM_TOKENS}
        record[name] = {**described(book), "num_draws": by_n}
        show(name, record[name])
    whole = {
        "schema": "fluxttice_core/codebook-peer/v2",
        "command": "python benchmarks/codebook_peer.py",
        "peer": {"vector-quantize-pytorch": version("vector-quantize-pytorch")},
        "runs": runs,
        "batch": BATCH,
        "training": {"steps": STEPS, "batch": TRAINING_BATCH, "learning_rate": RATE},
        "quantizers": record,
        "environment": describe_environment(),
    }
    (ROOT / output).write_text(json.dumps(whole, indent=2, sort_keys=True) + "\n")


def show(name: str, record: dict[str, Any]) -> None:
    """Print what one quantiser came to."""
    click.echo(
        f"{name}: exact perplexity {record['exact_perplexity']:,.1f}, "
        f"{record['codes_that_occur']:,} codes occur, "
        f"{record['gates_reconstructed']:.1%} of the gates come back"
    )
    for n, each in record["num_draws"].items():
        mean = each["mean"]
        held = each["share_that_hold"]["meter_perplexity_corrected"]
        click.echo(
            f"  n = {int(n):,}: plug-in {mean['plug_in_perplexity']:,.1f}, corrected "
            f"{mean['perplexity_corrected']:,.1f}; its interval holds "
            f"{'-' if held is None else format(held, '.1%')}; usage "
            f"{mean['usage']:.2%} (fair dice {each['usage_of_fair_dice']:.2%})"
        )


if __name__ == "__main__":
    main()
