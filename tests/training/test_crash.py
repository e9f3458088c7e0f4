"""Killed, terminated or interrupted at a random moment: at most the epoch under way is lost."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from fluxttice_core.api import load, train
from fluxttice_core.artifacts.history import read_metrics
from tests.support import EVERYTHING_ON, tiny_mapping

# Selection looks at the whole space here, as in earnest: a third of a second an epoch.
CHANGES = {**EVERYTHING_ON, "total_epochs": 6, "checkpoint_freq": 2}
COMMAND = (sys.executable, "-c", "from fluxttice_core.cli import main; main()")


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    path = tmp_path_factory.mktemp("config") / "tiny.yaml"
    path.write_text(json.dumps(tiny_mapping(CHANGES)))
    return path


def start(config, folder, *options):
    return subprocess.Popen(
        [*COMMAND, "train", str(config), "--out", str(folder), "--threads", "1", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # What a shell puts in the background has this signal ignored, and so have its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def finish(config, folder, *options):
    process = start(config, folder, *options)
    output, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors
    return output


@pytest.fixture(autouse=True)
def cheap_evaluation():
    """The real evaluation, unlike elsewhere in this room: other processes use it too."""


@pytest.fixture(scope="module")
def uninterrupted(config, tmp_path_factory):
    return train(config, tmp_path_factory.mktemp("whole") / "run", threads=1)


def stop_at_a_random_moment(config, folder, number, dice):
    """Send a signal after some finished epochs and a part of another; return what was said."""
    process = start(config, folder, "--resume")
    metrics, latest = folder / "metrics.jsonl", folder / "latest.pt"
    epochs = dice.randrange(1, 4)
    deadline = time.monotonic() + 200
    try:
        while not (latest.exists() and metrics.exists() and len(read_metrics(metrics)) >= epochs):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.002)
        time.sleep(dice.uniform(0.0, 0.4))
        process.send_signal(number)
        output, errors = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    return process.returncode, output, errors


def check_folder(folder, *, partial_files_allowed):
    """Whatever the moment, a reader finds whole files under the published names."""
    for path in folder.glob("*.pt"):
        assert load(path).epoch is not None
    records = read_metrics(folder / "metrics.jsonl")
    assert [record["epoch"] for record in records] == list(range(len(records)))
    assert load(folder / "latest.pt").epoch in (len(records) - 1, len(records) - 2)
    others = [
        path.name
        for path in folder.iterdir()
        if path.suffix != ".pt" and path.name != "metrics.jsonl"
    ]
    # A kill can leave a half-written file behind, hidden and under no name that is ever read.
    assert all(name.startswith(".") for name in others)
    if not partial_files_allowed:
        assert not others


def check_same_run(folder, whole):
    names = [sorted(path.name for path in place.iterdir()) for place in (folder, whole)]
    assert names[0] == names[1]
    for path in whole.glob("*.pt"):
        assert (folder / path.name).read_bytes() == path.read_bytes(), path.name
    assert load(folder / "latest.pt").weights_sha256 == load(whole / "latest.pt").weights_sha256


def kill_and_resume(config, folder, whole, number, dice):
    code, _, errors = stop_at_a_random_moment(config, folder, number, dice)
    if number == signal.SIGKILL:
        assert code == -signal.SIGKILL
    else:
        assert code == 130, errors
        assert f"continue with --resume --out {folder}" in errors
        assert "Traceback" not in errors
    check_folder(folder, partial_files_allowed=number == signal.SIGKILL)
    if number == signal.SIGKILL:
        output = finish(config, folder, "--resume")
        assert f"weights SHA-256 {load(whole / 'latest.pt').weights_sha256}" in output
    else:
        train(config, folder, resume=True, threads=1)
    check_same_run(folder, whole)


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGINT"])
def test_stopped_once_and_resumed_is_the_uninterrupted_run(
    config, uninterrupted, tmp_path, name, record_property
):
    seed = random.randrange(2**32)
    record_property("seed", seed)
    kill_and_resume(
        config, tmp_path / "run", uninterrupted, getattr(signal, name), random.Random(seed)
    )


@pytest.mark.assurance
@pytest.mark.timeout(1800)
@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
def test_killed_five_times_in_one_run_and_in_five_runs(
    config, uninterrupted, tmp_path, assurance_record
):
    seed = random.randrange(2**32)
    dice = random.Random(seed)
    for attempt in range(5):
        kill_and_resume(config, tmp_path / f"run{attempt}", uninterrupted, signal.SIGKILL, dice)
    folder = tmp_path / "again"
    kills = 0
    for _ in range(5):
        code, output, _ = stop_at_a_random_moment(config, folder, signal.SIGKILL, dice)
        kills += code == -signal.SIGKILL
        check_folder(folder, partial_files_allowed=True)
        if code == 0:
            assert "weights SHA-256" in output
    finish(config, folder, "--resume")
    check_same_run(folder, uninterrupted)
    assert kills >= 2
    digest = load(folder / "latest.pt").weights_sha256
    assurance_record(
        "kill", {"seed": seed, "kills": 5 + kills, "weights_sha256": digest, "equal": True}
    )
