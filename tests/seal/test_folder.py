"""A stranger's folder: nothing is followed, nothing is skipped."""

import os
import socket

import pytest

from fluxttice_core.errors import ArtifactError
from fluxttice_core.seal import folder as room
from fluxttice_core.seal.folder import MAX_FILES, is_plain_name, read_folder


def test_plain_files_are_read_and_the_rest_is_named(tmp_path):
    (tmp_path / "a.json").write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a.json")
    (tmp_path / "broken").symlink_to("nowhere")
    (tmp_path / ".hidden").write_bytes(b"x")
    (tmp_path / "with space").write_bytes(b"x")
    os.mkfifo(tmp_path / "pipe")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "socket"))
    listener.close()
    found = read_folder(tmp_path)
    assert found.files == {"a.json": b"x"}
    assert dict(found.refused) == {
        "folder": "a folder",
        "link": "a symbolic link",
        "broken": "a symbolic link",
        ".hidden": "a name that no certificate uses",
        "with space": "a name that no certificate uses",
        "pipe": "no regular file",
        "socket": "no regular file",
    }


def test_the_bounds_are_those_of_the_document():
    assert (room.MAX_FILES, room.MAX_FILE_BYTES) == (64, 64 * 1024 * 1024)
    assert room.MAX_FOLDER_BYTES == 128 * 1024 * 1024


def test_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "MAX_FILE_BYTES", 10)
    (tmp_path / "ten").write_bytes(b"x" * 10)
    (tmp_path / "eleven").write_bytes(b"x" * 11)
    found = read_folder(tmp_path)
    assert set(found.files) == {"ten"}
    assert found.refused == (("eleven", "unreadable (more than 10 bytes)"),)


def test_all_files_together_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "MAX_FOLDER_BYTES", 25)
    for name in "abc":
        (tmp_path / name).write_bytes(b"x" * 10)
    found = read_folder(tmp_path)
    assert set(found.files) == {"a", "b"}
    assert found.refused == (("c", "unreadable (more than 5 bytes)"),)


def test_too_many_and_none(tmp_path):
    with pytest.raises(ArtifactError, match="cannot be read: No such file"):
        read_folder(tmp_path / "nowhere")
    for number in range(MAX_FILES):
        (tmp_path / f"{number}").write_bytes(b"")
    assert len(read_folder(tmp_path).files) == MAX_FILES
    (tmp_path / "more").write_bytes(b"")
    with pytest.raises(ArtifactError, match="more than 64 files"):
        read_folder(tmp_path)
    with pytest.raises(ArtifactError, match="Not a directory"):
        read_folder(tmp_path / "more")


@pytest.mark.parametrize(
    "name",
    ["..", ".", "", "/", "a/b", "a\\b", "../a", "a\0b", "a\n", "é", "a" * 101, None, 5, "-a"],
)
def test_names_that_are_not_plain(name):
    assert not is_plain_name(name)
    assert is_plain_name("weights.safetensors")
