"""The shipped checkpoint comes from the shipped configuration, whatever interrupts the run."""

import random
import signal
import subprocess
import sys
import time

import pytest

from fluxttice_core.artifacts.checkpoint import read_checkpoint
from fluxttice_core.evidence.pathway import measure_pathway
from fluxttice_core.model.reference import ReferenceVAE
from tests.conftest import ROOT, SHIPPED

pytestmark = [pytest.mark.assurance, pytest.mark.timeout(3600)]


def command(out, epochs, *more):
    return [
        *(sys.executable, "-c", "from fluxttice_core.cli import main; main()"),
        *("train", "configs/ternary_v5_5.yaml", "--out", str(out), "--epochs", str(epochs), *more),
    ]


def test_five_kills_and_resumes_change_nothing(tmp_path, assurance_record):
    """``kill -9`` at five random moments of the shipped configuration's first epochs."""
    epochs = 6
    lengths = []
    for name in ("warming up", "whole"):
        # The first run also reads everything from the disk: kills timed by it come too late.
        started = time.monotonic()
        subprocess.run(command(tmp_path / name, epochs), cwd=ROOT, check=True, capture_output=True)
        lengths.append(time.monotonic() - started)
    length = min(lengths)
    rng = random.Random(20261124)
    killed_at = []
    while len(killed_at) < 5:
        process = subprocess.Popen(
            command(tmp_path / "killed", epochs, "--resume"),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait = rng.uniform(0.2, 0.6) * length
        time.sleep(wait)
        assert process.poll() is None or killed_at, "the run ended before the first kill"
        process.send_signal(signal.SIGKILL)
        process.wait()
        latest = tmp_path / "killed/latest.pt"
        reached = read_checkpoint(latest).epoch if latest.exists() else None
        killed_at.append({"seconds": round(wait, 2), "epoch_on_disk": reached})
    resume = command(tmp_path / "killed", epochs, "--resume")
    subprocess.run(resume, cwd=ROOT, check=True, capture_output=True)
    whole, resumed = (
        read_checkpoint(tmp_path / name / "latest.pt") for name in ("whole", "killed")
    )
    assurance_record(
        "kill_and_resume",
        {
            "epochs": epochs,
            "kills": killed_at,
            "weights_sha256_uninterrupted": whole.weights_sha256,
            "weights_sha256_killed_and_resumed": resumed.weights_sha256,
        },
    )
    assert any(kill["epoch_on_disk"] is not None for kill in killed_at)
    assert whole.epoch == resumed.epoch == epochs - 1
    assert whole.weights_sha256 == resumed.weights_sha256
    assert whole.file_sha256 == resumed.file_sha256


def test_retraining_gives_the_shipped_weights(tmp_path, assurance_record):
    """The documented command, from nothing; elsewhere than on the same platform, its figures."""
    subprocess.run(command(tmp_path / "again", 107), cwd=ROOT, check=True, capture_output=True)
    again, shipped = read_checkpoint(tmp_path / "again/latest.pt"), read_checkpoint(SHIPPED)
    same = again.weights_sha256 == shipped.weights_sha256
    assurance_record(
        "retraining",
        {
            "shipped_weights_sha256": shipped.weights_sha256,
            "retrained_weights_sha256": again.weights_sha256,
            "same_weights": same,
            "same_file": again.file_sha256 == shipped.file_sha256,
        },
    )
    if not same:
        for pathway in ("A", "B"):
            report, _ = measure_pathway(ReferenceVAE(again.weights), pathway)
            assert report.figure("sampled", 50_000).ratio >= 0.955
            assert report.information.mutual_information_nats >= 7.9
        pytest.fail("other weights than the shipped ones: expected only on another platform")
