"""What a run on disk is bound by: a hash of its state, and a lock on its folder."""

import json
import shutil
from pathlib import Path

import pytest
import torch

from fluxttice_core.api import load, train
from fluxttice_core.artifacts.state_hash import check_state_hash
from fluxttice_core.cli import main
from fluxttice_core.config import parse_config
from fluxttice_core.errors import CheckpointError, ConfigError
from tests.support import EVERYTHING_ON, evaluate_cheaply, tiny_mapping


@pytest.fixture(autouse=True)
def cheap_evaluation(monkeypatch):
    evaluate_cheaply(monkeypatch)


def config_with(changes=None):
    return parse_config(tiny_mapping(changes))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def yaml_file(tmp_path, changes):
    path = tmp_path / "mine.yaml"
    path.write_text(json.dumps(tiny_mapping(changes)))  # JSON is YAML
    return path


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    with pytest.MonkeyPatch.context() as monkeypatch:
        evaluate_cheaply(monkeypatch)
        config = config_with({**EVERYTHING_ON, "total_epochs": 3})
        folder = train(config, tmp_path_factory.mktemp("kept"), epochs=2, threads=1)
    return config, folder


class TestTheStateOfARun:
    """What a checkpoint holds is bound by a hash in it."""

    @pytest.fixture
    def started(self, kept, tmp_path):
        config, folder = kept
        return config, Path(shutil.copytree(folder, tmp_path / "run")) / "latest.pt"

    def test_every_single_change_is_refused(self, started):
        """Of each value one: 2,158 of 3,059 such changes were once resumed from without a word."""
        _, latest = started
        contents = torch.load(latest, weights_only=True)
        assert check_state_hash(contents, latest)
        tried = 0
        for path, value in state_leaves(contents):
            if path == ("state_sha256",):
                continue
            for other in others_than(value)[:1]:
                tried += 1
                with pytest.raises(CheckpointError, match="changed after it was written"):
                    check_state_hash(replaced(contents, path, other), latest)
        assert tried > 300

    @pytest.mark.parametrize(
        "path",
        [
            ("optimizer", "state", 0, "exp_avg"),
            ("optimizer", "param_groups", 0, "lr"),
            ("steering", "baseline"),
            ("H_A_history", 0),
            ("selection_score_history", 1),
            ("feedback", "lambda1"),
            ("rng_states", "noise"),
            ("model", "decoder_A.decoder.0.weight"),
        ],
        ids=lambda path: path[0],
    )
    def test_a_changed_state_is_not_resumed_nor_read(self, started, path):
        config, latest = started
        contents = torch.load(latest, weights_only=True)
        value = contents
        for key in path:
            value = value[key]
        torch.save(replaced(contents, path, others_than(value)[0]), latest)
        before = latest.read_bytes()
        with pytest.raises(CheckpointError, match="changed after it was written"):
            train(config, latest.parent, resume=True, threads=1)
        with pytest.raises(CheckpointError, match="changed after it was written"):
            load(latest)
        assert latest.read_bytes() == before

    def test_one_without_a_hash_is_resumed_with_a_note(self, started, tmp_path):
        config, latest = started
        contents = torch.load(latest, weights_only=True)
        del contents["state_sha256"]
        torch.save(contents, latest)
        assert load(latest).epoch == 1
        with pytest.warns(UserWarning, match="carries no hash of its state"):
            resumed = train(config, latest.parent, resume=True, threads=1)
        whole = train(config, tmp_path / "whole", threads=1)
        assert (resumed / "latest.pt").read_bytes() == (whole / "latest.pt").read_bytes()

    def test_the_hash_is_no_part_of_what_is_published(self, started):
        assert "state_sha256" not in load(started[1]).metadata


def state_leaves(value, path=()):
    """(path, value) of everything in a state that is no container."""
    if isinstance(value, dict | list | tuple):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from state_leaves(item, (*path, key))
    else:
        yield path, value


def others_than(value):
    """Values that differ from one as little as can be, and by kind."""
    if isinstance(value, torch.Tensor):
        flat = value.clone().contiguous()
        raw = flat.reshape(-1).view(torch.uint8)
        raw[raw.numel() // 2] ^= 1
        return [flat, value.reshape(1, *value.shape)]
    if isinstance(value, bool) or value is None:
        return [not value, 2]
    if isinstance(value, str):
        return [value + "x"]
    return [value + 1e-9 if isinstance(value, float) else value + 1, str(value)]


def replaced(contents, path, value):
    """The contents with one value in another's place; only what leads there is copied."""
    if not path:
        return value
    key, *rest = path
    if isinstance(contents, dict):
        return {**contents, key: replaced(contents[key], rest, value)}
    changed = [replaced(item, rest, value) if i == key else item for i, item in enumerate(contents)]
    return type(contents)(changed)


class TestTwoRunsInOneFolder:
    def test_the_second_is_refused_while_the_first_writes(self, tmp_path, capsys):
        path = yaml_file(tmp_path, {"total_epochs": 2})
        config, folder = parse_config(json.loads(path.read_text())), tmp_path / "run"
        before = []

        def meanwhile(metrics):
            if metrics["epoch"] == 0:
                (folder / ".latest.pt.first.unfinished").write_text("of the first")
                before.extend(names(folder))
                for resume in ([], ["--resume"]):
                    with pytest.raises(SystemExit) as stop:
                        main(["train", str(path), "--out", str(folder), *resume])
                    assert stop.value.code == 2
                    assert f"{folder}: another process is writing to it" in capsys.readouterr().err
                    assert names(folder) == before

        train(config, folder, on_epoch=meanwhile, threads=1)
        assert before
        assert load(folder / "latest.pt").epoch == 1
        train(config, folder, resume=True, threads=1)  # nothing stays locked

    def test_a_folder_that_cannot_be_locked_is_said(self, tmp_path, monkeypatch):
        import fcntl

        def unsupported(*_):
            raise OSError(95, "Operation not supported")

        monkeypatch.setattr(fcntl, "flock", unsupported)
        with pytest.warns(UserWarning, match="cannot be locked: train nothing else into it"):
            train(config_with({"total_epochs": 1}), tmp_path / "run", threads=1)


@pytest.mark.parametrize("threads", [0, -1, 1025, 100_000, 10**30, "2", 1.5, None])
def test_threads_that_cannot_be_had_are_refused(tmp_path, threads):
    with pytest.raises(ConfigError, match=r"threads must be at least 1 and at most 1,024; got"):
        train(config_with(), tmp_path / "run", threads=threads)
    assert not (tmp_path / "run").exists()
