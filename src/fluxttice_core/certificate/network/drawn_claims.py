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

from ...evidence.marginal import conditional_entropies, sum_over_batch
from ...evidence.readings import softmax
from ...gates.operations import NUM_OPERATIONS, indices_from_trits
from ...measure.coverage import uniform_coverage
from ...measure.entropy import entropy_nats
from ...measure.jackknife import jackknife, pairwise_chi_square
from ...model.layout import INPUT_DIM, PATHWAYS, Pathway
from ...model.reference import ReferenceVAE
from .claims import EPSILON, ESTIMATE_TOLERANCE, decimal, decision_gaps
from .format import NUM_DRAWS
from .names import CHI_SQUARE, INFORMATION, MODEL, READINGS, ClaimName, Reading, Role, distinct
from .noise import NoiseStream, inverse_normal, uniforms
from .predicate import Measurement

NUM_GROUPS = 10
# Two-sided 95 % point of Student's t with NUM_GROUPS - 1 degrees of freedom.
_T95 = 2.262157
_BATCH = 4096


class _Tally:
    """What is kept of one pathway of one network while its draws go by.

    Doubt counts against the measured network: a draw that rounding could change meets nothing,
    where a control is given what it met.
    """

    def __init__(self, role: Role) -> None:
        self._takes_doubtful = role != MODEL
        self.seen = {reading: np.zeros(NUM_OPERATIONS, bool) for reading in READINGS}
        self.ambiguous: dict[Reading, int] = dict.fromkeys(READINGS, 0)
        self.group_sums = np.zeros((NUM_GROUPS, NUM_OPERATIONS))
        self.group_entropies = np.zeros(NUM_GROUPS)

    def add(self, logits: NDArray[Any], uniform: NDArray[Any], group: int) -> None:
        each = softmax(logits)
        first = each[..., 0]
        second = first + each[..., 1]
        drawn = (uniform >= first).astype(np.int8) + (uniform >= second) - 1
        distance = np.minimum(np.abs(uniform - first), np.abs(uniform - second)).min(axis=-1)
        mode = (logits.argmax(axis=-1) - 1).astype(np.int8)
        self._see("sampled", drawn.astype(np.int8), distance)
        self._see("mode", mode, decision_gaps(logits))
        self.group_sums[group] += sum_over_batch(each)
        self.group_entropies[group] += float(conditional_entropies(each).sum())

    def _see(self, reading: Reading, trits: NDArray[np.int8], gaps: NDArray[Any]) -> None:
        unsure = gaps < EPSILON
        met = trits if self._takes_doubtful else trits[~unsure]
        self.seen[reading][indices_from_trits(met)] = True
        self.ambiguous[reading] += int(unsure.sum())

    def counts(self, role: Role, pathway: Pathway, num_draws: int) -> Iterator[Measurement]:
        for reading, seen in self.seen.items():
            bitmap = np.packbits(seen, bitorder="little").tobytes()
            yield Measurement(
                name=str(ClaimName(role, pathway, distinct(reading, num_draws))),
                kind="sample-count",
                level=3,
                unit="operations",
                value=int(seen.sum()),
                denominator=NUM_OPERATIONS,
                num_draws=num_draws,
                ambiguous=self.ambiguous[reading],
                limit=decimal(NUM_OPERATIONS * uniform_coverage(num_draws, NUM_OPERATIONS)),
                digest=hashlib.sha256(bitmap).hexdigest(),
            )

    def estimates(self, role: Role, pathway: Pathway, sizes: NDArray[Any]) -> Iterator[Measurement]:
        everything = list(range(NUM_GROUPS))
        whole = self._information_and_chi_square(everything, sizes)
        without = np.array(
            [
                self._information_and_chi_square([g for g in everything if g != out], sizes)
                for out in everything
            ]
        )
        spread = ((without - without.mean(axis=0)) ** 2).sum(axis=0)
        errors = np.sqrt((NUM_GROUPS - 1) / NUM_GROUPS * spread)
        for name, unit, value, error, limit in (
            (INFORMATION, "nats", whole[0], errors[0], math.log(NUM_OPERATIONS)),
            (CHI_SQUARE, "ratio", whole[1], errors[1], 0.0),
        ):
            yield Measurement(
                name=str(ClaimName(role, pathway, name)),
                kind="estimate",
                level=3,
                unit=unit,
                value=decimal(value),
                num_draws=int(sizes.sum()),
                limit=decimal(limit),
                interval=(decimal(value - _T95 * error), decimal(value + _T95 * error)),
                tolerance=ESTIMATE_TOLERANCE,
            )

    def _information_and_chi_square(
        self, kept: list[int], sizes: NDArray[Any]
    ) -> tuple[float, float]:
        """Of the draws of some groups, from the two halves that the groups fall into."""
        middle = NUM_GROUPS // 2
        sums = [
            self.group_sums[[group for group in kept if (group >= middle) == late]].sum(axis=0)
            for late in (False, True)
        ]
        halves = np.array([each / each.sum() for each in sums])
        entropy, _ = jackknife(halves, entropy_nats)
        conditional = float(self.group_entropies[kept].sum() / sizes[kept].sum())
        information = min(float(entropy), math.log(NUM_OPERATIONS)) - conditional
        return information, pairwise_chi_square(halves)[0]


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
    key : of the Philox stream; see :func:`noise_key`.
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
    tallies = {(role, pathway): _Tally(role) for role in models for pathway in PATHWAYS}
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
