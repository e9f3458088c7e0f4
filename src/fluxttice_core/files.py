"""Writing a file so that a reader sees the old one or the new one, never half of either."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import ArtifactError, FluxtticeError

UNFINISHED = ".unfinished"
MAX_BYTES = 256 * 2**20
_LONGEST_NAME = 4096


def names_a_file(name: object) -> bool:
    """Whether a value can be the name of a file.

    >>> names_a_file("draws.npy"), names_a_file(5), names_a_file("a" * 10_000)
    (True, False, False)
    """
    if not isinstance(name, str | Path) or len(str(name)) > _LONGEST_NAME:
        return False
    try:
        return b"\0" not in os.fsencode(name)
    except UnicodeError:
        return False


def write_atomically(path: str | Path, data: bytes | Iterable[bytes]) -> None:
    """Write beside the target, flush to the disk, then rename over it.

    Parameters
    ----------
    data : the contents, or their parts one after the other.

    Raises
    ------
    ArtifactError
        The folder is missing, not writable or full; the old file is left as it was.
    """
    path = Path(path)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=UNFINISHED)
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be written: {error.strerror}") from None
    try:
        with os.fdopen(handle, "wb") as stream:
            for part in (data,) if isinstance(data, bytes) else data:
                stream.write(part)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise ArtifactError(f"{path}: cannot be written: {error.strerror}") from None
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    _sync_folder(path.parent)


def prepare_folder(path: str | Path) -> Path:
    """Create a folder and prove that it can be written to.

    Raises
    ------
    ArtifactError
        It is a file, or nothing can be created in it.
    """
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise ArtifactError(
            f"{path}: expected a folder to write to: {error.strerror}; choose another"
        ) from None
    return path


@contextmanager
def hold_folder(folder: Path) -> Iterator[bool]:
    """Keep every other process that asks out of a folder, inside the block.

    The lock is the system's, on the open folder: nothing is left of it when the process ends, in
    whatever way. Yields whether there is one; some systems and network disks have none.

    Raises
    ------
    ArtifactError
        Another process holds the folder.

    Example
    -------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as name, hold_folder(Path(name)):
    ...     with hold_folder(Path(name)):
    ...         pass
    Traceback (most recent call last):
        ...
    fluxttice_core.errors.ArtifactError: ...: another process is writing to it; ...
    """
    try:
        import fcntl

        handle = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        yield False
        return
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            held = True
        except BlockingIOError:
            raise ArtifactError(
                f"{folder}: another process is writing to it; wait for it, or choose another folder"
            ) from None
        except OSError:
            held = False
        yield held
    finally:
        os.close(handle)


def remove_leftovers(folder: Path) -> None:
    """Remove what a killed process left of files it had not finished writing."""
    for leftover in folder.glob(f".*{UNFINISHED}"):
        with contextlib.suppress(OSError):
            leftover.unlink()


def append_line(path: Path, line: str) -> None:
    """Append one line in one write; a torn line left by a crash is closed first."""
    try:
        with path.open("ab+") as stream:
            if stream.tell():
                stream.seek(-1, os.SEEK_END)
                if stream.read(1) != b"\n":
                    stream.write(b"\n")
            stream.write(line.encode() + b"\n")
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be written: {error.strerror}") from None


def read_bounded(
    path: str | Path, max_bytes: int, opener: Callable[[str, int], int] | None = None
) -> bytes:
    """Return a file's bytes, and hold no more than ``max_bytes`` of them.

    Parameters
    ----------
    opener : as of :func:`open`; what it must not open, such as a link, it refuses. By default a
        named pipe that nobody writes to is empty, where :func:`open` would wait for ever.

    Raises
    ------
    OSError
        It cannot be read, or is larger (``EFBIG``); ``strerror`` says which.
    """
    with open(path, "rb", opener=opener or _open_without_waiting) as stream:
        # Bit by bit: one read of so many bytes would ask for room for all of them first.
        parts, left = [], max_bytes + 1
        while left and (part := stream.read(min(left, 2**20))):
            parts.append(part)
            left -= len(part)
    data = b"".join(parts)
    if len(data) > max_bytes:
        raise OSError(errno.EFBIG, f"more than {max_bytes:,} bytes")
    return data


def read_file(
    path: str | Path,
    max_bytes: int = MAX_BYTES,
    *,
    remedy: str,
    error: type[FluxtticeError] = ArtifactError,
) -> bytes:
    """Return the bytes of a file that someone named, if there are not too many.

    Parameters
    ----------
    remedy : what to do instead, for the message.
    error : what is raised, with one message, when it cannot be read or is too large.

    Example
    -------
    >>> read_file("no.pem", remedy="give a key")
    Traceback (most recent call last):
        ...
    fluxttice_core.errors.ArtifactError: no.pem: cannot be read: No such file...; give a key
    """
    try:
        return read_bounded(path, max_bytes)
    except OSError as reason:
        raise error(f"{path}: cannot be read: {reason.strerror}; {remedy}") from None


def _open_without_waiting(path: str, flags: int) -> int:
    handle = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    if hasattr(os, "O_NONBLOCK"):
        # Of a pipe that somebody writes to, all is read.
        os.set_blocking(handle, True)
    return handle


def file_sha256(path: str | Path) -> str:
    """SHA-256 of a file's bytes, bare lower-case hex."""
    try:
        with open(path, "rb", opener=_open_without_waiting) as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be read: {error.strerror}") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    # Without this a crash can lose the rename. Some systems cannot open a folder: nothing to do.
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
