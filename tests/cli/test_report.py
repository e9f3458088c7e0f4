"""The report page: whole, self-contained, the same when made twice."""

import html
import json
import re
from html.parser import HTMLParser

import pytest

from fluxttice_core.artifacts.checkpoint import write_safetensors
from fluxttice_core.artifacts.history import read_metrics
from fluxttice_core.cli.main import main
from fluxttice_core.model.controls import perfect_weights
from tests.conftest import SHIPPED
from tests.support import checkpoint_of

QUICK = ("--latents", "20000")


def run(*arguments):
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    return stop.value.code


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    path = folder / "perfect.safetensors"
    write_safetensors(path, checkpoint_of(perfect_weights(), epoch=40, rho=0.3))
    history = ("--history", SHIPPED.parent / "metrics.jsonl")
    for name in ("first", "again"):
        assert run("report", path, "--out", folder / name, *QUICK, *history) == 0
    return folder


def test_made_twice_it_is_the_same_to_the_byte(folder):
    first, again = (
        {path.name: path.read_bytes() for path in (folder / name).iterdir()}
        for name in ("first", "again")
    )
    assert len(first) == 14
    assert sorted(first) == sorted(again)
    for name, data in first.items():
        assert again[name] == data, name


def test_the_page_needs_nothing_else(folder):
    page = (folder / "first/report.html").read_text()
    assert not re.findall(r'(?:src|href)="(?!#)', page)
    assert "@import" not in page
    assert "url(http" not in page
    assert page.count("<svg") == 12

    # Only what is referred to keeps a name.
    for name in set(re.findall(r' id="([^"]+)"', page)):
        assert f"#{name}" in page
    HTMLParser().feed(page)


def test_the_page_says_what_was_measured(folder):
    page = (folder / "first/report.html").read_text()
    record = json.loads((folder / "first/report.json").read_text())
    assert record["verdict"].split(":")[0] in page
    assert "The measurement is sound" in page
    assert record["weights_sha256"] in page
    for words in (item["words"] for item in record["separation"]):
        assert html.escape(words) in page
    assert page.count("15,746 of 15,746") >= 10


def test_history_ends_with_the_file(folder):
    """The file is epoch 40: what a run did later has no place in its history."""
    page = (folder / "first/report.html").read_text()
    metrics = read_metrics(SHIPPED.parent / "metrics.jsonl")[:41]
    scores = [record["selection_score"] for record in metrics]
    place = sorted(scores, reverse=True).index(scores[-1]) + 1
    assert f"This file is epoch 40: number {place} of 41 on the fixed rule" in page
    lowest = min(metrics, key=lambda record: record["validation_nll"])["epoch"]
    assert f"lowest validation loss was at epoch {lowest}" in page


def test_without_a_history_there_is_no_such_section(tmp_path, capsys):
    path = tmp_path / "perfect.safetensors"
    write_safetensors(path, checkpoint_of(perfect_weights()))
    assert run("report", path, "--out", tmp_path / "out", *QUICK, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert len(said["files"]) == 8
    assert "Why this checkpoint" not in (tmp_path / "out/report.html").read_text()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"epoch": 0, "selection_score": "high"}', "selection_score of epoch 0 is high"),
        ('{"epoch": 0, "selection_score": 1e308}', "selection_score of epoch 0 is 1e+308"),
        ('{"epoch": 0, "validation_nll": [1]}', "validation_nll of epoch 0 is [1]"),
        ('{"epoch": 0, "chi_square_A": null}', "chi_square_A of epoch 0 is None"),
        ('{"epoch": 0, "coverage_B": true}', "coverage_B of epoch 0 is True"),
        ('{"epoch": 0, "coverage_B": 1' + "0" * 400 + "}", "coverage_B of epoch 0 is 1000"),
        ('{"epoch": 1' + "0" * 400 + "}", "expected metrics by epoch"),
        ('{"epoch": -1}', "expected metrics by epoch"),
        ('{"epoch": true}', "expected metrics by epoch"),
        ('{"epoch": 0, "selection_score": NaN}', "expected metrics by epoch"),
        ('{"epoch": 0, "selection_score": 1e999}', "expected metrics by epoch"),
        ("[" * 200_000, "expected metrics by epoch"),
        ('{"epoch":' * 100_000, "expected metrics by epoch"),
        ("", "expected metrics by epoch"),
    ],
    ids=range(14),
)
def test_a_hostile_history_is_refused_by_name(tmp_path, capsys, line, words):
    (tmp_path / "metrics.jsonl").write_text(line + "\n")
    history = ("--history", tmp_path / "metrics.jsonl")
    assert run("report", "v5_5", "--out", tmp_path / "page", *history) == 2
    err = capsys.readouterr().err
    assert words in err
    assert len(err.splitlines()) == 1
    assert not (tmp_path / "page").exists()
