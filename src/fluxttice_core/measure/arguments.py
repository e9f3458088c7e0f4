"""What a caller gives for an argument, checked in one place: expected, got, and what to give.

A check takes a value and the name of its argument, and returns the value as the function wants it:
NumPy's whole numbers as ``int``, lists as arrays. What the caller's own code raises, in a callable
or an iterator, is the caller's, and passes through.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ParamSpec, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..errors import DrawsError, FluxtticeError
from ..files import names_a_file
from .values import shown, to_array

Check: TypeAlias = Callable[[Any, str], Any]
_P = ParamSpec("_P")
_T = TypeVar("_T")
# Larger numbers have no float, and mean a mistake.
_MOST = 10**299
_MOST_VALUES = 1_000_000


def checked(
    error: type[FluxtticeError] = DrawsError, /, **checks: Check
) -> Callable[[Callable[_P, _T]], Callable[_P, _T]]:
    """Check arguments before a function sees them; all faults at once, as an error of this kind.

    Arguments that are left out keep their defaults, and are not checked.

    >>> @checked(num_draws=whole(1), share=real(0.0, 1.0))
    ... def seen(num_draws, share=0.5):
    ...     return num_draws * share
    >>> seen(np.int64(4))
    2.0
    >>> seen("4", share=2)
    Traceback (most recent call last):
    ...
    fluxttice_core.errors.DrawsError: expected num_draws as a whole number of at least 1, got '4'; \
give one such as 1; expected share as a number from 0 to 1, got 2; give one such as 0.5
    """

    def decorate(function: Callable[_P, _T]) -> Callable[_P, _T]:
        code = function.__wrapped__.__code__ if hasattr(function, "__wrapped__") else None
        code = getattr(function, "__code__", code)
        assert code is not None
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        assert checks.keys() <= {*names}, "a check of no argument"
        places = [(names.index(name), name, check) for name, check in checks.items()]

        @wraps(function)
        def call(*args: _P.args, **kwargs: _P.kwargs) -> _T:
            values, faults = list(args), []
            for place, name, check in places:
                try:
                    if place < len(values):
                        values[place] = check(values[place], name)
                    elif name in kwargs:
                        kwargs[name] = check(kwargs[name], name)
                except DrawsError as fault:
                    faults.append(str(fault))
            if faults:
                raise error("; ".join(faults))
            return function(*values, **kwargs)  # type: ignore[arg-type]

        return call

    return decorate


def whole(least: int | None = None, most: int | None = None) -> Check:
    """A whole number, Python's or NumPy's, in limits that it may reach; no truth value.

    >>> whole(1)(np.uint8(7), "num_draws")
    7
    """
    top = _MOST if most is None else most

    def check(value: Any, name: str) -> int:
        number = as_whole(value)
        if number is None or (least is not None and number < least) or number > top:
            limits = _limits(least, most)
            raise _fault(name, f"a whole number{limits}", value, f"one such as {least or 0}")
        return number

    return check


def real(
    low: float | None = None,
    high: float | None = None,
    *,
    is_open: bool = False,
    may_be_infinite: bool = False,
) -> Check:
    """A finite number in limits that it may reach, unless these are open.

    >>> real(0.0, 1.0, is_open=True)(0.25, "mass")
    0.25
    """
    example = 0.5 if low == 0.0 or low is None else low + 1.0

    def check(value: Any, name: str) -> Any:
        number = _as_real(value)
        below = number is None or (low is not None and not _is_above(number, low, is_open))
        above = number is None or (high is not None and not _is_above(high, number, is_open))
        is_finite = number is not None and (math.isfinite(number) or may_be_infinite)
        if below or above or not is_finite:
            limits = _limits(low, high, is_open=is_open)
            raise _fault(name, f"a number{limits}", value, f"one such as {example:g}")
        return number

    return check


def wholes(least: int, most: int | None = None) -> Check:
    """Several whole numbers in limits, such as the n of a curve, as a tuple.

    >>> wholes(0)(range(3), "num_draws")
    (0, 1, 2)
    """
    one = whole(least, most)

    def check(values: Any, name: str) -> tuple[int, ...]:
        what = f"whole numbers{_limits(least, most)}, one after another"
        give = f"a list such as [{max(least, 1)}, {max(least, 1) * 10}]"
        if not _is_series(values):
            raise _fault(name, what, values, give)
        found: list[int] = []
        for value in values:
            if len(found) == _MOST_VALUES:
                raise _fault(name, f"at most {_MOST_VALUES:,} whole numbers", values, give)
            try:
                found.append(one(value, name))
            except DrawsError:
                raise _fault(name, what, value, give) from None
        return tuple(found)

    return check


def numbers(ndim: int | None = None, *, least: int = 1, are_finite: bool = True) -> Check:
    """An array of numbers in floats, of so many axes and at least so many first indices.

    >>> numbers(1)([0.5, 0.5], "probabilities")
    array([0.5, 0.5])
    """
    what = "an array of finite numbers" if ndim is None else f"finite numbers of {ndim} axes"
    what += f", at least {least} of them" * (least > 1)

    def check(values: Any, name: str) -> NDArray[np.float64]:
        array = to_array(values, f"{name} as {what}")
        right = array.dtype.kind in "biuf" and array.ndim >= 1 and array.size > 0
        right = right and (ndim is None or array.ndim == ndim) and len(array) >= least
        if not right:
            got = f"{array.dtype} of shape {array.shape}"
            raise DrawsError(f"expected {name} as {what}, got {got}; give an array of floats")
        if array.dtype not in (np.float32, np.float64):
            array = array.astype(np.float64)
        if are_finite and not np.isfinite(array).all():
            raise DrawsError(f"expected {name} as {what}, got NaN or infinity; leave these out")
        return array

    return check


def series_of(one: Check, what: str) -> Check:
    """Several things, each checked, as a tuple."""

    def check(values: Any, name: str) -> tuple[Any, ...]:
        if not _is_series(values):
            raise _fault(name, what, values, "a list of them")
        return tuple(one(value, name) for value in values)

    return check


def instance_of(kind: type) -> Check:
    """A thing of a class."""

    def check(value: Any, name: str) -> Any:
        if not isinstance(value, kind):
            raise _fault(name, f"a {kind.__name__}", value, f"a measure.{kind.__name__}")
        return value

    return check


def function(value: Any, name: str) -> Any:
    """Something that can be called.

    >>> function(len, "statistic") is len
    True
    """
    if not callable(value):
        raise _fault(name, "a function", value, "one that can be called, not its result")
    return value


def text(value: Any, name: str) -> str:
    """A text.

    >>> text("draws", "name")
    'draws'
    """
    if not isinstance(value, str):
        raise _fault(name, "a text", value, "one in quotes")
    return value


def file_name(value: Any, name: str) -> Any:
    """The name of a file or a folder, a text or a path.

    >>> file_name("draws.npy", "path")
    'draws.npy'
    """
    if not names_a_file(value):
        raise _fault(name, "the name of a file or folder", value, "a text or a Path")
    return value


def file_names(value: Any, name: str) -> Any:
    """One such name, or several.

    >>> file_names(["a.pem", "b.pem"], "key")
    ('a.pem', 'b.pem')
    """
    if isinstance(value, str) or not isinstance(value, list | tuple):
        return file_name(value, name)
    return tuple(file_name(item, name) for item in value)


def truth(value: Any, name: str) -> bool:
    """True or False.

    >>> truth(np.bool_(True), "relative")
    True
    """
    if not isinstance(value, bool | np.bool_):
        raise _fault(name, "True or False", value, "one of these")
    return bool(value)


def one_of(*names: str) -> Check:
    """One of these words.

    >>> one_of("draws", "counts")("draws", "kind")
    'draws'
    """

    def check(value: Any, name: str) -> str:
        if not isinstance(value, str) or value not in names:
            raise DrawsError(f"expected {name} {' or '.join(map(repr, names))}, got {shown(value)}")
        return value

    return check


def texts(least: int, most: int) -> Check:
    """So many texts, such as the names of two samples.

    >>> texts(2, 2)(["A", "B"], "names")
    ('A', 'B')
    """

    def check(value: Any, name: str) -> tuple[str, ...]:
        right = isinstance(value, list | tuple) and least <= len(value) <= most
        if not right or not all(isinstance(item, str) for item in value):
            how_many = "two texts" if least == most else f"{least} or {most} texts"
            raise _fault(name, how_many, value, 'a pair such as ("A", "B")')
        return tuple(value)

    return check


def optional(check: Check) -> Check:
    """What a check takes, or None.

    >>> optional(whole(1))(None, "space_size") is None
    True
    """
    return lambda value, name: None if value is None else check(value, name)


def as_whole(value: Any) -> int | None:
    """Return a whole number as an int; None for anything else, a truth value too.

    >>> as_whole(np.int8(3)), as_whole(True), as_whole(3.0)
    (3, None, None)
    """
    is_truth = isinstance(value, bool | np.bool_) or value is np.ma.masked
    if is_truth or (isinstance(value, np.ndarray) and (value.ndim or value.dtype.kind not in "iu")):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None


def _as_real(value: Any) -> float | int | None:
    number = as_whole(value)
    if number is not None:
        # Larger ones have no float.
        return number if abs(number) <= 10**299 else None
    if value is np.ma.masked:
        return None
    if isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind == "f":
        return float(value)
    return float(value) if isinstance(value, float | np.floating) else None


def _is_above(number: float, low: float, is_open: bool) -> bool:
    return number > low if is_open else number >= low


def _is_series(values: Any) -> bool:
    if isinstance(values, str | bytes | bytearray | memoryview | type):
        return False
    if isinstance(values, np.ndarray):
        return values.ndim == 1
    return isinstance(values, Iterable)


def _limits(low: float | None, high: float | None, *, is_open: bool = False) -> str:
    if low is not None and high is not None:
        between = f"{_shown(low)}", f"{_shown(high)}"
        return (
            " above {} and below {}".format(*between)
            if is_open
            else " from {} to {}".format(*between)
        )
    if low is not None:
        return f" {'above' if is_open else 'of at least'} {_shown(low)}"
    return "" if high is None else f" of at most {_shown(high)}"


def _shown(limit: float) -> str:
    return f"{limit:,}" if isinstance(limit, int) else f"{limit:g}"


def _fault(name: str, what: str, value: Any, give: str) -> DrawsError:
    return DrawsError(f"expected {name} as {what}, got {shown(value)}; give {give}")


# What many functions take alike.
SHARE = real(0, 1, is_open=True)
SEED = whole(0)
KIND = one_of("draws", "counts")
SIMULATIONS = whole(1, 10**7)
CALLBACK = optional(function)
