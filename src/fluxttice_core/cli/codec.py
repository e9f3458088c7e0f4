"""``encode``, ``decode`` and ``sample``: the model as a tool for files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import click
import numpy as np
from numpy.typing import NDArray

from ..api import decode as decode_latents
from ..api import encode as encode_operations
from ..api import sample_batches
from ..evidence.draws import CHUNK
from ..gates.operations import indices_from_trits
from ..model.layout import INPUT_DIM, Pathway
from ..rng import numpy_generator
from .command import command
from .console import (
    check_target,
    json_option,
    load_model,
    model_option,
    note,
    pathway_option,
    read_array,
    say_json,
    say_json_rows,
    sha256_option,
    write_array,
    write_rows,
)
from .progress import progress

out_option = click.option(
    "--out", "-o", default="-", show_default=True, help="A .npy or .csv file, or - for CSV here."
)
indices_option = click.option(
    "--indices", is_flag=True, help="Write operation indices instead of nine trits a row."
)


@command(epilog="Example: fluxttice encode gates.csv -o codes.npy")
@click.argument("source")
@model_option
@sha256_option
@pathway_option
@out_option
@json_option
def encode(
    source: str, model: str | None, sha256: str | None, pathway: Pathway, out: str, as_json: bool
) -> None:
    """Map operations to latent codes, 16 numbers a row (posterior means).

    SOURCE is a .npy or .csv file, or - for CSV on standard input: nine trits a row, or one
    operation index a row.
    """
    checkpoint = load_model(model, sha256)
    codes = encode_operations(read_array(source), model=checkpoint, pathway=pathway)
    if as_json:
        say_json({"pathway": pathway, "latents": codes.tolist()})
    else:
        write_array(out, codes)


@command(epilog="Example: fluxttice decode codes.npy --indices")
@click.argument("source")
@model_option
@sha256_option
@pathway_option
@click.option(
    "--reading",
    type=click.Choice(["mode", "sample"]),
    default="mode",
    show_default=True,
    help="The likeliest trit, or one draw per trit.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="For sample.")
@indices_option
@out_option
@json_option
def decode(
    source: str,
    model: str | None,
    sha256: str | None,
    pathway: Pathway,
    reading: Literal["mode", "sample"],
    seed: int,
    indices: bool,
    out: str,
    as_json: bool,
) -> None:
    """Map latent codes to operations, nine trits a row.

    SOURCE is a .npy or .csv file, or - for CSV on standard input, 16 numbers a row.
    """
    codes = np.atleast_2d(read_array(source))
    trits = decode_latents(
        codes,
        model=load_model(model, sha256),
        pathway=pathway,
        reading=reading,
        generator=numpy_generator(seed, "categorical") if reading == "sample" else None,
    )
    if as_json:
        say_json(
            {
                "pathway": pathway,
                "reading": reading,
                "operations": trits.tolist(),
                "indices": indices_from_trits(trits).tolist(),
            }
        )
    else:
        write_array(out, indices_from_trits(trits) if indices else trits)


@command(epilog="Example: fluxttice sample 1000 --seed 7 --indices -o draws.npy")
@click.argument("num_draws", type=click.IntRange(0, 1_000_000_000))
@model_option
@sha256_option
@pathway_option
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    help="The same draws every time. Default: fresh ones.",
)
@indices_option
@out_option
@json_option
def sample(
    num_draws: int,
    model: str | None,
    sha256: str | None,
    pathway: Pathway,
    seed: int | None,
    indices: bool,
    out: str,
    as_json: bool,
) -> None:
    """Draw NUM_DRAWS operations: a prior latent each, then a trit at a time."""
    checkpoint = load_model(model, sha256)
    if seed is None:
        seed = int(np.random.SeedSequence().generate_state(1)[0])
        note(f"seed {seed}")
    check_target(out)
    with progress("drawing") as on_progress:

        def drawn() -> Iterator[NDArray[Any]]:
            done = 0
            for batch in sample_batches(
                num_draws, model=checkpoint, pathway=pathway, seed=seed, batch_size=CHUNK
            ):
                yield indices_from_trits(batch).astype(np.int16) if indices else batch
                done += len(batch)
                on_progress(done, num_draws)

        if as_json:
            key = "indices" if indices else "operations"
            record = {"pathway": pathway, "seed": seed, "num_draws": num_draws}
            say_json_rows(record, key, drawn())
        elif indices:
            write_rows(out, drawn(), (num_draws,), np.int16)
        else:
            write_rows(out, drawn(), (num_draws, INPUT_DIM), np.int8)


__all__ = ["decode", "encode", "sample"]
