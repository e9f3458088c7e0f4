"""v5.5's recipe at batch 64: a step, an epoch with its coverage count, and 106 epochs.

    python -m benchmarks.speed.training

Ours is compiled (``--compile``); the eager step, the default, has a row of its own. The run of 106
epochs is reckoned: the seconds of compiling, measured with an empty cache, and 106 epochs.
"""

from __future__ import annotations

import os
import tempfile
import time
from typing import Any

import click

from .harness import ROOT, Comparison, command, compare

CONFIG = ROOT / "configs/ternary_v5_5.yaml"
STEPS, BATCH, EPOCHS, DRAWS = 60, 64, 106, 195_000


def recipe() -> Any:
    """The mechanisms of v5.5's specification, all on, at its batch size and count."""
    from fluxttice_core.config import load_config, parse_config

    raw = load_config(CONFIG).as_dict()
    del raw["prior_terms"]
    raw |= {"batch_size": BATCH, "eval_num_samples": DRAWS, "free_bits": 0.5}
    raw["vae_b"] |= {"entropy_weight": 0.05, "repulsion_weight": 0.01}
    raw["model"] |= {"lambda3_base": 0.3, "lambda3_amplitude": 0.15}
    return parse_config(raw, source="recipe")


def measure(threads: int, repeats: int) -> list[Comparison]:
    with tempfile.TemporaryDirectory() as cache:
        # Empty, so that compiling is paid for as at a first run.
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = cache
        return _measure(threads, repeats)


def _measure(threads: int, repeats: int) -> list[Comparison]:
    import torch

    from benchmarks.reference.training import Trainer
    from fluxttice_core.gates.operations import generate_all_operations
    from fluxttice_core.model.dual_vae import DualNeuralVAEV5
    from fluxttice_core.model.layout import PATHWAYS
    from fluxttice_core.threads import keep_freed_memory
    from fluxttice_core.training.compiled import CompiledStep
    from fluxttice_core.training.controller import controls_for
    from fluxttice_core.training.loop import run_epochs
    from fluxttice_core.training.state import TrainState
    from fluxttice_core.training.step import train_step

    from . import ceilings

    torch.set_num_threads(threads)
    # As `fluxttice train` does; the reference has the same.
    torch.set_flush_denormal(True)
    keep_freed_memory()
    config = recipe()
    operations = torch.from_numpy(generate_all_operations()).float()
    split = TrainState.start(config).split
    train, validation = operations[split.train], operations[split.validation]
    batches = operations[: STEPS * BATCH].split(BATCH)
    plain = Trainer(DualNeuralVAEV5(), train, validation)

    def steps(kind: Any) -> Any:
        state = TrainState.start(config)
        step = train_step if kind is None else kind(state.model, state.optimizer, config)
        controls = controls_for(config, 5, state.feedback)

        def run() -> None:
            for batch in batches:
                step(state.model, state.optimizer, batch, controls, config, state.streams)

        return run

    def plain_steps() -> None:
        for batch in batches:
            plain.step(batch)

    products = ceilings.training_products(BATCH)

    compiled = steps(CompiledStep)
    started = time.perf_counter()
    compiled()
    compiling = time.perf_counter() - started
    rows = [
        compare(
            name,
            STEPS,
            "steps",
            ours=ours,
            reference=plain_steps,
            ceiling=ceilings.multiply(products, STEPS),
            repeats=repeats,
        )
        for name, ours in (("step, compiled", compiled), ("step, eager", steps(None)))
    ]

    epochs = run_epochs(TrainState.start(config), compiled=True)
    whole_ceiling = ceilings.in_turn(
        ceilings.multiply(products, -(-len(train) // BATCH)),
        *[ceilings.draw(ceilings.decoder_products(one), DRAWS, threads) for one in PATHWAYS],
    )
    epoch = compare(
        "epoch with coverage, compiled",
        1,
        "epochs",
        ours=lambda: next(epochs),
        reference=plain.epoch,
        ceiling=whole_ceiling,
        repeats=repeats,
    )
    run = {way: [EPOCHS * turn for turn in turns] for way, turns in epoch.seconds.items()}
    run["ours"] = [compiling + turn for turn in run["ours"]]
    click.echo(f"compiling took {compiling:.1f} s")
    return [*rows, epoch, Comparison("106 epochs and compiling", EPOCHS, "epochs", run)]


main = command("training", measure)

if __name__ == "__main__":
    main()
