"""Switch each mechanism of v5.5 on or off, alone, and measure what it changes.

    python benchmarks/ablation.py [--processes 2] [--only NAME ...]

The base is the shipped configuration without the two mechanisms that gain (gradient balance and
adaptive weights). Every variant trains it for 60 epochs with one change, on one thread, and is
measured like the shipped checkpoint; what gains, and the recipe without prior terms, also for the
whole 107. Two seeds show how much of a difference is chance. Evaluation, which changes no weight,
waits for the end. Writes ``benchmarks/ablation.json`` (finished ones are kept and skipped).
"""

from __future__ import annotations

import json
import multiprocessing
import os
from pathlib import Path
from typing import Any

import click

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "configs/ternary_v5_5.yaml"
OUTPUT = ROOT / "benchmarks/ablation.json"
EPOCHS, WHOLE = 60, 107

ADAPTIVE = {
    "model.adaptive_scheduling": True,
    "controller.entropy_ema_alpha": 0.9,
    "controller.dH_dt_threshold": 0.05,
}
BALANCE = {"model.gradient_balance": True}
OFF = {
    "model.gradient_balance": False,
    "model.adaptive_scheduling": False,
    "controller.entropy_ema_alpha": None,
    "controller.dH_dt_threshold": None,
}
# name -> changed keys; None removes the key
VARIANTS: dict[str, dict[str, Any]] = {
    "base, seed 43": {},
    "base, seed 42": {"seed": 42},
    "base, 107 epochs": {},
    "base, 107 epochs, seed 42": {"seed": 42},
    "without prior terms, 107 epochs": {"prior_terms": None},
    "without prior terms": {"prior_terms": None},
    "collision without sharpness": {"prior_terms.sharpness_weight": 0.0},
    "without cross-injection": {"cross_injection.mixed_fraction": 0.0},
    "with gradient balance": BALANCE,
    "with gradient balance, 107 epochs": BALANCE,
    "with adaptive weights": ADAPTIVE,
    "with adaptive weights, 107 epochs": ADAPTIVE,
    "with adaptive weights, 107 epochs, seed 42": {**ADAPTIVE, "seed": 42},
    "with both (as shipped), 107 epochs": {**BALANCE, **ADAPTIVE},
    "with both, 107 epochs, seed 42": {**BALANCE, **ADAPTIVE, "seed": 42},
    "with StateNet": {
        "model.use_statenet": True,
        "model.statenet_lr_scale": 0.05,
        "model.statenet_lambda_scale": 0.01,
        "phase_transitions.statenet_warm_start": 20,
    },
    "with entropy alignment": {"model.lambda3_base": 0.3, "model.lambda3_amplitude": 0.15},
    "with output entropy (B)": {"vae_b.entropy_weight": 0.05},
    "with repulsion (B)": {"vae_b.repulsion_weight": 0.01},
    "with cyclic temperature (A)": {"vae_a.temp_cyclic": True, "vae_a.temp_boost_amplitude": 0.5},
    "with free bits 0.5": {"free_bits": 0.5},
}


def changed_config(changes: dict[str, Any]) -> Any:
    """Return the base configuration with some dotted keys changed."""
    from fluxttice_core.config import load_config, parse_config

    raw = load_config(CONFIG).as_dict()
    for path, value in {**OFF, **changes}.items():
        *sections, key = path.split(".")
        place = raw
        for section in sections:
            place = place[section]
        if value is None:
            del place[key]
        else:
            place[key] = value
    return parse_config(raw, source="ablation")


def run_variant(name: str) -> tuple[str, dict[str, Any]]:
    """Train and measure one variant on one thread."""
    import torch

    from fluxttice_core.environment import keep_freed_memory
    from fluxttice_core.evidence.network import Settings, measure_pathway
    from fluxttice_core.evidence.reconstruction import reconstruct
    from fluxttice_core.model.reference import ReferenceVAE
    from fluxttice_core.training.loop import TrainState, run_epochs

    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    keep_freed_memory()
    # The StateNet learns from evaluations; no other mechanism notices them.
    epochs = WHOLE if "107 epochs" in name else EPOCHS
    seldom = {"eval_interval": epochs - 1, "coverage_check_interval": epochs - 1}
    rare = {} if "StateNet" in name else seldom
    config = changed_config({**VARIANTS[name], **rare})
    state = TrainState.start(config)
    last: dict[str, Any] = {}
    for report in run_epochs(state, epochs):
        last = report.metrics
    weights = state.weights()
    record: dict[str, Any] = {
        "changes": VARIANTS[name],
        "config_hash": config.canonical_hash(),
        "epochs": epochs,
        "selection_score": last["selection_score"],
        "statenet_corrections": last.get("statenet_corrections"),
    }
    rows = reconstruct(ReferenceVAE(weights), state.split, (0.0, state.model.rho))
    for pathway in ("A", "B"):
        settings = Settings(num_draws=(50_000,), num_runs=0, num_latents=2**18, threads=1)
        measured, _ = measure_pathway(weights, pathway, settings)
        coupled = [row for row in rows if row.pathway == pathway and row.rho]
        alone = [row for row in rows if row.pathway == pathway and not row.rho]
        record[pathway] = {
            "sampled_ratio": measured.figure("sampled", 50_000).ratio,
            "mode_ratio": measured.figure("mode", 50_000).ratio,
            "mutual_information_nats": measured.information.mutual_information_nats,
            "chi_square": measured.information.chi_square,
            "exact_alone": sum(row.num_exact for row in alone) / 19683,
            "exact_coupled": sum(row.num_exact for row in coupled) / 19683,
        }
    return name, record


@click.command()
@click.option("--processes", type=click.IntRange(1), default=2, show_default=True)
@click.option("--only", multiple=True, type=click.Choice(list(VARIANTS)), help="Repeatable.")
def main(processes: int, only: tuple[str, ...]) -> None:
    """Run the ablation."""
    done: dict[str, Any] = json.loads(OUTPUT.read_text()) if OUTPUT.exists() else {}
    todo = [name for name in (only or VARIANTS) if name not in done]
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes) as pool:
        for name, record in pool.imap_unordered(run_variant, todo):
            done[name] = record
            ordered = {key: done[key] for key in VARIANTS if key in done}
            OUTPUT.write_text(json.dumps(ordered, indent=2) + "\n")
            click.echo(f"{name}: score {record['selection_score']:.4f}")


if __name__ == "__main__":
    # Each process works alone on one core; NumPy must know before it is imported.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    main()
