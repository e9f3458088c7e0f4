"""Whatever a caller gives, as an array or as texts, with nothing rounded or dropped on the way."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..errors import DrawsError, FluxtticeError

# From here on floats of 64 bits skip whole numbers.
_ROUNDED = 2.0**53
# Labels are Python's own texts: an array of texts gives each the room of the longest, and drops
# zero characters at their ends.
Texts: TypeAlias = list[str] | list[tuple[str, ...]]
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 60


def shown(value: Any) -> str:
    """Return a value for a message, in one line of bounded length, whatever it is.

    >>> shown(["CCO"] * 10_000)
    "['CCO', 'CCO', 'CCO', 'CCO', 'CCO', 'CCO', ...]"
    """
    try:
        text = _SHORT.repr(value)
    except Exception:  # a repr that fails says nothing, and must not hide what is wrong
        text = f"an {type(value).__name__}"
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:77]}..."


def to_array(values: Any, expected: str) -> NDArray[Any]:
    """Return an array, tensor, table or list as a NumPy array; whole numbers as integers.

    Parameters
    ----------
    expected : what a message says was expected.

    Raises
    ------
    DrawsError
        No array at all, rows of different lengths, masked values, or whole numbers that no type of
        64 bits holds together.

    >>> to_array([2**63, 1], "counts").dtype, to_array(np.array([5, 7], dtype=object), "ids").dtype
    (dtype('uint64'), dtype('int64'))
    """
    try:
        array = np.asarray(_in_memory(values, expected))
        is_rounded = array.dtype.kind == "f" and not hasattr(values, "dtype")
        if is_rounded and bool((np.abs(array) >= _ROUNDED).any()):
            # NumPy's common type of Python's numbers may be a float.
            exact = np.array(values, dtype=object)
            array = exact if _are_ints(exact) else array
    except (FluxtticeError, MemoryError):
        raise
    except Exception as error:
        if isinstance(error, ValueError) and isinstance(values, list | tuple):
            raise DrawsError(f"expected {expected}, got rows of different lengths") from None
        raise DrawsError(
            f"expected {expected}, got {type(values).__name__}, of which NumPy makes no array: "
            f"{shown(error)}"
        ) from error
    if array.dtype == object and array.size and _are_ints(array):
        low, high = min(array.flat), max(array.flat)
        if low < -(2**63) or high >= 2**64 or (low < 0 and high >= 2**63):
            raise DrawsError(
                f"expected {expected}, got {shown(low)} .. {shown(high)}, which no type of 64 bits "
                "holds; give such numbers as texts"
            )
        array = array.astype(np.int64 if high < 2**63 else np.uint64)
    return array


def to_draws(values: Any) -> NDArray[Any] | Texts:
    """Return draws as an array of numbers, or as a list of texts or of tuples of texts.

    Raises
    ------
    DrawsError
        A single value, numbers beside texts, or what :func:`to_array` refuses.

    >>> to_draws(np.array(["CCO", "C"])), to_draws((["a", "b"], ["a", "c"]))
    (['CCO', 'C'], [('a', 'b'), ('a', 'c')])
    """
    texts = _as_texts(values) if isinstance(values, list | tuple) else None
    if texts is not None:
        return texts
    array = to_array(values, "numbers (n,), rows (n, k) of one length, or labels")
    if array.ndim == 0:
        raise DrawsError(
            f"expected chunks of draws (n,) or rows (n, k), got the single value {shown(values)}"
        )
    if array.dtype.kind == "f" and is_whole(array).all():
        return array.astype(np.int64)
    if array.dtype.kind not in "OSTU" or not array.size or array.ndim > 2:
        return array
    # NumPy makes texts of numbers that stand beside texts.
    made = array.dtype.kind == "U" and not hasattr(values, "dtype")
    if made and not all(isinstance(value, str) for value in _flat(values)):
        raise DrawsError("expected numbers or labels, got both in one chunk")
    texts = _as_texts(array.tolist())
    return array if texts is None else texts


def is_whole(array: NDArray[Any]) -> NDArray[np.bool_]:
    """Which floats are whole numbers that no other whole number is rounded to.

    >>> is_whole(np.array([3.0, 2.5, np.nan, 2.0**53 - 1, 2.0**53])).tolist()
    [True, False, False, True, False]
    """
    most = 2.0 ** (np.finfo(array.dtype).nmant + 1)
    # NaN fails every comparison.
    whole: NDArray[np.bool_] = (np.abs(array) < most) & (array == np.rint(array))
    return whole


def _in_memory(values: Any, expected: str) -> Any:
    if hasattr(values, "detach"):
        return values.detach().cpu().numpy()
    if isinstance(values, np.ma.MaskedArray):
        masked = int(np.ma.getmaskarray(values).sum())
        if masked:
            raise DrawsError(
                f"expected {expected}, got {masked:,} masked values; leave them out by "
                "values.compressed()"
            )
        return values.data
    return values


def _are_ints(array: NDArray[Any]) -> bool:
    return all(isinstance(v, int | np.integer) and not isinstance(v, bool) for v in array.flat)


def _as_texts(values: list[Any] | tuple[Any, ...]) -> Texts | None:
    """Texts, or rows of texts; None if some are something else."""
    if not values:
        return None
    first = values[0]
    if isinstance(first, str):
        if all(isinstance(value, str) for value in values):
            return values if isinstance(values, list) else list(values)
    elif isinstance(first, bytes):
        if all(isinstance(value, bytes) for value in values):
            return [_decoded(value) for value in values]
    elif isinstance(first, list | tuple) and first and isinstance(first[0], str | bytes):
        rows = [_as_texts(row) if isinstance(row, list | tuple) else None for row in values]
        if all(row is not None and isinstance(row[0], str) for row in rows):
            return [tuple(row) for row in rows]  # type: ignore[arg-type, return-value]
    return None


def _decoded(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise DrawsError("expected labels as text, got bytes that are not UTF-8") from None


def _flat(values: Any) -> Iterator[Any]:
    for value in values:
        if isinstance(value, str) or not isinstance(value, Iterable):
            yield value
        else:
            yield from _flat(value)
