"""An instrument for any generator of discrete things: draws or masses, to figures beside limits.

Only what ``__all__`` lists is public. Three calls make a report: :func:`draws` of what a generator
yields, :func:`counts` of what is counted already, :func:`distribution` of known masses. A report
maps names to :class:`Estimate`. Every estimator can be called alone, on counts per id.

Three things that are easily confused have names of their own: *richness*, how many ids there are;
*sample coverage*, the probability mass of the ids seen; and *coverage*, the share of a known space
that was met, read beside what as many throws of fair dice meet.

Examples
--------
>>> from fluxttice_core import measure
>>> report = measure.draws([3, 1, 3, 3, 0, 1], space=4)
>>> report.estimates["coverage"]
Estimate(75.00 % share, limit 82.20 %, n = 6)
>>> measure.chao1([2, 1, 1, 1, 1])
Estimate(8.0 ids, 95 % interval 5.0 .., n = 6)
"""

from .comparison import Comparison
from .coverage import (
    distinct_variance,
    draws_to_reach,
    expected_coverage,
    run_interval,
    thinned_coverage,
    uniform_coverage,
)
from .distance import chi_square_divergence, total_variation
from .distribution_report import DistributionReport, distribution
from .diversity import hill_number, shannon_entropy
from .draws_report import DrawsReport, counts, draws
from .entropy import entropy_nats, hill_number_of_masses
from .estimate import Estimate
from .frequencies import FrequencyCounts, as_frequencies
from .independence import Independence, check_independence
from .jackknife import jackknife, jackknife_error, pairwise_chi_square
from .of_draws import OF_DRAWS
from .of_masses import OF_MASSES
from .poisson import poisson_interval, poisson_mean_interval
from .rarefaction import (
    extrapolated_richness,
    rarefied_coverage,
    rarefied_richness,
    richness_curve,
)
from .registry import Estimator, Registry
from .richness import chao1, observed_richness
from .space import Space, WordSpace
from .tally import Tally
from .uniformity import (
    chi_square_to_uniform,
    observed_coverage,
    ratio_to_uniform,
    uniform_limit,
)
from .unseen import sample_coverage, unseen_mass

__all__ = [
    "OF_DRAWS",
    "OF_MASSES",
    "Comparison",
    "DistributionReport",
    "DrawsReport",
    "Estimate",
    "Estimator",
    "FrequencyCounts",
    "Independence",
    "Registry",
    "Space",
    "Tally",
    "WordSpace",
    "as_frequencies",
    "chao1",
    "check_independence",
    "chi_square_divergence",
    "chi_square_to_uniform",
    "counts",
    "distinct_variance",
    "distribution",
    "draws",
    "draws_to_reach",
    "entropy_nats",
    "expected_coverage",
    "extrapolated_richness",
    "hill_number",
    "hill_number_of_masses",
    "jackknife",
    "jackknife_error",
    "observed_coverage",
    "observed_richness",
    "pairwise_chi_square",
    "poisson_interval",
    "poisson_mean_interval",
    "rarefied_coverage",
    "rarefied_richness",
    "ratio_to_uniform",
    "richness_curve",
    "run_interval",
    "sample_coverage",
    "shannon_entropy",
    "thinned_coverage",
    "total_variation",
    "uniform_coverage",
    "uniform_limit",
    "unseen_mass",
]
