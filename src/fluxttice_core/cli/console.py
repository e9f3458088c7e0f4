"""The one writer to the terminal, and the readers and writers of the files a command names."""

from __future__ import annotations

import io
import itertools
import json
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..errors import ArtifactError, ConfigError
from ..files import read_file, write_atomically
from .progress import current

if TYPE_CHECKING:
    from ..artifacts.checkpoint import Checkpoint

MAX_INPUT_BYTES = 2**30

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
table_option = click.option(
    "--table",
    type=click.Choice(["csv", "markdown", "latex"]),
    metavar="FORM",
    help="Print the figures alone: csv, markdown or latex.",
)
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
    _clear()
    click.echo(text)


def one_form(table: str | None, *, as_json: bool) -> None:
    """Refuse two forms on one stream.

    Raises
    ------
    ConfigError
        ``--table`` beside ``--json``.
    """
    if table is not None and as_json:
        raise ConfigError("expected --table or --json, got both; give one, and run again for both")


def note(text: str) -> None:
    """Write a line to standard error: progress and remarks, never results."""
    _clear()
    click.echo(text, err=True)


def _clear() -> None:
    life = current()
    if life is not None:
        life.clear()


def load_model(name: str | None, sha256: str | None = None) -> Checkpoint:
    """Load a checkpoint, and note what a reader of its figures has to know of its file."""
    # Who verifies draws loads no model.
    from ..api import load

    checkpoint = load(name, sha256=sha256)
    for remark in checkpoint.remarks:
        note(f"{checkpoint.source}: {remark}")
    return checkpoint


def command_line(context: click.Context) -> str:
    """Return the command that was given, as a shell reads it."""
    words = context.command_path.split()
    for parameter in context.command.params:
        value = context.params.get(parameter.name or "")
        given = context.get_parameter_source(parameter.name or "")
        if given is not click.core.ParameterSource.COMMANDLINE:
            continue
        if isinstance(parameter, click.Argument):
            words += [str(each) for each in (value if isinstance(value, tuple) else (value,))]
        elif isinstance(parameter, click.Option) and parameter.is_flag:
            words.append(parameter.opts[0] if value else (parameter.secondary_opts or [""])[0])
        elif getattr(parameter, "multiple", False):
            words += [word for each in value or () for word in (parameter.opts[0], str(each))]
        else:
            text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
            words += [parameter.opts[0], text]
    return shlex.join(words)


def say_json(record: Any) -> None:
    """Write one JSON object to standard output."""
    _clear()
    click.echo(json.dumps(record, indent=2, sort_keys=True, allow_nan=False))


def read_array(name: str) -> NDArray[Any]:
    """Read numbers from ``.npy``, ``.csv`` or ``-`` (CSV on standard input).

    Raises
    ------
    ArtifactError
        Unreadable, not numbers, or rows of different length (the line is named).
    """
    if name == "-":
        try:
            return _parse_csv(sys.stdin.read(), "standard input")
        except UnicodeDecodeError:
            raise ArtifactError("standard input: expected CSV; this is not text") from None
    path = Path(name)
    remedy = "give a .npy or .csv file, or - for standard input"
    data = read_file(path, MAX_INPUT_BYTES, remedy=remedy)
    if path.suffix == ".npy":
        try:
            # Not np.load: it also opens zip archives, whatever the name says.
            stream = io.BytesIO(data)
            array: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
        except Exception:  # a damaged header can raise nearly anything, MemoryError too
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


def check_target(name: str) -> None:
    """Refuse a name to write an array to, before it is made.

    Raises
    ------
    ArtifactError
        It ends in neither ``.npy`` nor ``.csv``, and is not ``-``.
    """
    if name != "-" and not name.endswith((".npy", ".csv")):
        raise ArtifactError(f"{name}: expected a name ending in .npy or .csv, or - for the screen")


def write_array(name: str, array: NDArray[Any]) -> None:
    """Write to ``.npy``, ``.csv`` or ``-`` (CSV on standard output)."""
    write_rows(name, iter([array]), array.shape, array.dtype)


def write_rows(
    name: str, parts: Iterable[NDArray[Any]], shape: tuple[int, ...], dtype: DTypeLike
) -> None:
    """Write an array as :func:`write_array` does, in parts, none of which is kept."""
    check_target(name)
    if name == "-":
        for part in parts:
            click.echo(csv_text(part), nl=False)
    elif name.endswith(".npy"):
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            header, np.lib.format.header_data_from_array_1_0(np.empty(0, dtype)) | {"shape": shape}
        )
        write_atomically(name, itertools.chain([header.getvalue()], map(_row_bytes, parts)))
    else:
        write_atomically(name, (csv_text(part).encode() for part in parts))


def _row_bytes(part: NDArray[Any]) -> bytes:
    return part.tobytes()


def say_json_rows(record: dict[str, Any], key: str, parts: Iterable[NDArray[Any]]) -> None:
    """Write what :func:`say_json` writes of a record with an array under a key, in parts."""
    before, after = json.dumps({**record, key: []}, indent=2, sort_keys=True).split(f'"{key}": []')
    click.echo(f'{before}"{key}": [', nl=False)
    written = False
    for part in parts:
        if len(part):
            inner = json.dumps(part.tolist(), indent=2)[1:-2].replace("\n", "\n  ")
            click.echo(("," if written else "") + inner, nl=False)
            written = True
    click.echo(("\n  ]" if written else "]") + after)
