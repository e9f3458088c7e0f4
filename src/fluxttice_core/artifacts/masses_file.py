"""Reading masses from a file: numbers in the order of their ids, or labels with their masses."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArtifactError
from ..files import names_a_file
from ..measure.masses import as_masses
from ..measure.values import shown
from .draws import ReadOptions, read_draws
from .draws.numbers import spelling_of

_EXPECTED = (
    "give masses (N,) as .npy, or as .csv or .txt with one number a line; a target may be a table "
    "of label and mass"
)


def read_masses(name: str | Path) -> NDArray[np.float64]:
    """Return the masses in a file, in the order of their ids.

    Parameters
    ----------
    name : of a ``.npy`` array ``(N,)``, or of text with one number a line; blank lines and lines
        that start with ``#`` are passed over.

    Raises
    ------
    ArtifactError
        The file cannot be read, or holds other than masses that add up to 1; names the file.
    """
    path = _path(name)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be read: {error.strerror}; {_EXPECTED}") from None
    values = _npy(data, path) if path.suffix.lower() == ".npy" else _text(data, path)
    try:
        return as_masses(values)
    except ValueError as error:
        raise ArtifactError(f"{path}: {error}") from None


def read_target(
    name: str | Path, *, as_labels: bool = False
) -> NDArray[np.float64] | dict[Any, float]:
    """Return the masses in a file, in the order of their ids, or by the labels beside them.

    Parameters
    ----------
    name : of masses as :func:`read_masses` takes them, or of a table with two columns, label and
        mass.
    as_labels : labels are texts; without it those that are whole numbers throughout are numbers,
        as in a file of draws.

    Raises
    ------
    ArtifactError
        The file cannot be read, or holds other than masses that add up to 1; names the file.
    """
    path = _path(name)
    if path.suffix.lower() == ".npy" or _is_one_column(path):
        return read_masses(path)
    # Labels are read as those of draws are: quotes, headings, comments, endings.
    columns = ReadOptions(column=("1", "2"), labels=True)
    draws = read_draws(path, columns)
    rows: list[Any] = [row for chunk in draws for row in chunk]
    width = draws.records[0].num_columns
    if width != 2:
        raise ArtifactError(f"{path}: expected two columns, label and mass, got {width}")
    masses: dict[Any, float] = {}
    for label, text in rows:
        if label in masses:
            raise ArtifactError(f"{path}: expected each label once, got {label[:60]!r} again")
        try:
            masses[label] = float(text)
        except ValueError:
            raise ArtifactError(
                f"{path}: expected a mass beside {label[:60]!r}, got {text[:60]!r}; the first "
                "column holds labels, the second their masses"
            ) from None
    try:
        as_masses(list(masses.values()))
    except ValueError as error:
        raise ArtifactError(f"{path}: {error}") from None
    if not as_labels and all(spelling_of(label) == "" for label in masses):
        return {int(label): mass for label, mass in masses.items()}
    return masses


def _is_one_column(path: Path) -> bool:
    """Whether a file cannot be read, or its first line is one number: then masses stand alone."""
    try:
        with path.open("rb") as stream:
            lines = (line.strip() for line in stream)
            first = next((line for line in lines if line and not line.startswith(b"#")), b"0")
        float(first)
    except (OSError, ValueError) as error:
        return isinstance(error, OSError)
    return True


def _npy(data: bytes, path: Path) -> NDArray[Any]:
    try:
        # Not np.load: it also opens zip archives, whatever the name says.
        array: NDArray[Any] = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    except MemoryError:
        raise
    except Exception:  # a damaged header can raise nearly anything, tokenize.TokenError too
        raise ArtifactError(f"{path}: expected a NumPy .npy file; {_EXPECTED}") from None
    if array.dtype.kind not in "iuf":
        raise ArtifactError(f"{path}: expected numbers, got an array of {array.dtype}; {_EXPECTED}")
    return array


def _text(data: bytes, path: Path) -> list[float]:
    values = []
    for number, line in enumerate(data.splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith(b"#"):
            continue
        try:
            values.append(float(text))
        except ValueError:
            shown = text[:60].decode(errors="replace")
            raise ArtifactError(
                f"{path}: line {number}: expected one number, got {shown!r}; {_EXPECTED}"
            ) from None
    return values


def _path(name: str | Path) -> Path:
    if not names_a_file(name):
        raise ArtifactError(f"expected the name of a file, got {shown(name)}; {_EXPECTED}")
    return Path(name)
