"""From the array in the folder to every figure: one way, for who issues and for who verifies."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ... import measure
from ...errors import DrawsError
from ..figure import figure_of, number_text
from .predicate import Coverage, MassesPredicate


def array_bytes(masses: NDArray[np.float64]) -> bytes:
    """Return an array as NumPy's file, always the same bytes."""
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, masses.astype("<f8"), version=(1, 0), allow_pickle=False)
    return buffer.getvalue()


def read_array(data: bytes) -> NDArray[np.float64]:
    """Read an array (N,) of float64 that is written in its one form.

    Raises
    ------
    DrawsError
        It is none.
    """
    try:
        array: NDArray[Any] = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
        fits = array.dtype == np.dtype("<f8") and array.ndim == 1 and array_bytes(array) == data
    except MemoryError:
        raise
    except Exception:  # a damaged header can raise nearly anything, tokenize.TokenError too
        fits = False
    if not fits:
        raise DrawsError("expected an array (N,) of float64 in NumPy's format, version 1.0")
    return array


def with_figures(predicate: MassesPredicate, masses: NDArray[np.float64]) -> MassesPredicate:
    """Return the predicate with the figures of masses in the place of its own.

    Raises
    ------
    DrawsError
        They are no masses, or ``num_draws`` has no meaning.
    """
    if list(predicate.num_draws) != sorted(set(predicate.num_draws)):
        raise DrawsError("expected increasing num_draws")
    report = measure.distribution(masses, num_draws=predicate.num_draws)
    return replace(
        predicate,
        num_masses=report.space_size,
        figures=tuple(figure_of(name, item) for name, item in report.estimates.items()),
        coverage=tuple(
            Coverage(n, *(str(number_text(each)) for each in (value, limit, *interval)))
            for n, value, limit, interval in report.coverage
        ),
    )
