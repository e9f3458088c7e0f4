"""Epochs: they resume bit for bit, and nothing but training changes training."""

import random

import numpy as np
import pytest
import torch

from fluxttice_core.canonical import tensor_hash
from fluxttice_core.config import parse_config
from fluxttice_core.errors import CheckpointError, TrainingError
from fluxttice_core.training import evaluation, loop
from fluxttice_core.training.loop import run_epochs
from fluxttice_core.training.state import TrainState
from tests.support import (
    CODEBOOK_TERMS,
    EVERYTHING_ON,
    assert_same,
    leaves,
    through_file,
    tiny_mapping,
)

WITHOUT_STATENET = {name: value for name, value in EVERYTHING_ON.items() if "statenet" not in name}
CODEBOOK = {"prior_terms": ..., "codebook_terms": CODEBOOK_TERMS}

LIMIT = 9.887510598012987  # log 19,683


def config_with(changes=None):
    return parse_config(tiny_mapping(changes))


def train(changes=None, num_epochs=None):
    state = TrainState.start(config_with(changes))
    reports = list(run_epochs(state, num_epochs))
    return state, reports


def timeless(metrics):
    return {name: value for name, value in metrics.items() if "seconds" not in name}


@pytest.mark.parametrize(
    "changes",
    [{}, EVERYTHING_ON, CODEBOOK],
    ids=["plain", "everything on", "codebook terms"],
)
def test_resumed_after_every_epoch_equals_uninterrupted(changes):
    """Not the weights alone: every key of the checkpoint, and every figure but the seconds."""
    config = config_with(changes)
    whole = TrainState.start(config)
    expected = []
    for report in run_epochs(whole):
        expected.append((report, through_file(whole.checkpoint())))
    assert len(expected) == 6

    checkpoint = None
    for epoch, (report, reference) in enumerate(expected):
        state = (
            TrainState.start(config)
            if checkpoint is None
            else TrainState.restore(checkpoint, config)
        )
        (again,) = run_epochs(state, epoch + 1)
        assert timeless(again.metrics) == timeless(report.metrics)
        assert (again.is_best, again.is_numbered, again.is_logged, again.stop_reason) == (
            report.is_best,
            report.is_numbered,
            report.is_logged,
            report.stop_reason,
        )
        checkpoint = through_file(state.checkpoint())
        assert_same(checkpoint, reference)


def test_resumed_from_any_epoch_equals_uninterrupted():
    """The others resume one epoch; this one goes on to the end from each."""
    config = config_with(EVERYTHING_ON)
    whole = TrainState.start(config)
    kept = [through_file(whole.checkpoint()) for _ in run_epochs(whole)]
    for checkpoint in (kept[0], kept[3]):
        state = TrainState.restore(checkpoint, config)
        list(run_epochs(state))
        assert_same(through_file(state.checkpoint()), kept[-1])


def test_a_restored_state_is_the_state():
    state, _ = train(EVERYTHING_ON, 3)
    checkpoint = through_file(state.checkpoint())
    again = TrainState.restore(checkpoint, state.config)
    assert_same(through_file(again.checkpoint()), checkpoint)
    assert again.model.rho == state.model.rho


def test_the_comparison_can_fail():
    first, _ = train({}, 2)
    other, _ = train({"seed": 44}, 2)
    assert tensor_hash(first.weights()) != tensor_hash(other.weights())
    with pytest.raises(AssertionError):
        assert_same(through_file(first.checkpoint()), through_file(other.checkpoint()))
    # A stream that is not restored must show.
    state = TrainState.restore(through_file(first.checkpoint()), first.config)
    torch.rand(1, generator=state.streams["noise"])
    list(run_epochs(state, 3))
    list(run_epochs(first, 3))
    assert tensor_hash(first.weights()) != tensor_hash(state.weights())


def test_checkpoint_has_the_specified_keys_and_ours():
    state, reports = train(EVERYTHING_ON, 3)
    checkpoint = through_file(state.checkpoint())
    specified = [
        "epoch",
        "model",
        "optimizer",
        "best_val_loss",
        "H_A_history",
        "H_B_history",
        "coverage_A_history",
        "coverage_B_history",
        "lambda1",
        "lambda2",
        "lambda3",
        "rho",
        "phase",
        "grad_balance_achieved",
        "grad_norm_A_ema",
        "grad_norm_B_ema",
        "grad_ema_momentum",
        "statenet_enabled",
        "statenet_corrections",
    ]
    assert list(checkpoint)[: len(specified)] == specified
    assert {
        "format_version",
        "config",
        "config_hash",
        "seed",
        "split",
        "rng_states",
        "code_version",
        "best",
        "best_epoch",
    } <= set(checkpoint)
    assert checkpoint["epoch"] == 2
    assert checkpoint["statenet_enabled"] is True
    assert parse_config(checkpoint["config"]) == state.config
    assert checkpoint["config_hash"] == state.config.canonical_hash()
    assert len(checkpoint["coverage_A_history"]) == 3
    assert all(isinstance(count, int) for count in checkpoint["coverage_A_history"])
    assert checkpoint["best_val_loss"] == min(r.metrics["validation_nll"] for r in reports)
    for name, item in checkpoint["best"].items():
        assert item["epoch"] in (0, 1, 2), name
    for name in ("A", "B"):
        stored = checkpoint["model"][f"grad_norm_{name}_ema"].item()
        assert stored == pytest.approx(checkpoint[f"grad_norm_{name}_ema"], rel=1e-6)
    parts = [np.asarray(part) for part in checkpoint["split"].values()]
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(19683))
    assert [len(part) for part in parts] == [393, 393, 18897]


def test_a_checkpoint_holds_the_controls_that_its_epoch_trained_with():
    state, reports = train({}, 4)
    last = reports[-1].metrics
    assert state.checkpoint()["rho"] == last["rho"] == state.model.rho
    for name in ("lambda1", "lambda2", "lambda3", "phase"):
        assert state.checkpoint()[name] == last[name], name


class TestResumeIsRefused:
    def test_under_another_configuration_naming_every_key(self):
        state, _ = train({}, 1)
        other = config_with(
            {
                "free_bits": 0.25,
                "vae_b.temp_phase4": 0.5,
                "model.use_statenet": True,
                "model.statenet_lr_scale": 0.05,
                "model.statenet_lambda_scale": 0.01,
                "phase_transitions.statenet_warm_start": 1,
                "optimizer.lr_schedule": [],
            }
        )
        with pytest.raises(CheckpointError) as caught:
            TrainState.restore(through_file(state.checkpoint()), other)
        assert (
            "differing keys: free_bits, model.statenet_lambda_scale, model.statenet_lr_scale, "
            "model.use_statenet, optimizer.lr_schedule, phase_transitions.statenet_warm_start, "
            "vae_b.temp_phase4;"
        ) in str(caught.value)

    @pytest.mark.parametrize("version", [None, 0, 2, "1"])
    def test_from_a_file_of_another_format(self, version):
        state, _ = train({}, 1)
        checkpoint = {**state.checkpoint(), "format_version": version}
        with pytest.raises(CheckpointError, match="expected format_version 1, got"):
            TrainState.restore(checkpoint, state.config)


class TestGlobalState:
    def test_start_and_epochs_leave_it_alone(self):
        random.seed(3)
        np.random.seed(3)
        torch.manual_seed(3)
        before = (
            random.getstate(),
            np.random.get_state(),
            torch.get_rng_state(),
            torch.get_num_threads(),
            torch.is_grad_enabled(),
            torch.get_default_dtype(),
        )
        train(EVERYTHING_ON, 2)
        assert random.getstate() == before[0]
        assert np.array_equal(np.random.get_state()[1], before[1][1])
        assert np.random.get_state()[2] == before[1][2]
        assert torch.equal(torch.get_rng_state(), before[2])
        assert torch.get_num_threads() == before[3]
        assert (torch.is_grad_enabled(), torch.get_default_dtype()) == before[4:]

    def test_training_does_not_read_it(self):
        torch.manual_seed(1)
        np.random.seed(1)
        first, _ = train(EVERYTHING_ON, 2)
        torch.manual_seed(2)
        np.random.seed(2)
        second, _ = train(EVERYTHING_ON, 2)
        assert_same(through_file(first.checkpoint()), through_file(second.checkpoint()))


class TestEvaluationChangesNothing:
    @pytest.mark.parametrize(
        "changes",
        [
            {"coverage_check_interval": 1000},
            {"eval_interval": 1000},
            {"eval_num_samples": 100},
            {"log_interval": 3, "checkpoint_freq": 1000},
            {"model.eps_kl": 1.0},
        ],
        ids=lambda changes: next(iter(changes)),
    )
    def test_weights_are_the_same(self, changes):
        base, _ = train(WITHOUT_STATENET, 4)
        other, _ = train({**WITHOUT_STATENET, **changes}, 4)
        assert tensor_hash(base.weights()) == tensor_hash(other.weights())
        for name in base.streams:
            assert torch.equal(base.streams[name].get_state(), other.streams[name].get_state())

    def test_intervals_say_when_and_the_last_epoch_always_is(self):
        state, reports = train({"eval_interval": 4, "coverage_check_interval": 3})
        scored = [r.epoch for r in reports if "selection_score" in r.metrics]
        counted = [r.epoch for r in reports if "coverage_A" in r.metrics]
        assert scored == [0, 4, 5]
        assert counted == [0, 3, 5]
        assert len(state.history["score"]) == len(state.history["H_A"]) == 3
        assert len(state.history["coverage_B"]) == 3


class TestPhases:
    def test_a_run_goes_through_all_four_and_rho_never_falls(self):
        _, reports = train(EVERYTHING_ON)
        assert [r.metrics["phase"] for r in reports] == [1, 2, 3, 3, 4, 4]
        rho = [r.metrics["rho"] for r in reports]
        assert rho == sorted(rho)
        assert rho[0] == 0.1
        assert rho[2] == pytest.approx(0.3)
        assert rho[-1] > 0.3
        assert all(leaf == leaf for r in reports for leaf in leaves(r.metrics).values())

    def test_every_operation_of_the_training_part_and_no_other_is_trained_on(self, monkeypatch):
        seen = []
        original = loop.train_step

        def watch(model, optimizer, operations, *rest):
            seen.append(operations.clone())
            return original(model, optimizer, operations, *rest)

        monkeypatch.setattr(loop, "train_step", watch)
        state, _ = train({}, 2)
        epochs = torch.cat(seen).split(len(state.split.train))
        powers = 3 ** torch.arange(9)
        for rows in epochs:
            indices = ((rows.long() + 1) * powers).sum(1)
            assert sorted(indices.tolist()) == sorted(state.split.train.tolist())
        assert not torch.equal(*epochs)  # another order each epoch

    def test_gradient_norms_are_weighted_by_items(self, monkeypatch):
        """A last batch of nine items must not count as much as one of 128."""
        weights = []
        original = loop.train_step

        def watch(model, optimizer, operations, *rest):
            figures = original(model, optimizer, operations, *rest)
            weights.append((len(operations), figures.values[-1].item()))
            return figures

        monkeypatch.setattr(loop, "train_step", watch)
        _, (report,) = train({}, 1)
        assert [size for size, _ in weights] == [128, 128, 128, 9]
        expected = sum(size * norm for size, norm in weights) / 393
        assert report.metrics["grad_norm_B"] == pytest.approx(expected, rel=1e-5)


class TestStop:
    @staticmethod
    def scored(monkeypatch, values):
        """Stand-in scores, so that the rule and not the network is tested."""
        remaining = iter(values)

        def scores(model, split, *, threads):
            value = next(remaining)
            return tuple(
                evaluation.PathwayScore(p, 1.0, 1.0, value * LIMIT, 0.0, LIMIT) for p in "AB"
            )

        monkeypatch.setattr(evaluation, "selection_scores", scores)

    CHANGES = (
        ("total_epochs", 12),
        ("min_delta", 0.01),
        ("patience", 3),
        ("stop_from_epoch", 0),
        ("min_coverage_delta", 0.0),
        ("coverage_plateau_patience", 1000),
        ("batch_size", 393),
    )

    def test_patience_counts_from_the_last_rise_beyond_the_margin(self, monkeypatch):
        self.scored(monkeypatch, [0.1, 0.2, 0.205, 0.209, 0.2095, 0.9, 0.9])
        state, reports = train(dict(self.CHANGES))
        assert len(reports) == 5
        assert reports[-1].stop_reason == (
            "the selection score has not risen since epoch 1 (patience 3)"
        )
        assert state.best["score"].epoch == 4  # best.pt follows every rise, however small
        assert [r.is_best for r in reports] == [True] * 5
        assert state.best["score"].value == pytest.approx(0.2095)
        assert list(run_epochs(state)) == []  # a stopped run stays stopped
        resumed = TrainState.restore(through_file(state.checkpoint()), state.config)
        assert list(run_epochs(resumed)) == []

    def test_it_does_not_act_before_its_first_epoch(self, monkeypatch):
        self.scored(monkeypatch, [0.5] * 12)
        _, reports = train({**dict(self.CHANGES), "stop_from_epoch": 7})
        assert len(reports) == 8
        assert [r.is_best for r in reports] == [True] + [False] * 7

    def test_plateau_of_coverage(self, monkeypatch):
        self.scored(monkeypatch, [0.01 * i for i in range(12)])
        counts = iter([100, 200, 210, 210, 210, 210, 210, 9999] * 2)
        paired = {}

        def counted(weights, pathway, num_draws, seed, *, threads):
            if pathway == "A":
                paired["now"] = next(counts)
            return paired["now"]

        monkeypatch.setattr(evaluation, "count_distinct", counted)
        state, reports = train(
            {
                **dict(self.CHANGES),
                "patience": 1000,
                "coverage_plateau_patience": 4,
                "min_coverage_delta": 0.001,
            }
        )
        # 10 of 19,683 are below the margin of 0.001: the last rise is that of epoch 1.
        assert reports[-1].stop_reason == "coverage has not risen since epoch 1 (patience 4)"
        assert len(reports) == 6
        assert state.best["coverage_A"].value == 210

    def test_the_smaller_pathway_decides(self, monkeypatch):
        def scores(model, split, *, threads):
            return (
                evaluation.PathwayScore("A", 1.0, 1.0, 9.0, 0.0, LIMIT),
                evaluation.PathwayScore("B", 1.0, 0.5, 4.0, 0.0, LIMIT),
            )

        monkeypatch.setattr(evaluation, "selection_scores", scores)
        _, (report,) = train({}, 1)
        assert report.metrics["selection_score"] == pytest.approx(0.5 * 4.0 / LIMIT)


def test_divergence_is_an_error_that_names_the_figures():
    changes = {"optimizer.lr_start": 1e30, "optimizer.lr_schedule": []}
    with pytest.raises(TrainingError, match=r"training diverged in epoch \d+: .*not finite; the"):
        train(changes)
