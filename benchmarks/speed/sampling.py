"""Draws a second through the public calls, and distinct operations among them.

python -m benchmarks.speed.sampling
"""

from __future__ import annotations

from .harness import Comparison, command, compare

NUM_DRAWS = {"A": 2**20, "B": 2**18}
# As many as v5.5 counts.
REFERENCE_DRAWS = 195_000


def measure(threads: int, repeats: int) -> list[Comparison]:
    import torch

    from benchmarks.reference.counting import count_tuples
    from benchmarks.reference.sampling import sample as plain_sample
    from fluxttice_core import (
        coverage_report,
        load,
        sample,
        sample_batches,
    )
    from fluxttice_core.api import to_torch
    from fluxttice_core.gates.operations import NUM_OPERATIONS, indices_from_trits

    from . import ceilings

    torch.set_num_threads(threads)
    network = to_torch(load())
    rows = []
    for pathway, num_draws in NUM_DRAWS.items():

        def ours(pathway=pathway, num_draws=num_draws):
            return sample(num_draws, pathway=pathway, seed=1, threads=threads)

        def batches(pathway=pathway, num_draws=num_draws):
            for _ in sample_batches(num_draws, pathway=pathway, seed=1, threads=threads):
                pass

        def reference(pathway=pathway):
            return plain_sample(network, REFERENCE_DRAWS, pathway)

        parts = {"reference": num_draws / REFERENCE_DRAWS}
        ceiling = ceilings.draw(ceilings.decoder_products(pathway), num_draws, threads)
        for name, job in (("sample", ours), ("sample_batches", batches)):
            rows.append(
                compare(
                    f"{name}, {pathway}",
                    num_draws,
                    "draws",
                    ours=job,
                    reference=reference,
                    ceiling=ceiling,
                    repeats=repeats,
                    parts=parts,
                )
            )

    def report():
        drawn = sample_batches(REFERENCE_DRAWS, seed=1, threads=threads)
        ids = (indices_from_trits(batch) for batch in drawn)
        return coverage_report(ids, space=NUM_OPERATIONS)

    rows.append(
        compare(
            "coverage_report of draws, A",
            REFERENCE_DRAWS,
            "draws",
            ours=report,
            reference=lambda: count_tuples(plain_sample(network, REFERENCE_DRAWS, "A")),
            ceiling=ceilings.draw(ceilings.decoder_products("A"), REFERENCE_DRAWS, threads),
            repeats=repeats,
        )
    )
    return rows


main = command("sampling", measure)

if __name__ == "__main__":
    main()
