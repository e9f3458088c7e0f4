"""The StateNet: it learns from the selection score, and only when it is switched on."""

import pytest
import torch

from fluxttice_core.config import parse_config
from fluxttice_core.model.state_net import StateNet
from fluxttice_core.training.loop import run_epochs
from fluxttice_core.training.state import TrainState
from fluxttice_core.training.steering import EXPLORATION, Steering
from tests.support import EVERYTHING_ON, tiny_mapping

OBSERVATION = [1.4, 1.2, 5.0, 8.0, 0.9, 0.3, 0.7, 0.7, 0.3]


def steering(seed=0):
    torch.manual_seed(seed)
    return Steering(StateNet(), torch.Generator().manual_seed(seed))


def tensors_of(state):
    return {
        name: value.clone()
        for name, value in state.model.state_dict().items()
        if name.startswith("state_net.")
    }


class TestInARun:
    def test_every_tensor_learns_when_it_is_on(self):
        state = TrainState.start(parse_config(tiny_mapping(EVERYTHING_ON)))
        before = tensors_of(state)
        reports = list(run_epochs(state))
        for name, value in tensors_of(state).items():
            assert not torch.equal(value, before[name]), name
        for name, parameter in state.model.state_net.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.abs().max() > 0, name
        # Epoch 0 is before the warm start; from then on every epoch proposes four corrections.
        proposed = [r.metrics.get("statenet_corrections") for r in reports]
        assert all(len(values) == 4 for values in proposed)
        assert all(-1 <= value <= 1 for values in proposed for value in values)
        assert len({tuple(values) for values in proposed}) == 6

    def test_nothing_moves_when_it_is_off(self):
        on = {name: value for name, value in EVERYTHING_ON.items() if "statenet" not in name}
        state = TrainState.start(parse_config(tiny_mapping(on)))
        before = tensors_of(state)
        reports = list(run_epochs(state, 3))
        assert all(torch.equal(value, before[name]) for name, value in tensors_of(state).items())
        assert state.steering is None
        assert state.checkpoint()["statenet_enabled"] is False
        assert not any("statenet_corrections" in r.metrics for r in reports)

    def test_initialisation_does_not_depend_on_the_switch(self):
        states = [
            TrainState.start(parse_config(tiny_mapping(changes))) for changes in ({}, EVERYTHING_ON)
        ]
        first, second = (state.model.state_dict() for state in states)
        assert all(torch.equal(first[name], second[name]) for name in first)

    @pytest.mark.parametrize("warm_start", [0, 1, 3])
    def test_it_waits_for_the_warm_start(self, warm_start):
        changes = {**EVERYTHING_ON, "phase_transitions.statenet_warm_start": warm_start}
        state = TrainState.start(parse_config(tiny_mapping(changes)))
        plain_rates = []
        for report in run_epochs(state, 5):
            plain_rates.append("statenet_corrections" in report.metrics)
        # The corrections found at the end of an epoch act in the next one.
        assert plain_rates == [epoch + 1 >= warm_start for epoch in range(5)]

    def test_its_corrections_act_on_the_next_epoch(self):
        def run():
            changes = {**EVERYTHING_ON, "model.gradient_balance": False}
            state = TrainState.start(parse_config(tiny_mapping(changes)))
            list(run_epochs(state, 1))
            return state

        state = run()
        state.feedback.corrections = (1.0, 0.0, 0.0, 0.0)
        (pushed,) = run_epochs(state, 2)
        state = run()
        state.feedback.corrections = (0.0, 0.0, 0.0, 0.0)
        (plain,) = run_epochs(state, 2)
        assert pushed.metrics["lr_a"] / plain.metrics["lr_a"] == pytest.approx(1.05)


class TestLearning:
    def test_the_first_reward_only_sets_the_score(self):
        learner = steering()
        before = [p.clone() for p in learner.state_net.parameters()]
        learner.reward(0.5)
        after = learner.state_net.parameters()
        assert all(torch.equal(p, q) for p, q in zip(before, after, strict=True))
        assert learner.score == 0.5

    @pytest.mark.parametrize(("change", "sign"), [(0.3, -1), (-0.3, 1)])
    def test_it_moves_towards_what_helped_and_away_from_what_hurt(self, change, sign):
        learner = steering()
        learner.reward(0.5)
        learner.act(OBSERVATION)
        action = torch.tensor(learner.action)

        def distance():
            with torch.no_grad():
                return (learner._propose(learner.observation) - action).norm().item()

        before = distance()
        learner.reward(0.5 + change)
        assert sign * (distance() - before) > 0

    def test_it_finds_the_correction_that_is_rewarded(self):
        """A bandit: the score rises by the first correction. It must learn to raise it."""
        learner = steering(4)
        learner.optimizer.param_groups[0]["lr"] = 1e-2
        with torch.no_grad():
            start = learner._propose(OBSERVATION)[0].item()
        score = 0.0
        learner.reward(score)
        for _ in range(150):
            first, *_ = learner.act(OBSERVATION)
            score += first
            learner.reward(score)
        with torch.no_grad():
            end = learner._propose(OBSERVATION)[0].item()
        assert end > max(0.5, start + 0.3)

    def test_exploration_has_its_spread_and_its_own_stream(self):
        learner = steering()
        before = torch.get_rng_state()
        with torch.no_grad():
            centre = learner._propose(OBSERVATION)
        drawn = torch.tensor([learner.act(OBSERVATION) for _ in range(2000)])
        assert torch.equal(torch.get_rng_state(), before)
        assert drawn.abs().max() <= 1
        inside = centre.abs() < 0.4  # where clamping to [-1, 1] does not bite
        assert inside.any()
        assert torch.allclose(drawn.mean(0)[inside], centre[inside], atol=0.03)
        assert torch.allclose(
            drawn.std(0)[inside], torch.full((int(inside.sum()),), EXPLORATION), atol=0.02
        )

    def test_negative_observations_are_read_as_zero(self):
        learner = steering()
        learner.act([-5.0] * 9)
        assert learner.observation == [0.0] * 9
        assert all(abs(value) <= 1 for value in learner.action)
