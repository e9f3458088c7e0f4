"""Pack a trained checkpoint into the wheel's weights, and write its SHA256SUMS.

python scripts/release/pack_weights.py sandbox-training/checkpoints/v5_5/latest.pt
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import MappingProxyType

import click

from fluxttice_core.artifacts.checkpoint import read_checkpoint, write_safetensors
from fluxttice_core.cli.console import say
from fluxttice_core.cli.main import run_command
from fluxttice_core.files import file_sha256, write_atomically

WEIGHTS = Path(__file__).parents[2] / "src/fluxttice_core/weights"
KEPT = (
    "epoch",
    "phase",
    "rho",
    "seed",
    "num_threads",
    "format_version",
    "code_version",
    "config",
    "config_hash",
    "selection_score",
    "best_epoch",
    "best",
    "best_val_loss",
)


@click.command()
@click.argument("checkpoint")
def pack(checkpoint: str) -> None:
    """Write the packaged weights and ``SHA256SUMS`` from CHECKPOINT (a .pt file).

    They take the name of its folder, by which :func:`fluxttice_core.load` finds them.
    """
    source = read_checkpoint(checkpoint)
    metadata = {key: source.metadata[key] for key in KEPT}
    metadata["source_sha256"] = source.file_sha256
    packed = dataclasses.replace(source, metadata=MappingProxyType(metadata))
    folder = Path(checkpoint).resolve().parent
    packaged = WEIGHTS / f"{folder.name}.safetensors"
    digest = write_safetensors(packaged, packed)
    sums = "".join(
        f"{file_sha256(path)}  {path.name}\n"
        for path in (Path(checkpoint), folder / "metrics.jsonl")
    )
    write_atomically(folder / "SHA256SUMS", sums.encode())
    say(f"{packaged.name} {digest}, weights {source.weights_sha256}")


if __name__ == "__main__":
    run_command(pack, "pack_weights.py")
