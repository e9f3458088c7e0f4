"""Reconstruction: whether an operation comes back from its own code, all nine trits of it.

The space is finite, so these are counts, not estimates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..model.layout import PATHWAYS, Pathway
from ..operations import generate_all_operations
from ..splits import Split

if TYPE_CHECKING:
    from ..model.reference import ReferenceVAE


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """Mode decodes of posterior means over one part of the split.

    ``rho`` is the share of the other pathway's code; 0 means the pathway alone.
    """

    pathway: Pathway
    split: str
    rho: float
    num_operations: int
    num_exact: int
    num_trits_right: int

    @property
    def exact_rate(self) -> float:
        """Share of operations with all nine trits right."""
        return self.num_exact / self.num_operations

    @property
    def trit_rate(self) -> float:
        """Share of single trits right."""
        return self.num_trits_right / (9 * self.num_operations)


def trits_right(model: ReferenceVAE, pathway: Pathway, rho: float = 0.0) -> NDArray[np.int64]:
    """Right trits of each of the 19,683 operations in index order, through the posterior mean."""
    operations = generate_all_operations()
    code: NDArray[Any] = model.encode_all(pathway)[0]
    if rho:
        other = model.encode_all("B" if pathway == "A" else "A")[0]
        code = (1.0 - rho) * code + rho * other
    decoded = model.logits(code, pathway).argmax(axis=-1) - 1
    return (decoded == operations).sum(axis=1)


def noisy_exact_rate(
    model: ReferenceVAE, pathway: Pathway, generator: np.random.Generator, num_draws: int = 4
) -> float:
    """Share of operations whose nine trits come back from one draw of their posterior.

    Averaged over ``num_draws`` draws for each of the 19,683 operations; the decode is the mode.
    """
    operations = generate_all_operations()
    mean, logvar = model.encode_all(pathway)
    scale = np.exp(0.5 * np.minimum(logvar, 50.0))
    exact = 0
    for _ in range(num_draws):
        codes = mean + scale * generator.standard_normal(mean.shape)
        decoded = model.logits(codes, pathway).argmax(axis=-1) - 1
        exact += int((decoded == operations).all(axis=1).sum())
    return exact / (num_draws * len(operations))


def permuted_exact(
    model: ReferenceVAE, pathway: Pathway, order: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Right trits of each operation when it is given the code of operation ``order[i]``.

    The control of reconstruction: about one operation in 19,683 comes back whole by chance.
    """
    operations = generate_all_operations()
    codes = model.encode_all(pathway)[0][order]
    decoded = model.logits(codes, pathway).argmax(axis=-1) - 1
    return (decoded == operations).sum(axis=1)


def reconstruct(
    model: ReferenceVAE, split: Split, rhos: tuple[float, ...] = (0.0,)
) -> tuple[Reconstruction, ...]:
    """Count exact reconstructions for both pathways, every part of the split and every rho."""
    records = []
    for pathway in PATHWAYS:
        for rho in rhos:
            right = trits_right(model, pathway, rho)
            for name, part in split.parts().items():
                chosen = right[part]
                records.append(
                    Reconstruction(
                        pathway, name, rho, len(part), int((chosen == 9).sum()), int(chosen.sum())
                    )
                )
    return tuple(records)
