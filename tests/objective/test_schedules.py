"""Every schedule as a function: ends, steps, direction, and all four phases."""

import dataclasses
import itertools
import math
import random

import pytest

from fluxttice_core.config import load_config, parse_config
from fluxttice_core.objective import schedules
from fluxttice_core.training.controller import (
    Feedback,
    controls_for,
    observe,
    rho_after,
)
from tests.support import CODEBOOK_TERMS, EVERYTHING_ON, SHIPPED_CONFIG, base_mapping, with_keys

TOTAL = 400
V5_5 = {
    **EVERYTHING_ON,
    "batch_size": 64,
    "free_bits": 0.5,
    "vae_a.beta_start": 0.3,
    "vae_a.beta_end": 0.8,
    "vae_a.beta_warmup_epochs": 50,
    "vae_b.beta_start": 0.3,
    "vae_b.beta_end": 0.5,
    "vae_b.beta_warmup_epochs": 50,
    "controller.entropy_ema_alpha": 0.9,
}


def original_config(changes=None):
    """The values of the specification's sections 2 to 5, every mechanism on."""
    return parse_config(with_keys(base_mapping(), {**V5_5, **(changes or {})}))


def over_epochs(config, feedback=None):
    feedback = feedback or Feedback(rho=config.model.rho_min)
    return [controls_for(config, epoch, feedback) for epoch in range(config.total_epochs)]


def largest_step(values):
    return max(abs(right - left) for left, right in itertools.pairwise(values))


def is_falling(values):
    return all(right <= left for left, right in itertools.pairwise(values))


def is_rising(values):
    return all(right >= left for left, right in itertools.pairwise(values))


class TestPhase:
    @pytest.mark.parametrize(
        ("epoch", "expected"),
        [(0, 1), (39, 1), (40, 2), (119, 2), (120, 3), (249, 3), (250, 4), (399, 4)],
    )
    def test_boundaries(self, epoch, expected):
        assert schedules.phase(epoch, 40, 120, 250) == expected

    def test_all_four_are_reached_by_the_shipped_schedule(self):
        phases = [controls.phase for controls in over_epochs(load_config(SHIPPED_CONFIG))]
        assert [phases.count(number) for number in (1, 2, 3, 4)] == [40, 80, 130, 150]
        assert is_rising(phases)


class TestRho:
    @staticmethod
    def course(config, balanced):
        rho = [config.model.rho_min]
        for epoch in range(config.total_epochs - 1):
            rho.append(rho_after(config, epoch, rho[-1], balanced=balanced(epoch)))
        return rho

    def test_balanced_all_along(self):
        rho = self.course(original_config(), lambda epoch: True)
        assert rho[:41] == [0.1] * 41
        assert rho[80] == pytest.approx(0.2)
        assert rho[120] == pytest.approx(0.3)
        assert rho[160] == pytest.approx(0.5)
        assert rho[199] < 0.7
        assert rho[200:] == [pytest.approx(0.7)] * 200
        assert max(rho) == 0.7
        assert is_rising(rho)
        assert largest_step(rho) <= 0.4 / 80 + 1e-12

    def test_never_balanced_waits_for_the_end_of_coupling(self):
        rho = self.course(original_config(), lambda epoch: False)
        assert rho[120:250] == [pytest.approx(0.3)] * 130
        assert rho[250] == pytest.approx(0.305)
        assert rho[330] == pytest.approx(0.7)
        assert is_rising(rho)
        assert largest_step(rho) <= 0.4 / 80 + 1e-12

    def test_phase_three_rises_in_balanced_epochs_alone(self):
        rho = self.course(original_config(), lambda epoch: epoch % 2 == 0)
        rises = {epoch for epoch in range(121, 250) if rho[epoch] > rho[epoch - 1]}
        assert rises == {epoch for epoch in range(121, 250) if (epoch - 1) % 2 == 0}

    def test_balance_is_not_asked_before_phase_three(self):
        first, second = (
            self.course(original_config(), lambda epoch, b=b: b)[:121] for b in (True, False)
        )
        assert first == second

    def test_laws_hold_for_any_configuration_and_any_balance(self):
        """Never falls, never leaves [rho_min, rho_max], never jumps."""
        dice = random.Random(0)
        for _ in range(300):
            low, high = sorted(dice.choice([0.0, 0.1, 0.3, 0.5, 0.9, 1.0]) for _ in range(2))
            expansion = dice.randrange(0, 30)
            consolidation = expansion + dice.randrange(1, 60)
            coupling = consolidation + dice.choice([0, 1, 50])
            config = original_config(
                {
                    "model.rho_min": low,
                    "model.rho_max": high,
                    "total_epochs": 250,
                    "phase_transitions.entropy_expansion_end": expansion,
                    "phase_transitions.consolidation_end": consolidation,
                    "phase_transitions.resonant_coupling_end": coupling,
                    "phase_transitions.ultra_exploration_start": coupling + dice.choice([0, 10]),
                }
            )
            rho = self.course(config, lambda epoch: dice.random() < 0.5)
            assert is_rising(rho)
            assert rho[0] == low
            assert rho[-1] == pytest.approx(high)
            assert all(low <= value <= high + 1e-12 for value in rho)
            early = max(min(0.3, high) - low, 0.0) / (consolidation - expansion)
            assert largest_step(rho) <= max(early, max(high - 0.3, 0.0) / 80) + 1e-9


class TestBeta:
    def test_endpoints_and_shape_of_a(self):
        beta = [controls.beta_a for controls in over_epochs(original_config())]
        assert beta[0] == 0.0
        assert beta[25] == pytest.approx(0.15)
        assert beta[50] == pytest.approx(0.3)
        assert beta[-1] == pytest.approx(0.8)
        assert is_rising(beta)
        assert largest_step(beta) <= 0.3 / 50 + 1e-12

    def test_b_follows_behind_without_the_jump_of_the_original(self):
        controls = over_epochs(original_config())
        beta_a, beta_b = ([getattr(c, name) for c in controls] for name in ("beta_a", "beta_b"))
        lag = 50 * 0.785 / (2 * math.pi)
        assert [beta > 0 for beta in beta_b] == [epoch > lag for epoch in range(TOTAL)]
        assert beta_b[50] == pytest.approx(0.3 * (50 - lag) / 50)
        assert is_rising(beta_b)
        assert largest_step(beta_b) <= 0.3 / 50 + 1e-12
        assert beta_b[-1] == pytest.approx(0.5, abs=0.005)
        assert all(b < a for a, b in zip(beta_a[1:], beta_b[1:], strict=True))

    def test_without_a_lag_b_ends_at_its_target(self):
        last = over_epochs(original_config({"controller.beta_phase_lag": 0.0}))[-1]
        assert last.beta_b == pytest.approx(0.5)

    def test_falling_ramps_and_no_warm_up(self):
        values = [schedules.linear_beta_warmup(e, 101, 0.8, 0.2, 0) for e in range(101)]
        assert values[0] == 0.8
        assert values[50] == pytest.approx(0.5)
        assert values[-1] == pytest.approx(0.2)
        assert is_falling(values)

    def test_warm_up_as_long_as_the_run(self):
        values = [schedules.linear_beta_warmup(e, 50, 0.3, 0.8, 60) for e in range(50)]
        assert is_rising(values)
        assert values[-1] == pytest.approx(0.3 * 49 / 60)


class TestTemperature:
    def test_a_without_cycle_is_linear(self):
        values = [
            schedules.temperature_a(
                e, TOTAL, 1.0, 0.3, cyclic=False, boost_amplitude=0.5, ultra_start=250
            )
            for e in range(TOTAL)
        ]
        assert values[0] == 1.0
        assert values[-1] == pytest.approx(0.3)
        assert is_falling(values)
        assert largest_step(values) == pytest.approx(0.7 / 399)

    def test_a_cycles_by_a_tenth_and_by_the_boost_in_phase_four(self):
        values = [controls.temp_a for controls in over_epochs(original_config())]
        plain = [1.0 - 0.7 * epoch / 399 for epoch in range(TOTAL)]
        ratio = [value / base for value, base in zip(values, plain, strict=True)]
        early, late = ratio[:250], ratio[280:]
        assert max(early) == pytest.approx(1.1, abs=1e-3)
        assert min(early) == pytest.approx(0.9, abs=1e-3)
        assert max(late) == pytest.approx(1.5, abs=0.01)
        assert min(late) == pytest.approx(0.5, abs=0.01)
        assert all(ratio[e] == pytest.approx(1.0, abs=1e-9) for e in (0, 15, 30, 240, 300))
        # A cycle of 30 epochs moves by at most its amplitude times 2 pi / 30 an epoch.
        assert largest_step(values[:250]) < 1.1 * 2 * math.pi / 30 * 0.1 + 0.7 / 399
        assert largest_step(values) < 0.6 * 2 * math.pi / 30 * 0.5 + 0.02

    def test_floor(self):
        config = original_config({"vae_a.temp_end": 0.01, "vae_b.temp_end": 0.01})
        controls = over_epochs(config)
        assert min(c.temp_a for c in controls) == 0.1
        assert min(c.temp_b for c in controls[:250]) >= 0.1

    def test_b_lags_thirty_epochs_then_moves_to_its_phase_four_value(self):
        config = original_config()
        values = [controls.temp_b for controls in over_epochs(config)]
        assert values[:31] == [0.9] * 31
        assert values[31] < 0.9
        for epoch in range(30, 250):
            assert values[epoch] == pytest.approx(0.9 - 0.7 * (epoch - 30) / 399)
        target = config.vae_b.temp_phase4
        reached = 0.9 - 0.7 * 220 / 399
        assert values[250] == pytest.approx(reached)
        assert target > reached  # phase 4 raises it
        assert is_falling(values[:251])
        assert is_rising(values[250:])
        assert values[280:] == [pytest.approx(target)] * 120
        assert largest_step(values) <= max(0.7 / 399, abs(target - reached) / 30) + 1e-12

    def test_phase_four_may_also_lower_it(self):
        values = [c.temp_b for c in over_epochs(original_config({"vae_b.temp_phase4": 0.3}))]
        assert values[-1] == pytest.approx(0.3)
        assert is_falling(values)

    def test_runs_of_one_epoch(self):
        assert schedules.temperature(0, 1, 1.0, 0.3) == 1.0
        assert schedules.linear_beta_warmup(0, 1, 0.3, 0.8, 0) == 0.3


class TestLambda3:
    @pytest.mark.parametrize(
        ("epoch", "expected"),
        [
            (0, 0.3),
            (15, 0.3),
            (5, 0.3 - 0.15 * math.sqrt(3) / 2),
            (20, 0.3 + 0.15 * math.sqrt(3) / 2),
        ],
    )
    def test_by_hand(self, epoch, expected):
        assert schedules.lambda3(epoch, 0.3, 0.15) == pytest.approx(expected)

    def test_has_a_period_of_thirty_within_its_band(self):
        values = [schedules.lambda3(epoch, 0.3, 0.15) for epoch in range(TOTAL)]
        for epoch in range(TOTAL - 30):
            assert values[epoch] == pytest.approx(values[epoch + 30])
        assert min(values) >= 0.15
        assert max(values) <= 0.45
        assert max(values) - min(values) > 0.29
        assert largest_step(values) <= 0.15 * 2 * math.pi / 30 + 1e-12

    def test_is_never_negative_and_off_when_base_is_zero(self):
        assert min(schedules.lambda3(epoch, 0.1, 0.5) for epoch in range(30)) == 0.0
        assert {schedules.lambda3(epoch, 0.0, 0.0) for epoch in range(30)} == {0.0}


class TestFeedbackRules:
    def test_the_stronger_pathway_gives_way(self):
        assert schedules.next_lambda(0.7, 2.0, 1.0) == pytest.approx(0.68)
        assert schedules.next_lambda(0.7, 1.0, 2.0) == pytest.approx(0.72)
        assert schedules.next_lambda(0.7, 1.05, 1.0) == 0.7
        assert schedules.next_lambda(0.7, 1.0, 1.05) == 0.7

    def test_weights_stay_within_their_bounds(self):
        low = high = 0.7
        for _ in range(100):
            low, high = schedules.next_lambda(low, 9, 1), schedules.next_lambda(high, 1, 9)
        assert (low, high) == (0.5, 0.95)

    @pytest.mark.parametrize("gain", [0.75, 1.3])
    def test_the_loop_closes(self, gain):
        """A pathway whose gradient is ``gain`` times its weight comes to balance and stays."""
        weight_a = weight_b = 0.7
        for _ in range(60):
            norm_a, norm_b = gain * weight_a, weight_b
            weight_a, weight_b = (
                schedules.next_lambda(weight_a, norm_a, norm_b),
                schedules.next_lambda(weight_b, norm_b, norm_a),
            )
        assert 1 / 1.1 <= gain * weight_a / weight_b <= 1.1

    def test_balance_scales_are_inverse_and_clipped(self):
        dice = random.Random(1)
        for _ in range(200):
            norm_a, norm_b = 10 ** dice.uniform(-4, 4), 10 ** dice.uniform(-4, 4)
            scale_a, scale_b = schedules.balance_scales(norm_a, norm_b)
            assert scale_a * scale_b == pytest.approx(1.0)
            assert 0.5 <= scale_a <= 2.0
            # The weaker pathway is the one that is raised.
            assert (scale_a >= 1.0) == (norm_a <= norm_b)
        assert schedules.balance_scales(2.0, 3.0) == (1.5, pytest.approx(2 / 3))

    @pytest.mark.parametrize(
        ("ratio", "momentum"), [(1.0, 0.95), (0.81, 0.95), (0.8, 0.5), (1.2, 0.5), (5.0, 0.5)]
    )
    def test_gradient_average(self, ratio, momentum):
        average, used = schedules.gradient_ema(2.0, 4.0, ratio)
        assert used == momentum
        assert average == pytest.approx(momentum * 2.0 + (1 - momentum) * 4.0)
        assert schedules.is_balanced(ratio) == (momentum == 0.95)


class TestLearningRate:
    def test_milestones_are_met_and_the_rest_is_linear(self):
        config = parse_config(base_mapping())
        rates = [controls.lr_a for controls in over_epochs(config)]
        assert rates == [controls.lr_b for controls in over_epochs(config)]
        assert rates[0] == 1e-3
        for step in config.optimizer.lr_schedule:
            assert rates[step.epoch] == pytest.approx(step.lr)
        assert rates[85] == pytest.approx(4e-4)
        assert rates[350:] == [pytest.approx(5e-6)] * 50
        assert is_falling(rates)
        assert largest_step(rates) <= 5e-4 / 50 + 1e-15

    def test_without_milestones_it_is_constant(self):
        assert [schedules.learning_rate(e, 1e-3, []) for e in (0, 10, 999)] == [1e-3] * 3


class TestControls:
    def test_state_net_corrections_are_bounded_as_specified(self):
        config = original_config({"model.gradient_balance": False})
        plain = controls_for(config, 10, Feedback(rho=0.1))
        for sign in (-1.0, 1.0):
            pushed = controls_for(config, 10, Feedback(rho=0.1, corrections=(sign,) * 4))
            assert pushed.lambda1 - plain.lambda1 == pytest.approx(0.01 * sign)
            assert pushed.lambda2 - plain.lambda2 == pytest.approx(0.01 * sign)
            assert pushed.lambda3 - plain.lambda3 == pytest.approx(0.01 * sign)
            expected = (1 + 0.05 * sign) * (0.7 + 0.01 * sign) / 0.7
            assert pushed.lr_a / plain.lr_a == pytest.approx(expected)
        clipped = controls_for(
            config, 10, Feedback(rho=0.1, lambda1=0.95, lambda2=0.5, corrections=(0, 1, -1, 0))
        )
        assert (clipped.lambda1, clipped.lambda2) == (0.95, 0.5)

    def test_a_weight_acts_on_the_step_of_its_own_pathway(self):
        config = original_config({"model.gradient_balance": False})
        plain = controls_for(config, 10, Feedback(rho=0.1))
        moved = controls_for(config, 10, Feedback(rho=0.1, lambda1=0.56))
        assert moved.lr_a / plain.lr_a == pytest.approx(0.8)
        assert moved.lr_b == plain.lr_b

    def test_balance_is_off_unless_asked_for(self):
        feedback = Feedback(rho=0.1, grad_norm_a=1.0, grad_norm_b=1.5)
        off = controls_for(original_config({"model.gradient_balance": False}), 10, feedback)
        on = controls_for(original_config(), 10, feedback)
        assert (off.balance_a, off.balance_b) == (1.0, 1.0)
        assert (on.balance_a, on.balance_b) == (1.5, pytest.approx(2 / 3))
        assert on.lr_a == pytest.approx(1.5 * off.lr_a)

    def test_prior_terms_ramp_up_to_one(self):
        config = parse_config(base_mapping())
        ramp = [controls.prior_ramp for controls in over_epochs(config)]
        length = config.prior_terms.ramp_epochs
        assert ramp[0] == pytest.approx(1 / length)
        assert ramp[length - 1 :] == [1.0] * (TOTAL - length + 1)
        assert is_rising(ramp)
        at_once = original_config({"prior_terms.ramp_epochs": 0})
        assert over_epochs(at_once)[0].prior_ramp == 1.0

    def test_codebook_terms_run_from_start_to_end_by_equal_factors(self):
        assert over_epochs(original_config())[0].codebook is None
        config = original_config({"prior_terms": ..., "codebook_terms": CODEBOOK_TERMS})
        course = [controls.codebook for controls in over_epochs(config)]
        for name in (field.name for field in dataclasses.fields(course[0])):
            values, ramp = [getattr(item, name) for item in course], CODEBOOK_TERMS[name]
            assert values[0] == pytest.approx(ramp["start"])
            assert values[-1] == pytest.approx(ramp["end"])
            factors = [right / left for left, right in itertools.pairwise(values)]
            assert max(factors) - min(factors) < 1e-9 < factors[0] - 1.0, name

    def test_no_schedule_of_the_shipped_config_jumps(self):
        """One fiftieth of its range in an epoch, or the slope stated above: nothing steeper."""
        controls = over_epochs(load_config(SHIPPED_CONFIG))
        for name, bound in {
            "temp_a": 0.02,
            "temp_b": 0.02,
            "beta_a": 0.02,
            "beta_b": 0.02,
            "lambda3": 0.04,
            "lr_a": 2e-5,
            "prior_ramp": 0.25,
        }.items():
            assert largest_step([getattr(c, name) for c in controls]) <= bound, name


class TestObserve:
    def run(self, config, epoch, feedback, norm_a=1.0, norm_b=1.0, entropy=1.0):
        return observe(
            config,
            epoch,
            feedback,
            norm_a=norm_a,
            norm_b=norm_b,
            entropy_a=entropy,
            entropy_b=entropy,
        )

    def test_the_first_epoch_starts_the_averages(self):
        after = self.run(original_config(), 0, Feedback(rho=0.1), norm_a=3.0, norm_b=5.0)
        assert (after.grad_norm_a, after.grad_norm_b) == (3.0, 5.0)
        assert after.ratio == pytest.approx(5 / 3)
        assert not after.balance_achieved

    def test_later_epochs_move_them_fast_when_unbalanced_and_slowly_when_balanced(self):
        config = original_config()
        fast = self.run(config, 5, Feedback(0.1, grad_norm_a=1.0, grad_norm_b=2.0), 3.0, 4.0)
        assert (fast.grad_norm_a, fast.grad_norm_b, fast.momentum) == (2.0, 3.0, 0.5)
        slow = self.run(config, 5, Feedback(0.1, grad_norm_a=2.0, grad_norm_b=2.0), 3.0, 4.0)
        assert slow.grad_norm_a == pytest.approx(0.95 * 2 + 0.05 * 3)
        assert slow.grad_norm_b == pytest.approx(0.95 * 2 + 0.05 * 4)
        assert slow.momentum == 0.95
        assert slow.balance_achieved

    def test_weights_wait_until_the_entropies_settle(self):
        config = original_config({"controller.entropy_ema_alpha": 0.5})
        feedback = Feedback(0.1, grad_norm_a=4.0, grad_norm_b=1.0)
        first = self.run(config, 3, feedback, 4.0, 1.0, entropy=1.0)
        assert (first.lambda1, first.lambda2) == (0.7, 0.7)  # no drift is known yet
        moving = self.run(config, 4, first, 4.0, 1.0, entropy=1.2)
        assert (moving.lambda1, moving.lambda2) == (0.7, 0.7)  # 0.5 x 0.2 is above 0.05
        assert moving.entropy_a == pytest.approx(1.1)
        settled = self.run(config, 5, moving, 4.0, 1.0, entropy=1.15)
        assert settled.lambda1 == pytest.approx(0.68)
        assert settled.lambda2 == pytest.approx(0.72)

    def test_without_adaptive_scheduling_the_weights_stay(self):
        config = parse_config(base_mapping())
        feedback = Feedback(rho=0.1)
        for epoch in range(50):
            feedback = self.run(config, epoch, feedback, 9.0, 1.0)
        assert (feedback.lambda1, feedback.lambda2) == (0.7, 0.7)
        assert feedback.entropy_a is None

    def test_feedback_survives_being_written_down(self):
        feedback = Feedback(0.31, 0.6, 0.8, 2.0, 3.0, 0.95, True, 1.5, None, (0.1, -0.2, 0.3, 1.0))
        assert Feedback.from_dict(feedback.as_dict()) == feedback
