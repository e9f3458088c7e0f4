"""The command among streams that are closed, of another encoding, or cut off by a signal."""

import io
import os
import signal
import subprocess
import sys
import time

import pytest

from fluxttice_core.cli.main import main
from tests.support import without_signs_of_life

RUN = (sys.executable, "-c", "from fluxttice_core.cli import main; main()")
posix = pytest.mark.skipif(os.name == "nt", reason="shells and signals are POSIX")


def shell(redirection, *arguments, **environment):
    """Run a command with standard streams as a shell leaves them."""
    return subprocess.run(
        ["sh", "-c", f'exec "$0" "$@" {redirection}', *RUN, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        errors="surrogateescape",
        env={**os.environ, **environment},
    )


@posix
@pytest.mark.parametrize("arguments", [("encode", "-"), ("coverage", "-")], ids=lambda a: a[0])
def test_a_closed_standard_input_holds_nothing(arguments):
    done = shell("0<&-", *arguments)
    assert done.returncode == 2
    assert without_signs_of_life(done.stderr).startswith("error: ")
    assert "got none" in done.stderr
    assert len(without_signs_of_life(done.stderr).splitlines()) == 1


@posix
def test_closed_outputs_are_no_traceback(tmp_path):
    done = shell("2>&-", "sample", "2")  # says its seed on standard error
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 2)
    done = shell("1>&-", "sample", "2", "--seed", "1", "-o", str(tmp_path / "a.csv"))
    assert (done.returncode, without_signs_of_life(done.stderr)) == (0, "")
    # Neither took the number of the other's stream.
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 2
    done = shell("1>&- 2>&-", "sample", "many")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "")


ENCODINGS = {
    "C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "latin-1": {"PYTHONIOENCODING": "latin-1:strict"},
}


@posix
@pytest.mark.parametrize("name", ENCODINGS)
def test_another_encoding_than_utf8_ends_no_command(tmp_path, name):
    labels = tmp_path / "名.txt"
    labels.write_text("名\n名\nä\n", encoding="utf-8")
    done = shell("", "coverage", str(labels), **ENCODINGS[name])
    assert (done.returncode, without_signs_of_life(done.stderr)) == (0, "")
    assert ".txt: text, 3 labels" in done.stdout
    missing = os.fsdecode(b"no\xffwhere.csv")
    done = shell("", "encode", missing, **ENCODINGS[name])
    assert done.returncode == 2
    assert "cannot be read: No such file" in done.stderr
    source = "1,0,0,0,0,0,0,0,1\n# ä 名\n"
    done = subprocess.run(
        [*RUN, "encode", "-"],
        input=source.encode(),
        capture_output=True,
        env={**os.environ, **ENCODINGS[name]},
    )
    assert (done.returncode, without_signs_of_life(done.stderr.decode())) == (0, "")


def test_what_is_no_text_is_named(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe")))
    with pytest.raises(SystemExit) as stop:
        main(["encode", "-"])
    assert stop.value.code == 2
    assert capsys.readouterr().err == "error: standard input: expected CSV; this is not text\n"


@posix
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_no_unfinished_file_stays_after_a_signal(tmp_path, name):
    command = subprocess.Popen(
        [*RUN, "sample", "1000000000", "--seed", "1", "-o", str(tmp_path / "a.npy")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Under nohup a signal is ignored, by whoever is started too.
        preexec_fn=lambda: signal.signal(getattr(signal, name), signal.SIG_DFL),
    )
    try:
        deadline = time.monotonic() + 60
        while not (list(tmp_path.glob(".*")) or time.monotonic() > deadline):
            assert command.poll() is None, command.communicate()
            time.sleep(0.01)
        assert list(tmp_path.glob(".a.npy.*.unfinished"))
        command.send_signal(getattr(signal, name))
        out, err = command.communicate(timeout=60)
    finally:
        command.kill()
        command.wait()
    assert command.returncode == 128 + getattr(signal, name)
    assert b"Traceback" not in out + err
    assert list(tmp_path.iterdir()) == []


def test_the_caller_keeps_its_handlers():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit):
        main(["--version"])
    assert signal.getsignal(signal.SIGTERM) is before


@posix
def test_an_ignored_hangup_stays_ignored():
    program = (
        "import importlib, signal\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "with importlib.import_module('fluxttice_core.cli.main')._ended_by_signals():\n"
        "    print(int(signal.getsignal(signal.SIGHUP)), signal.getsignal(signal.SIGTERM).__name__)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.split() == ["1", "_end"], done.stderr


OUT_OF_MEMORY = [
    MemoryError(),
    RuntimeError(
        "[enforce fail at alloc_cpu.cpp:124] data. DefaultCPUAllocator: not enough memory"
    ),
    RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    RuntimeError("std::bad_alloc"),
    RuntimeError("can't start new thread"),
    ImportError("libtorch_cpu.so: failed to map segment from shared object"),
]


@pytest.mark.parametrize("error", OUT_OF_MEMORY, ids=range(6))
def test_running_out_of_memory_ends_in_one_line(monkeypatch, capsys, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("fluxttice_core.cli.codec.sample_batches", fail)
    with pytest.raises(SystemExit) as stop:
        main(["sample", "5", "--seed", "1"])
    assert stop.value.code == 2
    assert capsys.readouterr().err == (
        "error: not enough memory for this request; ask for less at once\n"
    )


@pytest.mark.parametrize("error", [RuntimeError("a fault of ours"), ImportError("no such name")])
def test_a_fault_of_ours_is_not_taken_for_that(monkeypatch, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("fluxttice_core.cli.codec.sample_batches", fail)
    with pytest.raises(type(error), match=str(error)):
        main(["sample", "5", "--seed", "1"])


@posix
@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
@pytest.mark.parametrize("kilobytes", [250_000, 320_000])
def test_a_real_limit_on_memory(kilobytes):
    done = subprocess.run(
        ["sh", "-c", f'ulimit -v {kilobytes}; exec "$0" "$@"', *RUN, "info"],
        capture_output=True,
        text=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 2)
