"""A sign of life: a bar on a terminal, a line now and then on a pipe, nothing for what is quick."""

import importlib
import os
import pty
import subprocess
import sys
import termios
import time

import numpy as np
import pytest
from click.testing import CliRunner

from fluxttice_core.cli import progress as told
from fluxttice_core.cli.command import Command, command
from fluxttice_core.cli.console import say
from fluxttice_core.cli.main import COMMANDS


@pytest.fixture
def no_signs_of_life():
    """Here they are what is tested."""


@pytest.fixture
def clock(monkeypatch):
    """Time that passes when the test says so, and a thread that tells nothing by itself."""
    now = [100.0]
    monkeypatch.setattr(told.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(told, "FRAME_SECONDS", 3_600)

    def wait(seconds):
        now[0] += seconds

    return wait


@pytest.fixture
def hurried(monkeypatch):
    """The sign after a twentieth of a second, in real time."""
    monkeypatch.setattr(told, "FIRST_SIGN_SECONDS", 0.05)
    monkeypatch.setattr(told, "FRAME_SECONDS", 0.01)


def test_what_is_quick_says_nothing_on_a_pipe(clock, capsys):
    with told.progress("measuring") as update:
        update(0, 3)
        clock(1.9)
        update(3, 3)
    assert capsys.readouterr() == ("", "")


def test_what_is_slow_says_something_within_two_seconds_and_then_ever_more_seldom(clock, capsys):
    with told.progress("counting", "draw") as update:
        for second in range(101):
            update(1_000 * second)
            clock(1)
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == ""
    assert lines[0] == "counting: 2,000 draws, 2 s"
    assert 5 < len(lines) < 12


def test_the_whole_is_named_where_it_is_known(clock, capsys):
    with told.progress("measuring") as update:
        clock(3)
        update(1, 14)
    assert capsys.readouterr().err == "measuring: 1 of 14 parts, 3 s\n"


def test_of_two_at_once_the_last_one_heard_of_is_told(clock, capsys):
    with told.progress("counting", "draw") as count, told.progress("permuting", "time") as permute:
        clock(3)
        count(7)
        clock(3)
        permute(1, 9)
    assert capsys.readouterr().err.splitlines() == [
        "counting: 7 draws, 3 s",
        "permuting: 1 of 9 times, 6 s",
    ]


def test_work_between_two_calls_is_told_too(hurried, capsys):
    with told.progress("counting", "draw") as update:
        update(5)
        time.sleep(0.4)
    assert "counting: 5 draws, 0 s\n" in capsys.readouterr().err


def test_a_command_without_any_count_tells_that_it_works(hurried):
    @command()
    def slow():
        time.sleep(0.4)
        say("found")

    done = CliRunner().invoke(slow)
    assert done.stdout == "found\n"
    assert done.stderr.startswith("at work: 0 s\n")


def test_nothing_is_told_behind_the_end(hurried, capsys):
    with told.progress("counting"):
        pass
    time.sleep(0.2)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_tells_that_it_works(name):
    module = importlib.import_module(f"fluxttice_core.cli.{COMMANDS[name][0]}")
    assert isinstance(getattr(module, name), Command)


def test_a_pipe_gets_no_control_characters(tmp_path):
    np.save(tmp_path / "draws.npy", np.arange(1_000) % 37)
    done = subprocess.run(
        [sys.executable, "-c", MAIN, "coverage", str(tmp_path / "draws.npy")],
        capture_output=True,
        text=True,
    )
    assert done.stdout
    assert "\r" not in done.stderr
    assert "\x1b" not in done.stderr + done.stdout


def test_a_terminal_gets_a_bar_that_is_gone_in_the_end(tmp_path):
    script = (
        "import time; from fluxttice_core.cli import progress as told\n"
        "told.FIRST_BAR_SECONDS = 0.0\n"
        "with told.progress('counting', 'draw') as update:\n"
        "    update(3, 12); time.sleep(1)\n"
    )
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    with subprocess.Popen([sys.executable, "-c", script], stderr=theirs) as running:
        os.close(theirs)
        written = b""
        while True:
            try:
                part = os.read(ours, 4_096)
            except OSError:
                break
            if not part:
                break
            written += part
    os.close(ours)
    assert running.returncode == 0
    assert b"counting" in written
    assert b"3.00/12.0" in written
    # The line is cleared: what is left of it on the screen is nothing.
    assert not written.replace(b"\r\n", b"").rpartition(b"\r")[0].rpartition(b"\r")[2].strip()


MAIN = "from fluxttice_core.cli import main; main()"
