"""Reading masses from a file: ``.npy``, or text with one number a line."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArtifactError
from ..measure.masses import as_masses

_EXPECTED = "give masses (N,) as .npy, or as .csv or .txt with one number a line"


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
    path = Path(name)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be read: {error.strerror}; {_EXPECTED}") from None
    values = _npy(data, path) if path.suffix.lower() == ".npy" else _text(data, path)
    try:
        return as_masses(values)
    except ValueError as error:
        raise ArtifactError(f"{path}: {error}") from None


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
