"""Draws in the columns of Parquet, Arrow and Feather files, read by pyarrow."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ArtifactError, MissingExtraError
from .chunks import Chunk, make_chunk
from .column import LABELS, NUMBERS, ROWS, Column, Selection, numbers_rows
from .columns import select
from .formats import FORMATS
from .options import ReadOptions
from .record import Log, shortened

CHUNK = 2**21
_MISSING = frozenset(["", "null", "None", "nan", "NaN"])
_FEW_ROWS = 3
_STREAM_END = b"\xff\xff\xff\xff\0\0\0\0"


def arrow_chunks(path: Path, key: str, options: ReadOptions, log: Log) -> Iterator[Chunk]:
    """Yield the draws of a table: one column, or rows of several columns of numbers.

    Raises
    ------
    ArtifactError
        Damaged, or a table of which several columns may hold the draws; names them.
    MissingExtraError
        pyarrow is not installed.
    """
    try:
        import pyarrow  # noqa: F401
    except ModuleNotFoundError:
        raise MissingExtraError(f"reading {path.suffix} files", "parquet") from None
    selection: Selection | None = None
    batches = _batches(path, key)
    while True:
        with _told_by_name(key, log):
            batch = next(batches, None)
            if batch is None:
                return
            selection = selection or select(_columns_of(batch), options, log)
            batch = _without_missing(batch, selection, options, log)
            columns = [
                _values(batch.column(place), batch.schema.names[place], log)
                for place in selection.used
            ]
        yield make_chunk(columns, selection, options, log)


def _batches(path: Path, key: str) -> Iterator[Any]:
    import pyarrow
    import pyarrow.parquet

    if key == "parquet":
        with pyarrow.parquet.ParquetFile(path) as file:
            yield from file.iter_batches(batch_size=_rows_at_once(file.schema_arrow))
        return
    with pyarrow.OSFile(str(path)) as stream:
        is_file = stream.read(6) == b"ARROW1"
        stream.seek(max(stream.size() - len(_STREAM_END), 0))
        if not is_file and stream.read() != _STREAM_END:
            # pyarrow takes a stream that was cut between two batches for a whole one.
            raise ValueError("truncated: the stream has no end mark")
        stream.seek(0)
        opened = pyarrow.ipc.open_file if is_file else pyarrow.ipc.open_stream
        with opened(stream) as reader:
            batches = map(reader.get_batch, range(reader.num_record_batches)) if is_file else reader
            for batch in batches:
                # Offsets in a damaged file may point anywhere.
                batch.validate(full=True)
                size = _rows_at_once(batch.schema)
                for start in range(0, batch.num_rows, size):
                    yield batch.slice(start, size)


def _rows_at_once(schema: Any) -> int:
    """Fewer of many columns, and of texts, which take more room than numbers."""
    is_text = any(_kind_of(field.type) == LABELS for field in schema)
    return max(1, min(CHUNK, 4 * CHUNK // max(len(schema), 1)) // (8 if is_text else 1))


@contextlib.contextmanager
def _told_by_name(key: str, log: Log) -> Iterator[None]:
    import pyarrow

    try:
        yield
    except ArtifactError:
        raise
    except (
        OSError,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        OverflowError,
        RuntimeError,
        pyarrow.ArrowException,
    ) as error:
        detail = shortened(error, most=100) or type(error).__name__
        title = FORMATS[key].title
        raise ArtifactError(f"{log.name}: cannot be read as {title}: {detail}") from None


def _columns_of(batch: Any) -> list[Column]:
    index = _index_of_pandas(batch.schema)
    columns = []
    for name, field, values in zip(batch.schema.names, batch.schema, batch.columns, strict=True):
        kind = _kind_of(field.type)
        columns.append(
            Column(
                name,
                kind,
                name in index or numbers_rows(name),
                kind == NUMBERS and _counts_up(values),
            )
        )
    return columns


def _index_of_pandas(schema: Any) -> frozenset[str]:
    """Names of the columns that pandas wrote as the index of its rows."""
    try:
        names = (schema.pandas_metadata or {}).get("index_columns", ())
        return frozenset(name for name in names if isinstance(name, str))
    except (ValueError, AttributeError, TypeError):
        return frozenset()  # metadata of another make


def _kind_of(kind: Any) -> str:
    from pyarrow import types

    if types.is_dictionary(kind):
        kind = kind.value_type
    if types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind):
        return NUMBERS
    if any(is_text(kind) for is_text in _text_types()):
        return LABELS
    is_list = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    if is_list and types.is_integer(kind.value_type):
        return ROWS
    return f"values of {kind}"


def _text_types() -> list[Any]:
    from pyarrow import types

    names = ("string", "large_string", "string_view", "binary", "large_binary", "binary_view")
    # Older releases lack some.
    return [getattr(types, f"is_{name}") for name in names if hasattr(types, f"is_{name}")]


def _counts_up(values: Any) -> bool:
    if len(values) < _FEW_ROWS or values.null_count or values.type.num_fields:
        return False
    numbers = np.asarray(values)
    return bool(numbers[0] in (0, 1) and (np.diff(numbers.astype(float)) == 1).all())


def _without_missing(batch: Any, selection: Selection, options: ReadOptions, log: Log) -> Any:
    """Take out rows whose id is missing, if these are called invalid."""
    from pyarrow import compute

    missing = [place for place in selection.used if batch.column(place).null_count]
    if not missing:
        return batch
    name = batch.schema.names[missing[0]]
    number = batch.column(missing[0]).null_count
    named = selection.counts, selection.groups
    if set(named).intersection(missing) or not _MISSING.intersection(options.invalid):
        raise ArtifactError(
            f"{log.name}: column {name!r}: {number:,} missing; --invalid null counts missing ids "
            "as invalid draws"
        )
    valid = batch.column(missing[0]).is_valid()
    for place in missing[1:]:
        valid = compute.and_(valid, batch.column(place).is_valid())
    lost = batch.filter(compute.invert(valid))
    weight = lost.num_rows
    if selection.counts is not None:
        weight = compute.sum(lost.column(selection.counts)).as_py() or 0
    log.count(invalid=int(weight))
    log.rows += lost.num_rows
    return batch.filter(valid)


def _values(column: Any, name: str, log: Log) -> NDArray[Any] | list[str]:
    from pyarrow import types

    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = _kind_of(column.type)
    if kind == ROWS:
        return _rows(column, name, log)
    values: NDArray[Any] = column.to_numpy(zero_copy_only=False)
    if kind == NUMBERS:
        return values
    texts: list[Any] = values.tolist()
    return [text.decode() for text in texts] if texts and isinstance(texts[0], bytes) else texts


def _rows(column: Any, name: str, log: Log) -> NDArray[Any]:
    """Lists of one length as rows ``(n, k)``."""
    from pyarrow import compute

    widths = set(compute.unique(compute.list_value_length(column)).to_pylist())
    flat = column.flatten()
    if len(widths) > 1 or 0 in widths or flat.null_count:
        raise ArtifactError(
            f"{log.name}: column {name!r}: expected lists of one length, without missing values; "
            f"got lengths {sorted(widths)[:5]}"
        )
    width = widths.pop() if widths else 1
    rows: NDArray[Any] = flat.to_numpy(zero_copy_only=False).reshape(-1, width)
    return rows
