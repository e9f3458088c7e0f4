"""Tokens that depend on each other: what groups mend, what is noticed without, and what is not.

Needs ``vector-quantize-pytorch`` (measured with 1.32.0 and PyTorch 2.13.0), as the quantisers are
those of ``codebook_peer.py``:

    pip install vector-quantize-pytorch
    python -m benchmarks.dependent_tokens

Two kinds of images, for each quantiser trained on the gates:

- *four different tokens*: a gate in four views (as it is, its arguments swapped, its outputs
  negated, both), drawn evenly among the gates whose four codes differ. The first token tells the
  other three, yet no code comes twice.
- *copies 16 back*: 64 gates, each with chance 0.4 a copy of the one 16 places before.

How likely each code is follows from all gates, so the truth behind every interval is known. Each
sample is measured three times: rows as groups, ``CodebookMeter`` fed an image at a time, and
without groups, where the report either refuses the draws as dependent or gives intervals that take
them to be independent.
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

from benchmarks.codebook_peer import Codebook, holds, quantizers, share, trained
from fluxttice_core import measure
from fluxttice_core.environment import describe_environment
from fluxttice_core.gates.operations import (
    NUM_OPERATIONS,
    indices_from_tables,
    tables_from_indices,
)
from fluxttice_core.rng import numpy_generator

ROOT = Path(__file__).parents[1]
NUM_IMAGES = (100, 500)
TOKENS, LAG, COPIED = 64, 16, 0.4
FIGURES = ("observed_richness", "unseen_mass", "hill_number_1", "hill_number_2")


@dataclass(frozen=True)
class Images:
    """A population of images: how to draw some, and what is exactly true of their codes."""

    # Codes (num, tokens) of images.
    draw: Callable[[np.random.Generator, int], NDArray[np.int64]]
    # Of each code, (size,).
    masses: NDArray[np.float64]
    # Chance of each code to be missing from an image, (size,).
    missing: NDArray[np.float64]


def views() -> NDArray[np.int64]:
    """Gate numbers ``(19683, 4)``: as it is, arguments swapped, outputs negated, both."""
    tables = tables_from_indices(np.arange(NUM_OPERATIONS))
    swapped = tables.transpose(0, 2, 1)
    four = (tables, swapped, -tables, -swapped)
    return np.stack([indices_from_tables(each) for each in four], axis=1)


def four_different(codes: NDArray[np.int64], size: int) -> Images:
    """Images of four views of a gate, whose codes differ."""
    tokens = codes[views()]
    ordered = np.sort(tokens, axis=1)
    tokens = tokens[(ordered[:, 1:] != ordered[:, :-1]).all(axis=1)]
    within = np.bincount(tokens.reshape(-1), minlength=size) / len(tokens)
    return Images(
        lambda rng, num: tokens[rng.integers(0, len(tokens), num)], within / 4.0, 1.0 - within
    )


def copies_back(codes: NDArray[np.int64], size: int) -> Images:
    """Images of 64 gates, some of them copies of the one 16 places before."""
    p = np.bincount(codes, minlength=size) / len(codes)

    def draw(rng: np.random.Generator, num: int) -> NDArray[np.int64]:
        drawn = codes[rng.integers(0, len(codes), (num, TOKENS))]
        for place in range(LAG, TOKENS):
            again = rng.random(num) < COPIED
            drawn[again, place] = drawn[again, place - LAG]
        return drawn

    # Each of the 16 columns is a chain of four: a copy of what is not the code is not the code.
    chain = (1.0 - p) * (COPIED + (1.0 - COPIED) * (1.0 - p)) ** (TOKENS // LAG - 1)
    return Images(draw, p, chain**LAG)


KINDS = {"four different tokens": four_different, "copies 16 back": copies_back}


def truths(images: Images, num: int, tokens: NDArray[np.int64]) -> dict[str, float]:
    """What the intervals of one sample of images should contain."""
    unmet = np.ones(len(images.masses), bool)
    unmet[tokens] = False
    return {
        "observed_richness": float((1.0 - images.missing**num).sum()),
        "unseen_mass": float(images.masses[unmet].sum()),
        "hill_number_1": measure.hill_number_of_masses(images.masses, 1),
        "hill_number_2": measure.hill_number_of_masses(images.masses, 2),
    }


def measured(
    images: Images, size: int, num: int, runs: int, on_run: Callable[[int], None]
) -> dict[str, Any]:
    """How often the intervals hold, with groups and without, over many samples."""
    rng = numpy_generator(0, "benchmark", num)
    grouped: dict[str, list[bool | None]] = {name: [] for name in FIGURES}
    alone: dict[str, list[bool | None]] = {name: [] for name in FIGURES}
    by_meter, noticed = [], 0
    for _ in range(runs):
        tokens = images.draw(rng, num)
        truth = truths(images, num, tokens)
        by_rows = measure.draws(tokens, space=size, groups="rows")
        plain = measure.draws(tokens.reshape(-1), space=size)
        meter = measure.CodebookMeter(size)
        for image in tokens:
            meter.update(image)
        usage = meter.report()[0].estimates["perplexity_corrected"]
        by_meter.append(holds(usage, truth["hill_number_1"]))
        noticed += not plain.independence.holds
        for name, value in truth.items():
            grouped[name].append(holds(by_rows.estimates[name], value))
            alone[name].append(holds(plain.estimates[name], value))
        on_run(1)
    return {
        "num_tokens": int(tokens.size),
        "truth": {name: truth[name] for name in FIGURES if name != "unseen_mass"},
        "first_run": {name: by_rows.estimates[name].as_dict() for name in FIGURES},
        "share_that_hold": {
            "rows_as_groups": {name: share(each) for name, each in grouped.items()},
            "meter": {"hill_number_1": share(by_meter)},
            "without_groups": {name: share(each) for name, each in alone.items()},
        },
        "noticed_without_groups": noticed / runs,
    }


def one_codebook(book: Codebook, runs: int) -> dict[str, Any]:
    """Both kinds of images, at each number of them."""
    found: dict[str, Any] = {}
    length = runs * len(NUM_IMAGES) * len(KINDS)
    with click.progressbar(length=length, label=book.name) as bar:
        for kind, population in KINDS.items():
            images = population(book.codes, book.size)
            found[kind] = {
                str(num): measured(images, book.size, num, runs, bar.update) for num in NUM_IMAGES
            }
    return found


def show(name: str, record: dict[str, Any]) -> None:
    """Print what one codebook came to."""
    for kind, by_num in record.items():
        for num, each in by_num.items():
            held = each["share_that_hold"]
            click.echo(
                f"{name}, {int(num):,} images of {kind}: noticed without groups in "
                f"{each['noticed_without_groups']:.1%}"
            )
            for way, shares in held.items():
                text = ", ".join(
                    f"{figure} {'-' if each is None else format(each, '.1%')}"
                    for figure, each in shares.items()
                )
                click.echo(f"  {way.replace('_', ' '):15} {text}")


@click.command()
@click.option("--runs", default=200, show_default=True, help="Of each kind and number of images.")
@click.option("--output", default="benchmarks/dependent_tokens.json", show_default=True)
def main(runs: int, output: str) -> None:
    """Hold intervals of dependent tokens, with groups and without, to what is exactly true."""
    torch.set_num_threads(1)
    record = {}
    for name in quantizers():
        click.echo(f"training {name}", err=True)
        record[name] = one_codebook(trained(name), runs)
        show(name, record[name])
    whole = {
        "schema": "fluxttice_core/dependent-tokens/v1",
        "command": "python -m benchmarks.dependent_tokens",
        "peer": {"vector-quantize-pytorch": version("vector-quantize-pytorch")},
        "runs": runs,
        "copies": {"tokens": TOKENS, "lag": LAG, "chance": COPIED},
        "quantizers": record,
        "environment": describe_environment(),
    }
    (ROOT / output).write_text(json.dumps(whole, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
