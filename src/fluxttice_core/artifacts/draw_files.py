"""Reading draws from files and pipes, chunk by chunk: ``.npy``, ``.csv``, ``.jsonl``, ``.parquet``.

Text is one draw a line: a number, numbers separated by commas (a row of categories), or a label;
JSON lines hold a number, a text or a list of either each. Blank lines and lines that start with
``#`` are passed over, and so is a first line of column names above numbers. Labels have no such
line: a name above them would be counted.
"""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..errors import ArtifactError, MissingExtraError

CHUNK = 2**21
LONGEST_LINE = 2**24
SUFFIXES = (".npy", ".csv", ".txt", ".jsonl", ".parquet")
_EXPECTED = "give a .npy, .csv, .jsonl or .parquet file, or - for standard input"


def names_draws(name: str | Path) -> bool:
    """Whether a name is one of draws, and not of a model: by its ending, or ``-``.

    >>> names_draws("draws.npy"), names_draws("shard-*.csv"), names_draws("latest.pt")
    (True, True, False)
    """
    return str(name) == "-" or Path(name).suffix.lower() in SUFFIXES


def expand_names(names: Iterable[str | Path]) -> tuple[str, ...]:
    """Return the files behind names in their order, patterns such as ``shard-*.npy`` sorted.

    Raises
    ------
    ArtifactError
        A pattern that no file fits, or a file that is named twice.
    """
    found: list[str] = []
    for name in map(str, names):
        # A file may have such a name; only what is none is a pattern.
        is_pattern = any(sign in name for sign in "*?[") and not Path(name).exists()
        fitting = sorted(glob.glob(name, recursive=True)) if is_pattern else [name]
        if not fitting:
            raise ArtifactError(f"{name}: no file fits this pattern; {_EXPECTED}")
        found += fitting
    twice = sorted({name for name in found if found.count(name) > 1})
    if twice:
        raise ArtifactError(
            f"{', '.join(twice[:5])}: named twice; the same draws must not count twice"
        )
    return tuple(found)


def describe_names(names: Sequence[str]) -> str:
    """Return what a report calls its source.

    >>> describe_names(["a.npy"]), describe_names(["a.npy", "b.npy", "c.npy"])
    ('a.npy', 'a.npy .. c.npy (3 files)')
    """
    if len(names) > 1:
        return f"{names[0]} .. {names[-1]} ({len(names)} files)"
    return "standard input" if names[0] == "-" else names[0]


def draw_chunks(names: Sequence[str], standard_input: BinaryIO | None = None) -> Iterator[Any]:
    """Yield the draws of files in turn, or of standard input for ``-``, in chunks.

    Raises
    ------
    ArtifactError
        Unreadable, truncated or not draws; names the line where there are lines.
    """
    for name in names:
        if name == "-":
            if standard_input is None:
                raise ArtifactError("-: no standard input is read here; give a file of draws")
            pieces = _pieces(standard_input, "standard input")
            yield from _text_chunks(pieces, "standard input", jsonl=False)
        else:
            yield from _file_chunks(Path(name))


def _file_chunks(path: Path) -> Iterator[Any]:
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        yield from _parquet_chunks(path)
        return
    try:
        with path.open("rb") as stream:
            if suffix == ".npy":
                yield from _npy_chunks(stream, path)
            else:
                yield from _text_chunks(
                    _pieces(stream, str(path)), str(path), jsonl=suffix == ".jsonl"
                )
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be read: {error.strerror}; {_EXPECTED}") from None


def _npy_chunks(stream: BinaryIO, path: Path) -> Iterator[NDArray[Any]]:
    try:
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0
        if version != (1, 0):
            read = np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read(stream)
    except MemoryError:
        raise
    except Exception:  # a damaged header can raise nearly anything, tokenize.TokenError too
        raise ArtifactError(f"{path}: expected a NumPy .npy file of draws") from None
    if dtype.kind not in "iufSU" or not 1 <= len(shape) <= 2 or (fortran and len(shape) == 2):
        raise ArtifactError(
            f"{path}: expected draws (n,) or rows (n, k) of numbers or texts, in C order; got "
            f"{dtype} of shape {shape}{' in Fortran order' if fortran else ''}"
        )
    width = int(np.prod(shape[1:], dtype=np.int64))
    rows = max(1, CHUNK // max(width, 1))
    held = os.fstat(stream.fileno()).st_size - stream.tell()
    missing = shape[0] * width * dtype.itemsize - held
    if missing > 0:
        raise ArtifactError(f"{path}: truncated: {missing:,} bytes are missing")
    if missing < 0:
        raise ArtifactError(f"{path}: damaged: {-missing:,} bytes more than its header says")
    for start in range(0, shape[0], rows):
        # Not memory-mapped: mapped pages would count as memory of this process.
        count = min(rows, shape[0] - start)
        chunk = np.fromfile(stream, dtype=dtype, count=count * width)
        if len(chunk) < count * width:
            raise ArtifactError(f"{path}: truncated at draw {start + len(chunk) // width:,}")
        yield chunk.reshape((count, *shape[1:]))


def _pieces(stream: BinaryIO, source: str) -> Iterator[list[bytes]]:
    """Yield whole lines as they come, so that a slow pipe is counted and can be interrupted."""
    read: Callable[[int], bytes] = getattr(stream, "read1", stream.read)
    rest = b""
    first = True
    while piece := read(2**20):
        lines = (rest + piece).split(b"\n")
        rest = lines.pop()
        if len(rest) > LONGEST_LINE:
            raise ArtifactError(f"{source}: expected lines, got one of over {LONGEST_LINE:,} bytes")
        if lines:
            yield _without_mark(lines) if first else lines
            first = False
    if rest:
        yield _without_mark([rest]) if first else [rest]


def _without_mark(lines: list[bytes]) -> list[bytes]:
    """Lines without the byte order mark that some programs put before UTF-8."""
    return [lines[0].removeprefix(b"\xef\xbb\xbf"), *lines[1:]]


def _is_draw(line: bytes) -> bool:
    text = line.strip()
    return bool(text) and not text.startswith(b"#")


def _text_chunks(pieces: Iterator[list[bytes]], source: str, *, jsonl: bool) -> Iterator[Any]:
    number, labels = 1, None
    held: list[bytes] = []
    for piece in pieces:
        lines = held + piece
        kept = [line for line in lines if _is_draw(line)]
        if labels is None and not jsonl:
            jsonl = bool(kept) and kept[0].lstrip()[:1] in (b"[", b'"', b"{")
        if labels is None and not jsonl and len(kept) < 2:
            held = lines  # what the first line is, the second tells
            continue
        held = []
        if jsonl:
            labels = False
            yield _json_chunk(lines, number, source)
        else:
            if labels is None:
                labels = not _is_numeric(kept[0])
                if labels and _is_numeric(kept[1]):
                    labels, kept = False, kept[1:]
                    lines[next(i for i, line in enumerate(lines) if _is_draw(line))] = b""
            if kept:
                yield _labels(kept, source) if labels else _numbers(kept, lines, number, source)
        number += len(lines)
    kept = [line for line in held if _is_draw(line)]
    if kept:
        numeric = _is_numeric(kept[0])
        yield _numbers(kept, held, number, source) if numeric else _labels(kept, source)


def _is_numeric(line: bytes) -> bool:
    try:
        [float(cell) for cell in line.split(b",")]
    except ValueError:
        return False
    return True


def _numbers(kept: list[bytes], lines: list[bytes], first: int, source: str) -> NDArray[Any]:
    width = kept[0].count(b",") + 1
    try:
        if all(line.count(b",") + 1 == width for line in kept):
            flat = np.array(b",".join(kept).split(b","))
            try:
                values: NDArray[Any] = flat.astype(np.int64)
            except (ValueError, OverflowError):
                values = flat.astype(np.float64)
            return values.reshape(-1, width) if width > 1 else values
    except ValueError:
        pass
    for place, line in enumerate(lines):
        text = line.strip()
        if _is_draw(line):
            cells = text.count(b",") + 1
            if not _is_numeric(text) or cells != width:
                raise ArtifactError(
                    f"{source}: line {first + place}: expected {width} number"
                    f"{'s separated by commas' if width > 1 else ''} as before, got "
                    f"{text[:60].decode(errors='replace')!r}"
                )
    raise ArtifactError(f"{source}: expected numbers from line {first} on")


def _labels(kept: list[bytes], source: str) -> NDArray[Any]:
    try:
        texts = [line.strip().decode() for line in kept]
        if any("\0" in text for text in texts):
            raise ValueError
        return np.array(texts)
    except ValueError:
        raise ArtifactError(f"{source}: this is not text; {_EXPECTED}") from None


def _json_chunk(lines: list[bytes], first: int, source: str) -> Any:
    def refuse(constant: str) -> Any:
        raise ValueError(constant)

    values: list[Any] = []
    for place, line in enumerate(lines):
        if not _is_draw(line):
            continue
        try:
            value = json.loads(line, parse_constant=refuse)
            items = value if isinstance(value, list) else [value]
            kinds = {type(item) for item in items}
            right = kinds == {str} or (bool(kinds) and kinds <= {int, float})
        except (ValueError, RecursionError):
            right = False
        if not right or isinstance(value, list) != isinstance(values[0] if values else value, list):
            raise ArtifactError(
                f"{source}: line {first + place}: expected a number, a text or a list of either, "
                f"the same kind on each line; got {line.strip()[:60].decode(errors='replace')!r}"
            )
        values.append(value)
    return values


def _parquet_chunks(path: Path) -> Iterator[NDArray[Any]]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ModuleNotFoundError:
        raise MissingExtraError("reading .parquet files", "parquet") from None
    try:
        file = pyarrow.parquet.ParquetFile(path)
        for batch in file.iter_batches(batch_size=CHUNK):
            columns = [column.to_numpy(zero_copy_only=False) for column in batch.columns]
            yield columns[0] if len(columns) == 1 else np.column_stack(columns)
    except (OSError, pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError) as error:
        detail = str(error).splitlines()[0]
        raise ArtifactError(f"{path}: cannot be read as Parquet: {detail}") from None
