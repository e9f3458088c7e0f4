"""Epoch to value: every schedule of v5.5 as a pure function, made continuous.

``epoch`` is zero-based; a schedule is asked once per epoch. Two quantities depend on what was
measured and so are steps rather than functions of the epoch: the third phase of ``rho``
(:func:`next_rho`) and the pathway weights (:func:`next_lambda`).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

PHASE2_RHO = 0.3
RHO_RAMP_EPOCHS = 80
TEMPERATURE_FLOOR = 0.1
TEMPERATURE_PERIOD = 30
TEMPERATURE_AMPLITUDE = 0.1
LAMBDA_START, LAMBDA_MIN, LAMBDA_MAX, LAMBDA_STEP = 0.7, 0.5, 0.95, 0.02
LAMBDA3_PERIOD = 30


def phase(epoch: int, entropy_expansion_end: int, consolidation_end: int, ultra_start: int) -> int:
    """Return the phase 1 to 4 of an epoch: expansion, consolidation, coupling, exploration."""
    return (
        1 + (epoch >= entropy_expansion_end) + (epoch >= consolidation_end) + (epoch >= ultra_start)
    )


def early_rho(
    epoch: int, rho_min: float, rho_max: float, entropy_expansion_end: int, consolidation_end: int
) -> float:
    """Cross-injection of phases 1 and 2: ``rho_min``, then a linear rise to 0.3.

    >>> early_rho(80, 0.1, 0.7, 40, 120)
    0.2
    """
    target = min(max(PHASE2_RHO, rho_min), rho_max)
    progress = (epoch - entropy_expansion_end) / (consolidation_end - entropy_expansion_end)
    return rho_min + (target - rho_min) * min(max(progress, 0.0), 1.0)


def next_rho(rho: float, rho_max: float, *, rising: bool) -> float:
    """Cross-injection after phase 2: one eightieth of the way to ``rho_max`` per rising epoch.

    In phase 3 an epoch rises when the pathways' gradients balance; later every epoch does. It
    never falls.
    """
    step = max(rho_max - PHASE2_RHO, 0.0) / RHO_RAMP_EPOCHS
    return min(rho + step, rho_max) if rising else rho


def linear_beta_warmup(
    epoch: float, total_epochs: int, start: float, end: float, warmup_epochs: int
) -> float:
    """KL weight: 0 to ``start`` over the warm-up, then linearly to ``end`` at the last epoch.

    >>> [round(linear_beta_warmup(e, 401, 0.3, 0.8, 50), 3) for e in (0, 25, 50, 400)]
    [0.0, 0.15, 0.3, 0.8]
    """
    if epoch <= 0:
        return 0.0 if warmup_epochs > 0 else start
    if epoch < warmup_epochs:
        return start * epoch / warmup_epochs
    remaining = max(total_epochs - 1 - warmup_epochs, 1)
    return start + (end - start) * min((epoch - warmup_epochs) / remaining, 1.0)


def geometric_ramp(epoch: int, total_epochs: int, start: float, end: float) -> float:
    """``start (end / start)^(epoch / (total - 1))``: the same factor in every epoch; 0 stays 0.

    >>> [round(geometric_ramp(epoch, 5, 0.1, 10.0), 3) for epoch in range(5)]
    [0.1, 0.316, 1.0, 3.162, 10.0]
    """
    if start == 0.0:
        return 0.0
    progress = min(max(epoch / max(total_epochs - 1, 1), 0.0), 1.0)
    return start * math.pow(end / start, progress)


def lagged_beta_epoch(epoch: int, warmup_epochs: int, phase_lag: float) -> float:
    """Epoch at which pathway B reads its ramp: behind by ``phase_lag / 2 pi`` of the warm-up."""
    return epoch - warmup_epochs * phase_lag / (2.0 * math.pi)


def temperature(
    epoch: float,
    total_epochs: int,
    start: float,
    end: float,
    *,
    cycle_amplitude: float = 0.0,
) -> float:
    """Posterior noise scale: linear from ``start`` to ``end``, with a cycle of 30 epochs.

    The cycle multiplies by ``1 + cycle_amplitude sin(2 pi epoch / 30)``; the floor is 0.1.
    """
    progress = min(max(epoch / max(total_epochs - 1, 1), 0.0), 1.0)
    value = start + (end - start) * progress
    value *= 1.0 + cycle_amplitude * math.sin(2.0 * math.pi * epoch / TEMPERATURE_PERIOD)
    return max(value, TEMPERATURE_FLOOR)


def lambda3(epoch: int, base: float, amplitude: float) -> float:
    """Entropy-alignment weight: ``base + amplitude cos(2 pi (e mod 30) / 30 + pi / 2)``, >= 0."""
    angle = 2.0 * math.pi * (epoch % LAMBDA3_PERIOD) / LAMBDA3_PERIOD + math.pi / 2.0
    return max(base + amplitude * math.cos(angle), 0.0)


def next_lambda(weight: float, own_norm: float, other_norm: float) -> float:
    """Move a pathway's weight by 0.02 against its share of the gradient, within [0.5, 0.95].

    Negative feedback: the pathway with the larger gradient norm gives way. Within 10 % nothing
    moves.
    """
    if own_norm > 1.1 * other_norm:
        weight -= LAMBDA_STEP
    elif other_norm > 1.1 * own_norm:
        weight += LAMBDA_STEP
    return min(max(weight, LAMBDA_MIN), LAMBDA_MAX)


def balance_scales(norm_a: float, norm_b: float) -> tuple[float, float]:
    """Return ``g_A = clip(norm_B / norm_A, 0.5, 2)`` and its inverse.

    >>> balance_scales(1.0, 4.0)
    (2.0, 0.5)
    """
    scale = min(max(norm_b / max(norm_a, 1e-12), 0.5), 2.0)
    return scale, 1.0 / scale


def gradient_ema(average: float, value: float, ratio: float) -> tuple[float, float]:
    """Return the updated average and the momentum used: 0.95 near balance, 0.5 away from it."""
    momentum = 0.95 if is_balanced(ratio) else 0.5
    return momentum * average + (1.0 - momentum) * value, momentum


def is_balanced(ratio: float) -> bool:
    """Whether ``EMA_B / EMA_A`` lies in (0.8, 1.2)."""
    return 0.8 < ratio < 1.2


def learning_rate(epoch: int, start: float, milestones: Sequence[tuple[int, float]]) -> float:
    """Linear between the milestones ``(epoch, rate)``, from ``start`` at epoch 0; then constant.

    >>> learning_rate(25, 1e-3, [(50, 5e-4)])
    0.00075
    """
    points = [(0, start), *milestones]
    for (left, high), (right, low) in itertools.pairwise(points):
        if epoch < right:
            return high + (low - high) * (epoch - left) / (right - left)
    return points[-1][1]


def temperature_a(
    epoch: int,
    total_epochs: int,
    start: float,
    end: float,
    *,
    cyclic: bool,
    boost_amplitude: float,
    ultra_start: int,
) -> float:
    """Temperature of A: linear with a 10 % cycle, widened to ``boost_amplitude`` in phase 4."""
    if not cyclic:
        return temperature(epoch, total_epochs, start, end)
    widened = min(max((epoch - ultra_start) / TEMPERATURE_PERIOD, 0.0), 1.0)
    amplitude = TEMPERATURE_AMPLITUDE + (boost_amplitude - TEMPERATURE_AMPLITUDE) * widened
    return temperature(epoch, total_epochs, start, end, cycle_amplitude=amplitude)


def temperature_b(
    epoch: int,
    total_epochs: int,
    start: float,
    end: float,
    *,
    lag: int,
    phase4: float,
    ultra_start: int,
) -> float:
    """Temperature of B: linear, ``lag`` epochs behind; in phase 4 it moves to ``phase4``.

    The move takes 30 epochs, so that nothing jumps.
    """
    if epoch < ultra_start:
        return temperature(epoch - lag, total_epochs, start, end)
    reached = temperature(ultra_start - lag, total_epochs, start, end)
    moved = min((epoch - ultra_start) / TEMPERATURE_PERIOD, 1.0)
    return max(reached + (phase4 - reached) * moved, TEMPERATURE_FLOOR)
