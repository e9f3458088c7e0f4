"""From whatever a generator yields to integer ids: numbers, rows of categories, or labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DrawsError
from ..operations import NUM_OPERATIONS, NUM_TRITS, indices_from_trits

CHUNK = 2**22


class Vocabulary:
    """Gives each distinct label or row the next id; remembers them, so memory grows with these.

    >>> words = Vocabulary()
    >>> words.ids(np.array(["CCO", "C", "CCO"])).tolist()
    [1, 0, 1]
    """

    def __init__(self) -> None:
        self._ids: dict[Any, int] = {}

    def ids(self, values: NDArray[Any]) -> NDArray[np.int64]:
        """Map labels ``(n,)`` or rows ``(n, k)`` to ids ``(n,)``."""
        distinct, inverse = np.unique(values, return_inverse=True, axis=0)
        keys = distinct.tolist()
        if values.ndim == 2:
            keys = [tuple(row) for row in keys]
        known = [self._ids.setdefault(key, len(self._ids)) for key in keys]
        mapped: NDArray[np.int64] = np.array(known, dtype=np.int64)[inverse.reshape(-1)]
        return mapped


class IdReader:
    """Turns chunks of draws into ids, all in the way that the first chunk set.

    Numbers ``(n,)`` are ids. Rows of nine trits are two-input gates, whose space is known. Any
    other rows ``(n, k)`` and any labels are numbered as they come.

    Parameters
    ----------
    vocabulary : shared with another reader, so that equal labels get equal ids.
    """

    def __init__(self, vocabulary: Vocabulary | None = None) -> None:
        self.vocabulary = vocabulary or Vocabulary()
        self.kind: str | None = None
        self._read = 0

    @property
    def space_size(self) -> int | None:
        """The size of the space, where the draws themselves say it."""
        return NUM_OPERATIONS if self.kind == "rows of nine trits" else None

    def ids(self, values: Any) -> NDArray[Any]:
        """Return the ids of a chunk.

        Raises
        ------
        DrawsError
            NaN, fractions, rows of another width, or another kind than the chunks before.
        """
        array = _as_array(values)
        kind = self._kind_of(array)
        if self.kind is None:
            self.kind = kind
        # A chunk of rows from {-1, 0, 1} may turn out to be ordinary rows later, not the reverse.
        if kind != self.kind:
            raise DrawsError(
                f"expected {self.kind} throughout, got {kind} from draw {self._read:,} on; give "
                "one kind of draws at a time"
            )
        self._read += len(array)
        if kind == "numbers":
            return array
        if kind == "rows of nine trits":
            found: NDArray[np.int64] = indices_from_trits(array)
            return found
        return self.vocabulary.ids(array)

    def _kind_of(self, array: NDArray[Any]) -> str:
        if array.dtype.kind in "US":
            return "labels"
        if array.dtype.kind not in "iuf":
            raise DrawsError(
                f"expected whole numbers, rows of categories or labels, got values of {array.dtype}"
            )
        if array.dtype.kind == "f":
            wrong = ~np.isfinite(array) | (array != np.rint(array))
            if wrong.any():
                place = tuple(np.argwhere(wrong)[0].tolist())
                raise DrawsError(
                    f"expected whole numbers; draw {self._read + place[0]:,} holds "
                    f"{array[place]} ({int(wrong.sum()):,} values are wrong)"
                )
        if array.ndim == 1:
            return "numbers"
        if array.ndim != 2:
            raise DrawsError(f"expected draws (n,) or rows (n, k), got shape {array.shape}")
        if self.kind == "rows of nine trits" or (
            self.kind is None
            and array.shape[1] == NUM_TRITS
            and array.size
            and array.min() >= -1
            and array.max() <= 1
        ):
            return "rows of nine trits"
        return f"rows of {array.shape[1]} categories"


def _as_array(values: Any) -> NDArray[Any]:
    if hasattr(values, "detach"):
        values = values.detach().cpu().numpy()
    try:
        array = np.asarray(values)
    except (ValueError, OverflowError):
        raise DrawsError("expected rows of the same length") from None
    if array.dtype == object and array.ndim == 1 and all(isinstance(v, str) for v in array):
        array = array.astype(str)
    if array.ndim == 0:
        raise DrawsError(f"expected draws (n,) or rows (n, k), got the single value {values!r}")
    if array.dtype.kind == "f":
        whole = array[np.isfinite(array)]
        if len(whole) == array.size and np.array_equal(whole, np.rint(whole)):
            return array.astype(np.int64) if np.abs(whole).max(initial=0) < 2**62 else array
    return array


def chunks_of(source: Any, num_draws: int) -> Iterator[Any]:
    """Yield draws in chunks: slices of an array, an iterator's items, or a sampler's answers.

    Parameters
    ----------
    source : an array or list of draws; an iterator of chunks; or a callable that returns as many
        draws as it is asked for.
    num_draws : how many to ask of a callable.
    """
    if callable(source):
        yield from _sampled(source, num_draws)
    elif isinstance(source, Iterable) and hasattr(source, "__next__"):
        yield from source
    else:
        array = _as_array(source) if not isinstance(source, np.ndarray) else source
        if array.ndim == 0:
            _as_array(array)
        for start in range(0, max(len(array), 1), CHUNK):
            yield array[start : start + CHUNK]


def _sampled(sampler: Callable[[int], Any], num_draws: int) -> Iterator[Any]:
    for start in range(0, num_draws, 2**16):
        wanted = min(2**16, num_draws - start)
        drawn = sampler(wanted)
        if len(drawn) != wanted:
            raise DrawsError(f"the sampler was asked for {wanted} draws and gave {len(drawn)}")
        yield drawn
