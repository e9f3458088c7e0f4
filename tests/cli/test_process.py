"""The command as its users start it: help, pipes, full disks, and a machine without PyTorch."""

import json
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from fluxttice_core.artifacts.checkpoint import write_safetensors
from fluxttice_core.cli.main import COMMANDS, main, run_command
from tests.support import (
    SHIPPED_CONFIG,
    checkpoint_of,
    perfect_weights,
    torch_file,
    without_signs_of_life,
)

RUN = (sys.executable, "-c", "from fluxttice_core.cli import main; main()")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "perfect.safetensors"
    write_safetensors(path, checkpoint_of(perfect_weights(), epoch=3, rho=0.3))
    return path


@pytest.mark.parametrize("flag", ["--help", "-h"])
@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_help_of_every_command(command, flag, capsys):
    with pytest.raises(SystemExit) as stop:
        main([*([command] if command else []), flag])
    out, err = capsys.readouterr()
    assert (stop.value.code, err) == (0, "")
    assert out.startswith(f"Usage: fluxttice {command or '[OPTIONS] COMMAND'}")
    assert "--help" in out
    assert max(map(len, out.splitlines())) <= 100
    if command is None:
        for name, (_, line) in COMMANDS.items():
            assert name in out
            assert line.split(":")[0].split(",")[0] in out


def test_every_command_takes_json(capsys):
    for command in COMMANDS:
        with pytest.raises(SystemExit):
            main([command, "--help"])
        assert "--json" in capsys.readouterr().out


def test_the_version(capsys):
    from fluxttice_core import __version__

    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert __version__ in capsys.readouterr().out


def test_a_reader_that_leaves_early_is_no_error(model):
    command = subprocess.Popen(
        [*RUN, "sample", "200000", "--seed", "1", "-m", str(model)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    line = command.stdout.readline()
    assert len(line.split(b",")) == 9
    command.stdout.close()
    assert command.stderr.read() == b""
    command.stderr.close()
    assert command.wait() == 0


def test_a_reader_that_left_before_the_first_line_is_no_error(monkeypatch):
    def write(*_, **__):
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr("fluxttice_core.cli.console.click.echo", write)
    dropped = []
    monkeypatch.setitem(run_command.__globals__, "_drop_output", lambda: dropped.append(True))
    with pytest.raises(SystemExit) as stop:
        main(["sample", "3", "--seed", "1"])
    assert stop.value.code == 0
    assert dropped == [True]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("arguments", [("sample", "9", "--seed", "1"), ("--help",)])
def test_a_full_disk_behind_standard_output(arguments):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*RUN, *arguments], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2
    assert (
        without_signs_of_life(done.stderr)
        == "error: input or output failed: No space left on device\n"
    )


ENDLESS = """
import itertools, random, sys
rng = random.Random(0)
for n in itertools.count(1):
    print(rng.randrange(5000))
    if n == 200_000:
        sys.stdout.flush()
        print("200,000 are out", file=sys.stderr, flush=True)
"""


@pytest.mark.parametrize("flags", [(), ("--json",)], ids=["text", "json"])
def test_an_endless_pipe_is_reported_upon_at_an_interruption(flags):
    source = subprocess.Popen(
        [sys.executable, "-c", ENDLESS], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    command = subprocess.Popen(
        [*RUN, "coverage", "-", "--space", "5000", *flags],
        stdin=source.stdout,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Behind a shell's & the signal is ignored, by whoever is started too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    source.stdout.close()
    try:
        # Written by the source means read by the command, but for what the pipe between holds.
        source.stderr.readline()
        command.send_signal(signal.SIGINT)
        out, err = command.communicate(timeout=60)
    finally:
        source.kill()
        source.wait()
        source.stderr.close()
    assert command.returncode == 0, err
    assert err == "interrupted: the report is of the draws read so far\n"
    if flags:
        record = json.loads(out)
        assert record["interrupted"] is True
        assert record["num_draws"] > 100_000
        assert record["observed_richness"] == 5_000
        assert record["ratio"] == pytest.approx(1, abs=1e-3)
    else:
        assert "draws from 5,000 ids, 5,000 distinct (interrupted: so far)" in out
        assert "Nothing speaks against independent draws" in out


WITHOUT_TORCH = textwrap.dedent(
    """
    import contextlib, io, json, sys

    class Blocker:
        def find_spec(self, name, path=None, target=None):
            if name.split(".")[0] == "torch":
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    sys.meta_path.insert(0, Blocker())
    try:
        import torch
    except ModuleNotFoundError:
        pass
    else:
        raise SystemExit("the blocker does not block")

    from fluxttice_core.cli import main

    results = []
    for arguments in json.loads(sys.argv[1]):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main(arguments)
            except SystemExit as stop:
                code = stop.code
        results.append([code, out.getvalue(), err.getvalue()])
    print(json.dumps(results))
    """
)


def without_torch(*commands):
    """Run commands in one process that cannot import torch: [(code, out, err), ...]."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", WITHOUT_TORCH, json.dumps(commands)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_plain_install_does_the_plain_work(model, tmp_path):
    (tmp_path / "draws.csv").write_text("5\n5\n7\n")
    np.save(tmp_path / "all.npy", np.arange(19683))
    small = ["--num-draws", "100", "--runs", "1", "--latents", "500"]
    of = ["--model", str(model)]
    work = [
        ["--help"],
        ["operations", "min"],
        ["operations", "--property", "commutative", "--json"],
        ["info"],
        ["info", "--config"],
        ["info", str(model), "--json"],
        ["encode", str(tmp_path / "all.npy"), *of, "-o", str(tmp_path / "codes.npy")],
        ["decode", str(tmp_path / "codes.npy"), *of, "-o", str(tmp_path / "back.npy"), "--indices"],
        ["sample", "5", "--seed", "1"],
        ["coverage", str(tmp_path / "draws.csv"), "--space", "19683", "--json"],
        ["coverage", str(model), *small, "--out", str(tmp_path / "report")],
    ]
    for arguments, (code, out, err) in zip(work, without_torch(*work), strict=True):
        assert code == 0, (arguments, err)
        assert out or "-o" in arguments
        assert "error" not in err
    assert np.array_equal(np.load(tmp_path / "back.npy"), np.arange(19683))
    assert (tmp_path / "report/report.json").exists()


def test_what_needs_torch_names_the_extra(tmp_path):
    checkpoint = str(torch_file(tmp_path / "latest.pt", perfect_weights()))
    work = [
        ["train", str(SHIPPED_CONFIG), "--out", str(tmp_path / "run")],
        ["info", checkpoint],
        ["coverage", checkpoint, "--out", str(tmp_path / "report")],
        ["sample", "5", "-m", checkpoint, "--seed", "1"],
        ["encode", str(tmp_path / "x.csv"), "-m", checkpoint],
    ]
    for arguments, (code, out, err) in zip(work, without_torch(*work), strict=True):
        assert (code, out) == (2, ""), arguments
        assert err.strip().splitlines()[-1].startswith("error: ")
        assert "needs the extra 'torch'" in err
        assert "pip install 'fluxttice_core[torch]'" in err
    assert [path.name for path in tmp_path.iterdir()] == ["latest.pt"]


def test_the_default_gives_the_same_with_and_without_torch(tmp_path, capsys):
    np.save(tmp_path / "all.npy", np.arange(0, 19683, 50))
    work = [
        ["sample", "2000", "--seed", "3", "--indices"],
        ["encode", str(tmp_path / "all.npy")],
        ["info", "--json"],
    ]
    for arguments, (code, out, _) in zip(work, without_torch(*work), strict=True):
        with pytest.raises(SystemExit):
            main(arguments)
        assert code == 0
        assert out == capsys.readouterr().out
