"""The example of the documentation, run as it stands there on quantisers of another library.

``vector-quantize-pytorch`` is a development dependency: nothing in ``src`` imports it.
"""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from vector_quantize_pytorch import FSQ, LFQ, ResidualVQ

from fluxttice_core import measure
from fluxttice_core.gates.operations import generate_all_operations

PAGE = Path(__file__).parents[2] / "docs/measurement.md"
DIMENSIONS, TOKENS = 16, 32


def example():
    """The one block of Python on the page that uses a CodebookMeter."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (found,) = [block for block in blocks if "CodebookMeter" in block]
    return found


def residual(quantize_dropout=False):
    return ResidualVQ(
        dim=DIMENSIONS, num_quantizers=4, codebook_size=1024, quantize_dropout=quantize_dropout
    )


def lookup_free():
    return LFQ(dim=DIMENSIONS, codebook_size=1024, num_codebooks=4)


def finite_scalar():
    return FSQ(levels=[4] * 5, dim=DIMENSIONS, num_codebooks=4)


@pytest.mark.parametrize("make", [residual, lookup_free, finite_scalar])
def test_the_example_runs_and_counts_what_the_quantiser_gives(make, capsys):
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        quantizer, encoder = make().eval(), torch.nn.Linear(9, DIMENSIONS)
        gates = torch.from_numpy(generate_all_operations()).float()
        loader = gates[torch.randperm(len(gates))[: 20 * 8 * TOKENS]].reshape(20, 8, TOKENS, 9)
        given = []

        def watched(vectors):
            found = quantizer(vectors)
            given.append(found[1].numpy())
            # FSQ gives no loss; the example unpacks three.
            return (*found, None)[:3]

        exec(
            example(),
            {"measure": measure, "loader": loader, "encoder": encoder, "quantizer": watched},
        )
    indices = np.concatenate([each.reshape(-1, 4) for each in given])
    assert indices.shape == (20 * 8 * TOKENS, 4)
    books = [np.bincount(column, minlength=1024) for column in indices.T]
    printed = capsys.readouterr().out.splitlines()
    expected = [str(measure.codebook_usage(counts, 1024)).splitlines() for counts in books]
    assert len(printed) == sum(map(len, expected))
    for found, wanted in zip(np.array_split(printed, 4), expected, strict=True):
        own = wanted.index(next(line for line in wanted if line.startswith("perplexity, corr")))
        # Only this line knows of batches; twenty of them are groups enough for an interval.
        assert re.search(r"  \(95 % interval [\d.,]+ \.\. [\d.,]*\)$", found[own])
        assert np.delete(found, own).tolist() == wanted[:own] + wanted[own + 1 :]


def test_codebooks_that_are_dropped_in_training_are_passed_over():
    """With quantize_dropout the peer writes -1 for a codebook that it left out."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        quantizer = residual(quantize_dropout=True).train()
        meter = measure.CodebookMeter(1024, num_codebooks=4, ignore_index=-1)
        kept = np.zeros(4, int)
        for _ in range(20):
            _, indices, _ = quantizer(torch.randn(2, TOKENS, DIMENSIONS))
            meter.update(indices)
            kept += (indices.numpy() >= 0).reshape(-1, 4).sum(axis=0)
    assert kept[-1] < kept[0] == 20 * 2 * TOKENS
    assert [usage.num_draws for usage in meter.report()] == kept.tolist()
