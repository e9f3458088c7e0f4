"""Draw how four decoders cut the prior: by hand, codebook, v5.5, random weights.

    python scripts/release/draw_cells.py [--out docs/cells.svg]

Above, a plane through the middle of the prior, along the two latents whose codes vary most: a
colour for each gate that is the likeliest there, paler the less likely it is. Below, the influence
of each latent on each trit, half the mean squared change of its probabilities when the latent is
drawn anew: for a decoder that decides, the probability that the trit changes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np

from fluxttice_core import load
from fluxttice_core.cli.console import say
from fluxttice_core.cli.main import run_command
from fluxttice_core.evidence.readings import softmax
from fluxttice_core.files import write_atomically
from fluxttice_core.gates.operations import indices_from_trits
from fluxttice_core.model.controls import perfect_weights, untrained_weights
from fluxttice_core.model.reference import ReferenceVAE
from fluxttice_core.rng import numpy_generator
from fluxttice_core.show.pictures import as_svg

ROOT = Path(__file__).parents[2]
REACH, POINTS, DRAWS = 3.0, 241, 4096
PATHWAY = "B"
GOLDEN_RATIO = 0.6180339887498949


def busiest_latents(model: ReferenceVAE) -> tuple[int, int]:
    """The two latents whose posterior means vary most over all operations."""
    mean = model.encode_all(PATHWAY)[0]
    first, second = np.argsort(mean.var(axis=0))[::-1][:2]
    return int(first), int(second)


def cells(model: ReferenceVAE, latents: tuple[int, int]) -> tuple[Any, Any]:
    """Likeliest operation and its probability on a plane of codes, each ``(POINTS, POINTS)``."""
    line = np.linspace(-REACH, REACH, POINTS)
    codes = np.zeros((POINTS * POINTS, model.latent_dim))
    codes[:, latents[0]] = np.tile(line, POINTS)
    codes[:, latents[1]] = np.repeat(line, POINTS)
    each = softmax(model.logits(codes, PATHWAY))
    gates = indices_from_trits(each.argmax(axis=2) - 1)
    return gates.reshape(POINTS, POINTS), each.max(axis=2).prod(axis=1).reshape(POINTS, POINTS)


def colours(gates: Any, certainty: Any) -> Any:
    """RGBA: hues as far apart as can be, in the order of the gates; alpha is the certainty."""
    from matplotlib.colors import hsv_to_rgb

    _, rank = np.unique(gates, return_inverse=True)
    hue = (rank.reshape(gates.shape) * GOLDEN_RATIO) % 1.0
    shade = np.stack([hue, np.full(hue.shape, 0.55), np.full(hue.shape, 0.9)], axis=-1)
    return np.concatenate([hsv_to_rgb(shade), certainty[..., None]], axis=-1)


def influences(model: ReferenceVAE) -> Any:
    """Total Sobol index of each latent for each trit, not normalised, ``(latent, 9)``."""
    generator = numpy_generator(0, "latents")
    codes = generator.standard_normal((DRAWS, model.latent_dim))
    whole = softmax(model.logits(codes, PATHWAY))
    found = []
    for latent in range(model.latent_dim):
        anew = codes.copy()
        anew[:, latent] = generator.standard_normal(DRAWS)
        moved = softmax(model.logits(anew, PATHWAY))
        found.append(0.5 * ((whole - moved) ** 2).sum(axis=2).mean(axis=0))
    return np.array(found)


def draw(figure: Any) -> None:
    """Fill the figure: a column for each network."""
    networks = {
        "written by hand": perfect_weights(),
        "codebook (trained)": load("codebook").weights,
        "v5.5 (trained)": load("v5_5").weights,
        "random weights": untrained_weights(0),
    }
    upper, lower = figure.subplots(2, len(networks), height_ratios=(1.0, 0.9))
    for column, (name, weights) in enumerate(networks.items()):
        model = ReferenceVAE(weights)
        latents = busiest_latents(model)
        gates, certainty = cells(model, latents)
        upper[column].imshow(
            colours(gates, certainty),
            extent=(-REACH, REACH, -REACH, REACH),
            origin="lower",
            interpolation="nearest",
        )
        found = f"{len(np.unique(gates))} gates, to {100 * certainty.max():.3g} %"
        upper[column].set_title(f"{name}\n{found}", fontsize=8)
        upper[column].set_xlabel(f"latent {latents[0]}")
        upper[column].set_ylabel(f"latent {latents[1]}")
        shown = lower[column].imshow(
            influences(model).T, aspect="auto", cmap="viridis", vmin=0.0, vmax=2 / 3
        )
        lower[column].set_xlabel("latent")
        lower[column].set_ylabel("trit")
    figure.colorbar(shown, ax=lower, label="influence", shrink=0.9)


@click.command()
@click.option("--out", default=str(ROOT / "docs/cells.svg"), show_default="docs/cells.svg")
def main(out: str) -> None:
    """Draw the cells of four decoders into one picture."""
    picture = as_svg(draw, (10.5, 5.2), "cells")
    write_atomically(Path(out), picture)
    say(f"{out}: {len(picture):,} bytes")


if __name__ == "__main__":
    run_command(main, "draw_cells.py")
