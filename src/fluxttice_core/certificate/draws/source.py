"""What was read: which bytes, how, and the draws counted from them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ...artifacts.draws import (
    Chunk,
    Counted,
    FileRecord,
    Grouped,
    ReadOptions,
    frequencies_of,
    read_draws,
)
from ...errors import ArtifactError, DrawsError
from ...files import file_sha256
from ...gates.operations import GATES
from ...measure import FrequencyCounts, WordSpace
from ...measure.counting.ids import IdReader
from ...measure.counting.independence import TAIL
from ...measure.counting.lags import lag_fault
from ...measure.counting.reading import Sample
from .figures import lag_record
from .predicate import Counts, File, Source

_SIGNS = {"\t": "tab", " ": "space"}
_PIECE = 2**20
# Presence by unit is counted in another way.
_NOT_CERTIFIED = ("incidence",)


@dataclass(frozen=True, slots=True)
class Reading:
    """Draws that were read: what they were read of, their counts, and the size of their space.

    ``recognised``: the size of the space that rows are known to be of, whatever was told.
    """

    source: Source
    counts: Counts
    space: int | None
    recognised: int | None = None


def read_source(
    names: Sequence[str],
    options: ReadOptions,
    *,
    space: int | None = None,
    standard_input: BinaryIO | None = None,
    on_count: Callable[[int], None] | None = None,
) -> Reading:
    """Hash and count draws, counts by id or a histogram.

    Parameters
    ----------
    names : of files, in their order; ``-`` is standard input, which is kept on the disk meanwhile.
    space : how many ids there can be; None if that is not known. Rows of nine trits are gates.

    Raises
    ------
    ArtifactError, DrawsError
        Not read, no draws, outside the space, or files that change meanwhile.
    """
    with kept(names, standard_input) as stream:
        before = [_identity(name, stream) for name in names]
        draws = read_draws(names, options, stream)
        digest = DrawsDigest()
        if options.counts or options.histogram:
            frequencies = frequencies_of(digest.passing(draws), histogram=options.histogram)
            counts, recognised = _counts_of(frequencies), None
        else:
            chunks = digest.passing(draws)
            grouped = options.groups is not None
            counts, recognised = _counted(chunks, space, on_count, grouped=grouped)
        after = [_identity(name, stream) for name in names]
    for name, was, now in zip(names, before, after, strict=True):
        if was != now:
            raise ArtifactError(f"{name}: changed while it was read; wait until it is written")
    files = tuple(_file(*pair) for pair in zip(draws.records, before, strict=True))
    source = Source(files, options_record(options), digest.hexdigest())
    return Reading(source, counts, recognised if space is None else space, recognised)


def _counted(
    chunks: Iterator[Any],
    space: int | None,
    on_count: Callable[[int], None] | None,
    *,
    grouped: bool,
) -> tuple[Counts, int | None]:
    sample = Sample(IdReader(space=space, known_spaces=(GATES,)), space)
    values = (chunk.values if isinstance(chunk, Grouped) else chunk for chunk in chunks)
    sample.count(values, on_chunk=on_count)
    if not sample.tally.num_draws:
        raise DrawsError("expected at least one draw, got none")
    if grouped:
        # Draws of one group depend on each other: their order tells nothing.
        counts = replace(_counts_of(sample.tally.frequencies()), adjacent_repeats=None)
        return counts, _size_of(sample.reader.recognised)
    fault = lag_fault(sample.tally.order.kept(), TAIL)
    lag = None if fault is None else lag_record(fault)
    counts = replace(_counts_of(sample.tally.frequencies()), lag=lag)
    return counts, _size_of(sample.reader.recognised)


def _size_of(space: WordSpace | None) -> int | None:
    return None if space is None else space.size


def _counts_of(frequencies: FrequencyCounts) -> Counts:
    return Counts(frequencies.times, frequencies.num_ids, frequencies.adjacent_repeats)


@contextmanager
def kept(names: Sequence[str], standard_input: BinaryIO | None) -> Iterator[BinaryIO | None]:
    """Standard input as a file of its own, so that what is hashed is what is counted."""
    if "-" not in names or standard_input is None:
        yield None
        return
    with tempfile.TemporaryFile() as stream:
        shutil.copyfileobj(standard_input, stream)
        stream.seek(0)
        yield stream


def _identity(name: str, stream: BinaryIO | None) -> tuple[str, int]:
    """SHA-256 and length of the bytes behind a name."""
    if name != "-":
        # Of a pipe or a device nothing is left to count.
        if Path(name).exists() and not Path(name).is_file():
            raise ArtifactError(f"{name}: expected a file of draws; give a pipe as - instead")
        return file_sha256(name), Path(name).stat().st_size
    assert stream is not None
    digest, length = hashlib.sha256(), 0
    stream.seek(0)
    while piece := stream.read(_PIECE):
        digest.update(piece)
        length += len(piece)
    stream.seek(0)
    return digest.hexdigest(), length


def _file(record: FileRecord, identity: tuple[str, int]) -> File:
    return File(
        # The folders above it are nobody's business.
        name=os.path.basename(record.name),
        sha256=identity[0],
        num_bytes=identity[1],
        container=record.container,
        form=str(record.form),
        num_draws=record.num_draws,
        num_invalid=record.num_invalid,
        num_suspect=sum(number for _, number in record.suspects),
        compression=record.compression,
    )


class DrawsDigest:
    """SHA-256 of draws in their order: the same for a file, its packed form and another format.

    A whole number counts as eight bytes, little-endian, modulo 2^64; a label as its JSON text and a
    line feed; a row as its numbers, or as a JSON array. Counts of a table, and groups, are
    hashed beside.

    Examples
    --------
    >>> one, other = DrawsDigest(), DrawsDigest()
    >>> one.add(np.array([5, 7])), one.add(np.array([7])), other.add(np.array([5, 7, 7], "u1"))
    (None, None, None)
    >>> one.hexdigest() == other.hexdigest()
    True
    """

    def __init__(self) -> None:
        self._digest, self._counts = hashlib.sha256(), hashlib.sha256()
        self._form: Any = None
        self._negative = False

    def passing(self, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
        """Hand chunks on, and take each in."""
        for chunk in chunks:
            self.add(chunk)
            yield chunk

    def add(self, chunk: Chunk) -> None:
        """Take the next draws in."""
        if isinstance(chunk, Counted):
            self._counts.update(_bytes_of(chunk.counts))
            self.add(chunk.values)
            return
        if isinstance(chunk, Grouped):
            self._counts.update(_bytes_of(chunk.groups))
            self.add(chunk.values)
            return
        if isinstance(chunk, np.ndarray):
            self._form = list(chunk.shape[1:])
            self._negative = self._negative or (chunk.size > 0 and int(chunk.min()) < 0)
        else:
            self._form = "labels"
        self._digest.update(_bytes_of(chunk))

    def hexdigest(self) -> str:
        """Return it of all draws so far."""
        ended = self._digest.copy()
        told = [self._form, bool(self._negative), self._counts.hexdigest()]
        ended.update(json.dumps(told).encode())
        return ended.hexdigest()


def _bytes_of(values: Any) -> bytes:
    if isinstance(values, np.ndarray):
        kind = "<u8" if values.dtype.kind == "u" else "<i8"
        return values.astype(kind).tobytes()
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values).encode(
        "utf-8", "surrogatepass"
    )


def options_record(options: ReadOptions) -> dict[str, Any]:
    """Return the options that were set, as plain values.

    >>> options_record(ReadOptions(column="smiles", delimiter="tab"))
    {'column': ['smiles'], 'delimiter': 'tab'}
    """
    record = {name: getattr(options, name) for name in options.given()}
    return {
        name: list(value) if isinstance(value, tuple) else _SIGNS.get(value, value)
        for name, value in record.items()
    }


def options_of(record: Mapping[str, Any]) -> ReadOptions:
    """Return what :func:`options_record` was made of.

    Raises
    ------
    DrawsError
        Options that there are not, or values that are none of theirs.
    """
    known = {field.name for field in fields(ReadOptions)} - set(_NOT_CERTIFIED)
    unknown = set(record) - known
    if unknown:
        raise DrawsError(f"expected options of reading, got {', '.join(sorted(unknown))[:80]}")
    return ReadOptions(**record)
