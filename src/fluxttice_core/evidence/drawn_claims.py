"""Claims about what a prior draw becomes: one pass over recorded noise, the controls beside it.

Every network reads the same noise. From each draw come the sampled and the mode operation, whose
distinct values are counted, and the whole conditional distribution, whose average over draws is the
exact marginal behind the information and the distance from uniform.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..model.layout import INPUT_DIM, PATHWAYS, Pathway
from ..model.reference import ReferenceVAE, probabilities
from ..operations import NUM_OPERATIONS, indices_from_trits
from .claims import EPSILON, ESTIMATE_TOLERANCE, Measurement, Role, decimal, decision_gaps
from .coverage import uniform_coverage
from .information import chi_square_divergence, mutual_information_nats
from .marginal import Marginal, conditional_entropies, sum_over_batch
from .noise import NoiseStream, inverse_normal, uniforms

NUM_DRAWS = (50_000, 195_000)
NUM_GROUPS = 10
# Two-sided 95 % point of Student's t with NUM_GROUPS - 1 degrees of freedom.
_T95 = 2.262157
_BATCH = 4096


class _Tally:
    """What is kept of one pathway of one network while its draws go by."""

    def __init__(self) -> None:
        self.seen = {reading: np.zeros(NUM_OPERATIONS, bool) for reading in ("sampled", "mode")}
        self.ambiguous = dict.fromkeys(self.seen, 0)
        self.group_sums = np.zeros((NUM_GROUPS, NUM_OPERATIONS))
        self.group_entropies = np.zeros(NUM_GROUPS)

    def add(self, logits: NDArray[Any], uniform: NDArray[Any], group: int) -> None:
        each = probabilities(logits)
        first = each[..., 0]
        second = first + each[..., 1]
        drawn = (uniform >= first).astype(np.int8) + (uniform >= second) - 1
        distance = np.minimum(np.abs(uniform - first), np.abs(uniform - second)).min(axis=-1)
        mode = (logits.argmax(axis=-1) - 1).astype(np.int8)
        for reading, trits, gaps in (
            ("sampled", drawn.astype(np.int8), distance),
            ("mode", mode, decision_gaps(logits)),
        ):
            self.seen[reading][indices_from_trits(trits)] = True
            self.ambiguous[reading] += int((gaps < EPSILON).sum())
        self.group_sums[group] += sum_over_batch(each)
        self.group_entropies[group] += float(conditional_entropies(each).sum())

    def counts(self, role: Role, pathway: Pathway, num_draws: int) -> Iterator[Measurement]:
        for reading, seen in self.seen.items():
            bitmap = np.packbits(seen, bitorder="little").tobytes()
            yield Measurement(
                name=f"{role}/{pathway}/distinct/{reading}/n={num_draws}",
                kind="sample-count",
                level=3,
                unit="operations",
                value=int(seen.sum()),
                denominator=NUM_OPERATIONS,
                num_draws=num_draws,
                ambiguous=self.ambiguous[reading],
                limit=decimal(NUM_OPERATIONS * uniform_coverage(num_draws)),
                digest=hashlib.sha256(bitmap).hexdigest(),
            )

    def estimates(self, role: Role, pathway: Pathway, sizes: NDArray[Any]) -> Iterator[Measurement]:
        def both(kept: list[int]) -> tuple[float, float]:
            half = NUM_GROUPS // 2
            sums = [
                self.group_sums[[g for g in kept if (g >= half) == late]].sum(axis=0)
                for late in (False, True)
            ]
            halves = np.array([each / each.sum() for each in sums])
            entropy = float(self.group_entropies[kept].sum() / sizes[kept].sum())
            num, each_half = int(sizes[kept].sum()), np.full(2, entropy)
            counted = np.array([num - num // 2, num // 2])
            marginal = Marginal(halves, counted, each_half, entropy, 0.0, num, 0)
            return mutual_information_nats(marginal), chi_square_divergence(marginal)

        everything = list(range(NUM_GROUPS))
        whole = both(everything)
        without = np.array([both([g for g in everything if g != out]) for out in everything])
        spread = ((without - without.mean(axis=0)) ** 2).sum(axis=0)
        errors = np.sqrt((NUM_GROUPS - 1) / NUM_GROUPS * spread)
        for name, unit, value, error, limit in (
            ("information", "nats", whole[0], errors[0], math.log(NUM_OPERATIONS)),
            ("chi_square", "ratio", whole[1], errors[1], 0.0),
        ):
            yield Measurement(
                name=f"{role}/{pathway}/{name}",
                kind="estimate",
                level=3,
                unit=unit,
                value=decimal(value),
                num_draws=int(sizes.sum()),
                limit=decimal(limit),
                interval=(decimal(value - _T95 * error), decimal(value + _T95 * error)),
                tolerance=ESTIMATE_TOLERANCE,
            )


def drawn_measurements(
    networks: Mapping[Role, Mapping[str, NDArray[Any]]],
    key: int,
    num_draws: Sequence[int] = NUM_DRAWS,
    on_progress: Callable[[int, int], None] | None = None,
) -> tuple[list[Measurement], str]:
    """Measure every network on the same draws, in float64.

    Parameters
    ----------
    networks : role to weights, all of one latent dimension.
    key : of the Philox stream; see :func:`fluxttice_core.evidence.noise.noise_key`.
    num_draws : increasing; distinct operations are counted after each of them, and the estimates
        use all draws of the last.
    on_progress : called with the number of draws made so far, and of all.

    Returns
    -------
    The measurements, and the SHA-256 of the noise.
    """
    if not num_draws or list(num_draws) != sorted(set(num_draws)) or num_draws[0] < NUM_GROUPS:
        raise ValueError(
            f"num_draws must increase and start at {NUM_GROUPS} or more; got {tuple(num_draws)}"
        )
    models = {role: ReferenceVAE(weights) for role, weights in networks.items()}
    latent_dim = next(iter(models.values())).latent_dim
    tallies = {(role, pathway): _Tally() for role in models for pathway in PATHWAYS}
    most = num_draws[-1]
    bounds = [most * group // NUM_GROUPS for group in range(NUM_GROUPS + 1)]
    edges = sorted({*range(0, most, _BATCH), *num_draws, *bounds})
    noise = NoiseStream(key, latent_dim + INPUT_DIM)
    found: list[Measurement] = []
    group = 0
    for start, stop in itertools.pairwise(edges):
        while start >= bounds[group + 1]:
            group += 1
        numbers = uniforms(noise.rows(stop - start))
        latents = inverse_normal(numbers[:, :latent_dim])
        for (role, pathway), tally in tallies.items():
            tally.add(models[role].logits(latents, pathway), numbers[:, latent_dim:], group)
        if stop in num_draws:
            for (role, pathway), tally in tallies.items():
                found += tally.counts(role, pathway, stop)
        if on_progress is not None:
            on_progress(stop, most)
    sizes = np.diff(bounds)
    for (role, pathway), tally in tallies.items():
        found += tally.estimates(role, pathway, sizes)
    return found, noise.sha256
