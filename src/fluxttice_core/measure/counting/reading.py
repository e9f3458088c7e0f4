"""Reading draws from whatever holds them, chunk by chunk, into a tally."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ...errors import DrawsError, FluxtticeError
from ..groups.tally import GroupTally
from ..values import shown, to_draws
from .ids import IdReader
from .tally import Tally

CHUNK = 2**22
ASKED_AT_ONCE = 2**16
_NO_MORE = object()


def chunks_of(source: Any, num_draws: int) -> Iterator[Any]:
    """Yield draws in chunks: slices of an array, an iterator's items, or a sampler's answers.

    Parameters
    ----------
    source : an array or list of draws; an iterator of chunks; or a callable that returns as many
        draws as it is asked for.
    num_draws : how many to ask of a callable.

    Raises
    ------
    DrawsError
        Neither of these; a sampler that gives another number of draws than it was asked for.
    """
    if callable(source):
        if num_draws < 1:
            raise DrawsError("expected how many draws to ask the sampler for, got none")
        yield from _sampled(source, num_draws)
    elif isinstance(source, Iterable) and hasattr(source, "__next__"):
        yield from _handed_on(source)
    else:
        array = source if isinstance(source, np.ndarray) and source.ndim else to_draws(source)
        for start in range(0, len(array), CHUNK):
            yield array[start : start + CHUNK]


def _handed_on(source: Any) -> Iterator[Any]:
    while True:
        with _told_as_draws():
            chunk = next(source, _NO_MORE)
        if chunk is _NO_MORE:
            return
        yield chunk


@contextmanager
def _told_as_draws() -> Iterator[None]:
    """Say of what fails in a caller's code that it is the source of the draws."""
    try:
        yield
    except (FluxtticeError, MemoryError):
        raise
    except Exception as error:
        raise DrawsError(
            f"the source of the draws failed: {type(error).__name__}: {shown(str(error))}"
        ) from error


def _sampled(sampler: Callable[[int], Any], num_draws: int) -> Iterator[Any]:
    for start in range(0, num_draws, ASKED_AT_ONCE):
        wanted = min(ASKED_AT_ONCE, num_draws - start)
        with _told_as_draws():
            drawn = to_draws(sampler(wanted))
        if len(drawn) != wanted:
            raise DrawsError(f"the sampler was asked for {wanted} draws and gave {len(drawn)}")
        yield drawn


def grouped_chunks(source: Any, groups: Any, num_draws: int) -> Iterator[tuple[Any, Any]]:
    """Yield chunks of draws, each with the labels of its groups.

    Parameters
    ----------
    source : as for :func:`chunks_of`.
    groups : a label for each draw, in as many chunks as the source; or "rows": each first index of
        an array ``(groups, ...)`` is a group, and each of its numbers a draw.
    num_draws : how many to ask of a callable.

    Raises
    ------
    DrawsError
        Another number of labels than of draws, or rows of one dimension.
    """
    chunks = chunks_of(source, num_draws)
    if not isinstance(groups, str):
        yield from _side_by_side(chunks, chunks_of(groups, num_draws))
        return
    if groups != "rows":
        raise DrawsError(f'expected a group for each draw or "rows", got {shown(groups)}')
    first = 0
    for chunk in chunks:
        rows = to_draws(chunk)
        draws = _row_by_row(rows)
        numbers = np.arange(first, first + len(rows))
        yield draws, np.repeat(numbers, len(draws) // max(len(rows), 1))
        first += len(rows)


def _row_by_row(rows: Any) -> Any:
    """The values of rows, in their order."""
    if isinstance(rows, list) and len({len(row) for row in rows if isinstance(row, tuple)}) == 1:
        return [text for row in rows for text in row]
    if isinstance(rows, list) or rows.ndim < 2:
        shape = (len(rows),) if isinstance(rows, list) else rows.shape
        raise DrawsError(
            f"expected an array of rows (groups, ...), got shape {shape}; give a group for each "
            "draw"
        )
    return rows.reshape(-1)


def _side_by_side(chunks: Iterator[Any], labels: Iterator[Any]) -> Iterator[tuple[Any, Any]]:
    for chunk in map(to_draws, chunks):
        groups = to_draws(next(labels, ()))
        if len(groups) != len(chunk):
            raise DrawsError(
                f"expected a group for each of {len(chunk):,} draws, got {len(groups):,}"
            )
        yield chunk, groups
    if len(rest := next(labels, ())):
        raise DrawsError(f"expected a group for each draw, got {len(rest):,} more than draws")


class Sample:
    """Draws of one generator: the ids that they become, and how often each was drawn.

    Parameters
    ----------
    reader : of these draws alone.
    space_size : ids must lie in 0 .. N-1; None if the space is not known.
    """

    def __init__(self, reader: IdReader, space_size: int | None) -> None:
        self.reader = reader
        self.tally = Tally(space_size)
        self.groups = GroupTally()
        self._group_reader = IdReader()

    def count_groups(
        self,
        chunks: Iterable[tuple[Any, Any]],
        *,
        drop_outside: bool = False,
        on_chunk: Callable[[int], None] | None = None,
    ) -> None:
        """Count chunks of draws and their groups, as :meth:`count` does.

        Raises
        ------
        DrawsError
            As :meth:`count`; the same of the groups.
        """
        for chunk, groups in chunks:
            with interruption_held_back():
                ids, labels = self.reader.ids(chunk), self._group_reader.ids(groups)
                if self.reader.is_numbering:
                    self.tally.space_size = None
                counted = self.tally.add(ids, drop_outside=drop_outside)
                self.groups.add(ids[counted].astype(np.int64), labels[counted].astype(np.int64))
            if on_chunk is not None:
                on_chunk(self.tally.num_draws)

    def count(
        self,
        chunks: Iterable[Any],
        *,
        drop_outside: bool = False,
        on_chunk: Callable[[int], None] | None = None,
    ) -> None:
        """Count chunks of draws; after an interruption (Ctrl-C) every whole chunk is counted.

        Parameters
        ----------
        drop_outside : count ids outside the space as invalid instead of refusing them.
        on_chunk : called with the number of draws counted so far.

        Raises
        ------
        DrawsError
            Draws that are not discrete, of different kinds, or outside the space.
        """
        for chunk in chunks:
            with interruption_held_back():
                ids = self.reader.ids(chunk)
                if self.reader.is_numbering:
                    # Those of a reference are numbered first: the size of the space bounds no id.
                    self.tally.space_size = None
                self.tally.add(ids, drop_outside=drop_outside)
            if on_chunk is not None:
                on_chunk(self.tally.num_draws)


@contextmanager
def interruption_held_back() -> Iterator[None]:
    """Let Ctrl-C wait until a chunk is counted: half of one would be a wrong number."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: held.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if held:
        raise KeyboardInterrupt
