"""Dictionaries that ``torch.save`` wrote: read without running code from them, and written.

A file is held to its own size and checksums before PyTorch sees it, and what comes out of it to
bounds: a few bytes can otherwise mean gigabytes, or a value that no later step can walk through.
"""

from __future__ import annotations

import io
import re
import sys
import zipfile
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ..errors import CheckpointError, MissingExtraError
from ..files import read_file
from .numpy_scalars import numpy_scalars_as_numbers
from .plain_values import value_faults

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_FILE_BYTES = 256 * 2**20
# Of the records in an archive that is no tensor: 400 epochs of histories have 22 kB.
MAX_PICKLE_BYTES = 16 * 2**20
# How the format that torch.save wrote before version 1.6 begins, after its protocol's two bytes.
_OLD_FORMAT = b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
_SAVE_AGAIN = "save it again with torch.save"


def is_archive(data: bytes) -> bool:
    """Whether a file begins as one of ``torch.save`` does."""
    return data[:2] == b"PK"


def is_old_format(data: bytes) -> bool:
    """Whether a file begins as one of ``torch.save`` before version 1.6 did."""
    return data[:1] == b"\x80" and data[2 : 2 + len(_OLD_FORMAT)] == _OLD_FORMAT


def read_torch_dictionary(path: Path, data: bytes | None = None) -> dict[str, Any]:
    """Read a ``torch.save`` dictionary without running code from it.

    Parameters
    ----------
    data : the file's bytes, where they are read already.

    Raises
    ------
    CheckpointError
        Missing, truncated, damaged, carrying code, of the old format, or not a dictionary.
    MissingExtraError
        PyTorch is not installed.
    """
    try:
        import torch
    except ModuleNotFoundError:
        raise MissingExtraError(f"reading {path}", "torch") from None
    if data is None:
        remedy = "give a file that torch.save wrote"
        data = read_file(path, MAX_FILE_BYTES, remedy=remedy, error=CheckpointError)
    if is_old_format(data):
        raise CheckpointError(
            f"{path}: refused: it has the older format of torch.save, from before PyTorch 1.6; "
            f"save it again: torch.save(torch.load({str(path)!r}, weights_only=True), FILE)"
        )
    fault = archive_fault(io.BytesIO(data))
    if fault:
        raise CheckpointError(f"{path}: refused: it is {fault}; use a whole copy")
    try:
        with numpy_scalars_as_numbers():
            contents = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except MemoryError:
        raise
    except Exception as error:
        raise CheckpointError(f"{path}: refused: {_reason(error)}") from None
    if not isinstance(contents, dict):
        raise CheckpointError(
            f"{path}: expected a checkpoint dictionary, got {type(contents).__name__}; "
            "draws are measured with --kind draws"
        )
    faults = value_faults(contents)
    if faults:
        raise CheckpointError(f"{path}: refused: it holds {faults}; {_SAVE_AGAIN} without")
    return contents


def archive_fault(file: IO[bytes] | Path) -> str | None:
    """Say why an archive cannot be what ``torch.save`` wrote, or None.

    The records of such an archive are not compressed, so that they are no larger than the file,
    and carry checksums, which PyTorch itself does not look at.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            assert archive.fp is not None
            size = archive.fp.seek(0, io.SEEK_END)
            records = archive.infolist()
            total = sum(record.file_size for record in records)
            if total > size:
                return f"{size:,} bytes that unpack to {total:,}, and torch.save does not compress"
            for record in records:
                if record.filename.endswith(".pkl") and record.file_size > MAX_PICKLE_BYTES:
                    return f"of {record.file_size:,} bytes beside its tensors"
            damaged = archive.testzip()
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, NotImplementedError):
        return "truncated or not a PyTorch checkpoint"
    except (OSError, RuntimeError):  # a file that goes away, an archive with a password
        return "truncated or not a PyTorch checkpoint"
    return f"damaged: {damaged} has another checksum than it was written with" if damaged else None


def torch_bytes(contents: Mapping[str, Any]) -> bytes:
    """Serialise a checkpoint dictionary; equal dictionaries give equal bytes.

    Written to memory first: ``torch.save`` to a path puts the file's name into the bytes.
    """
    import torch

    buffer = io.BytesIO()
    torch.save(_unshared(contents), buffer)
    return buffer.getvalue()


def _unshared(value: Any) -> Any:
    """Copy the containers and intern the text: pickle writes a shared object only once.

    Without this a resumed run, whose objects come from a file, would write other bytes.
    """
    if isinstance(value, dict):
        return {_unshared(key): _unshared(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_unshared(item) for item in value)
    return sys.intern(value) if isinstance(value, str) else value


def _reason(error: Exception) -> str:
    """Why PyTorch refused a file, and what to do."""
    text = str(error)
    if "not enough memory" in text:
        raise MemoryError from None
    if "Unsupported" in text or "weights_only" in text.lower():
        kind = re.search(r"GLOBAL (\S+)", text)
        named = f" ({kind.group(1)[:80]})" if kind else ""
        return (
            f"it holds Python objects{named} other than tensors and plain values, which could run "
            f"code; {_SAVE_AGAIN} without them: torch.save({{'model': model.state_dict()}}, FILE)"
        )
    return "it is truncated or not a PyTorch checkpoint; use a file you can re-export"
