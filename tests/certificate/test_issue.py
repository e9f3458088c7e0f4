"""Issuing: deterministic bytes, nothing left unsaid, nothing half written that would verify."""

import dataclasses
import hashlib
import json
from types import MappingProxyType

import numpy as np
import pytest

from fluxttice_core import load
from fluxttice_core.artifacts.checkpoint import read_checkpoint, write_safetensors
from fluxttice_core.artifacts.history import read_metrics
from fluxttice_core.canonical import canonical_json
from fluxttice_core.certificate.network.publish import publish
from fluxttice_core.config import load_config, parse_config
from fluxttice_core.errors import (
    ArtifactError,
    CertificateError,
    CheckpointError,
    KeyFileError,
)
from fluxttice_core.model.controls import untrained_weights
from tests.certificates import check, issue, public, statement_of
from tests.conftest import SHIPPED
from tests.support import SHIPPED_CONFIG, checkpoint_of, tiny_mapping, torch_file

FILES = {
    *("weights.safetensors", "config.json", "benchmark.json", "certificate.json", "model.sig"),
    *("provenance.json", "README.md", "CERTIFICATE.md", "bom.cdx.json"),
}


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_folder_holds_what_the_format_says(issued):
    assert set(contents(issued)) == FILES
    for name in ("config.json", "benchmark.json", "bom.cdx.json", "certificate.json", "model.sig"):
        data = (issued / name).read_bytes()
        assert canonical_json(json.loads(data)) == data
    listed = {item["name"] for item in statement_of(issued)["subject"]}
    assert listed == FILES - {"certificate.json", "model.sig"}


def test_twice_the_same_bytes(tmp_path, key, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    first = contents(issue(load("v5_5"), tmp_path / "first", key))
    second = contents(issue(load("v5_5"), tmp_path / "second", key))
    assert first == second
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000001")
    later = contents(issue(load("v5_5"), tmp_path / "later", key))
    same = {name for name in first if later[name] == first[name]}
    assert same == {"weights.safetensors", "config.json", "provenance.json", "README.md"}
    first_text, later_text = (each["CERTIFICATE.md"].decode() for each in (first, later))
    assert first_text.replace("22:13:20Z", "22:13:21Z") == later_text


def test_a_time_that_is_none_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "today")
    with pytest.raises(CertificateError, match="expected whole seconds since 1970"):
        issue(load("v5_5"), tmp_path / "out")


def test_both_formats_of_one_checkpoint_give_the_same_weights_file(tmp_path):
    """What the shipped .pt is published as does not depend on having been published before."""
    shipped = read_checkpoint(SHIPPED)
    once = publish(shipped)
    path = tmp_path / "weights.safetensors"
    write_safetensors(path, once)
    assert publish(read_checkpoint(path)).metadata == once.metadata
    assert once.metadata["source_sha256"] == shipped.file_sha256
    assert once.weights_sha256 == shipped.weights_sha256


def test_no_number_rounds(issued):
    def floats(value):
        if isinstance(value, dict):
            return [found for item in value.values() for found in floats(item)]
        if isinstance(value, list):
            return [found for item in value for found in floats(item)]
        return [value] if isinstance(value, float) else []

    assert floats(statement_of(issued)) == []
    assert floats(json.loads((issued / "benchmark.json").read_bytes())) == []
    text = (issued / "benchmark.json").read_text()
    assert "time_" not in text
    assert "memory" not in text


def test_epoch_of_the_file_and_of_the_best_values(issued):
    predicate = statement_of(issued)["predicate"]
    best = {item["name"]: item for item in predicate["training"]["best"]}
    metadata = load("v5_5").metadata
    assert predicate["checkpoint"]["epoch"] == metadata["epoch"]
    for name, item in metadata["best"].items():
        assert best[name]["epoch"] == item["epoch"]
    document = (issued / "CERTIFICATE.md").read_text()
    assert f"| Epoch of this file | {metadata['epoch']} |" in document
    assert f"at epoch {metadata['best']['val_loss']['epoch']}" in document


def test_the_history_is_bound(issued):
    history = statement_of(issued)["predicate"]["training"]["history"]
    data = (SHIPPED.parent / "metrics.jsonl").read_bytes()
    assert history["sha256"] == hashlib.sha256(data).hexdigest()
    assert history["epochs"] == len(read_metrics(SHIPPED.parent / "metrics.jsonl")) > 1


def test_a_foreign_file_without_configuration(tmp_path, key):
    path = torch_file(tmp_path / "foreign.pt", untrained_weights(3), best_val_loss=float("inf"))
    folder = issue(path, tmp_path / "out", key)
    predicate = statement_of(folder)["predicate"]
    assert "config" not in predicate
    assert not (folder / "config.json").exists()
    assert predicate["split"]["is_recorded"] is False
    assert "cannot be traced" in (folder / "CERTIFICATE.md").read_text()
    assert check(folder, key, level=2).holds


def test_a_configuration_given_by_the_issuer_is_called_so(tmp_path, key):
    path = tmp_path / "foreign.safetensors"
    write_safetensors(path, checkpoint_of(untrained_weights(3)))
    folder = issue(path, tmp_path / "out", key, config=SHIPPED_CONFIG)
    record = statement_of(folder)["predicate"]["config"]
    assert record == {"origin": "given", "sha256": load_config(SHIPPED_CONFIG).canonical_hash()}
    assert "nothing in the weights file confirms it" in (folder / "CERTIFICATE.md").read_text()
    assert check(folder, key, level=2).holds


def test_a_configuration_that_is_not_the_files_is_refused(tmp_path):
    other = parse_config(tiny_mapping())
    with pytest.raises(CertificateError, match="is not the one the file carries"):
        issue(load("v5_5"), tmp_path / "out", config=other)
    assert not (tmp_path / "out").exists()


def test_an_embedded_configuration_that_cannot_be_read_is_left_behind(tmp_path, key):
    metadata = {"epoch": 1, "config": {"ternary_dataset": {"seed": 42}}}
    checkpoint = checkpoint_of(untrained_weights(3), **metadata)
    with pytest.raises(CheckpointError, match="does not say how the operations were split"):
        issue(checkpoint, tmp_path / "out", key)
    metadata["config"] |= {"train_split": 0.8, "val_split": 0.1, "test_split": 0.1}
    folder = issue(checkpoint_of(untrained_weights(3), **metadata), tmp_path / "out", key)
    assert "config" not in statement_of(folder)["predicate"]
    assert check(folder, key, level=2).holds


def test_a_split_that_would_be_lost_is_refused(tmp_path):
    shipped = load("v5_5")
    split = shipped.split
    shuffled = dataclasses.replace(split, train=np.roll(split.train, 1))
    odd = dataclasses.replace(shipped, _split=shuffled)
    with pytest.raises(CertificateError, match="could not be measured again"):
        issue(odd, tmp_path / "out")


def test_values_that_json_cannot_hold_are_left_behind():
    metadata = MappingProxyType({"epoch": 3, "best_val_loss": float("inf"), "optimizer": object()})
    odd = dataclasses.replace(load("v5_5"), metadata=metadata, file_sha256=None)
    assert publish(odd).metadata == {"epoch": 3}


def test_a_folder_in_use_is_left_alone(tmp_path, key):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(ArtifactError, match="expected a new or an empty folder"):
        issue(load("v5_5"), tmp_path, key)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_public_key_does_not_sign(tmp_path, key):
    with pytest.raises(KeyFileError, match="expected a private key"):
        issue(load("v5_5"), tmp_path / "out", public(key))
    assert not (tmp_path / "out").exists()


def test_an_interrupted_issue_does_not_verify(tmp_path, key, monkeypatch):
    """Whatever file was the last to be written, the folder is no certificate."""
    from fluxttice_core.certificate.network import issue as measuring
    from fluxttice_core.seal import issuing

    whole = issuing.write_atomically
    for last in range(8):
        folder = tmp_path / str(last)
        written = []

        def stopping(path, data, last=last, written=written):
            if len(written) > last:
                raise KeyboardInterrupt
            written.append(path.name)
            whole(path, data)

        monkeypatch.setattr(issuing, "write_atomically", stopping)
        monkeypatch.setattr(measuring, "measure_exactly", lambda _: _measured()[0])
        monkeypatch.setattr(measuring, "drawn_measurements", lambda *_: _measured()[1])
        with pytest.raises(KeyboardInterrupt):
            issue(load("v5_5"), folder, key)
        monkeypatch.undo()
        if "certificate.json" in written:
            outcome = check(folder, key)
            assert {item.reason for item in outcome.mismatches} == {"missing-file"}
        else:
            with pytest.raises(CertificateError, match=r"expected certificate\.json"):
                check(folder, key)


_CACHE = []


def _measured():
    from fluxttice_core.certificate.network.descriptions import measure_exactly, networks_of
    from fluxttice_core.certificate.network.drawn_claims import drawn_measurements
    from tests.certificates import DRAWS

    if not _CACHE:
        _CACHE.append(
            (measure_exactly(load("v5_5")), drawn_measurements(networks_of(load()), 0, DRAWS))
        )
    return _CACHE[0]


@pytest.mark.parametrize("mark", [{}, {"compiled": True}, {"device": "cuda"}])
def test_a_run_that_level_4_cannot_repeat_states_no_processor(tmp_path, mark):
    """Its weights would be held against a plain run's, bit for bit, on the stated processor."""
    source = checkpoint_of(untrained_weights(3), **mark)
    folder = issue(source, tmp_path / "out", trained_here=True)
    assert ("cpu" in statement_of(folder)["predicate"]["training"]) is not bool(mark)
    assert mark.items() <= read_checkpoint(folder / "weights.safetensors").metadata.items()
