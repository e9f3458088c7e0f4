"""``coverage --out`` of draws: a page beside the text and the JSON."""

import sys

import numpy as np
import pytest


@pytest.fixture
def draws(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("draws.npy", np.random.default_rng(0).integers(0, 50, 400))
    return tmp_path


def test_the_page_says_how_it_is_made_again(run, draws):
    command = ("coverage", "draws.npy", "--space", "50", "--num-draws", "10,20", "--out", "page")
    code, out, _ = run(*command)
    assert code == 0
    assert "Results in page: report.txt, report.json, report.html" in out
    page = (draws / "page/report.html").read_text()
    assert " ".join(["fluxttice", *command]) in page


def test_without_matplotlib_all_but_the_page(run, draws, monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    code, _, err = run("coverage", "draws.npy", "--out", "page")
    assert code == 0
    assert "no page: " in err
    assert "[report]" in err
    assert sorted(path.name for path in (draws / "page").iterdir()) == ["report.json", "report.txt"]


def test_dependent_draws_have_a_page_too(run, draws):
    np.save("chain.npy", np.repeat(np.arange(500), 8))
    code, _, _ = run("coverage", "chain.npy", "--out", "page")
    assert code == 1
    assert "Not independent draws" in (draws / "page/report.html").read_text()
