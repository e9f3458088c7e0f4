"""``info``: what a checkpoint is, and where its figures came from."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import click

from ..api import load
from ..artifacts.checkpoint import ORIGINAL_CERTIFICATE_SHA256, PACKAGED_NAMES, Checkpoint
from ..artifacts.metadata import PUBLISHED
from ..errors import CheckpointError
from ..model.layout import NUM_PARAMETERS, state_shapes
from .command import command
from .console import (
    json_option,
    load_model,
    say,
    say_json,
    sha256_option,
)

_ORIGINAL = (
    "the checkpoint of the v5.5 certificate of 2025-10-29 (epoch 106). That file was never "
    "published; the one shipped here is another, trained by this code"
)


@command(
    epilog="\b\nExamples:\n  fluxttice info\n  fluxttice info latest.pt\n  fluxttice info HASH"
)
@click.argument("subject", required=False)
@click.option("--config", "show_config", is_flag=True, help="Print the embedded configuration.")
@sha256_option
@json_option
def info(subject: str | None, show_config: bool, sha256: str | None, as_json: bool) -> None:
    """Say what SUBJECT is: a checkpoint file, or a SHA-256 to recognise.

    Without a SUBJECT: the packaged codebook, the default everywhere.
    """
    if (
        subject
        and re.fullmatch(r"(sha256:)?[0-9a-fA-F]{64}", subject)
        and not Path(subject).exists()
    ):
        _recognise(subject.removeprefix("sha256:").lower(), as_json=as_json)
        return
    checkpoint = load_model(subject, sha256)
    record = describe(checkpoint)
    if as_json:
        say_json(record)
    elif show_config:
        import yaml

        if not record["config"]:
            raise CheckpointError(f"{checkpoint.source}: carries no configuration")
        say(yaml.safe_dump(record["config"], sort_keys=False).rstrip())
    else:
        say(_text(record))


def describe(checkpoint: Checkpoint) -> dict[str, Any]:
    """Return identity, origin and training record of a checkpoint as plain values."""
    metadata = checkpoint.metadata
    count = sum(value.size for name, value in checkpoint.weights.items() if "ema" not in name)
    return {
        "source": checkpoint.source,
        "remarks": list(checkpoint.remarks),
        "file_sha256": checkpoint.file_sha256,
        "weights_sha256": checkpoint.weights_sha256,
        "is_certified_original": checkpoint.file_sha256 == ORIGINAL_CERTIFICATE_SHA256,
        "num_tensors": len(state_shapes()),
        "num_parameters": count,
        "is_standard_size": count == NUM_PARAMETERS,
        "latent_dim": checkpoint.latent_dim,
        "split_sizes": {name: len(part) for name, part in checkpoint.split.parts().items()},
        "rho": checkpoint.rho,
        **{key: _plain(metadata.get(key)) for key in PUBLISHED if key != "rho"},
    }


def _plain(value: Any) -> Any:
    """Make JSON of what a foreign file may hold: no infinity, and tensors only by their type."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int) else type(value).__name__


def _text(record: dict[str, Any]) -> str:
    lines = [record["source"]]

    def add(name: str, value: object) -> None:
        if value is not None:
            lines.append(f"  {name:<22} {value}")

    add("file SHA-256", record["file_sha256"])
    add("weights SHA-256", record["weights_sha256"])
    add("packed from SHA-256", record["source_sha256"])
    add("network", f"{record['num_parameters']:,} parameters in {record['num_tensors']} tensors")
    add("epoch", record["epoch"])
    add("phase, rho", f"{record['phase']}, {record['rho']:.4g}" if record["phase"] else None)
    add("seed, threads", f"{record['seed']}, {record['num_threads']}" if record["config"] else None)
    if record["selection_score"] is not None:
        best = (record["best"] or {}).get("score") or {}
        known = best.get("value") is not None
        note = f" (best {best['value']:.4f} at epoch {best.get('epoch')})" if known else ""
        add("selection score", f"{record['selection_score']:.4f}{note}")
    for name, text in (
        ("val_loss", "lowest validation NLL"),
        ("coverage_A", "most operations, A"),
        ("coverage_B", "most operations, B"),
    ):
        best = (record["best"] or {}).get(name)
        if best and best.get("value") is not None:
            shown = f"{best['value']:,.4f}".rstrip("0").rstrip(".")
            add(text, f"{shown} at epoch {best.get('epoch')}")
    sizes = record["split_sizes"]
    add("split", " / ".join(f"{name} {size:,}" for name, size in sizes.items()))
    add("config SHA-256", record["config_hash"])
    add("written by", record["code_version"] and f"fluxttice_core {record['code_version']}")
    if record["is_certified_original"]:
        lines.append(f"This is {_ORIGINAL.split('.')[0]}.")
    elif record["config"] is None:
        lines.append("A foreign v5.5 file: no configuration, so its figures cannot be traced.")
    else:
        lines.append("--config prints the configuration; `fluxttice coverage` measures it anew.")
    return "\n".join(lines)


def _recognise(digest: str, *, as_json: bool) -> None:
    known: dict[Any, str] = {ORIGINAL_CERTIFICATE_SHA256: _ORIGINAL}
    for name in PACKAGED_NAMES:
        packaged = load(name)
        source = packaged.metadata.get("source_sha256")
        known[packaged.file_sha256] = f"the packaged {name} weights (safetensors)"
        known[packaged.weights_sha256] = f"the tensors of the packaged {name} weights"
        known[source] = f"the shipped sandbox-training/checkpoints/{name}/latest.pt"
    meaning = known.get(digest)
    if as_json:
        say_json({"sha256": digest, "known": meaning is not None, "meaning": meaning})
    else:
        say(f"{digest}: {meaning or 'unknown to this version'}.")
    if meaning is None:
        raise SystemExit(1)
