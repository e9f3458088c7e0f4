"""A checkpoint's figures held against those of its controls, axis by axis."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from ..measure.poisson import poisson_mean_interval
from .figures import PathwayReport
from .readings import Reading
from .reconstruction import Reconstruction
from .report import COMPARED_DRAWS, NetworkReport
from .separation import Axis, Bounded, Separation, separate

COVERAGE_AXES: Mapping[Axis, Reading] = {"coverage sampled": "sampled", "coverage mode": "mode"}


def comparable_draws(networks: Sequence[NetworkReport]) -> int | None:
    """Return the n at which coverage is compared: of 50,000, else the most that all have.

    None where some network has too few latents for every n.
    """
    withheld = {
        figure.num_draws
        for network in networks
        for item in network.pathways
        for figure in item.coverage
        if figure.coverage is None
    }
    asked = {figure.num_draws for figure in networks[0].pathways[0].coverage}
    can = asked - withheld
    return COMPARED_DRAWS if COMPARED_DRAWS in can else max(can, default=None)


def compare(
    checkpoint: NetworkReport,
    untrained: Sequence[NetworkReport],
    collapsed: NetworkReport,
    permuted: Sequence[Reconstruction],
    num_draws: int | None,
) -> tuple[Separation, ...]:
    """Tell a checkpoint apart from its controls on every axis of every pathway.

    Parameters
    ----------
    permuted : reconstruction of the checkpoint from the codes of other words.
    num_draws : at which coverage is compared; without one it is not.
    """
    return tuple(
        separation
        for own in checkpoint.pathways
        for separation in _of_pathway(own, checkpoint, untrained, collapsed, permuted, num_draws)
    )


def _of_pathway(
    own: PathwayReport,
    checkpoint: NetworkReport,
    untrained: Sequence[NetworkReport],
    collapsed: NetworkReport,
    permuted: Sequence[Reconstruction],
    num_draws: int | None,
) -> Iterator[Separation]:
    pathway, size = own.pathway, own.information.space.size
    blind = [item.pathway(pathway) for item in untrained]
    shut = collapsed.pathway(pathway)

    def axis(
        name: Axis, limit: float, bound: Callable[[PathwayReport], Bounded], dice: float
    ) -> Separation:
        controls = {
            "untrained": _highest([bound(item) for item in blind]),
            "collapsed": bound(shut),
            # The decoder is the checkpoint's own.
            "permuted": bound(own),
            "dice": Bounded.exact(dice),
        }
        return separate(pathway, name, bound(own), limit, controls)

    if num_draws is not None:
        for name, reading in COVERAGE_AXES.items():
            yield axis(name, 1.0, partial(_coverage, reading, num_draws), 1.0)
    yield axis("information", own.information.limit_nats, _information, 0.0)
    wrong = sum(row.num_exact for row in permuted if row.pathway == pathway)
    counts = {
        "untrained": _highest([_by_chance(item.num_exact(pathway), size) for item in untrained]),
        "collapsed": _by_chance(collapsed.num_exact(pathway), size),
        "permuted": _by_chance(wrong, size),
        "dice": _by_chance(1, size),
    }
    rate = Bounded.exact(checkpoint.num_exact(pathway) / size)
    yield separate(pathway, "reconstruction", rate, 1.0, counts)


def _highest(bounds: Sequence[Bounded]) -> Bounded:
    return max(bounds, key=lambda bounded: bounded.high)


def _coverage(reading: Reading, num_draws: int, item: PathwayReport) -> Bounded:
    figure = item.figure(reading, num_draws)
    if figure.ratio is None or figure.coverage_ci is None:
        raise ValueError(f"{item.pathway} has no coverage at {num_draws}: it {figure.withheld}")
    low, high = figure.coverage_ci
    return Bounded(figure.ratio, low / figure.limit, high / figure.limit)


def _information(item: PathwayReport) -> Bounded:
    figures = item.information
    value, error = figures.mutual_information_nats, figures.mutual_information_error
    half = figures.half_width * error if math.isfinite(error) else math.inf
    return Bounded(value, value - half, value + half)


def _by_chance(count: int, size: int) -> Bounded:
    low, high = poisson_mean_interval(count)
    return Bounded(count / size, low / size, high / size)


def is_sound(perfect: NetworkReport) -> bool:
    """Whether the perfect codebook is given full marks: else the measurement itself is wrong.

    Every coverage within four of its errors of the limit (as it is estimated, before it is held
    there), chi-square of 0, nothing left open by a code but what the softmax blurs at the cuts, and
    every word back from its own code.
    """
    for item in perfect.pathways:
        figures = item.information
        near = all(
            abs(figure.unbiased - figure.limit) <= 4 * figure.standard_error + 1e-5
            for figure in item.coverage
            if figure.unbiased is not None and figure.standard_error is not None
        )
        flat = abs(figures.chi_square) <= 4 * figures.chi_square_error + 1e-4
        sharp = figures.conditional_entropy_nats < 0.05
        whole = perfect.num_exact(item.pathway) == figures.space.size
        if not (near and flat and sharp and whole):
            return False
    return True
