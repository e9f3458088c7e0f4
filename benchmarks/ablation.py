"""Change one thing of a recipe at a time, train, and measure what that is worth.

    python benchmarks/ablation.py v5_5 [--processes 2] [--only NAME ...]
    python benchmarks/ablation.py codebook

*v5_5*: the base is the shipped configuration without the two mechanisms that gain (gradient balance
and adaptive weights). Every variant trains it for 60 epochs; what gains, and the recipe without
prior terms, also for the whole 107. Two seeds show how much of a difference is chance.

*codebook*: the base is the shipped configuration, its schedules compressed to 60 epochs, a fifth.
Each of its terms is left out alone, each mechanism of v5.5 is left out or put in alone, with the
same three seeds, so that the effect of each has an interval.

One thread a run. Evaluation, which changes no weight, waits for the end. Writes
``benchmarks/ablation.json`` or ``benchmarks/ablation_codebook.json``; what is finished there is
kept and skipped, so that a run that was cut goes on.
"""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

ROOT = Path(__file__).parents[1]
EPOCHS, WHOLE = 60, 107
SEEDS = (43, 44, 45)
Changes = dict[str, Any]  # dotted key -> value; None removes the key

ADAPTIVE: Changes = {
    "model.adaptive_scheduling": True,
    "controller.entropy_ema_alpha": 0.9,
    "controller.dH_dt_threshold": 0.05,
}
BALANCE: Changes = {"model.gradient_balance": True}
ALIGNMENT: Changes = {"model.lambda3_base": 0.3, "model.lambda3_amplitude": 0.15}
STATENET: Changes = {
    "model.use_statenet": True,
    "model.statenet_lr_scale": 0.05,
    "model.statenet_lambda_scale": 0.01,
    "phase_transitions.statenet_warm_start": 20,
}
V5_5_BASE: Changes = {
    "model.gradient_balance": False,
    "model.adaptive_scheduling": False,
    "controller.entropy_ema_alpha": None,
    "controller.dH_dt_threshold": None,
}
V5_5: dict[str, Changes] = {
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
    "with StateNet": STATENET,
    "with entropy alignment": ALIGNMENT,
    "with output entropy (B)": {"vae_b.entropy_weight": 0.05},
    "with repulsion (B)": {"vae_b.repulsion_weight": 0.01},
    "with cyclic temperature (A)": {"vae_a.temp_cyclic": True, "vae_a.temp_boost_amplitude": 0.5},
    "with free bits 0.5": {"free_bits": 0.5},
}


def constant(name: str, value: float) -> Changes:
    """Hold one ramp of ``codebook_terms`` at a value; 0 switches a weight off."""
    return {f"codebook_terms.{name}.{end}": value for end in ("start", "end")}


CODEBOOK: dict[str, Changes] = {
    "base": {},
    "without collision": constant("collision_weight", 0.0),
    "without smoothing of the collision": {"codebook_terms.smoothing": 1.0},
    "without influence spread": constant("influence_weight", 0.0),
    "without sharpness": constant("sharpness_weight", 0.0),
    "without temperature": constant("temperature", 1.0),
    "without code alignment": {"codebook_terms.alignment_weight": 0.0},
    "without distance stress": constant("distance_weight", 0.0),
    "without cross-injection": {"cross_injection.mixed_fraction": 0.0},
    "without cross-injection and code alignment": {
        "cross_injection.mixed_fraction": 0.0,
        "codebook_terms.alignment_weight": 0.0,
    },
    "with free bits 0.5": {"free_bits": 0.5},
    "with StateNet": STATENET,
    "with entropy alignment": ALIGNMENT,
    "with repulsion (B)": {"vae_b.repulsion_weight": 0.01},
    "with gradient balance": BALANCE,
    "with adaptive weights": ADAPTIVE,
}


def with_changes(raw: dict[str, Any], changes: Changes) -> dict[str, Any]:
    """Return ``raw`` with some dotted keys changed, in place."""
    for path, value in changes.items():
        *sections, key = path.split(".")
        place = raw
        for section in sections:
            place = place[section]
        if value is None:
            del place[key]
        else:
            place[key] = value
    return raw


def compressed(raw: dict[str, Any], epochs: int) -> dict[str, Any]:
    """Return ``raw`` with every schedule squeezed into fewer epochs, in place."""
    share = (epochs - 1) / (raw["total_epochs"] - 1)
    raw["total_epochs"] = epochs
    for milestone in raw["optimizer"]["lr_schedule"]:
        milestone["epoch"] = round(milestone["epoch"] * share)
    for key in ("resonant_coupling_end", "ultra_exploration_start"):
        raw["phase_transitions"][key] = round(raw["phase_transitions"][key] * share)
    raw["stop_from_epoch"] = epochs - 1
    return raw


@dataclass(frozen=True, slots=True)
class Run:
    """One training of one variant."""

    recipe: str
    variant: str
    seed: int | None

    @property
    def name(self) -> str:
        """The key of its record."""
        return self.variant if self.seed is None else f"{self.variant}, seed {self.seed}"

    def settings(self) -> tuple[Any, int, Changes]:
        """Return its configuration, number of epochs, and what it changes."""
        from fluxttice_core.config import load_config, parse_config

        if self.recipe == "v5_5":
            epochs = WHOLE if "107 epochs" in self.variant else EPOCHS
            changes = V5_5[self.variant]
            raw = load_config(ROOT / "configs/ternary_v5_5.yaml").as_dict()
            raw = with_changes(raw, {**V5_5_BASE, **changes})
        else:
            epochs, changes = EPOCHS, {**CODEBOOK[self.variant], "seed": self.seed}
            raw = load_config(ROOT / "configs/codebook.yaml").as_dict()
            raw = with_changes(compressed(raw, epochs), changes)
        # The StateNet learns from evaluations; no other mechanism notices them.
        if raw["model"]["use_statenet"]:
            raw["eval_interval"] = 1
        else:
            raw.update(eval_interval=epochs - 1, coverage_check_interval=epochs - 1)
        return parse_config(raw, source="ablation"), epochs, changes


def train_and_measure(run: Run) -> tuple[str, dict[str, Any]]:
    """Train and measure one variant on one thread."""
    import torch

    from fluxttice_core.threads import keep_freed_memory
    from fluxttice_core.training.loop import run_epochs
    from fluxttice_core.training.state import TrainState

    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    keep_freed_memory()
    config, epochs, changes = run.settings()
    state = TrainState.start(config)
    last: dict[str, Any] = {}
    for report in run_epochs(state, epochs):
        last = report.metrics
    return run.name, {
        "changes": changes,
        "config_hash": config.canonical_hash(),
        "epochs": epochs,
        "selection_score": last["selection_score"],
        "statenet_corrections": last.get("statenet_corrections"),
        **measured(state.weights(), state.split, state.model.rho),
    }


def measured(weights: Any, split: Any, rho: float) -> dict[str, dict[str, float]]:
    """Measure both pathways as ``fluxttice coverage`` does, with fewer latents."""
    from fluxttice_core.evidence.pathway import Settings, measure_pathway
    from fluxttice_core.evidence.posterior import summarise_posterior
    from fluxttice_core.evidence.reconstruction import noisy_exact_rate, reconstruct
    from fluxttice_core.evidence.structure import measure_structure, renamed_values
    from fluxttice_core.model.layout import GATES
    from fluxttice_core.model.reference import ReferenceVAE
    from fluxttice_core.rng import numpy_generator

    model, operations = ReferenceVAE(weights), GATES.enumerate()
    renamed = renamed_values(GATES)
    rows = reconstruct(model, split.parts(), (0.0, rho))
    figures = {}
    for pathway in ("A", "B"):
        settings = Settings(num_draws=(50_000,), num_runs=0, num_latents=2**18, threads=1)
        found, _ = measure_pathway(model, pathway, settings)
        alone, coupled = (
            sum(row.num_exact for row in rows if row.pathway == pathway and row.rho == share)
            for share in (0.0, rho)
        )
        codes = [model.encode(trits, pathway)[0] for trits in (operations, renamed)]
        structure = measure_structure(*codes, GATES, "checkpoint", numpy_generator(0, "pairs"))
        figures[pathway] = {
            "sampled_ratio": found.figure("sampled", 50_000).ratio,
            "mode_ratio": found.figure("mode", 50_000).ratio,
            "mutual_information_nats": found.information.mutual_information_nats,
            "chi_square": found.information.chi_square,
            "exact_alone": alone / 19683,
            "exact_coupled": coupled / 19683,
            "exact_noisy": noisy_exact_rate(model, pathway, numpy_generator(0, "posterior", 1)),
            "kl_nats": summarise_posterior(model, pathway, 5e-4).kl_nats,
            "spearman_l1": structure.spearman_l1,
            "neighbour_hamming_1": structure.neighbour_hamming_1,
        }
    return figures


def v5_5_runs() -> Iterator[Run]:
    """Every variant once; seeds are part of the variants."""
    yield from (Run("v5_5", name, None) for name in V5_5)


def codebook_runs() -> Iterator[Run]:
    """Seed by seed, so that a run that is cut leaves whole seeds."""
    yield from (Run("codebook", name, seed) for seed in SEEDS for name in CODEBOOK)


RECIPES: dict[str, tuple[Callable[[], Iterator[Run]], str]] = {
    "v5_5": (v5_5_runs, "ablation.json"),
    "codebook": (codebook_runs, "ablation_codebook.json"),
}


@click.command()
@click.argument("recipe", type=click.Choice(list(RECIPES)))
@click.option("--processes", type=click.IntRange(1), default=2, show_default=True)
@click.option("--only", multiple=True, help="A variant; repeatable.")
def main(recipe: str, processes: int, only: tuple[str, ...]) -> None:
    """Run the ablation of a recipe."""
    runs_of, file = RECIPES[recipe]
    runs, output = list(runs_of()), ROOT / "benchmarks" / file
    unknown = [name for name in only if name not in {run.variant for run in runs}]
    if unknown:
        raise click.BadParameter(f"expected a variant of {recipe}; got {', '.join(unknown)}")
    done: dict[str, Any] = json.loads(output.read_text()) if output.exists() else {}
    todo = [run for run in runs if run.name not in done and run.variant in (only or {run.variant})]
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes) as pool:
        for name, record in pool.imap_unordered(train_and_measure, todo):
            done[name] = record
            ordered = {run.name: done[run.name] for run in runs if run.name in done}
            output.write_text(json.dumps(ordered, indent=2) + "\n")
            click.echo(f"{name}: score {record['selection_score']:.4f}")


if __name__ == "__main__":
    # Each process works alone on one core; NumPy must know before it is imported.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    main()
