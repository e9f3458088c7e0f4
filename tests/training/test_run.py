"""A run on disk: what is written when, and how it is continued."""

import json
import random

import numpy as np
import pytest
import torch

import fluxttice_core.training.run as runs
from fluxttice_core.api import load, train
from fluxttice_core.artifacts.history import read_metrics
from fluxttice_core.cli import main
from fluxttice_core.config import parse_config
from fluxttice_core.errors import ArtifactError, CheckpointError, ConfigError
from tests.support import EVERYTHING_ON, evaluate_cheaply, tiny_mapping


@pytest.fixture(autouse=True)
def cheap_evaluation(monkeypatch):
    evaluate_cheaply(monkeypatch)


def config_with(changes=None):
    return parse_config(tiny_mapping(changes))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def yaml_file(tmp_path, changes=None):
    path = tmp_path / "mine.yaml"
    path.write_text(json.dumps(tiny_mapping(changes)))  # JSON is YAML
    return path


def test_a_run_leaves_these_files(tmp_path):
    config = config_with({"checkpoint_freq": 2, "log_interval": 2, "eval_interval": 2})
    folder = train(config, tmp_path / "a" / "b", threads=1)
    assert folder == tmp_path / "a" / "b"
    assert names(folder) == [
        "best.pt",
        "epoch_0.pt",
        "epoch_2.pt",
        "epoch_4.pt",
        "latest.pt",
        "metrics.jsonl",
    ]
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    header, *records = lines
    assert header["schema"] == "fluxttice_core/metrics/v1"
    assert header["config_hash"] == config.canonical_hash()
    assert (header["seed"], header["threads"], header["starts_at_epoch"]) == (config.seed, 1, 0)
    assert [record["epoch"] for record in records] == [0, 2, 4, 5]
    latest = load(folder / "latest.pt")
    assert latest.epoch == 5
    assert load(folder / "epoch_2.pt").epoch == 2
    assert load(folder / "best.pt").epoch == latest.metadata["best_epoch"]
    assert latest.metadata["config_hash"] == config.canonical_hash()
    assert np.array_equal(latest.split.train, config_split(config))
    assert latest.rho == records[-1]["rho"]


def config_split(config):
    from fluxttice_core.gates.splits import split_operations

    return split_operations(
        config.ternary_dataset.seed, config.train_split, config.val_split, config.test_split
    ).train


def test_two_runs_give_the_same_bytes(tmp_path):
    config = config_with(EVERYTHING_ON)
    first, second = (train(config, tmp_path / name, epochs=2, threads=1) for name in "xy")
    for name in ("latest.pt", "best.pt", "epoch_0.pt"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


@pytest.mark.parametrize("changes", [{}, EVERYTHING_ON], ids=["plain", "everything on"])
def test_epochs_cuts_a_run_and_resume_continues_it_to_the_same_files(tmp_path, changes):
    config = config_with(changes)
    whole = train(config, tmp_path / "whole", threads=1)
    for epochs in (1, 2, 4, None):
        parts = train(config, tmp_path / "parts", resume=epochs != 1, epochs=epochs, threads=1)
        if epochs is not None:
            assert load(parts / "latest.pt").epoch == epochs - 1
            stored = f"epoch_{epochs - 1}.pt"
            assert (parts / stored).read_bytes() == (whole / stored).read_bytes()
    assert names(parts) == names(whole)
    for name in names(whole):
        if name.endswith(".pt"):
            assert (parts / name).read_bytes() == (whole / name).read_bytes(), name
    strip = [
        [{k: v for k, v in record.items() if "seconds" not in k} for record in read_metrics(path)]
        for path in (whole / "metrics.jsonl", parts / "metrics.jsonl")
    ]
    assert strip[0] == strip[1]
    assert len(strip[0]) == 6
    assert (parts / "metrics.jsonl").read_text().count('"schema"') == 4


def test_an_interruption_before_any_write_is_repaired(tmp_path, monkeypatch):
    """Stop a run before each of its writes in turn; resuming gives the same files to the byte."""
    config = config_with(EVERYTHING_ON)
    originals = {name: getattr(runs, name) for name in ("write_atomically", "append_line")}
    calls = []

    def interrupt_before(limit):
        calls.clear()

        def replaced(original):
            def write(*arguments):
                if len(calls) == limit:
                    raise KeyboardInterrupt
                calls.append(arguments[0].name)
                original(*arguments)

            return write

        for name, original in originals.items():
            monkeypatch.setattr(runs, name, replaced(original))

    interrupt_before(None)
    whole = train(config, tmp_path / "whole", epochs=2, threads=1)
    order = list(calls)
    assert order[:5] == [
        "metrics.jsonl",
        "metrics.jsonl",
        "epoch_0.pt",
        "best.pt",
        "latest.pt",
    ]
    assert order[-1] == "latest.pt"  # last: what it promises about the others is on disk
    for limit in range(len(order)):
        folder = tmp_path / f"stopped{limit}"
        interrupt_before(limit)
        with pytest.raises(KeyboardInterrupt):
            train(config, folder, epochs=2, threads=1)
        interrupt_before(None)
        train(config, folder, epochs=2, resume=(folder / "latest.pt").exists(), threads=1)
        assert names(folder) == names(whole)
        for path in whole.glob("*.pt"):
            assert (folder / path.name).read_bytes() == path.read_bytes(), (limit, path.name)
        assert [record["epoch"] for record in read_metrics(folder / "metrics.jsonl")] == [0, 1]


class TestResume:
    def test_of_nothing_says_so_and_starts_afresh(self, tmp_path, capsys):
        config, folder = config_with({"total_epochs": 1}), tmp_path / "resumed"
        fresh = train(config, tmp_path / "fresh")
        with pytest.warns(UserWarning, match=rf"nothing to resume in {folder}: starting afresh"):
            train(config, folder, resume=True)
        assert (fresh / "latest.pt").read_bytes() == (folder / "latest.pt").read_bytes()
        path = yaml_file(tmp_path, {"total_epochs": 1})
        with pytest.raises(SystemExit) as stop:
            main(["train", str(path), "--out", str(tmp_path / "typo"), "--resume", "--json"])
        out, err = capsys.readouterr()
        assert stop.value.code == 0
        assert f"nothing to resume in {tmp_path / 'typo'}: starting afresh" in err
        assert json.loads(out)["epochs_run_now"] is True

    def test_asked_for_more_epochs_than_there_are_says_where_a_run_ends(self, tmp_path, capsys):
        path = yaml_file(tmp_path, {"total_epochs": 1})
        arguments = ["train", str(path), "--out", str(tmp_path / "run")]
        with pytest.raises(SystemExit) as first:
            main(arguments)
        assert "total_epochs" not in capsys.readouterr().err
        with pytest.raises(SystemExit) as second:
            main([*arguments, "--resume", "--epochs", "3"])
        assert (first.value.code, second.value.code) == (0, 0)
        out, err = capsys.readouterr()
        assert "3 epochs are more than the configuration's total_epochs, 1" in err
        assert "nothing to do" in out
        with pytest.warns(UserWarning, match="total_epochs, 1, and its schedules end there"):
            train(parse_config(json.loads(path.read_text())), tmp_path / "new", epochs=2)

    def test_on_a_finished_run_does_nothing_and_exits_zero(self, tmp_path, capsys):
        path = yaml_file(tmp_path, {"total_epochs": 1})
        arguments = ["train", str(path), "--out", str(tmp_path / "run"), "--threads", "1"]
        with pytest.raises(SystemExit) as first:
            main(arguments)
        before = {
            p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in (tmp_path / "run").iterdir()
        }
        with pytest.raises(SystemExit) as second:
            main([*arguments, "--resume"])
        assert (first.value.code, second.value.code) == (0, 0)
        assert "nothing to do" in capsys.readouterr().out
        after = {
            p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in (tmp_path / "run").iterdir()
        }
        assert after == before

    def test_is_asked_for_where_a_run_is_already(self, tmp_path):
        config = config_with()
        train(config, tmp_path, epochs=1, threads=1)
        before = (tmp_path / "latest.pt").read_bytes()
        with pytest.raises(ArtifactError, match="a run is already there; pass --resume"):
            train(config, tmp_path, epochs=2, threads=1)
        assert (tmp_path / "latest.pt").read_bytes() == before

    def test_another_config_is_refused_naming_the_keys(self, tmp_path, capsys):
        train(config_with(), tmp_path / "run", epochs=1, threads=1)
        before = (tmp_path / "run/latest.pt").read_bytes()
        path = yaml_file(tmp_path, {"free_bits": 0.5, "vae_a.temp_end": 0.4})
        with pytest.raises(SystemExit) as caught:
            main(["train", str(path), "--out", str(tmp_path / "run"), "--resume", "--seed", "7"])
        assert caught.value.code == 2
        message = capsys.readouterr().err
        assert "differing keys: free_bits, seed, vae_a.temp_end;" in message
        assert "Traceback" not in message
        assert (tmp_path / "run/latest.pt").read_bytes() == before

    def test_a_truncated_checkpoint_is_refused_by_the_command_and_kept(self, tmp_path, capsys):
        path, latest = yaml_file(tmp_path, {"total_epochs": 2}), tmp_path / "run/latest.pt"
        arguments = ["train", str(path), "--out", str(tmp_path / "run"), "--epochs", "1"]
        with pytest.raises(SystemExit):
            main(arguments)
        for share in (0.0, 0.5, 0.99):
            kept = latest.read_bytes()[: int(share * latest.stat().st_size)]
            latest.write_bytes(kept)
            with pytest.raises(SystemExit) as stop:
                main([*arguments, "--resume"])
            assert stop.value.code == 2
            assert f"{latest}: refused: it is truncated" in capsys.readouterr().err
            assert latest.read_bytes() == kept
            latest.unlink()
            with pytest.raises(SystemExit):
                main(arguments)

    @pytest.mark.parametrize(
        "damage", ["truncated", "foreign", "text", "no streams", "bad optimizer", "no feedback"]
    )
    def test_a_damaged_checkpoint_is_refused_and_kept(self, tmp_path, damage):
        config = config_with()
        folder = train(config, tmp_path, epochs=1, threads=1)
        path = folder / "latest.pt"
        if damage == "truncated":
            path.write_bytes(path.read_bytes()[:100_000])
        elif damage == "text":
            path.write_text("no checkpoint")
        else:
            contents = torch.load(path, weights_only=True)
            if damage == "foreign":
                contents = {"epoch": 3, "model": contents["model"]}
            if damage == "no streams":
                del contents["rng_states"]["noise"]
            if damage == "bad optimizer":
                contents["optimizer"]["param_groups"].pop()
            if damage == "no feedback":
                contents["feedback"] = {"rho": 0.1, "unknown": 3}
            torch.save(contents, path)
        before = path.read_bytes()
        with pytest.raises(CheckpointError, match=r"latest\.pt|format_version"):
            train(config, folder, resume=True, threads=1)
        assert path.read_bytes() == before

    def test_a_torn_last_line_of_the_metrics_is_passed_over(self, tmp_path):
        config = config_with()
        folder = train(config, tmp_path, epochs=2, threads=1)
        metrics = folder / "metrics.jsonl"
        metrics.write_bytes(metrics.read_bytes()[:-40])
        assert [record["epoch"] for record in read_metrics(metrics)] == [0]
        train(config, folder, resume=True, epochs=3, threads=1)
        assert [record["epoch"] for record in read_metrics(metrics)] == [0, 2]


class TestProcessState:
    def test_training_leaves_streams_and_threads_as_they_were(self, tmp_path):
        random.seed(3)
        np.random.seed(3)
        torch.manual_seed(3)
        before = random.getstate(), np.random.get_state()[1].copy(), torch.get_rng_state()
        threads = torch.get_num_threads()
        seen = []
        other = threads + 1
        train(
            config_with(EVERYTHING_ON),
            tmp_path,
            epochs=1,
            threads=other,
            on_epoch=lambda metrics: seen.append(torch.get_num_threads()),
        )
        assert seen == [other]
        assert torch.get_num_threads() == threads
        assert random.getstate() == before[0]
        assert np.array_equal(np.random.get_state()[1], before[1])
        assert torch.equal(torch.get_rng_state(), before[2])

    def test_and_after_an_error_too(self, tmp_path):
        threads = torch.get_num_threads()

        def fail(metrics):
            raise RuntimeError("mine")

        with pytest.raises(RuntimeError, match="mine"):
            train(config_with(), tmp_path, epochs=1, threads=threads + 1, on_epoch=fail)
        assert torch.get_num_threads() == threads
        assert torch.tensor(1e-40).mul(1.0).item() != 0.0  # denormal numbers are back

    def test_on_epoch_comes_after_the_files(self, tmp_path):
        epochs = []

        def look(metrics):
            assert load(tmp_path / "latest.pt").epoch == metrics["epoch"]
            epochs.append(metrics["epoch"])

        train(config_with(), tmp_path, epochs=2, threads=1, on_epoch=look)
        assert epochs == [0, 1]


class TestBadInput:
    @pytest.mark.parametrize("device", ["tpu", "cuda:99", "meta", "", "mps:x", "privateuseone"])
    def test_unknown_device(self, tmp_path, device):
        with pytest.raises(ConfigError, match=r"cannot be used: (expected|.*; use) cpu"):
            train(config_with(), tmp_path / "run", device=device)
        assert not (tmp_path / "run").exists()

    @pytest.mark.parametrize("arguments", [{"epochs": 0}, {"epochs": -1}])
    def test_numbers_below_one(self, tmp_path, arguments):
        with pytest.raises(ConfigError, match="whole number of at least 1, got"):
            train(config_with(), tmp_path / "run", **arguments)

    def test_an_output_folder_that_is_a_file(self, tmp_path):
        (tmp_path / "file").write_text("mine")
        with pytest.raises(ArtifactError, match="expected a folder to write to"):
            train(config_with(), tmp_path / "file")
        assert (tmp_path / "file").read_text() == "mine"

    def test_divergence_keeps_the_last_checkpoint_and_exits_one(self, tmp_path, capsys):
        path = yaml_file(
            tmp_path,
            {"optimizer.lr_start": 1e-3, "optimizer.lr_schedule": [{"epoch": 1, "lr": 1e30}]},
        )
        with pytest.raises(SystemExit) as caught:
            main(["train", str(path), "--out", str(tmp_path / "run"), "--threads", "1"])
        assert caught.value.code == 1
        assert "training diverged in epoch" in capsys.readouterr().err
        checkpoint = load(tmp_path / "run/latest.pt")
        assert all(np.isfinite(value).all() for value in checkpoint.weights.values())


class TestCompiled:
    """The program is run as it stands here; tests/training/test_compiled.py compiles it."""

    @pytest.fixture(autouse=True)
    def uncompiled(self, monkeypatch):
        monkeypatch.setattr(torch, "compile", lambda program, **_: program)

    def test_a_compiled_run_says_so_and_an_eager_one_is_as_before(self, tmp_path):
        compiled = train(config_with(), tmp_path / "compiled", epochs=1, threads=1, compiled=True)
        eager = train(config_with(), tmp_path / "eager", epochs=1, threads=1)
        assert load(compiled / "latest.pt").metadata["compiled"] is True
        assert "compiled" not in load(eager / "latest.pt").metadata

    @pytest.mark.parametrize("compiled", [True, False])
    def test_changing_it_within_a_run_is_warned_of(self, tmp_path, compiled):
        train(config_with(), tmp_path, epochs=1, threads=1, compiled=compiled)
        with pytest.warns(UserWarning, match="with and without compiling in one run"):
            train(config_with(), tmp_path, epochs=2, threads=1, resume=True, compiled=not compiled)

    def test_a_resumed_run_reaches_the_bits_of_an_uninterrupted_one(self, tmp_path):
        whole = train(config_with(), tmp_path / "whole", epochs=2, threads=1, compiled=True)
        for epochs in (1, 2):
            train(
                config_with(),
                tmp_path / "parts",
                epochs=epochs,
                threads=1,
                resume=epochs == 2,
                compiled=True,
            )
        found, expected = (
            load(folder / "latest.pt").weights_sha256 for folder in (tmp_path / "parts", whole)
        )
        assert found == expected


@pytest.mark.gpu
@pytest.mark.parametrize("compiled", [False, True])
def test_training_on_an_accelerator(tmp_path, compiled):
    folder = train(config_with(), tmp_path, epochs=2, device="cuda", compiled=compiled)
    assert load(folder / "latest.pt").epoch == 1


def test_a_seed_that_no_resume_would_read_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="seed"):
        runs.run(config_with(), tmp_path / "run", epochs=1, seed=-1)
    assert not (tmp_path / "run").exists()
