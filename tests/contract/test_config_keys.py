"""Every key the config accepts demonstrably changes something.

The keys are read off the schema, and each needs an entry below: the value it is changed to, what
must be switched on for it to be accepted, and what must come out differently. Echoing the config,
hashing it or logging a schedule does not count: what is compared is weights, held-out operations,
the moment of a stop, files, or measurements.
"""

import types
import typing
from functools import cache

import pytest
import torch
from pydantic import BaseModel

from fluxttice_core.canonical import tensor_hash
from fluxttice_core.config import SWITCHED_KEYS, Config, parse_config
from fluxttice_core.errors import ConfigError
from fluxttice_core.evidence.selection import PathwayScore
from fluxttice_core.training import evaluation
from fluxttice_core.training.loop import run_epochs
from fluxttice_core.training.run import run
from fluxttice_core.training.state import TrainState
from tests.support import CODEBOOK_TERMS, ROOT, evaluate_cheaply, leaves, tiny_mapping

SMALL = {"train_split": 0.01, "test_split": 0.97}
STATENET = {
    "model.use_statenet": True,
    "model.statenet_lr_scale": 0.05,
    "model.statenet_lambda_scale": 0.01,
    "phase_transitions.statenet_warm_start": 1,
}
ADAPTIVE = {
    "model.adaptive_scheduling": True,
    "controller.entropy_ema_alpha": 0.5,
    "controller.dH_dt_threshold": 1e-3,
}
ALIGNED = {"model.lambda3_base": 0.3, "model.lambda3_amplitude": 0.1}
CYCLIC = {"vae_a.temp_cyclic": True, "vae_a.temp_boost_amplitude": 0.5}
CODEBOOK = {"prior_terms": ..., "codebook_terms": CODEBOOK_TERMS}
MILESTONES = {"optimizer.lr_schedule": [{"epoch": 5, "lr": 1e-4}]}
STOPPING = {
    "total_epochs": 10,
    "stop_from_epoch": 0,
    "patience": 3,
    "min_delta": 0.01,
    "coverage_plateau_patience": 1000,
}
PLATEAU = {**STOPPING, "patience": 1000, "coverage_plateau_patience": 3}

# key: (what comes out differently, the changed keys, what is on while it is tested)
TABLE = {
    "seed": ("weights", {"seed": 44}, {}),
    "model.latent_dim": ("weights", {"model.latent_dim": 8}, {}),
    "model.rho_min": ("weights", {"model.rho_min": 0.2}, {}),
    "model.rho_max": ("weights", {"model.rho_max": 0.5}, {}),
    "model.lambda3_base": ("weights", {"model.lambda3_base": 0.3}, {}),
    "model.lambda3_amplitude": ("weights", {"model.lambda3_amplitude": 0.2}, ALIGNED),
    "model.eps_kl": ("active dimensions", {"model.eps_kl": 50.0}, {}),
    "model.gradient_balance": ("weights", {"model.gradient_balance": True}, {}),
    "model.adaptive_scheduling": (
        "weights",
        {**ADAPTIVE, "controller.dH_dt_threshold": 10.0},
        {},
    ),
    "model.use_statenet": ("weights of the pathways", STATENET, {}),
    "model.statenet_lr_scale": (
        "weights of the pathways",
        {"model.statenet_lr_scale": 0.1},
        STATENET,
    ),
    "model.statenet_lambda_scale": (
        "weights of the pathways",
        {"model.statenet_lambda_scale": 0.02},
        STATENET,
    ),
    "ternary_dataset.seed": ("held-out operations", {"ternary_dataset.seed": 43}, {}),
    "batch_size": ("weights", {"batch_size": 64}, {}),
    "total_epochs": ("weights", {"total_epochs": 12}, {}),
    "optimizer.type": ("weights", {"optimizer.type": "adam"}, {}),
    "optimizer.lr_start": ("weights", {"optimizer.lr_start": 2e-3}, {}),
    "optimizer.weight_decay": ("weights", {"optimizer.weight_decay": 1e-2}, {}),
    "optimizer.lr_schedule[].epoch": (
        "weights",
        {"optimizer.lr_schedule": [{"epoch": 6, "lr": 1e-4}]},
        MILESTONES,
    ),
    "optimizer.lr_schedule[].lr": (
        "weights",
        {"optimizer.lr_schedule": [{"epoch": 5, "lr": 2e-4}]},
        MILESTONES,
    ),
    "vae_a.beta_start": ("weights", {"vae_a.beta_start": 0.3}, {}),
    "vae_a.beta_end": ("weights", {"vae_a.beta_end": 0.3}, {}),
    "vae_a.beta_warmup_epochs": ("weights", {"vae_a.beta_warmup_epochs": 3}, {}),
    "vae_a.temp_start": ("weights", {"vae_a.temp_start": 0.9}, {}),
    "vae_a.temp_end": ("weights", {"vae_a.temp_end": 0.4}, {}),
    "vae_a.temp_cyclic": ("weights", CYCLIC, {}),
    "vae_a.temp_boost_amplitude": ("weights", {"vae_a.temp_boost_amplitude": 0.3}, CYCLIC),
    "vae_b.beta_start": ("weights", {"vae_b.beta_start": 0.3}, {}),
    "vae_b.beta_end": ("weights", {"vae_b.beta_end": 0.3}, {}),
    "vae_b.beta_warmup_epochs": ("weights", {"vae_b.beta_warmup_epochs": 3}, {}),
    "vae_b.temp_start": ("weights", {"vae_b.temp_start": 0.8}, {}),
    "vae_b.temp_end": ("weights", {"vae_b.temp_end": 0.3}, {}),
    "vae_b.temp_phase4": ("weights", {"vae_b.temp_phase4": 0.8}, {}),
    "vae_b.entropy_weight": ("weights", {"vae_b.entropy_weight": 0.05}, {}),
    "vae_b.repulsion_weight": ("weights", {"vae_b.repulsion_weight": 0.01}, {}),
    "free_bits": ("weights", {"free_bits": 0.05}, {}),
    "controller.temp_lag": ("weights", {"controller.temp_lag": 2}, {}),
    "controller.beta_phase_lag": ("weights", {"controller.beta_phase_lag": 0.0}, {}),
    "controller.entropy_ema_alpha": (
        "weights",
        {"controller.entropy_ema_alpha": 0.9999},
        ADAPTIVE,
    ),
    "controller.dH_dt_threshold": ("weights", {"controller.dH_dt_threshold": 10.0}, ADAPTIVE),
    "grad_clip": ("weights", {"grad_clip": 0.1}, {}),
    "patience": ("stop", {"patience": 5}, STOPPING),
    "min_delta": ("stop", {"min_delta": 1e-5}, STOPPING),
    "coverage_plateau_patience": ("stop", {"coverage_plateau_patience": 5}, PLATEAU),
    "min_coverage_delta": ("stop", {"min_coverage_delta": 1e-6}, PLATEAU),
    "stop_from_epoch": ("stop", {"stop_from_epoch": 7}, STOPPING),
    "log_interval": ("logged epochs", {"log_interval": 2}, {}),
    "checkpoint_freq": ("files", {"checkpoint_freq": 2}, {}),
    "checkpoint_dir": ("files", {"checkpoint_dir": "elsewhere/deep"}, {}),
    "eval_num_samples": ("coverage", {"eval_num_samples": 400}, {}),
    "eval_interval": ("scored epochs", {"eval_interval": 2}, {}),
    "coverage_check_interval": ("counted epochs", {"coverage_check_interval": 2}, {}),
    "train_split": ("size of train", {"train_split": 0.02, "test_split": 0.96}, {}),
    "val_split": ("size of validation", {"val_split": 0.03, "test_split": 0.96}, {}),
    "test_split": ("size of test", {"test_split": 0.96, "val_split": 0.03}, {}),
    "phase_transitions.entropy_expansion_end": (
        "weights",
        {"phase_transitions.entropy_expansion_end": 0},
        {},
    ),
    "phase_transitions.consolidation_end": (
        "weights",
        {"phase_transitions.consolidation_end": 3},
        {},
    ),
    "phase_transitions.resonant_coupling_end": (
        "weights",
        {"phase_transitions.resonant_coupling_end": 3},
        {},
    ),
    "phase_transitions.ultra_exploration_start": (
        "weights",
        {"phase_transitions.ultra_exploration_start": 5},
        {},
    ),
    "phase_transitions.statenet_warm_start": (
        "weights of the pathways",
        {"phase_transitions.statenet_warm_start": 4},
        STATENET,
    ),
    "cross_injection.mixed_fraction": ("weights", {"cross_injection.mixed_fraction": 0.25}, {}),
    "prior_terms.num_latents": ("weights", {"prior_terms.num_latents": 96}, {}),
    "prior_terms.collision_weight": ("weights", {"prior_terms.collision_weight": 1.5}, {}),
    "prior_terms.pair_collision_weight": (
        "weights",
        {"prior_terms.pair_collision_weight": 1.5},
        {},
    ),
    "prior_terms.sharpness_weight": ("weights", {"prior_terms.sharpness_weight": 0.1}, {}),
    "prior_terms.ramp_epochs": ("weights", {"prior_terms.ramp_epochs": 2}, {}),
    "codebook_terms.num_latents": ("weights", {"codebook_terms.num_latents": 96}, CODEBOOK),
    "codebook_terms.influence_draws": (
        "weights",
        {"codebook_terms.influence_draws": 3},
        CODEBOOK,
    ),
    "codebook_terms.smoothing": ("weights", {"codebook_terms.smoothing": 0.9}, CODEBOOK),
    "codebook_terms.alignment_weight": (
        "weights",
        {"codebook_terms.alignment_weight": 0.1},
        CODEBOOK,
    ),
    **{
        f"codebook_terms.{ramp}.{end}": (
            "weights",
            {f"codebook_terms.{ramp}.{end}": 1.5 * CODEBOOK_TERMS[ramp][end]},
            CODEBOOK,
        )
        for ramp in (
            "temperature",
            "collision_weight",
            "sharpness_weight",
            "influence_weight",
            "distance_weight",
        )
        for end in ("start", "end")
    },
}


@pytest.fixture(autouse=True)
def one_thread():
    """Small products gain nothing from a second thread, and test processes share the cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def keys_of(schema, prefix=""):
    """Dotted leaf keys of a schema; ``[]`` marks the items of a list."""
    for name, field in schema.model_fields.items():
        yield from keys_of_type(field.annotation, f"{prefix}{name}")


def keys_of_type(kind, path):
    arguments = [part for part in typing.get_args(kind) if part not in (type(None), ...)]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield from keys_of(kind, f"{path}.")
    elif typing.get_origin(kind) is tuple:
        yield from keys_of_type(arguments[0], f"{path}[]")
    elif typing.get_origin(kind) in (types.UnionType, typing.Union) and len(arguments) == 1:
        yield from keys_of_type(arguments[0], path)
    else:
        yield path


class Outcome:
    """What a short run of a config leaves; each property is one thing to compare."""

    def __init__(self, config):
        with pytest.MonkeyPatch.context() as patch:
            evaluate_cheaply(patch)
            self.state = TrainState.start(config)
            self.metrics = [r.metrics for r in run_epochs(self.state, 6)]

    def observe(self, what):
        state, metrics = self.state, self.metrics
        weights = state.weights()
        if what == "weights":
            return tensor_hash(weights)
        if what == "weights of the pathways":
            return tensor_hash({n: w for n, w in weights.items() if "state_net" not in n})
        if what == "held-out operations":
            return state.split.test.tolist()
        if what.startswith("size of "):
            return len(state.split.parts()[what.removeprefix("size of ")])
        if what == "active dimensions":
            return [(m["num_active_A"], m["num_active_B"]) for m in metrics if "num_active_A" in m]
        if what == "coverage":
            return state.history["coverage_A"], state.history["coverage_B"]
        if what == "scored epochs":
            return [m["epoch"] for m in metrics if "selection_score" in m]
        assert what == "counted epochs"
        return [m["epoch"] for m in metrics if "coverage_A" in m]


@cache
def outcome(frozen):
    return Outcome(parse_config(tiny_mapping({**SMALL, **thaw(frozen)})))


def freeze(changes):
    return tuple(sorted((key, repr(value)) for key, value in changes.items()))


def thaw(frozen):
    return {key: eval(value) for key, value in frozen}


def moment_of_stop(config):
    """When and why a run ends whose score and coverage creep upwards."""
    with pytest.MonkeyPatch.context() as patch:
        evaluate_cheaply(patch)
        epoch = iter(range(100))

        def scores(model, split, *, threads):
            now = next(epoch)
            value = 1.0 * min(now, 1) + 0.001 * now
            return tuple(PathwayScore(p, 1.0, 1.0, value, 0.0, 9.887510598012987) for p in "AB")

        counted = iter([n for now in range(100) for n in [500 * min(now, 1) + now] * 2])
        patch.setattr(evaluation, "selection_scores", scores)
        patch.setattr(evaluation, "count_distinct", lambda *arguments, threads: next(counted))
        state = TrainState.start(config)
        reports = list(run_epochs(state))
    return len(reports), state.stop_reason


def files_and_lines(config, place, monkeypatch):
    """Every file of a run that names no folder, and the epochs its metrics hold."""
    place.mkdir()
    monkeypatch.chdir(place)
    evaluate_cheaply(monkeypatch)
    folder = run(config, epochs=4, threads=1)
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    files = sorted(str(path.relative_to(place)) for path in place.rglob("*") if path.is_file())
    return files, [line.split('"epoch": ')[1].split(",")[0] for line in lines if '"epoch"' in line]


def observe(what, changes, place, monkeypatch):
    if what in ("files", "logged epochs", "stop"):
        config = parse_config(tiny_mapping({**SMALL, **changes}))
        if what == "stop":
            return moment_of_stop(config)
        return files_and_lines(config, place, monkeypatch)[what == "logged epochs"]
    return outcome(freeze(changes)).observe(what)


def test_the_table_names_exactly_the_keys_of_the_schema():
    found = list(keys_of(Config))
    assert len(found) == len(set(found))
    assert sorted(found) == sorted(TABLE)


@pytest.mark.parametrize("key", TABLE)
def test_the_key_changes_something(key, tmp_path, monkeypatch):
    what, changed, on = TABLE[key]
    assert any(path.startswith(key.split("[]")[0]) for path in changed)
    before = observe(what, on, tmp_path / "before", monkeypatch)
    after = observe(what, {**on, **changed}, tmp_path / "after", monkeypatch)
    assert before != after, f"{key}: {what} stayed {before!r}"


@pytest.mark.parametrize("key", TABLE)
def test_only_the_key_and_what_it_needs_is_changed(key):
    """Its own switch brings the keys of its mechanism; the parts of a split add up to one."""
    _, changed, on = TABLE[key]
    before, after = (
        leaves(parse_config(tiny_mapping({**SMALL, **keys})).as_dict())
        for keys in (on, {**on, **changed})
    )
    differing = {
        path for path in {*before, *after} if before.get(path, None) != after.get(path, None)
    }
    own = key.split("[]")[0]
    companions = {path for path, switch in SWITCHED_KEYS.items() if switch == key}
    if key.endswith("_split"):
        companions |= {"val_split", "test_split"}
    assert any(path.startswith(own) for path in differing)
    assert {path for path in differing if not path.startswith(own)} <= companions


@pytest.mark.parametrize("what", sorted({what for what, _, _ in TABLE.values()}))
def test_the_probe_can_fail(what, tmp_path, monkeypatch):
    """The same config twice shows no difference, whatever is looked at."""
    on = next(on for kind, _, on in TABLE.values() if kind == what)
    first = observe(what, on, tmp_path / "first", monkeypatch)
    outcome.cache_clear()
    assert observe(what, on, tmp_path / "second", monkeypatch) == first


def test_a_key_that_only_files_see_leaves_the_weights():
    base = outcome(freeze({})).observe("weights")
    for changed in ({"checkpoint_dir": "elsewhere"}, {"checkpoint_freq": 3}, {"patience": 50}):
        assert outcome(freeze(changed)).observe("weights") == base


def test_prior_terms_as_a_whole(tmp_path):
    assert outcome(freeze({})).observe("weights") != Outcome(
        parse_config(tiny_mapping({**SMALL, "prior_terms": ...}))
    ).observe("weights")


def test_codebook_terms_as_a_whole():
    assert outcome(freeze(CODEBOOK)).observe("weights") != outcome(
        freeze({"prior_terms": ...})
    ).observe("weights")


def test_every_optional_key_belongs_to_a_switch():
    optional = {
        f"{section}.{name}"
        for section, field in Config.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
        for name, inner in field.annotation.model_fields.items()
        if not inner.is_required()
    }
    assert optional == set(SWITCHED_KEYS)


@pytest.mark.parametrize("key", SWITCHED_KEYS)
def test_a_key_of_a_mechanism_that_is_off_is_refused(key):
    _, changed, on = TABLE[key]
    assert on[SWITCHED_KEYS[key]] is True
    with pytest.raises(ConfigError, match=f"{key}: has no effect while .* is off; remove it"):
        parse_config(tiny_mapping(changed))


def test_the_documentation_explains_every_key():
    text = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    missing = [
        key for key in keys_of(Config) if key.replace("[]", "").rsplit(".", 1)[-1] not in text
    ]
    assert not missing
