"""A reader sees the old file or the new one; a failure at any step leaves the old one alone."""

import contextlib
import errno
import os
import stat
import subprocess
import sys
import textwrap

import pytest

from fluxttice_core.errors import ArtifactError, KeyFileError
from fluxttice_core.files import (
    append_line,
    file_sha256,
    prepare_folder,
    read_bounded,
    read_file,
    write_atomically,
)

AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def test_the_new_bytes_replace_the_old_and_nothing_else_stays(tmp_path):
    target = tmp_path / "file.bin"
    for data in (b"first", b"", b"second" * 100_000):
        write_atomically(target, data)
        assert target.read_bytes() == data
        assert os.listdir(tmp_path) == ["file.bin"]


def fail(code):
    def raising(*_):
        raise OSError(code, os.strerror(code))

    return raising


@pytest.mark.parametrize("call", ["fsync", "replace", "chmod"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES])
def test_a_failing_system_call_leaves_the_old_file(tmp_path, monkeypatch, call, code):
    target = tmp_path / "file.bin"
    target.write_bytes(b"old")
    monkeypatch.setattr(os, call, fail(code))
    with pytest.raises(ArtifactError, match=f"cannot be written: {os.strerror(code)}"):
        write_atomically(target, b"new")
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file.bin"]


def test_a_full_disk_in_the_middle_of_writing_leaves_the_old_file(tmp_path, monkeypatch):
    target = tmp_path / "file.bin"
    target.write_bytes(b"old")
    opened = os.fdopen

    class Full:
        def __init__(self, handle, mode):
            self.stream = opened(handle, mode)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.stream.close()

        def write(self, data):
            self.stream.write(data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fdopen", Full)
    with pytest.raises(ArtifactError, match="No space left"):
        write_atomically(target, b"new" * 1000)
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file.bin"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, MemoryError])
def test_an_interruption_passes_through_and_leaves_no_temporary_file(tmp_path, monkeypatch, stop):
    def interrupted(*_):
        raise stop

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(stop):
        write_atomically(tmp_path / "file.bin", b"new")
    assert os.listdir(tmp_path) == []


def test_the_bytes_are_on_the_disk_before_the_rename(tmp_path, monkeypatch):
    order = []
    for call in ("fsync", "replace"):
        genuine = getattr(os, call)

        def noting(*arguments, _call=call, _genuine=genuine):
            order.append(_call)
            return _genuine(*arguments)

        monkeypatch.setattr(os, call, noting)
    write_atomically(tmp_path / "file.bin", b"new")
    # The folder is synchronised too, or a crash can lose the rename.
    assert order == ["fsync", "replace", "fsync"]


def test_permissions_follow_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "file.bin", b"new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file.bin").stat().st_mode) == 0o640


def test_a_missing_folder_a_file_for_a_folder_and_a_folder_for_a_file(tmp_path):
    (tmp_path / "plain").write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ArtifactError, match="No such file or directory"):
        write_atomically(tmp_path / "missing/file.bin", b"new")
    with pytest.raises(ArtifactError, match="Not a directory"):
        write_atomically(tmp_path / "plain/file.bin", b"new")
    with pytest.raises(ArtifactError, match="cannot be written"):
        write_atomically(tmp_path / "folder", b"new")
    assert sorted(os.listdir(tmp_path)) == ["folder", "plain"]


@pytest.mark.parametrize(
    "write",
    [lambda folder: write_atomically(folder / "file.bin", b"new"), prepare_folder],
    ids=["write_atomically", "prepare_folder"],
)
def test_a_read_only_folder_is_named(tmp_path, write, monkeypatch):
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o555)
    if AS_ROOT:
        # Permissions do not bind this user: let the system call say what it would say to others.
        import tempfile

        for call in ("mkstemp", "TemporaryFile"):

            def denied(*_, **__):
                raise PermissionError(errno.EACCES, "Permission denied")

            monkeypatch.setattr(tempfile, call, denied)
    with pytest.raises(ArtifactError, match=r"closed.*Permission denied"):
        write(folder)
    assert os.listdir(folder) == []


def test_a_killed_writer_leaves_a_whole_file(tmp_path):
    """Killed at a random moment, over and over: every file found afterwards is one that was
    written.
    """
    target = tmp_path / "file.bin"
    program = textwrap.dedent(
        """
        import sys
        from fluxttice_core.files import write_atomically
        print("go", flush=True)
        for number in range(10**9):
            write_atomically(sys.argv[1], bytes([number % 256]) * 500_000)
        """
    )
    for delay in (0.0, 0.05, 0.11):
        writer = subprocess.Popen(
            [sys.executable, "-c", program, str(target)], stdout=subprocess.PIPE
        )
        assert writer.stdout.readline() == b"go\n"
        with contextlib.suppress(subprocess.TimeoutExpired):
            writer.wait(delay)
        writer.kill()
        writer.communicate()
        if target.exists():
            data = target.read_bytes()
            assert len(data) == 500_000
            assert len(set(data)) == 1
    assert target.exists()


def test_prepare_folder_makes_parents_and_leaves_nothing_in_them(tmp_path):
    folder = prepare_folder(tmp_path / "a/b/c")
    assert folder.is_dir()
    assert os.listdir(folder) == []
    assert prepare_folder(str(folder)) == folder


def test_prepare_folder_refuses_a_file(tmp_path):
    (tmp_path / "plain").write_bytes(b"x")
    for place in (tmp_path / "plain", tmp_path / "plain/below"):
        with pytest.raises(ArtifactError, match="expected a folder to write to"):
            prepare_folder(place)
    assert (tmp_path / "plain").read_bytes() == b"x"


def test_appending_keeps_what_is_there(tmp_path):
    journal = tmp_path / "metrics.jsonl"
    for line in ("one", "zwölf", ""):
        append_line(journal, line)
    assert journal.read_bytes() == "one\nzwölf\n\n".encode()


@pytest.mark.parametrize("torn", [b'{"epo', b"one\n{", b"\xff"])
def test_a_torn_line_is_closed_before_the_next(tmp_path, torn):
    journal = tmp_path / "metrics.jsonl"
    journal.write_bytes(torn)
    append_line(journal, "next")
    append_line(journal, "after")
    assert journal.read_bytes() == torn + b"\nnext\nafter\n"


def test_appending_where_nothing_can_be_appended(tmp_path):
    with pytest.raises(ArtifactError, match="cannot be written"):
        append_line(tmp_path / "missing/metrics.jsonl", "line")
    with pytest.raises(ArtifactError, match="Is a directory"):
        append_line(tmp_path, "line")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_appending_to_a_full_disk(tmp_path):
    (tmp_path / "metrics.jsonl").symlink_to("/dev/full")
    with pytest.raises(ArtifactError, match="No space left"):
        append_line(tmp_path / "metrics.jsonl", "line")


def test_file_hash_is_that_of_sha256sum(tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(b"abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert file_sha256(path) == expected
    with pytest.raises(ArtifactError, match="cannot be read: No such file"):
        file_sha256(tmp_path / "missing")


def test_a_file_is_read_up_to_its_bound_and_no_further(tmp_path):
    path = tmp_path / "ten"
    path.write_bytes(b"x" * 10)
    assert read_bounded(path, 10) == read_file(path, 10, remedy="r") == b"x" * 10
    with pytest.raises(OSError, match="more than 9 bytes") as caught:
        read_bounded(path, 9)
    assert caught.value.errno == errno.EFBIG
    with path.open("r+b") as stream:
        stream.truncate(2**40)
    with pytest.raises(ArtifactError, match=r"ten: cannot be read: more than 1,000 bytes; less$"):
        read_file(path, 1000, remedy="less")


@pytest.mark.parametrize(
    ("name", "words"), [("nowhere", "No such file"), ("folder", "Is a directory")]
)
def test_what_cannot_be_read_is_said_in_the_callers_words(tmp_path, name, words):
    (tmp_path / "folder").mkdir()
    with pytest.raises(KeyFileError, match=rf"{name}: cannot be read: {words}.*; give a key$"):
        read_file(tmp_path / name, remedy="give a key", error=KeyFileError)
