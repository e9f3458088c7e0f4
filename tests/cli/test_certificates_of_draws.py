"""``certify`` and ``verify`` of draws, as their users start them."""

import json

import numpy as np
import pytest

from fluxttice_core.cli.main import main
from tests.conftest import SHIPPED


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return stop.value.code, out, err


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Keys, draws of a loaded die, and their certificate, made by the commands."""
    folder = tmp_path_factory.mktemp("place")
    rng = np.random.default_rng(1)
    np.savetxt(folder / "draws.txt", rng.integers(0, 500, 2000), fmt="%d")
    np.savetxt(folder / "other.txt", rng.integers(0, 500, 2000), fmt="%d")
    certify = ("certify", folder / "draws.txt", "--space", "500", "--title", "a [die](x)")
    for arguments in (
        ("keygen", folder / "key", "--unencrypted"),
        (*certify, "--out", folder / "signed", "--key", folder / "key", "--num-draws", "100,9999"),
        (*certify, "--out", folder / "included", "--key", folder / "key", "--include-draws"),
    ):
        with pytest.raises(SystemExit) as stop:
            main([str(argument) for argument in arguments])
        assert stop.value.code == 0
    return folder


def test_it_says_what_was_found_and_where_it_lies(place, tmp_path, capsys):
    code, out, err = run(capsys, "certify", place / "draws.txt", "--out", tmp_path / "c")
    assert (code, err) == (0, "")
    assert out.startswith("2,000 draws, ")
    assert out.splitlines()[-1] == f"written to {tmp_path / 'c'}, NOT SIGNED (no --key)"


def test_draws_given_are_counted_without_asking_for_level_3(place, capsys):
    key = ("--key", place / "key.pub")
    code, out, _ = run(capsys, "verify", place / "signed", *key)
    assert (code, out.split()[0]) == (0, "CONSISTENT")
    code, out, _ = run(capsys, "verify", place / "signed", *key, "--draws", place / "draws.txt")
    assert (code, out.split(",")[0]) == (0, "VERIFIED at level 3 (the draws")
    code, out, _ = run(capsys, "verify", place / "signed", *key, "--draws", place / "other.txt")
    assert (code, out.split(":")[0]) == (1, "NOT VERIFIED")
    code, out, _ = run(capsys, "verify", place / "included", *key, "--level", "3", "--json")
    assert (code, json.loads(out)["verified"]) == (0, True)


def test_a_command_draws_again(place, capsys):
    asked = ("verify", place / "signed", "--key", place / "key.pub", "--redraw")
    code, out, _ = run(capsys, *asked, f"cat {place / 'draws.txt'}")
    assert (code, out.split(" (")[0]) == (0, "VERIFIED at level 4")
    code, out, _ = run(capsys, *asked, f"cat {place / 'other.txt'}")
    assert (code, "not-redrawn" in out) == (1, True)
    code, _, err = run(capsys, *asked, "exit 7")
    assert (code, "ended with exit code 7" in err) == (2, True)


def test_no_command_is_taken_from_the_folder(place, capsys):
    code, _, err = run(capsys, "verify", place / "signed", "--key", place / "key.pub", "--rebuild")
    assert code == 2
    assert "give them with --draws" in err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--draws", "draws.txt", "--level", "2"), "--draws is checked at level 3"),
        (("--redraw", "true", "--level", "3"), "--redraw is checked at level 4"),
        (("--draws", "nothing.txt"), "nothing.txt: cannot be read"),
        (("--level", "3"), "give them with --draws"),
    ],
)
def test_what_cannot_be_checked_is_told(place, capsys, monkeypatch, arguments, told):
    monkeypatch.chdir(place)
    code, _, err = run(capsys, "verify", "signed", "--key", "key.pub", *arguments)
    assert (code, told in err) == (2, True), err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("draws.txt", "--history", "x"), "--history has no meaning for draws"),
        ((SHIPPED, "--space", "5"), "--space has no meaning for a checkpoint"),
        ((SHIPPED, "draws.txt"), "expected one model, or files of draws"),
        (("draws.txt", "other.txt", "--include-draws"), "takes one file of draws"),
        (("draws.txt", "--title", "\x1b[2J"), "title: expected text"),
        (("draws.txt", "--title", "x" * 201), "title: longer than 200"),
        (("draws.txt", "--space", "5"), "expected ids in 0 .. 4"),
        (("draws.txt", "--expires", "soon"), "expires is 'soon'"),
        (("none.txt",), "none.txt: cannot be read"),
    ],
)
def test_what_cannot_be_certified_is_told(place, tmp_path, capsys, monkeypatch, arguments, told):
    monkeypatch.chdir(place)
    code, _, err = run(capsys, "certify", *arguments, "--out", tmp_path / "c")
    assert (code, told in err) == (2, True), err
    assert not (tmp_path / "c/certificate.json").exists()
