"""Bytes as they come from a file or a pipe: unpacked, whole lines, in UTF-8."""

from __future__ import annotations

import bz2
import codecs
import contextlib
import gzip
import lzma
import os
import re
import stat
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from ...errors import ArtifactError, MissingExtraError
from .foreign import refuse_other_content
from .record import Log, shortened

PIECE = 2**20
LONGEST_LINE = 2**24
_MARKS = (
    # The longer first: that of UTF-32 begins as that of UTF-16 does.
    (codecs.BOM_UTF8, "utf-8", "UTF-8 with a mark"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)


@contextlib.contextmanager
def told_by_name(name: str) -> Iterator[None]:
    """Turn what reading a damaged or missing file raises into an error that names it."""
    try:
        yield
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as error:
        raise ArtifactError(f"{name}: damaged or truncated: {shortened(error, most=100)}") from None
    except OSError as error:
        reason = error.strerror or shortened(error, most=100)
        raise ArtifactError(f"{name}: cannot be read: {reason}") from None


@contextlib.contextmanager
def opened(path: Path, compression: str | None) -> Iterator[BinaryIO]:
    """Open a file for reading, unpacked on the way."""
    with path.open("rb") as stream:
        if compression is None:
            yield stream
        elif compression == "gzip":
            yield gzip.GzipFile(fileobj=stream)  # type: ignore[misc]
        elif compression == "bzip2":
            yield bz2.BZ2File(stream)  # type: ignore[misc]
        elif compression == "xz":
            yield lzma.open(stream)  # type: ignore[misc]  # noqa: SIM115
        else:
            yield _unpacked_by_pyarrow(stream)


def _unpacked_by_pyarrow(stream: BinaryIO) -> BinaryIO:
    try:
        import pyarrow
    except ModuleNotFoundError:
        raise MissingExtraError("reading .zst files", "parquet") from None
    unpacked: Any = pyarrow.CompressedInputStream(stream, "zstd")
    return unpacked


def is_live(stream: BinaryIO) -> bool:
    """Whether more may come later, as from a pipe: then what has come is not held back."""
    try:
        return not stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except (OSError, AttributeError, ValueError):
        return True


def line_pieces(stream: BinaryIO, log: Log, *, live: bool) -> Iterator[bytes]:
    """Yield text in pieces of whole lines, each piece ended by a line end, in UTF-8.

    Raises
    ------
    ArtifactError
        It is not text, or a line is longer than ``LONGEST_LINE``.
    """
    rest = b""
    for piece in text_pieces(stream, log, live=live):
        data = rest + piece
        # A final CR may be the first half of a line end.
        end = max(data.rfind(b"\n"), data.rfind(b"\r", 0, len(data) - 1)) + 1
        rest = data[end:]
        if len(rest) > LONGEST_LINE:
            raise ArtifactError(
                f"{log.name}: expected lines, got one of over {LONGEST_LINE:,} bytes"
            )
        if end:
            yield _without_marks(data[:end])
    # DOS ends a text by a sign of its own.
    rest = rest.removesuffix(b"\x1a")
    if rest:
        yield _without_marks(rest) + b"\n"


def _without_marks(lines: bytes) -> bytes:
    """Lines without the marks of encoding that are left where files with marks were joined."""
    if codecs.BOM_UTF8 not in lines:
        return lines
    return re.sub(rb"(^|[\r\n])" + codecs.BOM_UTF8, rb"\1", lines)


def text_pieces(stream: BinaryIO, log: Log, *, live: bool) -> Iterator[bytes]:
    """Yield the bytes of a text as they come, in UTF-8 without a mark.

    Raises
    ------
    ArtifactError
        It is no text, or text in an encoding that no mark names; or another kind of file.
    """
    read: Callable[[int], bytes] = getattr(stream, "read1", stream.read) if live else stream.read
    head = read(PIECE)
    # A mark has up to four bytes, and no letter or digit begins one.
    while 0 < len(head) < 4 and head[0] in b"\xef\xff\xfe\0" and (more := read(PIECE)):
        head += more
    refuse_other_content(head, log.name)
    mark, encoding, title = next((m for m in _MARKS if head.startswith(m[0])), (b"", "utf-8", None))
    log.set(encoding=title)
    pieces = _from(head[len(mark) :], read)
    for piece in pieces if encoding == "utf-8" else _recoded(pieces, encoding, log):
        if b"\0" in piece:
            raise ArtifactError(
                f"{log.name}: holds NUL bytes, so it is no text in UTF-8; text in UTF-16 without "
                "a mark must be converted: iconv -f UTF-16LE -t UTF-8"
            )
        yield piece


def _from(head: bytes, read: Callable[[int], bytes]) -> Iterator[bytes]:
    yield head
    while piece := read(PIECE):
        yield piece


def _recoded(pieces: Iterator[bytes], encoding: str, log: Log) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for piece in pieces:
            yield decoder.decode(piece).encode()
        decoder.decode(b"", final=True)
    except UnicodeError:
        raise ArtifactError(
            f"{log.name}: damaged or truncated: begins with the mark of {log.record.encoding}, and "
            "is no text in it"
        ) from None


def with_newlines(piece: bytes) -> bytes:
    r"""Return lines ended by LF, where they were ended by CR LF or CR.

    >>> with_newlines(bytes([53, 13, 10, 55, 13]))
    b'5\n7\n'
    """
    if b"\r" in piece:
        piece = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return piece


def as_text(piece: bytes, first_line: int, name: str) -> str:
    """Decode lines of UTF-8.

    Raises
    ------
    ArtifactError
        Names the line that is no UTF-8.
    """
    try:
        return piece.decode()
    except UnicodeDecodeError as error:
        line = first_line + with_newlines(piece[: error.start]).count(b"\n")
        raise ArtifactError(
            f"{name}: line {line:,}: byte 0x{piece[error.start]:02x} is no UTF-8; convert the "
            "file, for example by iconv -f LATIN1 -t UTF-8"
        ) from None
