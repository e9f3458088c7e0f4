"""Real runs against the closed form: 2,000 of each, for three networks and both decoders.

The standardised error of the number of distinct operations has mean 0 and variance 1; at 195,000
draws, where about one stays unseen, the exact discrete interval holds.
"""

import math

import numpy as np
import pytest

from fluxttice_core import load, sample_batches
from fluxttice_core.evidence.pathway import Settings, measure_pathway
from fluxttice_core.gates.operations import NUM_OPERATIONS, indices_from_trits
from fluxttice_core.measure import distinct_variance
from fluxttice_core.model.controls import perfect_weights, untrained_weights
from fluxttice_core.model.reference import ReferenceVAE
from tests.support import checkpoint_of

pytestmark = [pytest.mark.assurance, pytest.mark.timeout(3600)]
NETWORKS = {
    "shipped": lambda: load("v5_5").weights,
    "untrained": lambda: untrained_weights(0),
    "perfect": perfect_weights,
}
RUNS, NUMBERS = 2000, (10_000, 50_000)
# At 195,000 draws the runs are few, and their interval is what is tested.
LONG_RUNS, LONG = 400, 195_000


def distinct_counts(weights, pathway, num_draws, runs, seed):
    """Distinct operations in each of many runs, drawn as users draw them."""
    model = checkpoint_of(weights)
    drawn = sample_batches(
        runs * num_draws, model=model, pathway=pathway, seed=seed, batch_size=num_draws, threads=1
    )
    return np.array([len(np.unique(indices_from_trits(run))) for run in drawn])


@pytest.mark.parametrize("pathway", ["A", "B"])
@pytest.mark.parametrize("name", NETWORKS)
def test_real_runs(name, pathway, assurance_record):
    weights = NETWORKS[name]()
    settings = Settings(num_draws=(*NUMBERS, LONG), num_runs=0, num_latents=2**23, seed=9)
    report, marginal = measure_pathway(ReferenceVAE(weights), pathway, settings)
    record = {}
    for n in NUMBERS:
        figure = report.figure("sampled", n)
        counts = distinct_counts(weights, pathway, n, RUNS, seed=n)
        spread = math.sqrt(
            distinct_variance(marginal.probabilities, n)
            + (NUM_OPERATIONS * figure.standard_error) ** 2
        )
        scores = (counts - NUM_OPERATIONS * figure.coverage) / spread
        low, high = (NUM_OPERATIONS * end for end in figure.interval)
        record[str(n)] = {
            "runs": RUNS,
            "mean": float(scores.mean()),
            "variance": float(scores.var()),
            "inside": float(((counts >= low) & (counts <= high)).mean()),
        }
    low, high = (NUM_OPERATIONS * end for end in report.figure("sampled", LONG).interval)
    counts = distinct_counts(weights, pathway, LONG, LONG_RUNS, seed=LONG)
    inside = ((counts >= low - 1e-6) & (counts <= high + 1e-6)).mean()
    record[str(LONG)] = {"runs": LONG_RUNS, "inside": float(inside)}
    assurance_record(f"real_runs_{name}_{pathway}", record)
    for n in NUMBERS:
        assert abs(record[str(n)]["mean"]) < 0.1, record
        assert 0.9 < record[str(n)]["variance"] < 1.1, record
    assert record[str(LONG)]["inside"] >= 0.935, record
