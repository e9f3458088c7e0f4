"""The 19,683 two-input ternary gates: index, trits and 3x3 truth table, in every direction.

A gate is nine trits in {-1, 0, +1}, its outputs for the input pairs (a, b) in the order
(-1,-1), (-1,0), (-1,+1), (0,-1), ..., (+1,+1). Its index writes them in base 3, least significant
first: trit k is ``floor(index / 3^k) mod 3 - 1``.

Every function takes lists and NumPy arrays and returns NumPy; given a PyTorch tensor it returns a
tensor on the same device. PyTorch is never imported here.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import OperationError

NUM_TRITS = 9
NUM_OPERATIONS = 3**NUM_TRITS
INPUT_PAIRS: tuple[tuple[int, int], ...] = tuple((a, b) for a in (-1, 0, 1) for b in (-1, 0, 1))
POWERS = tuple(3**k for k in range(NUM_TRITS))

# One base-27 digit per table row, as ternary-hardware people write gates.
HEPTAVINTIMAL_DIGITS = "0123456789ABCDEFGHKMNPRTVXZ"


def generate_all_operations() -> NDArray[np.int8]:
    """Return every gate, int8 ``(19683, 9)``, row i being gate i.

    >>> generate_all_operations()[[0, 9841, 19682]][:, :3].tolist()
    [[-1, -1, -1], [0, 0, 0], [1, 1, 1]]
    """
    return _trits_of(np.arange(NUM_OPERATIONS))


def trits_from_indices(indices: Any) -> Any:
    """Map gate indices of any shape ``(...)`` to int8 trits ``(..., 9)``.

    Raises
    ------
    OperationError
        An index is not a whole number in 0 .. 19682; names the row and the value.

    Example
    -------
    >>> trits_from_indices(5).tolist()
    [1, 0, -1, -1, -1, -1, -1, -1, -1]
    """
    values, tensor = _to_numpy(indices)
    _require_whole(values, 0, NUM_OPERATIONS - 1, "operation indices in 0 .. 19682")
    return _back(_trits_of(values.astype(np.int64)), tensor)


def indices_from_trits(trits: Any) -> Any:
    """Map trits ``(..., 9)`` to int64 gate indices ``(...)``.

    Raises
    ------
    OperationError
        Wrong shape, or a value outside {-1, 0, +1}; names the row and the value.

    Example
    -------
    >>> int(indices_from_trits([1, 0, -1, -1, -1, -1, -1, -1, -1]))
    5
    """
    values, tensor = _to_numpy(trits)
    _require_trits(values, (NUM_TRITS,))
    return _back(np.asarray((values.astype(np.int64) + 1) @ np.array(POWERS)), tensor)


def tables_from_trits(trits: Any) -> Any:
    """Map trits ``(..., 9)`` to int8 truth tables ``(..., 3, 3)``: row a, column b, each -1, 0, +1.

    Example
    -------
    >>> tables_from_trits([-1, -1, -1, -1, 0, 0, -1, 0, 1]).tolist()  # minimum
    [[-1, -1, -1], [-1, 0, 0], [-1, 0, 1]]
    """
    values, tensor = _to_numpy(trits)
    _require_trits(values, (NUM_TRITS,))
    return _back(values.astype(np.int8).reshape(*values.shape[:-1], 3, 3), tensor)


def trits_from_tables(tables: Any) -> Any:
    """Map truth tables ``(..., 3, 3)`` to int8 trits ``(..., 9)``.

    Example
    -------
    >>> trits_from_tables([[-1, -1, -1], [-1, 0, 0], [-1, 0, 1]]).tolist()
    [-1, -1, -1, -1, 0, 0, -1, 0, 1]
    """
    values, tensor = _to_numpy(tables)
    _require_trits(values, (3, 3))
    return _back(values.astype(np.int8).reshape(*values.shape[:-2], NUM_TRITS), tensor)


def tables_from_indices(indices: Any) -> Any:
    """Map gate indices ``(...)`` to int8 truth tables ``(..., 3, 3)``."""
    return tables_from_trits(trits_from_indices(indices))


def indices_from_tables(tables: Any) -> Any:
    """Map truth tables ``(..., 3, 3)`` to int64 gate indices ``(...)``."""
    return indices_from_trits(trits_from_tables(tables))


def as_trits(operations: Any) -> Any:
    """Return a batch of gates as int8 trits ``(n, 9)``, however it was given.

    Parameters
    ----------
    operations : ``(n,)`` indices, ``(n, 9)`` trits or ``(n, 3, 3)`` tables.

    Raises
    ------
    OperationError
        Another shape, or a wrong value; names the row and the value.

    Example
    -------
    >>> as_trits([0, 19682]).shape
    (2, 9)
    """
    values, tensor = _to_numpy(operations)
    if values.ndim == 1:
        return trits_from_indices(operations)
    if values.ndim == 3 and values.shape[1:] == (3, 3):
        return trits_from_tables(operations)
    if values.ndim == 2 and values.shape[1] == NUM_TRITS:
        _require_trits(values, (NUM_TRITS,))
        return _back(values.astype(np.int8), tensor)
    raise OperationError(
        f"expected (n,) indices, (n, 9) trits or (n, 3, 3) tables, got shape {values.shape}; "
        "wrap a single operation in a list"
    )


def heptavintimal_from_index(index: int) -> str:
    """Return the three base-27 digits of a gate, one per table row, row a = -1 first.

    Within a row the trit at b = -1 counts least, as in the index. Both orders circulate among
    users of this notation: convert names from elsewhere with care.

    >>> heptavintimal_from_index(0), heptavintimal_from_index(19682)
    ('000', 'ZZZ')
    """
    trits_from_indices([index])
    return "".join(HEPTAVINTIMAL_DIGITS[index // 27**row % 27] for row in range(3))


def index_from_heptavintimal(name: str) -> int:
    """Return the index of a gate from its three base-27 digits.

    Raises
    ------
    OperationError
        Not three of the digits ``0-9ABCDEFGHKMNPRTVXZ``.
    """
    digits = [HEPTAVINTIMAL_DIGITS.find(digit) for digit in name.upper()]
    if len(digits) != 3 or min(digits) < 0:
        raise OperationError(
            f"expected three heptavintimal digits out of {HEPTAVINTIMAL_DIGITS}, got {name!r}"
        )
    return sum(digit * 27**row for row, digit in enumerate(digits))


def _trits_of(indices: NDArray[np.int64]) -> NDArray[np.int8]:
    return (indices[..., None] // np.array(POWERS) % 3 - 1).astype(np.int8)


def _to_numpy(values: Any) -> tuple[NDArray[Any], Any]:
    """Return the values as an array of numbers, and the tensor they came from, if any."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(values, torch.Tensor):
        array, tensor = values.detach().cpu().numpy(), values
    else:
        try:
            array, tensor = np.asarray(values), None
        except ValueError:
            raise OperationError(
                "expected an array of whole numbers, got rows of different length"
            ) from None
    if array.dtype.kind not in "iuf" and array.size:
        raise OperationError(f"expected an array of whole numbers, got one of {array.dtype}")
    return array, tensor


def _back(array: NDArray[Any], tensor: Any) -> Any:
    if tensor is None:
        return array
    return sys.modules["torch"].from_numpy(array).to(tensor.device)


def _require_trits(values: NDArray[Any], tail: tuple[int, ...]) -> None:
    if values.shape[-len(tail) :] != tail:
        expected = ", ".join(map(str, tail))
        raise OperationError(f"expected trits of shape (..., {expected}), got {values.shape}")
    _require_whole(values, -1, 1, "trits in {-1, 0, +1}")


def _require_whole(values: NDArray[Any], low: int, high: int, expected: str) -> None:
    # Written so that NaN fails: no comparison with it is true.
    right = (values >= low) & (values <= high)
    if values.dtype.kind == "f":
        right &= values == np.rint(values)
    if right.all():
        return
    wrong = np.argwhere(~right)
    place = tuple(int(position) for position in wrong[0])
    where = f"row {place[0]}" if place else "the value"
    if len(place) > 1:
        where += f", column {', '.join(map(str, place[1:]))}"
    rows = len({int(position[0]) for position in wrong}) if place else 1
    more = f" (and {rows - 1} more rows are wrong)" if rows > 1 else ""
    raise OperationError(f"expected {expected}; {where} is {values[place].item()}{more}")
