"""Draws of any generator from the command line."""

import json
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from fluxttice_core.cli.console import csv_text
from fluxttice_core.cli.main import main

ENTRY = [sys.executable, "-c", "from fluxttice_core.cli import main; main()"]


@pytest.fixture
def run(capsys):
    def call(*arguments):
        with pytest.raises(SystemExit) as stop:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return stop.value.code, out, err

    return call


def draws_of(kind, num_draws=3000):
    draws = np.random.default_rng(0).integers(0, 19683, num_draws)
    return draws, draws if kind == "indices" else draws[:, None] // 3 ** np.arange(9) % 3 - 1


@pytest.mark.parametrize("form", ["csv", "npy", "jsonl", "txt"])
@pytest.mark.parametrize("kind", ["indices", "trits"])
def test_every_form_gives_the_same_figures(run, tmp_path, form, kind):
    draws, given = draws_of(kind)
    source = tmp_path / f"draws.{form}"
    if form == "npy":
        np.save(source, given)
    elif form == "jsonl":
        source.write_text("\n".join(map(json.dumps, given.tolist())))
    else:
        source.write_text(csv_text(given))
    space = ("--space", "19683") if kind == "indices" else ()
    code, out, _ = run("coverage", source, *space, "--json")
    record = json.loads(out)
    assert code == 0
    assert record["num_draws"] == 3000
    assert record["observed_richness"] == len(set(draws.tolist()))
    assert record["space_size"] == 19683
    assert record["ratio"] == pytest.approx(1, abs=0.02)


def test_the_table_reads_like_one(run, tmp_path):
    np.save(tmp_path / "draws.npy", np.random.default_rng(1).integers(0, 300, 900))
    folder = tmp_path / "out"
    code, out, _ = run("coverage", tmp_path / "draws.npy", "--space", 300, "--out", folder)
    assert code == 0
    assert "900 draws from 300 ids, 2" in out
    for words in ("ratio to the limit", "Chao1", "Good-Turing", "rarefied", "extrapolated"):
        assert words in out
    assert "Nothing speaks against independent draws" in out
    assert sorted(path.name for path in folder.iterdir()) == ["report.json", "report.txt"]
    assert (folder / "report.txt").read_text() in out


def test_an_enumerator_is_refused(run, tmp_path):
    (tmp_path / "all.csv").write_text("\n".join(map(str, range(10_000))))
    code, out, _ = run("coverage", tmp_path / "all.csv", "--space", "19683")
    assert code == 1
    assert "NOT INDEPENDENT DRAWS" in out
    assert "enumerated" in out
    assert "ratio to the limit" not in out
    assert not re.search(r"1\.27", out)


def test_a_reference_and_an_unknown_space(run, tmp_path):
    (tmp_path / "new.txt").write_text("CCO\nN\nN\nO\n")
    (tmp_path / "old.txt").write_text("N\nC\n")
    code, out, _ = run("coverage", tmp_path / "new.txt", "--reference", tmp_path / "old.txt")
    assert code == 0
    assert "from an unknown space" in out
    assert re.search(r"novelty +66.66 %|novelty +66.67 %", out)
    assert "Too few draws to tell" in out


def test_standard_input_ends_with_its_report():
    _, given = draws_of("trits", 500)
    done = subprocess.run(
        [*ENTRY, "coverage", "-", "--json"],
        input=csv_text(given),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["num_draws"] == 500


def test_an_endless_pipe_stops_at_ctrl_c_with_the_report_so_far():
    """A generator that never ends, and a reader that is interrupted as from a terminal."""
    source = "import random\nwhile True: print(random.randrange(99), flush=True)"
    generator = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE)
    reader = subprocess.Popen(
        [*ENTRY, "coverage", "-", "--space", "99", "--json"],
        stdin=generator.stdout,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background jobs ignore this signal, and so would their children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    generator.stdout.close()
    try:
        time.sleep(3.0)
        reader.send_signal(signal.SIGINT)
        out, err = reader.communicate(timeout=60)
    finally:
        generator.kill()
        generator.wait()
    assert reader.returncode == 0, err
    record = json.loads(out)
    assert record["interrupted"] is True
    assert record["num_draws"] > 100
    assert record["ratio"] == pytest.approx(1.0, abs=0.3)
    assert "interrupted: the report is of the draws read so far" in err
    assert "Traceback" not in err
