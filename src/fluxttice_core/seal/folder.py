"""Reading a folder that a stranger made: plain files only, each once, within bounds."""

from __future__ import annotations

import errno
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from ..errors import ArtifactError
from ..files import read_bounded

# The two files of every certificate's folder that no statement lists: they are its signatures.
CERTIFICATE = "certificate.json"
MODEL_SIGNATURE = "model.sig"
MAX_FILES = 64
MAX_FILE_BYTES = 64 * 2**20
# Of all files together: what a hostile folder can make a verifier hold in memory.
MAX_FOLDER_BYTES = 128 * 2**20
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def is_plain_name(name: object) -> bool:
    """Whether a text can only name a file directly in a folder: no separator, no dots in front.

    >>> [is_plain_name(text) for text in ("a.json", "../a.json", "/a", ".hidden", "")]
    [True, False, False, False, False]
    """
    return isinstance(name, str) and _PLAIN_NAME.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class Folder:
    """Contents of the plain files by name, and what else was met: ``(name, what it is)``."""

    path: Path
    files: dict[str, bytes]
    refused: tuple[tuple[str, str], ...]


def read_folder(path: str | Path) -> Folder:
    """Read every plain file of a folder into memory; nothing is followed, nothing is skipped.

    Raises
    ------
    ArtifactError
        There is no such folder, it cannot be read, or it holds more than ``MAX_FILES`` entries.
    """
    path = Path(path)
    try:
        with os.scandir(path) as entries:
            names = [entry.name for _, entry in zip(range(MAX_FILES + 1), entries, strict=False)]
    except OSError as error:
        raise ArtifactError(
            f"{path}: cannot be read: {error.strerror}; give the folder that holds {CERTIFICATE}"
        ) from None
    if len(names) > MAX_FILES:
        raise ArtifactError(
            f"{path}: more than {MAX_FILES} files; expected the folder of one certificate"
        )
    files: dict[str, bytes] = {}
    refused: list[tuple[str, str]] = []
    left = MAX_FOLDER_BYTES
    for name in sorted(names):
        data, reason = _read_plain(path / name, min(left, MAX_FILE_BYTES))
        if data is None:
            refused.append((name, reason))
        elif not is_plain_name(name):
            refused.append((name, "a name that no certificate uses"))
        else:
            files[name] = data
            left -= len(data)
    return Folder(path, files, tuple(refused))


def _read_plain(path: Path, max_bytes: int) -> tuple[bytes | None, str]:
    """Return the contents, or None and what is wrong."""
    try:
        kind = path.lstat().st_mode
        if stat.S_ISLNK(kind):
            return None, "a symbolic link"
        if stat.S_ISDIR(kind):
            return None, "a folder"
        if not stat.S_ISREG(kind):
            return None, "no regular file"
        return read_bounded(path, max_bytes, _open_plain), ""
    except OSError as error:
        return None, f"unreadable ({error.strerror})"


def _open_plain(path: str, flags: int) -> int:
    # NOFOLLOW and NONBLOCK: neither a link nor a pipe that appears meanwhile is opened into.
    guards = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(path, flags | guards)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "no regular file")
    return handle
