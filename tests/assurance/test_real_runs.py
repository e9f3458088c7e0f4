"""Real runs against the closed form: 4,000 of each, for three networks and both decoders.

The standardised error of the number of distinct operations has mean 0 and variance 1; at 195,000
draws, where about one stays unseen, the exact discrete interval holds.
"""

import math

import numpy as np
import pytest

from fluxttice_core import load
from fluxttice_core.evidence.controls import perfect_weights, untrained_weights
from fluxttice_core.evidence.coverage import distinct_variance
from fluxttice_core.evidence.draws import latent_batches, read_sampled
from fluxttice_core.evidence.network import Settings, measure_pathway
from fluxttice_core.model.reference import ReferenceVAE, probabilities
from fluxttice_core.operations import NUM_OPERATIONS, indices_from_trits
from fluxttice_core.rng import numpy_generator

pytestmark = [pytest.mark.assurance, pytest.mark.timeout(3600)]
NETWORKS = {
    "shipped": lambda: load("v5_5").weights,
    "untrained": lambda: untrained_weights(0),
    "perfect": perfect_weights,
}
RUNS, NUMBERS = 4000, (10_000, 50_000)
# At 195,000 draws the runs are few, and their interval is what is tested.
LONG_RUNS, LONG = 400, 195_000


def stream_of(weights, pathway, seed):
    """Endless sampled operations, in one stream that is cut into runs."""
    model = ReferenceVAE(weights, np.float32)
    generator = numpy_generator(seed, "categorical", 5)
    for latents in latent_batches(10**12, model.latent_dim, seed, stream=5000):
        each = probabilities(model.logits(latents, pathway))
        yield indices_from_trits(read_sampled(each, generator))


def distinct_counts(weights, pathway, num_draws, runs, seed):
    source, held, counts = stream_of(weights, pathway, seed), np.empty(0, np.int64), []
    for _ in range(runs):
        parts = [held]
        while sum(map(len, parts)) < num_draws:
            parts.append(next(source))
        whole = np.concatenate(parts)
        counts.append(np.count_nonzero(np.bincount(whole[:num_draws], minlength=NUM_OPERATIONS)))
        held = whole[num_draws:]
    return np.array(counts)


@pytest.mark.parametrize("pathway", ["A", "B"])
@pytest.mark.parametrize("name", NETWORKS)
def test_real_runs(name, pathway, assurance_record):
    weights = NETWORKS[name]()
    settings = Settings(num_draws=(*NUMBERS, LONG), num_runs=0, num_latents=2**23, seed=9)
    report, marginal = measure_pathway(weights, pathway, settings)
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
