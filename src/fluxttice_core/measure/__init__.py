"""An instrument for any generator of discrete things: draws or masses, to figures beside limits.

Only what ``__all__`` lists is public. Six calls make a report: :func:`draws` of what a generator
yields, :func:`counts` of what is counted already, :func:`distribution` of known masses, and
:func:`incidence` of presence by sampling unit. A report maps names to :class:`Estimate`. Every
estimator can be called alone, on counts per id.

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

from .binomial import binomial_interval
from .comparison import Comparison
from .counting.independence import Independence, check_independence
from .counting.tally import Tally
from .coverage import (
    distinct_variance,
    draws_to_reach,
    expected_coverage,
    run_interval,
    thinned_coverage,
    uniform_coverage,
)
from .curves.by_coverage import richness_at_coverage, sample_coverage_curve
from .curves.good_toulmin import good_toulmin
from .curves.hill_curve import hill_curve
from .curves.rarefaction import (
    extrapolated_richness,
    rarefied_coverage,
    rarefied_richness,
    richness_curve,
)
from .distance import chi_square_divergence, total_variation
from .distribution_report import DistributionReport, distribution
from .diversity import hill_number, richness_at_least, shannon_entropy
from .draws_report import DrawsReport, counts, draws
from .entropy import entropy_nats, hill_number_of_masses
from .estimate import Estimate
from .frequencies import FrequencyCounts, as_frequencies
from .groups.codebook import CodebookMeter, CodebookUsage, codebook_usage
from .jackknife import jackknife, jackknife_error, pairwise_chi_square
from .masses import as_masses
from .of_draws import OF_DRAWS
from .of_masses import OF_MASSES
from .pairs.permutation import TwoSampleTest, two_sample_test
from .pairs.report import TwoSamplesReport, compare_samples
from .planning.apart import draws_to_tell_apart
from .planning.report import PlanReport, plan_draws
from .planning.stopping import StoppingReport, UnseenMassStop
from .planning.widths import draws_for_width, draws_to_see
from .plug_in import plug_in_perplexity
from .poisson import poisson_interval, poisson_mean_interval
from .registry import Estimator, Registry
from .richness import chao1, observed_richness
from .space import Space, WordSpace
from .target.coverage import (
    mass_of_modes,
    mass_outside,
    modes_met,
    ratio_to_target,
    target_coverage,
)
from .target.distances import (
    chi_square_to_target,
    jensen_shannon_to_target,
    kl_from_target,
    l1_to_target,
    total_variation_to_target,
)
from .target.floors import Floor, l1_floor, perfect_sampler_floors
from .target.of_target import OF_TARGET, TargetSample
from .target.report import TargetReport, against_target
from .uniformity import (
    chi_square_to_uniform,
    observed_coverage,
    ratio_to_uniform,
    uniform_limit,
)
from .units.counts import (
    IncidenceCounts,
    as_incidence,
    chao2,
    incidence_coverage,
    rarefied_units,
)
from .units.report import OF_INCIDENCE, IncidenceReport, incidence
from .unseen import sample_coverage, unseen_mass

__all__ = [
    "OF_DRAWS",
    "OF_INCIDENCE",
    "OF_MASSES",
    "OF_TARGET",
    "CodebookMeter",
    "CodebookUsage",
    "Comparison",
    "DistributionReport",
    "DrawsReport",
    "Estimate",
    "Estimator",
    "Floor",
    "FrequencyCounts",
    "IncidenceCounts",
    "IncidenceReport",
    "Independence",
    "PlanReport",
    "Registry",
    "Space",
    "StoppingReport",
    "Tally",
    "TargetReport",
    "TargetSample",
    "TwoSampleTest",
    "TwoSamplesReport",
    "UnseenMassStop",
    "WordSpace",
    "against_target",
    "as_frequencies",
    "as_incidence",
    "as_masses",
    "binomial_interval",
    "chao1",
    "chao2",
    "check_independence",
    "chi_square_divergence",
    "chi_square_to_target",
    "chi_square_to_uniform",
    "codebook_usage",
    "compare_samples",
    "counts",
    "distinct_variance",
    "distribution",
    "draws",
    "draws_for_width",
    "draws_to_reach",
    "draws_to_see",
    "draws_to_tell_apart",
    "entropy_nats",
    "expected_coverage",
    "extrapolated_richness",
    "good_toulmin",
    "hill_curve",
    "hill_number",
    "hill_number_of_masses",
    "incidence",
    "incidence_coverage",
    "jackknife",
    "jackknife_error",
    "jensen_shannon_to_target",
    "kl_from_target",
    "l1_floor",
    "l1_to_target",
    "mass_of_modes",
    "mass_outside",
    "modes_met",
    "observed_coverage",
    "observed_richness",
    "pairwise_chi_square",
    "perfect_sampler_floors",
    "plan_draws",
    "plug_in_perplexity",
    "poisson_interval",
    "poisson_mean_interval",
    "rarefied_coverage",
    "rarefied_richness",
    "rarefied_units",
    "ratio_to_target",
    "ratio_to_uniform",
    "richness_at_coverage",
    "richness_at_least",
    "richness_curve",
    "run_interval",
    "sample_coverage",
    "sample_coverage_curve",
    "shannon_entropy",
    "target_coverage",
    "thinned_coverage",
    "total_variation",
    "total_variation_to_target",
    "two_sample_test",
    "uniform_coverage",
    "uniform_limit",
    "unseen_mass",
]
