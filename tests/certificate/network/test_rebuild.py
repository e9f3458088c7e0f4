"""Level 4: the same weights from configuration and seed, or what is not the same is named."""

import json

import pytest

from fluxttice_core.api import load, train
from fluxttice_core.certificate.network import rebuild as room
from fluxttice_core.certificate.network.certified import read_certified
from fluxttice_core.certificate.network.predicate import NetworkPredicate
from fluxttice_core.certificate.network.rebuild import check_rebuilt
from fluxttice_core.seal import Findings
from fluxttice_core.training.run import LATEST
from tests.certificates import change_and_sign, check, issue, make_key, reasons, statement_of
from tests.support import tiny_mapping


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    return make_key(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Two runs of one short configuration: (first file, second file)."""
    place = tmp_path_factory.mktemp("runs")
    (place / "tiny.yaml").write_text(json.dumps(tiny_mapping()))
    return [
        train(place / "tiny.yaml", place / name, epochs=3, threads=1) / LATEST
        for name in ("first", "second")
    ]


@pytest.fixture
def certificate(trained, key, tmp_path):
    return issue(
        trained[0],
        tmp_path / "certificate",
        key,
        trained_here=True,
        history=trained[0].parent / "metrics.jsonl",
    )


def test_two_trainings_give_the_same_weights(trained):
    first, second = map(load, trained)
    assert first.weights_sha256 == second.weights_sha256


def test_rebuilding_gives_the_certified_weights(certificate, key):
    outcome = check(certificate, key, level=4)
    assert outcome.mismatches == ()
    assert any("the same weights, bit for bit" in text for text in outcome.checked)
    assert outcome.verdict.startswith("VERIFIED at level 4")


def test_weights_of_another_seed_are_found(certificate, key, trained, monkeypatch):
    """The certificate's seed is in its weights file too, so this needs a lie in both."""
    import fluxttice_core.training.run as runs

    honest = runs.run
    monkeypatch.setattr(runs, "run", lambda *a, **k: honest(*a, **{**k, "seed": k["seed"] + 1}))
    outcome = check(certificate, key, level=4)
    assert reasons(outcome) == {("not-rebuilt", "weights.safetensors")}
    assert "on the platform that made them" in str(outcome.mismatches[0])


def test_on_another_platform_nothing_is_rebuilt_though_figures_may_agree(
    certificate, key, monkeypatch
):
    import fluxttice_core.training.run as runs

    change_and_sign(certificate, key, lambda p: p["training"].pop("cpu"))
    honest = runs.run
    monkeypatch.setattr(runs, "run", lambda *a, **k: honest(*a, **{**k, "seed": k["seed"] + 1}))
    outcome = check(certificate, key, level=4)
    assert outcome.exit_code == 1
    assert reasons(outcome) == {("not-rebuilt", "weights.safetensors")}
    assert any(text.startswith("figures agree") for text in outcome.checked)
    assert any("bit for bit" in text for text in outcome.not_checked)
    monkeypatch.setattr(room, "REBUILD_COUNT_SHARE", "0.000000")
    monkeypatch.setattr(room, "REBUILD_NATS", "0.000000")
    outcome = check(certificate, key, level=4)
    assert {reason for reason, _ in reasons(outcome)} == {"not-rebuilt"}
    assert len(reasons(outcome)) > 1
    assert not any(text.startswith("figures agree") for text in outcome.checked)


def test_without_a_configuration_nothing_can_be_rebuilt(tmp_path, key):
    from fluxttice_core.model.controls import untrained_weights
    from tests.support import checkpoint_of

    folder = issue(checkpoint_of(untrained_weights(0)), tmp_path / "c", key)
    outcome = check(folder, key, level=4)
    assert ("not-rebuilt", "config.json") in reasons(outcome)


def test_a_configuration_of_another_version(certificate):
    files = {path.name: path.read_bytes() for path in certificate.iterdir()}
    findings = Findings()
    predicate = NetworkPredicate.from_dict(statement_of(certificate)["predicate"])
    files["config.json"] = b'{"seed":1}'
    check_rebuilt(read_certified(predicate, files, findings), findings)
    assert [item.reason for item in findings.mismatches] == ["not-rebuilt"]


def test_a_retraining_that_diverges_is_a_finding(certificate, key, monkeypatch):
    import fluxttice_core.training.run as runs
    from fluxttice_core.errors import TrainingError

    def diverge(*_, **__):
        raise TrainingError("training diverged in epoch 3")

    monkeypatch.setattr(runs, "run", diverge)
    outcome = check(certificate, key, level=4)
    assert reasons(outcome) == {("not-rebuilt", "weights.safetensors")}
    assert "training diverged in epoch 3" in str(outcome.mismatches[0])


def test_threads_that_no_training_can_have_are_a_finding(certificate):
    """PyTorch ends in a segmentation fault at 100,000 of them."""
    record = statement_of(certificate)["predicate"]
    record["training"]["threads"] = 100_000
    predicate = NetworkPredicate.from_dict(record)
    files = {path.name: path.read_bytes() for path in certificate.iterdir()}
    findings = Findings()
    check_rebuilt(read_certified(predicate, files, Findings()), findings)
    (found,) = findings.mismatches
    assert (found.reason, found.subject) == ("not-rebuilt", "weights.safetensors")
    assert "threads must be at least 1 and at most 1,024" in found.got
