"""Several files and patterns are one source; what does not belong together is refused."""

import json

import numpy as np
import pytest

from fluxttice_core.cli import main


@pytest.fixture
def run(capsys):
    def call(*arguments):
        with pytest.raises(SystemExit) as stop:
            main(["coverage", *map(str, arguments)])
        out, err = capsys.readouterr()
        return stop.value.code, out, err

    return call


@pytest.fixture
def shards(tmp_path):
    draws = np.random.default_rng(0).integers(0, 50, 900)
    for number, part in enumerate(np.split(draws, 3)):
        np.save(tmp_path / f"shard-{number}.npy", part)
    np.save(tmp_path / "whole.npy", draws)
    return tmp_path


def figures(out):
    """What was found, without what it was read from: that is another file."""
    record = json.loads(out)
    return {key: value for key, value in record.items() if key not in ("source", "read")}


def test_shards_are_what_the_whole_is_named_one_by_one_or_by_a_pattern(run, shards):
    _, whole, _ = run(shards / "whole.npy", "--space", 50, "--json")
    for sources in (sorted(shards.glob("shard-*")), [f"{shards}/shard-*.npy"]):
        code, out, _ = run(*sources, "--space", 50, "--json")
        assert code == 0
        assert figures(out) == figures(whole)
        record = json.loads(out)
        assert record["source"].endswith("shard-2.npy (3 files)")
        (read,) = record["read"]
        assert read.endswith("shard-2.npy (3 files): NumPy array, 900 numbers")


def test_a_reference_may_be_a_pattern(run, shards):
    code, out, _ = run(shards / "whole.npy", "--reference", f"{shards}/shard-*.npy", "--json")
    assert code == 0
    assert json.loads(out)["comparison"]["novelty"] == 0.0


def test_a_model_beside_draws_or_another_model_is_refused(run, shards):
    for sources in (["codebook", shards / "whole.npy"], ["codebook", "v5_5"]):
        code, out, err = run(*sources)
        assert (code, out) == (2, "")
        assert "expected one model, or files of draws" in err


def test_a_pattern_without_files_is_refused(run, shards):
    code, _, err = run(f"{shards}/none-*.npy")
    assert code == 2
    assert "no file fits this pattern" in err
