"""Draws in NumPy's files, ``.npy`` and ``.npz``, and in files of raw numbers."""

from __future__ import annotations

import io
import math
import os
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ...errors import ArtifactError
from .chunks import Chunk, make_chunk
from .column import LABELS, NUMBERS, Column, Selection, numbers_rows
from .columns import select
from .foreign import refuse_other_content
from .options import ROWS_AS_GROUPS, ReadOptions
from .record import Log, quoted, shortened
from .streams import is_live, told_by_name

CHUNK = 2**21
CHUNK_BYTES = 2**24
# Of an array in Fortran order that cannot be read in parts, because it is packed.
MOST_BYTES = 2**30
_TOKEN_FILES = tuple(number.to_bytes(4, "little") for number in (20240520, 20240801))
_TOKEN_HEADER = 1024


@dataclass(frozen=True, slots=True)
class _Header:
    shape: tuple[int, ...]
    is_fortran: bool
    dtype: np.dtype[Any]

    @property
    def num_bytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def rows_at_once(self) -> int:
        width = max(math.prod(self.shape[1:]), 1)
        return max(1, min(CHUNK // width, CHUNK_BYTES // (width * self.dtype.itemsize)))


def npy_chunks(stream: BinaryIO, key: str, options: ReadOptions, log: Log) -> Iterator[Chunk]:
    """Yield the draws of a ``.npy`` file.

    Raises
    ------
    ArtifactError
        Truncated, damaged, or an array of another shape or type; names both.
    """
    header = _by_rows(_header(stream, log), options, log)
    _check_shape(header, log)
    if not header.shape[0]:
        return
    if _is_plain(stream):
        _check_size(os.fstat(stream.fileno()).st_size - stream.tell(), header.num_bytes, log)
    selection = _selection(header, options, log)
    for values in _blocks(stream, header, log):
        yield make_chunk(_columns(values, selection, log), selection, options, log)
    if stream.read(1):
        raise ArtifactError(f"{log.name}: damaged: holds more bytes than its header says")


def npz_chunks(path: Path, key: str, options: ReadOptions, log: Log) -> Iterator[Chunk]:
    """Yield the draws of one array of a ``.npz`` archive.

    Raises
    ------
    ArtifactError
        Several arrays and no ``--column`` that names one; or a damaged archive.
    """
    try:
        with told_by_name(log.name), zipfile.ZipFile(path) as archive:
            arrays = {
                name.removesuffix(".npy"): name
                for name in archive.namelist()
                if name.endswith(".npy")
            }
            chosen = options.column or tuple(arrays)
            if len(chosen) != 1 or chosen[0] not in arrays:
                raise ArtifactError(
                    f"{log.name}: expected one array of draws; --column names one of the "
                    f"{len(arrays)} in it: {quoted(list(arrays)) or 'none'}"
                )
            log.set(columns=chosen if len(arrays) > 1 else (), num_columns=len(arrays))
            with archive.open(arrays[chosen[0]]) as stream:
                yield from npy_chunks(stream, key, replace(options, column=()), log)  # type: ignore[arg-type]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, zlib.error) as error:
        reason = shortened(error, most=100)
        raise ArtifactError(f"{log.name}: damaged, or no .npz archive: {reason}") from None


def raw_chunks(stream: BinaryIO, key: str, options: ReadOptions, log: Log) -> Iterator[Chunk]:
    """Yield the draws of a file that holds numbers of one type and nothing else.

    Raises
    ------
    ArtifactError
        No ``--dtype``, or a number that is cut.
    """
    if options.dtype is None:
        raise ArtifactError(
            f"{log.name}: raw draws need their type: --dtype uint16 reads 16 bits for each draw; "
            "a model's file ends in .pt or .safetensors"
        )
    dtype = np.dtype(options.dtype)
    log.set(container=f"raw {dtype.name}")
    selection = Selection((0,), options.labels)
    is_first = True
    while data := _read(stream, CHUNK_BYTES - CHUNK_BYTES % dtype.itemsize):
        if is_first:
            refuse_other_content(data[:64], log.name, "raw numbers")
            _refuse_header_of_tokens(data, log)
        is_first = False
        over = len(data) % dtype.itemsize
        if over:
            raise ArtifactError(f"{log.name}: truncated: {over} bytes of a {dtype.name} at the end")
        yield make_chunk([np.frombuffer(data, dtype)], selection, options, log)


def _refuse_header_of_tokens(data: bytes, log: Log) -> None:
    """Refuse the header of 256 numbers that llm.c writes before its tokens: they are no draws."""
    if data[:4] in _TOKEN_FILES and len(data) >= _TOKEN_HEADER:
        raise ArtifactError(
            f"{log.name}: begins with a header of {_TOKEN_HEADER:,} bytes, as llm.c writes: "
            f"tail -c +{_TOKEN_HEADER + 1} FILE | fluxttice coverage - --format raw --dtype uint16"
        )


def array_chunks(array: NDArray[Any], options: ReadOptions, log: Log) -> Iterator[Chunk]:
    """Yield the draws of an array that is in memory."""
    header = _by_rows(_Header(array.shape, False, array.dtype), options, log)
    _check_shape(header, log)
    if not len(array):
        return
    array = array.reshape(header.shape)
    selection = _selection(header, options, log)
    array = array[:, 0] if array.shape[1:] == (1,) else array
    for start in range(0, len(array), header.rows_at_once):
        values = array[start : start + header.rows_at_once]
        yield make_chunk(_columns(values, selection, log), selection, options, log)


def _header(stream: BinaryIO, log: Log) -> _Header:
    try:
        with warnings.catch_warnings():
            # Headers that Python 2 wrote are read with a warning that helps nobody here.
            warnings.simplefilter("ignore")
            version = np.lib.format.read_magic(stream)
            read = np.lib.format.read_array_header_1_0
            if version != (1, 0):
                read = np.lib.format.read_array_header_2_0
            shape, is_fortran, dtype = read(stream)
    except MemoryError:
        raise
    except Exception:  # a damaged header can raise nearly anything, tokenize.TokenError too
        raise ArtifactError(f"{log.name}: expected a NumPy .npy file of draws") from None
    return _Header(shape, is_fortran and len(shape) > 1, dtype)


def _by_rows(header: _Header, options: ReadOptions, log: Log) -> _Header:
    """Take what is behind each first index ``(n, ...)`` for a row, where rows are the groups."""
    num_rows, *rest = header.shape or (0,)
    if options.groups != ROWS_AS_GROUPS or len(rest) < 2:
        return header
    log.note(f"each row is an array of {' x '.join(f'{size:,}' for size in rest)}")
    return replace(header, shape=(num_rows, math.prod(rest)))


def _check_shape(header: _Header, log: Log) -> None:
    shape, dtype = header.shape, header.dtype
    advice = "a number, a text or a row of them for each draw"
    if len(shape) > 2:
        advice = (
            f"--groups rows makes each number a draw and each first index a group of them, "
            f"reshape(-1, {shape[-1]}) each last axis a draw, reshape(-1) each number one"
        )
    if dtype.kind == "O":
        advice = "save texts by numpy.array(labels, dtype=str): objects are not unpacked"
    right = 1 <= len(shape) <= 2 and min(shape) >= 0 and 0 not in shape[1:]
    right = right and (dtype.kind != "V" or (len(shape) == 1 and bool(dtype.names)))
    if not right or dtype.kind not in "biufSUV" or dtype.hasobject or not dtype.itemsize:
        raise ArtifactError(
            f"{log.name}: expected draws (n,) or rows (n, k), got {shortened(dtype)} of shape "
            f"{shortened(shape)}; {advice}"
        )


def _check_size(held: int, needed: int, log: Log) -> None:
    if held < needed:
        raise ArtifactError(f"{log.name}: truncated: {needed - held:,} bytes are missing")
    if held > needed:
        raise ArtifactError(
            f"{log.name}: damaged: {held - needed:,} bytes more than its header says"
        )


def _selection(header: _Header, options: ReadOptions, log: Log) -> Selection:
    """Which fields, or which columns of rows, hold the draws."""
    width = header.shape[1] if len(header.shape) > 1 else 1
    if header.dtype.names:
        fields = [
            Column(name, _kind_of(header.dtype[name]), numbers_rows(name))
            for name in header.dtype.names
        ]
        return select(fields, options, log)
    kind = _kind_of(header.dtype)
    if options.wants_table:
        return select([Column(None, kind)] * width, options, log)
    return Selection(tuple(range(width)), options.labels or kind == LABELS)


def _kind_of(dtype: np.dtype[Any]) -> str:
    if dtype.kind in "biuf":
        return NUMBERS
    return LABELS if dtype.kind in "US" and dtype.itemsize else f"values of {dtype}"


def _columns(
    values: NDArray[Any], selection: Selection, log: Log
) -> Sequence[NDArray[Any] | list[Any]]:
    """The used columns of a block; rows that are used whole stay one array."""
    if values.dtype.names:
        names = values.dtype.names
        return [_unpacked(values[names[place]], log) for place in selection.used]
    if values.ndim > 1 and selection.used != tuple(range(values.shape[1])):
        return [_unpacked(values[:, place], log) for place in selection.used]
    if values.ndim > 1 and selection.used != selection.places:
        return [_unpacked(values[:, place], log) for place in selection.used]
    return [_unpacked(values, log)]


def _unpacked(values: NDArray[Any], log: Log) -> NDArray[Any] | list[Any]:
    """Numbers as they are; texts, which NumPy pads to one length, as Python's own."""
    if values.dtype.kind not in "US":
        return values
    try:
        if values.dtype.kind == "S":
            values = np.char.decode(values, "utf-8")
        codes = np.ascontiguousarray(values).view(values.dtype.str[0] + "u4")
        if ((codes > 0x10FFFF) | ((codes >= 0xD800) & (codes < 0xE000))).any():
            raise ValueError
    except (ValueError, UnicodeError):
        raise ArtifactError(
            f"{log.name}: expected labels, got texts of {values.dtype} of which some are none"
        ) from None
    return values.tolist() if values.ndim == 1 else list(map(tuple, values.tolist()))


def _blocks(stream: BinaryIO, header: _Header, log: Log) -> Iterator[NDArray[Any]]:
    """Yield the array in parts ``(rows, ...)``; a column ``(n, 1)`` as ``(rows,)``."""
    num_rows, *rest = header.shape
    if header.is_fortran and min(header.shape) > 1:
        yield from _fortran_blocks(stream, header, log)
        return
    shape = () if rest == [1] else tuple(rest)
    width, is_plain = math.prod(rest), _is_plain(stream)
    row_bytes = width * header.dtype.itemsize
    for start in range(0, num_rows, header.rows_at_once):
        count = min(header.rows_at_once, num_rows - start)
        # Not memory-mapped: mapped pages would count as memory of this process.
        if is_plain:
            values = np.fromfile(stream, header.dtype, count * width)
        else:
            data = _read(stream, count * row_bytes)
            values = np.frombuffer(data[: len(data) - len(data) % row_bytes], header.dtype)
        if len(values) < count * width:
            raise ArtifactError(f"{log.name}: truncated at draw {start + len(values) // width:,}")
        yield values.reshape((count, *shape))


def _fortran_blocks(stream: BinaryIO, header: _Header, log: Log) -> Iterator[NDArray[Any]]:
    """Yield rows of an array that lies in the file column by column."""
    num_rows, width = header.shape
    size, begin = header.dtype.itemsize, 0
    packed: bytes | None = None
    if not _is_plain(stream):
        if header.num_bytes > MOST_BYTES:
            raise ArtifactError(
                f"{log.name}: {header.num_bytes:,} bytes in Fortran order cannot be read in parts "
                "while packed; unpack the file, or save numpy.ascontiguousarray(draws)"
            )
        packed = _read(stream, header.num_bytes)
        if len(packed) < header.num_bytes:
            raise ArtifactError(
                f"{log.name}: truncated: {header.num_bytes - len(packed):,} bytes are missing"
            )
    else:
        begin = stream.tell()
    for start in range(0, num_rows, header.rows_at_once):
        count = min(header.rows_at_once, num_rows - start)
        block = np.empty((count, width), dtype=header.dtype)
        for column in range(width):
            offset = (column * num_rows + start) * size
            if packed is None:
                stream.seek(begin + offset)
                data = _read(stream, count * size)
            else:
                data = packed[offset : offset + count * size]
            block[:, column] = np.frombuffer(data, header.dtype)
        yield block


def _is_plain(stream: BinaryIO) -> bool:
    """Whether the stream is a file as it lies on the disk, in which one may jump."""
    return isinstance(stream, io.BufferedReader) and not is_live(stream)


def _read(stream: BinaryIO, size: int) -> bytes:
    """Read so many bytes, fewer only at the end."""
    parts = []
    while size and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)
