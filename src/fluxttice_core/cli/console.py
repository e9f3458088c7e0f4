"""The one writer to the terminal, and the readers and writers of the files a command names."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from ..artifacts.files import write_atomically
from ..errors import ArtifactError

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
model_option = click.option(
    "--model",
    "-m",
    metavar="FILE",
    help="Checkpoint (.pt or .safetensors). Default: the packaged codebook; v5_5 is packaged too.",
)
pathway_option = click.option(
    "--pathway",
    "-p",
    type=click.Choice(["A", "B"]),
    default="A",
    show_default=True,
    help="A explores, B consolidates.",
)
sha256_option = click.option(
    "--sha256", metavar="HEX", help="Refuse the checkpoint unless its file has this hash."
)


def say(text: str = "") -> None:
    """Write a line to standard output."""
    click.echo(text)


def note(text: str) -> None:
    """Write a line to standard error: progress and remarks, never results."""
    click.echo(text, err=True)


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show progress on standard error, on a terminal only, for what takes over half a second."""
    from tqdm import tqdm

    with tqdm(desc=what, unit="part", delay=0.5, disable=None, leave=False) as bar:

        def update(done: int, total: int) -> None:
            bar.total, bar.n = total, done
            bar.refresh()

        yield update


@contextmanager
def count_bar(what: str, unit: str) -> Iterator[Callable[[int], None]]:
    """Show a running count, on a terminal only, for what takes over half a second."""
    from tqdm import tqdm

    with tqdm(desc=what, unit=unit, unit_scale=True, delay=0.5, disable=None, leave=False) as bar:

        def update(count: int) -> None:
            bar.update(count - bar.n)

        yield update


def say_json(record: Any) -> None:
    """Write one JSON object to standard output."""
    click.echo(json.dumps(record, indent=2, sort_keys=True, allow_nan=False))


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay out a table: columns of numbers to the right, the others to the left."""
    body = [tuple(row) for row in rows]
    columns = list(zip(header, *body, strict=True))
    laid_out = []
    for name, *cells in columns:
        width = max(len(cell) for cell in (name, *cells))
        numbers = all(re.fullmatch(r"[-+\d.,/%() ]*", cell) for cell in cells)
        side = str.rjust if numbers else str.ljust
        laid_out.append([side(name, width), "-" * width, *(side(cell, width) for cell in cells)])
    return "\n".join("  ".join(line).rstrip() for line in zip(*laid_out, strict=True))


def percent(value: float, digits: int = 2) -> str:
    """Write a fraction as a percentage, never rounding up to 100 what is less."""
    text = f"{100 * value:.{digits}f} %"
    if text == f"{100:.{digits}f} %" and value < 1.0:
        text = f"{100 - 10**-digits:.{digits}f} %"
    return text


def read_array(name: str) -> NDArray[Any]:
    """Read numbers from ``.npy``, ``.csv`` or ``-`` (CSV on standard input).

    Raises
    ------
    ArtifactError
        Unreadable, not numbers, or rows of different length (the line is named).
    """
    if name == "-":
        return _parse_csv(sys.stdin.read(), "standard input")
    path = Path(name)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ArtifactError(
            f"{path}: cannot be read: {error.strerror}; give a .npy or .csv file, or - for "
            "standard input"
        ) from None
    if path.suffix == ".npy":
        try:
            # Not np.load: it also opens zip archives, whatever the name says.
            array: NDArray[Any] = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
        except MemoryError:
            raise
        except Exception:  # a damaged header can raise nearly anything, tokenize.TokenError too
            raise ArtifactError(f"{path}: expected a NumPy .npy file of numbers") from None
        if array.dtype.kind not in "iufb":
            raise ArtifactError(f"{path}: expected numbers, got an array of {array.dtype}")
        return array
    try:
        return _parse_csv(data.decode(), str(path))
    except UnicodeDecodeError:
        raise ArtifactError(f"{path}: expected a .npy or .csv file; this is not text") from None


def _parse_csv(text: str, source: str) -> NDArray[Any]:
    rows: list[list[float]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            row = [float(cell) for cell in line.split(",")]
        except ValueError:
            raise ArtifactError(
                f"{source}: line {number}: expected numbers separated by commas, got "
                f"{line.strip()[:60]!r}"
            ) from None
        if rows and len(row) != len(rows[0]):
            raise ArtifactError(
                f"{source}: line {number}: expected {len(rows[0])} numbers, got {len(row)}"
            )
        rows.append(row)
    if not rows:
        raise ArtifactError(f"{source}: expected at least one row of numbers, got none")
    array = np.array(rows)
    return array[:, 0] if array.shape[1] == 1 else array


def csv_text(array: NDArray[Any]) -> str:
    """Return rows of comma-separated numbers that read back to the same values."""
    matrix = array if array.ndim == 2 else array[:, None]
    return "".join(",".join(repr(value) for value in row) + "\n" for row in matrix.tolist())


def write_array(name: str, array: NDArray[Any]) -> None:
    """Write to ``.npy``, ``.csv`` or ``-`` (CSV on standard output)."""
    if name == "-":
        click.echo(csv_text(array), nl=False)
    elif name.endswith(".npy"):
        buffer = io.BytesIO()
        np.save(buffer, array)
        write_atomically(name, buffer.getvalue())
    elif name.endswith(".csv"):
        write_atomically(name, csv_text(array).encode())
    else:
        raise ArtifactError(f"{name}: expected a name ending in .npy or .csv, or - for the screen")
