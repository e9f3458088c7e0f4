"""Draws in JSON: a value a line, or one list; numbers, texts, lists of either, or objects."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, BinaryIO, NoReturn

import numpy as np

from ...errors import ArtifactError
from .chunks import Chunk, is_text, make_chunk
from .column import Selection, looks_like_counts
from .json_paths import KINDS, listed, paths_in, value_at
from .options import ReadOptions
from .record import Log, quoted, shortened
from .streams import is_live, line_pieces, text_pieces, with_newlines

MOST_BYTES = 2**28
_LONGEST_NUMBER = 40
_ROWS = 2**16
_MISSING = frozenset(["", "null", "None"])


def json_line_chunks(pieces: Iterator[bytes], options: ReadOptions, log: Log) -> Iterator[Chunk]:
    """Yield the draws of JSON lines as they come; blank lines and those with # are passed over.

    Raises
    ------
    ArtifactError
        A line that is no JSON, or not of the kind of the first; names the line.
    """
    reader = _ValueReader(options, log, "line")
    number = 1
    for piece in pieces:
        values, places = [], []
        lines = with_newlines(piece).split(b"\n")[:-1]
        for place, line in enumerate(lines, start=number):
            text = line.strip()
            if not text:
                log.count(blank=1)
            elif text.startswith(b"#"):
                log.count(comments=1)
            else:
                values.append(reader.parse(text, place))
                places.append(place)
        number += len(lines)
        if values:
            yield reader.chunk(values, places)


def json_lines(stream: BinaryIO, key: str, options: ReadOptions, log: Log) -> Iterator[Chunk]:
    """Yield the draws of a .jsonl file."""
    return json_line_chunks(line_pieces(stream, log, live=is_live(stream)), options, log)


def json_document(stream: BinaryIO, key: str, options: ReadOptions, log: Log) -> Iterator[Chunk]:
    """Yield the draws of one JSON list, or of the list under a key; or of lines of JSON after all.

    Raises
    ------
    ArtifactError
        No list, or one too large to be read at once.
    """
    data = b""
    for piece in text_pieces(stream, log, live=False):
        data += piece
        if len(data) > MOST_BYTES:
            raise ArtifactError(
                f"{log.name}: JSON of more than {MOST_BYTES:,} bytes is not read at once; write a "
                "value a line: jq -c '.[]' FILE > FILE.jsonl"
            )
    if _is_lines(data):
        log.set(container="JSON lines")
        yield from json_line_chunks(iter([data.removesuffix(b"\n") + b"\n"]), options, log)
        return
    reader = _ValueReader(options, log, "item")
    values = listed(reader.parse(data, 1), options, log)
    for start in range(0, len(values), _ROWS):
        part = values[start : start + _ROWS]
        yield reader.chunk(part, range(start + 1, start + 1 + len(part)))


def _is_lines(data: bytes) -> bool:
    """Whether the first line is a whole value, and another follows."""
    first, _, rest = data.strip().partition(b"\n")
    if not rest.strip():
        return False
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return False
    return True


class _ValueReader:
    """Turns values of JSON into chunks, all of the kind of the first."""

    def __init__(self, options: ReadOptions, log: Log, unit: str) -> None:
        self._options, self._log, self._unit = options, log, unit
        self._names = tuple(options.column)
        # The group of each place, where a key names it.
        self._groups: dict[int, str] = {}
        self._kind: type | None = None
        self._row: tuple[int, type] | None = None
        numbers: dict[str, Any] = {"parse_float": _exact}
        if options.labels:
            numbers = {"parse_float": str, "parse_int": str}
        self._decoder = json.JSONDecoder(
            parse_constant=_refuse_constant, object_pairs_hook=_unique, **numbers
        )

    def parse(self, text: bytes, place: int) -> Any:
        """Return the value of a text of JSON."""
        try:
            return self._decoder.decode(text.decode())
        except (ValueError, RecursionError, ArithmeticError) as error:
            reason = (
                "nested too deeply"
                if isinstance(error, RecursionError)
                else shortened(error, most=100)
            )
            shown = text[:60].decode(errors="replace")
            self._refuse(place, f"expected JSON, got {shown!r} ({reason})")

    def chunk(self, values: Sequence[Any], places: Sequence[int]) -> Chunk:
        """Return the draws among values."""
        self._groups.clear()
        if dict in set(map(type, values)) or self._options.group_column is not None:
            values = [self._of_object(v, place) for v, place in zip(values, places, strict=True)]
        values, places = self._without_invalid(values, places)
        if not values:
            return []
        if self._kind is None:
            self._kind = type(values[0])
        if set(map(type, values)) != {self._kind}:
            place = next(p for p, v in enumerate(values) if type(v) is not self._kind)
            first, got = (KINDS.get(kind, "?") for kind in (self._kind, type(values[place])))
            self._refuse(
                places[place],
                f"expected {first} as on the first, got {got}; --labels reads numbers and texts "
                "as labels",
            )
        if self._kind is list:
            return self._rows(values, places)
        if self._kind is dict:
            self._refuse(
                places[0],
                f"expected whole numbers or labels, got an object; its keys are "
                f"{quoted(paths_in(dict.fromkeys(self._names[:1], values[0]) or values[0]))}: "
                "--column KEY reads one of them",
            )
        if self._kind is float:
            self._refuse(places[0], f"expected whole numbers or labels, got {_shown(values[0])}")
        return self._made(values, places, self._kind)

    def _rows(self, rows: Sequence[list[Any]], places: Sequence[int]) -> Chunk:
        if self._row is None:
            self._row = (len(rows[0]), type(rows[0][0]) if rows[0] else list)
        width, kind = self._row
        for row, place in zip(rows, places, strict=True):
            if len(row) != width or set(map(type, row)) != {kind} or kind not in (int, str, bool):
                self._refuse(
                    place,
                    f"expected lists of as many whole numbers, or texts, as the first ({width}), "
                    f"got {_shown(row)}",
                )
        return self._made(rows, places, kind)

    def _made(self, values: Sequence[Any], places: Sequence[int], kind: type) -> Chunk:
        if kind is str:
            column: Any = list(map(tuple, values)) if self._kind is list else list(values)
            for value, place in zip(values, places, strict=True):
                if not ((value.__class__ is str and value.isascii()) or is_text(value)):
                    self._refuse(place, f"{_shown(value)} holds half of a surrogate pair")
        else:
            column = self._array(values, places, kind)
        labels = self._options.labels or kind is str
        if self._options.group_column is None:
            return make_chunk([column], Selection((0,), labels=labels), ReadOptions(), self._log)
        groups = [self._groups[place] for place in places]
        selection = Selection((0,), labels=labels, groups=1)
        return make_chunk([column, groups], selection, ReadOptions(), self._log)

    def _array(self, values: Sequence[Any], places: Sequence[int], kind: type) -> Any:
        for dtype in (np.int64, np.uint64):
            try:
                return np.array(values, dtype=np.uint8 if kind is bool else dtype)
            except OverflowError:
                continue
        self._refuse(places[0], "a number beyond 64 bits on it or below; --labels reads them")

    def _without_invalid(
        self, values: Sequence[Any], places: Sequence[int]
    ) -> tuple[Sequence[Any], Sequence[int]]:
        texts = frozenset(self._options.invalid)
        wrong = [p for p, value in enumerate(values) if self._is_invalid(value, texts, places[p])]
        if not wrong:
            return values, places
        self._log.count(invalid=len(wrong))
        self._log.rows += len(wrong)
        gone = set(wrong)
        kept = [place for place in range(len(values)) if place not in gone]
        return [values[place] for place in kept], [places[place] for place in kept]

    def _is_invalid(self, value: Any, texts: frozenset[str], place: int) -> bool:
        if value is None:
            if not texts & _MISSING:
                self._refuse(place, "null where a draw is expected; --invalid null counts it so")
            return True
        if not texts:
            return False
        if isinstance(value, list):
            return any(self._is_invalid(item, texts, place) for item in value)
        return (str(value) if isinstance(value, int) else value) in texts

    def _of_object(self, value: Any, place: int) -> Any:
        """The draw in an object: the value of its one key, or of the column that was told."""
        if not isinstance(value, dict):
            self._refuse(place, f"expected an object as before, got {_shown(value)}")
        names = self._names
        if self._options.group_column is not None:
            self._groups[place] = self._group_of(value, place)
        if not names:
            keys = tuple(key for key in value if key != self._options.group_column)
            names = keys if len(keys) == 1 else ()
        found = {name: value_at(value, name) for name in names}
        if not names or not all(is_there for is_there, _ in found.values()):
            missing = (
                f"no key {quoted([n for n, (is_there, _) in found.items() if not is_there])}"
                if names
                else "an object"
            )
            self._refuse(
                place,
                f"{missing}; its keys are {quoted(paths_in(value))}: --column KEY reads one",
            )
        self._names = names
        self._log.set(columns=names, num_columns=len(value))
        for key in value:
            if self._options.column and key not in names and looks_like_counts(key):
                self._log.note(f"each object is one draw; its {key!r} looks like counts, unused")
        return found[names[0]][1] if len(names) == 1 else [found[name][1] for name in names]

    def _group_of(self, value: dict[str, Any], place: int) -> str:
        name = self._options.group_column or ""
        group = value.get(name)
        if isinstance(group, bool) or not isinstance(group, int | str) or group == "":
            self._refuse(
                place, f"expected the name of a group under the key {name!r}, got {_shown(group)}"
            )
        self._log.set(groups=name)
        return str(group)

    def _refuse(self, place: int, what: str) -> NoReturn:
        raise ArtifactError(f"{self._log.name}: {self._unit} {place:,}: {what}")


def _exact(text: str) -> int | float:
    """A number with a point or an exponent: an int if it is whole, however large.

    >>> _exact("9007199254740993.0"), _exact("1.5")
    (9007199254740993, 1.5)
    """
    number = Decimal(text)
    if abs(number.adjusted()) < _LONGEST_NUMBER and number == number.to_integral_value():
        return int(number)
    return float(text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        raise ValueError("a key occurs twice")
    return record


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _shown(value: Any) -> str:
    return shortened(ascii(value), most=60)
