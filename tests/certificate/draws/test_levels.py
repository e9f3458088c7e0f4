"""What each level establishes of draws, and what it does not."""

import gzip
import subprocess
import sys
import time

import numpy as np
import pytest

from fluxttice_core import certify_draws, verify
from fluxttice_core.api import inspect_certificate
from fluxttice_core.artifacts.draws import ReadOptions
from fluxttice_core.errors import ArtifactError, CertificateError
from tests.certificate.draws.conftest import SIZE
from tests.certificates import public, reasons


def look(folder, key, **options):
    return inspect_certificate(folder, key=public(key), **options)


def test_figures_follow_from_the_stated_counts_is_a_lesser_word(drawn, key):
    outcome = look(drawn, key)
    assert outcome.holds
    assert outcome.verdict.startswith(
        "CONSISTENT at level 2 (the figures follow from the stated counts; no draw was read), "
    )
    assert "VERIFIED" not in outcome.verdict
    assert not outcome.as_dict()["verified"]
    assert "a space stated as 19,683" in outcome.summary.sentence
    assert "level 3: the draws, counted again" in outcome.not_checked


def test_level_1_says_no_figure(drawn, key):
    outcome = look(drawn, key, level=1)
    assert outcome.holds
    assert outcome.summary.sentence == "Figures that were not computed here."
    assert "figures" not in outcome.about


def test_the_draws_vouch_for_the_file(drawn, foreign, key):
    outcome = look(drawn, key, level=3, draws=foreign)
    assert outcome.holds
    assert outcome.verdict.startswith("VERIFIED at level 3 (the draws, counted again)")
    assert "SHA-256 of the files of draws" in outcome.checked


def test_other_draws_are_told_by_counts_and_by_hash(drawn, key, tmp_path):
    other = tmp_path / "other.npy"
    np.save(other, np.random.default_rng(2).integers(0, SIZE, 60_000))
    outcome = look(drawn, key, level=3, draws=other)
    assert outcome.exit_code == 1
    assert {("false-claim", "counts.ids"), ("other-draws", "draws")} <= reasons(outcome)


@pytest.mark.parametrize("change", ["order", "ids"])
def test_other_draws_of_the_same_counts_of_counts_are_others(drawn, foreign, key, tmp_path, change):
    draws = np.load(foreign)
    # Backwards, the equal neighbours are the same; and so they are of other names.
    np.save(tmp_path / "x.npy", draws[::-1] if change == "order" else SIZE - 1 - draws)
    outcome = look(drawn, key, level=3, draws=tmp_path / "x.npy")
    assert reasons(outcome) == {("other-draws", "draws")}
    assert "another file, of the same counts of counts" in outcome.mismatches[0].got


@pytest.mark.parametrize("suffix", [".npy.gz", ".txt"])
def test_another_file_of_the_same_draws_is_said_to_be_one(drawn, foreign, key, tmp_path, suffix):
    other = tmp_path / f"draws{suffix}"
    if suffix == ".txt":
        np.savetxt(other, np.load(foreign), fmt="%d")
    else:
        other.write_bytes(gzip.compress(foreign.read_bytes()))
    outcome = look(drawn, key, level=3, draws=other)
    assert outcome.holds
    assert any("this is another, with the same draws" in text for text in outcome.not_checked)
    assert "SHA-256 of the files of draws" not in outcome.checked


def test_draws_outside_the_space_are_a_false_claim(drawn, key, tmp_path):
    np.save(tmp_path / "x.npy", np.array([SIZE]))
    outcome = look(drawn, key, level=3, draws=tmp_path / "x.npy")
    assert reasons(outcome) == {("other-draws", "draws")}


def test_level_3_needs_the_draws(drawn, key):
    with pytest.raises(CertificateError, match="give them with --draws"):
        look(drawn, key, level=3)


def test_level_4_needs_a_command_of_the_verifiers(drawn, foreign, key):
    with pytest.raises(CertificateError, match="give it with --redraw"):
        look(drawn, key, level=4, draws=foreign)


DRAW = "import numpy as np; [print(i) for i in np.random.default_rng({}).integers(0, 19683, 60000)]"


def test_drawing_again_vouches_for_the_generator(drawn, key):
    again = look(drawn, key, level=4, redraw=f'{sys.executable} -c "{DRAW.format(1)}"')
    assert again.verdict.startswith("VERIFIED at level 4 (drawn again by the command given)")
    other = look(drawn, key, level=4, redraw=f'{sys.executable} -c "{DRAW.format(2)}"')
    assert reasons(other) == {("not-redrawn", "draws")}


def test_a_command_that_fails_draws_nothing(drawn, key):
    with pytest.raises(CertificateError, match="exit code 3"):
        look(drawn, key, level=4, redraw="exit 3")


def test_options_of_reading_are_part_of_the_statement(words, key, tmp_path):
    reading = ReadOptions(column="name", invalid="None", labels=True)
    record = certify_draws(words, tmp_path / "c", key=key, reading=reading)
    assert record["source"]["options"] == {"column": ["name"], "invalid": ["None"], "labels": True}
    (file,) = record["source"]["files"]
    assert (file["name"], file["num_draws"] + file["num_invalid"]) == ("words.csv", 200)
    assert file["num_invalid"] > 0
    outcome = verify(tmp_path / "c", key=public(key), level=3, draws=words)
    assert any("column, invalid, labels" in text for text in outcome.checked)


def test_included_draws_are_counted_from_the_folder(words, key, tmp_path):
    certify_draws(words, tmp_path / "c", key=key, include=True)
    assert (tmp_path / "c/draws.csv").read_bytes() == words.read_bytes()
    outcome = look(tmp_path / "c", key, level=3)
    assert outcome.verdict.startswith("VERIFIED at level 3")
    assert any(text.startswith("draws.csv in the folder: 200") for text in outcome.checked)


@pytest.mark.parametrize("as_histogram", [True, False])
def test_counts_and_histograms_are_certified(key, tmp_path, as_histogram):
    path = tmp_path / "counts.csv"
    path.write_text("a,b\n1,40\n2,20\n3,5\n" if as_histogram else "id,n\nx,3\ny,1\nz,1\n")
    reading = ReadOptions(histogram=True) if as_histogram else ReadOptions(counts="n")
    record = certify_draws(path, tmp_path / "c", key=key, reading=reading)
    assert record["counts"] == (
        {"times": [1, 2, 3], "ids": [40, 20, 5]}
        if as_histogram
        else {"times": [1, 3], "ids": [2, 1]}
    )
    assert not record["independence"]["order_known"]
    assert look(tmp_path / "c", key, level=3, draws=path).holds


def test_dependent_draws_are_certified_as_such(key, tmp_path):
    path = tmp_path / "copies.npy"
    once = np.random.default_rng(3).integers(0, 1000, 2000)
    np.save(path, np.concatenate([once, once]))
    record = certify_draws(path, tmp_path / "c", key=key, space=1000)
    assert record["counts"]["lag"]["lag"] == 2000
    values = {figure["name"]: figure.get("value") for figure in record["figures"]}
    assert values["ratio"] is None
    assert values["coverage"] is not None
    outcome = look(tmp_path / "c", key, level=3, draws=path)
    assert outcome.holds
    assert outcome.summary.sentence.endswith("not independent, so nothing is estimated.")


def test_level_2_loads_neither_torch_nor_a_model_and_takes_under_two_seconds(drawn, key):
    code = (
        "import sys\n"
        "from fluxttice_core.cli.main import main\n"
        "try:\n"
        f"    main(['verify', {str(drawn)!r}, '--key', {str(public(key))!r}])\n"
        "except SystemExit as stop:\n"
        "    assert not stop.code\n"
        "names = [n for n in sys.modules if n.startswith(('torch', 'fluxttice_core.model'))]\n"
        "assert not names, names\n"
    )
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("CONSISTENT at level 2")
    assert time.monotonic() - started < 2.0


def test_a_network_is_not_held_against_draws(issued, foreign, key):
    with pytest.raises(CertificateError, match="it is of no draws"):
        look(issued, key, draws=foreign)


def test_dependence_at_a_distance_withholds_what_counts_alone_would_give(key, tmp_path):
    rng = np.random.default_rng(4)
    draws = rng.integers(0, 1000, 6000)
    for place in range(5, 6000):
        if rng.random() < 0.1:
            draws[place] = draws[place - 5]
    np.save(tmp_path / "chain.npy", draws)
    record = certify_draws(tmp_path / "chain.npy", tmp_path / "c", key=key, space=1000)
    assert record["counts"]["lag"]["lag"] == 5
    (fault,) = record["independence"]["faults"]
    assert fault.startswith("a draw equals the one 5 places before it more often")
    values = {figure["name"]: figure.get("value") for figure in record["figures"]}
    assert values["unseen_mass"] is None
    assert record["curve"] == []
    outcome = look(tmp_path / "c", key, level=3, draws=tmp_path / "chain.npy")
    assert outcome.holds, outcome.as_text()


def test_draws_that_change_after_they_were_counted_are_not_included(words, tmp_path, monkeypatch):
    monkeypatch.setattr("fluxttice_core.certificate.draws.issue.read_file", lambda *_, **__: b"w1")
    with pytest.raises(ArtifactError, match="changed since it was counted"):
        certify_draws(words, tmp_path / "c", include=True)
    assert list((tmp_path / "c").iterdir()) == []


def test_rows_of_nine_trits_have_a_space_of_their_own(key, tmp_path):
    path = tmp_path / "gates.npy"
    np.save(path, np.random.default_rng(1).integers(-1, 2, (500, 9)))
    assert certify_draws(path, tmp_path / "a", key=key)["space"] == {"size": SIZE}
    outcome = look(tmp_path / "a", key, level=3, draws=path)
    assert outcome.holds
    assert not any("rows like these" in text for text in outcome.not_checked)
    certify_draws(path, tmp_path / "b", key=key, space=600)
    outcome = look(tmp_path / "b", key, level=3, draws=path)
    assert outcome.holds
    assert "why the space is stated as 600: rows like these have 19,683" in outcome.not_checked
