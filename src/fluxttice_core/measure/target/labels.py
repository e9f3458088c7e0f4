"""Targets whose masses are known by label: draws and counts in the order of the masses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import DrawsError
from ..counting.ids import kind_of
from ..space import whole_numbers
from ..values import shown, to_draws


class LabelledIds:
    """Gives each label of a target its place among the masses, and all others the next number.

    Parameters
    ----------
    masses : of the labels: texts, whole numbers, or tuples of either; all of one kind.

    Raises
    ------
    DrawsError
        Labels of several kinds, or that are none.

    Examples
    --------
    >>> ids = LabelledIds({"CCO": 0.5, "C": 0.5})
    >>> [chunk.tolist() for chunk in ids.of_draws([["C", "N"], ["CCO"]])]
    [[1, 2], [0]]
    """

    def __init__(self, masses: Mapping[Any, Any]) -> None:
        labels = list(masses)
        numbers = all(isinstance(label, int | np.integer) for label in labels)
        self._kind = "numbers" if numbers else kind_of(to_draws(labels))
        self._places = {label: place for place, label in enumerate(labels)}

    def of_draws(self, chunks: Iterable[Any]) -> Iterator[NDArray[np.int64]]:
        """Yield the ids of chunks of draws.

        Raises
        ------
        DrawsError
            Draws of another kind than the labels.
        """
        for chunk in chunks:
            draws = to_draws(chunk)
            if not len(draws):
                continue
            if kind_of(draws) != self._kind:
                raise DrawsError(
                    f"expected draws that are {self._kind}, as the target's labels are, got "
                    f"{kind_of(draws)}; give both as texts (--labels)"
                )
            yield self._found(draws if isinstance(draws, list) else draws.tolist())

    def of_counts(self, counts: Any) -> NDArray[np.int64]:
        """Return counts ``(N + 1,)`` of a mapping from label to count; the last of other labels.

        Raises
        ------
        DrawsError
            No mapping, or counts that are none.
        """
        expected = "a mapping from label to count, as the target is one from label to mass"
        if not isinstance(counts, Mapping):
            raise DrawsError(f"expected {expected}, got {shown(counts)}")
        numbers = whole_numbers(list(counts.values()), expected).astype(np.int64)
        summed = np.zeros(len(self._places) + 1, dtype=np.int64)
        np.add.at(summed, self._found(list(counts)), numbers)
        return summed

    def _found(self, labels: list[Any]) -> NDArray[np.int64]:
        outside = len(self._places)
        rows = (tuple(label) if isinstance(label, list) else label for label in labels)
        found = (self._places.get(label, outside) for label in rows)
        return np.fromiter(found, dtype=np.int64, count=len(labels))
