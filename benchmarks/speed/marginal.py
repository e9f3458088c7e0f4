"""The exact marginal: a million latents and their three readings.

python -m benchmarks.speed.marginal
"""

from __future__ import annotations

from .harness import Comparison, command, compare

NUM_LATENTS, REFERENCE_LATENTS = 2**20, 200


def measure(threads: int, repeats: int) -> list[Comparison]:
    import numpy as np
    import torch

    from benchmarks.reference.marginal import marginal as plain_marginal
    from fluxttice_core import load
    from fluxttice_core.evidence.marginal import estimate_marginal
    from fluxttice_core.evidence.readings import softmax
    from fluxttice_core.gates.operations import generate_all_operations
    from fluxttice_core.model.reference import ReferenceVAE

    from . import ceilings

    torch.set_num_threads(threads)
    model = ReferenceVAE(load().weights, np.float32)
    trits = generate_all_operations()
    rows = []
    for pathway in ("A", "B"):

        def ours(pathway=pathway):
            return estimate_marginal(
                lambda latents: model.logits(latents, pathway),
                model.latent_dim,
                NUM_LATENTS,
                seed=0,
                readings=True,
                threads=threads,
            )

        def reference(pathway=pathway):
            latents = np.random.default_rng(0).normal(size=(REFERENCE_LATENTS, 16))
            return plain_marginal(softmax(model.logits(latents, pathway)), trits)

        # And the sum over a batch, of p and of its square.
        products = [*ceilings.decoder_products(pathway), *[(243, ceilings.BATCH, 81)] * 2]
        ceiling = ceilings.draw(products, NUM_LATENTS, threads)

        rows.append(
            compare(
                f"marginal with readings, {pathway}",
                NUM_LATENTS,
                "latents",
                ours=ours,
                reference=reference,
                ceiling=ceiling,
                repeats=repeats,
                parts={"reference": NUM_LATENTS / REFERENCE_LATENTS},
            )
        )
    return rows


main = command("marginal", measure)

if __name__ == "__main__":
    main()
