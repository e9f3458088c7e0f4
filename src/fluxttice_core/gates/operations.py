"""The 19,683 two-input ternary gates: index, trits and 3x3 truth table, in every direction.

A gate is nine trits in {-1, 0, +1}, its outputs for the input pairs (a, b) in the order
(-1,-1), (-1,0), (-1,+1), (0,-1), ..., (+1,+1). Its index writes them in base 3, least significant
first: trit k is ``floor(index / 3^k) mod 3 - 1``.

Every converter takes lists and NumPy arrays and returns NumPy; given a PyTorch tensor it returns a
tensor on the same device. PyTorch is never imported here. Whole numbers held as floats are taken;
NaN, fractions and booleans are refused.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import OperationError
from ..measure import WordSpace

NUM_TRITS = 9
NUM_OPERATIONS = 3**NUM_TRITS
INPUT_PAIRS: tuple[tuple[int, int], ...] = tuple((a, b) for a in (-1, 0, 1) for b in (-1, 0, 1))
POWERS = tuple(3**k for k in range(NUM_TRITS))
GATES = WordSpace(NUM_TRITS, 3, lowest=-1, name="ternary-2in-9trit")

# The letters that are easily misread, I J L O Q S U W Y, are left out.
HEPTAVINTIMAL_DIGITS = "0123456789ABCDEFGHKMNPRTVXZ"


def generate_all_operations() -> NDArray[np.int8]:
    """Return every gate, int8 ``(19683, 9)``, row i being gate i.

    >>> generate_all_operations()[[0, 9841, 19682]][:, :3].tolist()
    [[-1, -1, -1], [0, 0, 0], [1, 1, 1]]
    """
    return _trits_of(np.arange(NUM_OPERATIONS))


def trits_from_indices(indices: ArrayLike) -> Any:
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
    _require_whole(
        values,
        range(NUM_OPERATIONS),
        expected="operation indices in 0 .. 19682",
        remedy="trits go in as rows of nine",
    )
    return _back(_trits_of(values.astype(np.int64)), tensor)


def indices_from_trits(trits: ArrayLike) -> Any:
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


def tables_from_trits(trits: ArrayLike) -> Any:
    """Map trits ``(..., 9)`` to int8 truth tables ``(..., 3, 3)``: row a, column b, each -1, 0, +1.

    Raises
    ------
    OperationError
        Wrong shape, or a value outside {-1, 0, +1}; names the row and the value.

    Example
    -------
    >>> tables_from_trits([-1, -1, -1, -1, 0, 0, -1, 0, 1]).tolist()  # minimum
    [[-1, -1, -1], [-1, 0, 0], [-1, 0, 1]]
    """
    values, tensor = _to_numpy(trits)
    _require_trits(values, (NUM_TRITS,))
    return _back(values.astype(np.int8).reshape(*values.shape[:-1], 3, 3), tensor)


def trits_from_tables(tables: ArrayLike) -> Any:
    """Map truth tables ``(..., 3, 3)`` to int8 trits ``(..., 9)``.

    Raises
    ------
    OperationError
        Wrong shape, or a value outside {-1, 0, +1}; names the table and the cell.

    Example
    -------
    >>> trits_from_tables([[-1, -1, -1], [-1, 0, 0], [-1, 0, 1]]).tolist()
    [-1, -1, -1, -1, 0, 0, -1, 0, 1]
    """
    values, tensor = _to_numpy(tables)
    _require_trits(values, (3, 3))
    return _back(values.astype(np.int8).reshape(*values.shape[:-2], NUM_TRITS), tensor)


def tables_from_indices(indices: ArrayLike) -> Any:
    """Map gate indices ``(...)`` to int8 truth tables ``(..., 3, 3)``."""
    return tables_from_trits(trits_from_indices(indices))


def indices_from_tables(tables: ArrayLike) -> Any:
    """Map truth tables ``(..., 3, 3)`` to int64 gate indices ``(...)``."""
    return indices_from_trits(trits_from_tables(tables))


def as_trits(operations: ArrayLike) -> Any:
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

    Within a row the trit at b = -1 counts least, as in the index. The opposite order of rows
    circulates too, and turns a gate into another: convert names from elsewhere with care.

    Raises
    ------
    OperationError
        Not one index in 0 .. 19682.

    References
    ----------
    https://hackaday.io/project/6284/log/21744

    Example
    -------
    >>> heptavintimal_from_index(15929)  # Kleene implication, as it is called there
    'ZRP'
    """
    if trits_from_indices(index).ndim != 1:
        raise OperationError(f"expected one operation index, got shape {np.shape(index)}")
    return "".join(HEPTAVINTIMAL_DIGITS[int(index) // 27**row % 27] for row in range(3))


def index_from_heptavintimal(name: str) -> int:
    """Return the index of a gate from its three base-27 digits, row a = -1 first.

    Raises
    ------
    OperationError
        Not three of the digits ``0123456789ABCDEFGHKMNPRTVXZ``, in either case.

    Example
    -------
    >>> index_from_heptavintimal("ZRP")
    15929
    """
    digits = [HEPTAVINTIMAL_DIGITS.find(digit) for digit in str(name).upper()]
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
        plain = values.detach().cpu()
        # NumPy has no bfloat16 or float8; float64 holds their values exactly.
        array = (plain.double() if plain.is_floating_point() else plain).numpy()
        tensor = values
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
    _require_whole(
        values,
        range(-1, 2),
        expected="trits in {-1, 0, +1}",
        remedy="subtract 1 from classes 0, 1, 2; round anything else",
        num_trit_axes=len(tail),
    )


def _require_whole(
    values: NDArray[Any], allowed: range, *, expected: str, remedy: str, num_trit_axes: int = 0
) -> None:
    # Written so that NaN fails: no comparison with it is true.
    right = (values >= allowed[0]) & (values <= allowed[-1])
    if values.dtype.kind == "f":
        right &= values == np.rint(values)
    if right.all():
        return
    wrong = np.argwhere(~right)
    place = tuple(wrong[0].tolist())
    split = values.ndim - num_trit_axes
    axes = {"row": place[:split], "column" if num_trit_axes == 1 else "cell": place[split:]}
    where = ", ".join(f"{kind} {at if at[1:] else at[0]}" for kind, at in axes.items() if at)
    num_rows = len(np.unique(wrong[:, :split], axis=0))
    extent = f" ({num_rows} rows are wrong)" if num_rows > 1 else ""
    found = f"{where} holds" if where else "the value is"
    raise OperationError(f"expected {expected}; {found} {values[place].item()}{extent}; {remedy}")
