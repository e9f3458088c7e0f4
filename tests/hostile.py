"""What no function wants: values that callers of a library give all the same."""

import datetime
import decimal
import fractions
import sys
import warnings
from collections import Counter

import numpy as np

from fluxttice_core.errors import FluxtticeError

# A value is shown in a message by so much, and a message is read at a glance.
LONGEST_WORD, LONGEST_MESSAGE = 100, 700


class Odd:
    """Without words for itself."""

    def __repr__(self):
        raise RuntimeError("no repr")


class Failing:
    """An iterable that fails in its owner's code."""

    def __iter__(self):
        raise KeyError("of the caller")


def _deep():
    value = []
    for _ in range(100_000):
        value = [value]
    return value


def _in_itself():
    value = []
    value.append(value)
    return value


_DATE = datetime.date(2024, 1, 1)
HOSTILE = {
    "text": "512",
    "empty text": "",
    "long text": "x" * 10_000,
    "zero character": "a\0",
    "half a pair": "\ud800",
    "None": None,
    "NaN": float("nan"),
    "infinity": float("inf"),
    "-infinity": float("-inf"),
    "-1": -1,
    "0": 0,
    "2": 2,
    "2.5": 2.5,
    "True": True,
    "2^64": 2**64,
    "10^400": 10**400,
    "-10^30": -(10**30),
    "1e300": 1e300,
    "complex": 1j,
    "date": _DATE,
    "NumPy's date": np.datetime64("2024-01-01"),
    "bytes": b"ab",
    "bytearray": bytearray(b"ab"),
    "memoryview": memoryview(b"ab"),
    "set": {1, 2},
    "dict": {"a": 1},
    "negative counts": {"a": -1},
    "10,000 counts": Counter({f"k{i}" * 50: 1 for i in range(10_000)}),
    "object": object(),
    "odd": Odd(),
    "failing": Failing(),
    "class": int,
    "function": lambda *_: 1 / 0,
    "module": sys,
    "list of text": ["a"],
    "list of None": [None],
    "list of NaN": [float("nan")],
    "list of mixed": [1, "a"],
    "list of negatives": [-1, 2],
    "list of truth": [True, False],
    "list of complex": [1j],
    "list of dates": [_DATE],
    "list of fractions": [0.5, 0.5],
    "list of objects": [object()],
    "list of odd": [Odd()],
    "list of dicts": [{"a": 1}],
    "list of long texts": ["q" * 500] * 3,
    "list of bytes": [b"\xff"],
    "ragged": [[1], [1, 2]],
    "ragged within": [[[1], [2, 3]], [1]],
    "deep": _deep(),
    "in itself": _in_itself(),
    "empty list": [],
    "huge numbers": [2**70, 1],
    "tuple": (1, 2),
    "0-d": np.array(5),
    "0-d fraction": np.array(0.5),
    "NumPy's 3": np.int64(3),
    "NumPy's 2.5": np.float64(2.5),
    "NumPy's True": np.bool_(True),
    "empty array": np.zeros(0),
    "(0, 3)": np.zeros((0, 3)),
    "(3, 0)": np.zeros((3, 0)),
    "(2, 2)": np.ones((2, 2), int),
    "(2, 2, 2)": np.ones((2, 2, 2), int),
    "masked": np.ma.array([1, 2, 3], mask=[0, 1, 0]),
    "masked number": np.ma.masked,
    "records": np.array([(1, 2)], dtype=[("a", "i4"), ("b", "i4")]),
    "array of objects": np.array([1, "a", None], dtype=object),
    "array of complex": np.array([1j]),
    "array of dates": np.array(["2024-01-01"], dtype="M8[D]"),
    "array of times": np.array([1], dtype="m8[s]"),
    "array of 2^64 - 1": np.array([2**64 - 1], dtype=np.uint64),
    "array of NaN": np.array([1, np.nan]),
    "array of texts": np.array(["a", "b"]),
    "range": range(3),
    "huge range": range(10**30),
    "iterator of arrays": lambda: iter([np.array([1, 2])]),
    "Fraction": fractions.Fraction(1, 2),
    "Decimal": decimal.Decimal("1.5"),
    "Ellipsis": ...,
    "exception": ValueError("x"),
}
CALLABLE = ("class", "function")
_MADE = {"iterator of arrays"}


def faults_of(function, given, *, callbacks=(), left_out=()):
    """Call with every hostile value for every argument; list what is no error of the project.

    Parameters
    ----------
    callbacks : arguments that take a function: what that raises is the caller's.
    left_out : pairs of an argument and the name of a value that is right, and slow.
    """
    faults = []
    for name in given:
        for what, value in HOSTILE.items():
            if (name in callbacks and what in CALLABLE) or (name, what) in left_out:
                continue
            value = value() if what in _MADE else value
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("error")
                    function(**{**given, name: value})
            except FluxtticeError as error:
                words = str(error).split()
                if len(str(error)) > LONGEST_MESSAGE or max(map(len, words)) > LONGEST_WORD:
                    faults.append(f"{name} = {what}: a message of {len(str(error)):,} characters")
            except KeyError as error:
                if what != "failing" or error.args != ("of the caller",):
                    faults.append(f"{name} = {what}: {type(error).__name__}")
            except Exception as error:
                faults.append(f"{name} = {what}: {type(error).__name__}: {str(error)[:100]}")
    return faults
