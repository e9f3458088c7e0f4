"""The verbs with what nobody should give them: the project's errors, short, or a result."""

import numpy as np
import pytest
import torch

import fluxttice_core as fx
from tests.hostile import faults_of
from tests.support import ROOT

GATES = fx.generate_all_operations()[:3]
CODES = np.zeros((2, 16))
# Right and slow; and a name of a file that is not there, told whole.
LEFT_OUT = {
    *((name, "list of long texts") for name in ("key", "source")),
    *(("source", what) for what in ("long text", "10,000 counts")),
    ("num_draws", "2^64"),
    ("num_draws", "0-d"),
    ("level", "2"),
    ("level", "NumPy's 3"),
}
CERTIFICATE, KEY = ROOT / "certificates/v5_5", ROOT / "certificates/fluxttice.pub"


def _load(path, sha256):
    return fx.load(path, sha256=sha256)


def _batches(**given):
    return list(fx.sample_batches(**given))


GIVEN = {
    "load": (_load, {"path": "v5_5", "sha256": None}),
    "gate": (fx.gate, {"query": "carry"}),
    "to_torch": (fx.to_torch, {"checkpoint": fx.load("v5_5"), "device": "cpu"}),
    "encode": (fx.encode, {"operations": GATES, "model": "v5_5", "pathway": "A"}),
    "decode": (
        fx.decode,
        {
            "latents": CODES,
            "model": "v5_5",
            "pathway": "A",
            "reading": "sample",
            "generator": np.random.default_rng(0),
        },
    ),
    "decode tensors": (
        fx.decode,
        {"latents": torch.zeros(2, 16), "reading": "sample", "generator": torch.Generator()},
    ),
    "sample": (
        fx.sample,
        {"num_draws": 3, "model": "v5_5", "pathway": "A", "seed": 0, "threads": 1, "device": None},
    ),
    "sample_batches": (_batches, {"num_draws": 3, "batch_size": 2, "seed": 0}),
    "coverage_report of draws": (
        fx.coverage_report,
        {"source": [0, 1, 1], "space": 4, "reference": [1, 2], "num_draws": (5,), "seed": 0},
    ),
    "coverage_report of masses": (
        fx.coverage_report,
        {"source": [0.5, 0.5], "kind": "masses", "num_draws": (5,)},
    ),
    "coverage_report beside a target": (
        fx.coverage_report,
        {"source": [0, 1, 1], "target": [0.5, 0.5], "num_draws": (5,), "num_runs": 1},
    ),
    "verify": (
        fx.verify,
        {
            "path": CERTIFICATE,
            "key": KEY,
            "level": 1,
            "allow_unsigned": False,
            "not_before": None,
            "min_version": None,
            "on_progress": None,
        },
    ),
}
# What cannot be read in the end, so that nothing is measured or trained for it.
REFUSED = {
    "certify": (
        fx.certify,
        {
            "checkpoint": "no.pt",
            "out": "out",
            "key": (),
            "config": None,
            "history": None,
            "expires": None,
            "supersedes": None,
            "trained_here": False,
            "num_draws": (5,),
        },
    ),
    "certify_draws": (
        fx.certify_draws,
        {
            "source": "no.npy",
            "out": "out",
            "key": (),
            "space": None,
            "num_draws": (),
            "reading": None,
            "target": None,
            "other": None,
            "num_modes": 1,
            "title": None,
            "include": False,
            "expires": None,
            "supersedes": None,
        },
    ),
    "certify_masses": (
        fx.certify_masses,
        {"source": "no.npy", "out": "out", "key": (), "num_draws": (), "title": None},
    ),
    "train": (
        fx.train,
        {"config": "no.yaml", "out": None, "resume": False, "device": "cpu", "seed": None},
    ),
}


@pytest.mark.parametrize("name", GIVEN)
def test_hostile_arguments_end_in_an_error_of_the_project(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    function, given = GIVEN[name]
    function(**given)
    assert faults_of(function, given, callbacks=("on_progress",), left_out=LEFT_OUT) == []


@pytest.mark.parametrize("name", REFUSED)
def test_of_what_is_not_there_too(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    function, given = REFUSED[name]
    with pytest.raises(fx.FluxtticeError, match="cannot be read"):
        function(**given)
    assert faults_of(function, given, left_out=LEFT_OUT) == []


def test_all_faults_are_told_at_once():
    with pytest.raises(fx.FluxtticeError) as told:
        fx.sample("3", seed=-1, pathway="C")
    for words in ("num_draws as a whole number", "seed as a whole number", "pathway 'A' or 'B'"):
        assert words in str(told.value)
