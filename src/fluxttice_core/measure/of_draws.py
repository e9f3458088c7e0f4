"""The estimates of the report on draws, in the order in which it shows them."""

from __future__ import annotations

from .diversity import coherent_order_1, hill_number, richness_at_least
from .plug_in import plug_in_perplexity
from .registry import Registry
from .richness import chao1, observed_richness
from .uniformity import (
    chi_square_to_uniform,
    observed_coverage,
    ratio_to_uniform,
    uniform_limit,
)
from .unseen import sample_coverage, unseen_mass

OF_DRAWS = Registry()
OF_DRAWS.add("observed_richness", "distinct ids", observed_richness, is_count=True)
OF_DRAWS.add("richness_at_least", "richness, at least", richness_at_least)
OF_DRAWS.add("chao1", "Chao1", lambda counts, space: chao1(counts, space=space), is_shown=False)
OF_DRAWS.add(
    "good_turing_coverage",
    "mass of the ids seen (Good-Turing)",
    lambda counts, _: sample_coverage(counts),
)
OF_DRAWS.add("unseen_mass", "mass unseen", lambda counts, _: unseen_mass(counts))
OF_DRAWS.add(
    "hill_number_1",
    "effective number, order 1 (exp entropy)",
    coherent_order_1,
)
OF_DRAWS.add(
    "hill_number_2",
    "effective number, order 2 (1 / sum p^2)",
    lambda counts, space: hill_number(counts, 2, space),
)
OF_DRAWS.add(
    "plug_in_perplexity", "perplexity of these draws (plug-in)", plug_in_perplexity, is_count=True
)
OF_DRAWS.add(
    "coverage", "coverage of the space", observed_coverage, needs_space=True, is_count=True
)
OF_DRAWS.add(
    "uniform_limit",
    "limit: fair dice, as many draws",
    uniform_limit,
    needs_space=True,
    is_count=True,
)
OF_DRAWS.add("ratio", "ratio to the limit", ratio_to_uniform, needs_space=True)
OF_DRAWS.add("chi_square", "chi-square from uniform", chi_square_to_uniform, needs_space=True)
