"""The partition of the 19,683 operations into train, validation and test.

It is ``torch.randperm(19683, generator=torch.Generator().manual_seed(seed))`` cut in that order,
so a file trained elsewhere with the same seed holds out the same operations. The permutation is
a Fisher-Yates shuffle over raw 32-bit Mersenne Twister words; NumPy's legacy generator yields the
same words, so no PyTorch is needed to know what was held out.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from .operations import NUM_OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Split:
    """Operation indices of the three disjoint parts (int64), which together are the whole space."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]

    def parts(self) -> Mapping[str, NDArray[np.int64]]:
        """Return the parts by name, in their order."""
        return MappingProxyType(
            {"train": self.train, "validation": self.validation, "test": self.test}
        )


def torch_permutation(num_items: int, seed: int) -> NDArray[np.int64]:
    """Return what ``torch.randperm`` on the CPU returns for a fresh generator with this seed.

    >>> torch_permutation(5, 42).tolist()
    [2, 4, 3, 0, 1]
    """
    # MT19937 seeded by one word, exactly as PyTorch does; RandomState documents a frozen stream.
    # Of None it would make a stream of its own each time.
    stream = np.random.RandomState(operator.index(seed))
    words = stream.randint(0, 2**32, size=num_items, dtype=np.uint32)
    order = list(range(num_items))
    for i, word in enumerate(words[:-1].tolist()):
        j = i + word % (num_items - i)
        order[i], order[j] = order[j], order[i]
    return np.array(order, dtype=np.int64)


def split_operations(
    seed: int = 42, train: float = 0.8, validation: float = 0.1, test: float = 0.1
) -> Split:
    """Cut the permuted space: floor, floor, rest.

    The test part takes what the first two leave; ``test`` must complete them to 1.

    >>> [len(part) for part in split_operations().parts().values()]
    [15746, 1968, 1969]
    """
    fractions = (train, validation, test)
    if not (abs(sum(fractions) - 1.0) <= 1e-9 and all(0 <= each <= 1 for each in fractions)):
        raise ValueError(
            "split fractions must lie in 0 .. 1 and add up to 1; got "
            f"{train} + {validation} + {test} = {sum(fractions):.6g}"
        )
    order = torch_permutation(NUM_OPERATIONS, seed)
    first = int(NUM_OPERATIONS * train)
    second = first + int(NUM_OPERATIONS * validation)
    return Split(order[:first], order[first:second], order[second:])
