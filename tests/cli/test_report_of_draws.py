"""``fluxttice report`` of draws: the page that ``coverage --out`` writes."""

import json
import re

import numpy as np
import pytest


@pytest.fixture
def draws(tmp_path):
    path = tmp_path / "draws.npy"
    np.save(path, np.random.default_rng(0).integers(0, 300, 2_000))
    return path


def test_the_page_is_that_of_coverage(run, draws, tmp_path):
    code, out, _ = run("report", draws, "--space", "300", "--out", tmp_path / "a")
    assert code == 0
    code, said, _ = run("coverage", draws, "--space", "300", "--out", tmp_path / "b")
    assert code == 0
    assert out.partition("\nopen ")[0] == said.partition("\nResults in ")[0]
    for name in ("report.json", "report.txt"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    pages = [(tmp_path / each / "report.html").read_text() for each in "ab"]
    # They name the command that made them.
    assert "fluxttice report" in pages[0]
    assert "fluxttice coverage" in pages[1]
    as_one = [re.sub(r"fluxttice (report|coverage) [^<]*", "", page) for page in pages]
    assert as_one[0] == as_one[1]


def test_draws_that_are_not_independent_end_with_1(run, tmp_path):
    np.save(tmp_path / "copies.npy", np.repeat(np.random.default_rng(0).integers(0, 900, 500), 4))
    code, out, _ = run("report", tmp_path / "copies.npy", "--out", tmp_path / "a", "--json")
    assert code == 1
    assert json.loads(out)["independent"] is False
    assert (tmp_path / "a" / "report.html").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("draws.npy", "--latents", "9", "--seed", "1"), "--latents, --seed has no meaning for dr"),
        (("v5_5", "--space", "9", "--labels"), "--space, --labels has no meaning for a check"),
        (("draws.npy", "v5_5"), "expected one model, or files of draws"),
    ],
)
def test_options_of_the_other_kind_are_refused(run, draws, tmp_path, arguments, told):
    arguments = [str(draws) if each == "draws.npy" else each for each in arguments]
    code, out, err = run("report", *arguments, "--out", tmp_path / "a")
    assert (code, out) == (2, "")
    assert told in err
    assert not (tmp_path / "a").exists()
