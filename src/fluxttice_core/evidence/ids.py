"""From whatever a generator yields to integer ids: numbers, rows of categories, or labels."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DrawsError
from ..operations import NUM_OPERATIONS, NUM_TRITS

CHUNK = 2**22
# A table of so many entries is quicker to fill than the codes are to sort.
SMALL_CODES = 2**20


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
        codes = _row_codes(values) if values.ndim == 2 else None
        if codes is None:
            _, first, inverse = np.unique(values, return_index=True, return_inverse=True, axis=0)
        elif int(codes.max()) < SMALL_CODES:
            first, inverse = _first_places(codes)
        else:
            _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
        keys = values[first].tolist()
        if values.ndim == 2:
            keys = [tuple(row) for row in keys]
        known = [self._ids.setdefault(key, len(self._ids)) for key in keys]
        mapped: NDArray[np.int64] = np.array(known, dtype=np.int64)[inverse.reshape(-1)]
        return mapped


def _first_places(codes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """What ``np.unique`` says of small codes, without sorting: first places, and the inverse.

    >>> [places.tolist() for places in _first_places(np.array([7, 2, 7]))]
    [[1, 0], [1, 0, 1]]
    """
    place = np.full(int(codes.max()) + 1, -1, dtype=np.int64)
    # Written backwards, so that the first of each is what remains.
    place[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    present = np.flatnonzero(place >= 0)
    rank = np.empty(len(place), dtype=np.int64)
    rank[present] = np.arange(len(present))
    return place[present], rank[codes]


def _row_codes(rows: NDArray[Any]) -> NDArray[np.int64] | None:
    """One whole number for each row, if they fit: sorting numbers is far quicker than rows."""
    if rows.dtype.kind not in "iu":
        return None
    low = rows.min(axis=0)
    sizes = [int(high) - int(least) + 1 for high, least in zip(rows.max(axis=0), low, strict=True)]
    if math.prod(sizes) >= 2**62:
        return None
    steps = np.cumprod([1, *sizes[:-1]], dtype=np.int64)
    codes = np.zeros(len(rows), dtype=np.int64)
    for column, least, step in zip(rows.T, low.astype(np.int64), steps, strict=True):
        codes += (column.astype(np.int64) - least) * step
    return codes


class IdReader:
    """Turns chunks of draws into ids, all in the way that the first chunk set.

    Numbers ``(n,)`` are ids. Rows ``(n, k)`` and labels are numbered as they come.

    Parameters
    ----------
    vocabulary : shared with another reader, so that equal labels get equal ids.
    """

    def __init__(self, vocabulary: Vocabulary | None = None) -> None:
        self.vocabulary = vocabulary or Vocabulary()
        self.kind: str | None = None
        self._read = 0
        self._lowest, self._highest = 0, 0

    @property
    def space_size(self) -> int | None:
        """The size of the space where the draws read so far say it: nine trits each are gates.

        Rows without any -1 are not taken for trits: nine bits or digits look the same.
        """
        gates = (self._lowest, self._highest) in ((-1, 0), (-1, 1))
        return NUM_OPERATIONS if self.kind == f"rows of {NUM_TRITS} numbers" and gates else None

    def ids(self, values: Any) -> NDArray[Any]:
        """Return the ids of a chunk; one without draws says nothing of their kind.

        Raises
        ------
        DrawsError
            NaN, fractions, rows of another width, or another kind than the chunks before.
        """
        array = _as_array(values)
        if not len(array):
            return np.zeros(0, dtype=np.int64)
        kind = self._kind_of(array)
        if self.kind is None:
            self.kind = kind
        if kind != self.kind:
            raise DrawsError(
                f"expected {self.kind} throughout, got {kind} from draw {self._read:,} on; give "
                "one kind of draws at a time"
            )
        self._read += len(array)
        if kind == "numbers":
            return array
        if array.dtype.kind != "U":
            self._lowest = min(self._lowest, int(array.min()))
            self._highest = max(self._highest, int(array.max()))
        return self.vocabulary.ids(array)

    def _kind_of(self, array: NDArray[Any]) -> str:
        if array.ndim > 2 or not array.size:
            raise DrawsError(f"expected draws (n,) or rows (n, k), got shape {array.shape}")
        if array.dtype.kind == "f":
            wrong = ~_is_whole(array)
            place = tuple(np.argwhere(wrong)[0].tolist())
            raise DrawsError(
                f"expected whole numbers that {array.dtype} can tell apart; draw "
                f"{self._read + place[0]:,} holds {array[place]} ({int(wrong.sum()):,} values are "
                "wrong)"
            )
        if array.dtype.kind not in "iuU":
            raise DrawsError(
                f"expected whole numbers, rows of categories or labels, got values of {array.dtype}"
            )
        what = "labels" if array.dtype.kind == "U" else "numbers"
        return what if array.ndim == 1 else f"rows of {array.shape[1]} {what}"


def _as_array(values: Any) -> NDArray[Any]:
    """Whole numbers as integers, texts as ``U``; anything else as it is."""
    if hasattr(values, "detach"):
        values = values.detach().cpu().numpy()
    try:
        array = np.asarray(values)
    except (ValueError, OverflowError):
        raise DrawsError("expected rows of the same length") from None
    if array.ndim == 0:
        raise DrawsError(
            f"expected chunks of draws (n,) or rows (n, k), got the single value {values!r}"
        )
    if array.dtype == object and all(isinstance(value, str) for value in array.flat):
        array = array.astype(str)
    elif array.dtype.kind == "U" and not isinstance(values, np.ndarray):
        # NumPy makes texts of numbers that stand beside texts.
        if not all(isinstance(value, str) for value in _flat(values)):
            raise DrawsError("expected numbers or labels, got both in one chunk")
    elif array.dtype.kind == "S":
        try:
            array = np.char.decode(array, "utf-8")
        except UnicodeDecodeError:
            raise DrawsError("expected labels as text, got bytes that are not UTF-8") from None
    elif array.dtype.kind == "f" and _is_whole(array).all():
        array = array.astype(np.int64)
    return array


def _is_whole(array: NDArray[Any]) -> NDArray[np.bool_]:
    # Beyond 2^53 (float64) floats skip whole numbers: two ids would become one.
    most = 2.0 ** (np.finfo(array.dtype).nmant + 1)
    whole: NDArray[np.bool_] = (np.abs(array) <= most) & (array == np.rint(array))
    return whole


def _flat(values: Any) -> Iterator[Any]:
    for value in values:
        if isinstance(value, str) or not isinstance(value, Iterable):
            yield value
        else:
            yield from _flat(value)


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
        array = source if isinstance(source, np.ndarray) and source.ndim else _as_array(source)
        for start in range(0, len(array), CHUNK):
            yield array[start : start + CHUNK]


def _sampled(sampler: Callable[[int], Any], num_draws: int) -> Iterator[Any]:
    for start in range(0, num_draws, 2**16):
        wanted = min(2**16, num_draws - start)
        drawn = _as_array(sampler(wanted))
        if len(drawn) != wanted:
            raise DrawsError(f"the sampler was asked for {wanted} draws and gave {len(drawn)}")
        yield drawn
