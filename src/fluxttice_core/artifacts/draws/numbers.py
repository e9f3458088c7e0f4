"""Whole numbers in text: what is one, and columns of them as arrays.

A number is a sign and digits, ``-12``: each number has one spelling, so that reading numbers never
makes one draw of two that their texts tell apart. So ``007``, ``1_23``, ``0x10``, ``1e3`` and
digits other than 0 to 9 are labels. A column written throughout with the same zeros behind a point
(``3.0``), or as ``numpy.savetxt`` writes (``3.00e+00``), holds whole numbers too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_WHOLE = r"[+-]?(?:0|[1-9][0-9]*)"
_SAVETXT = r"[+-]?[0-9]\.[0-9]+e[+-][0-9]{2,3}"
_ZEROS = re.compile(rf"{_WHOLE}(\.0+)?")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
# More digits than any whole number of 64 bits, and few enough for `int` to take.
_TOO_LONG = 40
_POWERS = 10 ** np.arange(1, 19, dtype=np.int64)
SAVETXT = "e"


def spelling_of(cell: str) -> str | None:
    """Return how a whole number is written: its zeros behind the point; None for any other text.

    >>> [spelling_of(text) for text in ("-7", "7.0", "7.000e+00", "007", "1e3", "x")]
    ['', '.0', 'e', None, None, None]
    """
    match = _ZEROS.fullmatch(cell)
    if match:
        return match[1] or ""
    return SAVETXT if re.fullmatch(_SAVETXT, cell) else None


def is_decimal(cell: str) -> bool:
    """Whether a text is a number of any kind, with or without a fraction.

    >>> [is_decimal(text) for text in ("7", "-.5e3", "0x10", "1_2", "nan", "\u0663")]
    [True, True, False, False, False, False]
    """
    return _DECIMAL.fullmatch(cell) is not None


def _pattern(spelling: str) -> str:
    return _SAVETXT if spelling == SAVETXT else _WHOLE + re.escape(spelling)


def whole_numbers(cells: Sequence[str], spelling: str) -> NDArray[np.integer] | None:
    """Return a column of whole numbers ``(n,)``, all in one spelling; None if it is none.

    The type is int64, or uint64 where a number needs it.

    >>> whole_numbers(["5", "-7"], "").tolist(), whole_numbers(["5", "5.0"], "")
    ([5, -7], None)
    """
    if not cells:
        return np.zeros(0, dtype=np.int64)
    pattern = _pattern(spelling)
    if not re.fullmatch(f"(?:{pattern}\n)*", "\n".join([*cells, ""])):
        return None
    if spelling == SAVETXT:
        values = np.array(list(map(float, cells)))
        exact = (np.abs(values) <= 2.0**53) & (values == np.rint(values))
        return values.astype(np.int64) if exact.all() else None
    if max(map(len, cells)) - len(spelling) > _TOO_LONG:
        return None
    numbers = [int(cell.removesuffix(spelling)) for cell in cells]
    low, high = min(numbers), max(numbers)
    if low >= -(2**63) and high < 2**63:
        return np.array(numbers, dtype=np.int64)
    return np.array(numbers, dtype=np.uint64) if low >= 0 and high < 2**64 else None


def first_other(cells: Sequence[str], spelling: str) -> int:
    """Return the place of the first text that is no number of this spelling, or does not fit.

    >>> first_other(["5", "x"], "")
    1
    """
    match = re.match(f"(?:{_pattern(spelling)}\n)*", "\n".join([*cells, ""]))
    place = match.group().count("\n") if match else 0
    if place < len(cells):
        return place
    sizes = [abs(float(cell)) for cell in cells]
    return sizes.index(max(sizes))


def parse_block(piece: bytes, delimiter: bytes, width: int) -> NDArray[np.int64] | None:
    """Read lines of whole numbers in their plain spelling at once; None if anything else is there.

    Parameters
    ----------
    piece : whole lines, each ended by LF.
    delimiter : one byte between the ``width`` numbers of a line.

    Returns
    -------
    Numbers ``(n,)`` if ``width`` is 1, else rows ``(n, width)``.

    Examples
    --------
    >>> parse_block(b"1,2" + bytes([10]), b",", 2).tolist()
    [[1, 2]]
    >>> parse_block(b"1,02" + bytes([10]), b",", 2) is None
    True
    """
    num_lines = piece.count(b"\n")
    separators = piece.translate(None, b"0123456789-")
    if not num_lines or separators != (delimiter * (width - 1) + b"\n") * num_lines:
        return None
    if width > 1:
        piece = piece.replace(delimiter, b"\n")
    # Signs stand before a digit and after a separator, so each stretch between is one number.
    signs = piece.count(b"-")
    if signs and (
        signs != piece.count(b"\n-") + piece.startswith(b"-")
        or b"-\n" in piece
        or b"-0" in piece
        or b"--" in piece
    ):
        return None
    if b"\n\n" in piece or piece.startswith(b"\n"):
        return None
    values: NDArray[np.int64] = np.fromstring(piece, dtype=np.int64, sep="\n")
    # Too large a number was replaced by the nearest that fits.
    if not len(values) or abs(int(values.max())) == 2**63 - 1 or int(values.min()) == -(2**63):
        return None
    # Written back they must be as long: then there is no zero in front, and no other spelling.
    digits = np.searchsorted(_POWERS, np.abs(values), side="right") + 1
    if int(digits.sum()) + signs + len(values) != len(piece):
        return None
    return values.reshape(num_lines, width) if width > 1 else values
