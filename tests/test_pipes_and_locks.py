"""Named pipes in place of files, files written in parts, and folders that one process holds."""

import hashlib
import os
import subprocess
import sys

import pytest

from fluxttice_core.errors import ArtifactError
from fluxttice_core.files import file_sha256, hold_folder, read_bounded, write_atomically
from tests.support import ROOT, SHIPPED_CONFIG

posix = pytest.mark.skipif(os.name == "nt", reason="named pipes and locks are POSIX")


@posix
@pytest.mark.timeout(20)
def test_a_pipe_that_nobody_writes_to_is_empty(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert read_bounded(tmp_path / "pipe", 10) == b""
    assert file_sha256(tmp_path / "pipe") == hashlib.sha256(b"").hexdigest()


@posix
def test_of_a_pipe_with_a_writer_all_is_read():
    reader, writer = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(0.3); print('a' * 100_000)"], stdout=writer
    ):
        os.close(writer)
        assert len(read_bounded(f"/dev/fd/{reader}", 200_000)) == 100_001
    os.close(reader)


@posix
@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "arguments",
    [
        ("info", "{}"),
        ("coverage", "{}"),
        ("train", "{}", "--out", "new"),
        ("train", "good.yaml", "--out", "run", "--resume"),
        ("report", "v5_5", "--history", "{}", "--out", "new"),
        ("certify", "v5_5", "--history", "{}", "--out", "new"),
        ("encode", "{}"),
        ("verify", str(ROOT / "certificates/v5_5"), "--key", "{}"),
    ],
    ids=lambda arguments: "-".join(arguments[:1]),
)
def test_no_command_waits_for_a_pipe_in_place_of_a_file(tmp_path, monkeypatch, arguments, capsys):
    from fluxttice_core.cli import main

    monkeypatch.chdir(tmp_path)
    (tmp_path / "run").mkdir()
    for name in ("latest.pt", "run/latest.pt"):
        os.mkfifo(tmp_path / name)
    (tmp_path / "good.yaml").write_text(SHIPPED_CONFIG.read_text(encoding="utf-8"))
    with pytest.raises(SystemExit) as stop:
        main([each.format("latest.pt") for each in arguments])
    err = capsys.readouterr().err
    assert stop.value.code == 2
    assert "latest.pt" in err
    assert len(err.splitlines()) == 1


def test_parts_are_written_as_one_and_a_fault_among_them_leaves_nothing(tmp_path):
    write_atomically(tmp_path / "a", iter([b"one", b"", b"two"]))
    assert (tmp_path / "a").read_bytes() == b"onetwo"

    def broken():
        yield b"half"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "a", broken())
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"onetwo"


HOLDER = """
import sys, time
from pathlib import Path
from fluxttice_core.files import hold_folder
with hold_folder(Path(sys.argv[1])) as held:
    print(held, flush=True)
    time.sleep(60)
"""


@posix
def test_a_killed_holder_leaves_nothing_locked(tmp_path):
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline() == b"True\n"
        with (
            pytest.raises(ArtifactError, match="another process is writing to it"),
            hold_folder(tmp_path),
        ):
            pass
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()
    with hold_folder(tmp_path) as held:
        assert held
        with pytest.raises(ArtifactError, match="another process"), hold_folder(tmp_path):
            pass
    with hold_folder(tmp_path) as held:
        assert held
    assert list(tmp_path.iterdir()) == []
